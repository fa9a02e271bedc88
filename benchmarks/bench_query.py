"""Query and retrieve: C-FIND and C-GET beside pynetdicom and findscu, from a server that costs nothing, DCMTK's dcmqrscp and Orthanc."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from itertools import islice
from pathlib import Path

from benchmarks import network_peers as servers
from benchmarks.harness import Budget, Row, Subject, cut_files
from benchmarks.inputs import Inputs
from benchmarks.network_peers import HOST, ROOT, Peer, free_port

try:
    import dicomkit
except ImportError:
    dicomkit = None
try:
    import pydicom
    import pynetdicom
except ImportError:
    pydicom = pynetdicom = None

TITLE = "BENCH"
STUDIES, QUICK_STUDIES = 5_000, 500
INSTANCES, QUICK_INSTANCES = 500, 50
CT = "1.2.840.10008.5.1.4.1.1.2"
FIND, GET = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3"
FAST_RATE, DCMQRSCP_RATE, ORTHANC_RATE = 25_000, 400e6, 260e6
KEYS = (
    "PatientName", "PatientID", "PatientBirthDate", "StudyInstanceUID", "StudyDate", "StudyTime", "StudyDescription", "AccessionNumber",
    "StudyID", "ReferringPhysicianName", "ModalitiesInStudy", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances",
)  # fmt: skip


def rows(inputs: Inputs, is_quick: bool) -> list[Row]:
    """Return the rows of this room."""
    if dicomkit is None:
        return []
    studies = QUICK_STUDIES if is_quick else STUDIES
    paths = [str(path) for path in islice(sorted(inputs.series().rglob("*.dcm")), QUICK_INSTANCES if is_quick else INSTANCES)]
    size = sum(map(os.path.getsize, paths))
    has_dcmqrscp, has_orthanc = servers.is_program("dcmqrscp"), servers.is_program("Orthanc")
    small = inputs.small()
    return [
        find_row("find", f"C-FIND of {studies:,} studies from a server that costs nothing", lambda: fast_server(studies), studies, True,
                 (Budget(limit=1 / FAST_RATE), Budget("pynetdicom", 18))),
        find_row("find-orthanc", f"C-FIND of {studies:,} studies from Orthanc", lambda: orthanc_of_studies(studies, small), studies,
                 has_orthanc, (Budget("pynetdicom", 6),)),
        get_row("get-dcmqrscp", "dcmqrscp", lambda: filled("dcmqrscp", tuple(paths)), paths, has_dcmqrscp,
                (Budget(limit=size / DCMQRSCP_RATE),)),
        get_row("get-orthanc", "Orthanc", lambda: filled("orthanc", tuple(paths)), paths, has_orthanc,
                (Budget(limit=size / ORTHANC_RATE),)),
    ]  # fmt: skip


# Servers.


@cache
def fast_server(studies: int) -> Peer:
    """Our server of studies."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.find_server", str(port), str(studies)]
    return servers.enter(servers.running(command, [port], servers.folder() / "find", "FIND", {"PYTHONPATH": str(ROOT)}))


@cache
def filled(kind: str, paths: tuple[str, ...]) -> Peer:
    """An archive as it is installed, with instances of 0.5 MB."""
    peer = servers.enter(getattr(servers.peers, kind)(Path(tempfile.mkdtemp(dir=servers.folder())) / kind))
    store(peer, paths)
    return peer


@cache
def orthanc_of_studies(count: int, template: Path) -> Peer:
    """Orthanc, with so many studies of one small instance."""
    peer = servers.enter(servers.peers.orthanc(Path(tempfile.mkdtemp(dir=servers.folder())) / "studies"))
    file = dicomkit.read(template)
    instances = []
    for number in range(count):
        study = f"2.25.{number + 1}"
        values = {"PatientID": f"ID{number:06}", "PatientName": f"Phantom^Number{number}", "StudyInstanceUID": study}
        for keyword, text in (values | {"SeriesInstanceUID": f"{study}.1", "SOPInstanceUID": f"{study}.1.1"}).items():
            file.data_set.set_string(keyword, text)
        instances.append(file.write())
    store(peer, instances)
    return peer


def store(peer: Peer, sources: Sequence[object]) -> None:
    """Fill a server."""
    from dicomkit.network import BatchCompleted, DICOMStorageService

    async def send() -> None:
        async for event in DICOMStorageService.store_batch(sources, to=HOST, port=peer.port, calling_ae=TITLE, called_ae=peer.ae_title):
            if isinstance(event, BatchCompleted) and not event.result.all_succeeded:
                raise RuntimeError(f"not all of {len(sources)} were stored")

    asyncio.run(send())


# C-FIND.


def find_row(
    name: str, title: str, peer: Callable[[], Peer], studies: int, is_present: bool, budgets: tuple[Budget, ...]
) -> Row:  # fmt: skip
    """Find all studies, and look at three attributes of each; findscu, which prints nothing, is a process of its own."""

    def subject(find: Callable[[Peer], int], is_there: bool = True) -> Subject:
        return Subject(lambda: find(peer()), lambda found: {"studies": found}, is_present and is_there)

    return Row(
        name,
        f"{title}; a study",
        {
            "dicomkit": subject(find_with_us),
            "findscu": subject(lambda peer: find_with_findscu(peer, studies), servers.is_program("findscu")),
            "pynetdicom": subject(find_with_pynetdicom, pynetdicom is not None),
        },
        budgets,
        {"studies": studies},
        repeats=1,
        per=studies,
    )


