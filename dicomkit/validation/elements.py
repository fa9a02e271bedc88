"""Each element on its own: its VR, how many values, their repertoire, length and padding (PS3.5 6, 7; PS3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.dictionary import DataElementDictionary
from dicomkit.element_path import ElementPath
from dicomkit.errors import InvalidValueError
from dicomkit.tags import SpecificCharacterSet
from dicomkit.validation.findings import Finding, Severity
from dicomkit.values.charset import DEFAULT_CHARACTER_SET, CharacterSet, parse_specific_character_set
from dicomkit.values.checks import check_multiplicity, check_text
from dicomkit.vr import VR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.dataset import DataSet
    from dicomkit.element import DataElement

__all__ = ["check_elements"]

_FIRST_OF_BLOCKS = 0x1000
_LAST_UNUSED, _LAST_CREATOR = 0x0F, 0xFF
_MOST_DEPTH = 256
_FREE_TEXT = frozenset({VR.LT, VR.ST, VR.UT, VR.UR})
_EXTENDED = frozenset({VR.LO, VR.LT, VR.PN, VR.SH, VR.ST, VR.UC, VR.UT})
_PADDED_BY_NUL = VR.UI
_ONE_VALUE = frozenset({VR.OB, VR.OD, VR.OF, VR.OL, VR.OV, VR.OW, VR.UN})


def check_elements(data_set: DataSet) -> Iterator[Finding]:
    """Yield what is wrong with the elements of a data set and of all items in it."""
    # On a stack of our own: who nests hundreds of levels must not end the interpreter's.
    waiting: list[tuple[DataSet, ElementPath | None, int, CharacterSet]] = [(data_set, None, 0, DEFAULT_CHARACTER_SET)]
    while waiting:
        item, sequence, index, around = waiting.pop()
        character_set = around
        inner: list[tuple[DataSet, ElementPath | None, int, CharacterSet]] = []
        for element in item:
            path = ElementPath([element.tag]) if sequence is None else sequence.below(index, element.tag)
            if element.tag == SpecificCharacterSet:
                character_set, problem = _character_set_of(element)
                if problem is not None:
                    yield Finding(Severity.ERROR, path, problem, "PS3.3 C.12.1.1.2")
            yield from _check(element, path, character_set)
            if len(path) <= _MOST_DEPTH:
                items = element.sequence_items or []
                inner += [(one, path, number, character_set) for number, one in enumerate(items)]
        waiting += reversed(inner)


def _character_set_of(element: DataElement) -> tuple[CharacterSet, str | None]:
    terms = element.string_values or []
    try:
        return parse_specific_character_set(terms, strict=True), None
    except InvalidValueError as error:
        return DEFAULT_CHARACTER_SET, error.problem


def _check(element: DataElement, path: ElementPath, character_set: CharacterSet) -> Iterator[Finding]:
    tag, vr = element.tag, element.vr
    if tag.is_private:
        yield from _check_private(element, path)
    elif not tag.is_group_length:
        yield from _check_against_dictionary(element, path)
    if element.is_sequence or element.has_undefined_length:
        return
    if element.value_length % 2:
        yield Finding(Severity.ERROR, path, f"a value of odd length: {element.value_length} bytes", "PS3.5 7.1.1")
    if not vr.is_text:
        size = vr.value_length or 1
        if element.value_length % size:
            yield Finding(Severity.ERROR, path, f"{element.value_length} bytes are no values of {size} bytes", "PS3.5 6.2")
        else:
            # Of the VRs whose values are many words, the value field is one value (PS3.5 6.2, 6.4).
            is_one = vr in _ONE_VALUE or not element.value_length
            yield from _check_count(element, path, int(element.value_length > 0) if is_one else element.value_length // size)
        return
    yield from _check_text(element, path, character_set)


def _check_private(element: DataElement, path: ElementPath) -> Iterator[Finding]:
    number = element.tag.element
    if number >= _FIRST_OF_BLOCKS and element.private_creator is None:
        yield Finding(Severity.ERROR, path, "a private element in a block that nobody reserved", "PS3.5 7.8.1")
    elif 0 < number <= _LAST_UNUSED or _LAST_CREATOR < number < _FIRST_OF_BLOCKS:
        yield Finding(Severity.ERROR, path, "a private element outside of the blocks", "PS3.5 7.8.1")
    elif 0 < number <= _LAST_CREATOR and element.vr is not VR.LO:
        yield Finding(Severity.ERROR, path, f"a private creator that is {element.vr}, not LO", "PS3.5 7.8.1")


def _check_against_dictionary(element: DataElement, path: ElementPath) -> Iterator[Finding]:
    known = DataElementDictionary.find_tag(element.tag)
    if known is None:
        yield Finding(Severity.WARNING, path, f"an element that PS3.6 ({DataElementDictionary.edition}) does not have", "PS3.6")
        return
    if known.vr and element.vr not in known.vr and element.vr is not VR.UN:
        yield Finding(Severity.ERROR, path, f"its VR is {element.vr}, where PS3.6 has {' or '.join(known.vr)}", "PS3.6 6")
        return


def _check_count(element: DataElement, path: ElementPath, count: int) -> Iterator[Finding]:
    problem = check_multiplicity(element.tag, count)
    if problem is not None:
        yield Finding(Severity.ERROR, path, problem, "PS3.6 6")


def _check_text(element: DataElement, path: ElementPath, character_set: CharacterSet) -> Iterator[Finding]:
    vr = element.vr
    data = bytes(element.value_data)
    is_of_set = vr in _EXTENDED
    if element.offset is None:
        text, problem = data.decode("utf-8", "replace"), None  # it was set, and checked then
    elif is_of_set:
        text, problem = character_set.decode(data, is_person_name=vr is VR.PN, is_multi_valued=vr not in _FREE_TEXT)
    else:
        text, problem = data.decode("latin-1"), None
    if problem is not None:
        yield Finding(Severity.ERROR, path, problem, "PS3.5 6.1")
        return
    if text.endswith(" " if vr is _PADDED_BY_NUL else "\0"):
        padding = "a space, not NUL" if vr is _PADDED_BY_NUL else "NUL, not a space"
        yield Finding(Severity.ERROR, path, f"it is padded with {padding}", "PS3.5 6.2")
    text = text.rstrip("\0 ")
    values = [text] if vr in _FREE_TEXT else text.split("\\")
    yield from _check_count(element, path, len(values) if text else 0)
    for value in values:
        # Spaces around values don't count, but for free text, where those in front do (PS3.5 6.2).
        problem = check_text(vr, value.rstrip(" ") if vr in _FREE_TEXT else value.strip(" "))
        if problem is not None:
            yield Finding(Severity.ERROR, path, f"a value that is no {vr}: {problem}", "PS3.5 6.2")
            return
