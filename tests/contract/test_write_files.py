"""WRITE-1 to 15: files made, edited and written, as a user does it."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import dicomkit
from dicomkit import DataElement, DataSet, DICOMFile, TargetError, UIDGenerator
from dicomkit.errors import (
    InvalidTagError,
    InvalidValueError,
    LimitExceededError,
    MissingRequiredElementError,
    PixelDataError,
    UnsupportedTransferSyntaxError,
)
from dicomkit.testing import EXPLICIT_VR_LITTLE_ENDIAN, data_set, element, encapsulated, file_meta, part10

REPOSITORY = Path(__file__).resolve().parents[2]
CT = "1.2.840.10008.5.1.4.1.1.2"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def test_the_readme_s_example(tmp_path):
    """WRITE-1, WRITE-2, WRITE-13, CORE-29: the Swift README's example, line by line."""
    ds = DataSet()
    ds.set_string("PatientName", "Doe^John", vr="PN")
    ds.set_string("PatientID", "12345678", vr="LO")
    ds.set_string("StudyDate", "20250131", vr="DA")
    ds.set_uint16("Rows", 512)
    ds.set_uint16("Columns", 512)
    dicom_file = DICOMFile.create(data_set=ds, sop_class_uid="1.2.840.10008.5.1.4.1.1.7", transfer_syntax_uid="1.2.840.10008.1.2.1")
    file_data = dicom_file.write()
    (tmp_path / "out.dcm").write_bytes(file_data)

    existing_file = dicomkit.read(file_data)
    modified_data_set = existing_file.data_set.copy()
    modified_data_set.set_string("PatientName", "Anonymized", vr="PN")
    modified_data_set.remove("PatientBirthDate")
    modified_file = DICOMFile.create(data_set=modified_data_set)
    output_data = modified_file.write()

    generator = UIDGenerator()
    uids = {generator.generate_study_instance_uid(), generator.generate_series_instance_uid(), generator.generate_sop_instance_uid()}
    uids.add(UIDGenerator.generate_uid())
    assert len(uids) == 4

    read = dicomkit.read(tmp_path / "out.dcm")
    assert (read.PatientName, read.PatientID, read.StudyDate.isoformat(), read.Rows, read.Columns) == ("Doe^John", "12345678",
    "2025-01-31", 512, 512)
    assert read.sop_class_uid == SECONDARY_CAPTURE
    again = dicomkit.read(output_data)
    assert again.PatientName == "Anonymized"
    assert again.sop_instance_uid == read.sop_instance_uid
    assert existing_file.PatientName == "Doe^John"


def test_the_issue_s_example(tmp_path):
    ds = DataSet()
    ds.PatientName = "Doe^John"
    ds.set_string("StudyDescription", "...")
    item = DataSet()
    item.ReferencedSOPClassUID = CT
    ds["ReferencedImageSequence"] = [item]
    DICOMFile.create(data_set=ds).write(tmp_path / "in.dcm")
    g = dicomkit.read(tmp_path / "in.dcm").copy()
    g.PatientName = "Anonymized"
    del g["StudyDescription"]
    g.write(tmp_path / "out.dcm")
    out = dicomkit.read(tmp_path / "out.dcm")
    assert out.PatientName == "Anonymized"
    assert "StudyDescription" not in out
    assert out.ReferencedImageSequence[0].ReferencedSOPClassUID == CT


def test_write_3_and_5_golden_bytes():
    made = DataSet([DataElement("PatientName", "PN", "Doe^Jane"), DataElement("Modality", "CS", "OT")])
    data = DICOMFile.create(made, sop_instance_uid="2.25.7").write()
    uid = dicomkit.read(data).file_meta_information.ImplementationClassUID
    version = f"DICOMKIT_{dicomkit.__version__}"
    meta = file_meta(
        sop_class_uid=SECONDARY_CAPTURE, sop_instance_uid="2.25.7", implementation_class_uid=uid, more=element(0x00020013, "SH", version)
    )
    body = [(0x00080016, "UI", SECONDARY_CAPTURE), (0x00080018, "UI", "2.25.7"), (0x00080060, "CS", "OT"), (0x00100010, "PN", "Doe^Jane")]
    assert data == part10(data_set(body), meta=meta)
    assert uid.startswith("2.25.")


def test_write_2_defaults():
    file = DICOMFile.create(DataSet())
    assert file.sop_class_uid == SECONDARY_CAPTURE
    assert file.sop_instance_uid.startswith("2.25.")
    assert file.transfer_syntax_uid == EXPLICIT_VR_LITTLE_ENDIAN
    assert DICOMFile.create(DataSet()).sop_instance_uid != file.sop_instance_uid
    assert dicomkit.read(file.write()) == dicomkit.read(file.write())


