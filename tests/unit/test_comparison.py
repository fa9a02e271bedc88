"""What differs between two objects, and what is the same though it is encoded otherwise."""

from __future__ import annotations

import numpy as np
import pytest

import dicomkit
from dicomkit import DataElement, DataSet, DICOMFile
from dicomkit.comparison import Change
from dicomkit.encoding.source import LazyFile
from tests.conftest import need_encoder

SYNTAXES = ["ImplicitVRLittleEndian", "ExplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian"]


def made(**changes):
    item = DataSet()
    item.ReferencedSOPInstanceUID = "1.2.3"
    data_set = DataSet()
    values = {"PatientName": "Dürer^A", "Rows": 5, "PixelSpacing": [0.5, 0.5], "ReferencedImageSequence": [item], "SpecificCharacterSet":
              "ISO_IR 100", "PixelData": bytes(10), **changes}  # fmt: skip
    for keyword, value in values.items():
        data_set[keyword] = value
    return data_set


def changes_of(first, second, **options):
    return [(str(one.path), str(one.change)) for one in dicomkit.diff(first, second, **options)]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_encodings_do_not_count(syntax):
    file = DICOMFile.create(made())
    other = dicomkit.read(file.transcode(syntax).write(undefined_lengths=True))
    assert changes_of(file, other) == []
    assert changes_of(file.write(), other) == []


def test_text_is_compared_not_bytes():
    latin, utf_8 = (dicomkit.read(DICOMFile.create(made(SpecificCharacterSet=term), sop_instance_uid="1.2").write())
                    for term in ("ISO_IR 100", "ISO_IR 192"))  # fmt: skip
    assert changes_of(latin, utf_8) == [("SpecificCharacterSet", "value")]


def test_what_was_added_removed_and_changed():
    other = made(Rows=6, PatientID="P1")
    del other["PixelSpacing"]
    found = dicomkit.diff(made(), other)
    assert [(str(one.path), one.change) for one in found] == [
        ("PatientID", Change.ADDED), ("Rows", Change.VALUE), ("PixelSpacing", Change.REMOVED),
    ]  # fmt: skip
    added, changed, removed = found
    assert (added.before, added.after.value) == (None, "P1")
    assert (changed.before.value, changed.after.value) == (5, 6)
    assert (removed.before.value, removed.after) == ([0.5, 0.5], None)
    assert changed.tag == dicomkit.tags.Rows


def test_a_vr_is_a_difference_of_its_own():
    one, other = DataSet([DataElement(0x00091001, "LO", "A ")]), DataSet([DataElement(0x00091001, "SH", "A ")])
    assert changes_of(one, other) == [("(0009,1001)", "vr")]
    assert changes_of(one, DataSet([DataElement(0x00091001, "SH", "B")])) == [("(0009,1001)", "value")]


def test_items():
    one, other = made(), made()
    other.ReferencedImageSequence[0].ReferencedSOPInstanceUID = "1.2.4"
    assert changes_of(one, other) == [("ReferencedImageSequence[0].ReferencedSOPInstanceUID", "value")]
    other = made()
    other.ReferencedImageSequence.append(DataSet())
    assert changes_of(one, other) == [("ReferencedImageSequence", "value")]
    assert changes_of(one, made(ReferencedImageSequence=[])) == [("ReferencedImageSequence", "value")]


def test_elements_that_may_differ():
    other = made(Rows=6)
    other.ReferencedImageSequence[0].ReferencedSOPInstanceUID = "1.2.4"
    assert changes_of(made(), other, ignore=["Rows", 0x00081155]) == []
    with pytest.raises(dicomkit.UnknownKeywordError):
        dicomkit.diff(made(), other, ignore=["Rowes"])


def test_group_lengths_do_not_count():
    assert changes_of(made(), DataSet([*made(), DataElement(0x00080000, "UL", 5)])) == []


def test_sources_of_all_kinds(tmp_path):
    file = DICOMFile.create(made())
    file.write(tmp_path / "a.dcm")
    for source in (tmp_path / "a.dcm", str(tmp_path / "a.dcm"), file, file.data_set, file.write()):
        assert changes_of(file, source) == []
    with pytest.raises(dicomkit.SourceNotFoundError):
        dicomkit.diff(file, tmp_path / "b.dcm")


def test_pixels_that_are_the_same_when_decoded():
    need_encoder("RLELossless")
    file = DICOMFile.create(DataSet())
    file.set_pixel_array(np.arange(64, dtype=np.uint16).reshape(2, 4, 8))
    packed = file.transcode("RLELossless")
    assert changes_of(file, packed) == [("PixelData", "value")]
    assert changes_of(file, packed, decode_pixels=True) == []
    packed.set_pixel_array(np.ones((2, 4, 8), np.uint16))
    assert ("PixelData", "value") in changes_of(file, packed, decode_pixels=True)
    one_frame = file.copy()
    one_frame.set_pixel_array(np.arange(32, dtype=np.uint16).reshape(4, 8))
    assert ("PixelData", "value") in changes_of(file, one_frame, decode_pixels=True)


@pytest.mark.parametrize("syntax", ["ExplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedImageFrameCompression"])
def test_long_values_on_disk_are_compared_piece_by_piece(tmp_path, monkeypatch, syntax):
    pixels = np.random.default_rng(1).integers(0, 65536, (1200, 1000)).astype(np.uint16)      # more than two pieces
    other = pixels.copy()
    other[-1, -1] ^= 1
    for name, array in (("a", pixels), ("b", pixels), ("c", other), ("d", pixels[:-1])):
        file = DICOMFile.create(DataSet(), sop_instance_uid="2.25.1")
        file.set_pixel_array(array)
        file.remove("SmallestImagePixelValue"), file.remove("LargestImagePixelValue")
        file.transcode(syntax).write(tmp_path / f"{name}.dcm")
    one, same, changed, shorter = (dicomkit.read(tmp_path / f"{name}.dcm", defer_larger_than=0) for name in "abcd")
    assert one["PixelData"].is_deferred
    kept = []
    ensure = LazyFile.ensure
    monkeypatch.setattr(LazyFile, "ensure", lambda self, offset, length: kept.append(length) or ensure(self, offset, length))
    assert dicomkit.diff(one, same) == []
    assert [str(found.path) for found in dicomkit.diff(one, changed)] == ["PixelData"]
    assert [str(found.path) for found in dicomkit.diff(one, shorter)] == ["Rows", "PixelData"]
    assert [str(found.path) for found in dicomkit.diff(one, dicomkit.read((tmp_path / "c.dcm").read_bytes()))] == ["PixelData"]
    assert sum(kept) < 10_000
