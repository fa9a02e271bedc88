"""Paths, buffers and file objects; files that are left on disk."""

import contextlib
import gc
import io
import os

import pytest

from dicomkit import DICOMError, ReadOptions, SourceError, SourceNotFoundError, UnexpectedEndOfDataError, read
from dicomkit.encoding.source import BLOCK, LazyFile, open_source
from dicomkit.testing import data_set, part10

FILE = part10(data_set([(0x00080060, "CS", "CT"), (0x7FE00010, "OW", bytes(range(250)) * 2000)]))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ct.dcm"
    path.write_bytes(FILE)
    return path


def open_descriptors():
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def everything(buffer, size, loader):
    """A parse function that wants all of the bytes."""
    view = memoryview(buffer)
    if loader is not None:
        loader.ensure(0, size)
    return bytes(view) if view.nbytes >= size else None


@pytest.mark.parametrize("options", [ReadOptions(), ReadOptions(stop_before_pixels=True), ReadOptions(defer_larger_than=0)])
def test_all_ways_to_open_a_path_give_its_bytes(path, options):
    assert open_source(path, options, everything) == FILE
    assert open_source(str(path), options, everything) == FILE
    assert open_source(os.fsencode(path) and path, options, everything) == FILE


def test_a_header_is_read_without_the_rest(path):
    sizes = []

    def parse(buffer, size, loader):
        sizes.append(memoryview(buffer).nbytes)
        return buffer if len(sizes) == 2 else None

    open_source(path, ReadOptions(stop_before_pixels=True), parse)
    assert sizes == [16 * 1024, 128 * 1024]


class Unseekable(io.RawIOBase):
    def __init__(self, data):
        self._stream = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._stream.readinto(buffer)


@pytest.mark.parametrize("source", [FILE, bytearray(FILE), memoryview(FILE), io.BytesIO(FILE), Unseekable(FILE)])
def test_buffers_and_streams(source):
    assert open_source(source, ReadOptions(), everything) == FILE


@pytest.mark.parametrize(
    ("source", "words"), [(3, "not int"), (None, "not NoneType"), (io.StringIO("x"), "binary mode"), ([1], "not list")]
)
def test_what_is_no_source_is_a_type_error(source, words):
    with pytest.raises(TypeError, match=words):
        read(source)


def test_errors_of_the_system_are_ours_and_the_builtin_ones(tmp_path):
    with pytest.raises(SourceNotFoundError) as caught:
        read(tmp_path / "nothing")
    assert isinstance(caught.value, (DICOMError, FileNotFoundError))
    assert caught.value.filename == str(tmp_path / "nothing")
    with pytest.raises(SourceError, match="folder"):
        read(tmp_path)


def test_a_lazy_file_loads_the_blocks_it_is_asked_for(tmp_path):
    path = tmp_path / "big"
    content = os.urandom(5 * BLOCK + 100)
    path.write_bytes(content)
    lazy = LazyFile(os.open(path, os.O_RDONLY), len(content))
    assert lazy.ensure(BLOCK + 1, 10) == (BLOCK, 2 * BLOCK)
    assert lazy.buffer[BLOCK : 2 * BLOCK] == content[BLOCK : 2 * BLOCK]
    assert not any(lazy.buffer[:BLOCK])
    assert lazy.ensure(0, len(content)) == (0, len(content))
    assert lazy.buffer[:] == content
    assert lazy.ensure(7, 0) == (0, BLOCK)


def test_a_lazy_file_is_read_into_a_buffer_without_keeping_it(tmp_path):
    path = tmp_path / "big"
    content = os.urandom(2 * BLOCK + 100)
    path.write_bytes(content)
    lazy = LazyFile(os.open(path, os.O_RDONLY), len(content))
    target = bytearray(BLOCK + 100)
    lazy.read_into(BLOCK, memoryview(target))
    assert target == content[BLOCK:]
    assert not any(lazy.buffer[:])
    lazy.read_into(len(content), memoryview(bytearray()))
    with pytest.raises(SourceError, match="shorter"):
        lazy.read_into(BLOCK + 1, memoryview(target))


@pytest.mark.parametrize("threshold", [1000, None])
def test_values_are_read_into_buffers(path, threshold):
    element = read(path, defer_larger_than=threshold)["PixelData"]
    assert element.is_deferred is (threshold is not None)
    target = bytearray(b"x" * 6)
    element.read_into(250, memoryview(target)[1:5])
    assert target == b"x\0\1\2\3x"
    element.read_into(element.value_length, bytearray())
    for offset in (element.value_length - 5, element.value_length + 1, 2**63):
        with pytest.raises(UnexpectedEndOfDataError):
            element.read_into(offset, target)
    with pytest.raises((BufferError, TypeError, ValueError)):
        element.read_into(0, bytes(4))


def test_values_of_a_lazy_file_outlive_its_name(path):
    f = read(path, defer_larger_than=1000)
    path.unlink()
    assert f["PixelData"].value == bytes(range(250)) * 2000
    assert bytes(f["PixelData"].value_range(250, 4)) == b"\0\1\2\3"


def test_a_lazy_file_that_was_cut_is_an_error(path):
    f = read(path, defer_larger_than=1000)
    os.truncate(path, 1000)
    with pytest.raises(SourceError, match="shorter"):
        f["PixelData"].value  # noqa: B018
    assert f.Modality == "CT"


def test_no_descriptor_stays_open(path, tmp_path):
    broken = tmp_path / "broken"
    broken.write_bytes(FILE[:300_000])
    gc.collect()  # what other tests left
    before = open_descriptors()
    for options in ({}, {"defer_larger_than": 0}, {"stop_before_pixels": True}):
        read(path, **options)
        for source in (broken, tmp_path, tmp_path / "nothing"):
            with contextlib.suppress(DICOMError):
                read(source, **options)
    gc.collect()
    assert open_descriptors() == before