@pytest.mark.parametrize("name", ["1.2.840.10008.1.2", "ImplicitVRLittleEndian", "Implicit VR Little Endian"])
def test_write_2_transfer_syntaxes_have_names(name):
    assert DICOMFile.create(DataSet(), transfer_syntax_uid=name).transfer_syntax.keyword == "ImplicitVRLittleEndian"


@pytest.mark.parametrize("name", ["1.2.3", "", "1.2.840.10008.1.2.6.1"])
def test_write_2_unknown_transfer_syntaxes(name):
    with pytest.raises(UnsupportedTransferSyntaxError):
        DICOMFile.create(DataSet(), transfer_syntax_uid=name)


def test_write_4_class_and_instance_come_from_the_data_set():
    made = DataSet([DataElement("SOPClassUID", "UI", CT), DataElement("SOPInstanceUID", "UI", "2.25.5")])
    file = dicomkit.read(DICOMFile.create(made).write())
    assert (file.sop_class_uid, file.sop_instance_uid) == (CT, "2.25.5")
    assert file.file_meta_information.MediaStorageSOPClassUID == CT
    assert file.file_meta_information.MediaStorageSOPInstanceUID == "2.25.5"


def test_write_4_unless_they_are_given_and_always_agree():
    made = DataSet([DataElement("SOPClassUID", "UI", CT), DataElement("SOPInstanceUID", "UI", "2.25.5")])
    file = dicomkit.read(DICOMFile.create(made, sop_instance_uid="2.25.6").write())
    assert file.sop_instance_uid == file.file_meta_information.MediaStorageSOPInstanceUID == "2.25.6"
    assert made.SOPInstanceUID == "2.25.5"


def test_write_4_an_edit_of_the_instance_reaches_the_meta_information():
    file = dicomkit.read(DICOMFile.create(DataSet()).write())
    file.SOPInstanceUID = "2.25.99"
    assert dicomkit.read(file.write()).file_meta_information.MediaStorageSOPInstanceUID == "2.25.99"


def test_create_copies():
    made = DataSet([DataElement("PatientName", "PN", "A")])
    file = DICOMFile.create(made)
    made.PatientName = "B"
    assert file.PatientName == "A"
    assert "SOPClassUID" not in made


def test_writing_changes_nothing():
    made = DataSet([DataElement("PatientName", "PN", "A"), DataElement("ReferencedStudySequence", "SQ", [DataSet()])])
    file = DICOMFile.create(made)
    before = file.copy()
    assert file.write() == file.write()
    assert file == before


def test_an_invalid_uid_is_refused():
    with pytest.raises(InvalidValueError):
        DICOMFile.create(DataSet(), sop_class_uid="1.02.3")


# Targets.


