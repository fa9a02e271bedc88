"""C-MOVE as it goes over the wire, and what is made of the answers; peers that misbehave are in ``test_retrieve_and_odd_peers``."""

from __future__ import annotations

import asyncio
import inspect
import struct
from collections.abc import Callable
from typing import Any

import pytest

from dicomkit.network.dimse import CMoveRequest, DIMSEPriority, DIMSEStatus, response_to
from dicomkit.network.dimse.command_set import serialize_command
from dicomkit.network.errors import (
    InvalidAETitleError,
    LocalProtocolError,
    NetworkDecodingError,
    NoPresentationContextAcceptedError,
    RetrieveFailedError,
)
from dicomkit.network.services.configuration import RetrieveConfiguration
from dicomkit.network.services.information_model import InformationModel
from dicomkit.network.services.retrieve import DICOMRetrieveService
from dicomkit.network.services.retrieve_events import (
    RetrieveCompleted,
    RetrieveFailed,
    RetrieveProgress,
    RetrieveProgressed,
    RetrieveResult,
)
from dicomkit.network.services.retrieve_keys import RetrieveKeys
from dicomkit.network.timeouts import TimeoutConfiguration
from dicomkit.testing import Attribute, data_set
from tests.unit.network.services.queries import watched
from tests.unit.network.services.retrieve_peers import (
    LEVEL,
    PATIENT_ROOT,
    STUDY_ROOT,
    STUDY_UID,
    RetrievedPeer,
    Step,
    Talk,
    all_of,
    configured,
    counts,
    failed_list,
    final,
    pending,
)
from tests.unit.network.services.scripted_peer import CT, EXPLICIT, IMPLICIT

move, move_study = DICOMRetrieveService.move, DICOMRetrieveService.move_study
STUDY = RetrieveKeys.for_study("1.2")
IN_PATIENT_ROOT = configured(information_model=InformationModel.PATIENT_ROOT)
SERIES_UID, INSTANCE_UID, PATIENT_ID = 0x0020000E, 0x00080018, 0x00100020


def test_move_1_defaults() -> None:
    for name in ("move_study", "move_series", "move_instance", "move", "get_study", "get_series", "get_instance", "get"):
        parameters = inspect.signature(getattr(DICOMRetrieveService, name)).parameters
        assert parameters["port"].default == 104
    settings = configured()
    assert (settings.timeout, settings.information_model, settings.priority) == (60.0, InformationModel.STUDY_ROOT, DIMSEPriority.MEDIUM)
    assert settings.association_with("pacs", 104).limits == TimeoutConfiguration(
        connect=60.0, read=60.0, write=60.0, association=60.0, operation=None
    )


# Row MOVE-1: the service, what it is called with, and the Identifier.
BY_LEVEL: list[tuple[str, dict[str, Any], list[Attribute]]] = [
    ("move_study", {"study_instance_uid": "1.2"}, [(LEVEL, "CS", "STUDY"), (STUDY_UID, "UI", "1.2")]),
    (
        "move_series", {"study_instance_uid": "1.2", "series_instance_uid": "1.3"},
        [(LEVEL, "CS", "SERIES"), (STUDY_UID, "UI", "1.2"), (SERIES_UID, "UI", "1.3")],
    ),
    (
        "move_instance", {"study_instance_uid": "1.2", "series_instance_uid": "1.3", "sop_instance_uid": "1.4"},
        [(LEVEL, "CS", "IMAGE"), (STUDY_UID, "UI", "1.2"), (SERIES_UID, "UI", "1.3"), (INSTANCE_UID, "UI", "1.4")],
    ),
]  # fmt: skip


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
@pytest.mark.parametrize(("service", "arguments", "identifier"), BY_LEVEL)
@watched
async def test_move_1_what_goes_on_the_wire(service: str, arguments: dict[str, Any], identifier: list[Attribute], syntax: str) -> None:
    async with RetrievedPeer(final(0, None, 1, 0, 0), supported={STUDY_ROOT + ".2": (syntax,)}) as peer:
        result = await getattr(DICOMRetrieveService, service)(**peer.address, **arguments, move_destination="THIRD")
    assert result == RetrieveResult(DIMSEStatus.SUCCESS, RetrieveProgress(completed=1))
    assert peer.proposals == [[(STUDY_ROOT + ".2", (EXPLICIT, IMPLICIT))]]
    assert (peer.requests[0].calling_ae_title, peer.requests[0].called_ae_title) == ("ME", "PEER")
    assert peer.requests[0].user_information.roles == ()
    assert peer.messages == [CMoveRequest(message_id=1, affected_sop_class_uid=STUDY_ROOT + ".2", move_destination="THIRD")]
    assert peer.data_sets == [data_set(identifier, implicit=syntax == IMPLICIT)]
    assert peer.ends == ["released"]


