"""Every registered UID of PS3.6 Annex A by its keyword: ``uids.CTImageStorage``.

No constant exists before it is asked for, so that importing the module costs nothing.
"""

from __future__ import annotations

from dicomkit._core import dictionary_table as _table
from dicomkit.errors import UnknownKeywordError as _UnknownKeywordError


def __getattr__(name: str) -> str:
    row = _table.find_uid_keyword(name)
    if row is not None:
        return globals().setdefault(name, row[0])  # type: ignore[no-any-return]
    if name.startswith("_"):  # the import system and doctest ask for such names
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise _UnknownKeywordError(name, _table.nearest_uid_keywords)


def __dir__() -> list[str]:
    keywords = {_table.get_uid(number)[1] for number in range(_table.uid_count())}
    return sorted(keywords - {""})
