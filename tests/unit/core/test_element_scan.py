"""The index that reading makes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit import errors
from dicomkit._core.element_index import ElementIndex
from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit.dataset import data_set_from_index
from dicomkit.testing import data_set, element, encapsulated, item, sequence

LIMITS = ScanLimits(max_depth=64)


def index_of(data, **options):
    return scan(data, limits=options.pop("limits", LIMITS), **options)


def outline(data_set):
    """Tag, VR and value bytes of every element, items nested."""
    return [
        (int(e.tag), str(e.vr), [outline(one) for one in e.sequence_items] if e.is_sequence else bytes(e.value_data)) for e in data_set
    ]


# Contents of a data set by tag: short and long headers, empty values, sequences within. UN is left out: for a tag that
# the dictionaries know, it would be shown as what it is known to be.
leaf = st.tuples(st.sampled_from(["LO", "US", "OB", "UT", "FD"]), st.binary(max_size=6).map(lambda data: data * 8))
tag_numbers = st.integers(0x00080010, 0x00FEFFFF).map(lambda tag: tag & ~0x10000)


def level(children):
    return st.dictionaries(tag_numbers, leaf | st.tuples(st.just("SQ"), st.lists(children, max_size=3)), max_size=5)


contents = level(st.recursive(st.just({}), level, max_leaves=12))


def attributes(content):
    return [(tag, vr, [attributes(one) for one in value] if vr == "SQ" else value) for tag, (vr, value) in sorted(content.items())]


@given(contents, st.booleans(), st.booleans())
def test_explicit_data_sets_are_found_as_they_were_built(content, big_endian, undefined):
    data = data_set(attributes(content), big_endian=big_endian, undefined=undefined)
    index = index_of(data, is_big_endian=big_endian)
    assert outline(data_set_from_index(index)) == attributes(content)
    assert index.end_offset == len(data)
    assert index.found_anomalies == []


def test_records_count_items_and_delimiters():
    data = sequence(0x00081115, [element(0x0020000E, "UI", "1.2")], undefined=True)
    assert len(index_of(data)) == 5      # sequence, item, element, two delimiters


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_cut_anywhere_is_the_end_of_the_data(cut):
    data = element(0x00080060, "CS", "CT") + element(0x7FE00010, "OW", bytes(10))
    assert len(data) == 32
    with pytest.raises(errors.UnexpectedEndOfDataError) as caught:
        index_of(data[:-cut])
    assert caught.value.offset in (10, 12)


def test_a_length_past_its_item_is_told_from_one_past_the_data():
    inner = element(0x00080060, "CS", "CT", length=40)
    with pytest.raises(errors.ParsingError, match=r"passes the end.*\(0008,0060\)"):
        index_of(sequence(0x00081115, [inner]) + bytes(element(0x00100010, "PN", "x" * 60)))


@pytest.mark.parametrize("undefined", [False, True])
def test_nesting_is_bounded_by_max_depth_and_nothing_else(undefined):
    def nested(depth):
        data = b""
        for _ in range(depth):
            data = sequence(0x00081115, [data], undefined=undefined)
        return data

    assert len(index_of(nested(64))) >= 128
    with pytest.raises(errors.LimitExceededError, match="max_depth=64"):
        index_of(nested(65))


@pytest.mark.parametrize("vr", ["LO", "UT", "SQ", "SV"])
def test_undefined_length_needs_a_vr_that_allows_it(vr):
    data = element(0x00091010, vr, b"", length=0xFFFF if vr == "LO" else 0xFFFFFFFF)
    with pytest.raises(errors.EncodingError):
        index_of(data)


def test_un_of_undefined_length_is_an_implicit_little_endian_sequence_in_any_syntax():
    # PS3.5 6.2.2
    for big_endian in (False, True):
        inner = item(element(0x00080060, "CS", "CT", implicit=True))
        end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
        data = element(0x00091010, "UN", b"", length=0xFFFFFFFF, big_endian=big_endian) + inner + end
        [only] = data_set_from_index(index_of(data, is_big_endian=big_endian))
        assert only.vr == "SQ"
        assert only.value[0].Modality == "CT"


def test_fragments_are_children_of_pixel_data():
    [pixels] = data_set_from_index(index_of(encapsulated([b"abcd", b"ef"], [0])))
    assert [bytes(f) for f in pixels.encapsulated_fragments] == [b"abcd", b"ef"]
    assert pixels.encapsulated_offset_table == [0]
    assert pixels.encapsulated_fragment_ranges == [(20, 4), (32, 2)]


def test_a_missing_delimiter_at_the_end_of_pixel_data_is_noted():
    index = index_of(encapsulated([b"ab"], delimited=False))
    assert index.found_anomalies[0][0] == "encapsulated pixel data without its delimiter"
    [pixels] = data_set_from_index(index)
    assert [bytes(f) for f in pixels.encapsulated_fragments] == [b"ab"]


def test_implicit_headers_in_explicit_data_are_read_and_noted():
    data = element(0x00080060, "CS", "CT") + element(0x00100020, "LO", "1234", implicit=True) + element(0x00100040, "CS", "O ")
    index = index_of(data)
    assert [problem for problem, _, _ in index.found_anomalies] == ["an element without VR in an explicit VR data set"]
    assert index.found_anomalies[0][1:] == (10, 0x00100020)
    assert outline(data_set_from_index(index))[1] == (0x00100020, "LO", b"1234")


def test_explicit_headers_in_implicit_data_are_read_and_noted():
    data = element(0x00080060, "CS", "CT") + element(0x00100020, "LO", "1234")
    index = index_of(data, is_implicit_vr=True)
    assert [problem for problem, _, _ in index.found_anomalies] == ["explicit VR in an implicit VR data set"]
    assert outline(data_set_from_index(index))[1] == (0x00100020, "LO", b"1234")


def test_an_unknown_vr_has_the_long_header():
    # PS3.5 7.1.2: what is not named there has a 32-bit length
    data = element(0x00091010, "QQ", b"abcd") + element(0x00100020, "LO", "1234")
    index = index_of(data)
    assert index.found_anomalies == [("a Value Representation that PS3.5 6.2 does not have", 0, 0x00091010)]
    assert outline(data_set_from_index(index)) == [(0x00091010, "UN", b"abcd"), (0x00100020, "LO", b"1234")]


def test_bytes_that_are_no_vr_and_no_length_are_an_error():
    with pytest.raises(errors.InvalidVRError, match="the bytes 01FF"):
        index_of(b"\x08\x00\x60\x00\x01\xff\xff\xff" + bytes(16))


def test_strict_limits_turn_what_is_noted_into_errors():
    data = element(0x00100020, "LO", "1234") + element(0x00080060, "CS", "CT")
    assert index_of(data).found_anomalies[0] == ("elements out of order", 12, 0x00080060)
    with pytest.raises(errors.ParsingError, match=r"out of order in \(0008,0060\) at byte offset 0xc"):
        index_of(data, limits=ScanLimits(max_depth=64, strict=True))


def test_partial_limits_keep_what_came_before_the_damage():
    data = element(0x00080060, "CS", "CT") + sequence(0x00081115, [element(0x0020000E, "UI", "1.2")], undefined=True)[:-10]
    index = index_of(data, limits=ScanLimits(max_depth=64, partial=True))
    assert isinstance(index.error, errors.UnexpectedEndOfDataError)
    modality, series = data_set_from_index(index)
    assert modality.value == "CT"
    assert series.value[0].SeriesInstanceUID == "1.2"


def test_wanted_tags_are_the_only_records_and_end_the_scan():
    data = element(0x00080060, "CS", "CT") + sequence(0x00081115, [element(0x0020000E, "UI", "1.2")], undefined=True)
    data += element(0x00100020, "LO", "12") + element(0x00100040, "CS", "O ") + b"garbage"
    index = index_of(data, limits=ScanLimits(max_depth=64, tags=[0x00100020, 0x00080060]))
    assert [tag for tag, _, _ in outline(data_set_from_index(index))] == [0x00080060, 0x00100020]


def test_a_stop_tag_ends_the_scan_before_it():
    data = element(0x00080060, "CS", "CT") + element(0x7FE00010, "OW", bytes(4)) + element(0xFFFCFFFC, "OB", bytes(2))
    index = index_of(data, limits=ScanLimits(max_depth=64, stop_first=0x7FE00008, stop_last=0x7FE00010))
    assert index.end_offset == 10
    assert len(index) == 1


def test_a_buffer_with_the_first_bytes_only_gives_none_until_it_suffices():
    data = element(0x00080060, "CS", "CT") + element(0x00100020, "LO", "1234") + element(0x7FE00010, "OW", bytes(100))
    limits = ScanLimits(max_depth=64, stop_first=0x7FE00010, stop_last=0x7FE00010)
    enough = [scan(data[:size], 0, len(data), limits=limits) is not None for size in range(len(data))]
    assert enough == [size >= 34 for size in range(len(data))]      # with the 12 bytes of the header that stops it
    assert [scan(data[:size], 0, len(data), limits=LIMITS) for size in (40, len(data) - 1)] == [None, None]


def test_a_source_is_asked_for_what_headers_need():
    data = element(0x00080060, "CS", "CT") + element(0x00090010, "OW", bytes(5000)) + element(0x00100020, "LO", "1234")
    loaded = bytearray(len(data))
    asked = []

    class Source:
        def ensure(self, offset, length):
            asked.append((offset, length))
            stop = min(offset + max(length, 12), len(data))
            loaded[offset:stop] = data[offset:stop]
            return offset, stop

    index = scan(loaded, limits=LIMITS, source=Source())
    assert len(index) == 3
    assert sum(length for _, length in asked) < 100
    assert data_set_from_index(index).PatientID == "1234"


def test_zero_bytes_after_the_data_set_are_noted_and_others_are_an_error():
    data = element(0x00080060, "CS", "CT")
    for tail in (bytes(3), bytes(512)):
        assert index_of(data + tail).found_anomalies == [("bytes after the last element", 10, None)]
    with pytest.raises(errors.UnexpectedEndOfDataError):
        index_of(data + b"abc")


def test_the_index_is_made_by_reading_only():
    with pytest.raises(TypeError):
        ElementIndex()
    with pytest.raises(ValueError, match="outside"):
        scan(b"abc", 4, limits=LIMITS)


@given(st.binary(max_size=200), st.booleans(), st.booleans())
def test_any_bytes_are_an_index_or_an_error_with_its_place(data, implicit, big_endian):
    try:
        index = index_of(data, is_implicit_vr=implicit, is_big_endian=big_endian)
    except errors.EncodingError as error:
        place = error.offset
    else:
        place = index.end_offset
        outline(data_set_from_index(index))
    assert 0 <= place <= len(data)
