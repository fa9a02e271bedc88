"""Data sets in the DICOM JSON Model (PS3.18 F.2), both ways.

Below data sets, so that these can offer it: the constructors that it needs are handed in.
"""

from __future__ import annotations

import binascii

from dicomkit.errors import EncodingError, InvalidValueError, LimitExceededError, ParsingError
from dicomkit.tag import Tag
from dicomkit.values import DICOMPersonName
from dicomkit.values.encode import unchecked_text
from dicomkit.vr import VR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from dicomkit.dataset import DataSet
    from dicomkit.element import DataElement

    BulkData = Callable[[str, Tag, VR], bytes]
    FindURI = Callable[[DataElement, str], str | None]

__all__ = ["attribute_of", "data_set_of_json", "json_lines", "json_of_data_set", "key_of"]

FILE_META_GROUP = 0x0002
_BULK = frozenset({VR.OB, VR.OD, VR.OF, VR.OL, VR.OV, VR.OW, VR.UN})
_NUMBERS = frozenset({VR.DS, VR.FD, VR.FL, VR.IS, VR.SL, VR.SS, VR.SV, VR.UL, VR.US, VR.UV})
_AS_TEXT = frozenset({VR.DA, VR.DT, VR.TM})  # their text says how exact they are
_FLOATS = frozenset({VR.FD, VR.FL})
_SINGLE_TEXT = frozenset({VR.LT, VR.ST, VR.UT, VR.UR})
_HEXADECIMAL = frozenset("0123456789ABCDEFabcdef")
_OF_NUMBERS = frozenset("0123456789+-.eE")
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_NOT_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "inf": float("inf"), "-Infinity": float("-inf"), "-inf": float("-inf")}
_FIELDS = frozenset({"vr", "Value", "InlineBinary", "BulkDataURI"})


def json_of_data_set(data_set: DataSet, bulk_data: Callable[[DataElement], str | None] | None) -> str:
    """Return a data set as JSON text; see :meth:`dicomkit.DataSet.to_json`."""
    import json  # lazy: start-up

    find_uri = None if bulk_data is None else lambda element, path: bulk_data(element)
    try:
        return json.dumps(_object_of(data_set, find_uri, ""), ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise LimitExceededError("sequences nest deeper than JSON writers go") from None


def _object_of(elements: Iterable[DataElement], find_uri: FindURI | None, path: str) -> dict[str, Any]:
    """Return the attributes of a data set. Group 0002 and group lengths have no place in the model (PS3.18 F.2.2)."""
    return {
        key_of(element): attribute_of(element, find_uri, path)
        for element in elements
        if element.tag.group != FILE_META_GROUP and not element.tag.is_group_length
    }


def json_lines(elements: Iterable[DataElement], find_uri: FindURI | None) -> Iterator[str]:
    """Yield the object of a data set, an outermost attribute a line. Parameters and errors are those of :func:`attribute_of`."""
    import json  # lazy: start-up

    yield "{"
    separator = " "
    for element in elements:
        for key, attribute in _object_of([element], find_uri, "").items():
            yield f"{separator}{json.dumps(key)}: {json.dumps(attribute, ensure_ascii=False, allow_nan=False)}"
            separator = ","
    yield "}"


def key_of(element: DataElement) -> str:
    """Return the name of an attribute: its tag as eight hexadecimal digits."""
    return f"{int(element.tag):08X}"


def attribute_of(element: DataElement, find_uri: FindURI | None, path: str = "") -> dict[str, Any]:
    """Return an element as the model has it.

    Parameters
    ----------
    find_uri
        Called with each element whose value is bytes, and its path: it returns the BulkDataURI, or None for a value that is to be inline.
    path
        Names of the sequences around it, each with the index of the item, and a slash behind each.

    Raises
    ------
    InvalidValueError
        If it is compressed pixel data, and has no URI.
    """
    attribute: dict[str, Any] = {"vr": str(element.vr)}
    if element.is_sequence:
        items = element.sequence_items or []
        here = f"{path}{key_of(element)}/"
        values: list[Any] = [_object_of(item, find_uri, f"{here}{index}/") for index, item in enumerate(items)]
    elif element.vr in _BULK:
        return attribute | _bulk(element, find_uri, path)
    elif element.vr in _AS_TEXT:
        values = [text or None for text in element.string_values or []]
    else:
        value = element.value
        values = [] if value is None else [_value(part) for part in (value if isinstance(value, list) else [value])]
    if values:
        attribute["Value"] = values
    return attribute


def _bulk(element: DataElement, find_uri: FindURI | None, path: str) -> dict[str, str]:
    if not element.value_length:
        return {}
    uri = None if find_uri is None else find_uri(element, path + key_of(element))
    if uri is not None:
        return {"BulkDataURI": uri}
    if element.has_undefined_length:
        raise InvalidValueError("compressed pixel data has no inline form (PS3.18 F.2.7): give it a BulkDataURI", tag=int(element.tag))
    return {"InlineBinary": _base64(element.value)}


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def _value(value: Any) -> Any:
    """One value: numbers as numbers, except those that JSON has not, and AT as text (PS3.18 F.2.3); an empty one is null (F.2.5)."""
    if value is None or value == "":
        return None
    if isinstance(value, DICOMPersonName):
        groups = str.__str__(value).split("=")[: len(_GROUPS)]
        return {name: group for name, group in zip(_GROUPS, groups, strict=False) if group}
    if isinstance(value, Tag):
        return f"{int(value):08X}"
    if isinstance(value, float):
        if value - value == 0:
            return float(value)
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bytes):  # a binary value that is none, handed over as it is
        return _base64(value)
    return int(value) if isinstance(value, int) else str.__str__(value)