@pytest.mark.parametrize("priority", DIMSEPriority)
@watched
async def test_a_patient_and_a_priority(priority: DIMSEPriority) -> None:
    settings = configured(information_model=InformationModel.PATIENT_ROOT, priority=priority)
    async with RetrievedPeer(final()) as peer:
        await all_of(move(RetrieveKeys.for_patient("P1"), **peer.address, move_destination="THIRD", configuration=settings))
    [request] = peer.messages
    assert request == CMoveRequest(
        message_id=1, affected_sop_class_uid=PATIENT_ROOT + ".2", priority=priority, move_destination="THIRD"
    )
    assert peer.data_sets == [data_set([(LEVEL, "CS", "PATIENT"), (PATIENT_ID, "LO", "P1")])]


@watched
async def test_a_configuration() -> None:
    settings = RetrieveConfiguration(calling_ae_title="US", called_ae_title="ARCHIVE", max_pdu_size=65536)
    async with RetrievedPeer(final()) as peer:
        where = {"host": peer.address["host"], "port": peer.address["port"], "study_instance_uid": "1", "move_destination": "T"}
        await move_study(**where, configuration=settings)
        await move_study(**where, configuration=settings, calling_ae="OTHER")
    assert [(request.calling_ae_title, request.called_ae_title) for request in peer.requests] == [("US", "ARCHIVE"), ("OTHER", "ARCHIVE")]
    assert peer.requests[0].user_information.maximum_length == 65536


THREE_STEPS = (pending(2, 0, 0, 0), pending(1, 1, 0, 0), pending(0, 1, 1, 0))
PROGRESS = [RetrieveProgress(2), RetrieveProgress(1, 1), RetrieveProgress(0, 1, 1)]


@watched
async def test_move_2_on_progress() -> None:
    seen: list[object] = []

    async def remember(progress: RetrieveProgress) -> None:
        seen.append(("awaited", progress))

    async with RetrievedPeer(*THREE_STEPS, final(0xB000, None, 1, 1, 0)) as peer:
        result = await move_study(**peer.address, study_instance_uid="1", move_destination="T", on_progress=seen.append)
        assert seen == PROGRESS
        seen.clear()
        await move_study(**peer.address, study_instance_uid="1", move_destination="T", on_progress=remember)
        assert seen == [("awaited", progress) for progress in PROGRESS]
        assert await move_study(**peer.address, study_instance_uid="1", move_destination="T") == result
    assert result == RetrieveResult(DIMSEStatus(0xB000), RetrieveProgress(0, 1, 1))


@watched
async def test_move_2_progress_is_told_as_it_comes() -> None:
    """The peer goes on only when it was."""
    seen = [asyncio.Event() for _ in PROGRESS]

    def waiting_for(event: asyncio.Event) -> Step:
        async def step(talk: Talk) -> None:
            await event.wait()

        return step

    steps = [step for one, event in zip(THREE_STEPS, seen, strict=True) for step in (one, waiting_for(event))]
    told: list[RetrieveProgress] = []
    async with RetrievedPeer(*steps, final()) as peer:
        async for event in move(STUDY, **peer.address, move_destination="T"):
            if isinstance(event, RetrieveProgressed):
                seen[len(told)].set()
                told.append(event.progress)
    assert told == PROGRESS


@watched
async def test_move_2_an_error_of_on_progress_cancels() -> None:
    def refuse(progress: RetrieveProgress) -> None:
        raise KeyError("mine")

    async with RetrievedPeer(pending(2, 0, 0, 0), Talk.wait_for_cancel, pending(1, 1, 0, 0), final(0xFE00, 1, 1, 0, 0)) as peer:
        with pytest.raises(KeyError, match="mine"):
            await move_study(**peer.address, study_instance_uid="1", move_destination="T", on_progress=refuse)
    assert peer.kinds == ["CMoveRequest", "CCancelRequest"]
    assert peer.ends == ["released"]


