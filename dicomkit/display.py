"""Elements, data sets and files as text and as HTML, for people to look at.

What must stay true: nothing that comes out of a file reaches the reader's terminal or browser as anything but text, and what is shown
stays small, however large the file is.
"""

from __future__ import annotations

from dicomkit._core.dictionary_table import find_uid

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomkit.dataset import DataSet
    from dicomkit.element import DataElement
    from dicomkit.file import DICOMFile

__all__ = [
    "element_name",
    "format_data_set",
    "format_element",
    "format_file",
    "format_value",
    "html_of_data_set",
    "html_of_file",
    "printable",
    "walk",
]

NAME_WIDTH = 40
VALUE_WIDTH = 120
SHOWN_BYTES = 16
# Of HTML: a notebook with 38,000 open tables helps nobody.
SHOWN_ROWS = 600  # in all
SHOWN_ITEMS = 25  # of a sequence
SHOWN_DEPTH = 12
DEEPEST = 256  # as max_depth allows
_BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
# No colours: the table takes those of the page around it, light or dark. Without the style, as where it is stripped, it still reads well.
_STYLE = (
    "<style>"
    ".dicomkit table{border-collapse:collapse;margin:0;color:inherit;font-size:inherit}"
    ".dicomkit td,.dicomkit th{text-align:left;vertical-align:top;padding:.1em .8em .1em 0;overflow-wrap:anywhere;white-space:normal}"
    ".dicomkit td:nth-child(-n+2){font-family:monospace;white-space:nowrap;opacity:.75}"
    ".dicomkit td[colspan='4']{font-family:inherit}"
    ".dicomkit th{white-space:nowrap}"
    ".dicomkit td:nth-child(3):not([colspan]){white-space:nowrap}"
    ".dicomkit details details,.dicomkit details table{margin-left:1.2em}"
    ".dicomkit summary{cursor:pointer}"
    "</style>"
)


def printable(text: str) -> str:
    """Return ``text`` with a dot for each character that is none to be seen: controls, escapes, those that turn the direction."""
    return text if text.isprintable() else "".join(character if character.isprintable() else "·" for character in text)


def element_name(element: DataElement) -> str:
    """Return the keyword, else what is known of a private element, else a question mark."""
    if element.keyword:
        return element.keyword
    name = element.name
    if element.tag.is_private:
        if element.tag.is_private_creator:
            return "PrivateCreator"
        creator = element.private_creator
        return f"[{printable(creator)}] {name or '?'}" if creator else name or "?"
    return name or "?"


