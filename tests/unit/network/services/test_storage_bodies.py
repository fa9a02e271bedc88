from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit
from dicomkit import DICOMFile
from dicomkit.errors import DICOMError, InvalidValueError, ParsingError, PixelDataError, SourceError, SourceNotFoundError
from dicomkit.network.data_set_pieces import PIECE_LENGTH
from dicomkit.network.services import bodies
from dicomkit.network.services.bodies import LONG_PIECE_LENGTH, Body, Transcoder, check_encoding, open_body
from dicomkit.network.services.instances import Instance, read_instance
from dicomkit.testing import data_set, element, encapsulated, file_meta, part10
from dicomkit.transfer_syntax import TransferSyntax
from tests.unit.network.services.scripted_peer import BIG_ENDIAN, CT, DEFLATED, EXPLICIT, IMPLICIT, JPEG

FRAGMENT = 16378
PIECE = PIECE_LENGTH // FRAGMENT * FRAGMENT
LONG_PIECE = LONG_PIECE_LENGTH // FRAGMENT * FRAGMENT
ATTRIBUTES = [(0x00080016, "UI", CT), (0x00080018, "UI", "1.2.3"), (0x00280010, "US", 513), (0x00280011, "US", 2)]


def image(size: int = 100, syntax: str = EXPLICIT) -> bytes:
    """The bytes of a data set."""
    pixels = bytes(range(256)) * (size // 256) + bytes(size % 256)
    return data_set([*ATTRIBUTES, (0x7FE00010, "OW", pixels)], implicit=syntax == IMPLICIT, big_endian=syntax == BIG_ENDIAN)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(data: bytes = image(), syntax: str = EXPLICIT) -> Path:
        path = tmp_path / "image.dcm"
        path.write_bytes(part10(data, syntax, meta=file_meta(syntax, sop_class_uid=CT, sop_instance_uid="1.2.3")))
        return path

    return write


async def opened(instance: Instance, syntax: str = EXPLICIT, transcoder: Transcoder | None = DICOMFile.transcode) -> Body:
    return await open_body(instance, TransferSyntax.get(syntax), FRAGMENT, transcoder, [])


async def collect(body: Body) -> list[bytes]:
    try:
        return [bytes(piece) async for piece in body]
    finally:
        body.close()


@pytest.mark.parametrize("size", [0, 2, PIECE - 60, PIECE, PIECE + 1000, LONG_PIECE, LONG_PIECE + 1000, LONG_PIECE + 3 * PIECE + 2])
@pytest.mark.parametrize("is_prepared", [False, True])
async def test_a_file_is_read_piece_by_piece(write: Callable[..., Path], size: int, is_prepared: bool) -> None:
    body = await opened(read_instance(write(image(size))))
    if is_prepared:
        await body.prepare()
    pieces = await collect(body)
    assert b"".join(pieces) == image(size)
    assert body.length == len(image(size))
    lengths = [len(piece) for piece in pieces]
    if is_prepared:
        assert lengths.pop(0) == min(body.length, LONG_PIECE)
    assert all(length == PIECE for length in lengths[:-1])


def test_pieces_are_multiples_of_a_fragment() -> None:
    assert PIECE % FRAGMENT == LONG_PIECE % FRAGMENT == 0


async def test_one_buffer_serves_all_pieces_and_the_next_file(write: Callable[..., Path]) -> None:
    path = write(image(3 * PIECE))
    buffers: list[bytearray] = []
    for _ in range(3):
        body = await open_body(read_instance(path), TransferSyntax.get(EXPLICIT), FRAGMENT, None, buffers)
        await collect(body)
        body.close()  # twice is once
        assert [len(buffer) for buffer in buffers] == [LONG_PIECE]


@pytest.mark.parametrize("count_cached", [0, 1000, PIECE - 1])
async def test_what_is_not_in_memory_is_read_in_a_thread(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, count_cached: int
) -> None:
    threads = set()
    through = bodies._FileBody._read_through

    def watched(self: bodies._FileBody, offset: int, piece: memoryview) -> None:
        threads.add(threading.current_thread())
        through(self, offset, piece)

    def some(self: bodies._FileBody, offset: int, piece: memoryview) -> int:
        count = min(count_cached, len(piece))
        piece[:count] = path.read_bytes()[offset : offset + count]
        return count

    path = write(image(2 * LONG_PIECE + 1000))
    monkeypatch.setattr(bodies._FileBody, "_read_through", watched)
    monkeypatch.setattr(bodies._FileBody, "_read_cached", some)
    monkeypatch.setattr(bodies, "ONLY_CACHED", 1)
    assert b"".join(await collect(await opened(read_instance(path)))) == image(2 * LONG_PIECE + 1000)
    assert threads
    assert threading.main_thread() not in threads


async def test_a_file_system_that_cannot_tell_is_asked_once(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refuse(*arguments: object) -> int:
        asked.append(arguments)
        raise OSError(95, "not supported")

    body = await opened(read_instance(write(image(3 * PIECE))))
    monkeypatch.setattr(bodies.os, "preadv", refuse)
    assert b"".join(await collect(body)) == image(3 * PIECE)
    assert len(asked) == (1 if bodies.ONLY_CACHED else 0)


async def test_a_file_that_changed_since_its_header_was_read(write: Callable[..., Path]) -> None:
    instance = read_instance(write())
    write(image(200))
    with pytest.raises(SourceError, match="changed while it was waiting"):
        await opened(instance)


async def test_a_file_that_went_away(write: Callable[..., Path]) -> None:
    path = write()
    instance = read_instance(path)
    path.unlink()
    with pytest.raises(SourceNotFoundError):
        await opened(instance)


async def test_a_file_that_becomes_shorter_while_it_is_read(write: Callable[..., Path]) -> None:
    path = write(image(4 * PIECE))
    body = await opened(read_instance(path))
    try:
        await anext(body)
        os.truncate(path, PIECE + 1000)
        with pytest.raises(SourceError, match="became shorter"):
            async for _ in body:
                pass
    finally:
        body.close()


async def test_a_cancelled_read_closes_the_file_when_the_thread_is_done(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(self: bodies._FileBody, offset: int, piece: memoryview) -> None:
        begun.set()
        go_on.wait(10)

    body = await opened(read_instance(write(image(PIECE))))
    assert isinstance(body, bodies._FileBody)
    monkeypatch.setattr(bodies._FileBody, "_read_through", slow)
    monkeypatch.setattr(body, "_flags", 0)
    task = asyncio.ensure_future(anext(body))
    await asyncio.get_running_loop().run_in_executor(None, begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    body.close()
    go_on.set()
    while not body._file.closed:  # the thread is about to end
        await asyncio.get_running_loop().run_in_executor(None, int)
    assert body._buffers == []  # the thread had it to the end


async def test_bytes_are_not_copied() -> None:
    data = bytearray(part10(image(), meta=file_meta(sop_class_uid=CT, sop_instance_uid="1.2.3")))
    [piece] = [piece async for piece in await opened(read_instance(data))]
    data[-1] = 77
    assert piece[-1] == 77


# What is wrong with files.


@pytest.mark.parametrize("more", [0, LONG_PIECE, LONG_PIECE - 1])
@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")  # of bytes after the deflated data set
async def test_a_deflated_data_set_of_odd_length_is_padded(tmp_path: Path, more: int) -> None:
    """Peers abort when they see an odd fragment (PS3.8 9.3.5.1); a NUL may follow what is deflated (PS3.5 A.5)."""

    meta = file_meta(DEFLATED, sop_class_uid=CT, sop_instance_uid="1.2.3")
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = engine.compress(image()) + engine.flush() + bytes(more)
    deflated += bytes(1 - len(deflated) % 2)
    path = tmp_path / "odd.dcm"
    path.write_bytes(bytes(128) + b"DICM" + meta + deflated)
    sources = [path, path.read_bytes()] if not more else [path]
    for source in sources:
        instance = read_instance(source)
        assert instance.data_set_length % 2
        body = await opened(instance, DEFLATED)
        await body.prepare()
        data = b"".join(await collect(body))
        assert data == deflated + b"\0"
        assert body.length == len(data)


@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")  # of the odd length
async def test_other_data_sets_of_odd_length_are_mended(write: Callable[..., Path]) -> None:
    odd = data_set(ATTRIBUTES[:2]) + element(0x00100010, "PN", b"A^B")
    assert len(odd) % 2
    for source in (write(odd), part10(odd)):
        body = await opened(read_instance(source))
        assert b"".join(await collect(body)) == data_set(ATTRIBUTES[:2]) + element(0x00100010, "PN", b"A^B ")


@pytest.mark.parametrize("told", [EXPLICIT, IMPLICIT, BIG_ENDIAN, JPEG])
@pytest.mark.parametrize("is_path", [False, True])
async def test_a_data_set_in_another_encoding_than_the_file_says_is_not_sent(write: Callable[..., Path], told: str, is_path: bool) -> None:
    right = EXPLICIT if told == JPEG else told
    for syntax in (EXPLICIT, IMPLICIT, BIG_ENDIAN):
        lying = part10(image(syntax=syntax), told)
        start = memoryview(image(syntax=syntax))
        if syntax == right:
            check_encoding(start, TransferSyntax.get(told))
            body = await opened(read_instance(write(image(syntax=syntax), told) if is_path else lying), told)
            await body.prepare()
            body.close()
        else:
            with pytest.raises(ParsingError, match="is not encoded in"):
                check_encoding(start, TransferSyntax.get(told))


class Opening:
    """A body that is opened and prepared in one step, and closed if there is one."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.body: Body | None = None

    async def prepare(self) -> None:
        self.body = await opened(self.instance)
        await self.body.prepare()

    def close(self) -> None:
        if self.body is not None:
            self.body.close()


@pytest.mark.parametrize("is_path", [False, True])
@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")  # of elements without VR
async def test_implicit_vr_in_a_file_that_says_explicit_vr(write: Callable[..., Path], is_path: bool) -> None:
    lying = image(syntax=IMPLICIT)
    instance = read_instance(write(lying, EXPLICIT) if is_path else part10(lying, EXPLICIT))
    problem = "is not encoded in Explicit VR Little Endian"
    with contextlib.closing(Opening(instance)) as opening, pytest.raises(ParsingError, match=problem):
        await opening.prepare()


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED])
def test_an_empty_data_set_has_every_encoding(syntax: str) -> None:
    check_encoding(memoryview(b""), TransferSyntax.get(syntax))


# Conversion.


@pytest.mark.parametrize("own", [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED])
@pytest.mark.parametrize("wanted", [EXPLICIT, IMPLICIT])
async def test_store_5_native_files_are_converted(write: Callable[..., Path], own: str, wanted: str) -> None:
    size = 2052
    instance = read_instance(write(image(size, own), own))
    body = await opened(instance, wanted)
    data = b"".join(await collect(body))
    assert body.length == len(data)
    sent = dicomkit.read(part10(data, wanted, meta=file_meta(wanted, sop_class_uid=CT, sop_instance_uid="1.2.3")))
    assert sent.data_set == dicomkit.read(instance.source).data_set  # type: ignore[arg-type]


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED])
async def test_a_file_object_of_ours_is_written(syntax: str) -> None:
    file = DICOMFile.create(dicomkit.read(part10(image(2052))).data_set, transfer_syntax_uid=syntax)
    data = b"".join(await collect(await opened(read_instance(file), syntax)))
    meta = file_meta(syntax, sop_class_uid=CT, sop_instance_uid="1.2.3")
    assert dicomkit.read(bytes(128) + b"DICM" + meta + data).data_set == file.data_set


def compressed() -> bytes:
    return data_set(ATTRIBUTES) + encapsulated([b"\xff\xd8\xff\xd9"])


async def test_store_5_without_a_transcoder_nothing_is_converted() -> None:
    instance = read_instance(part10(compressed(), JPEG))
    with pytest.raises(PixelDataError, match=r"does not take JPEG Baseline .*, and nothing converts it"):
        await opened(instance, EXPLICIT, None)
    assert b"".join(await collect(await opened(instance, JPEG, None))) == compressed()


async def test_store_5_what_cannot_be_converted_is_an_error_that_says_why() -> None:
    def fail(file: DICOMFile, syntax: str) -> DICOMFile:
        raise PixelDataError("no codec")

    with pytest.raises(PixelDataError, match=r"does not take JPEG Baseline .*, and it cannot be converted to Explicit .*: no codec"):
        await opened(read_instance(part10(compressed(), JPEG)), EXPLICIT, fail)


async def test_store_5_what_was_not_converted_is_not_sent() -> None:
    """A transcoder that does nothing, or makes another instance, gives bytes that are not what was accepted."""

    def nothing(file: DICOMFile, syntax: str) -> DICOMFile:
        return file

    def another(file: DICOMFile, syntax: str) -> DICOMFile:
        twin = file.transcode(syntax)
        twin.SOPInstanceUID = "1.2.999"
        return twin

    instance = read_instance(part10(image(2052)))
    for transcoder in (nothing, another):
        with pytest.raises(InvalidValueError, match="another instance of it, or another transfer syntax"):
            await opened(instance, IMPLICIT, transcoder)


async def test_a_transcoder_is_called_in_a_thread() -> None:
    threads = []

    def watched(file: DICOMFile, syntax: str) -> DICOMFile:
        threads.append(threading.current_thread())
        return file.transcode(syntax)

    await collect(await opened(read_instance(part10(image(2052))), IMPLICIT, watched))
    assert threading.main_thread() not in threads


async def test_a_damaged_file_is_not_converted() -> None:
    cut = part10(image(2052))[:-10]
    with pytest.raises(DICOMError):
        await opened(read_instance(cut), IMPLICIT)
    partial = dicomkit.read(cut, partial=True)
    with pytest.raises(DICOMError):
        await opened(read_instance(partial), EXPLICIT)


async def test_a_large_value_is_not_read_as_a_whole_to_be_converted(write: Callable[..., Path]) -> None:
    """Files above ``defer_larger_than`` are copied piece by piece out of the file."""

    path = write(data_set([*ATTRIBUTES[:2], (0x7FE00010, "OW", bytes(20 << 20))]))
    pieces = await collect(await opened(read_instance(path), IMPLICIT))
    head = data_set(ATTRIBUTES[:2], implicit=True) + element(0x7FE00010, "OW", implicit=True)
    assert sum(map(len, pieces)) == (20 << 20) + len(head)
    assert max(map(len, pieces)) < 8 << 20


async def test_of_a_large_file_little_is_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.dcm"
    length = 256 << 20
    path.write_bytes(part10(data_set(ATTRIBUTES) + element(0x7FE00010, "OW", b"", length=length)))
    os.truncate(path, path.stat().st_size + length)
    tracemalloc.start()
    try:
        body = await opened(read_instance(path))
        assert sum([len(piece) async for piece in body]) == body.length
        body.close()
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
