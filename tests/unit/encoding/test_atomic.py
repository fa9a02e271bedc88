"""A write is complete or not there: full disks, killed processes, permissions."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from dicomkit._core.file_space import reserve
from dicomkit.encoding import atomic
from dicomkit.encoding.atomic import UnfinishedFile, remove_abandoned_files, write_file
from dicomkit.errors import SourceError, TargetError

REPOSITORY = Path(__file__).resolve().parents[3]
OLD = b"the old file"


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "file.dcm"
    path.write_bytes(OLD)
    return path


def only(path):
    """Nothing is left beside the file."""
    return [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_new_and_replaced(tmp_path):
    path = tmp_path / "new.dcm"
    write_file(path, [b"ab", memoryview(b"cd"), b""])
    assert path.read_bytes() == b"abcd"
    write_file(str(path), iter([b"ef"]), fsync=True)
    assert path.read_bytes() == b"ef"
    assert only(path)


def test_a_relative_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_file("x.dcm", [b"ab"], fsync=True)
    assert (tmp_path / "x.dcm").read_bytes() == b"ab"


def test_new_files_obey_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "x", [b"ab"])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_permissions_are_kept(target, mode):
    target.chmod(mode)
    write_file(target, [b"new"])
    assert stat.S_IMODE(target.stat().st_mode) == mode


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_nobody_else_may_read_a_replaced_file_before_it_is_complete(target, mode):
    target.chmod(mode)
    seen = []

    def chunks():
        seen.extend(stat.S_IMODE(entry.stat().st_mode) for entry in target.parent.iterdir() if entry != target)
        yield b"new"

    write_file(target, chunks())
    assert seen == [0o600]
    assert stat.S_IMODE(target.stat().st_mode) == mode


def test_a_read_only_file_is_replaced(target):
    target.chmod(0o400)
    write_file(target, [b"new"])
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o400


def test_a_link_leads_where_it_led(target, tmp_path):
    link = tmp_path / "link.dcm"
    link.symlink_to(target)
    write_file(link, [b"new"])
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_an_open_reader_keeps_the_old_file(target):
    with target.open("rb") as reader:
        write_file(target, [b"new"])
        assert reader.read() == OLD


def test_an_error_in_the_middle_leaves_the_old_file(target):
    def chunks():
        yield b"new"
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_file(target, chunks())
    assert target.read_bytes() == OLD
    assert only(target)


def test_what_cannot_be_read_says_so_itself(target):
    def chunks():
        yield b"new"
        raise SourceError(errno.EIO, "reading failed")

    with pytest.raises(SourceError):
        write_file(target, chunks())
    assert target.read_bytes() == OLD


@pytest.mark.parametrize("path", ["no/such/folder/x.dcm", ".", "file.dcm/x.dcm", "no/../x.dcm"])
def test_places_where_no_file_can_be(target, path):
    with pytest.raises(TargetError) as caught:
        write_file(target.parent / path, [b"new"])
    assert isinstance(caught.value, OSError)
    assert caught.value.filename == str(target.parent / path)
    assert only(target)


def test_long_names(tmp_path):
    path = tmp_path / ("n" * 250)
    write_file(path, [b"ab"])
    assert path.read_bytes() == b"ab"
    with pytest.raises(TargetError):
        write_file(tmp_path / ("n" * 300), [b"ab"])
    assert only(path)


def test_a_pipe_gets_the_bytes(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, [b"x" * 200_000, b"y"])
    reader.join(20)
    assert received == [b"x" * 200_000 + b"y"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_to_a_pipe_without_a_path_gets_the_bytes():
    code = "from dicomkit.encoding.atomic import write_file; write_file('/dev/stdout', [b'x' * 600_000, b'y'])"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=REPOSITORY, check=True)
    assert done.stdout == b"x" * 600_000 + b"y"


def test_a_link_to_a_file_without_a_name_gets_the_bytes(tmp_path):
    code = "from dicomkit.encoding.atomic import write_file; write_file('/dev/stdout', [b'x' * 600_000, b'y'])"
    with tempfile.TemporaryFile(dir=tmp_path) as nameless:
        subprocess.run([sys.executable, "-c", code], stdout=nameless, cwd=REPOSITORY, check=True)
        nameless.seek(0)
        assert nameless.read() == b"x" * 600_000 + b"y"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="the system does not tell where an open file is")
@pytest.mark.parametrize("is_broken", [False, True])
def test_a_link_in_the_middle_that_is_turned_meanwhile(tmp_path, is_broken):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    link = tmp_path / "current"
    link.symlink_to("one")

    def chunks():
        yield b"ab"
        link.unlink()
        link.symlink_to("two")
        if is_broken:
            raise RuntimeError("no more")

    if is_broken:
        with pytest.raises(RuntimeError, match="no more"):
            write_file(link / "x.dcm", chunks())
    else:
        write_file(link / "x.dcm", chunks(), fsync=True)
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "one").iterdir()] == ([] if is_broken else [("x.dcm", b"ab")])
    assert list((tmp_path / "two").iterdir()) == []


def test_a_dangling_link_gets_its_target(tmp_path):
    link = tmp_path / "link.dcm"
    link.symlink_to("new.dcm")
    write_file(link, [b"new"])
    assert link.is_symlink()
    assert (tmp_path / "new.dcm").read_bytes() == b"new"


def test_a_relative_path_stays_where_it_was(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")

    def chunks():
        yield b"ab"
        os.chdir(tmp_path)

    write_file("x.dcm", chunks())
    assert (tmp_path / "a" / "x.dcm").read_bytes() == b"ab"


LARGE = [os.urandom(size) for size in (100, atomic.LARGE_CHUNK, atomic.LARGE_CHUNK + 4097, 3, 2 * atomic.LARGE_CHUNK)]


@pytest.fixture
def reserved(monkeypatch):
    """The sizes for which room is set aside, which it is all the same."""
    sizes = []

    def record(descriptor, size):
        sizes.append(size)
        reserve(descriptor, size)

    monkeypatch.setattr(atomic, "reserve", record)
    return sizes


def test_room_set_aside_is_what_is_written(tmp_path, reserved):
    path = tmp_path / "new.dcm"
    write_file(path, LARGE, fsync=True)
    assert path.read_bytes() == b"".join(LARGE)
    assert reserved == [len(chunk) for chunk in LARGE if len(chunk) >= atomic.LARGE_CHUNK]
    assert path.stat().st_blocks * 512 < path.stat().st_size + (1 << 15)


def test_room_is_not_set_aside_over_another_file(target, reserved):
    write_file(target, LARGE)
    assert target.read_bytes() == b"".join(LARGE)
    assert reserved == []


def test_room_is_there_before_it_is_written(tmp_path):
    size = 1 << 20
    path = tmp_path / "x"
    with path.open("wb", buffering=0) as file:
        file.write(b"abc")
        reserve(file.fileno(), size)
        os.fsync(file.fileno())
        if path.stat().st_blocks * 512 < size:
            pytest.skip("nothing is set aside here: another system, or file system")
        assert path.stat().st_size == 3


def test_setting_room_aside_where_there_is_none(tmp_path):
    reserve(-1, 1 << 20)
    out, into = os.pipe()
    reserve(into, 1 << 20)
    os.close(out)
    os.close(into)
    path = tmp_path / "x"
    with path.open("wb", buffering=0) as file:
        file.write(b"abc")
        reserve(file.fileno(), 1 << 62)     # no disk has that: nothing is said, and nothing happens
        file.write(b"d")
    assert path.read_bytes() == b"abcd"


def test_a_disk_that_is_full_in_a_large_chunk(tmp_path, limited):
    with limited("FSIZE", atomic.LARGE_CHUNK), pytest.raises(TargetError) as caught:
        write_file(tmp_path / "new.dcm", LARGE)
    assert caught.value.errno == errno.EFBIG
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(target, limited):
    with limited("FSIZE", 100_000), pytest.raises(TargetError) as caught:
        write_file(target, [bytes(60_000)] * 5)
    assert caught.value.errno == errno.EFBIG
    assert target.read_bytes() == OLD
    assert only(target)


def test_no_space_left_on_a_device(target):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with pytest.raises(TargetError) as caught:
        write_file("/dev/full", [b"x"])
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write everywhere")
def test_a_folder_without_permission(target):
    target.parent.chmod(0o500)
    try:
        with pytest.raises(TargetError):
            write_file(target, [b"new"])
    finally:
        target.parent.chmod(0o700)
    assert target.read_bytes() == OLD


KILLED = """
import sys
from dicomkit.encoding.atomic import write_file
def chunks():
    yield bytes(100_000)
    print("half", flush=True)
    sys.stdin.read()            # until somebody kills us
    yield bytes(100_000)