def test_targets(tmp_path):
    file = DICOMFile.create(DataSet([DataElement("PixelData", "OB", bytes(100_000))]))
    data = file.write()
    assert file.write(tmp_path / "a.dcm") is None
    assert file.write(str(tmp_path / "b.dcm"), fsync=True) is None
    stream = io.BytesIO()
    assert file.write(stream) is None
    assert data == stream.getvalue() == (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(TargetError):
        file.write(tmp_path)


def test_a_file_may_be_written_over_itself(tmp_path):
    path = tmp_path / "a.dcm"
    DICOMFile.create(DataSet([DataElement("PixelData", "OB", bytes(100_000))])).write(path)
    for options in ({}, {"defer_larger_than": 1}):
        file = dicomkit.read(path, **options)
        file.PatientName = f"Doe^{len(options)}"
        file.write(path)
        assert dicomkit.read(path).PatientName == f"Doe^{len(options)}"
        assert dicomkit.read(path)["PixelData"].value_length == 100_000


def test_a_file_that_is_read_lazily_is_written_like_any_other(tmp_path):
    path = tmp_path / "a.dcm"
    DICOMFile.create(DataSet([DataElement("PixelData", "OW", os.urandom(300_000)), DataElement("Rows", "US", 5)])).write(path)
    for name in ("ExplicitVRLittleEndian", "ImplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian"):
        eager = dicomkit.read(path).transcode(name)
        lazy = dicomkit.read(path, defer_larger_than=1).transcode(name)
        lazy.write(tmp_path / "b.dcm")
        assert (tmp_path / "b.dcm").read_bytes() == eager.write() == dicomkit.read(path, defer_larger_than=1).transcode(name).write()


def test_a_lazy_file_that_became_shorter_leaves_the_target_as_it_was(tmp_path):
    path, target = tmp_path / "a.dcm", tmp_path / "b.dcm"
    DICOMFile.create(DataSet([DataElement("PixelData", "OB", bytes(300_000))])).write(path)
    target.write_bytes(b"old")
    file = dicomkit.read(path, defer_larger_than=1)
    os.truncate(path, 1000)
    with pytest.raises(dicomkit.SourceError):
        file.write(target)
    assert target.read_bytes() == b"old"


def test_the_preamble_is_kept():
    data = part10(data_set([(0x00100010, "PN", "A")]), preamble=b"II*\0" + bytes(124))
    file = dicomkit.read(data)
    file.PatientName = "B"
    assert file.write()[:4] == b"II*\0"


# Frames that come while the file is written.


def image(**changes):
    attributes = {"Rows": 2, "Columns": 3, "SamplesPerPixel": 1, "BitsAllocated": 16, "NumberOfFrames": "3", **changes}
    made = DataSet()
    for keyword, value in attributes.items():
        made[keyword] = value
    return DICOMFile.create(made)


def test_frames(tmp_path):
    frames = [bytes([number]) * 12 for number in range(3)]
    data = image().write(frames=iter(frames))
    assert dicomkit.read(data)["PixelData"].value == b"".join(frames)
    assert dicomkit.read(data)["PixelData"].vr == "OW"
    image().write(tmp_path / "a.dcm", frames=frames)
    assert dicomkit.read(tmp_path / "a.dcm")["PixelData"].value == b"".join(frames)
    assert "PixelData" not in image()


def test_frames_of_odd_length_and_of_bits():
    data = image(BitsAllocated=8, Rows=1, NumberOfFrames="1").write(frames=[b"abc"])
    assert dicomkit.read(data)["PixelData"].value == b"abc\0"
    assert dicomkit.read(data)["PixelData"].vr == "OB"
    bits = image(BitsAllocated=1, Rows=3, NumberOfFrames="1").write(frames=[b"\1\1"])
    assert dicomkit.read(bits)["PixelData"].value_length == 2


@pytest.mark.parametrize("count", [0, 2, 4])
def test_frames_that_are_not_what_was_promised(tmp_path, count):
    path = tmp_path / "a.dcm"
    path.write_bytes(b"old")
    with pytest.raises(PixelDataError):
        image().write(path, frames=[bytes(12)] * count)
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_frames_need_their_attributes():
    file = image()
    del file["Rows"]
    with pytest.raises(MissingRequiredElementError, match="Rows"):
        file.write(frames=[])
    with pytest.raises(LimitExceededError):
        image(Rows=65535, Columns=65535).write(frames=[])


def test_frames_of_a_compressed_file():
    file = DICOMFile.create(DataSet([DataElement("NumberOfFrames", "IS", "2")]), transfer_syntax_uid="JPEGBaseline8Bit")
    assert file.write(frames=[b"ab", b"cde"]).endswith(encapsulated([b"ab", b"cde"]))
    deflated = image().transcode("DeflatedExplicitVRLittleEndian").write(frames=[bytes(12)] * 3)
    assert dicomkit.read(deflated)["PixelData"].value == bytes(36)


@pytest.mark.parametrize("number_of_frames", [None, 1, 2, 4])
def test_frames_of_a_compressed_file_are_as_many_as_it_says(tmp_path, number_of_frames):
    made = DataSet() if number_of_frames is None else DataSet([DataElement("NumberOfFrames", "IS", number_of_frames)])
    file = DICOMFile.create(made, transfer_syntax_uid="JPEGBaseline8Bit")
    with pytest.raises(PixelDataError, match="Number of Frames says"):
        file.write(tmp_path / "a.dcm", frames=[b"ab"] * 3)
    assert list(tmp_path.iterdir()) == []
    video = DICOMFile.create(made, transfer_syntax_uid="MPEG4HP41")
    assert dicomkit.read(video.write(frames=[b"ab"] * 3))["PixelData"].encapsulated_fragment_count == 3


@pytest.mark.parametrize("subsampled", ["YBR_FULL_422", "YBR_PARTIAL_422"])
def test_frames_of_pixels_that_share_their_chroma(subsampled):
    """PS3.3 C.7.6.3.1.2: Y Y CB CR for two pixels."""
    file = image(SamplesPerPixel=3, BitsAllocated=8, Columns=4, NumberOfFrames="2", PhotometricInterpretation=subsampled)
    assert dicomkit.read(file.write(frames=[bytes(16)] * 2))["PixelData"].value_length == 32
    with pytest.raises(PixelDataError):
        file.write(frames=[bytes(24)] * 2)


@pytest.mark.parametrize("number_of_frames", [-1, 0, b"abc "])
@pytest.mark.parametrize("syntax", ["ExplicitVRLittleEndian", "JPEGBaseline8Bit"])
def test_a_number_of_frames_that_is_none(number_of_frames, syntax):
    made = image().data_set
    made["NumberOfFrames"] = number_of_frames
    with pytest.warns() if isinstance(number_of_frames, bytes) else contextlib.nullcontext(), pytest.raises(PixelDataError):
        DICOMFile.create(made, transfer_syntax_uid=syntax).write(frames=[])


@pytest.mark.parametrize("keyword", ["FloatPixelData", "DoubleFloatPixelData"])
def test_frames_do_not_stand_beside_floating_point_numbers(keyword):
    file = image(NumberOfFrames="1")
    file[keyword] = bytes(48)
    with pytest.raises(PixelDataError, match="Float Pixel Data"):
        file.write(frames=[bytes(12)])


@pytest.mark.parametrize("buffering", [0, -1])
def test_a_file_object_without_a_buffer(tmp_path, buffering):
    file = image()
    with (tmp_path / "a.dcm").open("wb", buffering=buffering) as target:
        file.write(target, frames=[bytes(12)] * 3)
    assert (tmp_path / "a.dcm").read_bytes() == file.write(frames=[bytes(12)] * 3)


STREAMED = """
import re, sys, dicomkit
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) * 1024
made = dicomkit.DataSet()
for keyword, value in dict(Rows=1024, Columns=1024, SamplesPerPixel=1, BitsAllocated=16, NumberOfFrames="150").items():
    made[keyword] = value
before = peak()
dicomkit.DICOMFile.create(made).write(sys.argv[1], frames=(bytes([n]) * (1 << 21) for n in range(150)))
print(peak() - before)
file = dicomkit.read(sys.argv[1])
file.PatientName = "A"
file.write(sys.argv[2])
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured by /proc")
def test_a_large_file_needs_little_memory(tmp_path):
    arguments = [sys.executable, "-c", STREAMED, str(tmp_path / "a.dcm"), str(tmp_path / "b.dcm")]
    grown, copied = map(int, subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout.split())
    assert (tmp_path / "b.dcm").stat().st_size > 150 << 21
    assert grown < 16 << 20
    assert copied < 16 << 20


DEFLATED = STREAMED[: STREAMED.index("made =")] + """
import os
made = dicomkit.DataSet()
for keyword, value in dict(Rows=1024, Columns=1024, SamplesPerPixel=1, BitsAllocated=8, NumberOfFrames="48").items():
    made[keyword] = value
frame = os.urandom(1 << 20)
before = peak()
file = dicomkit.DICOMFile.create(made, transfer_syntax_uid="DeflatedExplicitVRLittleEndian")
file.write(sys.argv[1], frames=(frame for _ in range(48)))
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured by /proc")
def test_a_large_deflated_file_needs_little_memory(tmp_path):
    path = tmp_path / "a.dcm"
    printed = subprocess.run([sys.executable, "-c", DEFLATED, str(path)], capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout
    assert path.stat().st_size > 48 << 20
    assert int(printed) < 16 << 20


# Transcoding between native syntaxes.


def test_transcode_keeps_the_original():
    file = DICOMFile.create(DataSet([DataElement("Rows", "US", 5)]))
    other = file.transcode("ExplicitVRBigEndian")
    assert file.transfer_syntax_uid == EXPLICIT_VR_LITTLE_ENDIAN
    assert other.transfer_syntax_uid == other.transfer_syntax.uid == "1.2.840.10008.1.2.2"
    assert dicomkit.read(other.write()).Rows == 5
    with pytest.raises(UnsupportedTransferSyntaxError):
        file.transcode("NoSuchSyntax")
    assert file.transcode(file.transfer_syntax) == file


def test_transcoding_needs_the_attributes_to_decode_by():
    file = dicomkit.read(part10(encapsulated([b"ab"]), "1.2.840.10008.1.2.4.50"))
    with pytest.raises(dicomkit.MissingRequiredElementError):
        file.transcode("RLELossless")
    assert file.transcode("JPEGBaseline8Bit").write() == file.write()


# Elements and blocks.


def test_write_15_factories():
    cases = [
        (DataElement.string("PatientName", "PN", "A"), "PN", b"A "),
        (DataElement.strings("ImageType", "CS", ["A", "B"]), "CS", b"A\\B "),
        (DataElement.uint16("Rows", 1), "US", b"\1\0"),
        (DataElement.uint16s(0x00091001, [1, 2]), "US", b"\1\0\2\0"),
        (DataElement.uint32(0x00091001, 1), "UL", b"\1\0\0\0"),
        (DataElement.int16(0x00091001, -1), "SS", b"\xff\xff"),
        (DataElement.int32(0x00091001, -1), "SL", b"\xff\xff\xff\xff"),
        (DataElement.float32(0x00091001, 1.0), "FL", struct.pack("<f", 1)),
        (DataElement.float64(0x00091001, 1.0), "FD", struct.pack("<d", 1)),
        (DataElement.bytes_of(0x00091001, "OB", b"abc"), "OB", b"abc\0"),
    ]
    for made, vr, value in cases:
        assert (made.vr, bytes(made.value_data)) == (vr, value)
    assert DataElement.sequence("ReferencedStudySequence", [DataSet()]).sequence_item_count == 1
    with pytest.raises(InvalidValueError):
        DataElement.string("Rows", "US", "1")


def test_encapsulated_factory():
    made = DataElement.encapsulated([b"abc", b"de"], [0, 12])
    assert made.encapsulated_offset_table == [0, 12]
    assert [bytes(fragment) for fragment in made.encapsulated_fragments] == [b"abc\0", b"de"]
    file = DICOMFile.create(DataSet([made]), transfer_syntax_uid="JPEGBaseline8Bit")
    assert file.write().endswith(encapsulated([b"abc", b"de"], [0, 12]))


class TestPrivateBlocks:
    def test_a_block_of_elements_without_a_creator_is_taken(self):
        """PS3.5 7.8.1: they would be elements of whoever reserves it."""
        foreign = [DataElement(0x00091001, "LO", "foreign"), DataElement(0x0009127F, "UN", b"ab")]
        ds = DataSet([*foreign, DataElement(0x00090011, "LO", "ACME")])
        assert ds.private_block(0x0009, "OTHER", create=True).block == 0x13
        assert ds.private_block(0x0009, "ACME", create=True).block == 0x11
        assert ds.private_block(0x000B, "OTHER", create=True).block == 0x10
        full = DataSet([DataElement(0x00090000 | block << 8, "UN", b"") for block in range(0x10, 0x100)])
        with pytest.raises(InvalidTagError, match="all blocks"):
            full.private_block(0x0009, "OTHER", create=True)

    def test_reserve(self):
        ds = DataSet()
        assert ds.private_block(0x0009, "ACME") is None
        block = ds.private_block(0x0009, "ACME", create=True)
        block.set(0x01, "LO", "a value")
        assert ds[0x00090010].value == "ACME"
        assert ds[0x00091001].value == "a value"
        assert block[0x01].value == block.get(0x01) == "a value"
        assert ds.private_block(0x0009, "OTHER", create=True).block == 0x11
        assert ds.private_block(0x0009, "ACME", create=True).block == 0x10
        assert [0x01 in block, 0x02 in block, len(block)] == [True, False, 1]
        assert [entry.tag for entry in block] == [0x00091001]
        del block[0x01]
        assert 0x00091001 not in ds
        assert "ACME" not in repr(block)

    def test_known_private_elements_have_a_vr(self):
        block = DataSet().private_block(0x0019, "GEMS_ACQU_01", create=True)
        block[0x02] = 5
        assert block[0x02].vr == "SL"
        with pytest.raises(InvalidValueError):
            block[0xF7] = "nobody knows"

    def test_round_trip(self):
        ds = DataSet()
        ds.private_block(0x0009, "ACME", create=True).set(0x01, "FD", 1.5)
        for syntax in ("ExplicitVRLittleEndian", "ExplicitVRBigEndian"):
            read = dicomkit.read(DICOMFile.create(ds, transfer_syntax_uid=syntax).write())
            assert read.data_set.private_block(0x0009, "ACME").get(0x01) == 1.5

    @pytest.mark.parametrize("group", [0x0008, 0x0001, 0x0007, 0xFFFF, 0x10009])
    def test_groups_that_are_not_private(self, group):
        with pytest.raises(InvalidTagError):
            DataSet().private_block(group, "ACME", create=True)

    def test_a_full_group(self):
        ds = DataSet()
        for number in range(240):
            ds.private_block(0x0009, f"ACME {number}", create=True)
        with pytest.raises(InvalidTagError, match="0009"):
            ds.private_block(0x0009, "ONE MORE", create=True)

    @pytest.mark.parametrize("offset", [-1, 256])
    def test_offsets_are_bytes(self, offset):
        with pytest.raises(InvalidTagError):
            DataSet().private_block(0x0009, "ACME", create=True)[offset]