# The other way.


def data_set_of_json(
    text: str | bytes | Mapping[str, Any],
    bulk_data: BulkData | None,
    make_element: Callable[..., DataElement],
    make_data_set: Callable[[Iterable[DataElement]], DataSet],
) -> DataSet:
    """Return the data set of a JSON text; see :meth:`dicomkit.DataSet.from_json`."""
    if isinstance(text, (str, bytes, bytearray)):
        import json  # lazy: start-up

        try:
            text = json.loads(text, object_pairs_hook=_object)
        except ParsingError:
            raise
        except (ValueError, RecursionError):
            raise ParsingError("this is no JSON, or has a number of thousands of digits") from None  # theirs holds the text
    try:
        return _Reader(bulk_data, make_element, make_data_set).data_set(text)
    except RecursionError:
        raise LimitExceededError("sequences nest deeper than this reader goes") from None


class _Reader:
    """Makes data sets of what a JSON parser returned."""

    def __init__(
        self,
        bulk_data: BulkData | None,
        make_element: Callable[..., DataElement],
        make_data_set: Callable[[Iterable[DataElement]], DataSet],
    ) -> None:
        self.bulk_data = bulk_data
        self.make_element = make_element
        self.make_data_set = make_data_set

    def data_set(self, attributes: object) -> DataSet:
        if not isinstance(attributes, dict):
            raise ParsingError("a data set of the DICOM JSON Model is an object (PS3.18 F.2.1)")
        tags = {_tag_of(name): attribute for name, attribute in attributes.items()}
        if len(tags) < len(attributes):
            raise ParsingError("an attribute twice (PS3.18 F.2.1)")
        return self.make_data_set([self.element(tag, attribute) for tag, attribute in sorted(tags.items())])

    def element(self, tag: Tag, attribute: object) -> DataElement:
        if not isinstance(attribute, dict) or not _FIELDS.issuperset(attribute):
            raise ParsingError("an attribute has vr, and Value, InlineBinary or BulkDataURI (PS3.18 F.2.2)", tag=tag)
        try:
            vr = VR(str(attribute.get("vr")))
        except ValueError:
            raise ParsingError("an attribute without a Value Representation (PS3.18 F.2.2)", tag=tag) from None
        try:
            return self.make_element(tag, vr, self.value(tag, vr, attribute))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            if isinstance(error, EncodingError) and error.tag is not None:
                raise
            raise ParsingError(f"a value that is no {vr} of the DICOM JSON Model (PS3.18 F.2.3)", tag=tag) from None  # it quotes the value

    def value(self, tag: Tag, vr: VR, attribute: dict[str, Any]) -> Any:
        if "BulkDataURI" in attribute:
            if self.bulk_data is None:
                raise ParsingError("a BulkDataURI, and no bulk_data to read it", tag=tag)
            return self.bulk_data(attribute["BulkDataURI"], tag, vr)
        if "InlineBinary" in attribute:
            try:
                return binascii.a2b_base64(attribute["InlineBinary"], strict_mode=True)
            except (ValueError, TypeError):
                raise ParsingError("InlineBinary that is no Base64 (PS3.18 F.2.7)", tag=tag) from None
        values = attribute.get("Value", [])
        if not isinstance(values, list):
            raise ParsingError("Value is an array (PS3.18 F.2.2)", tag=tag)
        if not values:
            return [] if vr is VR.SQ else None
        if vr is VR.SQ:
            return [self.data_set(item) for item in values]
        if vr.is_text:
            # As it was: what reading handed over may break the rules of its VR, and must not get lost between two systems.
            return unchecked_text(vr, _texts_of(vr, values))
        return [_plain(vr, value) for value in values]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, in which a name stands once: of two, Python would take the last."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ParsingError("an attribute twice (PS3.18 F.2.1)")
    return made


