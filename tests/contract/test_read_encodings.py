"""READ-9, READ-10, READ-11: the four native encodings of PS3.5 Annex A give the same values for all 34 VRs."""

from __future__ import annotations

import struct
import zlib

import pytest

import dicomkit
from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    data_set,
    element,
    file_meta,
    item,
    part10,
    sequence,
)

from .vr_samples import ALL_VRS, SAMPLES, attributes

ENCODINGS = {
    "implicit": (IMPLICIT_VR_LITTLE_ENDIAN, {"implicit": True}),
    "explicit": (EXPLICIT_VR_LITTLE_ENDIAN, {}),
    "big endian": (EXPLICIT_VR_BIG_ENDIAN, {"big_endian": True}),
    "deflated": (DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, {}),
}
IN_ITEM = 0x00081140


def read_encoded(name: str, content=None, **options):
    uid, how = ENCODINGS[name]
    return dicomkit.read(part10(data_set(attributes() if content is None else content, **how), uid), **options)


def test_core_1_the_samples_have_all_34_vrs():
    assert set(ALL_VRS) == set(dicomkit.VR.__members__)
    assert len(ALL_VRS) == 34


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("sample", SAMPLES, ids=ALL_VRS)
def test_read_9_10_11_every_vr_in_every_encoding(encoding, sample):
    element = read_encoded(encoding)[sample.tag]
    assert element.vr == sample.vr
    if sample.value is not None:
        assert element.value == sample.value
    if sample.array is not None:
        assert element.array().tolist() == sample.array
    if sample.vr == "SQ":
        (inner,) = element.value
        assert inner.SeriesInstanceUID == "1.2.3"
        assert inner.Rows == 512


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("undefined", [False, True])
def test_every_vr_in_an_item_in_every_encoding(encoding, undefined):
    uid, how = ENCODINGS[encoding]
    nested = [(IN_ITEM, "SQ", [attributes(), attributes()])]
    plain = read_encoded(encoding)
    f = dicomkit.read(part10(data_set(nested, undefined=undefined, **how), uid))
    assert f[IN_ITEM].has_undefined_length is undefined
    for inner in f[IN_ITEM].value:
        assert inner == plain.data_set


@pytest.mark.parametrize("encoding", [name for name in ENCODINGS if name != "explicit"])
def test_read_9_10_11_twins_are_equal(encoding):
    """Element by element; the file of a twin says another transfer syntax."""
    assert list(read_encoded(encoding)) == list(read_encoded("explicit"))
    assert read_encoded(encoding).data_set == read_encoded("explicit").data_set


@pytest.mark.parametrize(
    ("encoding", "uid", "is_explicit", "byte_order", "is_deflated"),
    [
        ("implicit", "1.2.840.10008.1.2", False, "little", False),
        ("explicit", "1.2.840.10008.1.2.1", True, "little", False),
        ("big endian", "1.2.840.10008.1.2.2", True, "big", False),
        ("deflated", "1.2.840.10008.1.2.1.99", True, "little", True),
    ],
)
def test_ts_2_the_syntax_that_was_read(encoding, uid, is_explicit, byte_order, is_deflated):
    f = read_encoded(encoding)
    syntax = f.transfer_syntax
    assert f.transfer_syntax_uid == syntax.uid == uid
    assert (syntax.is_explicit_vr, syntax.byte_order, syntax.is_deflated) == (is_explicit, byte_order, is_deflated)


def test_read_10_values_as_stored_stay_as_stored():
    e = read_encoded("big endian")["SelectorOWValue"]
    assert e.is_big_endian
    assert bytes(e.value_data) == b"\x00\x01\xff\xfe"
    assert e.array().tolist() == [1, 0xFFFE]


def test_read_10_un_is_little_endian_whatever_the_syntax():
    """PS3.5 6.2.2: what was stored as UN is in little endian."""
    content = element(0x00280010, "UN", struct.pack("<H", 512), big_endian=True)
    assert dicomkit.read(part10(content, EXPLICIT_VR_BIG_ENDIAN)).Rows == 512


# READ-9: what implicit VR leaves open.


def read_implicit(*elements: bytes):
    return dicomkit.read(part10(b"".join(elements), IMPLICIT_VR_LITTLE_ENDIAN))


def implicit(tag: int, vr: str, value: object = b"") -> bytes:
    return element(tag, vr, value, implicit=True)


def test_read_9_unknown_tags_are_un():
    f = read_implicit(implicit(0x00080002, "UN", b"ab"), implicit(0x00091001, "UN", b"cd"))
    assert (f[0x00080002].vr, f[0x00080002].value) == ("UN", b"ab")
    assert (f[0x00091001].vr, f[0x00091001].value) == ("UN", b"cd")


