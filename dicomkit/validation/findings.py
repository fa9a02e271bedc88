"""What is wrong with an object."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicomkit.element_path import ElementPath
    from dicomkit.tag import Tag

__all__ = ["Finding", "Severity"]


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """The Standard says "shall", and the object does not."""
    WARNING = "warning"
    """Allowed or common, and still a reason why somebody may not read it."""
    INFORMATION = "information"
    """Nothing wrong: what was not checked, and why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or that could not be checked. It never holds a value.

    Attributes
    ----------
    severity
        Whether it breaks the Standard, or says only what was not checked.
    path
        The element concerned, and the items around it.
    problem
        What is wrong, in words.
    section
        Where the Standard says so, such as ``PS3.3 C.7.1.1``.
    """

    severity: Severity
    path: ElementPath
    problem: str
    section: str

    @property
    def tag(self) -> Tag:
        """Tag of the element."""
        return self.path.tag

    def __str__(self) -> str:
        name = str(self.path)
        place = name if name.endswith(str(self.tag)) else f"{name} {self.tag}"
        return f"{self.severity}: {place}: {self.problem} ({self.section})"
