from __future__ import annotations

import struct
import warnings

import pytest

import dicomkit
from dicomkit import DataSet, ParsingError
from dicomkit.network.services.bodies import open_body
from dicomkit.network.services.instances import read_instance
from dicomkit.network.services.mending import with_even_fragments
from dicomkit.testing import data_set, element, encapsulated, item, part10
from dicomkit.transfer_syntax import TransferSyntax
from tests.unit.network.services.scripted_peer import CT, EXPLICIT, JPEG

HEAD = data_set([(0x00080016, "UI", CT), (0x00080018, "UI", "1.2.3")])
DELIMITER = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def compressed(fragments: list[bytes], offsets: list[int], before: bytes = b"") -> bytes:
    """A data set whose fragments are as long as they are."""
    table = item(struct.pack(f"<{len(offsets)}I", *offsets))
    pixels = element(0x7FE00010, "OB", b"", length=0xFFFFFFFF) + table + b"".join(map(item, fragments)) + DELIMITER
    return HEAD + before + pixels


def read(data: bytes) -> DataSet:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd lengths
        return dicomkit.read(part10(data, JPEG)).data_set


def test_odd_fragments_become_even_and_offsets_follow() -> None:
    mended = with_even_fragments(read(compressed([b"abc", b"defg", b"h", b"ij"], [0, 23, 32])))
    pixels = mended["PixelData"]
    assert list(map(bytes, pixels.encapsulated_fragments or ())) == [b"abc\0", b"defg", b"h\0", b"ij"]
    assert pixels.encapsulated_offset_table == [0, 24, 34]


def test_an_extended_offset_table_is_left_out() -> None:
    tables = element(0x7FE00001, "OV", struct.pack("<Q", 0)) + element(0x7FE00002, "OV", struct.pack("<Q", 3))
    original = read(compressed([b"abc"], [], tables))
    mended = with_even_fragments(original)
    assert "ExtendedOffsetTable" not in mended
    assert "ExtendedOffsetTableLengths" not in mended
    assert "ExtendedOffsetTable" in original


@pytest.mark.parametrize("pixels", [b"", element(0x7FE00010, "OB", b"ab"), encapsulated([b"abc", b"de"]), encapsulated([])])
def test_what_is_even_stays_as_it_is(pixels: bytes) -> None:
    original = read(HEAD + pixels)
    assert with_even_fragments(original) is original


@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")  # of the odd lengths
async def test_a_compressed_data_set_of_odd_length_is_sent_even() -> None:
    instance = read_instance(part10(compressed([b"abc", b"defg"], [0]), JPEG))
    assert instance.data_set_length % 2
    body = await open_body(instance, TransferSyntax.get(JPEG), 16378, None, [])
    assert b"".join([bytes(piece) async for piece in body]) == compressed([b"abc\0", b"defg"], [0])


@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")  # of the odd lengths
async def test_a_native_data_set_of_odd_length_is_sent_even() -> None:
    instance = read_instance(part10(HEAD + element(0x7FE00010, "OB", b"abc")))
    assert instance.data_set_length % 2
    body = await open_body(instance, TransferSyntax.get(EXPLICIT), 16378, None, [])
    assert b"".join([bytes(piece) async for piece in body]) == HEAD + element(0x7FE00010, "OB", b"abc\0")


@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")  # of the odd lengths
async def test_what_stays_odd_is_not_sent() -> None:
    """Fragments of an icon are not mended."""
    icon = item(compressed([b"abc"], [])[len(HEAD) :])
    data = HEAD + element(0x00880200, "SQ", icon)
    assert len(data) % 2
    with pytest.raises(ParsingError, match="odd length"):
        await open_body(read_instance(part10(data)), TransferSyntax.get(EXPLICIT), 16378, None, [])