# Rows MOVE-4 and MOVE-6: the last response, and the result.
ENDS: list[tuple[Step, RetrieveResult]] = [
    (final(0), RetrieveResult(DIMSEStatus(0), RetrieveProgress(0, 1, 0, 0))),
    (final(0, None, 3, 0, 0), RetrieveResult(DIMSEStatus(0), RetrieveProgress(0, 3, 0, 0))),
    (final(0, 0, 0, 0, 0), RetrieveResult(DIMSEStatus(0), RetrieveProgress())),
    (final(0, None, 2, 1, 0), RetrieveResult(DIMSEStatus(0), RetrieveProgress(0, 2, 1, 0))),
    (
        final(0xB000, None, 1, 2, 0, identifier=failed_list("1.2.3", "1.2.4")),
        RetrieveResult(DIMSEStatus(0xB000), RetrieveProgress(0, 1, 2, 0), ("1.2.3", "1.2.4")),
    ),
    (final(0xB000, None, 1, 2, 0, identifier=failed_list()), RetrieveResult(DIMSEStatus(0xB000), RetrieveProgress(0, 1, 2, 0))),
    (final(0xB000, None, 1, 2, 0, identifier=b""), RetrieveResult(DIMSEStatus(0xB000), RetrieveProgress(0, 1, 2, 0))),
    (final(0xFE00, 4, 1, 0, 0), RetrieveResult(DIMSEStatus.CANCEL, RetrieveProgress(4, 1, 0, 0))),
    (
        final(0xFE00, 4, 1, 1, 0, identifier=failed_list("1.2.3")),
        RetrieveResult(DIMSEStatus.CANCEL, RetrieveProgress(4, 1, 1, 0), ("1.2.3",)),
    ),
]


@pytest.mark.parametrize(("last", "result"), ENDS)
@watched
async def test_move_4_a_retrieval_that_ends_well_or_partly(last: Step, result: RetrieveResult) -> None:
    async with RetrievedPeer(pending(1, 1, 0, 0), last) as peer:
        events = await all_of(move(STUDY, **peer.address, move_destination="T"))
        assert events == [RetrieveProgressed(RetrieveProgress(1, 1)), RetrieveCompleted(result)]
        assert await move_study(**peer.address, study_instance_uid="1.2", move_destination="T") == result
    assert peer.kinds == ["CMoveRequest"] * 2
    assert peer.ends == ["released"] * 2


@watched
async def test_move_4_orthancs_list_of_failures_behind_the_command_set() -> None:
    async def step(talk: Talk) -> None:
        response = response_to(talk.request, 0xB000, **counts(0, 1, 2, 0))
        value = b"1.2.3\\1.2.40"
        await talk.send_raw(
            talk.context_id, serialize_command(response, has_data_set=False) + struct.pack("<HHI", 0x0008, 0x0058, len(value)) + value
        )

    async with RetrievedPeer(step) as peer:
        result = await move_study(**peer.address, study_instance_uid="1.2", move_destination="T")
    assert result == RetrieveResult(DIMSEStatus(0xB000), RetrieveProgress(0, 1, 2, 0), ("1.2.3", "1.2.40"))


FAILURES: list[tuple[int, tuple[int | None, ...], str, str]] = [
    (0xA701, (), "", r"A701 \(out of resources, or unable to count matches\)$"),
    (0xA702, (0, 0, 3, 0), "", r"A702 \(.* unable to perform sub-operations\): 3 of 3 instances failed$"),
    (0xA702, (0, 0, 3, 0), "disk\tfull", r"A702 \(.*\): disk full$"),
    (0xA801, (), "", r"A801 \(the move destination is unknown\)$"),
    (0xA900, (), "", "A900"),
    (0xC000, (), "", r"C000 \(cannot understand, or unable to process\)$"),
    (0xC000, (), "no such study", r"C000 \(.*\): no such study$"),
    (0xC123, (), "", "C123"),
    (0x0122, (), "", "0122"),
    (0x0124, (), "", r"0124 \(not authorized\)$"),
    (0x1234, (), "", "1234"),
]


