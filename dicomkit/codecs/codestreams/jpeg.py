"""The headers of JPEG (ISO/IEC 10918-1) and JPEG-LS (ISO/IEC 14495-1) codestreams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dicomkit.codecs.codestreams.checks import check_end, check_frame
from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from dicomkit.codecs.contract import FrameDescriptor

__all__ = ["JPEGComponent", "JPEGHeader", "parse_jpeg_header"]

_SOI, _EOI, _SOS, _DNL = 0xD8, 0xD9, 0xDA, 0xDC
_APP0, _APP14 = 0xE0, 0xEE
_SOF_LOSSLESS, _SOF_JPEG_LS = 0xC3, 0xF7
# Start of frame: C0 to CF but for DHT (C4), JPG (C8) and DAC (CC), and JPEG-LS's own.
_STARTS_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {_SOF_JPEG_LS}
_WITHOUT_LENGTH = frozenset(range(0xD0, 0xD8)) | {0x01}
_MOST_SEGMENTS = 4096
# "Adobe", version, flags0, flags1, transform. Shorter ones are nobody's word.
_ADOBE, _ADOBE_LENGTH = b"Adobe", 12


class JPEGComponent(NamedTuple):
    """One component of a frame: its identifier and its sampling factors."""

    identifier: int
    horizontal_sampling: int
    vertical_sampling: int


@dataclass(frozen=True, slots=True)
class JPEGHeader:
    """What comes before the first entropy-coded byte.

    Attributes
    ----------
    start_of_frame
        Second byte of the SOF marker: the process. C0 baseline, C1 extended, C3 lossless, F7 JPEG-LS.
    start_of_frame_offset, start_of_scan_offset
        Where the first such markers lie.
    precision
        Bits of a sample.
    selection_value
        ``Ss`` of the first scan: the predictor of lossless JPEG, NEAR of JPEG-LS.
    point_transform
        ``Al`` of the first scan, for lossless JPEG: bits that were cut off.
    scan_components
        Components of the first scan.
    adobe_transform
        Of the Adobe APP14 marker: 0 none, 1 YCbCr; None if there is none.
    has_jfif
        Whether there is a JFIF APP0 marker, which makes three components YCbCr.
    length
        Bytes from the start of the codestream to the end of the first scan's header.
    """

    start_of_frame: int
    start_of_frame_offset: int
    start_of_scan_offset: int
    rows: int
    columns: int
    precision: int
    components: tuple[JPEGComponent, ...]
    scan_components: int
    selection_value: int
    point_transform: int
    adobe_transform: int | None
    has_jfif: bool
    length: int

    @property
    def is_lossless(self) -> bool:
        """Whether this is lossless JPEG, ISO/IEC 10918-1 Annex H. A point transform loses bits all the same."""
        return self.start_of_frame == _SOF_LOSSLESS

    @property
    def is_jpeg_ls(self) -> bool:
        """Whether this is JPEG-LS."""
        return self.start_of_frame == _SOF_JPEG_LS

    @property
    def is_subsampled(self) -> bool:
        """Whether components have fewer samples than the frame has pixels."""
        return len({component[1:] for component in self.components}) > 1

    def check_frame(self, descriptor: FrameDescriptor) -> None:
        """Raise :class:`PixelDataError` if the codestream is not the frame that the data set describes."""
        check_frame(self.rows, self.columns, len(self.components), self.precision, descriptor)

    def check_whole(self, encoded: memoryview) -> None:
        """Raise :class:`PixelDataError` if the codestream is cut off."""
        check_end(encoded[self.start_of_scan_offset :])     # not in a thumbnail before it
        if self.scan_components < len(self.components):
            self._check_scans(bytes(encoded))

    def _check_scans(self, data: bytes) -> None:
        """Components in scans of their own: as many scans as components, none missing and none twice (ISO/IEC 10918-1 B.2.3)."""
        seen: list[int] = []
        offset = self.start_of_scan_offset
        while offset >= 0 and len(seen) <= len(self.components):
            count = data[offset + 4] if offset + 4 < len(data) else 0
            seen += data[offset + 5 : offset + 5 + 2 * count : 2]
            # In entropy-coded data no FF is followed by a byte above 7F but for restart markers, so the next such marker is true.
            offset = data.find(bytes((0xFF, _SOS)), offset + 2)
        if sorted(seen) != sorted(component.identifier for component in self.components):
            raise PixelDataError(f"the codestream has scans for {len(seen)} components; the frame has {len(self.components)}")


def parse_jpeg_header(encoded: memoryview) -> JPEGHeader:
    """Read a codestream up to its first scan.

    Raises
    ------
    PixelDataError
        If it is no JPEG or JPEG-LS, or ends before its first scan.
    """
    if bytes(encoded[:2]) != bytes((0xFF, _SOI)):
        raise PixelDataError("the frame does not begin with a JPEG start-of-image marker")
    adobe_transform, has_jfif, frame, frame_marker, frame_offset = None, False, b"", 0, 0
    offset = 2
    for _ in range(_MOST_SEGMENTS):
        marker, offset = _next_marker(encoded, offset)
        if marker in _WITHOUT_LENGTH or marker == _SOI:     # SPIFF headers end with one (ISO/IEC 14495-1 F)
            continue
        segment = _segment(encoded, offset)
        if marker in _STARTS_OF_FRAME:
            if frame:
                raise PixelDataError("the codestream has two frame headers")
            frame, frame_marker, frame_offset = segment, marker, offset - 2
        elif marker == _APP0:
            has_jfif = has_jfif or segment[:5] == b"JFIF\0"
        elif marker == _APP14 and segment[:5] == _ADOBE and len(segment) >= _ADOBE_LENGTH:
            adobe_transform = segment[11]
        elif marker == _SOS:
            if not frame:
                raise PixelDataError("the codestream has a scan before its frame header")
            return _make_header(frame_marker, frame_offset, frame, offset - 2, segment, adobe_transform, has_jfif)
        elif marker == _EOI:
            raise PixelDataError("the codestream ends before its first scan")
        offset += 2 + len(segment)
    raise PixelDataError(f"the codestream has more than {_MOST_SEGMENTS} segments before its first scan")


def _next_marker(encoded: memoryview, offset: int) -> tuple[int, int]:
    """Return a marker's second byte, and the offset after it."""
    if offset + 2 > len(encoded):
        raise PixelDataError("the codestream is cut off in its header")
    if encoded[offset] != 0xFF:
        raise PixelDataError(f"the codestream has no marker at byte {offset}, where one belongs")
    end = offset + 1
    while end < len(encoded) and encoded[end] == 0xFF:     # fill bytes (ISO/IEC 10918-1 B.1.1.2)
        end += 1
    if end == len(encoded):
        raise PixelDataError("the codestream is cut off in its header")
    return encoded[end], end + 1


