"""Peers for the tests of this folder. One that is missing skips them on a developer's machine, and fails them where ``CI`` is set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import unavailable
from tests.interop.network import peers


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., peers.Peer]]:
    """A function that starts one of the peers, ``start(peers.storescp, "--fork")``; all end with the test."""
    with ExitStack() as running:

        def start_peer(kind: Callable[..., AbstractContextManager[peers.Peer]], *options: str, **settings: object) -> peers.Peer:
            folder = tmp_path / f"{kind.__name__}{len(list(tmp_path.iterdir()))}"
            try:
                return running.enter_context(kind(folder, *options, **settings))
            except peers.MissingPeerError as error:
                unavailable(str(error))
                raise

        yield start_peer


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peers.Peer]:
    """An Orthanc for all tests of a module: it takes seconds to start."""
    with ExitStack() as running:
        try:
            yield running.enter_context(peers.orthanc(tmp_path_factory.mktemp("peer") / "orthanc"))
        except peers.MissingPeerError as error:
            unavailable(str(error))


@pytest.fixture(scope="session")
def pynetdicom() -> ModuleType:
    """The module pynetdicom."""
    if find_spec("pynetdicom") is None:
        unavailable("pynetdicom")
    return import_module("pynetdicom")


@pytest.fixture(scope="session")
def dcmtk() -> Callable[[str], str]:
    """A function that returns the path of one of DCMTK's programs."""

    def find(name: str) -> str:
        try:
            return peers.program(name)
        except peers.MissingPeerError as error:
            unavailable(str(error))
            raise

    return find