def format_value(element: DataElement, width: int = VALUE_WIDTH, shown_bytes: int = SHOWN_BYTES) -> str:
    """Return the value on one line of at most ``width`` characters, or ``shown_bytes`` bytes, cut with an ellipsis."""
    if element.is_sequence:
        count = element.sequence_item_count
        return f"{count:,} item{'' if count == 1 else 's'}"
    length = element.value_length
    if element.vr in _BULK:
        if element.has_undefined_length and (ranges := element.encapsulated_fragment_ranges) is not None:
            return f"{len(ranges):,} fragment{'' if len(ranges) == 1 else 's'}, {length:,} bytes"
        shown = bytes(element.value_range(0, min(shown_bytes, length))).hex(" ")
        return f"{shown}{' …' if length > shown_bytes else ''} ({length:,} bytes)" if shown else ""
    text = element.string_value
    if text is None:
        value = element.value
        many = value if isinstance(value, list) else [value]
        text = "" if value is None else "\\".join(str(part) for part in many[: width // 2 + 1])
    elif element.vr == "UI" and (entry := find_uid(text)) is not None:
        text = f"{text} = {entry[2]}"
    text = printable(text)
    return text if len(text) <= width else text[: width - 1] + "…"


def format_element(element: DataElement) -> str:
    """Return tag, VR, name and value on one line."""
    return f"{element.tag} {element.vr} {element_name(element):<{NAME_WIDTH}} {format_value(element)}".rstrip()


def walk(data_set: Iterable[DataElement]) -> Iterator[tuple[int, DataElement | None, int, int]]:
    """Go through a data set and all that it nests, in order.

    Yields
    ------
    tuple
        Depth, element, 0, 0; or depth of its sequence, None, number and count, where an item begins.
    """
    # A stack and no recursion: data sets nest deeper than Python's calls may.
    pending: list[tuple[int, Iterator[DataElement], Iterator[DataSet], int, int]] = [(0, iter(data_set), iter(()), 0, 0)]
    while pending:
        depth, elements, items, number, count = pending.pop()
        for element in elements:
            yield depth, element, 0, 0
            if element.is_sequence and element.sequence_item_count:
                pending.append((depth, elements, items, number, count))
                within = element.sequence_items or []
                pending.append((depth + 1, iter(()), iter(within), 0, len(within)))
                break
        else:
            item = next(items, None)
            if item is not None:
                yield depth - 1, None, number + 1, count
                pending.append((depth, iter(item), items, number + 1, count))


def format_data_set(data_set: DataSet) -> str:
    """Return a line for each element, items indented."""
    lines = []
    for depth, element, number, _ in walk(data_set):
        if depth > DEEPEST:
            raise RecursionError("the data set nests deeper than any that was read; does it lie in itself?")
        margin = "    " * depth
        lines.append(f"{margin}  -- item {number}" if element is None else margin + format_element(element))
    return "\n".join(lines)


def format_file(file: DICOMFile) -> str:
    """Return File Meta Information and data set, a line for each element."""
    return f"{format_data_set(file.file_meta_information)}\n\n{format_data_set(file.data_set)}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#x27;")


class _HTML:
    """Tables in HTML, of which there are only so many rows."""

    def __init__(self, rows: int = SHOWN_ROWS) -> None:
        self._rows_left = rows

    def table(self, data_set: Iterable[DataElement], depth: int = 0) -> str:
        rows = []
        elements = list(data_set)
        for place, element in enumerate(elements):
            if self._rows_left <= 0:
                rows.append(f"<tr><td colspan='4'>… {len(elements) - place:,} more elements</td></tr>")
                break
            self._rows_left -= 1
            rows.append(f"<tr><td>{element.tag}</td><td>{element.vr}</td>{self._name_and_value(element, depth)}</tr>")
        head = "" if depth else "<thead><tr><th>Tag</th><th>VR</th><th>Name</th><th>Value</th></tr></thead>"
        return f"<table>{head}<tbody>{''.join(rows)}</tbody></table>"

    def _name_and_value(self, element: DataElement, depth: int) -> str:
        name, value = _escape(element_name(element)), _escape(format_value(element))
        if not element.sequence_item_count or depth >= SHOWN_DEPTH or self._rows_left <= 0:
            return f"<td>{name}</td><td>{value}</td>"
        # Items get both columns, or deep ones would have no room.
        items = element.sequence_items or []
        return f"<td colspan='2'><details><summary>{name}: {value}</summary>{self._items(items, depth)}</details></td>"

    def _items(self, items: list[DataSet], depth: int) -> str:
        if len(items) == 1:
            return self.table(items[0], depth + 1)
        parts = []
        for number, item in enumerate(items[:SHOWN_ITEMS], 1):
            if self._rows_left <= 0:
                break
            parts.append(f"<details><summary>item {number}</summary>{self.table(item, depth + 1)}</details>")
        hidden = len(items) - len(parts)
        more = f"<div>… {hidden:,} more item{'' if hidden == 1 else 's'}</div>" if hidden else ""
        return "".join(parts) + more


def html_of_data_set(data_set: DataSet) -> str:
    """Return a table in HTML, sequences collapsed, everything from the data set escaped, of bounded size."""
    return f"<div class='dicomkit'>{_STYLE}{_HTML().table(data_set)}</div>"


def html_of_file(file: DICOMFile) -> str:
    """Return File Meta Information, collapsed, and data set as tables in HTML."""
    meta = ""
    if len(file.file_meta_information):
        heading = f"File Meta Information, {_escape(file.transfer_syntax.name)}"
        meta = f"<details><summary>{heading}</summary>{_HTML().table(file.file_meta_information)}</details>"
    error = f"<p><strong>Incomplete: {_escape(printable(str(file.error)))}</strong></p>" if file.error is not None else ""
    return f"<div class='dicomkit'>{_STYLE}{meta}{error}{_HTML().table(file.data_set)}</div>"
