"""Associations on loopback: C-ECHO, C-STORE to others' servers and to ours, many senders at once, memory.

Servers are processes of their own; of the clients dicomkit and pynetdicom run in this process, DCMTK's as theirs are made to run.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from itertools import islice
from pathlib import Path

from benchmarks import network_peers as servers
from benchmarks.harness import Budget, Row, Subject, cut_files
from benchmarks.inputs import Inputs
from benchmarks.network_peers import HOST, OUR_TITLE, Peer
from benchmarks.peers import dicomkit, find
from tests.interop.network.peers import resident_bytes

pynetdicom = find("pynetdicom")

CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
EXPLICIT = "1.2.840.10008.1.2.1"
TITLE = "BENCH"
INSTANCES, SLOW_INSTANCES, QUICK_INSTANCES = 500, 100, 50
ECHOES, ASSOCIATIONS = 200, 20
ATTEMPTS = 5
SENDERS, INSTANCES_A_SENDER = 200, 20
MEBIBYTE = 1 << 20
HAS_DCMTK = servers.is_program("storescp") and servers.is_program("storescu")
HAS_ORTHANC = servers.is_program("Orthanc")
# Sends files in a process of its own, and prints by how much it grew from when everything was imported.
MEMORY_OF_A_CLIENT = """
import os, sys
from benchmarks.bench_network import resident_bytes, store_with_us
import dicomkit.network.services.storage
before = resident_bytes(os.getpid(), "VmRSS")
results = store_with_us([sys.argv[1]], int(sys.argv[2]), sys.argv[3])
assert results == 1, results
print(resident_bytes(os.getpid()) - before)
"""


def rows(inputs: Inputs, is_quick: bool) -> list[Row]:
    """Return the rows of this room."""
    if dicomkit is None:
        return []
    paths = [str(path) for path in islice(sorted(inputs.series().rglob("*.dcm")), INSTANCES)]
    fast, slow = (paths[:QUICK_INSTANCES],) * 2 if is_quick else (paths, paths[:SLOW_INSTANCES])
    return [
        store_row("store", "storescp with TCP_NODELAY", lambda: nullcontext(servers.storescp(True)), fast,
                  (Budget("storescu", 1.0), Budget("pynetdicom", 25)), HAS_DCMTK, has_nagle=False),
        store_row("store-nagle", "storescp as installed", lambda: nullcontext(servers.storescp(False)), slow,
                  (Budget("storescu", 12), Budget("pynetdicom", 18)), HAS_DCMTK),
        store_row("store-orthanc", "Orthanc as installed", servers.empty_orthanc, fast,
                  (Budget("storescu", 12), Budget("pynetdicom", 18)), HAS_ORTHANC and HAS_DCMTK),
        receive_row(fast),
        both_row(fast),
        large_row(inputs.multiframe()),
        client_memory_row(inputs.multiframe()),
        server_memory_row(inputs.multiframe()),
        echo_row(),
        association_row(),
        senders_row(inputs.small(), is_quick),
        senders_memory_row(inputs.small(), is_quick),
    ]  # fmt: skip


# Clients.


class LostResponse(RuntimeError):
    """pynetdicom's threads lose a response now and then, and it aborts when its timeout is over."""


def store_with_us(paths: Sequence[str], port: int, title: str, timeout: float = 60.0) -> int:
    """Send files on one association; return how many were stored."""
    from dicomkit.network import BatchCompleted, DICOMStorageService

    async def store() -> int:
        async for event in DICOMStorageService.store_batch(paths, to=HOST, port=port, calling_ae=TITLE, called_ae=title, timeout=timeout):
            if isinstance(event, BatchCompleted):
                return event.result.progress.succeeded
        return 0

    return asyncio.run(store())


def store_with_pynetdicom(paths: Sequence[str], port: int, title: str) -> int:
    """The same with pynetdicom."""
    entity = pynetdicom.AE(ae_title=TITLE)
    entity.add_requested_context(CT, EXPLICIT)
    entity.dimse_timeout = 5
    association = entity.associate(HOST, port, ae_title=title)
    for path in paths:
        if "Status" not in association.send_c_store(path):
            raise LostResponse(path)
    association.release()
    return len(paths)


