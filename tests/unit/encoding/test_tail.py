"""Files whose pixels lie in memory of their own read as if they did not."""

import copy
import gc
import pickle
import struct

import pytest

import dicomkit
from dicomkit import DataSet, DICOMFile

PIXELS = bytes(range(250)) * 400


@pytest.fixture(params=["ExplicitVRLittleEndian", "ImplicitVRLittleEndian"])
def path(request, tmp_path):
    data_set = DataSet()
    data_set.PatientID = "X"
    data_set.Rows, data_set.Columns, data_set.BitsAllocated, data_set.SamplesPerPixel = 500, 100, 16, 1
    data_set.PixelData = PIXELS
    path = tmp_path / "image.dcm"
    DICOMFile.create(data_set=data_set).transcode(request.param).write(path)
    return path


def test_the_value_is_the_tail_itself(path):
    element = dicomkit.read(path)["PixelData"]
    assert element.value == PIXELS
    assert element.value is element.value
    assert dicomkit.read(path).PixelData == PIXELS


def test_views_and_ranges(path):
    file = dicomkit.read(path)
    assert file["PixelData"].value_data == PIXELS
    assert file["PixelData"].value_range(1000, 10) == PIXELS[1000:1010]
    assert file["PatientID"].value_data == b"X "
    assert file["PixelData"].array()[1] == 0x0302


def test_a_file_is_written_as_it_was_read(path):
    assert dicomkit.read(path).write() == path.read_bytes()
    edited = dicomkit.read(path)
    edited.PatientID = "Y"
    assert edited.write() == path.read_bytes().replace(b"X ", b"Y ")


def test_copies_and_pickles_have_all_of_it(path):
    file = dicomkit.read(path)
    assert pickle.loads(pickle.dumps(file.data_set)) == file.data_set
    assert pickle.loads(pickle.dumps(file["PixelData"])) == file["PixelData"]
    assert copy.copy(file.data_set).PixelData == PIXELS


def test_a_sequence_that_only_looks_like_pixels_at_its_end(tmp_path):
    """A private sequence as UN (PS3.5 6.2.2): its item goes through head and tail."""
    item = struct.pack("<HHI", 0x0008, 0x0060, 2) + b"CT" + struct.pack("<HHI", 0x7FE0, 0x0010, len(PIXELS)) + PIXELS
    sequence = struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item
    content = struct.pack("<HH2sHI", 0x0008, 0x1140, b"UN", 0, len(sequence)) + sequence
    path = tmp_path / "sequence.dcm"
    path.write_bytes(content)
    file = dicomkit.read(path, force=True)
    (inner,) = file["ReferencedImageSequence"].value
    assert inner.Modality == "CT"
    assert inner.PixelData == PIXELS
    assert file["ReferencedImageSequence"].value_data == sequence
    assert file.data_set.copy() == file.data_set


def test_head_and_tail_are_joined_once(tmp_path):
    """Whoever comes second, here in the middle of it, must not free what the first one reads in: another thread can do the same."""
    looks_like_pixels = b"\xe0\x7f\x10\0OW\0\0" + struct.pack("<I", len(PIXELS)) + PIXELS
    content = struct.pack("<HH2sHI", 0x0029, 0x1010, b"UN", 0, len(looks_like_pixels)) + looks_like_pixels
    path = tmp_path / "joined.dcm"
    path.write_bytes(struct.pack("<HH2sHI", 0x0009, 0x1010, b"UN", 0, 132 - 12) + bytes(120) + content)
    file = dicomkit.read(path, force=True)
    element = file.data_set[0x0029, 0x1010]
    seen = []

    class Visitor:
        def __init__(self):
            self.itself = self

        def __del__(self):
            seen.append(element.value_data.obj)

    gc.collect()
    gc.disable()
    Visitor()
    before = gc.get_threshold()
    gc.set_threshold(1)
    gc.enable()
    try:
        found = element.value_data.obj
    finally:
        gc.set_threshold(*before)
    assert seen
    assert found is seen[0]