# What is a number or a tag is asked before Python reads it: it takes other digits than those of ASCII, underscores and spaces, too.


def _tag_of(name: object) -> Tag:
    if not isinstance(name, str) or len(name) != 8 or not _HEXADECIMAL.issuperset(name):
        raise ParsingError("an attribute's name is eight hexadecimal digits (PS3.18 F.2.2)")
    return Tag(int(name, 16))


def _texts_of(vr: VR, values: list[Any]) -> list[Any]:
    """Return the texts, or numbers, of the values, none of which may be two, or hold what is no character."""
    texts = [_text_of(vr, value) for value in values]
    for text in texts:
        if isinstance(text, str):
            text.encode()  # a surrogate is a UnicodeEncodeError, and so a ValueError
            if "\\" in text and vr not in _SINGLE_TEXT:
                raise ValueError("a backslash inside of a value")
    if len(texts) > 1 and vr in _SINGLE_TEXT:
        raise ValueError("several values")
    return texts


def _text_of(vr: VR, value: Any) -> Any:
    if value is None:
        return ""
    if vr is VR.PN and isinstance(value, dict):
        groups = [value.get(group) or "" for group in _GROUPS]
        if not set(_GROUPS).issuperset(value) or any("=" in group for group in groups):
            raise ValueError("a component group that PS3.18 F.2.2 does not have")
        return "=".join(groups).rstrip("=")
    if isinstance(value, dict):  # as some systems write it
        value = value["Alphabetic"]
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise TypeError("neither text nor a number")
    return value


def _plain(vr: VR, value: Any) -> Any:
    if isinstance(value, bool):
        raise TypeError("neither text nor a number")
    if vr is VR.AT:
        return _tag_of(value)
    if isinstance(value, float) and vr not in _FLOATS and value.is_integer():
        return int(value)  # JSON has one kind of numbers, of which 512 and 512.0 are the same
    if not isinstance(value, str):
        return value
    if vr in _FLOATS and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    if vr in _NUMBERS and not _OF_NUMBERS.issuperset(value):
        raise ValueError("no number")
    if vr in _FLOATS:
        return float(value)
    return int(value) if vr in _NUMBERS else value  # 64-bit integers come as text, too (PS3.18 F.2.3)
