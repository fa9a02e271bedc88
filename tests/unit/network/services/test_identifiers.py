"""Identifiers that do not come in one go."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dicomkit.network.errors import OperationTimeoutError, RemoteProtocolError
from dicomkit.network.received_message import DataSetStream
from dicomkit.network.services import identifiers
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN
from tests.unit.network.running import run

STUDY = b"\x08\x00\x52\x00CS\x06\x00STUDY "


class FakeAssociation:
    """What is read from, and whether it was aborted."""

    def __init__(self, read_timeout: float | None) -> None:
        self.read_timeout = read_timeout
        self.is_aborted = False

    async def abort(self) -> None:
        self.is_aborted = True


def read(association: FakeAssociation, *fragments: bytes, is_endless: bool = False) -> Any:
    left = list(fragments)

    async def next_fragments() -> tuple[list[memoryview], bool]:
        if not left:
            await asyncio.Event().wait()
        return [memoryview(left.pop(0))], not left and not is_endless

    stream = DataSetStream(next_fragments)
    return run(identifiers.read_identifier(association, stream, EXPLICIT_VR_LITTLE_ENDIAN))  # type: ignore[arg-type]


@pytest.mark.parametrize("cut", range(len(STUDY) + 1))
def test_it_comes_in_pieces(cut: int) -> None:
    association = FakeAssociation(1.0)
    assert read(association, STUDY[:cut], STUDY[cut:]).QueryRetrieveLevel == "STUDY"
    assert not association.is_aborted


def test_one_that_does_not_end_takes_no_longer_than_a_read_may() -> None:
    association = FakeAssociation(0.01)
    with pytest.raises(OperationTimeoutError) as caught:
        read(association, STUDY[:4], STUDY[4:], is_endless=True)
    assert caught.value.duration == 0.01
    assert association.is_aborted


def test_all_pieces_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifiers, "MAXIMUM_IDENTIFIER_LENGTH", len(STUDY) - 1)
    association = FakeAssociation(None)
    with pytest.raises(RemoteProtocolError, match=f"more than {len(STUDY) - 1} bytes"):
        read(association, STUDY[:4], STUDY[4:])
    assert association.is_aborted
