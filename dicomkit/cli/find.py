"""``dicomkit find``: what a peer has."""

from __future__ import annotations

import csv
import json
import re
import sys
import warnings
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import click

from dicomkit.cli.conditions import CONDITION
from dicomkit.cli.console import count, printable
from dicomkit.cli.match_table import write_match_table
from dicomkit.cli.peer import PEER, Peer, calling_ae_option, run_network, say, timeout_option
from dicomkit.cli.progress import with_async_progress
from dicomkit.cli.words import uid_name
from dicomkit.element import tag_for_key
from dicomkit.errors import DICOMWarning
from dicomkit.network.errors import DICOMNetworkError
from dicomkit.network.services.configuration import QueryConfiguration
from dicomkit.network.services.information_model import InformationModel, QueryLevel
from dicomkit.network.services.query import DICOMQueryService
from dicomkit.network.services.query_keys import UTF_8, QueryKeys, name_of
from dicomkit.scanning import plain_value
from dicomkit.scanning.rows import Columns
from dicomkit.tags import SOPClassUID
from dicomkit.values import DICOMTime

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from dicomkit.cli.conditions import Condition
    from dicomkit.dataset import DataSet
    from dicomkit.network.services.query_results import QueryResult
    from dicomkit.tag import Tag

__all__ = ["command"]

# The columns that each level has, in the order in which people look at them.
_USUAL = {
    QueryLevel.PATIENT: (
        "PatientName PatientID PatientBirthDate PatientSex NumberOfPatientRelatedStudies NumberOfPatientRelatedSeries "
        "NumberOfPatientRelatedInstances"
    ),
    QueryLevel.STUDY: (
        "PatientName PatientID PatientBirthDate StudyDate StudyTime StudyDescription ModalitiesInStudy NumberOfStudyRelatedSeries "
        "NumberOfStudyRelatedInstances AccessionNumber StudyID ReferringPhysicianName StudyInstanceUID"
    ),
    QueryLevel.SERIES: (
        "SeriesNumber Modality SeriesDate SeriesTime SeriesDescription BodyPartExamined NumberOfSeriesRelatedInstances SeriesInstanceUID"
    ),
    QueryLevel.IMAGE: "InstanceNumber SOPClassUID ContentDate ContentTime Rows Columns NumberOfFrames SOPInstanceUID",
}
# What can be spared most of these comes first.
_SPARE = (
    "ReferringPhysicianName StudyID StudyTime SeriesTime ContentTime PatientBirthDate AccessionNumber ContentDate BodyPartExamined "
    "NumberOfStudyRelatedSeries"
)
_NOUNS = {
    QueryLevel.PATIENT: ("patient", "patients"),
    QueryLevel.STUDY: ("study", "studies"),
    QueryLevel.SERIES: ("series", "series"),
    QueryLevel.IMAGE: ("instance", "instances"),
}
_OFFSET = re.compile(r" at byte offset 0x[0-9a-f]+")
_COUNT = re.compile(r"NumberOf\w+Related(\w+)")


@click.command("find", short_help="Ask a peer what it has (C-FIND).")
@click.argument("peer", metavar="AET@HOST:PORT", type=PEER)
@click.argument("conditions", metavar="[KEY=VALUE...]", nargs=-1, type=CONDITION)
@click.option("--level", "-l", type=click.Choice(["patient", "study", "series", "image"]), default="study", show_default=True,
              help="What is looked for.")  # fmt: skip
@click.option("--return", "-r", "returned", metavar="KEY", multiple=True, type=CONDITION, help="Ask for this, too. Can be repeated.")
@click.option("--patient-root", is_flag=True, help="Use the Patient Root information model, as --level patient always does.")
@click.option("--relational", is_flag=True, help="Look for series and images without saying of which study; many peers don't support it.")
@click.option("--character-set", metavar="TERMS", default=UTF_8, show_default=True,
              help="Send text that is not ASCII in these defined terms, for peers that don't know Unicode.")  # fmt: skip
