"""Files that change, are no files, or cannot be read."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

import dicomkit
from dicomkit import DICOMError, SourceError, SourceNotFoundError, UnexpectedEndOfDataError
from dicomkit._core.block_pool import read_path
from dicomkit.testing import data_set, element, part10
from tests.hostile.builders import bounded, quiet

posix = pytest.mark.skipif(os.name != "posix", reason="files of POSIX")
PATIENT = (0x00100010, "PN", "Doe^Jane")
LARGE = part10(data_set([PATIENT]) + element(0x00420011, "OB", bytes(range(256)) * 4096) + element(0x7FE00010, "OB", b"\7" * (1 << 20)))


def test_what_is_not_there_or_no_file_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError):
        dicomkit.read(tmp_path / "absent.dcm")
    for options in ({}, {"stop_before_pixels": True}, {"defer_larger_than": 0}, {"force": True, "partial": True}):
        with pytest.raises(SourceError):
            dicomkit.read(tmp_path, **options)
    with pytest.raises(DICOMError):
        dicomkit.read(tmp_path / ("x" * 5000))


@posix
def test_an_empty_file_and_the_null_device_are_typed_errors(tmp_path: Path) -> None:
    empty = tmp_path / "empty.dcm"
    empty.touch()
    for path in (empty, Path("/dev/null")):
        for options in ({}, {"stop_before_pixels": True}, {"defer_larger_than": 0}, {"defer_larger_than": None}):
            with pytest.raises(UnexpectedEndOfDataError):
                dicomkit.read(path, **options)
            assert len(dicomkit.read(path, force=True, **options)) == 0


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_a_source_error(tmp_path: Path) -> None:
    path = tmp_path / "secret.dcm"
    path.write_bytes(LARGE)
    path.chmod(0)
    with pytest.raises(SourceError):
        dicomkit.read(path)


@posix
@pytest.mark.parametrize("options", [{}, {"stop_before_pixels": True}, {"tags": ["PatientName"]}, {"defer_larger_than": 0}])
def test_a_fifo_is_read_to_its_end(tmp_path: Path, options: dict[str, object]) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(LARGE))
    writer.start()
    file = dicomkit.read(path, **options)  # type: ignore[arg-type]
    writer.join(10)
    assert file.PatientName == "Doe^Jane"


@posix
@pytest.mark.parametrize("content", [b"", LARGE[:20_000]])
def test_a_fifo_whose_writer_is_gone_is_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """What fits into the pipe is written and closed as soon as somebody opens it for reading: nobody else will come."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(content), daemon=True)
    errors = []

    def open_and_let_write(*arguments: object) -> object:
        opened = read_path(*arguments)  # type: ignore[arg-type]
        writer.start()
        writer.join(10)
        return opened

    def read() -> None:
        with pytest.raises(UnexpectedEndOfDataError) as caught:
            dicomkit.read(path)
        errors.append(caught.value)

    monkeypatch.setattr("dicomkit.encoding.source.read_path", open_and_let_write)
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(20)
    assert len(errors) == 1


@posix
def test_a_file_cut_while_it_is_open_is_a_source_error_and_no_signal(tmp_path: Path) -> None:
    path = tmp_path / "cut.dcm"
    for kept in (0, 1, 300, 70_000, 1 << 20, len(LARGE) - 1):
        path.write_bytes(LARGE)
        file = dicomkit.read(path, defer_larger_than=0)
        os.truncate(path, kept)
        with pytest.raises(SourceError):
            _ = file.PixelData
        with pytest.raises(SourceError):
            file["PixelData"].array()
        assert file.PatientName == "Doe^Jane"  # its block was loaded with the headers


