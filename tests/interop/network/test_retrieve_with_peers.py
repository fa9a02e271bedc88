"""Our C-MOVE and C-GET with Orthanc, DCMTK's dcmqrscp and pynetdicom's qrscp: what comes equals what was stored there."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

import dicomkit
from dicomkit.network.errors import RetrieveFailedError
from dicomkit.network.server import DICOMStorageServer
from dicomkit.network.services import retrieve
from dicomkit.network.services.batch_events import BatchCompleted, FileStored
from dicomkit.network.services.configuration import RetrieveConfiguration
from dicomkit.network.services.information_model import InformationModel
from dicomkit.network.services.retrieve import DICOMRetrieveService
from dicomkit.network.services.retrieve_events import (
    InstanceRetrieved,
    RetrieveCompleted,
    RetrieveFailed,
    RetrieveProgress,
    RetrieveProgressed,
)
from dicomkit.network.services.retrieve_keys import RetrieveKeys
from dicomkit.network.services.storage import DICOMStorageService
from dicomkit.network.services.storage_handler import DefaultStorageHandler
from dicomkit.network.services.storage_scp import StorageSCPConfiguration, every_storage_sop_class, every_transfer_syntax
from dicomkit.testing import data_set, file_meta, part10
from tests.conftest import peer_files, unavailable
from tests.interop.network import peers
from tests.interop.network.instances import Sent, corpus_instances

pytestmark = pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")      # the corpora are odd

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
CT, MR, US, SC = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.6.1", "1.2.840.10008.5.1.4.1.1.7"
RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
ARCHIVES = ["orthanc", "dcmqrscp", "pynetdicom_qrscp"]
PATIENT_ROOT = RetrieveConfiguration(calling_ae_title="ME", called_ae_title="-", information_model=InformationModel.PATIENT_ROOT)
STUDY, SERIES, OTHER_SERIES, OTHER_STUDY, UNKNOWN = "2.25.7", "2.25.71", "2.25.72", "2.25.8", "2.25.999"

# Number of the instance, its class, its study and its series; both studies are of one patient.
HIERARCHY = [
    (1, CT, STUDY, SERIES), (2, CT, STUDY, SERIES), (3, CT, STUDY, SERIES), (4, MR, STUDY, OTHER_SERIES), (5, SC, STUDY, OTHER_SERIES),
    (6, US, OTHER_STUDY, "2.25.81"), (7, RT_DOSE, OTHER_STUDY, "2.25.82"),
]  # fmt: skip
ONE = [
    (RetrieveKeys.for_patient("PATIENT 1"), {1, 2, 3, 4, 5, 6, 7}),
    (RetrieveKeys.for_study(STUDY), {1, 2, 3, 4, 5}),
    (RetrieveKeys.for_series(STUDY, SERIES), {1, 2, 3}),
    (RetrieveKeys.for_instance(STUDY, SERIES, "2.25.102"), {2}),
]
SEVERAL = [
    (RetrieveKeys.for_study([STUDY, OTHER_STUDY]), {1, 2, 3, 4, 5, 6, 7}),
    (RetrieveKeys.for_instance(STUDY, SERIES, ["2.25.101", "2.25.103"]), {1, 3}),
]
# To a list of UIDs pynetdicom's qrscp says C413.
BY_LEVEL = [(name, *row) for name in ARCHIVES for row in ONE + (SEVERAL if name != "pynetdicom_qrscp" else [])]


def make(folder, number, sop_class, study, series):
    """Write an instance with text that is not ASCII, a private element, a sequence and pixels."""
    uid = f"2.25.{100 + number}"
    body = data_set(
        [
            (0x00080005, "CS", "ISO_IR 192"), (0x00080016, "UI", sop_class), (0x00080018, "UI", uid), (0x00080060, "CS", "OT"),
            (0x00081140, "SQ", [[(0x00081150, "UI", CT), (0x00081155, "UI", "2.25.1")]]), (0x00090010, "LO", "DICOMKIT"),
            (0x00091001, "LO", "private"), (0x00100010, "PN", "Müller^Jörg"), (0x00100020, "LO", "PATIENT 1"), (0x0020000D, "UI", study),
            (0x0020000E, "UI", series), (0x00200010, "SH", "1"), (0x00200011, "IS", "1"), (0x00200013, "IS", str(number)),
            (0x00280002, "US", 1), (0x00280004, "CS", "MONOCHROME2"), (0x00280010, "US", 100 + number), (0x00280011, "US", 300),
            (0x00280100, "US", 16), (0x00280101, "US", 16), (0x00280102, "US", 15), (0x00280103, "US", 0),
            (0x7FE00010, "OW", bytes(range(250)) * 240 + bytes(600 * number)),
        ]
    )  # fmt: skip
    path = folder / f"{number}.dcm"
    path.write_bytes(part10(body, meta=file_meta(sop_class_uid=sop_class, sop_instance_uid=uid)))
    return Sent(path, sop_class, uid, EXPLICIT, body)


async def store(peer, instances):
    """Store instances; return those that the peer took."""
    taken = set()
    async for event in DICOMStorageService.store_batch([sent.path for sent in instances], **peer.destination, calling_ae="ME"):
        match event:
            case FileStored(result) if result.success:
                taken.add(result.sop_instance_uid)
            case BatchCompleted(result):
                assert result.progress.is_complete
    return [sent for sent in instances if sent.sop_instance_uid in taken]


@pytest.fixture(scope="module")
def ports():
    """Where our server listens when a test has one, and where nobody does: peers are told before they start."""
    return {"HERE": peers.free_port(), "DOWN": peers.free_port()}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """What each archive has."""
    folder = tmp_path_factory.mktemp("sent")
    return {row[0]: make(folder, *row) for row in HIERARCHY}


@pytest.fixture(scope="module")
def archives(tmp_path_factory, ports, stored):
    """A function that returns an archive by its name, each of which is started once."""
    started = {}
    with ExitStack() as running:

        def get(name):
            if name not in started:
                options = {} if name == "pynetdicom_qrscp" else {"destinations": ports}
                try:
                    peer = running.enter_context(getattr(peers, name)(tmp_path_factory.mktemp("peer") / name, **options))
                except peers.MissingPeerError as error:
                    unavailable(str(error))
                assert len(asyncio.run(store(peer, stored.values()))) == len(stored)
                started[name] = peer
            return started[name]

        yield get


@pytest.fixture
def archive(request, archives):
    """One of them, or each."""
    return archives(request.param)


async def get(peer, keys, **settings):
    """What C-GET brings, and the event that ends it."""
    *events, last = [event async for event in DICOMRetrieveService.get(keys, **peer.address, calling_ae="ME", **settings)]
    assert isinstance(last, (RetrieveCompleted, RetrieveFailed))
    assert all(isinstance(event, (InstanceRetrieved, RetrieveProgressed)) for event in events), events
    return [event.file for event in events if isinstance(event, InstanceRetrieved)], last


def content(file_or_item):
    """What a data set holds, whatever its encoding: without padding, group lengths and what only takes up room."""
    found = {}
    for element in file_or_item:
        if not element.tag & 0xFFFF or element.tag == 0xFFFCFFFC:
            continue
        items = element.sequence_items
        found[element.tag] = bytes(element.value_data or b"").rstrip(b"\0 ") if items is None else [content(item) for item in items]
    return found


def settings_of(keys):
    return {"configuration": PATIENT_ROOT} if str(keys.level) == "PATIENT" else {}


@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize(("archive", "keys", "numbers"), BY_LEVEL, indirect=["archive"])
async def test_get_at_each_level(archive, keys, numbers, is_written, stored, tmp_path):
    handler = DefaultStorageHandler(tmp_path / "in") if is_written else None
    files, last = await get(archive, keys, handler=handler, **settings_of(keys))
    assert isinstance(last, RetrieveCompleted)
    assert last.result.is_success
    assert last.result.progress == RetrieveProgress(completed=len(numbers))
    assert {file.sop_instance_uid for file in files} == {stored[number].sop_instance_uid for number in numbers}
    by_uid = {sent.sop_instance_uid: sent for sent in stored.values()}
    for file in files:
        sent = by_uid[file.sop_instance_uid]
        assert file.sop_class_uid == sent.sop_class_uid
        if file.transfer_syntax_uid == EXPLICIT:
            assert file.data_set_data == sent.data_set
        else:       # pynetdicom's qrscp prefers Implicit VR, in which private elements lose their VR
            assert file.transfer_syntax_uid == IMPLICIT
            assert content(file.read().data_set) == content(dicomkit.read(sent.path).data_set)
        assert file.read().file_meta_information.TransferSyntaxUID == file.transfer_syntax_uid
        assert file.file_path == (tmp_path / "in" / f"{file.sop_instance_uid}.dcm" if is_written else None)


def chosen_from_the_corpus():
    """Some instances of each transfer syntax that an archive takes, with all keys."""
    found = {}
    for sent in corpus_instances(peer_files()):
        file = dicomkit.read(sent.path)
        if all(file.data_set.string(keyword) for keyword in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID")):
            found.setdefault(sent.transfer_syntax_uid, []).append(sent)
    return [sent for several in found.values() for sent in several[:4]]


@pytest.mark.parametrize("archive", ARCHIVES, indirect=True)
async def test_get_the_corpus_as_it_is_stored(archive):
    """Compressed instances too: each transfer syntax has a presentation context of its own."""
    sent_ones = await store(archive, chosen_from_the_corpus())
    assert len(sent_ones) > 20
    seen, missing = set(), []
    for sent in sent_ones:
        original = dicomkit.read(sent.path)
        keys = RetrieveKeys.for_instance(original.StudyInstanceUID, original.SeriesInstanceUID, original.SOPInstanceUID)
        syntaxes = RetrieveConfiguration(
            calling_ae_title="ME", called_ae_title="-", transfer_syntaxes=(EXPLICIT, IMPLICIT, sent.transfer_syntax_uid)
        )
        files, last = await get(archive, keys, storage_sop_classes=[sent.sop_class_uid], configuration=syntaxes)
        if not files:
            missing.append((sent.path.name, last))
            continue
        [file] = files
        assert isinstance(last, RetrieveCompleted)
        if file.transfer_syntax_uid != sent.transfer_syntax_uid:    # the archive took it in another one only
            assert file.transfer_syntax_uid in (EXPLICIT, IMPLICIT)
            continue
        seen.add(file.transfer_syntax_uid)
        assert content(file.read().data_set) == content(original.data_set), sent.path
    if archive.ae_title == "QRSCP":     # which stores native transfer syntaxes unless told otherwise
        assert seen == {EXPLICIT}
    else:
        assert len(seen) > 8
    # pynetdicom's qrscp takes a few that it does not put into its data base: nothing is found then.
    assert all(archive.ae_title == "PYNETQR" and last.result.progress.total == 0 for _, last in missing), missing


@pytest.mark.parametrize("archive", ["orthanc"], indirect=True)
async def test_orthanc_that_does_not_transcode_sends_implicit_vr(archive, tmp_path):
    """Explicit and Implicit VR in one context would lose it: Orthanc chooses Explicit VR there, and then fails to send."""
    body = data_set(
        [
            (0x00080016, "UI", CT), (0x00080018, "UI", "2.25.500"), (0x00100020, "LO", "P500"), (0x0020000D, "UI", "2.25.501"),
            (0x0020000E, "UI", "2.25.502"), (0x00280010, "US", 5),
        ], implicit=True,
    )  # fmt: skip
    path = tmp_path / "implicit.dcm"
    path.write_bytes(part10(body, IMPLICIT, meta=file_meta(IMPLICIT, sop_class_uid=CT, sop_instance_uid="2.25.500")))
    assert (await DICOMStorageService.store(path, **archive.destination, calling_ae="ME")).success
    [file], last = await get(archive, RetrieveKeys.for_study("2.25.501"))
    assert isinstance(last, RetrieveCompleted)
    assert (file.transfer_syntax_uid, file.data_set_data) == (IMPLICIT, body)


@pytest.mark.parametrize("archive", ["dcmqrscp"], indirect=True)
async def test_without_roles_dcmqrscp_sends_nothing(archive, monkeypatch):
    """PS3.7 D.3.3.4: why they are proposed."""
    monkeypatch.setattr(retrieve, "propose_roles", lambda classes: ())
    files, last = await get(archive, RetrieveKeys.for_study(STUDY))
    assert files == []
    assert isinstance(last, RetrieveFailed)
    assert (last.error.status, last.result.progress.failed) == (0xA702, 5)


@pytest.mark.parametrize("archive", ARCHIVES, indirect=True)
async def test_classes_that_were_not_asked_for(archive, stored):
    """Others send what they can; Orthanc ends with the first instance that it cannot send, whichever that is."""
    files, last = await get(archive, RetrieveKeys.for_study(STUDY), storage_sop_classes=[CT])
    wanted = {stored[number].sop_instance_uid for number in (1, 2, 3)}
    failed = set(last.result.failed_sop_instance_uids)
    if archive.ae_title == "ORTHANC":
        assert {file.sop_instance_uid for file in files} <= wanted
        assert (type(last), last.error.status, last.result.progress.failed) == (RetrieveFailed, 0xC000, 1)
        assert failed < {stored[number].sop_instance_uid for number in (4, 5)}
    else:
        assert {file.sop_instance_uid for file in files} == wanted
        assert isinstance(last, RetrieveCompleted)
        assert last.result.has_partial_failures
        assert last.result.progress == RetrieveProgress(completed=3, failed=2)
        assert failed == {stored[number].sop_instance_uid for number in (4, 5)}


@pytest.mark.parametrize("archive", ARCHIVES, indirect=True)
async def test_get_an_unknown_study(archive):
    files, last = await get(archive, RetrieveKeys.for_study(UNKNOWN))
    assert files == []
    if archive.ae_title == "ORTHANC":
        assert (type(last), last.error.status) == (RetrieveFailed, 0xC000)
    else:
        assert (type(last), last.result.status) == (RetrieveCompleted, 0)
    assert last.result.progress == RetrieveProgress()


def receiving(ports, folder):
    """Our server, where the archives look for HERE."""
    settings = StorageSCPConfiguration(
        ae_title="HERE", host=peers.HOST, port=ports["HERE"], accepted_sop_classes=every_storage_sop_class(),
        accepted_transfer_syntaxes=every_transfer_syntax(),
    )  # fmt: skip
    return DICOMStorageServer(settings, DefaultStorageHandler(folder))


@pytest.mark.parametrize(("keys", "numbers"), ONE + SEVERAL)
@pytest.mark.parametrize("archive", ["orthanc", "dcmqrscp"], indirect=True)
async def test_move_to_a_server_of_ours(archive, keys, numbers, ports, stored, tmp_path):
    seen = []
    async with receiving(ports, tmp_path / "in"):
        async for event in DICOMRetrieveService.move(
            keys, **archive.address, calling_ae="ME", move_destination="HERE", **settings_of(keys)
        ):
            seen.append(event)      # noqa: PERF401
    *progress, last = seen
    assert isinstance(last, RetrieveCompleted)
    assert last.result.is_success
    assert last.result.progress == RetrieveProgress(completed=len(numbers))
    assert all(isinstance(event, RetrieveProgressed) for event in progress)
    completed = [event.progress.completed for event in progress]
    assert completed == sorted(completed)
    assert len(progress) >= len(numbers) - 1
    arrived = {path.name: dicomkit.read(path) for path in (tmp_path / "in").iterdir()}
    assert set(arrived) == {f"{stored[number].sop_instance_uid}.dcm" for number in numbers}
    for number in numbers:
        file = arrived[f"{stored[number].sop_instance_uid}.dcm"]
        assert content(file.data_set) == content(dicomkit.read(stored[number].path).data_set)


@pytest.mark.parametrize("archive", ["orthanc", "dcmqrscp"], indirect=True)
async def test_move_tells_its_progress(archive, ports, tmp_path):
    seen = []
    async with receiving(ports, tmp_path / "in"):
        result = await DICOMRetrieveService.move_series(
            **archive.address, calling_ae="ME", study_instance_uid=STUDY, series_instance_uid=SERIES, move_destination="HERE",
            on_progress=seen.append,
        )  # fmt: skip
    assert result.progress == RetrieveProgress(completed=3)
    assert {progress.total for progress in seen} == {3}


# What comes of what cannot be done: status and failed sub-operations, which differ as in shared/interop.md.
FAILURES = [
    ("orthanc", STUDY, "NOWHERE", 0xC000, 0), ("dcmqrscp", STUDY, "NOWHERE", 0xA801, 0), ("pynetdicom_qrscp", STUDY, "NOWHERE", 0xA801, 0),
    ("orthanc", STUDY, "DOWN", 0xC000, 0), ("dcmqrscp", STUDY, "DOWN", 0xA702, 5), ("orthanc", UNKNOWN, "HERE", 0xC000, 0),
]  # fmt: skip


@pytest.mark.parametrize(("archive", "study", "destination", "status", "failed"), FAILURES, indirect=["archive"])
async def test_move_what_cannot_be_done(archive, study, destination, status, failed):
    where = {**archive.address, "calling_ae": "ME", "move_destination": destination}
    with pytest.raises(RetrieveFailedError) as caught:
        await DICOMRetrieveService.move_study(**where, study_instance_uid=study)
    assert caught.value.status == status
    last = [event async for event in DICOMRetrieveService.move(RetrieveKeys.for_study(study), **where)][-1]
    assert isinstance(last, RetrieveFailed)
    assert (last.result.progress.completed, last.result.progress.failed) == (0, failed)
    assert len(last.result.failed_sop_instance_uids) == failed


@pytest.mark.parametrize("archive", ["dcmqrscp"], indirect=True)
async def test_move_an_unknown_study_of_dcmqrscp(archive):
    """It did all that there was to do."""
    result = await DICOMRetrieveService.move_study(
        **archive.address, calling_ae="ME", study_instance_uid=UNKNOWN, move_destination="HERE"
    )
    assert (result.status, result.progress) == (0, RetrieveProgress())
