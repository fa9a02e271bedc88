"""What the rows of the network run against: servers as processes of their own, ours and others', started once and ended with the run."""

from __future__ import annotations

import atexit
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path

from benchmarks.harness import cut_files
from tests.interop.network import peers
from tests.interop.network.peers import HOST, NO_NAGLE, Peer, free_port, running

ROOT = Path(__file__).parents[1]
OUR_TITLE = "DICOMKIT"
MAX_ASSOCIATIONS = 400
_STACK = ExitStack()
atexit.register(_STACK.close)

# The server of the documentation's example, which writes what it receives; nobody reads its events.
OUR_SERVER = f"""
import asyncio, sys
from dicomkit.network import DefaultStorageHandler, DICOMStorageServer, StorageSCPConfiguration
async def serve():
    configuration = StorageSCPConfiguration(
        ae_title="{OUR_TITLE}", host="{HOST}", port=int(sys.argv[1]), max_concurrent_associations={MAX_ASSOCIATIONS}
    )
    async with DICOMStorageServer(configuration, DefaultStorageHandler(sys.argv[2])):
        await asyncio.Event().wait()
asyncio.run(serve())
"""
# pynetdicom's server in its plainest form: it discards what it receives, as its documentation's first example does.
PYNETDICOM_SERVER = f"""
import sys
from pynetdicom import AE, evt
entity = AE(ae_title="PYNETDICOM")
entity.maximum_associations = {MAX_ASSOCIATIONS}
for uid in ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.1.1"):
    entity.add_supported_context(uid)
entity.start_server(("{HOST}", int(sys.argv[1])), evt_handlers=[(evt.EVT_C_STORE, lambda event: 0)])
"""


def is_program(name: str) -> bool:
    """Return whether a program is installed."""
    try:
        peers.program(name)
    except peers.MissingPeerError:
        return False
    return True


@cache
def folder() -> Path:
    """Return a folder for all that servers write; it is removed in the end."""
    return Path(_STACK.enter_context(tempfile.TemporaryDirectory(prefix="dicomkit-bench-")))


def enter(server: AbstractContextManager[Peer]) -> Peer:
    """Start a server, and end it with the run."""
    return _STACK.enter_context(server)


@cache
def our_server() -> Peer:
    """Ours, which writes to disk."""
    return start_our_server("ours")


def start_our_server(name: str) -> Peer:
    """Start another of them."""
    port = free_port()
    command = [sys.executable, "-c", OUR_SERVER, str(port), str(folder() / name / "incoming")]
    return enter(running(command, [port], folder() / name, OUR_TITLE, {"PYTHONPATH": str(ROOT)}))


@cache
def pynetdicom_server() -> Peer:
    """pynetdicom's, which discards."""
    port = free_port()
    return enter(running([sys.executable, "-c", PYNETDICOM_SERVER, str(port)], [port], folder() / "pynetdicom", "PYNETDICOM"))


@cache
def storescp(is_quick: bool) -> Peer:
    """DCMTK's, with TCP_NODELAY or as it is installed; it discards."""
    return enter(peers.storescp(folder() / f"storescp-{is_quick}", "+xa", "--ignore", variables=NO_NAGLE if is_quick else {}))


@cache
def writing_storescp() -> Peer:
    """DCMTK's with TCP_NODELAY, which writes."""
    return enter(peers.storescp(folder() / "storescp-writing", "+xa", "+B", variables=NO_NAGLE))


@cache
def pynetdicom_archive() -> Peer:
    """pynetdicom's own application ``qrscp``, which is a whole archive and takes every storage class."""
    port = free_port()
    place = folder() / "archive"
    (place / "instances").mkdir(parents=True)
    configuration = place / "qrscp.ini"
    settings = {
        "ae_title": "PYNETQR", "port": port, "max_pdu": 16382, "log_identifier": False, "bind_address": HOST, "acse_timeout": 30,
        "dimse_timeout": 30, "network_timeout": 30, "instance_location": place / "instances",
        "database_location": place / "instances.sqlite",
    }  # fmt: skip
    configuration.write_text("[DEFAULT]\n" + "".join(f"{name}: {value}\n" for name, value in settings.items()))
    return enter(running([sys.executable, "-m", "pynetdicom", "qrscp", "-c", str(configuration)], [port], place, "PYNETQR"))


@contextmanager
def empty_orthanc() -> Iterator[Peer]:
    """Orthanc as it is installed, with nothing in it: it takes a millisecond longer to replace an instance than to store one."""
    place = Path(tempfile.mkdtemp(dir=folder()))
    with peers.orthanc(place, DicomScpTimeout=30) as peer:
        yield peer
    cut_files(place)
