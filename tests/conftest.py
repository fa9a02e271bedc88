"""What tests share: the corpora of real files, and the peers that they are compared with.

A corpus or peer that is missing skips the tests that need it on a developer's machine, and fails them where ``CI`` is set.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from dicomkit import TransferSyntax, codecs, uids
from dicomkit.errors import NoCodecError
from tests.environments import MARK

REPOSITORY = Path(__file__).resolve().parents[1]
CORPUS = Path(REPOSITORY, os.environ.get("DICOMKIT_CORPUS") or "../shared/corpus").resolve()
# Files in the folders of pydicom's test data that are not DICOM.
NOT_DICOM = {".txt", ".icc", ".json", ".dump", ".gz"}

# Whether this is one of the environments that tests/environments.py makes: there codecs may be missing.
HAS_OTHER_PLUGINS = Path(sys.prefix, MARK).exists()
BUILT_IN = (uids.EncapsulatedUncompressedExplicitVRLittleEndian, uids.DeflatedImageFrameCompression)

LONGEST_TEST = 120.0    # seconds, of one that is a coroutine: waiting for ever is the way in which network code fails


def pytest_configure() -> None:
    """Have programs that tests start end on Ctrl-C: a shell that runs us in the background ignores it, and they would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def limited() -> Callable[[str, int], AbstractContextManager[None]]:
    """Enter ``limited("FSIZE", size)``: no file may grow beyond it, as on a full disk. ``"NOFILE"``: no more may be open."""
    resource = pytest.importorskip("resource")

    @contextmanager
    def enter(name: str, limit: int) -> Iterator[None]:
        kind = getattr(resource, f"RLIMIT_{name}")
        before = resource.getrlimit(kind)
        resource.setrlimit(kind, (limit, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(kind, before)

    return enter


class PeerFile(NamedTuple):
    """A real file, and its name as the table of differences has it: from the folder of the corpus on."""

    name: str
    path: Path
    is_dicom: bool


def find_files(root: Path, name: str) -> list[PeerFile]:
    paths = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return [
        PeerFile(f"{name}/{path.relative_to(root).as_posix()}", path, path.suffix not in NOT_DICOM and not path.name.startswith("README"))
        for path in paths
    ]


def pydicom_data() -> Path | None:
    """The data that pydicom's wheel brings along; nothing is downloaded."""
    spec = find_spec("pydicom")
    return Path(spec.origin).parent / "data" if spec and spec.origin else None


def peer_files() -> list[PeerFile]:
    files = [file for folder in sorted(CORPUS.glob("*")) if folder.is_dir() for file in find_files(folder, folder.name)]
    data = pydicom_data()
    if data is not None:
        files += find_files(data / "test_files", "test_files") + find_files(data / "charset_files", "charset_files")
    return files


def unavailable(what: str) -> None:
    """Fail where everything must be there, else skip."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI needs it")
    pytest.skip(f"{what} is missing")


def need_decoder(transfer_syntax: TransferSyntax | str) -> None:
    """Skip a test where nobody decodes a transfer syntax; the reason says which distribution is missing."""
    _need(codecs.registry.get_decoder, transfer_syntax)


def need_encoder(transfer_syntax: TransferSyntax | str) -> None:
    """Skip a test where nobody encodes a transfer syntax; the reason says which distribution is missing."""
    _need(codecs.registry.get_encoder, transfer_syntax)


def _need(get_codec: Callable[[str], object], transfer_syntax: TransferSyntax | str) -> None:
    syntax = TransferSyntax.find(transfer_syntax) if isinstance(transfer_syntax, str) else transfer_syntax
    assert syntax is not None, transfer_syntax
    if syntax.uid in BUILT_IN:
        return
    try:
        get_codec(syntax.uid)
    except NoCodecError as error:
        if os.environ.get("CI") and not HAS_OTHER_PLUGINS:
            pytest.fail(f"{error}, and CI needs it")
        pytest.skip(str(error))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine. It fails if it does not end, or leaves a task behind."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    async def run() -> None:
        async with asyncio.timeout(LONGEST_TEST):
            await pyfuncitem.obj(**arguments)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks are left: {left}"

    asyncio.run(run())
    return True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for fixture in {"peer_file", "dicom_file"} & set(metafunc.fixturenames):
        files = [file for file in peer_files() if file.is_dicom or fixture == "peer_file"]
        metafunc.parametrize(fixture, files, ids=[file.name for file in files])


@pytest.fixture(scope="session")
def all_peer_files() -> list[PeerFile]:
    """Every file of the corpora: what ``peer_file`` and, without those that are not DICOM, ``dicom_file`` go through."""
    return peer_files()


@pytest.fixture(scope="session")
def require_peer() -> Callable[[str], object]:
    """A function that returns a peer, the module ``pydicom`` or the path of a program, or skips or fails."""

    def require(name: str) -> object:
        if name == "pydicom":
            if find_spec(name) is None:
                unavailable(name)
            import pydicom

            return pydicom
        program = shutil.which(name)
        if program is None:
            unavailable(name)
        return program

    return require


@pytest.fixture(scope="session")
def pydicom(require_peer: Callable[[str], ModuleType]) -> ModuleType:
    """The module pydicom."""
    return require_peer("pydicom")


@pytest.fixture(scope="session")
def dcmdump(require_peer: Callable[[str], str]) -> str:
    """The path of DCMTK's dcmdump."""
    return require_peer("dcmdump")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files: ``DICOMKIT_CORPUS``, by default ``../shared/corpus`` beside the repository."""
    if not any(CORPUS.glob("*/*")):
        unavailable(f"the corpus {CORPUS}")
    return CORPUS