@pytest.mark.parametrize(("status", "numbers", "comment", "words"), FAILURES)
@watched
async def test_move_6_a_retrieval_that_fails(status: int, numbers: tuple[int | None, ...], comment: str, words: str) -> None:
    identifier = failed_list("1.2.3") if numbers else None
    async with RetrievedPeer(final(status, *numbers, identifier=identifier, comment=comment)) as peer:
        with pytest.raises(RetrieveFailedError, match=f"^the retrieval failed with status {words}") as caught:
            await move_study(**peer.address, study_instance_uid="1.2", move_destination="T")
        [event] = await all_of(move(STUDY, **peer.address, move_destination="T"))
    assert caught.value.status == status
    assert isinstance(event, RetrieveFailed)
    assert (type(event.error), str(event.error)) == (RetrieveFailedError, str(caught.value))
    progress = RetrieveProgress(failed=3) if numbers else RetrieveProgress()
    assert event.result == RetrieveResult(DIMSEStatus(status), progress, ("1.2.3",) if numbers else ())
    assert peer.ends == ["released"] * 2


@watched
async def test_an_identifier_at_the_end_that_is_none() -> None:
    async with RetrievedPeer(final(0xB000, None, 1, 1, 0, identifier=b"\x08\0\x58\0UI\xff\xff1.2.3")) as peer:
        [event] = await all_of(move(STUDY, **peer.address, move_destination="T"))
    assert isinstance(event, RetrieveFailed)
    assert isinstance(event.error, NetworkDecodingError)
    assert peer.ends == ["AssociationAbortedError"]


@watched
async def test_a_peer_without_c_move() -> None:
    async with RetrievedPeer(final(), supported={CT: (EXPLICIT,)}) as peer:
        with pytest.raises(NoPresentationContextAcceptedError, match="abstract syntax not supported"):
            await move_study(**peer.address, study_instance_uid="1.2", move_destination="T")
        [event] = await all_of(move(STUDY, **peer.address, move_destination="T"))
    assert isinstance(event, RetrieveFailed)
    assert isinstance(event.error, NoPresentationContextAcceptedError)
    assert event.result is None
    assert peer.messages == []


MISTAKES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"move_destination": ""}, InvalidAETitleError, "is no AE title"),
    ({"move_destination": "SEVENTEEN-LETTERS"}, InvalidAETitleError, "is no AE title"),
    ({"move_destination": "A\\B"}, InvalidAETitleError, "is no AE title"),
    ({"calling_ae": ""}, InvalidAETitleError, "is no AE title"),
    ({"called_ae": "É"}, InvalidAETitleError, "is no AE title"),
    ({"study_instance_uid": ""}, LocalProtocolError, "names its StudyInstanceUID"),
    ({"study_instance_uid": None}, LocalProtocolError, "names its StudyInstanceUID"),
    ({"configuration": IN_PATIENT_ROOT}, LocalProtocolError, "names its PatientID"),
    ({"timeout": 0}, ValueError, "timeout is a positive number"),
    ({"calling_ae": None}, TypeError, "calling_ae and called_ae are needed"),
]


@pytest.mark.parametrize(("changes", "error", "words"), MISTAKES)
@watched
async def test_what_cannot_be_asked_makes_no_association(changes: dict[str, Any], error: type[Exception], words: str) -> None:
    """It is raised, and no event."""
    async with RetrievedPeer(final()) as peer:
        arguments: dict[str, Any] = {**peer.address, "study_instance_uid": "1.2", "move_destination": "T", **changes}
        with pytest.raises(error, match=words):
            await move_study(**arguments)
        keys = RetrieveKeys.for_study(arguments.pop("study_instance_uid"))
        with pytest.raises(error, match=words):
            await all_of(move(keys, **arguments))
    assert peer.requests == []


@pytest.mark.parametrize("name", ["move_series", "move_instance"])
@watched
async def test_each_level_needs_its_keys(name: str) -> None:
    service: Callable[..., Any] = getattr(DICOMRetrieveService, name)
    given = {"study_instance_uid": "1.2", "series_instance_uid": "1.3", "sop_instance_uid": "1.4"}
    if name == "move_series":
        del given["sop_instance_uid"]
    async with RetrievedPeer(final()) as peer:
        for missing in given:
            with pytest.raises(LocalProtocolError, match="names its"):
                await service(**peer.address, move_destination="T", **{**given, missing: ""})
    assert peer.requests == []

