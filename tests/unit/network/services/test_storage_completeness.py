"""Data sets that are cut short are not sent; see also ``completeness``."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicomkit.errors import UnexpectedEndOfDataError
from dicomkit.file import DICOMFile
from dicomkit.network.dimse import DIMSEStatus
from dicomkit.network.services.bodies import LONG_PIECE_LENGTH, open_body
from dicomkit.network.services.completeness import TAIL_LENGTH
from dicomkit.network.services.configuration import StorageConfiguration
from dicomkit.network.services.instances import read_instance
from dicomkit.network.services.storage import DICOMStorageService
from dicomkit.testing import data_set, encapsulated, file_meta, part10
from dicomkit.transfer_syntax import TransferSyntax
from tests.unit.network.services.batches import results, store
from tests.unit.network.services.scripted_peer import BIG_ENDIAN, CT, EXPLICIT, IMPLICIT, JPEG, ScriptedPeer

ATTRIBUTES = [(0x00080016, "UI", CT), (0x00080018, "UI", "1.2.3"), (0x00280010, "US", 513)]
PADDING = (0xFFFCFFFC, "OB", bytes(TAIL_LENGTH + 1000))
SIZES = [1000, 2 * LONG_PIECE_LENGTH]


def native(syntax: str, size: int, *more: tuple[int, str, bytes]) -> bytes:
    elements = [*ATTRIBUTES, (0x7FE00010, "OW", bytes(size)), *more]
    return data_set(elements, implicit=syntax == IMPLICIT, big_endian=syntax == BIG_ENDIAN)


def compressed(size: int, *more: tuple[int, str, bytes]) -> bytes:
    return data_set(ATTRIBUTES) + encapsulated([bytes(size // 2), bytes(size // 2)]) + data_set(list(more))


def file(data: bytes, syntax: str) -> bytes:
    return part10(data, syntax, meta=file_meta(syntax, sop_class_uid=CT, sop_instance_uid="1.2.3"))


FILES = [
    *((native(syntax, size, *more), syntax) for syntax in (EXPLICIT, IMPLICIT, BIG_ENDIAN) for size in SIZES for more in ((), (PADDING,))),
    *((compressed(size, *more), JPEG) for size in SIZES for more in ((), (PADDING,))),
    (data_set([*ATTRIBUTES, (0x00420011, "OB", bytes(2 * LONG_PIECE_LENGTH))]), EXPLICIT),  # no pixel data
]


async def prepare(source: Path | bytes, syntax: str) -> None:
    body = await open_body(read_instance(source), TransferSyntax.get(syntax), 16378, None, [])
    try:
        await body.prepare()
    finally:
        body.close()


@pytest.mark.parametrize("is_path", [False, True])
@pytest.mark.parametrize(("data", "syntax"), FILES, ids=range(len(FILES)))
async def test_what_is_all_there_is_sent_and_what_is_cut_is_not(data: bytes, syntax: str, is_path: bool, tmp_path: Path) -> None:
    whole = file(data, syntax)
    path = tmp_path / "file.dcm"

    def source(content: bytes) -> Path | bytes:
        path.write_bytes(content)
        return path if is_path else content

    await prepare(source(whole), syntax)
    padding = PADDING[2] if data.endswith(PADDING[2]) else b""
    for missing in (len(padding) + 100, len(padding) + 20 if syntax != JPEG else 300 + len(padding)):
        with pytest.raises(UnexpectedEndOfDataError) as caught:
            await prepare(source(whole[: len(whole) - missing]), syntax)
        assert caught.value.offset is not None
        assert 132 < caught.value.offset < len(whole)


@pytest.mark.filterwarnings("ignore:encapsulated pixel data without its delimiter")
@pytest.mark.parametrize("is_path", [False, True])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("missing", [8, 8 + 8 + 2])
async def test_compressed_pixel_data_without_its_delimiter(size: int, missing: int, is_path: bool, tmp_path: Path) -> None:
    # Reading forgives that. dcmtk's storescp aborts, and with it goes what else is on the association.
    path = tmp_path / "file.dcm"
    frames = data_set(ATTRIBUTES) + encapsulated([bytes(size), b"ab"])
    path.write_bytes(file(frames, JPEG)[:-missing])
    with pytest.raises(UnexpectedEndOfDataError, match="delimiter"):
        await prepare(path if is_path else path.read_bytes(), JPEG)


@pytest.mark.parametrize("is_path", [False, True])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
async def test_what_stands_behind_native_pixel_data_may_be_cut_too(syntax: str, size: int, is_path: bool, tmp_path: Path) -> None:
    path = tmp_path / "file.dcm"
    # The bytes of a delimiter, which mean something in compressed pixel data only.
    whole = file(native(syntax, size, (0xFFFCFFFC, "OB", b"\xfe\xff\xdd\xe0\0\0\0\0" * 50)), syntax)
    path.write_bytes(whole)
    await prepare(path if is_path else whole, syntax)
    path.write_bytes(whole[:-10])
    with pytest.raises(UnexpectedEndOfDataError):
        await prepare(path if is_path else whole[:-10], syntax)


@pytest.mark.parametrize("is_path", [False, True])
@pytest.mark.parametrize("missing", [1000, 1001])
@pytest.mark.parametrize("size", SIZES)
async def test_a_cut_file_is_sent_as_far_as_it_goes_to_who_insists(size: int, missing: int, is_path: bool, tmp_path: Path) -> None:
    data = native(EXPLICIT, size)
    cut = file(data, EXPLICIT)[:-missing]
    path = tmp_path / "file.dcm"
    path.write_bytes(cut)
    async with ScriptedPeer() as peer:
        settings = StorageConfiguration(calling_ae_title=peer.where["calling_ae"], called_ae_title=peer.where["called_ae"], is_forced=True)
        result = await DICOMStorageService.store(path if is_path else cut, **peer.where, configuration=settings)
    assert result.success
    assert [received.data_set for received in peer.received] == [data[:-missing] + bytes(missing % 2)]


async def test_half_a_file_is_not_converted_for_who_insists() -> None:
    cut = file(native(BIG_ENDIAN, 1000), BIG_ENDIAN)[:-100]
    syntax = TransferSyntax.get(EXPLICIT)
    with pytest.raises(UnexpectedEndOfDataError):
        await open_body(read_instance(cut), syntax, 16378, DICOMFile.transcode, [], is_forced=True)


async def test_a_cut_file_costs_nobody_else_anything(tmp_path: Path) -> None:
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"{number}.dcm")
        paths[-1].write_bytes(file(native(EXPLICIT, 2 * LONG_PIECE_LENGTH), EXPLICIT)[: -1000 if number == 1 else None])
    async with ScriptedPeer() as peer:
        events = await store(peer, paths)
        with pytest.raises(UnexpectedEndOfDataError):
            await DICOMStorageService.store(paths[1], **peer.where)
    assert [result.status for result in results(events)] == [0, DIMSEStatus.CANNOT_UNDERSTAND, 0]
    assert len(peer.requests) == 2
    assert len(peer.received) == 2


async def test_bytes_without_file_meta_that_are_cut() -> None:
    async with ScriptedPeer() as peer:
        with pytest.raises(UnexpectedEndOfDataError):
            await DICOMStorageService.store_data_set(
                native(EXPLICIT, 1000)[:-100], sop_class_uid=CT, sop_instance_uid="1.2.3", **peer.where
            )
    assert not peer.received
