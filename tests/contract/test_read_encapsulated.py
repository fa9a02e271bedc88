"""READ-12, READ-14: encapsulated pixel data is indexed, and what follows pixel data is kept."""

from __future__ import annotations

import struct

import pytest

import dicomkit
from dicomkit.testing import element, encapsulated, fragment, item, part10, sequence

JPEG = "1.2.840.10008.1.2.4.50"
HEAD = element(0x00280010, "US", 3)
TAIL = element(0xFFFCFFFC, "OB", bytes(8))
SEQUENCE_DELIMITER = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def read(content: bytes, **options):
    return dicomkit.read(part10(content, JPEG), **options)


def parts(e):
    return [bytes(part) for part in e.encapsulated_fragments]


@pytest.mark.parametrize(
    ("fragments", "table"),
    [
        ([b"abcd"], []),
        ([b"abcd"], [0]),
        ([b"abcd", b"efgh", b"ij"], [0, 12, 24]),
        ([b"abcd", b"efgh", b"ij"], []),
        ([b"", b"ab"], []),
        ([bytes(100_000), b"x" * 70_000], [0, 100_008]),
        ([b"%d " % number * 2 for number in range(10, 99)], []),
    ],
)
@pytest.mark.parametrize("vr", ["OB", "OW"])
def test_read_12_fragments_and_offset_table(fragments, table, vr):
    e = read(HEAD + encapsulated(fragments, table, vr=vr) + TAIL)["PixelData"]
    assert e.vr == vr
    assert e.is_encapsulated
    assert e.has_undefined_length
    assert parts(e) == fragments
    assert e.encapsulated_fragment_count == len(fragments)
    assert e.encapsulated_offset_table == table
    assert all(view.readonly for view in e.encapsulated_fragments)
    assert e.encapsulated_fragment_ranges == [
        (8 + 4 * len(table) + sum(8 + len(other) for other in fragments[:number]) + 8, len(one)) for number, one in enumerate(fragments)
    ]


def test_read_12_the_value_is_items_without_the_delimiter():
    e = read(encapsulated([b"abcd"], [0]))["PixelData"]
    assert bytes(e.value_data) == item(struct.pack("<I", 0)) + fragment(b"abcd")
    assert e.value_length == len(e.value_data)
    assert e.value == bytes(e.value_data)


def test_read_12_fragments_are_views_on_the_buffer():
    data = part10(encapsulated([bytes(1 << 20)]), JPEG)
    (view,) = dicomkit.read(data)["PixelData"].encapsulated_fragments
    assert view.obj is data


def test_read_12_no_fragments_is_not_encapsulated():
    """Only a Basic Offset Table, or nothing at all."""
    for content in (encapsulated([]), encapsulated([], None)):
        e = read(content + TAIL)["PixelData"]
        assert (e.is_encapsulated, e.encapsulated_fragment_count, parts(e)) == (False, 0, [])


def test_read_12_a_missing_delimiter_at_the_end_is_tolerated():
    with pytest.warns(dicomkit.DICOMWarning, match="without its delimiter"):
        f = read(HEAD + encapsulated([b"abcd", b"ef"], delimited=False))
    assert parts(f["PixelData"]) == [b"abcd", b"ef"]
    with pytest.raises(dicomkit.ParsingError, match="delimiter"):
        read(HEAD + encapsulated([b"abcd", b"ef"], delimited=False), strict=True)


@pytest.mark.parametrize("cut", range(1, 12))
def test_read_12_a_cut_fragment_is_not_tolerated(cut):
    data = part10(HEAD + encapsulated([b"abcd", b"efgh"], delimited=False), JPEG)
    with pytest.raises(dicomkit.UnexpectedEndOfDataError):
        dicomkit.read(data[:-cut])
    f = dicomkit.read(data[:-cut], partial=True)
    assert f.Rows == 3
    assert "PixelData" not in f or parts(f["PixelData"]) == [b"abcd"]


