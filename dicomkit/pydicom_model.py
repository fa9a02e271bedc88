"""Data sets as pydicom has them.

Below data sets, so that these can offer it.
"""

from __future__ import annotations

from dicomkit.vr import VR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from dicomkit.element import DataElement

__all__ = ["pydicom_of_data_set"]

_BYTES = frozenset({VR.OB, VR.OD, VR.OF, VR.OL, VR.OV, VR.OW, VR.UN})
_PARSED = frozenset({VR.AS, VR.DA, VR.DS, VR.DT, VR.IS, VR.TM})


def pydicom_of_data_set(elements: Iterable[DataElement]) -> Any:
    """Return a ``pydicom.Dataset`` with the same values; see :meth:`dicomkit.DataSet.to_pydicom`."""
    from pydicom.dataset import Dataset  # lazy: start-up

    data_set = Dataset()
    for element in elements:
        data_set[int(element.tag)] = _element_of(element)
    return data_set


def _element_of(element: DataElement) -> Any:
    from pydicom import config  # lazy: start-up
    from pydicom.dataelem import DataElement as PydicomElement  # lazy: start-up
    from pydicom.dataelem import RawDataElement  # lazy: start-up
    from pydicom.sequence import Sequence  # lazy: start-up
    from pydicom.tag import Tag as PydicomTag  # lazy: start-up

    tag, vr = PydicomTag(int(element.tag)), str(element.vr)
    if element.is_sequence:
        return PydicomElement(tag, vr, Sequence([pydicom_of_data_set(item) for item in element.sequence_items or []]))
    if element.has_undefined_length:
        made = PydicomElement(tag, vr, bytes(element.value_data))
        made.is_undefined_length = True
        return made
    if element.vr in _BYTES:
        return PydicomElement(tag, vr, element.value or b"")
    if element.vr in _PARSED or not element.vr.is_text:
        # pydicom parses these when they are asked for, and decides itself what to say of wrong ones.
        data = _little_endian(element)
        return RawDataElement(tag, vr, len(data), data, 0, False, True)
    value = element.value
    text = "\\".join(value) if isinstance(value, list) else value or ""
    return PydicomElement(tag, vr, str(text), validation_mode=config.IGNORE)


def _little_endian(element: DataElement) -> bytes:
    """Return the value field in little endian."""
    data = bytes(element.value_data)
    if not element.is_big_endian:
        return data
    size = 2 if element.vr is VR.AT else element.vr.value_length or 1
    return b"".join(data[start : start + size][::-1] for start in range(0, len(data), size))
