"""Elements, data sets and files as text and as HTML, for people to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicomkit.dataset import DataSet
    from dicomkit.element import DataElement
    from dicomkit.file import DICOMFile

__all__ = ["element_name", "format_data_set", "format_element", "format_file", "format_value", "html_of_data_set", "html_of_file"]

NAME_WIDTH = 40
VALUE_WIDTH = 120
SHOWN_BYTES = 16
SHOWN_ITEMS = 100       # of a sequence in HTML: a notebook with 2,000 open tables helps nobody
_BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})


def element_name(element: DataElement) -> str:
    """Return the keyword, else what is known of a private element, else a question mark."""
    if element.keyword:
        return element.keyword
    name = element.name
    if element.tag.is_private:
        creator = element.private_creator
        return f"[{creator}] {name or '?'}" if creator else name or "?"
    return name or "?"


def format_value(element: DataElement, width: int = VALUE_WIDTH) -> str:
    """Return the value on one line of at most ``width`` characters, cut with an ellipsis."""
    if element.is_sequence:
        count = element.sequence_item_count
        return f"{count} item{'' if count == 1 else 's'}"
    if element.encapsulated_fragments is not None:
        count = element.encapsulated_fragment_count
        return f"{count} fragment{'' if count == 1 else 's'}, {element.value_length:,} bytes"
    if element.vr in _BULK:
        shown = bytes(element.value_range(0, min(SHOWN_BYTES, element.value_length))).hex(" ")
        return f"{shown}{' …' if element.value_length > SHOWN_BYTES else ''} ({element.value_length:,} bytes)" if shown else ""
    text = element.string_value
    if text is None:
        value = element.value
        many = value if isinstance(value, list) else [value]
        text = "" if value is None else "\\".join(str(part) for part in many[: width // 2 + 1])
    text = "".join(character if character.isprintable() else "·" for character in text)
    return text if len(text) <= width else text[: width - 1] + "…"


def format_element(element: DataElement) -> str:
    """Return tag, VR, name and value on one line."""
    return f"{element.tag} {element.vr} {element_name(element):<{NAME_WIDTH}} {format_value(element)}".rstrip()


def _lines(data_set: Iterable[DataElement], depth: int) -> Iterator[str]:
    margin = "  " * depth
    for element in data_set:
        yield margin + format_element(element)
        for number, item in enumerate(element.sequence_items or (), 1):
            yield f"{margin}  -- item {number}"
            yield from _lines(item, depth + 2)


def format_data_set(data_set: DataSet) -> str:
    """Return a line for each element, items indented."""
    return "\n".join(_lines(data_set, 0))


def format_file(file: DICOMFile) -> str:
    """Return File Meta Information and data set, a line for each element."""
    return f"{format_data_set(file.file_meta_information)}\n\n{format_data_set(file.data_set)}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _rows(data_set: Iterable[DataElement]) -> Iterator[str]:
    for element in data_set:
        value = _escape(format_value(element))
        items = element.sequence_items
        if items:
            tables = "".join(
                f"<details><summary>item {number}</summary>{_table(item)}</details>" for number, item in enumerate(items[:SHOWN_ITEMS], 1)
            )
            more = f"<p>… {len(items) - SHOWN_ITEMS} more</p>" if len(items) > SHOWN_ITEMS else ""
            value = f"<details><summary>{value}</summary>{tables}{more}</details>"
        yield (
            f"<tr><td><code>{element.tag}</code></td><td>{element.vr}</td>"
            f"<td>{_escape(element_name(element))}</td><td style='text-align:left'>{value}</td></tr>"
        )


def _table(data_set: Iterable[DataElement]) -> str:
    return f"<table><thead><tr><th>Tag</th><th>VR</th><th>Name</th><th>Value</th></tr></thead><tbody>{''.join(_rows(data_set))}</tbody></table>"


def html_of_data_set(data_set: DataSet) -> str:
    """Return a table in HTML, sequences collapsed, everything from the data set escaped."""
    return _table(data_set)


def html_of_file(file: DICOMFile) -> str:
    """Return File Meta Information, collapsed, and data set as tables in HTML."""
    return (
        f"<details><summary>File Meta Information, {_escape(str(file.transfer_syntax))}</summary>{_table(file.file_meta_information)}"
        f"</details>{_table(file.data_set)}"
    )
