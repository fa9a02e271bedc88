"""Values, headers, elements, items and data sets as bytes, for those who put them together themselves (PS3.5 7)."""

from __future__ import annotations

import struct

from dicomkit._core.element_write import ElementWriter
from dicomkit.dataset import DataSet
from dicomkit.element import DataElement
from dicomkit.encoding.data_set_writer import DataSetWriter
from dicomkit.errors import LimitExceededError
from dicomkit.tag import ITEM, Tag
from dicomkit.vr import VR

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from typing import Any, Literal

__all__ = ["DICOMWriter"]

_LONGEST_SHORT_VALUE = 0xFFFE
_UNDEFINED_LENGTH = 0xFFFFFFFF
_ANY_PRIVATE = Tag(0x0009, 0x1001)  # of which PS3.6 says nothing


class DICOMWriter:
    """Serializes in one encoding. It keeps nothing: each method returns the bytes of what it is given.

    Files are written by :meth:`dicomkit.DICOMFile.write`, which copies what was not touched.

    Parameters
    ----------
    byte_order
        ``"little"`` or ``"big"`` endian.
    explicit_vr
        Whether headers tell the VR (PS3.5 7.1.2), or not (7.1.3).
    """

    __slots__ = ("_order", "byte_order", "explicit_vr")

    def __init__(self, *, byte_order: Literal["little", "big"] = "little", explicit_vr: bool = True) -> None:
        if byte_order not in ("little", "big"):
            raise ValueError(f"byte_order is 'little' or 'big', not {byte_order!r}")
        self.byte_order = byte_order
        self.explicit_vr = explicit_vr
        self._order = "<" if byte_order == "little" else ">"

    def serialize_tag(self, tag: int) -> bytes:
        """Return a tag: group number and element number."""
        return struct.pack(f"{self._order}HH", int(tag) >> 16, int(tag) & 0xFFFF)

    def serialize_value(self, vr: str, value: Any) -> bytes:
        """Return a value field, padded to even length: text, numbers, tags, bytes in little endian, several of them in a list.

        Raises
        ------
        InvalidValueError
            If the VR cannot hold the value.
        """
        element = self.serialize_element(DataElement(_ANY_PRIVATE, vr, value))
        is_long = self.explicit_vr and (VR(vr).has_long_length or element[4:6] == b"UN")
        return element[12 if is_long else 8 :]

    def serialize_header(self, tag: int, vr: str, length: int) -> bytes:
        """Return tag, VR and length; a VR whose length field is too short for it becomes UN (PS3.5 6.2.2).

        Raises
        ------
        LimitExceededError
            If no length field is long enough.
        """
        if not 0 <= length <= _UNDEFINED_LENGTH:
            raise LimitExceededError("a value longer than a length field can say", tag=int(tag))
        if not self.explicit_vr:
            return self.serialize_tag(tag) + struct.pack(f"{self._order}I", length)
        known = VR(vr)
        if not known.has_long_length and length <= _LONGEST_SHORT_VALUE:
            return self.serialize_tag(tag) + known.encode("ascii") + struct.pack(f"{self._order}H", length)
        letters = known if known.has_long_length else VR.UN
        return self.serialize_tag(tag) + letters.encode("ascii") + struct.pack(f"{self._order}HI", 0, length)

    def serialize_element(self, element: DataElement) -> bytes:
        """Return an element, with the items of a sequence; raises as :meth:`serialize_data_set`."""
        return self.serialize_data_set(DataSet([element]))

    def serialize_item(self, data_set: DataSet) -> bytes:
        """Return a data set as an item of defined length (PS3.5 7.5); raises as :meth:`serialize_data_set`."""
        content = self.serialize_data_set(data_set)
        return self.serialize_tag(ITEM) + struct.pack(f"{self._order}I", len(content)) + content

    def serialize_data_set(self, data_set: DataSet) -> bytes:
        """Return the elements of a data set in the order of their tags.

        Raises
        ------
        EncodingError
            If it cannot be written by the rules.
        PixelDataError
            If it holds compressed pixel data, and the encoding is not explicit VR little endian.
        """
        out = ElementWriter(is_implicit_vr=not self.explicit_vr, is_big_endian=self.byte_order == "big")
        DataSetWriter(out).write_data_set(data_set)
        return out.to_bytes()
