"""Real peers on loopback, started with a configuration of our own and ended with the test.

Whoever asks for a program that is not there gets a :class:`MissingPeerError`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

HOST = "127.0.0.1"
PATIENCE = 60.0     # seconds for a peer to begin to listen, on a machine that does much else
GLANCE = 0.02       # seconds between two looks
NO_NAGLE = {"TCP_NODELAY": "1"}     # what DCMTK, and Orthanc which is built on it, take it from


class MissingPeerError(RuntimeError):
    """A program that is not installed."""


@dataclass(slots=True)
class Peer:
    """A program that listens."""

    ae_title: str
    port: int
    process: subprocess.Popen[bytes]
    folder: Path
    log: Path
    http_port: int = 0

    @property
    def address(self) -> dict[str, object]:
        """Host, port and AE title, as the services take them."""
        return {"host": HOST, "port": self.port, "called_ae": self.ae_title}

    @property
    def destination(self) -> dict[str, object]:
        """The same as the storage service takes it."""
        return {"to": HOST, "port": self.port, "called_ae": self.ae_title}

    def files(self) -> list[Path]:
        """Return the files that the peer has written, the unfinished ones not."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file() and path.suffix not in (".dat", ".cfg", ".json", ".log"))

    def get(self, path: str) -> bytes:
        """Ask the REST interface of Orthanc."""
        with urllib.request.urlopen(f"http://{HOST}:{self.http_port}{path}", timeout=30) as response:
            return bytes(response.read())

    def instances(self) -> list[str]:
        """Return the identifiers that Orthanc gives to the instances it has."""
        return list(json.loads(self.get("/instances")))


def resident_bytes(process_id: int, kind: str = "VmHWM") -> int:
    """Return the memory of a process: its peak, or with ``VmRSS`` what it has now."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith(kind):
            return int(line.split()[1]) * 1024
    raise LookupError(kind)


def program(name: str) -> str:
    """Return the path of a program. Those beside the interpreter don't count: pynetdicom brings a storescp and a storescu of its own."""
    own = Path(sys.executable).parent
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if Path(folder) != own]
    path = shutil.which(name, path=os.pathsep.join([*folders, "/usr/sbin", "/usr/local/sbin"]))
    if path is None:
        raise MissingPeerError(name)
    return path


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def is_listening(port: int) -> bool:
    """Return whether somebody listens, without connecting where that can be told: some peers serve one connection at a time."""
    tables = [path for path in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if path.exists()]
    if tables:
        wanted = f":{port:04X}"
        fields = (line.split() for table in tables for line in table.read_text().splitlines()[1:])
        return any(columns[1].endswith(wanted) and columns[3] == "0A" for columns in fields)
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def running(
    command: list[str], ports: list[int], folder: Path, ae_title: str, variables: Mapping[str, str] = {}, http_port: int = 0
) -> Iterator[Peer]:
    """Run a program until the block ends; it begins when the program listens on all ports."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=folder, env=os.environ | dict(variables)
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not all(map(is_listening, ports)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} does not listen: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(GLANCE)
        yield Peer(ae_title, ports[0], process, folder, log, http_port)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def storescp(folder: Path, *options: str, variables: Mapping[str, str] = {}) -> Iterator[Peer]:
    """DCMTK's storescp, which by default takes every class and syntax and writes data sets bit by bit as they come."""
    port = free_port()
    command = [program("storescp"), *(options or ("+xa", "-pm", "+B")), "-aet", "STORESCP", "-od", str(folder), str(port)]
    with running(command, [port], folder, "STORESCP", variables) as peer:
        yield peer


@contextmanager
def dcmqrscp(
    folder: Path, *options: str, variables: Mapping[str, str] = {}, destinations: Mapping[str, int] = {}
) -> Iterator[Peer]:  # fmt: skip
    """DCMTK's dcmqrscp, AE title QRSCP; ``destinations`` are the ports of AE titles on this machine that it may send to."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    storage = folder / "storage"
    storage.mkdir()
    lines = [
        f"NetworkTCPPort = {port}", "MaxPDUSize = 16384", "MaxAssociations = 64", "HostTable BEGIN",
        *(f"host{index} = ({title}, {HOST}, {number})" for index, (title, number) in enumerate(destinations.items())), "HostTable END",
        "VendorTable BEGIN", "VendorTable END", "AETable BEGIN", f"QRSCP {storage} RW (500, 4gb) ANY", "AETable END",
    ]  # fmt: skip
    configuration = folder / "dcmqrscp.cfg"
    configuration.write_text("\n".join(lines) + "\n")
    with running([program("dcmqrscp"), "-c", str(configuration), *options], [port], storage, "QRSCP", variables) as peer:
        yield peer


@contextmanager
def orthanc(
    folder: Path, *, variables: Mapping[str, str] = {}, destinations: Mapping[str, int] = {}, **settings: object
) -> Iterator[Peer]:  # fmt: skip
    """Orthanc, which takes every class and syntax, AE title ORTHANC, with its REST interface; ``destinations`` as of dcmqrscp."""
    port, http_port = free_port(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    configuration: dict[str, object] = {
        "Name": "dicomkit-test", "StorageDirectory": str(folder / "store"), "IndexDirectory": str(folder / "store"), "Plugins": [],
        "HttpServerEnabled": True, "HttpPort": http_port, "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
        "DicomServerEnabled": True, "DicomAet": "ORTHANC", "DicomCheckCalledAet": True, "DicomPort": port,
        "DicomAlwaysAllowEcho": True, "DicomAlwaysAllowStore": True, "DicomAlwaysAllowFind": True, "DicomAlwaysAllowGet": True,
        "DicomAlwaysAllowMove": True, "UnknownSopClassAccepted": True, "DicomCheckModalityHost": False,
        "DicomScpTimeout": 3, "StableAge": 1, "SaveJobs": False, "OverwriteInstances": True, "SyncStorageArea": False,
        "TranscodeDicomProtocol": False, "DicomModalities": {title: [title, HOST, number] for title, number in destinations.items()},
        "SynchronousCMove": True,
    }  # fmt: skip
    path = folder / "orthanc.json"
    path.write_text(json.dumps(configuration | settings))
    with running([program("Orthanc"), str(path)], [port, http_port], folder, "ORTHANC", variables, http_port) as peer:
        yield peer


@contextmanager
def pynetdicom_qrscp(folder: Path) -> Iterator[Peer]:
    """pynetdicom's application qrscp, which takes every storage class, AE title PYNETQR."""
    if find_spec("pynetdicom") is None or find_spec("sqlalchemy") is None:
        raise MissingPeerError("pynetdicom with SQLAlchemy")
    port = free_port()
    (folder / "instances").mkdir(parents=True)
    settings = {
        "ae_title": "PYNETQR", "port": port, "max_pdu": 16382, "log_identifier": False, "bind_address": HOST, "acse_timeout": 30,
        "dimse_timeout": 30, "network_timeout": 30, "instance_location": folder / "instances",
        "database_location": folder / "instances.sqlite",
    }  # fmt: skip
    configuration = folder / "qrscp.ini"
    configuration.write_text("[DEFAULT]\n" + "".join(f"{name}: {value}\n" for name, value in settings.items()))
    with running([sys.executable, "-m", "pynetdicom", "qrscp", "-c", str(configuration)], [port], folder, "PYNETQR") as peer:
        yield peer
