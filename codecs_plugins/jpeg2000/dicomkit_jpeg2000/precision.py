"""Codestreams of the precision that the data set has: OpenJPH, as imagecodecs calls it, gives them 8 or 16 bits.

A decoder uses the precision for two things. It shifts unsigned samples by half of their range (ISO/IEC 15444-1 G.1): so they are
encoded as signed ones, which nobody shifts, and shifted by us. And it scales quantizer steps with it (E.1.1): so their exponents
are lowered by as many bits as the precision is, and the guard bits raised by as many, which leaves the number of bit planes
as it was (E.1, equation E-2). Reversible transformations have no steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dicomkit.codecs.codestreams import JPEG2000Header, parse_jpeg2000_header

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from dicomkit.codecs import FrameDescriptor

__all__ = ["set_precision", "shift_level"]

_QCD, _QCC, _SOT = 0xFF5C, 0xFF5D, 0xFF90
_EXPOUNDED = 2
_MOST_GUARD_BITS = 7
_MANTISSA_BITS = 11
_FEW_COMPONENTS = 257       # up to which QCC names a component in one byte


def shift_level(samples: npt.NDArray[Any], bits: int) -> npt.NDArray[Any]:
    """Return unsigned samples as signed ones, shifted by half of their range."""
    signed = f"i{samples.itemsize}"
    shifted: npt.NDArray[Any] = samples.view(signed) - np.array(1 << (bits - 1), dtype=signed)
    return shifted


def set_precision(codestream: bytes, descriptor: FrameDescriptor) -> bytes | None:
    """Return a codestream of signed samples as one of Bits Stored bits and the data set's sign; None if its steps do not allow it."""
    encoded = bytearray(codestream)
    header = parse_jpeg2000_header(memoryview(codestream))
    lowered_by = header.precision - descriptor.bits_stored
    if not header.is_reversible and not _rescale_steps(encoded, header, lowered_by):
        return None
    for component in range(header.component_count):
        encoded[header.siz_component_offset + 3 * component] = (0x80 if descriptor.is_signed else 0) | (descriptor.bits_stored - 1)
    return bytes(encoded)


def _rescale_steps(encoded: bytearray, header: JPEG2000Header, lowered_by: int) -> bool:
    """Lower the exponents of all steps in the main header; False if one would fall below 0 or the guard bits rise above 7."""
    offset = 2
    while (marker := int.from_bytes(encoded[offset : offset + 2], "big")) != _SOT:
        length = int.from_bytes(encoded[offset + 2 : offset + 4], "big")
        if marker in (_QCD, _QCC):
            style = offset + 4
            if marker == _QCC:
                style += 1 if header.component_count < _FEW_COMPONENTS else 2
            guard_bits = (encoded[style] >> 5) + lowered_by
            if encoded[style] & 0x1F != _EXPOUNDED or guard_bits > _MOST_GUARD_BITS:
                return False
            encoded[style] = guard_bits << 5 | _EXPOUNDED
            for at in range(style + 1, offset + 2 + length, 2):
                if encoded[at] >> 3 < lowered_by:
                    return False
                encoded[at] -= lowered_by << (_MANTISSA_BITS - 8)
        offset += 2 + length
    return True
