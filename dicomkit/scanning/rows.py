"""One file as a row of values."""

from __future__ import annotations

from dicomkit.dictionary import DataElementDictionary
from dicomkit.element import tag_for_key
from dicomkit.errors import DICOMError, EncodingError, InvalidDICMPrefixError, UnexpectedEndOfDataError
from dicomkit.file import read
from dicomkit.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from dicomkit.element import Key
    from dicomkit.encoding.options import ReadOptions

__all__ = ["Columns", "Row", "looks_like_dicom", "read_row"]

FILE_META_GROUP = 0x0002
PREFIX_END = 132  # a file needs as many bytes to be a DICOM file (PS3.10 7.1)


class Columns:
    """The attributes of a scan: their tags, and their names: keywords, or ``(GGGG,EEEE)`` where there is none.

    Parameters
    ----------
    attributes
        Keys as in :class:`dicomkit.DataSet`; those of group 0002 are taken from the File Meta Information. Each counts once.
    """

    __slots__ = ("data_set_tags", "has_meta", "names", "places", "tags")

    data_set_tags: tuple[Tag, ...]
    has_meta: bool
    names: tuple[str, ...]
    places: dict[str | int, int]
    tags: tuple[Tag, ...]

    def __init__(self, attributes: Iterable[Key]) -> None:
        keys: Iterable[Key] = (attributes,) if isinstance(attributes, str) else attributes
        self.tags = tuple(dict.fromkeys(map(tag_for_key, keys)))
        self.data_set_tags = tuple(tag for tag in self.tags if tag.group != FILE_META_GROUP)
        self.has_meta = len(self.data_set_tags) < len(self.tags)
        self.names = tuple(map(_name, self.tags))
        self.places = {name: place for place, name in enumerate(self.names)}
        self.places |= {int(tag): place for place, tag in enumerate(self.tags)}


def _name(tag: Tag) -> str:
    entry = DataElementDictionary.find_tag(tag)
    # Every tag of a repeating group has the same keyword, which then tells them not apart.
    return entry.keyword if entry and entry.keyword and not entry.is_repeating else str(tag)


class Row:
    """What a scan read of one file: ``row["PatientID"]`` or ``row.PatientID``; ``dict(row)`` has all.

    Attributes
    ----------
    path
        The file.
    values
        The values in the order of the attributes, as :meth:`dicomkit.DataSet.get` has them; None for what is absent or empty.
    error
        Why the file could not be read, or None. With ``ReadOptions(partial=True)`` there may be values as well.
    is_dicom
        Whether the file looked like DICOM at all.
    """

    __slots__ = ("_columns", "error", "is_dicom", "path", "values")

    path: str
    values: Sequence[Any]
    error: DICOMError | None
    is_dicom: bool

    def __init__(self, path: str, columns: Columns, values: Sequence[Any], error: DICOMError | None = None, is_dicom: bool = True) -> None:
        self.path = path
        self._columns = columns
        self.values = values
        self.error = error
        self.is_dicom = is_dicom

    def keys(self) -> tuple[str, ...]:
        """Return the names of the values: keywords, or ``(GGGG,EEEE)`` where there is none."""
        return self._columns.names

    def __getitem__(self, key: Key) -> Any:
        place = self._columns.places.get(key)  # type: ignore[arg-type]  # a pair of numbers is hashable, too
        if place is None:
            place = self._columns.places.get(int(tag_for_key(key)))
            if place is None:
                raise KeyError(key)
        return self.values[place]

    def __getattr__(self, name: str) -> Any:
        if name in Row.__slots__:  # unset, as while unpickling: looking it up would need it
            raise AttributeError(name)
        try:
            return self.values[self._columns.places[name]]
        except KeyError:
            raise AttributeError(f"{name!r} is not among the attributes of this scan") from None

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self._columns.names})

    def __repr__(self) -> str:
        state = "" if self.error is None else f", {type(self.error).__name__}"
        return f"<Row {self.path!r}, {len(self.values)} values{state}>"


def read_row(path: str, columns: Columns, options: ReadOptions) -> Row:
    """Read the attributes of a file; what is wrong with it becomes :attr:`Row.error`."""
    try:
        file = read(path, options)
        get = file.data_set.get
        if columns.has_meta:
            get_meta = file.file_meta_information.get
            values = [get_meta(tag) if tag.group == FILE_META_GROUP else get(tag) for tag in columns.tags]
        else:
            values = [get(tag) for tag in columns.tags]
    except DICOMError as error:
        return Row(path, columns, [None] * len(columns.tags), error, looks_like_dicom(error))
    return Row(path, columns, values, file.error)


def looks_like_dicom(error: DICOMError) -> bool:
    """Whether a file that could not be read has the preamble and prefix of PS3.10 7.1, or could not even be opened."""
    if isinstance(error, InvalidDICMPrefixError):
        return False
    is_too_short = isinstance(error, UnexpectedEndOfDataError) and error.offset is not None and error.offset < PREFIX_END
    return not (isinstance(error, EncodingError) and is_too_short)
