"""The attributes that an IOD requires: types 1, 1C, 2 and 2C (PS3.3 5.4, 7.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.element_path import ElementPath
from dicomkit.tag import Tag
from dicomkit.tags import PerFrameFunctionalGroupsSequence, SharedFunctionalGroupsSequence, SOPClassUID
from dicomkit.validation.conditions import has_value
from dicomkit.validation.findings import Finding, Severity
from dicomkit.validation.tables import modules, modules_of_sop_class

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomkit.dataset import DataSet
    from dicomkit.validation.tables import Attribute, ModuleUsage

__all__ = ["check_attributes", "is_known_sop_class"]

_FIRST_OVERLAY = 0x6000
_OVERLAY_GROUPS = range(0x6000, 0x6020, 2)
_MOST_DEPTH = 256


def is_known_sop_class(data_set: DataSet) -> bool:
    """Whether the tables have the IOD of a data set's SOP class."""
    return bool(modules_of_sop_class(str(data_set.get("SOPClassUID") or "")))


def check_attributes(data_set: DataSet) -> list[Finding]:
    """Return what is missing in a data set of a SOP class that the tables have; of others, that it was not checked."""
    checker = _Checker(data_set)
    usages = modules_of_sop_class(str(data_set.get("SOPClassUID") or ""))
    if not usages:
        why = "what this class requires is not known" if has_value(data_set, SOPClassUID) else "there is no class"
        path = ElementPath([Tag(SOPClassUID)])
        return [Finding(Severity.INFORMATION, path, f"{why}: required attributes were not checked", "PS3.3 A")]
    overridden = {row.tag for usage in usages for row in usage.module.attributes if row.is_override}
    for usage in usages:
        section = f"PS3.3 {usage.module.section}"
        rows = [row for row in usage.module.attributes if row.tag not in overridden]
        # Of a module that is not there, attributes may be all the same: what they hold must be right.
        checker.check(rows, data_set, [], section, only_present=not _is_used(usage, data_set))
        checker.check_macros(usage.module.macros, data_set, [], section)
    return list(checker.findings.values())


def _is_used(usage: ModuleUsage, data_set: DataSet) -> bool:
    """Whether a module is there: U without a condition, by an attribute that no other module of the IOD has."""
    if usage.condition is not None:
        return usage.condition.is_true(data_set, data_set)
    if usage.usage != "U":
        return True
    return any(tag in data_set for row in usage.own for tag in _tags_of(row, data_set))


def _tags_of(row: Attribute, data_set: DataSet) -> Iterable[Tag]:
    """The tag of a row; of an overlay's, those of all overlays that are there."""
    if row.tag.group != _FIRST_OVERLAY:
        return (row.tag,)
    groups = {tag.group for tag in data_set.tags}
    return [Tag(group, row.tag.element) for group in _OVERLAY_GROUPS if group in groups]


class _Checker:
    """Collects findings, each element's once though several modules have it; the first module counts."""

    def __init__(self, root: DataSet) -> None:
        self.root = root
        self.findings: dict[ElementPath, Finding] = {}

    def check_macros(self, names: Iterable[str], item: DataSet, around: list[tuple[Tag, int]], section: str) -> None:
        for name in names:
            macro = modules()[name]
            self.check(macro.attributes, item, around, section)
            self.check_macros(macro.macros, item, around, section)

    def check(
        self, rows: Iterable[Attribute], item: DataSet, around: list[tuple[Tag, int]], section: str, *, only_present: bool = False
    ) -> None:
        for row in rows:
            for tag in _tags_of(row, item):
                if only_present and tag not in item:
                    continue
                if row.is_functional_group:
                    self.check_functional_group(row, item, section)
                    continue
                problem = self.problem_of(row, tag, item)
                if problem is not None:
                    self.add(ElementPath([*around, tag]), problem, section)
                if row.inside or row.macros:
                    self.check_items(row, tag, item, around, section)

    def check_items(self, row: Attribute, tag: Tag, item: DataSet, around: list[tuple[Tag, int]], section: str) -> None:
        if len(around) >= _MOST_DEPTH:
            return
        for index, inner in enumerate(item.sequence(tag) or []):
            place = [*around, (tag, index)]
            self.check(row.inside, inner, place, section)
            self.check_macros(row.macros, inner, place, section)

    def problem_of(self, row: Attribute, tag: Tag, item: DataSet) -> str | None:
        """What is wrong with one attribute of an item, if anything is."""
        if tag in item:
            is_empty = row.type in ("1", "1C") and not has_value(item, tag)
            return f"it is empty, and of type {row.type}" if is_empty else None
        if row.type in ("1", "2"):
            return f"it is missing, and of type {row.type}"
        if row.condition is not None and row.type != "3" and row.condition.is_true(item, self.root):
            return f"it is missing, and of type {row.type}, whose condition is true"
        return None

    def check_functional_group(self, row: Attribute, item: DataSet, section: str) -> None:
        """See that a functional group is in the shared item, or in all items of frames."""
        if row.condition is not None and not row.condition.is_true(item, self.root):
            return
        shared = item.first_sequence_item(SharedFunctionalGroupsSequence)
        if shared is not None and row.tag in shared:
            return
        frames = item.sequence(PerFrameFunctionalGroupsSequence) or []
        missing = next((index for index, frame in enumerate(frames) if row.tag not in frame), None)
        if not frames:
            self.add(ElementPath([(Tag(SharedFunctionalGroupsSequence), 0), row.tag]), "the functional group is missing", section)
        elif missing is not None:
            path = ElementPath([(Tag(PerFrameFunctionalGroupsSequence), missing), row.tag])
            self.add(path, "the functional group is missing in this item, and in the shared one", section)

    def add(self, path: ElementPath, problem: str, section: str) -> None:
        self.findings.setdefault(path, Finding(Severity.ERROR, path, problem, section))
