"""Names of persons: the values of VR PN (PS3.5 6.2.1)."""

from __future__ import annotations

from dicomkit.errors import InvalidValueError
from dicomkit.values.text_value import TextValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

__all__ = ["DICOMPersonName", "PersonNameGroup"]

_MAX_GROUPS = 3
_MAX_COMPONENTS = 5
_MAX_GROUP_LENGTH = 64
# Control characters, and the delimiter of values.
_FORBIDDEN = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x5C)))


class PersonNameGroup(str):
    """One component group of a name: ``family^given^middle^prefix^suffix``. It is a ``str``, and is split when asked."""

    __slots__ = ()

    @property
    def components(self) -> tuple[str, ...]:
        """The five components; "" where there is none. Spaces around a component mean nothing (PS3.5 6.2)."""
        found = [component.strip(" ") for component in self.split("^")[:_MAX_COMPONENTS]]
        return tuple(found + [""] * (_MAX_COMPONENTS - len(found)))

    @property
    def family_name(self) -> str:
        """Family name complex, "" if there is none."""
        return self.components[0]

    @property
    def given_name(self) -> str:
        """Given name complex, "" if there is none."""
        return self.components[1]

    @property
    def middle_name(self) -> str:
        """Middle name, "" if there is none."""
        return self.components[2]

    @property
    def name_prefix(self) -> str:
        """Name prefix, such as a title, "" if there is none."""
        return self.components[3]

    @property
    def name_suffix(self) -> str:
        """Name suffix, such as a degree, "" if there is none."""
        return self.components[4]

    @property
    def formatted_name(self) -> str:
        """Prefix, given, middle, family name and suffix, with spaces between."""
        family, given, middle, prefix, suffix = self.components
        return " ".join(part for part in (prefix, given, middle, family, suffix) if part)

    @property
    def dicom_string(self) -> str:
        """The group without empty components at its end."""
        return "^".join(self.components).rstrip("^")


class DICOMPersonName(TextValue):
    """A name in up to three component groups: ``alphabetic=ideographic=phonetic``. It is a ``str``: the text as stored.

    Names are equal when their texts are, and ordered by family name, then given name, of the alphabetic group, without
    regard to case. One that was read from a data set may have more groups, components or characters than
    PS3.5 6.2 allows; they stay in the text. `parse` and the constructor keep to the rules.

    Parameters
    ----------
    value
        The text; spaces at its end are padding.

    Raises
    ------
    InvalidValueError
        If there are more than three groups, five components in one or 64 characters in one, or control characters.
    """

    __slots__ = ()
    _RULE = "a person name of up to three groups, each of up to five components and 64 characters"

    @classmethod
    def _normalize(cls, text: str) -> str | None:
        text = text.rstrip(" \0")
        if not _FORBIDDEN.isdisjoint(text):
            return None
        groups = text.split("=")
        if len(groups) > _MAX_GROUPS:
            return None
        is_name = all(len(group) <= _MAX_GROUP_LENGTH and group.count("^") < _MAX_COMPONENTS for group in groups)
        return text if is_name else None

    @classmethod
    def from_components(
        cls,
        family_name: str = "",
        given_name: str = "",
        middle_name: str = "",
        name_prefix: str = "",
        name_suffix: str = "",
        *,
        ideographic: str = "",
        phonetic: str = "",
    ) -> Self:
        """Return the name of the components of its alphabetic group and the text of the other groups.

        Raises
        ------
        InvalidValueError
            If a component has a delimiter, or the name breaks the rules of PN.
        """
        components = (family_name, given_name, middle_name, name_prefix, name_suffix)
        if any(delimiter in component for component in components for delimiter in "^="):
            raise InvalidValueError("a component of a person name has no ^ and no =")
        if "=" in ideographic or "=" in phonetic:
            raise InvalidValueError("a component group of a person name has no =")
        groups = ("^".join(components).rstrip("^"), ideographic, phonetic)
        return cls("=".join(groups).rstrip("="))

    def _group(self, index: int) -> PersonNameGroup:
        groups = self.split("=")
        return PersonNameGroup(groups[index] if index < len(groups) else "")

    @property
    def alphabetic(self) -> PersonNameGroup:
        """The first group, in single-byte characters."""
        return self._group(0)

    @property
    def ideographic(self) -> PersonNameGroup:
        """The second group, in the characters of the language, "" if there is none."""
        return self._group(1)

    @property
    def phonetic(self) -> PersonNameGroup:
        """The third group, as it is pronounced, "" if there is none."""
        return self._group(2)

    @property
    def has_ideographic(self) -> bool:
        """Whether the second group has characters."""
        return bool(self.ideographic.dicom_string)

    @property
    def has_phonetic(self) -> bool:
        """Whether the third group has characters."""
        return bool(self.phonetic.dicom_string)

    @property
    def family_name(self) -> str:
        """Family name of the alphabetic group, "" if there is none."""
        return self.alphabetic.family_name

    @property
    def given_name(self) -> str:
        """Given name of the alphabetic group, "" if there is none."""
        return self.alphabetic.given_name

    @property
    def middle_name(self) -> str:
        """Middle name of the alphabetic group, "" if there is none."""
        return self.alphabetic.middle_name

    @property
    def name_prefix(self) -> str:
        """Prefix of the alphabetic group, "" if there is none."""
        return self.alphabetic.name_prefix

    @property
    def name_suffix(self) -> str:
        """Suffix of the alphabetic group, "" if there is none."""
        return self.alphabetic.name_suffix

    @property
    def formatted_name(self) -> str:
        """Prefix, given, middle, family name and suffix of the alphabetic group, with spaces between."""
        return self.alphabetic.formatted_name

    @property
    def dicom_string(self) -> str:
        """The text without empty components and groups at their ends."""
        return "=".join(self._group(index).dicom_string for index in range(_MAX_GROUPS)).rstrip("=")

    @property
    def padded_value(self) -> str:
        """The text as stored, with a space after it if its number of characters is odd."""
        return str.__str__(self) + " " * (len(self) % 2)

    def _sort_key(self) -> tuple[str, str, str]:
        # The text comes last, to make the order total.
        group = self.alphabetic
        return group.family_name.casefold(), group.given_name.casefold(), str.__str__(self)

    def __lt__(self, other: str) -> bool:
        return self._sort_key() < other._sort_key() if isinstance(other, DICOMPersonName) else NotImplemented

    def __le__(self, other: str) -> bool:
        return self._sort_key() <= other._sort_key() if isinstance(other, DICOMPersonName) else NotImplemented

    def __gt__(self, other: str) -> bool:
        return self._sort_key() > other._sort_key() if isinstance(other, DICOMPersonName) else NotImplemented

    def __ge__(self, other: str) -> bool:
        return self._sort_key() >= other._sort_key() if isinstance(other, DICOMPersonName) else NotImplemented
