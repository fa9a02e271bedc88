"""The SOP classes of a study: asked for at once, or series by series."""

from __future__ import annotations

from dicomkit.network.association import Association
from dicomkit.network.dimse import CFindRequest, Message
from dicomkit.network.services.query import DICOMQueryService
from dicomkit.testing import Attribute
from tests.unit.network.services.queries import FindingPeer, ScriptedPeer, finding, tell, watched

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
SOP_CLASSES_IN_STUDY, SOP_CLASS = 0x00080062, 0x00080016
STUDY, SERIES = 0x0020000D, 0x0020000E


@watched
async def test_of_a_peer_that_knows_them() -> None:
    async with FindingPeer(finding([(SOP_CLASSES_IN_STUDY, "UI", f"{MR}\\{CT}"), (STUDY, "UI", "1.2.3")])) as peer:
        assert await DICOMQueryService.find_sop_classes(**peer.address, for_study="1.2.3") == (CT, MR)
        assert peer.kinds.count("CFindRequest") == 1


@watched
async def test_of_a_peer_that_knows_those_of_instances() -> None:
    """Its second series has a UID that breaks the rules, and is asked for all the same."""
    matches: list[list[list[Attribute]]] = [
        [[(STUDY, "UI", "1.2.3")]],
        [[(SERIES, "UI", "1.2.3.1")], [(SERIES, "UI", "1.2.3.02")]],
        [[(SOP_CLASS, "UI", CT)], [(SOP_CLASS, "UI", CT)]],
        [[(SOP_CLASS, "UI", MR)], [(STUDY, "UI", "1.2.3")]],
    ]

    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        assert isinstance(message, CFindRequest)
        for match in matches.pop(0):
            await tell(association, context_id, message, match)
        await tell(association, context_id, message, None, 0)

    async with FindingPeer(answer) as peer:
        assert await DICOMQueryService.find_sop_classes(**peer.address, for_study="1.2.3") == (CT, MR)
        assert len(peer.requests) == 1
        assert b"1.2.3.02" in peer.data_sets[-1]


@watched
async def test_of_a_study_that_is_not_there() -> None:
    async with FindingPeer(finding()) as peer:
        assert await DICOMQueryService.find_sop_classes(**peer.address, for_study="1.2.3") == ()
