"""Blocks of private data elements (PS3.5 7.8.1)."""

from __future__ import annotations

from dicomkit.element import DataElement
from dicomkit.errors import InvalidTagError
from dicomkit.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from dicomkit.dataset import DataSet

__all__ = ["PrivateBlock", "find_private_block"]

FIRST_BLOCK, LAST_BLOCK = 0x10, 0xFF
FIRST_PRIVATE_GROUP = 0x0009  # (0001), (0003), (0005), (0007) and (FFFF) must not be used (PS3.5 7.8)
LAST_GROUP = 0xFFFF


class PrivateBlock:
    """The elements of one private creator in one group of a data set, by the last byte of their element numbers.

    ``block[0x01]`` is an element, ``block[0x01] = value`` sets one whose VR the dictionary of private elements knows, ``block.set(0x01, vr,
    value)`` any. Changes are changes of the data set.

    Attributes
    ----------
    group
        The odd group number.
    creator
        Who reserved the block.
    block
        The byte that the creator reserved.
    """

    __slots__ = ("_data_set", "block", "creator", "group")

    def __init__(self, data_set: DataSet, group: int, creator: str, block: int) -> None:
        self._data_set = data_set
        self.group = group
        self.creator = creator
        self.block = block

    def tag(self, offset: int) -> Tag:
        """Return the tag of an element of the block.

        Raises
        ------
        InvalidTagError
            If ``offset`` is no byte.
        """
        if not 0 <= offset <= 0xFF:
            raise InvalidTagError(f"an element of a private block is a byte, not {offset:#x} (PS3.5 7.8.1)")
        return Tag(self.group, self.block << 8 | offset)

    def __getitem__(self, offset: int) -> DataElement:
        return self._data_set[self.tag(offset)]

    def __setitem__(self, offset: int, value: Any) -> None:
        self._data_set[self.tag(offset)] = value

    def __delitem__(self, offset: int) -> None:
        del self._data_set[self.tag(offset)]

    def __contains__(self, offset: int) -> bool:
        return self.tag(offset) in self._data_set

    def __iter__(self) -> Iterator[DataElement]:
        first, last = self.tag(0), self.tag(0xFF)
        return iter([self._data_set[tag] for tag in self._data_set.tags if first <= tag <= last])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def get(self, offset: int, default: Any = None) -> Any:
        """Return the value of an element, or ``default`` if it is absent."""
        return self._data_set.get(self.tag(offset), default)

    def set(self, offset: int, vr: str, value: Any) -> None:
        """Set an element with its VR.

        Raises
        ------
        InvalidValueError
            If the VR cannot hold the value.
        """
        tag = self.tag(offset)
        self._data_set[tag] = DataElement(tag, vr, value)

    def __repr__(self) -> str:
        return f"<PrivateBlock ({self.group:04X},{self.block:02X}xx)>"


def find_private_block(data_set: DataSet, group: int, creator: str, create: bool) -> PrivateBlock | None:
    """Return a creator's block, reserve one, or return None; see :meth:`dicomkit.DataSet.private_block`."""
    if not group & 1 or not FIRST_PRIVATE_GROUP <= group < LAST_GROUP:
        raise InvalidTagError(f"{group:04X} is no private group (PS3.5 7.8)")
    for block in range(FIRST_BLOCK, LAST_BLOCK + 1):
        if data_set.string(Tag(group, block)) == creator.strip():
            return PrivateBlock(data_set, group, creator, block)
    if not create:
        return None
    # Elements without a creator have their block too: in one that is reserved around them they would be the new creator's.
    taken = {tag.element >> 8 or tag.element for tag in data_set.tags if tag.group == group}
    free = next((block for block in range(FIRST_BLOCK, LAST_BLOCK + 1) if block not in taken), None)
    if free is None:
        raise InvalidTagError(f"all blocks of the private group {group:04X} are reserved")
    tag = Tag(group, free)
    data_set[tag] = DataElement(tag, "LO", creator)
    return PrivateBlock(data_set, group, creator, free)
