"""Functional groups: attributes of single frames of enhanced multi-frame images (PS3.3 C.7.6.16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.pixels.numbers import has_value

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet

__all__ = ["FunctionalGroups", "find_item"]


class FunctionalGroups:
    """The functional groups of an image, looked up once: a lookup for a frame then costs the same whichever frame it is.

    Parameters
    ----------
    data_set
        The image. None, or one without functional groups, has no items.
    """

    __slots__ = ("_per_frame", "_shared", "data_set")

    def __init__(self, data_set: DataSet | None) -> None:
        self.data_set = data_set
        self._per_frame = (data_set.sequence("PerFrameFunctionalGroupsSequence") if data_set is not None else None) or []
        self._shared = data_set.first_sequence_item("SharedFunctionalGroupsSequence") if data_set is not None else None

    def __bool__(self) -> bool:
        return bool(self._per_frame) or self._shared is not None

    def find_items(self, frame_index: int, macro: str) -> list[DataSet]:
        """Return the items of a functional group macro that hold for a frame: its own before the shared ones.

        Parameters
        ----------
        macro
            Keyword of the macro's sequence, as ``PixelValueTransformationSequence``.
        """
        if frame_index < len(self._per_frame):
            items = self._per_frame[frame_index].sequence(macro)
            if items:
                return items
        return (self._shared.sequence(macro) if self._shared is not None else None) or []

    def find_item(self, frame_index: int, macro: str) -> DataSet | None:
        """Return the first of :meth:`find_items`, or None."""
        items = self.find_items(frame_index, macro)
        return items[0] if items else None

    def source_of(self, frame_index: int, macro: str, *keywords: str) -> DataSet | None:
        """Return where the attributes of a frame stand: the data set if it has a value of one, else the macro's item, else None."""
        if self.data_set is None or any(has_value(self.data_set, keyword) for keyword in keywords):
            return self.data_set
        return self.find_item(frame_index, macro)


def find_item(data_set: DataSet, frame_index: int, macro: str) -> DataSet | None:
    """Return the item of a functional group macro that holds for a frame, or None; see :class:`FunctionalGroups`."""
    return FunctionalGroups(data_set).find_item(frame_index, macro)
