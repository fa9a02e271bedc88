"""Where an element stands in a data set: ``PatientName``, ``ReferencedImageSequence[0].ReferencedSOPInstanceUID``, ``(0009,1001)``."""

from __future__ import annotations

from dicomkit._core.dictionary_table import find_element
from dicomkit.element import tag_for_key
from dicomkit.errors import InvalidTagError, MissingRequiredElementError
from dicomkit.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit.dataset import DataSet

__all__ = ["ElementPath", "Step"]

Step = tuple[Tag, int]
"""A sequence, and the index of one of its items."""


class ElementPath(tuple["Step | Tag", ...]):
    """The sequences and items on the way to an element, and at the end its tag.

    Its text is the one that people write: keywords or tags with dots between, and the index of an item, from 0, in brackets.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> ElementPath:
        """Read the text of a path.

        Raises
        ------
        InvalidTagError
            If it is none.
        UnknownKeywordError
            If a keyword is not in PS3.6; the error suggests the nearest ones.
        """
        *outer, last = text.strip().split(".")
        return cls([*(_parse_step(part, text) for part in outer), tag_for_key(last.strip())])

    @property
    def tag(self) -> Tag:
        """Tag of the element."""
        return self[-1]  # type: ignore[return-value]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The sequences and items around the element, from the outside."""
        return self[:-1]  # type: ignore[return-value]

    def data_set(self, outermost: DataSet) -> DataSet:
        """Return the item that the element belongs into.

        Raises
        ------
        MissingRequiredElementError
            If one of the sequences, or an item of it, is not there.
        """
        found = outermost
        for number, (tag, index) in enumerate(self.steps, 1):
            items = found.sequence(tag)
            if items is None or index >= len(items):
                place = ".".join(_name_of_step(step) for step in self.steps[:number])
                raise MissingRequiredElementError(place, str(self))
            found = items[index]
        return found

    def below(self, index: int, tag: Tag) -> ElementPath:
        """Return the path of an element in an item of this one, which is a sequence."""
        return ElementPath([*self.steps, (self.tag, index), tag])

    def __str__(self) -> str:
        return ".".join([*(_name_of_step(step) for step in self.steps), _name_of(self.tag)])


def _parse_step(part: str, text: str) -> Step:
    name, bracket, index = part.strip().partition("[")
    if not bracket or not index.endswith("]") or not index[:-1].strip().isdecimal():
        raise InvalidTagError(f"{text!r}: each sequence on the way needs the index of an item, as in ReferencedImageSequence[0]")
    return tag_for_key(name.strip()), int(index[:-1])


def _name_of(tag: Tag) -> str:
    row = find_element(tag)
    # One keyword stands for all tags of a repeating group.
    return row[2] if row and row[2] and row[1] == 0xFFFFFFFF else str(tag)


def _name_of_step(step: Step) -> str:
    return f"{_name_of(step[0])}[{step[1]}]"
