"""Scanning: the attributes of all files below folders, read in the background."""

from __future__ import annotations

import os
from collections import deque
from functools import partial
from itertools import islice

from dicomkit.encoding.options import ReadOptions
from dicomkit.errors import SourceNotFoundError
from dicomkit.scanning.folders import find_files
from dicomkit.scanning.rows import Columns, Row, read_row
from dicomkit.scanning.tables import make_arrow_table, make_data_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    import pandas as pd
    import pyarrow as pa

    from dicomkit.element import Key
    from dicomkit.errors import SourceError

    Found = tuple[str, SourceError | None]

__all__ = ["DEFAULT_ATTRIBUTES", "Scan", "scan"]

DEFAULT_ATTRIBUTES = (
    "PatientID",
    "PatientName",
    "StudyDate",
    "Modality",
    "StudyDescription",
    "SeriesNumber",
    "SeriesDescription",
    "InstanceNumber",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
)
# Files that a thread reads at a time. One by one, handing over cost as much as reading (34 us a file instead of 17).
BATCH = 64
# Measured on 5,000 CT files, in us a file: in the page cache 17.5 with 1 worker, 19 with 2, 20 with 4 (two processes took 43); from
# the disk 90, 65 and 50, and 62 with 8.
WORKERS = 4
DEFAULT_OPTIONS = ReadOptions()


def scan(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    attributes: Iterable[Key] = DEFAULT_ATTRIBUTES,
    *,
    workers: int = WORKERS,
    skip_non_dicom: bool = True,
    include_hidden: bool = False,
    options: ReadOptions = DEFAULT_OPTIONS,
) -> Scan:
    """Read some attributes of many files.

    Nothing is read before the scan is iterated. Of each file only the beginning is read, up to the last of the attributes. A file
    that cannot be read never ends the scan: it gives a row with an :attr:`Row.error`.

    Parameters
    ----------
    paths
        A file or folder, or several. Folders are searched as a whole, in the order of names.
    attributes
        Keys as in :class:`dicomkit.DataSet`. Those of group 0002 come from the File Meta Information.
    workers
        Threads that read ahead; with 1, files are read in the thread that iterates, when it asks for them. Threads hide the time that
        disks and networks take; where files are in memory already, they help nothing and cost little.
    skip_non_dicom
        Leave out files without the DICOM prefix (PS3.10 7.1), instead of giving rows with an error for them.
    include_hidden
        Take files and folders whose names begin with a dot, too.
    options
        How to read; its ``tags`` are those of ``attributes``.

    Raises
    ------
    SourceNotFoundError
        If a single path is given and does not exist. Among several, it gives a row with an error.
    UnknownKeywordError
        If an attribute is no keyword of PS3.6.
    InvalidTagError
        If an attribute is no tag.
    ValueError
        If ``workers`` is less than 1, or ``attributes`` has none.
    """
    if isinstance(paths, (str, os.PathLike)):
        if not os.path.lexists(paths):
            raise SourceNotFoundError(None, "there is no such file or folder", os.fspath(paths))
        paths = (paths,)
    return Scan(paths, Columns(attributes), workers, skip_non_dicom, include_hidden, options)


class Scan:
    """Rows of a scan, one a file, in the order of paths. Each iteration reads the files again.

    Attributes
    ----------
    attributes
        Names of the values of each row.
    """

    __slots__ = ("_columns", "_include_hidden", "_options", "_paths", "_skip_non_dicom", "_workers")

    def __init__(
        self,
        paths: Iterable[str | os.PathLike[str]],
        columns: Columns,
        workers: int,
        skip_non_dicom: bool,
        include_hidden: bool,
        options: ReadOptions,
    ) -> None:
        if workers < 1:
            raise ValueError("workers is at least 1")
        if not columns.tags:
            raise ValueError("a scan needs an attribute at least")
        self._paths = tuple(os.fspath(path) for path in paths)
        self._columns = columns
        self._workers = workers
        self._skip_non_dicom = skip_non_dicom
        self._include_hidden = include_hidden
        self._options = options.replace(tags=columns.data_set_tags)

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the values of each row: keywords, or ``(GGGG,EEEE)`` where there is none."""
        return self._columns.names

    def __iter__(self) -> Iterator[Row]:
        found = find_files(self._paths, include_hidden=self._include_hidden)
        if self._workers == 1:
            rows: Iterable[Row] = map(self._row, found)
        else:
            rows = _in_background(found, self._rows, self._workers)
        return (row for row in rows if row.is_dicom) if self._skip_non_dicom else iter(rows)

    def _row(self, found: Found) -> Row:
        path, error = found
        if error is not None:
            return Row(path, self._columns, [None] * len(self._columns.tags), error)
        return read_row(path, self._columns, self._options)

    def _rows(self, batch: list[Found]) -> list[Row]:
        return list(map(self._row, batch))

    def to_arrow(self) -> pa.Table:
        """Read everything into a pyarrow table: ``path``, a typed column for each attribute, ``error``.

        Integers, decimals, dates (DA) and times (TM) have their types, bytes are binary, everything else is text: DT in its ISO 8601
        form, as offsets from UTC come and go. Attributes with several values, by PS3.6 or in a file, are lists. Of sequences there is
        the number of items. What breaks the rules of its VR is null, with one warning for each column.

        Raises
        ------
        ModuleNotFoundError
            If pyarrow is not installed.
        """
        return make_arrow_table(self, self._columns)

    def to_pandas(self) -> pd.DataFrame:
        """Read everything into a pandas data frame: as :meth:`to_arrow`, with ``Int64``, ``float64``, ``datetime64`` and ``string``.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed.
        """
        return make_data_frame(self, self._columns)

    def __repr__(self) -> str:
        return f"<Scan of {', '.join(map(repr, self._paths[:3]))}{', ...' if len(self._paths) > 3 else ''}: {', '.join(self.attributes)}>"


def _in_background(found: Iterator[Found], read_batch: Callable[[list[Found]], list[Row]], workers: int) -> Iterator[Row]:
    """Rows in the order of ``found``, read by threads at most two batches each ahead of who asks."""
    from concurrent.futures import ThreadPoolExecutor  # lazy: start-up

    pending: deque[Future[list[Row]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="dicomkit-scan")
    try:
        for batch in iter(partial(_take, found), []):
            pending.append(pool.submit(read_batch, batch))
            if len(pending) > 2 * workers:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _take(found: Iterator[Found]) -> list[Found]:
    return list(islice(found, BATCH))
