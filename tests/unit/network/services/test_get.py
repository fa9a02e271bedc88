"""C-GET as it goes over the wire, and what comes of it; peers that misbehave are in ``test_retrieve_and_odd_peers``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit.network.dimse import CGetRequest, DIMSEPriority, DIMSEStatus
from dicomkit.network.errors import (
    InvalidAETitleError,
    InvalidPresentationContextError,
    LocalProtocolError,
    NoPresentationContextAcceptedError,
    RetrieveFailedError,
    SOPClassNotSupportedError,
)
from dicomkit.network.services.information_model import InformationModel
from dicomkit.network.services.retrieve import DICOMRetrieveService
from dicomkit.network.services.retrieve_contexts import COMMON_GET_SOP_CLASSES, propose_contexts
from dicomkit.network.services.retrieve_events import (
    InstanceRetrieved,
    RetrieveCompleted,
    RetrieveFailed,
    RetrieveProgress,
    RetrieveProgressed,
    RetrieveResult,
)
from dicomkit.network.services.retrieve_keys import RetrieveKeys
from dicomkit.network.services.storage_handler import DefaultStorageHandler
from dicomkit.network.ul import RoleSelection
from dicomkit.testing import Attribute, data_set, deflate
from tests.unit.network.services.queries import watched
from tests.unit.network.services.retrieve_peers import (
    LEVEL,
    PATIENT_ROOT,
    STUDY_ROOT,
    STUDY_UID,
    Instance,
    RetrievedPeer,
    all_of,
    as_instances,
    configured,
    failed_list,
    final,
    instance,
    pending,
    sending,
)
from tests.unit.network.services.scripted_peer import BIG_ENDIAN, CT, DEFLATED, EVERYTHING, EXPLICIT, IMPLICIT, JPEG, MR, RLE, SC

get, get_study = DICOMRetrieveService.get, DICOMRetrieveService.get_study
STUDY = RetrieveKeys.for_study("1.2")
GET = STUDY_ROOT + ".3"
SERIES_UID, INSTANCE_UID, PATIENT_ID = 0x0020000E, 0x00080018, 0x00100020

# Row GET-1: the service, what it is called with, and the Identifier.
BY_LEVEL: list[tuple[str, dict[str, Any], list[Attribute]]] = [
    ("get_study", {"study_instance_uid": "1.2"}, [(LEVEL, "CS", "STUDY"), (STUDY_UID, "UI", "1.2")]),
    (
        "get_series", {"study_instance_uid": "1.2", "series_instance_uid": "1.3"},
        [(LEVEL, "CS", "SERIES"), (STUDY_UID, "UI", "1.2"), (SERIES_UID, "UI", "1.3")],
    ),
    (
        "get_instance", {"study_instance_uid": "1.2", "series_instance_uid": "1.3", "sop_instance_uid": "1.4"},
        [(LEVEL, "CS", "IMAGE"), (STUDY_UID, "UI", "1.2"), (SERIES_UID, "UI", "1.3"), (INSTANCE_UID, "UI", "1.4")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("service", "arguments", "identifier"), BY_LEVEL)
@watched
async def test_get_1_get_4_what_goes_on_the_wire(service: str, arguments: dict[str, Any], identifier: list[Attribute]) -> None:
    async with RetrievedPeer(final()) as peer:
        await all_of(getattr(DICOMRetrieveService, service)(**peer.address, **arguments))
        await all_of(getattr(DICOMRetrieveService, service)(**peer.address, **arguments, storage_sop_classes=[MR, CT, MR]))
        await all_of(getattr(DICOMRetrieveService, service)(**peer.address, **arguments, storage_sop_classes=[]))
    for proposals, classes in zip(peer.proposals, (COMMON_GET_SOP_CLASSES, (MR, CT), COMMON_GET_SOP_CLASSES), strict=True):
        assert proposals == [(context.abstract_syntax, context.transfer_syntaxes) for context in propose_contexts(GET, classes)]
    roles = [request.user_information.roles for request in peer.requests]
    assert roles[0] == tuple(RoleSelection(uid, is_scu=False, is_scp=True) for uid in COMMON_GET_SOP_CLASSES)
    assert roles[1] == (RoleSelection(MR, is_scu=False, is_scp=True), RoleSelection(CT, is_scu=False, is_scp=True))
    assert (peer.requests[0].calling_ae_title, peer.requests[0].called_ae_title) == ("ME", "PEER")
    assert peer.messages == [CGetRequest(message_id=1, affected_sop_class_uid=GET)] * 3
    assert peer.data_sets == [data_set(identifier)] * 3
    assert peer.ends == ["released"] * 3


@watched
async def test_a_patient_and_a_priority() -> None:
    settings = configured(information_model=InformationModel.PATIENT_ROOT, priority=DIMSEPriority.LOW, transfer_syntaxes=(JPEG, IMPLICIT))
    async with RetrievedPeer(final()) as peer:
        await all_of(get(RetrieveKeys.for_patient("P1"), **peer.address, storage_sop_classes=[CT], configuration=settings))
    assert peer.messages == [CGetRequest(message_id=1, affected_sop_class_uid=PATIENT_ROOT + ".3", priority=DIMSEPriority.LOW)]
    assert peer.data_sets == [data_set([(LEVEL, "CS", "PATIENT"), (PATIENT_ID, "LO", "P1")])]
    assert peer.proposals == [[(PATIENT_ROOT + ".3", (EXPLICIT, IMPLICIT)), (CT, (IMPLICIT,)), (CT, (JPEG,))]]


@watched
async def test_get_2_get_3_instances_and_progress_in_their_order() -> None:
    first, second, third = instance(1), instance(2, MR), instance(3, size=1_000_000)
    steps = (pending(3, 0, 0, 0), sending(first), pending(2, 1, 0, 0), sending(second), sending(third), final(0, None, 3, 0, 0))
    async with RetrievedPeer(*steps) as peer:
        events = await all_of(get(STUDY, **peer.address))
    assert [type(event) for event in events] == [
        RetrieveProgressed, InstanceRetrieved, RetrieveProgressed, InstanceRetrieved, InstanceRetrieved, RetrieveCompleted,
    ]  # fmt: skip
    assert as_instances(events) == [first, second, third]  # those that came before are not written over
    assert [event.progress for event in events if isinstance(event, RetrieveProgressed)] == [RetrieveProgress(3), RetrieveProgress(2, 1)]
    assert events[-1] == RetrieveCompleted(RetrieveResult(DIMSEStatus(0), RetrieveProgress(completed=3)))
    assert [answer.affected_sop_instance_uid for answer in peer.answers] == ["1.2.3.1", "1.2.3.2", "1.2.3.3"]
    assert [answer.affected_sop_class_uid for answer in peer.answers] == [CT, MR, CT]
    assert peer.statuses == [0, 0, 0]
    assert peer.ends == ["released"]


def encoded(syntax: str) -> Instance:
    one = instance(1, SC, syntax)
    return one._replace(data_set=deflate(one.data_set)) if syntax == DEFLATED else one


@pytest.mark.parametrize("syntax", EVERYTHING)
@pytest.mark.parametrize("is_written", [False, True])
@watched
async def test_get_5_each_transfer_syntax(syntax: str, is_written: bool, tmp_path: Path) -> None:
    """What was compressed stays so, and what comes is a DICOM file with its transfer syntax."""
    sent = encoded(syntax)
    handler = DefaultStorageHandler(tmp_path) if is_written else None
    async with RetrievedPeer(sending(sent), final(), supported={SC: (syntax,), GET: (EXPLICIT,)}) as peer:
        events = await all_of(get(STUDY, **peer.address, storage_sop_classes=[SC], handler=handler))
    assert as_instances(events) == [sent]
    assert isinstance(events[0], InstanceRetrieved)
    received = events[0].file
    assert (received.data_size, received.calling_ae_title) == (len(sent.data_set), "PEER")
    assert received.file_path == (tmp_path / "1.2.3.1.dcm" if is_written else None)
    meta = received.read().file_meta_information
    assert (meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID) == (syntax, SC, "1.2.3.1")
    assert meta.SendingApplicationEntityTitle == "PEER"
    assert received.read().Rows == 513
    assert received.file_data.endswith(sent.data_set)
    assert received.file_data[128:132] == b"DICM"
    assert peer.statuses == [0]


@pytest.mark.parametrize("size", [0, 1000, 3_000_000])
@watched
async def test_get_5_a_handler_writes_files(size: int, tmp_path: Path) -> None:
    sent = [instance(number, size=size) for number in range(1, 4)]
    async with RetrievedPeer(*map(sending, sent), final()) as peer:
        events = await all_of(get(STUDY, **peer.address, handler=DefaultStorageHandler(tmp_path, organize_by_hierarchy=True)))
    assert as_instances(events) == sent
    for one in sent:
        file = dicomkit.read(tmp_path / "1.2" / "1.3" / f"{one.sop_instance_uid}.dcm")
        assert file.transfer_syntax.uid == EXPLICIT
        assert (file.SOPInstanceUID, file.file_meta_information.ReceivingApplicationEntityTitle) == (one.sop_instance_uid, "ME")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3


@watched
async def test_only_what_was_chosen_is_agreed_on() -> None:
    """The peer would send JPEG, and has to convert or fail."""
    settings = configured(transfer_syntaxes=(RLE, BIG_ENDIAN))
    sent = instance(1, CT, BIG_ENDIAN)
    async with RetrievedPeer(sending(sent), final()) as peer:
        assert as_instances(await all_of(get(STUDY, **peer.address, storage_sop_classes=[CT], configuration=settings))) == [sent]
    assert peer.proposals == [[(GET, (EXPLICIT, IMPLICIT)), (CT, (RLE,)), (CT, (BIG_ENDIAN,))]]


# The last response: status, counts, what failed; and the progress of the result.
ENDS: list[tuple[int, tuple[int | None, ...], tuple[str, ...]]] = [
    (0x0000, (None, 1, 0, 0), ()),
    (0x0000, (None, 1, 2, 0), ()),
    (0xB000, (None, 1, 2, 1), ("1.2.4", "1.2.5")),
    (0xFE00, (2, 1, 1, 0), ("1.2.4",)),
]


@pytest.mark.parametrize(("status", "numbers", "failed"), ENDS)
@watched
async def test_get_2_a_retrieval_that_ends_well_or_partly(status: int, numbers: tuple[int | None, ...], failed: tuple[str, ...]) -> None:
    async with RetrievedPeer(sending(instance()), final(status, *numbers, identifier=failed_list(*failed) if failed else None)) as peer:
        events = await all_of(get(STUDY, **peer.address))
    progress = RetrieveProgress(*(number or 0 for number in numbers))
    assert events[1:] == [RetrieveCompleted(RetrieveResult(DIMSEStatus(status), progress, failed))]
    assert as_instances(events) == [instance()]
    assert peer.ends == ["released"]


@pytest.mark.parametrize("status", [0xA701, 0xA702, 0xA900, 0xC000, 0xC555, 0x0110, 0x1234])
@watched
async def test_get_2_a_retrieval_that_fails(status: int) -> None:
    async with RetrievedPeer(sending(instance()), final(status, 0, 1, 2, 0, identifier=failed_list("1.2.4"), comment="no more")) as peer:
        events = await all_of(get(STUDY, **peer.address))
    assert as_instances(events) == [instance()]
    assert isinstance(events[-1], RetrieveFailed)
    assert isinstance(events[-1].error, RetrieveFailedError)
    assert (events[-1].error.status, events[-1].error.comment) == (status, "no more")
    assert events[-1].result == RetrieveResult(DIMSEStatus(status), RetrieveProgress(0, 1, 2, 0), ("1.2.4",))
    assert peer.ends == ["released"]


@pytest.mark.parametrize("supported", [{MR: (EXPLICIT,)}, {CT: (EXPLICIT,), STUDY_ROOT + ".2": (EXPLICIT,)}])
@watched
async def test_a_peer_without_c_get(supported: dict[str, tuple[str, ...]]) -> None:
    """One that accepts nothing, and one that accepts the storage class only."""
    async with RetrievedPeer(final(), supported=supported) as peer:
        events = await all_of(get(STUDY, **peer.address, storage_sop_classes=[CT]))
    [event] = events
    assert isinstance(event, RetrieveFailed)
    assert isinstance(event.error, SOPClassNotSupportedError if CT in supported else NoPresentationContextAcceptedError)
    assert event.result is None
    assert peer.messages == []
    assert peer.ends == (["released"] if CT in supported else ["AssociationAbortedError"])


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"calling_ae": "A\\B"}, InvalidAETitleError, "is no AE title"),
        ({"called_ae": ""}, InvalidAETitleError, "is no AE title"),
        ({"study_instance_uid": ""}, LocalProtocolError, "names its StudyInstanceUID"),
        ({"study_instance_uid": "*"}, LocalProtocolError, "names its StudyInstanceUID"),
        ({"configuration": configured(information_model=InformationModel.PATIENT_ROOT)}, LocalProtocolError, "names its PatientID"),
        ({"storage_sop_classes": [f"1.{number}" for number in range(128)]}, InvalidPresentationContextError, "1 to 127 SOP classes"),
        ({"configuration": configured(transfer_syntaxes=())}, InvalidPresentationContextError, "without a transfer syntax"),
    ],
)
@watched
async def test_what_cannot_be_asked_makes_no_association(changes: dict[str, Any], error: type[Exception], words: str) -> None:
    """It is raised, and no event."""
    async with RetrievedPeer(final()) as peer:
        with pytest.raises(error, match=words):
            await all_of(get_study(**{**peer.address, "study_instance_uid": "1.2", **changes}))
    assert peer.requests == []


@watched
async def test_a_retrieval_that_nobody_reads_makes_no_association() -> None:
    async with RetrievedPeer(final()) as peer:
        await get(STUDY, **peer.address).aclose()
    assert peer.requests == []