def test_read_9_private_creators_are_lo():
    f = read_implicit(implicit(0x00090010, "LO", "ACME 1.1"), implicit(0x00091001, "UN", b"cd"))
    assert (f[0x00090010].vr, f[0x00090010].value) == ("LO", "ACME 1.1")
    assert f[0x00091001].private_creator == "ACME 1.1"


def test_read_9_known_private_elements_get_their_vr_by_their_creator():
    """The same tag is another element under another creator (PS3.5 7.8.1)."""
    siemens = read_implicit(implicit(0x00190010, "LO", "SIEMENS MR HEADER"), implicit(0x0019100C, "IS", "1000"))
    assert (siemens[0x0019100C].vr, siemens[0x0019100C].value) == ("IS", 1000)
    assert siemens[0x0019100C].name
    other = read_implicit(implicit(0x00190010, "LO", "NOBODY KNOWS"), implicit(0x0019100C, "IS", "1000"))
    assert (other[0x0019100C].vr, other[0x0019100C].value) == ("UN", b"1000")


def test_read_9_private_blocks_move():
    f = read_implicit(implicit(0x00190012, "LO", "SIEMENS MR HEADER"), implicit(0x0019120C, "IS", "1000"))
    assert f[0x0019120C].value == 1000


def test_read_9_group_lengths_are_ul():
    f = read_implicit(implicit(0x00080000, "UL", 4), implicit(0x00090000, "UL", 4))
    assert f[0x00080000].value == f[0x00090000].value == 4


@pytest.mark.parametrize(("representation", "vr", "value"), [(0, "US", 65535), (1, "SS", -1)])
@pytest.mark.parametrize("how", [{"implicit": True}, {}])
def test_read_9_us_or_ss_goes_by_pixel_representation(representation, vr, value, how):
    """In explicit VR the file decides itself; PS3.5 A.1 and PS3.3 C.7.6.3.1.5 for implicit VR."""
    content = element(0x00280103, "US", representation, **how) + element(0x00280106, vr, value, **how)
    f = dicomkit.read(part10(content, IMPLICIT_VR_LITTLE_ENDIAN if how else EXPLICIT_VR_LITTLE_ENDIAN))
    assert (f["SmallestImagePixelValue"].vr, f.SmallestImagePixelValue) == (vr, value)


def test_read_9_items_take_pixel_representation_from_around_them():
    inner = implicit(0x00280106, "SS", -1)
    f = read_implicit(implicit(0x00280103, "US", 1), sequence(0x52009229, [inner], implicit=True))
    assert f.SharedFunctionalGroupsSequence[0].SmallestImagePixelValue == -1


def test_read_9_pixel_data_is_ow():
    """PS3.5 A.1."""
    assert read_implicit(implicit(0x7FE00010, "OW", b"\1\2"))["PixelData"].vr == "OW"


# UN and implicit VR inside explicit VR (PS3.5 6.2.2).


def test_un_gets_the_vr_of_the_dictionary():
    f = dicomkit.read(part10(element(0x00100010, "UN", b"Doe^Jane") + element(0x00280010, "UN", b"\0\2")))
    assert (f["PatientName"].vr, f.PatientName.family_name) == ("PN", "Doe")
    assert f.Rows == 512


def test_un_of_a_length_that_its_vr_cannot_have_stays_un():
    f = dicomkit.read(part10(element(0x00280010, "UN", b"abc ")[:-1] + b"d" + element(0x00720076, "UN", b"abcdef")))
    assert f["SelectorFLValue"].vr == "UN"
    assert f["SelectorFLValue"].value == b"abcdef"


@pytest.mark.parametrize("encoding", ["explicit", "big endian"])
@pytest.mark.parametrize("tag", [0x00081140, 0x00091010])
def test_un_of_undefined_length_is_an_implicit_sequence(encoding, tag):
    """PS3.5 6.2.2 note 4: in Implicit VR Little Endian, whatever is around it."""
    uid, how = ENCODINGS[encoding]
    big = how.get("big_endian", False)
    body = data_set([(0x00080060, "CS", "CT"), (0x00280010, "US", 512)], implicit=True)
    header = struct.pack(">HH" if big else "<HH", tag >> 16, tag & 0xFFFF) + b"UN\0\0\xff\xff\xff\xff"
    content = header + item(body, undefined=True) + item(body) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    f = dicomkit.read(part10(content + element(0x00280011, "US", 7, big_endian=big), uid))
    assert f[tag].vr == "SQ"
    assert [inner.Rows for inner in f[tag].value] == [512, 512]
    assert f.Columns == 7