@click.option("--limit", "-n", metavar="N", type=click.IntRange(min=1), help="Stop after so many.")
@click.option("--json", "is_json", is_flag=True, help="Print the DICOM JSON Model (PS3.18 F), an object for each match, as they come.")
@click.option("--csv", "is_csv", is_flag=True, help="Print comma-separated values, a line for each match, as they come.")
@calling_ae_option
@timeout_option
def command(peer: Peer, conditions: tuple[Condition, ...], level: str, returned: tuple[Condition, ...], patient_root: bool,
            relational: bool, character_set: str, limit: int | None, is_json: bool, is_csv: bool, calling_ae: str,
            timeout: float) -> int:  # fmt: skip
    """Ask the peer at HOST and PORT, whose AE title is AET, which patients, studies, series or images it has (C-FIND).

    KEY is a keyword, or a tag such as 0010,0010. KEY=VALUE restricts what is found: with wildcards * and ?, and ranges of dates and times.
    KEY alone, and --return KEY, ask for one more column. Series need the StudyInstanceUID of their study, images the SeriesInstanceUID
    of their series, too; with --patient-root all need a PatientID.

    The exit code is 0 if nothing was found, too, and 1 if the peer cannot be asked, or says that the query failed.

    \b
    dicomkit find PACS@pacs.example:11112 PatientName='DOE*' StudyDate=20240101-20240131
    dicomkit find PACS@pacs.example:11112 --level series StudyInstanceUID=1.2.3 Modality=CT
    dicomkit find PACS@pacs.example:11112 StudyDate=20240131- --return OperatorsName --csv > studies.csv
    dicomkit find PACS@pacs.example:11112 AccessionNumber=4711 --json | jq -r '.[]."0020000D".Value[0]'
    """
    if is_json and is_csv:
        raise click.UsageError("say either --json or --csv")
    what = QueryLevel(level.upper())
    model = InformationModel.PATIENT_ROOT if patient_root or what is QueryLevel.PATIENT else InformationModel.STUDY_ROOT
    keys, columns = _keys_of(QueryKeys(what, character_set=character_set), model, (*conditions, *returned), relational)
    settings = QueryConfiguration(
        calling_ae_title=calling_ae,
        called_ae_title=peer.ae_title,
        timeout=timeout,
        information_model=model,
        is_relational=relational,
    )
    matches = DICOMQueryService.stream(keys, host=peer.host, port=peer.port, limit=limit, configuration=settings)
    output: _Output = _JSONOutput() if is_json else _CSVOutput(columns) if is_csv else _TableOutput(columns, model.keys_above(what))
    matched = [column.tag for column in columns if column.is_matched and column.tag not in model.keys_above(what)]
    return run_network(_find(matches, output, _Tally(what, limit, matched)))


class _Column(NamedTuple):
    """A key of the query, and what the user said of it, if anything."""

    tag: Tag
    name: str
    condition: Condition | None

    @property
    def is_matched(self) -> bool:
        return self.condition is not None and bool(self.condition.text)


def _keys_of(
    keys: QueryKeys, model: InformationModel, conditions: Sequence[Condition], is_relational: bool
) -> tuple[QueryKeys, list[_Column]]:
    """The keys of the query, and a column for each: what is usual on the level, and then what was said."""
    level = keys.level
    above = model.keys_above(level)
    tags = [*map(tag_for_key, _USUAL[level].split()), *(above if is_relational else ())]
    for tag in tags:
        keys = keys.returning(tag)
    said: dict[Tag, Condition] = {}
    for condition in conditions:
        if condition.text and keys.is_matched(condition.tag):
            raise click.UsageError(f"{name_of(condition.tag)} has two values")
        keys = condition.apply_to(keys)
        if condition.text or condition.tag not in said:
            said[condition.tag] = condition
    missing = [name_of(tag) for tag in above if not keys.is_matched(tag)]
    if missing and not is_relational:
        what = _NOUNS[level][1]
        raise click.UsageError(f"to find {what}, say {' and '.join(f'{name}=...' for name in missing)} (or --relational, if the peer can)")
    columns = Columns([*tags, *said])
    return keys, [_Column(tag, name, said.get(tag)) for tag, name in zip(columns.tags, columns.names, strict=True)]


class _Tally:
    """Counts what is found, and sees which keys the peer matched at all."""

    def __init__(self, level: QueryLevel, limit: int | None, matched: Sequence[Tag]) -> None:
        self._level = level
        self._limit = limit
        self.number = 0
        self._unmatched = dict.fromkeys(matched)
        self._has_unsupported_keys = False

    def add(self, match: QueryResult) -> None:
        self.number += 1
        self._has_unsupported_keys |= match.has_unsupported_keys
        for tag in [tag for tag in self._unmatched if tag in match.data_set]:
            del self._unmatched[tag]

    def warn(self) -> None:
        """Say that there may be more than what was looked for. A peer leaves out keys that it does not support (PS3.4 C.2.2.1.3)."""
        if self.number and self._unmatched:
            names = ", ".join(map(name_of, self._unmatched))
            say("warning", f"the peer does not support {names}: what it found is not restricted by it")
        elif self._has_unsupported_keys:
            say("warning", "the peer says that it does not support some of these keys")

    def words(self) -> str:
        found = count(self.number, *_NOUNS[self._level])
        return f"{found}; there may be more (--limit)" if self.number == self._limit else found


