"""Builders are checked against byte strings spelled out from PS3.5 7 and PS3.10 7, and against pydicom as a reader."""

import io
import struct
import zlib

import pydicom
import pytest

from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    FrameShape,
    data_set,
    deflate,
    element,
    encapsulated,
    encode_value,
    file_meta,
    image_file,
    item,
    part10,
    sequence,
)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"tag": 0x00280010, "vr": "US", "value": 258}, b"\x28\0\x10\0US\x02\0\x02\x01"),
        ({"tag": 0x00280010, "vr": "US", "value": 258, "big_endian": True}, b"\0\x28\0\x10US\0\x02\x01\x02"),
        ({"tag": 0x00280010, "vr": "US", "value": 258, "implicit": True}, b"\x28\0\x10\0\x02\0\0\0\x02\x01"),
        ({"tag": 0x7FE00010, "vr": "OW", "value": b"\x01\x02"}, b"\xe0\x7f\x10\0OW\0\0\x02\0\0\0\x01\x02"),
        ({"tag": 0x00280010, "vr": "ZZ", "value": b"\x01\x02"}, b"\x28\0\x10\0ZZ\0\0\x02\0\0\0\x01\x02"),
        ({"tag": 0x00280010, "vr": "US", "value": b"\x01", "length": 9}, b"\x28\0\x10\0US\x09\0\x01"),
    ],
)
def test_element_headers(arguments, expected):
    assert element(**arguments) == expected


@pytest.mark.parametrize(
    ("vr", "value", "little", "big"),
    [
        ("AT", [0x00280010, 0x00280011], b"\x28\0\x10\0\x28\0\x11\0", b"\0\x28\0\x10\0\x28\0\x11"),
        ("SS", -2, b"\xfe\xff", b"\xff\xfe"),
        ("FD", [0.5, 2], struct.pack("<2d", 0.5, 2), struct.pack(">2d", 0.5, 2)),
        ("OB", [1, 2, 3], b"\1\2\3\0", b"\1\2\3\0"),
        ("UI", "1.2", b"1.2\0", b"1.2\0"),
        ("DS", [0.5, 1], b"0.5\\1 ", b"0.5\\1 "),
        ("CS", None, b"", b""),
        ("PN", b"odd", b"odd", b"odd"),
    ],
)
def test_values(vr, value, little, big):
    assert encode_value(vr, value) == little
    assert encode_value(vr, value, big_endian=True) == big


def test_items_and_sequences():
    assert item(b"ab") == b"\xfe\xff\0\xe0\x02\0\0\0ab"
    assert item(b"ab", undefined=True) == b"\xfe\xff\0\xe0\xff\xff\xff\xffab\xfe\xff\x0d\xe0\0\0\0\0"
    assert sequence(0x00081111, [b"ab"]) == b"\x08\0\x11\x11SQ\0\0\x0a\0\0\0" + item(b"ab")
    assert sequence(0x00081111, [b"ab"], undefined=True, undefined_items=False) == (
        b"\x08\0\x11\x11SQ\0\0\xff\xff\xff\xff" + item(b"ab") + b"\xfe\xff\xdd\xe0\0\0\0\0"
    )
    assert sequence(0x00081111, [b"ab"], implicit=True, big_endian=True) == b"\0\x08\x11\x11\0\0\0\x0a\xff\xfe\xe0\0\0\0\0\x02ab"


def test_encapsulated():
    end = b"\xfe\xff\xdd\xe0\0\0\0\0"
    assert encapsulated([b"abc"], [0]) == (b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff" + item(b"\0\0\0\0") + item(b"abc\0") + end)
    assert encapsulated([b"ab"], None, delimited=False) == b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff" + item(b"ab")
    assert encapsulated([]) == b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff" + item(b"") + end


def test_group_length_counts_what_follows_it():
    meta = file_meta()
    assert meta[:8] == b"\x02\0\0\0UL\x04\0"
    assert struct.unpack("<I", meta[8:12])[0] == len(meta) - 12
    assert file_meta(group_length=7)[8:12] == b"\x07\0\0\0"
    assert b"\x02\0\x10\0" not in file_meta(None)


def test_deflate_is_raw_and_even():
    for count in range(40):
        deflated = deflate(bytes(range(count)))
        assert len(deflated) % 2 == 0
        assert zlib.decompressobj(-15).decompress(deflated) == bytes(range(count))


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize(
    "uid", [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN]
)
def test_pydicom_reads_what_was_built(uid, undefined):
    attributes = [
        (0x00280010, "US", 3),
        (0x00100010, "PN", "Doe^John"),
        (0x00081111, "SQ", [[(0x00081150, "UI", "1.2.3"), (0x00081140, "SQ", [])], []]),
        (0x00280034, "IS", [4, 3]),
    ]
    encoded = data_set(attributes, implicit=uid == IMPLICIT_VR_LITTLE_ENDIAN, big_endian=uid == EXPLICIT_VR_BIG_ENDIAN, undefined=undefined)
    read = pydicom.dcmread(io.BytesIO(part10(encoded, uid)))
    assert read.file_meta.TransferSyntaxUID == uid
    assert [element.tag for element in read] == [0x00081111, 0x00100010, 0x00280010, 0x00280034]
    assert (read.Rows, read.PatientName, read.PixelAspectRatio) == (3, "Doe^John", [4, 3])
    assert read[0x00081111].value[0].ReferencedSOPClassUID == "1.2.3"
    assert len(read[0x00081111].value) == 2
    assert len(read[0x00081111].value[0][0x00081140].value) == 0


def test_pydicom_reads_an_image():
    shape = FrameShape(rows=3, columns=5, bits_stored=12, is_signed=True)
    native = pydicom.dcmread(io.BytesIO(image_file(shape, bytes(range(60)))))
    assert (native.NumberOfFrames, native.pixel_array.shape, native.PixelRepresentation) == (2, (2, 3, 5), 1)
    assert (native.BitsAllocated, native.BitsStored, native.HighBit) == (16, 12, 11)
    assert "NumberOfFrames" not in pydicom.dcmread(io.BytesIO(image_file(shape, bytes(30))))


def test_pydicom_reads_encoded_frames():
    shape = FrameShape(rows=1, columns=1, samples_per_pixel=3, photometric_interpretation="RGB", planar_configuration=1)
    read = pydicom.dcmread(io.BytesIO(image_file(shape, [b"abc", b"de"], "1.2.840.10008.1.2.5")))
    assert (read.NumberOfFrames, read.PlanarConfiguration, read.PhotometricInterpretation) == (2, 1, "RGB")
    assert [*pydicom.encaps.generate_fragments(read.PixelData)] == [b"", b"abc\0", b"de"]
    odd = pydicom.dcmread(io.BytesIO(image_file(shape, bytes(3))))
    assert odd.PixelData == bytes(4)