@pytest.mark.parametrize("junk", [element(0x00080060, "CS", "CT"), b"\xff\xd8\xff\xe0" * 4, bytes(16)])
def test_read_12_what_is_no_fragment(junk):
    with pytest.raises(dicomkit.InvalidTagError) as caught:
        read(encapsulated([b"abcd"], delimited=False) + junk)
    assert caught.value.offset is not None


def test_read_12_a_fragment_of_undefined_length():
    with pytest.raises(dicomkit.ParsingError, match="undefined length"):
        read(element(0x7FE00010, "OB", b"", length=0xFFFFFFFF) + item(b"ab", undefined=True) + SEQUENCE_DELIMITER)


def test_read_12_a_fragment_past_the_end():
    with pytest.raises(dicomkit.UnexpectedEndOfDataError):
        read(element(0x7FE00010, "OB", b"", length=0xFFFFFFFF) + item(b"ab", length=0xFFFFFFF0))


@pytest.mark.parametrize("table", [b"\0", b"\0\0\0", bytes(6)])
def test_read_12_a_table_of_odd_size_has_whole_entries_only(table):
    content = element(0x7FE00010, "OB", b"", length=0xFFFFFFFF) + item(table) + fragment(b"ab") + SEQUENCE_DELIMITER
    e = read(content)["PixelData"]
    assert e.encapsulated_offset_table == [0] * (len(table) // 4)
    assert parts(e) == [b"ab"]


def test_read_12_in_an_item():
    """Icon Image Sequence may hold compressed pixel data (PS3.3 C.7.6.1.1.6)."""
    f = read(sequence(0x00880200, [HEAD + encapsulated([b"icon"])]) + encapsulated([b"picture "]))
    assert parts(f.IconImageSequence[0]["PixelData"]) == [b"icon"]
    assert parts(f["PixelData"]) == [b"picture "]
    in_undefined = read(sequence(0x00880200, [HEAD + encapsulated([b"icon"])], undefined=True))
    assert parts(in_undefined.IconImageSequence[0]["PixelData"]) == [b"icon"]


def test_read_12_native_pixel_data_is_not_encapsulated():
    e = dicomkit.read(part10(element(0x7FE00010, "OW", bytes(4))))["PixelData"]
    assert not e.is_encapsulated
    assert e.encapsulated_fragments is None
    assert e.encapsulated_fragment_ranges is None


def test_read_12_fragments_read_lazily(tmp_path):
    fragments = [bytes([number]) * 100_000 for number in range(20)]
    path = tmp_path / "lazy.dcm"
    path.write_bytes(part10(HEAD + encapsulated(fragments, [0, 100_008]) + TAIL, JPEG))
    f = dicomkit.read(path, defer_larger_than=1000)
    e = f["PixelData"]
    assert e.encapsulated_offset_table == [0, 100_008]
    offset, length = e.encapsulated_fragment_ranges[7]
    assert bytes(e.value_range(offset, length)) == fragments[7]
    assert parts(e) == fragments
    assert f[0xFFFCFFFC].value == bytes(8)
    with pytest.raises(dicomkit.UnexpectedEndOfDataError):
        e.value_range(e.value_length - 1, 2)


# READ-14.


@pytest.mark.parametrize("pixels", [element(0x7FE00010, "OW", bytes(8)), encapsulated([b"abcd"])])
def test_read_14_elements_after_pixel_data_are_kept(pixels):
    signature = sequence(0xFFFAFFFA, [element(0x04000005, "US", 1) + element(0x04000100, "UI", "1.2")])
    f = read(HEAD + pixels + element(0x7FE10010, "LO", "ACME") + signature + TAIL)
    assert f.data_set.tags == [0x00280010, 0x7FE00010, 0x7FE10010, 0xFFFAFFFA, 0xFFFCFFFC]
    assert f.DigitalSignaturesSequence[0].MACIDNumber == 1
    assert f.DataSetTrailingPadding == bytes(8)
