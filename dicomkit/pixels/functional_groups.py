"""Functional groups: attributes of single frames of enhanced multi-frame images (PS3.3 C.7.6.16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet

__all__ = ["find_item"]


def find_item(data_set: DataSet, frame_index: int, macro: str) -> DataSet | None:
    """Return the item of a functional group macro that holds for a frame: its own before the shared one, or None.

    Parameters
    ----------
    macro
        Keyword of the macro's sequence, as ``PixelValueTransformationSequence``.
    """
    for keyword, index in (("PerFrameFunctionalGroupsSequence", frame_index), ("SharedFunctionalGroupsSequence", 0)):
        groups = data_set.sequence(keyword)
        if groups and index < len(groups):
            item = groups[index].first_sequence_item(macro)
            if item is not None:
                return item
    return None