async def _find(matches: AsyncGenerator[QueryResult, None], output: _Output, tally: _Tally) -> int:
    # A bar would be written into lines that come one by one.
    shown = matches if output.is_gradual and sys.stdout.isatty() else with_async_progress(matches, "Finding")
    try:
        async with aclosing(matches), aclosing(shown):
            async for match in shown:
                tally.add(match)
                with _warnings_without_offsets():
                    output.add(match.data_set)
    except DICOMNetworkError:
        output.end(is_whole=False)
        if tally.number:
            click.echo(f"{tally.words()} before it failed", err=True)
        raise
    output.end()
    tally.warn()
    click.echo(tally.words(), err=True)
    return 0


@contextmanager
def _warnings_without_offsets() -> Iterator[None]:
    """Say what is wrong in matches without the place, which differs from one to the other and which nobody can look at."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DICOMWarning)
        yield
    for warning in caught:
        warnings.warn(_OFFSET.sub("", str(warning.message)), warning.category, stacklevel=1)


class _Output(Protocol):
    """Where matches go. ``is_gradual``: they are printed as they come."""

    is_gradual: bool

    def add(self, match: DataSet) -> None: ...

    def end(self, *, is_whole: bool = True) -> None: ...


class _JSONOutput:
    """An array of objects, each on a line. One that begins is ended, so that what came before a failure can be read."""

    is_gradual = True

    def __init__(self) -> None:
        self._before = "[\n "

    def add(self, match: DataSet) -> None:
        _print(self._before + _harmless(match.to_json()))
        self._before = ","

    def end(self, *, is_whole: bool = True) -> None:
        if self._before == ",":
            _print("]")
        elif is_whole:
            _print("[]")


class _CSVOutput:
    """A line for each match, below one with the names."""

    is_gradual = True

    def __init__(self, columns: Sequence[_Column]) -> None:
        self._columns = columns
        self._writer = csv.writer(sys.stdout, lineterminator="\n")
        self._has_begun = False

    def add(self, match: DataSet) -> None:
        self._begin()
        self._writer.writerow([printable(_cell(match.get(column.tag))) for column in self._columns])
        sys.stdout.flush()

    def end(self, *, is_whole: bool = True) -> None:
        if is_whole:
            self._begin()

    def _begin(self) -> None:
        if not self._has_begun:
            self._writer.writerow([column.name for column in self._columns])
        self._has_begun = True


class _TableOutput:
    """All columns in which something is, but for the keys above the level that were given: these are the same in each row."""

    is_gradual = False

    def __init__(self, columns: Sequence[_Column], above: Sequence[Tag]) -> None:
        self._columns = [column for column in columns if not (column.is_matched and column.tag in above)]
        self._rows: list[list[str]] = []

    def add(self, match: DataSet) -> None:
        self._rows.append([_table_cell(column.tag, match) for column in self._columns])

    def end(self, *, is_whole: bool = True) -> None:
        if not self._rows:
            return
        filled = [place for place in range(len(self._columns)) if any(row[place] for row in self._rows)]
        columns = [self._columns[place] for place in filled]
        rows = [[row[place] for place in filled] for row in self._rows]
        names = [_COUNT.sub(r"\1", column.name) for column in columns]
        whole = [number for number, column in enumerate(columns) if column.name.endswith("InstanceUID")]
        places = {column.name: number for number, column in enumerate(columns) if column.condition is None}
        spare = [places[name] for name in _SPARE.split() if name in places]
        hidden = write_match_table(names, rows, sys.stdout, whole=whole, spare=spare)
        sys.stdout.flush()
        if hidden:
            say("note", f"this terminal is too narrow for {', '.join(columns[number].name for number in hidden)}")


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _harmless(text: str) -> str:
    """JSON text with an escape for each character that is none to be seen: it means the same, and steers no terminal."""
    return text if text.isprintable() else "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _cell(value: Any) -> str:
    """A value as text: several with backslashes between, bytes in hexadecimal."""
    plain = plain_value(value)
    if isinstance(plain, list):
        return "\\".join(map(_cell, plain))
    return "" if plain is None else plain.hex() if isinstance(plain, bytes) else str(plain)


def _table_cell(tag: Tag, match: DataSet) -> str:
    value = match.get(tag)
    if tag == SOPClassUID and value is not None:
        return uid_name(value)
    cell = _cell(value)
    return printable(cell.partition(".")[0] if isinstance(value, DICOMTime) else cell)