def _segment(encoded: memoryview, offset: int) -> bytes:
    """Return the contents of the marker segment whose length is at an offset."""
    length = int.from_bytes(encoded[offset : offset + 2], "big")
    segment = bytes(encoded[offset + 2 : offset + length])
    if length < 2 or len(segment) != length - 2:
        raise PixelDataError("the codestream is cut off in its header")
    return segment


def _make_header(
    marker: int, frame_offset: int, frame: bytes, scan_offset: int, scan: bytes, adobe_transform: int | None, has_jfif: bool
) -> JPEGHeader:
    count = frame[5] if len(frame) > 5 else 0
    scan_count = scan[0] if scan else 0
    if not count or len(frame) < 6 + 3 * count or not scan_count or len(scan) < 4 + 2 * scan_count:
        raise PixelDataError("the codestream has a frame or scan header that is too short")
    components = tuple(JPEGComponent(frame[at], frame[at + 1] >> 4, frame[at + 1] & 15) for at in range(6, 6 + 3 * count, 3))
    if any(not (1 <= one.horizontal_sampling <= 4 and 1 <= one.vertical_sampling <= 4) for one in components):
        raise PixelDataError("the codestream has sampling factors that are not from 1 to 4")
    return JPEGHeader(
        start_of_frame=marker,
        start_of_frame_offset=frame_offset,
        start_of_scan_offset=scan_offset,
        rows=int.from_bytes(frame[1:3], "big"),
        columns=int.from_bytes(frame[3:5], "big"),
        precision=frame[0],
        components=components,
        scan_components=scan_count,
        selection_value=scan[1 + 2 * scan_count],
        point_transform=scan[3 + 2 * scan_count] & 15,
        adobe_transform=adobe_transform,
        has_jfif=has_jfif,
        length=scan_offset + 4 + len(scan),
    )
