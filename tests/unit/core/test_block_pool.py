"""Memory that is kept for the next file."""

import gc
import os
import threading

import pytest

from dicomkit._core.block_pool import FileBlock, read_block


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