write_file(sys.argv[1], chunks())
"""


def test_a_killed_process_leaves_the_old_file(target):
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY)
    with process:
        assert process.stdout.readline() == b"half\n"
        process.kill()
        process.wait(20)
    assert target.read_bytes() == OLD
    write_file(target, [b"new"])        # and nothing that it left is in the way
    assert target.read_bytes() == b"new"


# Files that are written as their bytes come.


def test_an_unfinished_file_has_another_name_until_it_is_complete(tmp_path):
    path = tmp_path / "x.dcm"
    file = UnfinishedFile(str(path))
    file.write([b"ab"])
    assert not path.exists()
    file.write_all([b"cd", bytearray(b"ef"), memoryview(b"gh"), b""])
    file.finish(fsync=True)
    assert path.read_bytes() == b"abcdefgh"
    assert only(path)


def test_an_unfinished_file_may_end_elsewhere_or_nowhere(tmp_path):
    (tmp_path / "folder").mkdir()
    file = UnfinishedFile(str(tmp_path / "x.dcm"))
    file.write([b"ab"])
    file.finish(str(tmp_path / "folder" / "y.dcm"))
    assert (tmp_path / "folder" / "y.dcm").read_bytes() == b"ab"
    other = UnfinishedFile(str(tmp_path / "x.dcm"))
    other.discard()
    other.discard()
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("taken", [0, 1, 3, 7, 100])
def test_buffers_that_the_system_takes_in_parts(tmp_path, monkeypatch, taken):
    """A signal, or a disk that is nearly full: what is left is written by more calls."""
    writev = os.writev
    monkeypatch.setattr(os, "writev", lambda descriptor, buffers: writev(descriptor, [b"".join(buffers)[:taken]]) if taken else 0)
    file = UnfinishedFile(str(tmp_path / "x.dcm"))
    file.write_all([b"abc", b"", bytearray(b"defg"), b"hi"])
    file.finish()
    assert (tmp_path / "x.dcm").read_bytes() == b"abcdefghi"


def test_more_buffers_than_one_call_takes(tmp_path):
    file = UnfinishedFile(str(tmp_path / "x.dcm"))
    file.write_all([bytes([number % 256]) for number in range(3000)])
    file.finish()
    assert (tmp_path / "x.dcm").read_bytes() == bytes(number % 256 for number in range(3000))


def test_what_a_killed_process_left_is_removed_and_what_is_being_written_is_not(tmp_path):
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(REPOSITORY)!r})
from dicomkit.encoding.atomic import UnfinishedFile
left = UnfinishedFile({str(tmp_path / "left.dcm")!r})
left.write_all([b"half"])
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == -signal.SIGKILL
    being_written = UnfinishedFile(str(tmp_path / "new.dcm"))
    others = [tmp_path / name for name in ("file.dcm", ".hidden", ".file.dcm.unfinished", "file.0123456789ab.unfinished")]
    for path in others:
        path.write_bytes(OLD)
    (tmp_path / ".folder.0123456789ab.unfinished").mkdir()
    assert len([path for path in tmp_path.iterdir() if path.name.startswith(".left.dcm.")]) == 1
    assert remove_abandoned_files(tmp_path) == 1
    assert remove_abandoned_files(tmp_path) == 0
    being_written.write_all([b"whole"])
    being_written.finish()
    assert (tmp_path / "new.dcm").read_bytes() == b"whole"
    assert sorted(tmp_path.iterdir()) == sorted([*others, tmp_path / "new.dcm", tmp_path / ".folder.0123456789ab.unfinished"])


def test_a_file_is_somebodys_until_it_has_its_name(tmp_path, monkeypatch):
    file = UnfinishedFile(str(tmp_path / "new.dcm"))
    replace = os.replace

    def look_and_replace(source, target):
        assert remove_abandoned_files(tmp_path) == 0
        replace(source, target)

    monkeypatch.setattr(os, "replace", look_and_replace)
    file.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["new.dcm"]


def test_a_file_that_was_removed_before_it_was_locked_is_made_again(tmp_path, monkeypatch):
    flock, removed = atomic.fcntl.flock, []

    def remove_and_lock(descriptor, operation):
        if not removed:
            removed.extend(tmp_path.iterdir())
            removed[0].unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(atomic.fcntl, "flock", remove_and_lock)
    file = UnfinishedFile(str(tmp_path / "new.dcm"))
    assert Path(file.path) != removed[0]
    file.write_all([b"whole"])
    file.finish()
    assert (tmp_path / "new.dcm").read_bytes() == b"whole"


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(atomic.fcntl, "flock", refuse)
    file = UnfinishedFile(str(tmp_path / "new.dcm"))
    assert remove_abandoned_files(tmp_path) == 0
    file.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["new.dcm"]