@posix
def test_a_file_replaced_or_removed_while_it_is_open_stays_the_one_that_was_opened(tmp_path: Path) -> None:
    path, other = tmp_path / "file.dcm", tmp_path / "other.dcm"
    path.write_bytes(LARGE)
    file = dicomkit.read(path, defer_larger_than=0)
    other.write_bytes(bytes(len(LARGE)))
    other.replace(path)
    assert file.PixelData == b"\7" * (1 << 20)
    path.unlink()
    assert file["EncapsulatedDocument"].value_data[:4] == bytes(range(4))


@posix
def test_a_file_that_grows_while_it_is_open_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file.dcm"
    path.write_bytes(LARGE)
    file = dicomkit.read(path, defer_larger_than=0)
    with path.open("ab") as more:
        more.write(bytes(1 << 20))
    assert file.PixelData == b"\7" * (1 << 20)


@posix
def test_deferred_files_close_their_descriptors(tmp_path: Path) -> None:
    path, damaged = tmp_path / "file.dcm", tmp_path / "damaged.dcm"
    path.write_bytes(LARGE)
    damaged.write_bytes(LARGE[:-1])
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else pytest.skip("no list of descriptors")
    for _ in range(50):
        assert dicomkit.read(path, defer_larger_than=0).PatientName
        with pytest.raises(DICOMError):
            dicomkit.read(damaged, defer_larger_than=0)
        with pytest.raises(DICOMError):
            dicomkit.read(tmp_path)
    assert len(os.listdir("/proc/self/fd")) <= before + 1


class Trickle(io.RawIOBase):
    """A stream that cannot seek, and gives little at a time."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        count = min(len(buffer), 1000, len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def test_streams_that_cannot_seek_or_give_text() -> None:
    assert dicomkit.read(Trickle(LARGE)).PatientName == "Doe^Jane"  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        dicomkit.read(io.StringIO("DICM"))  # type: ignore[arg-type]
    with pytest.raises(DICOMError):
        dicomkit.read(Trickle(LARGE[:-1]))  # type: ignore[arg-type]


@pytest.mark.parametrize("source", [None, 3, 1.5, object(), ["a.dcm"]])
def test_what_is_no_source_is_a_type_error(source: object) -> None:
    with pytest.raises(TypeError):
        dicomkit.read(source)  # type: ignore[arg-type]


def test_every_kind_of_buffer_gives_the_same() -> None:
    import array

    expected = dicomkit.read(LARGE)
    padded = LARGE + bytes(-len(LARGE) % 8)
    for buffer in (bytearray(LARGE), memoryview(LARGE), memoryview(bytearray(LARGE)), array.array("B", LARGE)):
        assert dicomkit.read(buffer) == expected  # type: ignore[arg-type]
    with quiet():
        assert dicomkit.read(memoryview(padded).cast("Q")).PatientName == "Doe^Jane"
    with pytest.raises(TypeError):
        dicomkit.read(memoryview(LARGE)[::2])


def test_values_outlive_file_and_data_set(tmp_path: Path) -> None:
    path = tmp_path / "file.dcm"
    path.write_bytes(LARGE)
    for options in ({}, {"defer_larger_than": 0}):
        views = [dicomkit.read(path, **options)["PixelData"].value_data for _ in range(5)]
        arrays = [dicomkit.read(path, **options)["PixelData"].array() for _ in range(5)]
        fresh = [dicomkit.read(part10(element(0x7FE00010, "OB", b"\1" * 100_000))) for _ in range(5)]
        assert all(bytes(view) == b"\7" * (1 << 20) for view in views)
        assert all(bool((one == 7).all()) for one in arrays)
        assert len(fresh) == 5


def test_reading_a_large_file_for_one_tag_reads_little_of_it(tmp_path: Path) -> None:
    path = tmp_path / "large.dcm"
    path.write_bytes(LARGE + element(0x7FE10010, "OB", bytes(30 << 20)))
    for options in ({"tags": ["PatientName"]}, {"stop_before_pixels": True}, {}):
        with bounded(seconds=1, python_bytes=3 << 20):
            assert dicomkit.read(path, **options).PatientName == "Doe^Jane"
