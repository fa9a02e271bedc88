"""Items: what the A-ASSOCIATE PDUs are made of (PS3.8 9.3.1: a type, a reserved byte, a length, a value)."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from dicomkit.network.errors import InvalidPDUError, NetworkEncodingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

__all__ = ["FieldReader", "iterate_items", "serialize_field", "serialize_item", "serialize_uid", "uid_text"]

ITEM_HEADER = Struct(">BBH")
LENGTH = Struct(">H")
LONGEST_ITEM = 0xFFFF
MOST_ITEMS = 2048
"""How many items are read of one PDU, or of one item, many times what anybody sends: so that the work on a hostile one is bounded."""


def iterate_items(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Give type and value of each item, without copies.

    Raises
    ------
    InvalidPDUError
        If an item runs over the end, or there are more than 2,048.
    """
    position, end, count = 0, len(data), 0
    while position < end:
        count += 1
        if count > MOST_ITEMS:
            raise InvalidPDUError(f"there are more than {MOST_ITEMS:,} items")
        if end - position < ITEM_HEADER.size:
            raise InvalidPDUError(f"{end - position} bytes are left over after the last item")
        item_type, _, length = ITEM_HEADER.unpack_from(data, position)
        position += ITEM_HEADER.size
        if length > end - position:
            raise InvalidPDUError(f"item {item_type:02X}H announces {length:,} bytes where {end - position:,} are left")
        yield item_type, data[position : position + length]
        position += length


def serialize_item(item_type: int, *values: bytes) -> bytes:
    """Return an item.

    Raises
    ------
    NetworkEncodingError
        If its value is longer than 65,535 bytes.
    """
    value = b"".join(values)
    if len(value) > LONGEST_ITEM:
        raise NetworkEncodingError(f"item {item_type:02X}H would have {len(value):,} bytes, and can have {LONGEST_ITEM:,}")
    return ITEM_HEADER.pack(item_type, 0, len(value)) + value


def serialize_field(value: bytes) -> bytes:
    """Return a field of an item: its length, then its bytes."""
    if len(value) > LONGEST_ITEM:
        raise NetworkEncodingError(f"a field would have {len(value):,} bytes, and can have {LONGEST_ITEM:,}")
    return LENGTH.pack(len(value)) + value


def serialize_uid(uid: str) -> bytes:
    """Return the bytes of a UID; it is not padded (PS3.8 Annex F).

    Raises
    ------
    NetworkEncodingError
        If it has other characters than ISO 646 has.
    """
    try:
        return uid.encode("ascii")
    except UnicodeEncodeError as error:
        raise NetworkEncodingError("a UID has characters outside of ISO 646") from error


def uid_text(value: Buffer) -> str:
    """Return a UID or name without the NULs and spaces with which some pad it. It may be anything else but padded."""
    return bytes(value).strip(b"\0 ").decode("latin-1")


class FieldReader:
    """Reads the fields of one item in their order; each that is not all there is an ``InvalidPDUError``."""

    __slots__ = ("_data", "_item_type", "_position")

    def __init__(self, item_type: int, data: memoryview) -> None:
        self._item_type = item_type
        self._data = data
        self._position = 0

    @property
    def has_more(self) -> bool:
        """Whether there are bytes left."""
        return self._position < len(self._data)

    def read_rest(self) -> memoryview:
        """Return what is left."""
        return self.read_bytes(len(self._data) - self._position)

    def read_bytes(self, count: int) -> memoryview:
        """Return so many bytes."""
        start = self._position
        if count > len(self._data) - start:
            raise InvalidPDUError(f"item {self._item_type:02X}H ends inside of a field")
        self._position = start + count
        return self._data[start : start + count]

    def read_number(self, size: int) -> int:
        """Return an unsigned number of so many bytes."""
        return int.from_bytes(self.read_bytes(size), "big")

    def read_field(self) -> memoryview:
        """Return the bytes of a field that has a length of two bytes."""
        return self.read_bytes(self.read_number(2))

    def read_uid(self) -> str:
        """Return the UID in such a field."""
        return uid_text(self.read_field())
