"""Modules and IODs of PS3.3, from the text tables beside this file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dicomkit.dictionary import UIDDictionary
from dicomkit.element import tag_for_key
from dicomkit.validation.conditions import parse_condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.tag import Tag
    from dicomkit.validation.conditions import Condition

__all__ = ["Attribute", "Module", "ModuleUsage", "modules", "modules_of_sop_class", "sop_classes"]

_TABLES = Path(__file__).parent / "tables"
_NESTED, _MACRO, _FUNCTIONAL_GROUP, _OVERRIDE = ">", "@", "~", "="


@dataclass(slots=True)
class Attribute:
    """One row of a module (PS3.3 5.4).

    Attributes
    ----------
    type
        1, 1C, 2, 2C, or 3: for a sequence in whose items something is required, for what shows that a module is used, or to override
        what another module says.
    condition
        Of type 1C or 2C; None where it cannot be read in the data.
    inside
        The rows of the items of a sequence.
    macros
        Names of macros whose rows belong to the items, too. Only names, as content items nest in themselves.
    is_functional_group
        Whether it stands in the shared item or in each item of a frame (PS3.3 C.7.6.16).
    is_override
        Whether the row is there because it takes back what another module of the IOD requires.
    """

    tag: Tag
    type: str
    condition: Condition | None
    is_functional_group: bool = False
    is_override: bool = False
    inside: list[Attribute] = field(default_factory=list)
    macros: list[str] = field(default_factory=list)

@dataclass(slots=True)
class Module:
    """A module or macro: its section of PS3.3, its rows, and the names of macros that it includes."""

    name: str
    section: str
    attributes: list[Attribute] = field(default_factory=list)
    macros: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ModuleUsage:
    """A module of an IOD: M, C with a condition, or U, which is used where an attribute is there that no other module of the IOD has.

    Attributes
    ----------
    own
        The rows of these attributes; an attribute that another module has, too, does not say which of them it is there for.
    """

    module: Module
    usage: str
    condition: Condition | None
    own: tuple[Attribute, ...]


@lru_cache(maxsize=1)
def modules() -> dict[str, Module]:
    """Return all modules and macros by name."""
    found: dict[str, Module] = {}
    stack: list[Attribute] = []
    for name, section, attribute, kind, condition in _rows("modules.tsv"):
        module = found.setdefault(name, Module(name, section))
        depth = len(attribute) - len(attribute.lstrip(_NESTED))
        label = attribute[depth:]
        del stack[depth:]
        around = stack[-1] if stack else None
        if label.startswith(_MACRO):
            (module.macros if around is None else around.macros).append(label)
            continue
        mark = label[0] if label[0] in _FUNCTIONAL_GROUP + _OVERRIDE else ""
        terms = parse_condition(condition) if condition else None
        row = Attribute(tag_for_key(label.removeprefix(mark)), kind, terms, mark == _FUNCTIONAL_GROUP, mark == _OVERRIDE)
        (module.attributes if around is None else around.inside).append(row)
        stack.append(row)
    return found


@lru_cache(maxsize=1)
def sop_classes() -> dict[str, str]:
    """Return the IODs of SOP classes, by their keywords."""
    return {row[0]: row[1] for row in _rows("sop_classes.tsv")}


@lru_cache(maxsize=64)
def modules_of_sop_class(sop_class_uid: str) -> tuple[ModuleUsage, ...]:
    """Return the modules of the IOD that a SOP class stores; none where the tables do not have it."""
    entry = UIDDictionary.find_uid(sop_class_uid)
    iod = sop_classes().get(entry.keyword) if entry else None
    rows = [row[1:] for row in _rows("iods.tsv") if row[0] == iod]
    holders = Counter(tag for name, *_ in rows for tag in {row.tag for row in modules()[name].attributes})
    return tuple(
        ModuleUsage(
            modules()[name],
            usage,
            parse_condition(condition) if condition else None,
            tuple(row for row in modules()[name].attributes if holders[row.tag] == 1),
        )
        for name, usage, condition in rows
    )


def _rows(name: str) -> Iterator[list[str]]:
    """The rows of a table, without comments and the names of its columns."""
    lines = (line for line in (_TABLES / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    next(lines)
    for line in lines:
        yield line.split("\t")