def store_with_storescu(paths: Sequence[str], port: int, title: str, *, has_nagle: bool = False) -> int:
    """The same with DCMTK's storescu."""
    command = [servers.peers.program("storescu"), "-xe", "-R", "-aet", TITLE, "-aec", title, HOST, str(port), *paths]
    variables = os.environ | ({} if has_nagle else servers.NO_NAGLE)
    subprocess.run(command, check=True, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return len(paths)


# Storing. Each sample is written to an empty folder: replacing files is not what a server usually does, and costs more. What was written
# before is on the disk by then, so that nobody waits for another's.


def seconds_of(store: Callable[[], int], expected: int, folder: Callable[[], Path] | None = None) -> float:
    """Return the time of storing; whoever loses a response tries again, with another clock."""
    for _ in range(ATTEMPTS):
        seconds, stored = time_of(store)
        if not seconds:
            continue
        if stored != expected:
            raise RuntimeError(f"{stored} of {expected} were stored")
        if folder is not None and (written := put_aside(folder())) != expected:
            raise RuntimeError(f"{written} of {expected} were written")
        return seconds
    raise RuntimeError(f"lost a response {ATTEMPTS} times")


def time_of(store: Callable[[], int]) -> tuple[float, int]:
    """Return the seconds of storing, none where a response was lost, and how many were stored."""
    os.sync()
    start = time.perf_counter()
    try:
        stored = store()
    except LostResponse:
        return 0.0, 0
    return time.perf_counter() - start, stored


def put_aside(folder: Path) -> int:
    """Empty a folder; return how many files it had. They are cut to nothing and kept: ext4 is slow to use a deleted file's place again."""
    aside = Path(tempfile.mkdtemp(dir=servers.folder()))
    os.replace(folder, aside)
    folder.mkdir()
    return cut_files(aside)


def store_row(
    name: str,
    where: str,
    peer: Callable[[], AbstractContextManager[Peer]],
    paths: Sequence[str],
    budgets: tuple[Budget, ...],
    is_present: bool,
    has_nagle: bool = True,
) -> Row:
    """Send instances of 0.5 MB to somebody else's server."""

    def subject(send: Callable[[Peer], int], is_there: bool = True) -> Subject:
        def store() -> float:
            for _ in range(ATTEMPTS):  # each with a peer that has nothing of the one before
                with peer() as to:
                    seconds, stored = time_of(lambda: send(to))
                if seconds and stored == len(paths):
                    return seconds
            raise RuntimeError(f"not all of {len(paths)} were stored")

        return Subject(store, is_present=is_present and is_there)

    return Row(
        name,
        f"C-STORE of {len(paths)} x 0.5 MB to {where}",
        {
            "dicomkit": subject(lambda to: store_with_us(paths, to.port, to.ae_title)),
            "storescu": subject(lambda to: store_with_storescu(paths, to.port, to.ae_title, has_nagle=has_nagle)),
            "pynetdicom": subject(lambda to: store_with_pynetdicom(paths, to.port, to.ae_title), pynetdicom is not None),
        },
        budgets,
        is_timed=False,
    )


def receive_row(paths: Sequence[str]) -> Row:
    """Receive what storescu sends: dicomkit writes it, pynetdicom discards it."""

    def subject(peer: Callable[[], Peer], folder: Callable[[], Path] | None, is_there: bool = True) -> Subject:
        def send() -> float:
            return seconds_of(lambda: store_with_storescu(paths, peer().port, peer().ae_title), len(paths), folder)

        return Subject(send, is_present=HAS_DCMTK and is_there)

    return Row(
        "receive",
        f"storescu sends {len(paths)} x 0.5 MB: to dicomkit, written; to pynetdicom, discarded; to storescp, written",
        {
            "dicomkit": subject(servers.our_server, lambda: servers.our_server().folder / "incoming"),
            "pynetdicom": subject(servers.pynetdicom_server, None, pynetdicom is not None),
            "storescp": subject(servers.writing_storescp, lambda: servers.writing_storescp().folder),
        },
        (Budget(limit=size_of(paths) / 300e6), Budget("pynetdicom", 2.5)),
        is_timed=False,
    )


def both_row(paths: Sequence[str]) -> Row:
    """Send to one's own kind: dicomkit writes, pynetdicom discards."""

    def ours() -> float:
        server = servers.our_server()
        return seconds_of(lambda: store_with_us(paths, server.port, OUR_TITLE), len(paths), lambda: server.folder / "incoming")

    def theirs() -> float:
        server = servers.pynetdicom_server()
        return seconds_of(lambda: store_with_pynetdicom(paths, server.port, server.ae_title), len(paths))

    return Row(
        "both",
        f"{len(paths)} x 0.5 MB to one's own kind: dicomkit writes, pynetdicom discards",
        {"dicomkit": Subject(ours), "pynetdicom": Subject(theirs, is_present=pynetdicom is not None)},
        (Budget(limit=size_of(paths) / 350e6), Budget("pynetdicom", 11)),
        is_timed=False,
    )


def size_of(paths: Sequence[str]) -> int:
    """Return the bytes in files."""
    return sum(os.path.getsize(path) for path in paths)


def large_row(path: Path) -> Row:
    """Send one instance of 524 MB."""

    def subject(send: Callable[[Sequence[str], int, str], int]) -> Subject:
        def store() -> float:
            peer = servers.storescp(True)
            return seconds_of(lambda: send([str(path)], peer.port, peer.ae_title), 1)

        return Subject(store, is_present=HAS_DCMTK)

    return Row(
        "store-large",
        "C-STORE of one 524 MB multi-frame to storescp with TCP_NODELAY",
        {"dicomkit": subject(store_with_us), "storescu": subject(store_with_storescu)},
        (Budget("storescu", 1.0),),
        is_timed=False,
    )


# Memory.


def client_memory_row(path: Path) -> Row:
    """By how much a process grows that sends 524 MB."""

    def measure() -> int:
        port, title = servers.our_server().port, OUR_TITLE
        command = [sys.executable, "-c", MEMORY_OF_A_CLIENT, str(path), str(port), title]
        return int(subprocess.run(command, check=True, capture_output=True, cwd=servers.ROOT).stdout)

    return Row(
        "memory-client",
        "memory of the sender of one 524 MB multi-frame, over its start",
        {"dicomkit": Subject(measure)},
        (Budget(limit=64 * MEBIBYTE),),
        unit="B",
        is_timed=False,
    )


def server_memory_row(path: Path) -> Row:
    """By how much a server grows that receives 524 MB and writes it."""

    @cache
    def server() -> tuple[Peer, int]:
        peer = servers.start_our_server("large")
        return peer, resident_bytes(peer.process.pid, "VmRSS")

    def measure() -> int:
        peer, before = server()
        store_with_us([str(path)], peer.port, peer.ae_title)
        return resident_bytes(peer.process.pid) - before

    return Row(
        "memory-server",
        "memory of the receiver of one 524 MB multi-frame, over its start",
        {"dicomkit": Subject(measure)},
        (Budget(limit=64 * MEBIBYTE),),
        unit="B",
        is_timed=False,
    )


# C-ECHO.


def echo_row() -> Row:
    """Round trips on one association."""
    return two_sided_row("echo", "C-ECHO round trip on one association, both sides of one kind", 1, ECHOES, Budget("pynetdicom", 17))


def association_row() -> Row:
    """Connect, negotiate, echo, release."""
    what = "a whole association: connect, negotiate, echo, release; both sides of one kind"
    return two_sided_row("association", what, ASSOCIATIONS, 1, Budget("pynetdicom", 35))


def two_sided_row(name: str, title: str, associations: int, echoes: int, budget: Budget) -> Row:
    """Echo so often on each of so many associations, both sides of one kind; pynetdicom as its archive, and as its plainest server."""

    def with_pynetdicom(peer: Callable[[], Peer], is_there: bool = True) -> Subject:
        return Subject(
            lambda: echo_with_pynetdicom(peer(), associations, echoes), lambda result: result, pynetdicom is not None and is_there
        )

    return Row(
        name,
        title,
        {
            "dicomkit": Subject(lambda: echo_with_us(servers.our_server().port, associations, echoes), lambda result: result),
            "pynetdicom": with_pynetdicom(servers.pynetdicom_archive, find("sqlalchemy") is not None),
            "pynetdicom AE": with_pynetdicom(servers.pynetdicom_server),
        },
        (budget,),
        {"echoes": associations * echoes},
        repeats=1,
        per=associations * echoes,
    )


def echo_with_us(port: int, associations: int, echoes: int) -> Mapping[str, object]:
    """Echo so often on each of so many associations, one after the other."""
    from dicomkit import uids
    from dicomkit.network import Association, AssociationConfiguration, PresentationContext
    from dicomkit.network.dimse import CEchoRequest

    configuration = AssociationConfiguration(calling_ae_title=TITLE, called_ae_title=OUR_TITLE, host=HOST, port=port)
    contexts = [PresentationContext(1, uids.Verification, (EXPLICIT,))]

    async def echo() -> int:
        answered = 0
        for _ in range(associations):
            async with await Association.connect(configuration, contexts) as association:
                for _ in range(echoes):
                    request = CEchoRequest(message_id=association.new_message_id(), affected_sop_class_uid=uids.Verification)
                    await association.send_message(1, request)
                    received = await association.receive_message()
                    answered += received is not None and received.message.status == 0
        return answered

    return {"echoes": asyncio.run(echo())}


def echo_with_pynetdicom(peer: Peer, associations: int, echoes: int) -> Mapping[str, object]:
    """The same with pynetdicom."""
    entity = pynetdicom.AE(ae_title=TITLE)
    entity.add_requested_context("1.2.840.10008.1.1")
    answered = 0
    for _ in range(associations):
        association = entity.associate(HOST, peer.port, ae_title=peer.ae_title)
        answered += sum(association.send_c_echo().Status == 0 for _ in range(echoes))
        association.release()
    return {"echoes": answered}


# Many at once.


def send_at_once(path: str, peer: Peer, senders: int) -> int:
    """Send one file twenty times on each of many associations that are open at once; the sender is dicomkit."""
    from dicomkit.network import BatchCompleted, DICOMStorageService

    async def send() -> int:
        async for event in DICOMStorageService.store_batch(
            [path] * INSTANCES_A_SENDER, to=HOST, port=peer.port, calling_ae=TITLE, called_ae=peer.ae_title, timeout=10
        ):
            if isinstance(event, BatchCompleted):
                return event.result.progress.succeeded
        return 0

    async def send_all() -> int:
        return sum(await asyncio.gather(*(send() for _ in range(senders))))

    return asyncio.run(send_all())


def senders_row(path: Path, is_quick: bool) -> Row:
    """Two hundred senders at once."""
    senders = SENDERS // 4 if is_quick else SENDERS
    expected = {"stored": senders * INSTANCES_A_SENDER}
    return Row(
        "senders",
        f"{senders} senders at once, {INSTANCES_A_SENDER} small instances each: dicomkit writes, pynetdicom discards",
        {
            "dicomkit": Subject(lambda: send_at_once(str(path), servers.our_server(), senders), lambda stored: {"stored": stored}),
            # Its answer is not looked at: of so many it loses some, whose senders wait ten seconds in vain.
            "pynetdicom": Subject(lambda: send_at_once(str(path), servers.pynetdicom_server(), senders), is_present=pynetdicom is not None),
        },
        (Budget("pynetdicom", 3),),
        expected,
        repeats=1,
    )


def senders_memory_row(path: Path, is_quick: bool) -> Row:
    """By how much a new server grows for each of its associations."""
    senders = SENDERS // 4 if is_quick else SENDERS

    @cache
    def server() -> tuple[Peer, int]:
        peer = servers.start_our_server("senders")
        return peer, resident_bytes(peer.process.pid, "VmRSS")

    def measure() -> float:
        peer, before = server()
        stored = send_at_once(str(path), peer, senders)
        if stored != senders * INSTANCES_A_SENDER:
            raise RuntimeError(f"{stored} were stored")
        return (resident_bytes(peer.process.pid) - before) / senders

    return Row(
        "memory-senders",
        f"memory of the receiver an association, {senders} at once",
        {"dicomkit": Subject(measure)},
        (Budget(limit=1e6),),
        unit="B",
        is_timed=False,
    )
