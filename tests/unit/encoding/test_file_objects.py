"""File objects that take less than they are given."""

from __future__ import annotations

import io
import os

import pytest

from dicomkit.encoding.file_objects import write_chunks
from dicomkit.errors import TargetError

CHUNKS = [b"abcdef", memoryview(b"ghi"), b"", b"j" * 100]
WHOLE = b"".join(CHUNKS)


class Raw(io.RawIOBase):
    """Takes as many bytes a call as it is told, and then nothing."""

    def __init__(self, *amounts):
        self.amounts = list(amounts)
        self.taken = bytearray()

    def write(self, data):
        amount = self.amounts.pop(0) if self.amounts else len(data)
        self.taken += data[: amount or 0]
        return amount if amount is None else min(amount, len(data))


@pytest.mark.parametrize("amounts", [(), (1, 2, 3, 1), (6, 1, 1, 1), (5, 1, 3, 0, 99)])
def test_all_is_written_to_one_that_takes_part(amounts):
    target = Raw(*amounts)
    write_chunks(target, CHUNKS)
    assert target.taken == WHOLE


@pytest.mark.parametrize("nothing", [None, 0])
@pytest.mark.parametrize("before", [(), (2,)])
def test_one_that_takes_nothing(nothing, before):
    target = Raw(*before, nothing)
    with pytest.raises(TargetError, match="takes no more"):
        write_chunks(target, CHUNKS)
    assert WHOLE.startswith(bytes(target.taken))


def test_a_pipe_that_is_full():
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with open(reader, "rb"), open(writer, "wb", buffering=0) as target, pytest.raises(TargetError):
        write_chunks(target, [bytes(1 << 20)])


def test_one_that_says_nothing_took_it_all():
    taken = []
    write_chunks(type("Sink", (), {"write": lambda self, data: taken.append(bytes(data))})(), CHUNKS)
    assert b"".join(taken) == WHOLE
