"""Everything a user would do with a file, with a watch on what comes of it.

Allowed are values and :class:`dicomkit.DICOMError`. All else is a finding: other exceptions, warnings of other kinds, values of the
data set in messages, answers that depend on where the bytes came from, and taking too long or too much memory.
"""

from __future__ import annotations

import copy
import inspect
import io
import pickle
import resource
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import dicomkit
from dicomkit import DataElement, DataSet, DICOMError, DICOMFile, DICOMWarning
from tests.fuzz.exercise_pixels import compare_pixels, use_pixels
from tests.fuzz.rewriting import use_writer
from tests.fuzz.seeds import CANARY

__all__ = ["Finding", "Watch", "exercise"]

SECONDS = 2.0  # of processor time for one step
MEMORY = 64 << 20  # bytes for one mutant, and so many times its size:
MEMORY_FACTOR = 60
MAX_INFLATED_SIZE = 32 << 20
MOST_ELEMENTS = 3000  # compared, or decoded
MOST_CLOSELY = 60  # asked for everything they have
WAYS: dict[str, dict[str, Any]] = {
    "default": {},
    "strict": {"strict": True},
    "partial": {"partial": True},
    "force": {"force": True},
    "rescue": {"force": True, "partial": True},
    "tags": {"tags": ["PatientName", "ReferencedImageSequence", "Rows", 0x00091010]},
    "stop": {"stop_before_pixels": True},
    "character_set": {"character_set": "ISO_IR 192"},
    "shallow": {"max_depth": 2, "partial": True, "force": True},
}
_ELEMENT_FACTS = [
    name for name in dir(DataElement) if name[0] != "_" and inspect.isgetsetdescriptor(inspect.getattr_static(DataElement, name))
]
_TYPES = [name.removesuffix("s").removesuffix("_value") for name in _ELEMENT_FACTS if name.endswith(("_value", "_values"))]
_GETTERS = [name for kind in _TYPES for name in (kind, f"{kind}s") if hasattr(DataSet, name)] + ["sequence", "application_entities"]
_FILE_FACTS = (
    "transfer_syntax_uid", "sop_class_uid", "sop_instance_uid", "image_rows", "image_columns", "number_of_frames", "is_multi_frame",
    "photometric_interpretation", "is_monochrome", "is_color", "is_palette_color",
)  # fmt: skip
_FILE_METHODS = (
    "pixel_data_descriptor", "pixel_range", "palette_color_lut", "window_settings", "all_window_settings", "rescale_slope",
    "rescale_intercept", "render_frame", "render_frame_with_stored_window",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be.

    Attributes
    ----------
    key
        The same for findings with the same cause, as far as one can tell.
    """

    kind: str
    step: str
    key: str
    detail: str


class _Outcome:
    """What a step gave: a value, or an error that is allowed."""

    __slots__ = ("error", "value")

    def __init__(self, value: Any = None, error: DICOMError | None = None) -> None:
        self.value = value
        self.error = error


class Watch:
    """Takes the steps and keeps the findings."""

    def __init__(self, seconds: float, tell: Callable[[str], None]) -> None:
        self.findings: list[Finding] = []
        self._seconds = seconds
        self._tell = tell

    def add(self, kind: str, step: str, key: str, detail: str) -> None:
        self.findings.append(Finding(kind, step, f"{kind}: {key}", detail))

    def take(self, step: str, action: Callable[[], Any]) -> _Outcome:
        """Take a step; what is not allowed becomes a finding."""
        self._tell(step)
        start = time.thread_time()
        try:
            outcome = _Outcome(action())
        except DICOMError as error:
            self._check_messages(step, error)
            outcome = _Outcome(error=error)
        except BaseException as error:  # MemoryError, RecursionError and SystemError are what we look for
            if isinstance(error, KeyboardInterrupt):
                raise
            place = traceback.extract_tb(error.__traceback__)[-1]
            self.add("exception", step, f"{type(error).__name__} in {Path(place.filename).name} {place.name}", _format(error))
            outcome = _Outcome()
        taken = time.thread_time() - start
        if taken > self._seconds:
            self.add("slow", step, step, f"{taken:.1f} s of processor time")
        return outcome

    def _check_messages(self, step: str, error: BaseException | None) -> None:
        while error is not None:
            if CANARY in str(error):
                self.add("leak", step, type(error).__name__, f"{type(error).__name__}: {error}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

    def check_warnings(self, caught: list[warnings.WarningMessage]) -> None:
        for one in caught:
            if not issubclass(one.category, DICOMWarning):
                self.add("warning", "any", f"{one.category.__name__} {Path(one.filename).name}", f"{one.category.__name__}: {one.message}")
            if CANARY in str(one.message):
                self.add("leak", "warning", "warning", str(one.message))


def _format(error: BaseException) -> str:
    lines = traceback.format_exception(type(error), error, error.__traceback__, limit=-8)
    return "".join(lines)[-3000:]


def exercise(
    data: bytes, path: Path, random: Random, *, slowness: float = 1.0, tell: Callable[[str], None] = lambda step: None
) -> list[Finding]:
    """Do everything with one file.

    Parameters
    ----------
    path
        Where the file may be written.
    random
        Chooses what is looked at closely.
    slowness
        How much longer than usual everything may take.
    tell
        Called with the name of each step before it is taken.
    """
    watch = Watch(SECONDS * slowness, tell)
    start = _peak_memory(reset=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _exercise(watch, data, path, random)
        watch.check_warnings(caught)
        del caught
    grown = _peak_memory() - start
    if grown > (MEMORY + MEMORY_FACTOR * len(data)) * slowness:
        watch.add("memory", "any", "memory", f"{grown >> 20} MiB for {len(data)} bytes")
    return watch.findings


def _exercise(watch: Watch, data: bytes, path: Path, random: Random) -> None:
    path.write_bytes(data)
    limits = {"max_inflated_size": MAX_INFLATED_SIZE}
    read = {
        way: watch.take(f"read {way}", lambda options=options: dicomkit.read(data, **options, **limits)) for way, options in WAYS.items()
    }
    for way in ("default", "rescue", "stop", "tags"):
        options = WAYS[way] | limits
        found = {
            "path": watch.take(f"read path {way}", lambda options=options: dicomkit.read(path, **options)),
            "lazy": watch.take(f"read lazy {way}", lambda options=options: dicomkit.read(path, defer_larger_than=0, **options)),
        }
        if way == "default":
            found["stream"] = watch.take("read stream", lambda options=options: dicomkit.read(io.BytesIO(data), **options))
        for source, outcome in found.items():
            _compare(watch, f"{way}: {source} against bytes", read[way], outcome)
        if way == "default" and read[way].value is not None and found["lazy"].value is not None:
            compare_pixels(watch, read[way].value, found["lazy"].value)
    _compare_ways(watch, read)

    chosen = "default" if read["default"].value is not None else "rescue"
    _use_file(watch, read[chosen].value, random)
    if random.random() < 0.3:
        _use_file(watch, read[random.choice(list(WAYS))].value, random)
    if read["default"].value is not None:
        use_writer(watch, read["default"].value, random, limits)
    path.unlink()


def _flatten(data_set: DataSet) -> Iterator[tuple[Any, ...]]:
    """Depth, tag, VR, length, offset and bytes of the first elements, items included, without recursion."""
    stack = [iter(data_set)]
    count = 0
    while stack and count < MOST_ELEMENTS:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        count += 1
        yield len(stack), int(element.tag), str(element.vr), element.length, element.offset, bytes(element.value_data[: 1 << 16])
        items = element.sequence_items
        stack.extend(iter(item) for item in reversed(items[:MOST_ELEMENTS] if items else ()))


def _summary(file: DICOMFile) -> list[tuple[Any, ...]]:
    error = file.error
    return [*_flatten(file.file_meta_information), *_flatten(file.data_set), (type(error), str(error), file.transfer_syntax.uid)]


def _compare(watch: Watch, what: str, expected: _Outcome, found: _Outcome) -> None:
    """The same bytes must give the same answer, wherever they came from."""
    if (expected.error is None) != (found.error is None) or str(expected.error) != str(found.error):
        watch.add("differs", what, what, f"{expected.error!r} against {found.error!r}")
    elif expected.value is not None and found.value is not None:
        both = [watch.take(f"walk {what}", lambda file=file: _summary(file)) for file in (expected.value, found.value)]
        is_read = both[0].error is None and both[1].error is None  # strict reading refuses more values than default reading
        if is_read and both[0].value != both[1].value:
            pairs = zip(both[0].value or (), both[1].value or (), strict=False)
            watch.add("differs", what, what, f"{next(((a, b) for a, b in pairs if a != b), 'one is longer')}"[:2000])


def _compare_ways(watch: Watch, read: dict[str, _Outcome]) -> None:
    default, strict, partial = read["default"], read["strict"], read["partial"]
    if strict.value is not None:
        _compare(watch, "strict against default", default, strict)
    if default.value is not None:
        _compare(watch, "partial against default", default, partial)
        whole = set(watch.take("walk default", lambda: list(_flatten(default.value.data_set))).value or ())
        if read["stop"].value is not None and len(whole) < MOST_ELEMENTS:
            stopped = watch.take("walk stop", lambda: list(_flatten(read["stop"].value.data_set))).value or ()
            extra = [one for one in stopped if (one[1], one[4]) not in {(other[1], other[4]) for other in whole}]
            if extra:
                watch.add("differs", "stop", "stop_before_pixels finds more than default", f"{extra[0]}"[:2000])
    elif partial.value is not None and (partial.value.error is None or str(partial.value.error) != str(default.error)):
        watch.add("differs", "partial", "partial: another error than default", f"{partial.value.error!r} against {default.error!r}")


def _use_file(watch: Watch, file: DICOMFile | None, random: Random) -> None:
    if file is None:
        return
    take = watch.take
    for data_set in (file.file_meta_information, file.data_set):
        _use_data_set(watch, data_set, random)
    text = take("str", lambda: str(file)).value
    take("repr", lambda: repr(file))
    take("html", lambda: file._repr_html_())
    take("dir", lambda: dir(file))
    twin = take("copy", lambda: copy.deepcopy(file)).value
    if twin is not None and take("copy ==", lambda: twin == file).value is False:
        watch.add("differs", "copy", "a copy is not equal", "")
    pickled = take("pickle", lambda: pickle.loads(pickle.dumps(file))).value
    if pickled is not None and text is not None:
        other = take("pickle str", lambda: str(pickled)).value or ""
        if other != text:
            lines = [pair for pair in zip(text.splitlines(), other.splitlines(), strict=False) if pair[0] != pair[1]]
            watch.add("differs", "pickle", "a pickled file is another", f"{lines[:1] or len(other)}")
    for fact in _FILE_FACTS:
        take(fact, lambda fact=fact: getattr(file, fact))
    for method in _FILE_METHODS:
        take(method, getattr(file, method))
    take("rescale", lambda: file.rescale(1.0))
    use_pixels(watch, file, random)


def _elements(data_set: DataSet) -> tuple[list[DataElement], list[DataSet]]:
    """The first elements and items at any depth."""
    elements: list[DataElement] = []
    sets = [data_set]
    for one in sets:
        for element in one:
            if len(elements) >= MOST_ELEMENTS:
                return elements, sets
            elements.append(element)
            if element.sequence_items and len(sets) < MOST_ELEMENTS:
                sets.extend(element.sequence_items[: MOST_ELEMENTS - len(sets)])
    return elements, sets


def _use_data_set(watch: Watch, data_set: DataSet, random: Random) -> None:
    take = watch.take
    found = take("walk", lambda: _elements(data_set)).value
    if found is None:
        return
    elements, sets = found

    def decode_all() -> None:
        for element in elements:
            with suppress(DICOMError):
                _ = element.value

    take("values", decode_all)
    for element in random.sample(elements, min(MOST_CLOSELY, len(elements))):
        _use_element(watch, element)
    for one in random.sample(sets, min(4, len(sets))):
        tags = take("tags", lambda one=one: one.tags).value or []
        take("len", lambda one=one: len(one))
        take("data set repr", lambda one=one: repr(one))
        for tag in random.sample(tags, min(6, len(tags))):
            getter = random.choice(_GETTERS)
            take(f"getter {getter}", lambda one=one, tag=tag, getter=getter: getattr(one, getter)(tag))
            take("get", lambda one=one, tag=tag: one.get(tag))
            take("[]", lambda one=one, tag=tag: one[tag])
            twin = take("copy item", lambda one=one: one.copy()).value
            if twin is not None:
                take("del", lambda twin=twin, tag=tag: twin.__delitem__(tag))
                if tag in twin:
                    watch.add("differs", "del", "deleted, and still there", str(tag))


def _use_element(watch: Watch, element: DataElement) -> None:
    take = watch.take
    for fact in _ELEMENT_FACTS:
        take(f"element.{fact}", lambda fact=fact: getattr(element, fact))
    data = take("value_data", lambda: element.value_data).value
    if data is not None and len(data) != element.value_length:
        watch.add(
            "differs", "value_data", "value_data has another length than value_length", f"{element.tag} {len(data)} {element.value_length}"
        )
    take("array", element.array)
    take("element str", lambda: str(element))
    take("element repr", lambda: repr(element))
    take("hash", lambda: hash(element))
    if take("element ==", lambda: element == element).value is False:
        watch.add("differs", "==", "an element is not equal to itself", str(element.tag))
    take("element pickle", lambda: pickle.loads(pickle.dumps(element)))


def _peak_memory(*, reset: bool = False) -> int:
    """The largest resident set so far, in bytes; since the last reset where the system can do that (Linux)."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        with open("/proc/self/status", "rb") as status:
            for line in status:
                if line.startswith(b"VmHWM"):
                    return int(line.split()[1]) << 10
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