def test_private_sequences_of_defined_length_in_implicit_vr():
    """Known by the creator: a sequence. Not known: the bytes, as a length alone shows no sequence."""
    body = item(implicit(0x00080060, "CS", "CT"))
    creator = implicit(0x00710010, "LO", "AGFA-AG_HPState")
    known = read_implicit(creator, implicit(0x00711018, "SQ", body))
    assert known[0x00711018].vr == "SQ"
    assert known[0x00711018].value[0].Modality == "CT"
    unknown = read_implicit(implicit(0x00710010, "LO", "NOBODY KNOWS"), implicit(0x00711018, "SQ", body))
    assert (unknown[0x00711018].vr, unknown[0x00711018].value) == ("UN", body)


def test_private_sequences_of_undefined_length_in_implicit_vr():
    body = implicit(0x00080060, "CS", "CT")
    f = read_implicit(sequence(0x00091001, [body, body], implicit=True, undefined=True))
    assert [inner.Modality for inner in f[0x00091001].value] == ["CT", "CT"]


# What is declared, and what is there.


@pytest.mark.parametrize(("declared", "really"), [(EXPLICIT_VR_LITTLE_ENDIAN, {"implicit": True}), (IMPLICIT_VR_LITTLE_ENDIAN, {})])
def test_a_data_set_with_or_without_vrs_against_its_syntax_is_read(declared, really):
    content = [(0x00080060, "CS", "CT"), (0x00081115, "SQ", [[(0x00280010, "US", 7)]]), (0x00280010, "US", 512)]
    data = part10(data_set(content, **really), declared)
    with pytest.warns(dicomkit.DICOMWarning, match=r"VR.*\(0008,0060\)"):
        f = dicomkit.read(data)
    assert (f.Modality, f.Rows, f.ReferencedSeriesSequence[0].Rows) == ("CT", 512, 7)
    with pytest.raises(dicomkit.ParsingError):
        dicomkit.read(data, strict=True)


@pytest.mark.parametrize(("declared", "big_endian"), [(EXPLICIT_VR_LITTLE_ENDIAN, True), (EXPLICIT_VR_BIG_ENDIAN, False)])
def test_a_data_set_in_the_other_byte_order_is_an_error(declared, big_endian):
    """Not garbage: tags and lengths make no sense."""
    with pytest.raises(dicomkit.EncodingError):
        dicomkit.read(part10(data_set(attributes(), big_endian=big_endian), declared))


def test_meta_information_without_vrs_is_read():
    meta = b"".join(element(tag, "UI", uid, implicit=True) for tag, uid in [(0x00020002, "1.2"), (0x00020010, IMPLICIT_VR_LITTLE_ENDIAN)])
    with pytest.warns(dicomkit.DICOMWarning, match="without VR"):
        f = dicomkit.read(part10(data_set([(0x00280010, "US", 512)], implicit=True), meta=meta))
    assert (f.Rows, f.transfer_syntax_uid) == (512, IMPLICIT_VR_LITTLE_ENDIAN)


# READ-11.


def test_read_11_a_ratio_of_a_thousand_to_one_is_no_attack():
    pixels = bytes(4 << 20)
    data = part10(element(0x7FE00010, "OW", pixels), DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)
    assert len(pixels) / len(data) > 500
    f = dicomkit.read(data)
    assert f["PixelData"].value_length == len(pixels)
    assert f["PixelData"].value_data == pixels


def test_read_11_the_padding_after_the_stream_is_no_data():
    content = element(0x00080060, "CS", "CT")
    for padding in (b"", b"\0", b"\0\0"):
        engine = zlib.compressobj(wbits=-15)
        deflated = engine.compress(content) + engine.flush() + padding
        f = dicomkit.read(bytes(128) + b"DICM" + file_meta(DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN) + deflated)
        assert f.Modality == "CT"


@pytest.mark.parametrize("rest", [b"x", b"\0x", b"another text"])
def test_read_11_what_follows_the_stream_is_told(rest):
    data = part10(element(0x00080060, "CS", "CT"), DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN) + rest
    with pytest.warns(dicomkit.DICOMWarning, match="deflated"):
        assert dicomkit.read(data).Modality == "CT"
    with pytest.raises(dicomkit.ParsingError, match="deflated"):
        dicomkit.read(data, strict=True)


@pytest.mark.parametrize("cut", [1, 2, 5, 20])
def test_read_11_a_deflate_stream_that_ends_too_early(cut):
    data = part10(data_set(attributes()), DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)
    with pytest.raises(dicomkit.UnexpectedEndOfDataError):
        dicomkit.read(data[: -cut - 2])


def test_read_11_a_deflate_stream_that_is_damaged():
    data = bytearray(part10(data_set(attributes()), DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN))
    start = 132 + len(file_meta(DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN))
    data[start : start + 2] = b"\xff\xff"
    with pytest.raises(dicomkit.ParsingError, match="deflated") as caught:
        dicomkit.read(bytes(data))
    assert caught.value.offset is not None
