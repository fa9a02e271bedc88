"""Memory that is kept for the next file."""

import gc
import os
import subprocess
import sys
import threading

import pytest

from dicomkit._core.block_pool import FileBlock, read_block, read_path


@pytest.fixture
def descriptor(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(bytes(range(256)) * 1024)
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize("size", [0, 1, 1000, 64 * 1024, 256 * 1024])
def test_a_block_holds_what_was_read(descriptor, size):
    block = read_block(descriptor, size)
    assert bytes(block) == (bytes(range(256)) * 1024)[:size]
    assert len(block) == size
    assert memoryview(block).readonly


def test_a_block_is_as_long_as_the_file_lets_it(descriptor):
    os.lseek(descriptor, 100, os.SEEK_SET)
    assert len(read_block(descriptor, 1 << 20)) == 256 * 1024 - 100
    assert len(read_block(descriptor, 1 << 20)) == 0


def test_memory_in_use_is_not_given_away(descriptor):
    first = memoryview(read_block(descriptor, 128 * 1024))
    gc.collect()
    second = memoryview(read_block(descriptor, 128 * 1024))
    second_bytes = bytes(second)
    assert bytes(first) == bytes(second)
    del first
    read_block(descriptor, 128 * 1024)
    assert bytes(second) == second_bytes


def test_reading_fails_as_an_os_error():
    with pytest.raises(OSError, match="descriptor"):
        read_block(987654, 10)


def test_threads_share_the_pool(tmp_path):
    paths = []
    for number in range(4):
        path = tmp_path / str(number)
        path.write_bytes(bytes([number]) * 200_000)
        paths.append(path)
    wrong = []

    def read(number):
        for _ in range(200):
            descriptor = os.open(paths[number], os.O_RDONLY)
            block = read_block(descriptor, 200_000)
            os.close(descriptor)
            if bytes(block) != bytes([number]) * 200_000:
                wrong.append(number)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_block_is_made_by_reading_only():
    with pytest.raises(TypeError):
        FileBlock()


PIXELS = b"\xe0\x7f\x10\x00OW\0\0" + (100_000).to_bytes(4, "little") + bytes(range(250)) * 400


@pytest.mark.parametrize(("length", "expected"), [(10, 10), (20_000, 20_000), (1 << 20, 300_000)])
def test_a_path_gives_the_bytes_that_were_asked_for(tmp_path, length, expected):
    path = tmp_path / "data"
    content = bytes(range(240)) * 1250
    path.write_bytes(content)
    block, size = read_path(path, length, 1 << 24)
    assert size == 300_000
    assert block.tail is None
    assert bytes(block) == content[:expected]


@pytest.mark.parametrize("header", [0, 1, 5_000, 16 * 1024 - 16])
def test_pixels_at_the_end_are_a_tail(tmp_path, header):
    path = tmp_path / "data"
    path.write_bytes(b"\x7f" * header + PIXELS)
    block, size = read_path(path, 1 << 24, 1 << 24)
    assert size == header + len(PIXELS)
    assert bytes(block) == b"\x7f" * header + PIXELS[:12]
    assert block.tail == PIXELS[12:]


@pytest.mark.parametrize(
    "content",
    [
        bytes(16 * 1024 - 15) + PIXELS,  # its header is not within the first bytes
        PIXELS + b"\0\0",
        PIXELS[:-2],
        PIXELS[:4] + (60_000).to_bytes(4, "little") + bytes(60_000),  # not worth it
        (b"\xe0\x7f\x10\x00OW" + bytes(6)) * 10_000,
    ],
    ids=["far away", "not at the end", "cut", "small", "many"],
)
def test_other_files_have_no_tail(tmp_path, content):
    path = tmp_path / "data"
    path.write_bytes(content)
    block, _ = read_path(path, 1 << 24, 1 << 24)
    assert block.tail is None
    assert bytes(block) == content


def test_what_is_no_regular_file_or_too_large_is_left_to_others(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(bytes(100))
    assert read_path(tmp_path / "nothing", 10, 1000) is None
    assert read_path(path, 10, 99) is None
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path, tmp_path / "pipe"):
        descriptor = read_path(other, 10, 1000)
        assert isinstance(descriptor, int)
        os.close(descriptor)
    with pytest.raises(ValueError, match="null"):
        read_path("a\0b", 10, 1000)


def test_opening_is_audited(tmp_path):
    """PEP 578: as ``open`` does."""
    path = tmp_path / "audited"
    path.write_bytes(bytes(10))
    code = (
        "import sys; from dicomkit._core.block_pool import read_path\n"
        "sys.addaudithook(lambda event, arguments: print(event, arguments[0]) if event == 'open' else None)\n"
        f"read_path({str(path)!r}, 10, 10)"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert f"open {path}" in output.splitlines()
