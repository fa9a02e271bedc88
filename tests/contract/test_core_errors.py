"""CORE-31: each error is reached by a crafted input, says where, and is what a caller would expect to catch."""

from __future__ import annotations

import pickle

import pytest

import dicomkit
from dicomkit import errors
from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    data_set,
    element,
    encapsulated,
    file_meta,
    item,
    part10,
    sequence,
)

DATA = part10(data_set([(0x00080060, "CS", "CT"), (0x00100010, "PN", "Doe^Jane")]))
IMAGE = [
    (0x00280002, "US", 1),
    (0x00280004, "CS", "MONOCHROME2"),
    (0x00280010, "US", 2),
    (0x00280011, "US", 2),
    (0x00280100, "US", 16),
    (0x00280101, "US", 16),
    (0x00280102, "US", 15),
    (0x00280103, "US", 0),
]
MPEG2 = "1.2.840.10008.1.2.4.100"  # which no codec of ours decodes


def deep(levels: int) -> bytes:
    content = b""
    for _ in range(levels):
        content = sequence(0x0040A730, [content])
    return content


REACHED = {
    "InvalidPreambleError": lambda: dicomkit.read(DATA[128:]),
    "InvalidDICMPrefixError": lambda: dicomkit.read(bytes(200)),
    "UnexpectedEndOfDataError": lambda: dicomkit.read(DATA[:-1]),
    "InvalidVRError": lambda: dicomkit.read(part10(element(0x00080060, "CS", "CT") + b"\x10\0\x10\0\xff\xfe\xff\xff" + b"\xff" * 8)),
    "InvalidTagError": lambda: dicomkit.read(part10(item(b"ab"))),
    "ParsingError": lambda: dicomkit.read(part10(element(0x0040A160, "UT", b"", length=0xFFFFFFFF) + bytes(40))),
    "InvalidValueError": lambda: dicomkit.read(part10(element(0x00080020, "DA", "notadate")), strict=True)["StudyDate"].value,
    "LimitExceededError": lambda: dicomkit.read(part10(deep(3)), max_depth=2),
    "UnsupportedTransferSyntaxError": lambda: dicomkit.read(part10(b"", meta=file_meta("1.2.3"))),
    "MissingRequiredElementError": lambda: dicomkit.read(part10(data_set([*IMAGE[:3], (0x7FE00010, "OW", bytes(8))]))).pixel_data(),
    "UnknownKeywordError": lambda: dicomkit.read(DATA).PatientNam,
    "PixelDataError": lambda: dicomkit.read(part10(data_set([*IMAGE, (0x7FE00010, "OW", bytes(2))]))).pixel_data().frame(0),
    "NoCodecError": lambda: dicomkit.read(part10(data_set(IMAGE) + encapsulated([b"ab"]), MPEG2)).pixel_data().frame(0),
    "SourceError": lambda: dicomkit.read("/"),
    "SourceNotFoundError": lambda: dicomkit.read("/no/such/file"),
    "TargetError": lambda: dicomkit.DICOMFile.create(dicomkit.DataSet()).write("/no/such/folder/file.dcm"),
}
BUILTINS = {
    "EncodingError": ValueError,
    "UnsupportedTransferSyntaxError": ValueError,
    "MissingRequiredElementError": LookupError,
    "UnknownKeywordError": (KeyError, AttributeError),
    "PixelDataError": ValueError,
    "SourceError": OSError,
    "SourceNotFoundError": FileNotFoundError,
    "TargetError": OSError,
}


def test_core_31_every_error_is_reached_here():
    kinds = {name for name in errors.__all__ if name.endswith("Error")}
    assert kinds - {"DICOMError", "EncodingError"} == set(REACHED)


@pytest.mark.parametrize("name", REACHED)
def test_core_31_each_error(name):
    kind = getattr(dicomkit, name)
    with pytest.raises(kind) as caught:
        REACHED[name]()
    error = caught.value
    assert type(error) is kind or name in ("PixelDataError", "SourceError")
    assert isinstance(error, dicomkit.DICOMError)
    assert len(str(error)) > 10
    for base, builtin in BUILTINS.items():
        if issubclass(kind, getattr(dicomkit, base)):
            assert all(isinstance(error, one) for one in (builtin if isinstance(builtin, tuple) else (builtin,)))
    if isinstance(error, dicomkit.EncodingError):
        assert error.offset is not None
        assert f"{error.offset:#x}" in str(error)


@pytest.mark.parametrize("name", REACHED)
def test_core_31_errors_pickle(name):
    """They come back from worker processes."""
    with pytest.raises(getattr(dicomkit, name)) as caught:
        REACHED[name]()
    error = caught.value
    twin = pickle.loads(pickle.dumps(error))
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    for attribute in ("offset", "tag", "uid", "keyword", "transfer_syntax_uid", "errno", "filename"):
        assert getattr(twin, attribute, None) == getattr(error, attribute, None)


@pytest.mark.parametrize(
    ("data", "tag", "offset"),
    [
        (DATA[:-1], 0x00100010, len(DATA) - 16),
        (part10(element(0x00080060, "CS", "CT") + item(b"")), 0xFFFEE000, len(part10(element(0x00080060, "CS", "CT")))),
        (part10(sequence(0x0040A730, [element(0x00080060, "CS", b"", length=50)])), 0x00080060, len(part10(b"")) + 12 + 8),
    ],
)
def test_core_31_tag_and_offset(data, tag, offset):
    with pytest.raises(dicomkit.EncodingError) as caught:
        dicomkit.read(data)
    assert (caught.value.tag, caught.value.offset) == (tag, offset)
    assert f"({tag >> 16:04X},{tag & 0xFFFF:04X})" in str(caught.value)
    assert data[offset : offset + 4] == (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")


def test_core_31_vr_bytes_are_told_in_hexadecimal():
    with pytest.raises(dicomkit.InvalidVRError, match="FFFE"):
        REACHED["InvalidVRError"]()


def test_core_31_offsets_of_deflated_data_are_those_of_the_inflated():
    data = part10(element(0x00080060, "CS", "CT") + element(0x00100010, "PN", b"ab", length=99), DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)
    with pytest.raises(dicomkit.UnexpectedEndOfDataError) as caught:
        dicomkit.read(data)
    assert (caught.value.tag, caught.value.offset) == (0x00100010, 10)
