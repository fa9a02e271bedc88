"""The tag of every data element of PS3.6 by its keyword: ``tags.PatientName``.

No constant exists before it is asked for, so that importing the module costs nothing.
"""

from __future__ import annotations

from dicomkit._core import dictionary_table as _table
from dicomkit.errors import UnknownKeywordError as _UnknownKeywordError
from dicomkit.tag import Tag


def __getattr__(name: str) -> Tag:
    tag = _table.find_keyword(name)
    if tag is not None:
        return globals().setdefault(name, Tag(tag))  # type: ignore[no-any-return]
    if name.startswith("_"):  # the import system and doctest ask for such names
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise _UnknownKeywordError(name, _table.nearest_keywords)


def __dir__() -> list[str]:
    keywords = {_table.get_element(number)[2] for number in range(_table.element_count())}
    return sorted(keywords - {""})