def find_with_us(peer: Peer) -> int:
    """Return how many studies there are."""
    from dicomkit.network import DICOMQueryService

    found = asyncio.run(DICOMQueryService.find_studies(host=HOST, port=peer.port, calling_ae=TITLE, called_ae=peer.ae_title))
    return sum(1 for study in found if study.patient_name and study.study_instance_uid and study.number_of_study_related_instances)


def find_with_pynetdicom(peer: Peer) -> int:
    """The same with pynetdicom."""
    keys = pydicom.Dataset()
    keys.QueryRetrieveLevel = "STUDY"
    for keyword in KEYS:
        setattr(keys, keyword, "")
    entity = pynetdicom.AE(ae_title=TITLE)
    entity.add_requested_context(FIND)
    association = entity.associate(HOST, peer.port, ae_title=peer.ae_title)
    found = [study for _, study in association.send_c_find(keys, FIND) if study is not None]
    association.release()
    return sum(1 for study in found if study.PatientName and study.StudyInstanceUID and study.NumberOfStudyRelatedInstances)


def find_with_findscu(peer: Peer, studies: int) -> int:
    """The same with DCMTK's findscu, whose matches nobody counts."""
    keys = [word for keyword in KEYS for word in ("-k", keyword)]
    command = [servers.peers.program("findscu"), "-q", "-S", "-aet", TITLE, "-aec", peer.ae_title, HOST, str(peer.port)]
    subprocess.run([*command, "-k", "QueryRetrieveLevel=STUDY", *keys], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return studies


# C-GET.


def get_row(
    name: str, where: str, peer: Callable[[], Peer], paths: Sequence[str], is_present: bool, budgets: tuple[Budget, ...]
) -> Row:  # fmt: skip
    """Get all instances: dicomkit writes them, pynetdicom keeps one at a time in memory."""
    study = str(dicomkit.read(paths[0], tags=["StudyInstanceUID"]).StudyInstanceUID)

    def subject(get: Callable[[Peer, str], float], is_there: bool = True) -> Subject:
        return Subject(lambda: get(peer(), study), is_present=is_present and is_there)

    def checked(get: Callable[[Peer, str], tuple[int, float]]) -> Callable[[Peer, str], float]:
        def measure(peer: Peer, study: str) -> float:
            count, seconds = get(peer, study)
            if count != len(paths):
                raise RuntimeError(f"{count} of {len(paths)} came")
            return seconds

        return measure

    return Row(
        name,
        f"C-GET of {len(paths)} x 0.5 MB from {where} as installed: dicomkit writes, pynetdicom keeps in memory",
        {
            "dicomkit": subject(checked(get_with_us)),
            "dicomkit, in memory": subject(checked(lambda peer, study: get_with_us(peer, study, is_written=False))),
            "pynetdicom": subject(checked(get_with_pynetdicom), pynetdicom is not None),
        },
        budgets,
        is_timed=False,
    )


def get_with_us(peer: Peer, study: str, *, is_written: bool = True) -> tuple[int, float]:
    """Return how many instances came, and the seconds that took."""
    from dicomkit.network import DefaultStorageHandler, DICOMRetrieveService, InstanceRetrieved

    folder = Path(tempfile.mkdtemp(dir=servers.folder()))

    async def get() -> int:
        events = DICOMRetrieveService.get_study(
            host=HOST, port=peer.port, calling_ae=TITLE, called_ae=peer.ae_title, study_instance_uid=study,
            handler=DefaultStorageHandler(folder) if is_written else None,
        )  # fmt: skip
        return sum([isinstance(event, InstanceRetrieved) async for event in events])

    os.sync()
    start = time.perf_counter()
    count = asyncio.run(get())
    seconds = time.perf_counter() - start
    cut_files(folder)
    return count, seconds


def get_with_pynetdicom(peer: Peer, study: str) -> tuple[int, float]:
    """The same with pynetdicom, which is handed the bytes of each data set."""
    received: list[BytesIO] = []

    def keep(event: object) -> int:
        received.append(event.request.DataSet)  # type: ignore[attr-defined]
        del received[:-1]
        counts[0] += 1
        return 0

    counts = [0]
    keys = pydicom.Dataset()
    keys.QueryRetrieveLevel, keys.StudyInstanceUID = "STUDY", study
    entity = pynetdicom.AE(ae_title=TITLE)
    entity.add_requested_context(GET)
    entity.add_requested_context(CT)
    role = pynetdicom.build_role(CT, scp_role=True)
    start = time.perf_counter()
    association = entity.associate(
        HOST, peer.port, ae_title=peer.ae_title, ext_neg=[role], evt_handlers=[(pynetdicom.evt.EVT_C_STORE, keep)]
    )
    for _ in association.send_c_get(keys, GET):
        pass
    association.release()
    return counts[0], time.perf_counter() - start
