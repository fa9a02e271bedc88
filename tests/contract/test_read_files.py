"""READ-1 to READ-5, READ-15: files, their meta information, and every kind of source."""

from __future__ import annotations

import array
import io
import mmap
import os
import threading
import warnings
from pathlib import Path

import pytest

import dicomkit
from dicomkit.testing import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    data_set,
    element,
    file_meta,
    part10,
)

CONTENT = [
    (0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"),
    (0x00080018, "UI", "2.25.99"),
    (0x00080060, "CS", "CT"),
    (0x00100010, "PN", "Doe^Jane"),
    (0x00280010, "US", 512),
]
DATA = part10(data_set(CONTENT))


# READ-1.


class NotSeekable(io.RawIOBase):
    """A stream that gives a few bytes at a time and cannot go back."""

    def __init__(self, data: bytes) -> None:
        self.rest = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        chunk = self.rest.read(min(len(buffer), 7))
        buffer[: len(chunk)] = chunk
        return len(chunk)


SOURCES = {
    "bytes": lambda path: DATA,
    "bytearray": lambda path: bytearray(DATA),
    "memoryview": lambda path: memoryview(DATA),
    "part of a memoryview": lambda path: memoryview(b"xx" + DATA + b"yy")[2:-2],
    "array": lambda path: array.array("B", DATA),
    "str": str,
    "Path": lambda path: path,
    "PathLike": lambda path: entry_of(path),
    "BytesIO": lambda path: io.BytesIO(DATA),
    "BytesIO from where it stands": lambda path: seeked(io.BytesIO(b"12345" + DATA), 5),
    "file": lambda path: path.open("rb"),
    "unbuffered file": lambda path: path.open("rb", buffering=0),
    "not seekable": lambda path: NotSeekable(DATA),
    "buffered, not seekable": lambda path: io.BufferedReader(NotSeekable(DATA)),
}


def entry_of(path):
    with os.scandir(path.parent) as entries:
        return next(entry for entry in entries if entry.name == path.name)


def seeked(stream, offset):
    stream.seek(offset)
    return stream


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a file, mit Umläuten.dcm"
    path.write_bytes(DATA)
    return path


@pytest.mark.parametrize("kind", SOURCES)
def test_read_1_sources(kind, path):
    source = SOURCES[kind](path)
    f = dicomkit.read(source)
    assert (f.PatientName, f.Rows, len(f)) == ("Doe^Jane", 512, len(CONTENT))
    assert f == dicomkit.DICOMFile.read(DATA)
    if hasattr(source, "close"):
        source.close()
        assert f.PatientName == "Doe^Jane"


def test_read_1_mmap(path):
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        f = dicomkit.read(memoryview(mapped))
        assert f.PatientName == "Doe^Jane"
        del f


def test_read_1_pipe():
    reader, writer = os.pipe()

    def feed():
        with os.fdopen(writer, "wb") as stream:
            stream.write(DATA)

    thread = threading.Thread(target=feed)
    thread.start()
    with os.fdopen(reader, "rb") as stream:
        assert dicomkit.read(stream).Rows == 512
    thread.join()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_read_1_a_path_that_is_a_pipe(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    thread = threading.Thread(target=fifo.write_bytes, args=(DATA,))
    thread.start()
    assert dicomkit.read(fifo).Rows == 512
    thread.join()


def test_read_1_buffers_are_kept_not_copied():
    buffer = bytearray(DATA)
    f = dicomkit.read(buffer)
    with pytest.raises(BufferError):
        buffer.append(0)
    assert f.Rows == 512


@pytest.mark.parametrize(("source", "error"), [(None, TypeError), (7, TypeError), (["x"], TypeError), (io.StringIO("text"), TypeError)])
def test_read_1_what_is_no_source(source, error):
    with pytest.raises(error):
        dicomkit.read(source)


class Stream:
    """A file object that gives what it was told to."""

    def __init__(self, result) -> None:
        self.result = result

    def read(self, size: int = -1):
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_read_1_streams_that_give_other_bytes(kind):
    assert dicomkit.read(Stream(kind(DATA))).Rows == 512


@pytest.mark.parametrize("result", [None, 7])
def test_read_1_streams_that_give_other_things(result):
    with pytest.raises(TypeError, match=type(result).__name__):
        dicomkit.read(Stream(result))


def test_read_1_errors_of_a_stream_are_the_callers():
    with pytest.raises(OSError, match="broken"):
        dicomkit.read(Stream(OSError(5, "broken")))


def test_read_1_a_buffer_that_is_not_contiguous():
    with pytest.raises(TypeError, match="contiguous"):
        dicomkit.read(memoryview(DATA)[::2])


def test_read_1_paths_that_cannot_be_read(tmp_path):
    with pytest.raises(dicomkit.SourceNotFoundError) as caught:
        dicomkit.read(tmp_path / "absent.dcm")
    assert isinstance(caught.value, (FileNotFoundError, dicomkit.DICOMError))
    assert "absent.dcm" in str(caught.value)
    with pytest.raises(dicomkit.SourceError) as folder:
        dicomkit.read(tmp_path)
    assert isinstance(folder.value, OSError)
    with pytest.raises((dicomkit.SourceError, ValueError)):
        dicomkit.read(str(tmp_path / "nul\0nul"))


def test_read_1_no_descriptor_stays_open(path):
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("nobody tells which descriptors are open here")
    before = len(list(folder.iterdir()))
    files = [dicomkit.read(path) for _ in range(50)]
    for _ in range(50):
        with pytest.raises(dicomkit.DICOMError):
            dicomkit.read(path.parent / "absent")
    assert len(list(folder.iterdir())) == before
    assert all(f.Rows == 512 for f in files)


def test_read_1_every_file_of_the_corpora_reads_from_bytes_as_from_its_path(dicom_file):
    """The path is read in parts where that will do; what comes out may not depend on it."""
    options = {"force": True, "partial": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dicomkit.DICOMWarning)
        whole = dicomkit.read(dicom_file.path.read_bytes(), **options)
        for more in ({}, {"defer_larger_than": 0}):
            f = dicomkit.read(dicom_file.path, **options, **more)
            assert f.data_set == whole.data_set
            assert f.file_meta_information == whole.file_meta_information
            assert str(f.error) == str(whole.error)
        short = dicomkit.read(dicom_file.path, stop_before_pixels=True, **options)
        assert list(short) == list(dicomkit.read(dicom_file.path.read_bytes(), stop_before_pixels=True, **options))


# READ-2.


@pytest.mark.parametrize("length", [0, 1, 4, 127, 128, 131])
def test_read_2_fewer_than_132_bytes(length):
    with pytest.raises(dicomkit.UnexpectedEndOfDataError) as caught:
        dicomkit.read(bytes(length))
    assert caught.value.offset == length


@pytest.mark.parametrize("prefix", [b"dicm", b"DIC\0", b"\0\0\0\0"])
def test_read_2_no_prefix(prefix):
    with pytest.raises(dicomkit.InvalidDICMPrefixError) as caught:
        dicomkit.read(DATA[:128] + prefix + DATA[132:])
    assert caught.value.offset == 128


def test_read_2_a_prefix_without_preamble():
    with pytest.raises(dicomkit.InvalidPreambleError):
        dicomkit.read(DATA[128:])
    assert dicomkit.read(DATA[128:], force=True).Rows == 512
    assert dicomkit.read(DATA[128:], force=True).preamble is None


def test_read_2_the_preamble_is_kept():
    assert dicomkit.read(DATA).preamble == bytes(128)
    assert dicomkit.read(b"II*\0" + DATA[4:]).preamble == b"II*\0" + bytes(124)


def test_read_2_a_file_without_data_set():
    f = dicomkit.read(part10(b""))
    assert len(f) == 0
    assert f.transfer_syntax.uid == EXPLICIT_VR_LITTLE_ENDIAN


# READ-3.


@pytest.mark.parametrize("uid", [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN])
def test_read_3_meta_information_is_explicit_little_endian(uid):
    content = data_set(CONTENT, implicit=uid == IMPLICIT_VR_LITTLE_ENDIAN, big_endian=uid == EXPLICIT_VR_BIG_ENDIAN)
    f = dicomkit.read(part10(content, uid))
    meta = f.file_meta_information
    assert isinstance(meta, dicomkit.DataSet)
    assert [tag.group for tag in meta.tags] == [2] * len(meta)
    assert meta.uid("TransferSyntaxUID") == uid
    assert meta.get("FileMetaInformationVersion") == b"\0\1"
    assert "TransferSyntaxUID" not in f
    assert f.Rows == 512


@pytest.mark.parametrize("group_length", [0, 1, 10, 1000, 2**31, 0xFFFFFFFF])
def test_read_3_a_wrong_group_length_is_not_believed(group_length):
    f = dicomkit.read(part10(data_set(CONTENT), meta=file_meta(group_length=group_length)))
    assert (f.Rows, len(f), len(f.file_meta_information)) == (512, len(CONTENT), 6)


def test_read_3_a_missing_group_length():
    f = dicomkit.read(part10(data_set(CONTENT), meta=file_meta()[12:]))
    assert (f.Rows, len(f.file_meta_information)) == (512, 5)


def test_read_3_group_lengths_in_the_data_set_are_elements():
    f = dicomkit.read(part10(element(0x00080000, "UL", 999) + data_set(CONTENT)))
    assert f[0x00080000].value == 999
    assert f.Rows == 512


# READ-4.


def test_read_4_an_unknown_transfer_syntax():
    data = part10(data_set(CONTENT), meta=file_meta("1.2.3.4"))
    with pytest.raises(dicomkit.UnsupportedTransferSyntaxError) as caught:
        dicomkit.read(data)
    assert caught.value.uid == "1.2.3.4"
    f = dicomkit.read(data, force=True)
    assert (f.Rows, f.transfer_syntax_uid, f.transfer_syntax.uid) == (512, "1.2.3.4", EXPLICIT_VR_LITTLE_ENDIAN)


@pytest.mark.parametrize(
    ("uid", "how"),
    [(EXPLICIT_VR_LITTLE_ENDIAN, {}), (IMPLICIT_VR_LITTLE_ENDIAN, {"implicit": True}), (EXPLICIT_VR_BIG_ENDIAN, {"big_endian": True})],
)
def test_read_4_a_missing_transfer_syntax_is_seen_in_the_first_element(uid, how):
    f = dicomkit.read(part10(data_set(CONTENT, **how), meta=file_meta(None)))
    assert (f.Rows, f.transfer_syntax_uid, f.transfer_syntax.uid) == (512, None, uid)


@pytest.mark.parametrize("padded", ["1.2.840.10008.1.2\0", "1.2.840.10008.1.2 ", "1.2.840.10008.1.2\0\0\0"])
def test_read_4_padding_of_the_uid(padded):
    f = dicomkit.read(part10(data_set(CONTENT, implicit=True), meta=file_meta(padded)))
    assert f.transfer_syntax.uid == "1.2.840.10008.1.2"
    assert f.Rows == 512


def test_read_4_no_data_set_and_no_syntax():
    f = dicomkit.read(part10(b"", meta=file_meta(None)))
    assert f.transfer_syntax.uid == EXPLICIT_VR_LITTLE_ENDIAN


# READ-5.


def test_read_5_shortcuts_are_of_the_data_set():
    f = dicomkit.read(DATA)
    assert isinstance(f.data_set, dicomkit.DataSet)
    assert f.sop_class_uid == "1.2.840.10008.5.1.4.1.1.2"
    assert f.sop_instance_uid == "2.25.99"
    assert f.file_meta_information.uid("MediaStorageSOPInstanceUID") == "2.25.1"
    bare = dicomkit.read(part10(b""))
    assert bare.sop_class_uid is None
    assert bare.sop_instance_uid is None


def test_read_5_the_file_hands_on_to_its_data_set():
    f = dicomkit.read(DATA)
    assert f.PatientName == f["PatientName"].value == f.data_set.PatientName
    assert f.uint16("Rows") == f.get("Rows") == 512
    assert ("Rows" in f, "Columns" in f, len(f)) == (True, False, len(CONTENT))
    assert [e.tag for e in f] == f.tags == f.data_set.tags
    f.PatientName = "Roe"
    f["Rows"] = 7
    del f.Modality
    assert (f.data_set.PatientName, f.data_set.Rows, "Modality" in f.data_set) == ("Roe", 7, False)
    with pytest.raises(dicomkit.UnknownKeywordError):
        _ = f.PatientNam
    with pytest.raises(AttributeError):
        _ = f.no_such_thing
    assert "PatientName" in dir(f)


# READ-15.


@pytest.mark.parametrize(
    ("uid", "how"),
    [(EXPLICIT_VR_LITTLE_ENDIAN, {}), (IMPLICIT_VR_LITTLE_ENDIAN, {"implicit": True}), (EXPLICIT_VR_BIG_ENDIAN, {"big_endian": True})],
)
def test_read_15_a_bare_data_set(uid, how):
    data = data_set(CONTENT, **how)
    with pytest.raises((dicomkit.InvalidDICMPrefixError, dicomkit.UnexpectedEndOfDataError)):
        dicomkit.read(data)
    f = dicomkit.read(data, force=True)
    assert (f.Rows, len(f), f.preamble, len(f.file_meta_information)) == (512, len(CONTENT), None, 0)
    assert f.transfer_syntax.uid == uid


def test_read_15_meta_information_without_preamble():
    f = dicomkit.read(DATA[132:], force=True)
    assert (f.Rows, len(f.file_meta_information), f.preamble) == (512, 6, None)


@pytest.mark.parametrize("data", [b"", b"\0", b"not DICOM at all, and long enough to be something " * 10, bytes(1000), b"\xff" * 1000])
def test_read_15_forced_garbage_ends_in_a_value_or_a_typed_error(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dicomkit.DICOMWarning)
        f = dicomkit.read(data, force=True, partial=True)
        assert all(e.is_sequence and e.value == [] for e in f)     # FFFFFFFF as a tag, with undefined length
        if f.error is None:
            assert data.strip(b"\0") == b""
            assert len(dicomkit.read(data, force=True)) == 0
        else:
            with pytest.raises(type(f.error)):
                dicomkit.read(data, force=True)
