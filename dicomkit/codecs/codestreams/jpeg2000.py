"""The main header of JPEG 2000 (ISO/IEC 15444-1) and High-Throughput JPEG 2000 (ISO/IEC 15444-15) codestreams."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomkit.codecs.codestreams.checks import END_MARKER, check_end, check_frame
from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from dicomkit.codecs.contract import FrameDescriptor

__all__ = ["JPEG2000Header", "parse_jpeg2000_header"]

_SOC, _CAP, _SIZ, _COD, _COM, _SOT = 0xFF4F, 0xFF50, 0xFF51, 0xFF52, 0xFF64, 0xFF90
_JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_MOST_BOXES, _MOST_SEGMENTS = 256, 4096
_LARGEST_PRECISION = 38
# A decoder keeps some kilobytes for each tile before it decodes one; real tiles have more pixels than this.
_PIXELS_PER_TILE, _TILES_AT_LEAST = 1024, 64
_TILE_PARTS_PER_TILE = 255


@dataclass(frozen=True, slots=True)
class JPEG2000Header:
    """What SIZ, COD and CAP say.

    Attributes
    ----------
    codestream_offset
        Where the codestream begins: not at 0 in a JP2 file, which has no place in DICOM (PS3.5 A.4.4) and comes all the same.
    first_tile_part_offset
        Where the first tile part begins, from the start of the codestream.
    precision, is_signed
        Bits and sign of the samples of all components.
    tile_count
        Tiles that the image is cut into.
    component_count
        How many components there are.
    is_subsampled
        Whether a component has fewer samples than the frame has pixels.
    is_reversible
        Whether the wavelet transformation is the reversible one.
    has_component_transform
        Whether RCT or ICT was applied to the first three components.
    is_high_throughput
        Whether blocks are coded as ISO/IEC 15444-15 has it.
    siz_component_offset
        Where the first component's Ssiz lies, from the start of the codestream.
    """

    codestream_offset: int
    first_tile_part_offset: int
    rows: int
    columns: int
    precision: int
    is_signed: bool
    component_count: int
    tile_count: int
    is_subsampled: bool
    is_reversible: bool
    has_component_transform: bool
    is_high_throughput: bool
    siz_component_offset: int

    @property
    def length(self) -> int:
        """Bytes from the start of the frame to the end of the first tile part's marker and length."""
        return self.codestream_offset + self.first_tile_part_offset + 4

    def check_frame(self, descriptor: FrameDescriptor) -> None:
        """Raise :class:`PixelDataError` if the codestream is not the frame that the data set describes."""
        check_frame(self.rows, self.columns, self.component_count, self.precision, descriptor)
        if self.is_subsampled:
            raise PixelDataError("the codestream has components with fewer samples than the frame has pixels")
        if self.tile_count > max(_TILES_AT_LEAST, descriptor.rows * descriptor.columns // _PIXELS_PER_TILE):
            raise PixelDataError(f"the codestream cuts the frame into {self.tile_count} tiles")

    def codestream(self, encoded: memoryview) -> memoryview:
        """Return the codestream without the JP2 file around it, and with nothing between its last tile part and its end.

        Some writers put a comment there (ISO/IEC 15444-1 A.9.2 has it in headers), and OpenJPEG stumbles on it.

        Parameters
        ----------
        encoded
            What the header was read from.

        Raises
        ------
        PixelDataError
            If it is cut off, or a tile is missing.
        """
        check_end(encoded[self.codestream_offset + self.first_tile_part_offset :])
        end = self._find_end_of_tile_parts(encoded)
        if encoded[end : end + 2] == _COM.to_bytes(2, "big"):
            return memoryview(bytes(encoded[self.codestream_offset : end]) + END_MARKER)
        return encoded[self.codestream_offset :]

    def _find_end_of_tile_parts(self, encoded: memoryview) -> int:
        """Every tile has a part, and no part ends after the codestream (ISO/IEC 15444-1 A.4.2). Return where the last one ends."""
        offset, seen = self.codestream_offset + self.first_tile_part_offset, set()
        for _ in range(self.tile_count * _TILE_PARTS_PER_TILE):
            header = bytes(encoded[offset : offset + 12])
            if len(header) < 12 or header[:2] != _SOT.to_bytes(2, "big"):
                break
            _, _, tile_index, length = struct.unpack(">HHHI", header[:10])
            if tile_index >= self.tile_count:
                raise PixelDataError(f"the codestream has a part of tile {tile_index}; there are {self.tile_count}")
            seen.add(tile_index)
            if length == 0:         # up to the end of the codestream
                break
            if offset + length > len(encoded):
                raise PixelDataError(f"the codestream is cut off in tile {tile_index}")
            offset += max(length, 12)
        if len(seen) < self.tile_count:
            raise PixelDataError(f"the codestream has {len(seen)} of {self.tile_count} tiles")
        return offset


def parse_jpeg2000_header(encoded: memoryview) -> JPEG2000Header:
    """Read the main header of a codestream, in a JP2 file or bare.

    Raises
    ------
    PixelDataError
        If it is no JPEG 2000, ends in its header, or has components that differ from each other.
    """
    start = _find_codestream(encoded)
    data = encoded[start:]
    if bytes(data[:4]) != struct.pack(">HH", _SOC, _SIZ):
        raise PixelDataError("the frame does not begin with a JPEG 2000 start-of-codestream marker")
    siz, cod, is_high_throughput = b"", b"", False
    offset = 2
    for _ in range(_MOST_SEGMENTS):
        marker, length = _marker_and_length(data, offset)
        if marker == _SOT:
            return _make_header(start, offset, siz, cod, is_high_throughput)
        if length < 2 or offset + 2 + length > len(data):
            raise PixelDataError("the codestream is cut off in its main header")
        segment = bytes(data[offset + 4 : offset + 2 + length]) if marker in (_SIZ, _COD, _CAP) else b""
        if marker == _SIZ:
            siz = siz or segment
        elif marker == _COD:
            cod = cod or segment
        elif marker == _CAP and len(segment) >= 4:
            is_high_throughput = bool(int.from_bytes(segment[:4], "big") >> 17 & 1)     # Pcap15, counted from the highest bit
        offset += 2 + length
    raise PixelDataError(f"the codestream has more than {_MOST_SEGMENTS} segments in its main header")


def _find_codestream(encoded: memoryview) -> int:
    """Return where the codestream begins in a JP2 file (ISO/IEC 15444-1 I.5.4); 0 for anything else."""
    if bytes(encoded[:12]) != _JP2_SIGNATURE:
        return 0
    offset = 0
    for _ in range(_MOST_BOXES):
        if offset + 8 > len(encoded):
            break
        length, kind = struct.unpack(">I4s", encoded[offset : offset + 8])
        header = 8
        if length == 1 and offset + 16 <= len(encoded):
            length, header = int.from_bytes(encoded[offset + 8 : offset + 16], "big"), 16
        if kind == b"jp2c":
            return offset + header
        if length < header:
            break
        offset += length
    raise PixelDataError("the frame is a JP2 file without a codestream")


def _marker_and_length(data: memoryview, offset: int) -> tuple[int, int]:
    if offset + 4 > len(data):
        raise PixelDataError("the codestream is cut off in its main header")
    marker, length = struct.unpack(">HH", data[offset : offset + 4])
    if marker < 0xFF00:
        raise PixelDataError(f"the codestream has no marker at byte {offset}, where one belongs")
    return marker, length


def _make_header(start: int, tile_part_offset: int, siz: bytes, cod: bytes, is_high_throughput: bool) -> JPEG2000Header:
    count = int.from_bytes(siz[34:36], "big") if len(siz) >= 36 else 0
    if not count or len(siz) < 36 + 3 * count or len(cod) < 10:
        raise PixelDataError("the codestream has a SIZ or COD segment that is too short or missing")
    right, bottom, left, top, tile_width, tile_height, tile_left, tile_top = struct.unpack(">8I", siz[2:34])
    if left >= right or top >= bottom or not tile_width or not tile_height or tile_left > left or tile_top > top:
        raise PixelDataError("the codestream has an image area or tiles that are empty")
    components = {(siz[at], siz[at + 1], siz[at + 2]) for at in range(36, 36 + 3 * count, 3)}
    if len({depth for depth, _, _ in components}) > 1:
        raise PixelDataError("the codestream has components of different depth or sign")
    depth = siz[36]
    precision = (depth & 0x7F) + 1
    if precision > _LARGEST_PRECISION:
        raise PixelDataError(f"the codestream has samples of {precision} bits")
    return JPEG2000Header(
        codestream_offset=start,
        first_tile_part_offset=tile_part_offset,
        rows=bottom - top,
        columns=right - left,
        precision=precision,
        is_signed=bool(depth & 0x80),
        component_count=count,
        tile_count=-((right - tile_left) // -tile_width) * -((bottom - tile_top) // -tile_height),
        is_subsampled=any((horizontal, vertical) != (1, 1) for _, horizontal, vertical in components),
        is_reversible=cod[9] == 1,
        has_component_transform=bool(cod[4]),
        is_high_throughput=is_high_throughput,
        siz_component_offset=4 + 2 + 36,
    )
