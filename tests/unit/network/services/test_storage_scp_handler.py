"""SCP-12: instances become valid DICOM files under safe names, whole or not at all."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import threading

import pytest

import dicomkit
from dicomkit.encoding import atomic
from dicomkit.network.services.storage_delegate import IncomingInstance, ReceivedFile
from dicomkit.network.services.storage_handler import DefaultStorageHandler, safe_name
from dicomkit.testing import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, data_set

CT = "1.2.840.10008.5.1.4.1.1.2"
UID = "1.2.3.4"


def instance(uid=UID, transfer_syntax_uid=EXPLICIT_VR_LITTLE_ENDIAN):
    return IncomingInstance(CT, uid, transfer_syntax_uid, "YOU", "ME")


def body(uid=UID, study="1.2.3", series="1.2.3.1", *, pixels=b"\1\2" * 100, transfer_syntax_uid=EXPLICIT_VR_LITTLE_ENDIAN):
    attributes = [(0x00080016, "UI", CT), (0x00080018, "UI", uid), (0x00100010, "PN", "Doe^Jane")]
    attributes += [(tag, "UI", value) for tag, value in ((0x0020000D, study), (0x0020000E, series)) if value is not None]
    return data_set([*attributes, (0x7FE00010, "OW", pixels)], implicit=transfer_syntax_uid == IMPLICIT_VR_LITTLE_ENDIAN)


async def chunks(data, size=1000, *, error=None):
    """The data in a buffer that is used again and again, as that of a connection is."""
    buffer = bytearray(size)
    for start in range(0, len(data), size):
        part = data[start : start + size]
        buffer[: len(part)] = part
        view = memoryview(buffer)
        yield [view[: len(part) // 3], view[len(part) // 3 : len(part)]]
        buffer[:] = bytes(size)
    if error is not None:
        raise error


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("transfer_syntax_uid", [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN])
@pytest.mark.parametrize("size", [1, 1000, 100_000])
async def test_scp_12_the_file_is_a_part_10_file(tmp_path, transfer_syntax_uid, size):
    handler = DefaultStorageHandler(tmp_path / "new" / "folder")
    data = body(transfer_syntax_uid=transfer_syntax_uid)
    path = await handler.receive_stream(instance(transfer_syntax_uid=transfer_syntax_uid), chunks(data, size))
    assert path == tmp_path / "new" / "folder" / f"{UID}.dcm"
    file = dicomkit.read(path)
    assert file.transfer_syntax.uid == transfer_syntax_uid
    meta = file.file_meta_information
    assert (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID) == (CT, UID)
    assert (meta.SendingApplicationEntityTitle, meta.ReceivingApplicationEntityTitle) == ("YOU", "ME")
    assert meta.ImplementationClassUID.startswith("2.25.")
    assert file.PatientName == "Doe^Jane"
    assert path.read_bytes().endswith(data)
    assert names(tmp_path) == [f"new/folder/{UID}.dcm"]


async def test_scp_12_other_readers_find_nothing_wrong(tmp_path, pydicom, dcmdump):
    path = await DefaultStorageHandler(tmp_path).receive_stream(instance(), chunks(body()))
    assert pydicom.dcmread(path).PatientName == "Doe^Jane"
    process = await asyncio.create_subprocess_exec(dcmdump, path, stdout=-1, stderr=-1)
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert b"(0002,0000) UL" in out


async def test_more_than_is_collected(tmp_path):
    """Several writes while the next bytes come, in order."""
    data = body(pixels=os.urandom(5_000_000))
    path = await DefaultStorageHandler(tmp_path, fsync=True).receive_stream(instance(), chunks(data, 300_000))
    assert path.read_bytes().endswith(data)


EVIL = ["../../../etc/passwd", "/etc/passwd", "..", ".", "a/../b", "1.2\0.3", "C:\\x", "con", "1" * 65, "9" * 1000, "1.2 ", "ü", "\udcff"]


@pytest.mark.parametrize("uid", EVIL)
async def test_scp_12_names_stay_in_the_folder(tmp_path, uid):
    folder = tmp_path / "incoming"
    path = await DefaultStorageHandler(folder).receive_stream(instance(uid), chunks(body()))
    assert path.parent == folder
    assert path.is_file()
    assert len(path.name) < 100
    assert names(tmp_path) == [f"incoming/{path.name}"]


def test_names():
    assert safe_name("1.2.840.10008.1") == "1.2.840.10008.1"
    assert safe_name("1" * 64) == "1" * 64
    digest = hashlib.sha256(b"../x").hexdigest()[:16]
    assert safe_name("../x") == f"_x-{digest}"
    assert safe_name("..") == f"_-{hashlib.sha256(b'..').hexdigest()[:16]}"
    # What differs before cleaning differs after it.
    assert len({safe_name(uid) for uid in ("a/b", "a\\b", "a_b", "a\0b", "1" * 65, "1" * 66)}) == 6


async def test_the_hierarchy(tmp_path):
    handler = DefaultStorageHandler(tmp_path, organize_by_hierarchy=True)
    places = [("1.1", "5.1", "6.1"), ("1.2", "5.1", "6.2"), ("1.3", "../up", "6.1"), ("1.4", None, "6.1"), ("1.5", "5.2", None)]
    for uid, study, series in places:
        await handler.receive_stream(instance(uid), chunks(body(uid, study, series)))
    await handler.receive_stream(instance("1.6"), chunks(b"garbage" * 100))
    assert names(tmp_path) == sorted(
        ["5.1/6.1/1.1.dcm", "5.1/6.2/1.2.dcm", f"{safe_name('../up')}/6.1/1.3.dcm", "1.4.dcm", "5.2/1.5.dcm", "1.6.dcm"]
    )


async def test_an_instance_that_comes_again_replaces_the_file(tmp_path):
    handler = DefaultStorageHandler(tmp_path)
    await handler.receive_stream(instance(), chunks(body(pixels=b"\1\1")))
    await handler.receive_stream(instance(), chunks(body(pixels=b"\2\2")))
    assert names(tmp_path) == [f"{UID}.dcm"]
    assert dicomkit.read(tmp_path / f"{UID}.dcm").PixelData == b"\2\2"


async def test_the_same_instance_from_many_at_once(tmp_path):
    handler = DefaultStorageHandler(tmp_path)
    bodies = [body(pixels=bytes([number]) * 1000) for number in range(20)]
    await asyncio.gather(*(handler.receive_stream(instance(), chunks(data, 100)) for data in bodies))
    assert names(tmp_path) == [f"{UID}.dcm"]
    assert any((tmp_path / f"{UID}.dcm").read_bytes().endswith(data) for data in bodies)


@pytest.mark.parametrize("size", [1000, 3_000_000])
async def test_nothing_is_left_of_what_does_not_arrive(tmp_path, size):
    with pytest.raises(ConnectionResetError):
        await DefaultStorageHandler(tmp_path).receive_stream(instance(), chunks(bytes(size), 100_000, error=ConnectionResetError()))
    assert names(tmp_path) == []


@pytest.mark.parametrize("size", [1000, 3_000_000])
async def test_nothing_is_left_of_what_is_cancelled(tmp_path, size):
    arrived = asyncio.Event()

    async def stalling():
        async for fragments in chunks(bytes(size), 100_000):
            yield fragments
        arrived.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(DefaultStorageHandler(tmp_path).receive_stream(instance(), stalling()))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names(tmp_path) == []


async def test_nothing_is_left_of_what_is_cancelled_while_a_thread_writes(tmp_path, monkeypatch):
    begun, may_go_on = threading.Event(), threading.Event()
    write = atomic.UnfinishedFile.write_all

    def slow(self, data):
        begun.set()
        may_go_on.wait(10)
        write(self, data)

    monkeypatch.setattr(atomic.UnfinishedFile, "write_all", slow)
    task = asyncio.create_task(DefaultStorageHandler(tmp_path).receive_stream(instance(), chunks(bytes(1000))))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not [name for name in names(tmp_path) if "unfinished" in name]


@pytest.mark.parametrize("size", [1000, 3_000_000])
async def test_a_full_disk(tmp_path, monkeypatch, size):
    def full(descriptor, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    handler = DefaultStorageHandler(tmp_path)
    monkeypatch.setattr(atomic.os, "writev", full)
    with pytest.raises(OSError, match="No space"):
        await handler.receive_stream(instance(), chunks(bytes(size), 100_000))
    assert names(tmp_path) == []


async def test_a_folder_that_is_gone(tmp_path):
    handler = DefaultStorageHandler(tmp_path / "incoming")
    (tmp_path / "incoming").rmdir()
    with pytest.raises(FileNotFoundError):
        await handler.receive_stream(instance(), chunks(body()))


async def test_scp_6_the_data_set_is_read_from_the_file(tmp_path):
    data = body()
    path = await DefaultStorageHandler(tmp_path).receive_stream(instance(), chunks(data))
    file = ReceivedFile(CT, UID, EXPLICIT_VR_LITTLE_ENDIAN, "YOU", None, len(data), path)
    assert file.data_set_data == data


async def test_what_a_killed_server_left_is_removed_at_the_start(tmp_path):
    (tmp_path / ".1.2.3.dcm.0123456789ab.unfinished").write_bytes(b"half")
    other = DefaultStorageHandler(tmp_path / "other")
    assert names(tmp_path) == [".1.2.3.dcm.0123456789ab.unfinished"]
    half_way, go_on = asyncio.Event(), asyncio.Event()

    async def pausing():
        yield [memoryview(bytes(2 << 20))]
        yield [memoryview(body())]
        half_way.set()
        await go_on.wait()

    receiving = asyncio.create_task(DefaultStorageHandler(tmp_path).receive_stream(instance(), pausing()))
    await half_way.wait()
    while not names(tmp_path):      # a thread writes it
        await asyncio.sleep(0)
    DefaultStorageHandler(tmp_path)
    assert len(names(tmp_path)) == 1
    go_on.set()
    await receiving
    assert names(tmp_path) == [f"{UID}.dcm"]
    assert other.storage_directory.is_dir()
