"""Bytes of data elements, sequences, encapsulated pixel data and Part 10 files, made for tests and samples.

Nothing here validates: a test says exactly which bytes it wants, lies included (``length=``, ``group_length=``).
Values given as ``bytes`` are stored as they are, odd lengths too; other values are encoded and padded by their VR.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from dicomkit.vr import VR

if TYPE_CHECKING:
    from dicomkit.codecs import FrameDescriptor

__all__ = [
    "DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN",
    "EXPLICIT_VR_BIG_ENDIAN",
    "EXPLICIT_VR_LITTLE_ENDIAN",
    "IMPLICIT_VR_LITTLE_ENDIAN",
    "UNDEFINED_LENGTH",
    "Attribute",
    "Value",
    "data_set",
    "deflate",
    "element",
    "encapsulated",
    "encode_value",
    "file_meta",
    "fragment",
    "image_file",
    "item",
    "part10",
    "sequence",
]

# Transfer Syntax UIDs of PS3.6 Table A-1 that builders must tell apart. Literals, so that tests don't lean on what they test.
IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1.99"
EXPLICIT_VR_BIG_ENDIAN = "1.2.840.10008.1.2.2"

UNDEFINED_LENGTH = 0xFFFFFFFF

_ITEM = 0xFFFEE000
_ITEM_DELIMITATION_ITEM = 0xFFFEE00D
_SEQUENCE_DELIMITATION_ITEM = 0xFFFEE0DD
_PIXEL_DATA = 0x7FE00010
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_STRUCT_CODES = {
    "US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d",
    "OW": "H", "OL": "I", "OV": "Q", "OF": "f", "OD": "d", "OB": "B", "UN": "B",
}  # fmt: skip

Value: TypeAlias = bytes | str | int | float | Sequence[str | int | float] | None
"""What :func:`element` takes: raw bytes, text, a number, nothing, or several texts or numbers."""

Attribute: TypeAlias = tuple[int, str, "Value | Sequence[Iterable[Attribute]]"]
"""Tag, VR and value of an element for :func:`data_set`; the value of an SQ is a list of items."""


def _pack(code: str, numbers: Iterable[int | float], big_endian: bool) -> bytes:
    values = list(numbers)
    return struct.pack(f"{'>' if big_endian else '<'}{len(values)}{code}", *values)


def encode_value(vr: str, value: Value, *, big_endian: bool = False) -> bytes:
    """Encode a value for its VR, padded to an even length (PS3.5 6.2).

    Parameters
    ----------
    vr
        Two letters.
    value
        Bytes are returned as they are, without padding. Numbers of binary VRs are packed in the byte order asked for; AT takes
        ``0xGGGGEEEE``. Anything else is written as text in UTF-8, several values joined by backslashes, and padded with a space
        (with a NUL for UI).
    """
    if isinstance(value, bytes):
        return value
    if value is None:
        return b""
    values = [value] if isinstance(value, (str, int, float)) else list(value)
    if vr == "AT":
        tags = [int(tag) for tag in values]
        return _pack("H", (half for tag in tags for half in (tag >> 16, tag & 0xFFFF)), big_endian)
    if vr in _STRUCT_CODES:
        encoded = _pack(_STRUCT_CODES[vr], (float(v) if isinstance(v, float) else int(v) for v in values), big_endian)
        return encoded + b"\0" * (len(encoded) % 2)
    text = "\\".join(str(v) for v in values).encode()
    return text + (b"\0" if vr == "UI" else b" ") * (len(text) % 2)


def _header(tag: int, vr: str | None, length: int, big_endian: bool) -> bytes:
    order = ">" if big_endian else "<"
    group_element = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
    if vr is None:
        return group_element + struct.pack(f"{order}I", length)
    if vr not in VR.__members__ or VR(vr).has_long_length:
        return group_element + vr.encode("latin-1") + b"\0\0" + struct.pack(f"{order}I", length)
    return group_element + vr.encode("latin-1") + struct.pack(f"{order}H", length)


def element(tag: int, vr: str, value: Value = b"", *, implicit: bool = False, big_endian: bool = False, length: int | None = None) -> bytes:
    """Build one data element (PS3.5 7.1).

    Parameters
    ----------
    tag
        ``0xGGGGEEEE`` or a ``Tag``.
    vr
        Two letters; letters that are no VR get the header with a 32-bit length. Not written when ``implicit``.
    value
        As for :func:`encode_value`.
    length
        Value Length to write instead of the true one.
    """
    encoded = encode_value(vr, value, big_endian=big_endian)
    return _header(tag, None if implicit else vr, len(encoded) if length is None else length, big_endian) + encoded


def item(content: bytes = b"", *, undefined: bool = False, big_endian: bool = False, length: int | None = None) -> bytes:
    """Build an item: of defined length, or of undefined length with its delimitation item (PS3.5 7.5)."""
    if undefined:
        end = _header(_ITEM_DELIMITATION_ITEM, None, 0, big_endian)
        return _header(_ITEM, None, UNDEFINED_LENGTH, big_endian) + content + end
    return _header(_ITEM, None, len(content) if length is None else length, big_endian) + content


def sequence(
    tag: int,
    items: Iterable[bytes] = (),
    *,
    undefined: bool = False,
    undefined_items: bool | None = None,
    implicit: bool = False,
    big_endian: bool = False,
    vr: str = "SQ",
    length: int | None = None,
) -> bytes:
    """Build a sequence from the contents of its items (PS3.5 7.5).

    Parameters
    ----------
    items
        The data elements of each item, without item headers.
    undefined
        Whether the sequence has an undefined length and a delimitation item.
    undefined_items
        The same of each item; by default as the sequence.
    vr
        ``UN`` with an undefined length holds items in implicit VR little endian (PS3.5 6.2.2 note 4).
    """
    in_items = undefined if undefined_items is None else undefined_items
    content = b"".join(item(one, undefined=in_items, big_endian=big_endian) for one in items)
    if undefined:
        end = _header(_SEQUENCE_DELIMITATION_ITEM, None, 0, big_endian)
        return _header(tag, None if implicit else vr, UNDEFINED_LENGTH, big_endian) + content + end
    return element(tag, vr, content, implicit=implicit, big_endian=big_endian, length=length)


def fragment(content: bytes) -> bytes:
    """Build one fragment of encapsulated pixel data: an item, padded with a NUL to an even length (PS3.5 A.4)."""
    return item(content + b"\0" * (len(content) % 2))


def encapsulated(
    fragments: Iterable[bytes],
    offset_table: Sequence[int] | None = (),
    *,
    tag: int = _PIXEL_DATA,
    vr: str = "OB",
    delimited: bool = True,
) -> bytes:
    """Build encapsulated pixel data, always explicit VR little endian (PS3.5 A.4).

    Parameters
    ----------
    fragments
        Contents, padded to even lengths.
    offset_table
        Offsets of the Basic Offset Table, counted from the first byte after the table's item. Empty for an empty table; None
        leaves out even its item, which the Standard forbids.
    delimited
        Whether the sequence delimitation item is there.
    """
    content = b"" if offset_table is None else item(_pack("I", offset_table, False))
    content += b"".join(map(fragment, fragments))
    end = _header(_SEQUENCE_DELIMITATION_ITEM, None, 0, False) if delimited else b""
    return _header(tag, vr, UNDEFINED_LENGTH, False) + content + end


def data_set(attributes: Iterable[Attribute], *, implicit: bool = False, big_endian: bool = False, undefined: bool = False) -> bytes:
    """Build the elements of a data set in tag order.

    Parameters
    ----------
    attributes
        ``(tag, vr, value)`` of each element. The value of an SQ is a list of items, each an iterable of attributes.
    undefined
        Whether sequences and items have undefined lengths.
    """
    encoded = []
    for tag, vr, value in sorted(attributes, key=lambda attribute: attribute[0]):
        if vr == "SQ":
            contents = cast("Sequence[Iterable[Attribute]]", value or ())
            items = [data_set(one, implicit=implicit, big_endian=big_endian, undefined=undefined) for one in contents]
            encoded.append(sequence(tag, items, undefined=undefined, implicit=implicit, big_endian=big_endian))
        else:
            encoded.append(element(tag, vr, cast("Value", value), implicit=implicit, big_endian=big_endian))
    return b"".join(encoded)


def deflate(content: bytes) -> bytes:
    """Compress a data set as the deflated transfer syntax wants it: raw deflate, padded to an even length (PS3.5 A.5)."""
    compressor = zlib.compressobj(wbits=-15)
    deflated = compressor.compress(content) + compressor.flush()
    return deflated + b"\0" * (len(deflated) % 2)


def file_meta(
    transfer_syntax_uid: str | None = EXPLICIT_VR_LITTLE_ENDIAN,
    *,
    sop_class_uid: str = _SECONDARY_CAPTURE,
    sop_instance_uid: str = "2.25.1",
    implementation_class_uid: str = "2.25.2",
    more: bytes = b"",
    group_length: int | None = None,
) -> bytes:
    """Build File Meta Information (PS3.10 7.1), always explicit VR little endian.

    Parameters
    ----------
    transfer_syntax_uid
        None leaves the element out.
    more
        Further elements of group 0002, already encoded, with tags above (0002,0012).
    group_length
        File Meta Information Group Length to write instead of the true one.
    """
    content = element(0x00020001, "OB", b"\0\1") + element(0x00020002, "UI", sop_class_uid)
    content += element(0x00020003, "UI", sop_instance_uid)
    if transfer_syntax_uid is not None:
        content += element(0x00020010, "UI", transfer_syntax_uid)
    content += element(0x00020012, "UI", implementation_class_uid) + more
    return element(0x00020000, "UL", len(content) if group_length is None else group_length) + content


def part10(
    data_set_bytes: bytes,
    transfer_syntax_uid: str | None = EXPLICIT_VR_LITTLE_ENDIAN,
    *,
    preamble: bytes = bytes(128),
    meta: bytes | None = None,
) -> bytes:
    """Build a DICOM file (PS3.10 7): preamble, prefix, File Meta Information, data set.

    Parameters
    ----------
    data_set_bytes
        The data set, encoded for the transfer syntax; it is deflated here for the deflated one.
    meta
        File Meta Information to use instead of :func:`file_meta`.
    """
    if transfer_syntax_uid == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:
        data_set_bytes = deflate(data_set_bytes)
    return preamble + b"DICM" + (file_meta(transfer_syntax_uid) if meta is None else meta) + data_set_bytes


def image_file(
    descriptor: FrameDescriptor, pixel_data: bytes | Sequence[bytes], transfer_syntax_uid: str = EXPLICIT_VR_LITTLE_ENDIAN
) -> bytes:
    """Build a DICOM file of a Secondary Capture, with nothing but what pixels need.

    Parameters
    ----------
    descriptor
        What the image attributes say, as :class:`dicomkit.testing.FrameShape` does.
    pixel_data
        Native frames, one after the other; or encoded frames, each of which becomes a fragment.
    """
    samples = descriptor.samples_per_pixel
    attributes: list[Attribute] = [
        (0x00080016, "UI", _SECONDARY_CAPTURE),
        (0x00080018, "UI", "2.25.1"),
        (0x00280002, "US", samples),
        (0x00280004, "CS", str(descriptor.photometric_interpretation)),
        (0x00280010, "US", descriptor.rows),
        (0x00280011, "US", descriptor.columns),
        (0x00280100, "US", descriptor.bits_allocated),
        (0x00280101, "US", descriptor.bits_stored),
        (0x00280102, "US", descriptor.high_bit),
        (0x00280103, "US", int(descriptor.is_signed)),
    ]
    if samples > 1:
        attributes.append((0x00280006, "US", descriptor.planar_configuration))
    if isinstance(pixel_data, bytes):
        frame_count = len(pixel_data) * 8 // (descriptor.rows * descriptor.columns * samples * descriptor.bits_allocated)
        pixels = element(_PIXEL_DATA, "OW", pixel_data + b"\0" * (len(pixel_data) % 2))
    else:
        frame_count, pixels = len(pixel_data), encapsulated(pixel_data)
    if frame_count > 1:
        attributes.append((0x00280008, "IS", str(frame_count)))
    return part10(data_set(attributes) + pixels, transfer_syntax_uid)
