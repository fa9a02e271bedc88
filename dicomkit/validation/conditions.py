"""Conditions of types 1C and 2C, as the tables have them: a small language of attributes and their values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dicomkit.dictionary import DataElementDictionary, UIDDictionary
from dicomkit.element import tag_for_key
from dicomkit.tag import Tag

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet

__all__ = ["Condition", "has_value", "parse_condition"]

_TERM = re.compile(
    r"(?P<no>[!-]?)(?P<root>/?)(?P<key>\w+)(?:\.(?P<inner>\w+))?"
    r"(?:\[(?P<number>\d+)\])?(?:(?P<operator>!?=|>)(?P<values>.+))?"
)


@dataclass(frozen=True, slots=True)
class _Term:
    """One comparison: of an attribute of the item, or of the outermost data set, or of the first item of a sequence there, with values."""

    tag: Tag
    inner: Tag | None
    no: str
    is_of_root: bool
    number: int | None
    operator: str | None
    values: frozenset[str]

    def is_true(self, item: DataSet, root: DataSet) -> bool:
        data_set = root if self.is_of_root else item
        if self.no == "!":
            return self.tag not in data_set
        if not has_value(data_set, self.tag):
            return self.no == "-"
        if self.operator is None:
            return not self.no
        tag = self.tag
        if self.inner is not None:
            first = data_set.first_sequence_item(tag)
            if first is None or not has_value(first, self.inner):
                return False
            data_set, tag = first, self.inner
        value = data_set.get(tag)
        found = value if isinstance(value, list) else [value]
        if self.number is not None:
            found = found[self.number - 1 : self.number]
        if self.operator == ">":
            (least,) = self.values
            return any(isinstance(one, int) and one > int(least) for one in found)
        is_among = any(_names_of(one) & self.values for one in found)
        return is_among == (self.operator == "=") and bool(found)


@dataclass(frozen=True, slots=True)
class Condition:
    """Alternatives, each of terms that must all be true."""

    alternatives: tuple[tuple[_Term, ...], ...]

    def is_true(self, item: DataSet, root: DataSet) -> bool:
        """Whether it is fulfilled in an item of a data set, or in that itself."""
        return any(all(term.is_true(item, root) for term in terms) for terms in self.alternatives)


@cache
def parse_condition(text: str) -> Condition:
    """Read a condition of a table.

    Raises
    ------
    ValueError
        If it is none.
    """
    return Condition(tuple(tuple(_parse_term(term) for term in one.split(" & ")) for one in text.split(" or ")))


def _parse_term(text: str) -> _Term:
    found = _TERM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no condition")
    values = frozenset((found["values"] or "").split("|"))
    number = int(found["number"]) if found["number"] else None
    inner = tag_for_key(found["inner"]) if found["inner"] else None
    return _Term(tag_for_key(found["key"]), inner, found["no"], bool(found["root"]), number, found["operator"], values)


def has_value(data_set: DataSet, tag: int) -> bool:
    """Whether an element is there and not empty: text of spaces is (PS3.5 7.4)."""
    if tag not in data_set:
        return False
    element = data_set[tag]
    if element.is_sequence:
        return element.sequence_item_count > 0
    if element.has_undefined_length:
        return True
    if element.vr.is_text:
        return bool(bytes(element.value_data[:1024]).strip(b" \0\\"))
    return element.value_length > 0


def _names_of(value: object) -> set[str]:
    """What a table can call a value: text, the keyword of a UID, or that of a tag."""
    if isinstance(value, Tag):
        element = DataElementDictionary.find_tag(value)
        return {str(value)} if element is None else {str(value), element.keyword}
    text = str(value).strip()
    entry = UIDDictionary.find_uid(text)
    return {text} if entry is None else {text, entry.keyword}

