"""PIX-12, PIX-13: frames and fragments."""

import numpy as np
import pytest

import dicomkit
from dicomkit.encoding.source import LazyFile
from dicomkit.errors import PixelDataError
from dicomkit.pixels import EncapsulatedPixelData, PixelDataDescriptor, PixelIndexError

FRAGMENTS = [b"aaaa", b"bb", b"cccccc", b"dd"]
# The item of fragment i begins there, counted from the first byte after the item of the Basic Offset Table.
STARTS = [0, 12, 22, 36]
END = 46


def encapsulate(frames, fragments=FRAGMENTS, offset_table=(), **extended):
    descriptor = PixelDataDescriptor(rows=1, columns=1, bits_allocated=8, bits_stored=8, high_bit=7, number_of_frames=frames)
    return EncapsulatedPixelData(descriptor, [memoryview(fragment) for fragment in fragments], offset_table, **extended)


def frames_of(encapsulated):
    return [bytes(encapsulated.frame_data(i)) for i in range(encapsulated.descriptor.number_of_frames)]


# PIX-12
def test_what_there_is():
    encapsulated = encapsulate(2, offset_table=[0, 22])
    assert encapsulated.fragment_count == 4
    assert encapsulated.offset_table == [0, 22]
    assert encapsulated.has_offset_table
    assert encapsulated.all_fragment_data == b"aaaabbccccccdd"
    assert encapsulated.descriptor.number_of_frames == 2
    assert not encapsulate(4).has_offset_table
    assert encapsulate(4, extended_offset_table=STARTS).has_offset_table


# PIX-13
@pytest.mark.parametrize(
    ("frames", "table", "expected"),
    [
        (2, [0, 22], [b"aaaabb", b"ccccccdd"]),
        (2, [0, 12], [b"aaaa", b"bbccccccdd"]),
        (3, [0, 22, 36], [b"aaaabb", b"cccccc", b"dd"]),
        (4, STARTS, FRAGMENTS),
        (4, [], FRAGMENTS),
        (1, [], [b"aaaabbccccccdd"]),
        (1, [0], [b"aaaabbccccccdd"]),
    ],
)
def test_frames(frames, table, expected):
    assert frames_of(encapsulate(frames, offset_table=table)) == expected
    assert frames_of(encapsulate(frames, extended_offset_table=table)) == expected


def test_a_frame_of_one_fragment_is_not_copied():
    fragment = bytearray(b"abcd")
    encapsulated = encapsulate(1, [fragment])
    fragment[0] = ord("x")
    assert bytes(encapsulated.frame_data(0)) == b"xbcd"


@pytest.mark.parametrize(
    "table",
    [
        [0, 12, 22],  # does not cover all frames
        [0, 12, 22, 37],  # meets no item
        [0, 22, 12, 36],  # out of order
        [0, 12, 12, 22],  # twice the same
        [4, 12, 22, 36],  # does not begin at 0
        [0, 12, 22, END],  # at the end
        [0, 12, 22, 2**32 - 1],
        [0, 0, 0, 0],
        [0, 12, 22, 36, 36],
    ],
)
def test_tables_that_do_not_fit_are_not_believed(table):
    assert frames_of(encapsulate(4, offset_table=table)) == FRAGMENTS
    with pytest.raises(PixelDataError, match="offset table"):
        encapsulate(3, offset_table=table[:3] if table[:3] != [0, 12, 22] else [0, 12, 23])


def test_the_extended_table_goes_before_the_basic_one():
    encapsulated = encapsulate(2, offset_table=[0, 12], extended_offset_table=[0, 22])
    assert frames_of(encapsulated) == [b"aaaabb", b"ccccccdd"]


def test_extended_lengths_leave_out_the_padding():
    encapsulated = encapsulate(4, extended_offset_table=STARTS, extended_offset_table_lengths=[3, 2, 5, 1])
    assert frames_of(encapsulated) == [b"aaa", b"bb", b"ccccc", b"d"]


def test_extended_lengths_past_the_fragment():
    encapsulated = encapsulate(4, extended_offset_table=STARTS, extended_offset_table_lengths=[5, 2, 5, 2**64 - 1])
    for frame_index in (0, 3):
        with pytest.raises(PixelDataError, match="Lengths"):
            encapsulated.frame_data(frame_index)


@pytest.mark.parametrize(("frames", "fragments"), [(5, FRAGMENTS), (1, []), (2**31 - 1, FRAGMENTS), (2, FRAGMENTS), (3, FRAGMENTS)])
def test_frames_that_fragments_cannot_make(frames, fragments):
    with pytest.raises(PixelDataError):
        encapsulate(frames, fragments)


@pytest.mark.parametrize("frame_index", [-1, 4, 2**40])
def test_frames_out_of_range(frame_index):
    with pytest.raises(PixelIndexError):
        encapsulate(4).frame_data(frame_index)


@pytest.mark.parametrize(("fragments", "expected"), [([b"a", b"bb"], None), ([b"a", b""], 1), ([b"", b""], 0)])
def test_empty_frames_are_found_before_anything_is_decoded(fragments, expected):
    assert encapsulate(2, fragments).find_empty_frame() == expected


def test_frames_of_several_fragments_are_empty_only_if_all_are():
    assert encapsulate(2, [b"", b"a", b"", b""], [0, 17]).find_empty_frame() == 1


@pytest.mark.parametrize("offset_table", [True, False])
def test_frames_of_a_file_on_disk_are_read_and_not_kept(tmp_path, monkeypatch, offset_table):
    frames = np.random.default_rng(1).integers(0, 256, (9, 128, 1024), dtype=np.uint8)
    file = dicomkit.DICOMFile.create(dicomkit.DataSet())
    file.set_pixel_array(frames)
    file = file.transcode("EncapsulatedUncompressedExplicitVRLittleEndian")
    file.write(tmp_path / "frames.dcm", frames=None if offset_table else [frame.tobytes() for frame in frames])
    kept = []
    ensure = LazyFile.ensure
    monkeypatch.setattr(LazyFile, "ensure", lambda self, offset, length: kept.append(length) or ensure(self, offset, length))
    pixel_data = dicomkit.read(tmp_path / "frames.dcm", defer_larger_than=0).pixel_data()
    del kept[:]
    assert all(np.array_equal(read, frame) for read, frame in zip(pixel_data.frames(), frames, strict=True))
    assert np.array_equal(pixel_data.array(), frames)
    assert pixel_data.frame_data(3).readonly
    assert kept == []
