"""PKG-1 to PKG-8: statements about the package as a whole."""

from __future__ import annotations

import ast
import copy
import importlib
import json
import pickle
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import dicomkit
from dicomkit.testing import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    data_set,
    element,
    encapsulated,
    part10,
)

from .vr_samples import SAMPLES, attributes

PACKAGE = Path(dicomkit.__file__).parent
REPOSITORY = Path(__file__).resolve().parents[2]


def run_python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, cwd=PACKAGE.parent, env=None
    )
    return done.stdout


# PKG-1.


@pytest.mark.parametrize(
    "name",
    [
        "dicomkit",
        "dicomkit.errors",
        "dicomkit.tag",
        "dicomkit.vr",
        "dicomkit.dictionary",
        "dicomkit.tags",
        "dicomkit.uids",
        "dicomkit.uid",
        "dicomkit.transfer_syntax",
        "dicomkit.values",
        "dicomkit.element",
        "dicomkit.dataset",
        "dicomkit.encoding",
        "dicomkit.pixels",
        "dicomkit.file",
        "dicomkit.testing",
    ],
)
def test_pkg_1_each_room_imports_on_its_own(name):
    assert run_python(f"import {name}; print({name}.__name__)").strip() == name


@pytest.mark.parametrize("room", ["values", "encoding", "dictionary", "pixels", "testing"])
def test_pkg_1_rooms_say_what_they_offer(room):
    module = importlib.import_module(f"dicomkit.{room}")
    assert module.__all__
    assert all(hasattr(module, name) for name in module.__all__)


def test_pkg_1_the_package_re_exports_the_core():
    lazy = {"scan"} if not (PACKAGE / "scan.py").exists() else set()
    for name in set(dicomkit.__all__) - lazy:
        assert getattr(dicomkit, name) is not None, name
    for name in dicomkit.values.__all__:
        if name.startswith("DICOM"):
            assert getattr(dicomkit, name) is getattr(dicomkit.values, name)
    for name in dicomkit.errors.__all__:
        assert getattr(dicomkit, name) is getattr(dicomkit.errors, name)
    core = {"DataElement", "DataSet", "DICOMFile", "ReadOptions", "Tag", "TransferSyntax", "VR", "read", "tags", "uids"}
    assert core | {"DataElementDictionary", "UIDDictionary", "UIDGenerator", "generate_uid"} <= set(dicomkit.__all__)
    assert set(dir(dicomkit)) >= set(dicomkit.__all__)


def test_pkg_1_importing_brings_in_neither_numpy_nor_a_codec():
    heavy = {"numpy", "asyncio", "rich", "ssl", "click", "imagecodecs", "pluggy", "dicomkit.pixels", "dicomkit.cli"}
    loaded = set(json.loads(run_python("import dicomkit, json, sys; print(json.dumps(sorted(sys.modules)))")))
    assert loaded & heavy == set()


def test_pkg_1_reading_brings_in_no_numpy(tmp_path):
    path = tmp_path / "file.dcm"
    path.write_bytes(part10(data_set(attributes())))
    code = f"import dicomkit, sys; f = dicomkit.read({str(path)!r}); [(str(e), e.value) for e in f]; print('numpy' in sys.modules)"
    assert run_python(code).strip() == "False"


# PKG-2: immutable values; copies of data sets are in test_core_elements.


def values():
    f = dicomkit.read(part10(data_set(attributes())))
    found = [(e.vr, value) for e in f if e.vr != "SQ" for value in (e.value if isinstance(e.value, list) else [e.value])]
    found += [("element", e) for e in f if e.vr != "SQ"]
    found += [("options", dicomkit.ReadOptions(tags=["Rows"])), ("syntax", f.transfer_syntax), ("tag", f["Rows"].tag)]
    return found


@pytest.mark.parametrize(("kind", "value"), values(), ids=lambda value: value if isinstance(value, str) else type(value).__name__)
def test_pkg_2_values_compare_hash_copy_and_pickle(kind, value):
    for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert twin == value
        assert type(twin) is type(value)
        assert hash(twin) == hash(value)
    if type(value).__module__.startswith("dicomkit"):
        with pytest.raises((AttributeError, TypeError)):
            value.something = 1


@pytest.mark.parametrize(
    ("uid", "how"),
    [(EXPLICIT_VR_LITTLE_ENDIAN, {}), (IMPLICIT_VR_LITTLE_ENDIAN, {"implicit": True}), (EXPLICIT_VR_BIG_ENDIAN, {"big_endian": True})],
)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pkg_2_files_and_data_sets_pickle(uid, how, protocol):
    f = dicomkit.read(part10(data_set(attributes(), **how), uid))
    twin = pickle.loads(pickle.dumps(f, protocol))
    assert type(twin) is dicomkit.DICOMFile
    assert twin == f
    assert twin.preamble == f.preamble
    assert twin.transfer_syntax is f.transfer_syntax
    for sample in SAMPLES:
        assert twin[sample.tag].value == f[sample.tag].value
        if sample.array is not None:
            assert twin[sample.tag].array().tolist() == sample.array
    assert pickle.loads(pickle.dumps(f.data_set, protocol)) == f.data_set


def test_pkg_2_pickling_keeps_what_was_changed():
    f = dicomkit.read(part10(data_set(attributes())))
    f.PatientName = "Roe^Richard"
    f.Rows = None
    f.ReferencedSeriesSequence[0].Rows = 7
    twin = pickle.loads(pickle.dumps(f))
    assert (twin.PatientName, "Rows" in twin, twin.ReferencedSeriesSequence[0].Rows) == ("Roe^Richard", False, 7)


def test_pkg_2_pickling_keeps_character_sets():
    name = "Müller^Jörg"
    latin = [(0x00100010, "PN", name.encode("latin-1") + b" ")]
    f = dicomkit.read(part10(data_set([(0x00080005, "CS", "ISO_IR 100"), *latin, (0x00081140, "SQ", [latin])])))
    twin = pickle.loads(pickle.dumps(f))
    assert (twin.PatientName, twin.ReferencedImageSequence[0].PatientName) == (name, name)
    assert pickle.loads(pickle.dumps(f["PatientName"])).value == name
    forced = dicomkit.read(part10(data_set(latin)), character_set="ISO_IR 100")
    assert pickle.loads(pickle.dumps(forced)).PatientName == name


def test_pkg_2_pickling_keeps_fragments():
    f = dicomkit.read(part10(element(0x00280010, "US", 3) + encapsulated([b"abcd", b"ef"], [0, 12]), "1.2.840.10008.1.2.4.50"))
    for twin in (pickle.loads(pickle.dumps(f))["PixelData"], pickle.loads(pickle.dumps(f["PixelData"])), f.copy()["PixelData"]):
        assert [bytes(part) for part in twin.encapsulated_fragments] == [b"abcd", b"ef"]
        assert twin.encapsulated_offset_table == [0, 12]
        assert twin.is_encapsulated
        assert twin == f["PixelData"]


def test_pkg_2_pickling_keeps_private_creators():
    content = element(0x00190010, "LO", "SIEMENS MR HEADER", implicit=True) + element(0x0019100C, "IS", "1000", implicit=True)
    f = dicomkit.read(part10(content, IMPLICIT_VR_LITTLE_ENDIAN))
    twin = pickle.loads(pickle.dumps(f))
    assert (twin[0x0019100C].value, twin[0x0019100C].private_creator) == (1000, "SIEMENS MR HEADER")


def test_pkg_2_pickling_keeps_the_error():
    f = dicomkit.read(part10(data_set(attributes()))[:-3], partial=True)
    twin = pickle.loads(pickle.dumps(f))
    assert (type(twin.error), str(twin.error), twin.error.offset) == (type(f.error), str(f.error), f.error.offset)


# PKG-3: threads share what was read. The free-threaded build runs the same test.


def test_pkg_3_threads_share_a_data_set():
    nested = [*attributes(), (0x00081140, "SQ", [attributes() for _ in range(20)])]
    data = part10(data_set(nested, implicit=True), IMPLICIT_VR_LITTLE_ENDIAN)
    expected = [str(e) for e in dicomkit.read(data)]
    whole = dicomkit.read(data).data_set
    failures: list[object] = []
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(10):
            f = dicomkit.read(data)
            start = threading.Barrier(8)

            def look(f=f, start=start):
                start.wait()
                try:
                    if [str(e) for e in f] != expected or f.data_set != whole:
                        failures.append("differs")
                    lists = [f.ReferencedImageSequence for _ in range(50)]
                    if any(items is not lists[0] for items in lists):
                        failures.append("another list")
                    _ = [(inner.Rows, inner["PatientName"].value, inner.date("StudyDate")) for inner in lists[0]]
                    _ = (f.copy(), pickle.dumps(f), len(f), dir(f))
                except Exception as error:
                    failures.append(error)

            threads = [threading.Thread(target=look) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert failures == []


def test_pkg_3_threads_read_at_once():
    datas = [part10(data_set([(0x00200013, "IS", str(number)), *attributes()[12:]])) for number in range(8)]
    failures: list[object] = []

    def read(number):
        for _ in range(200):
            f = dicomkit.read(datas[number])
            if f.InstanceNumber != number or f.Rows != 512:
                failures.append(number)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# PKG-5, PKG-6, PKG-8.


def test_pkg_5_the_edition_is_told():
    assert re.fullmatch(r"20\d\d[a-e]", dicomkit.DICOM_STANDARD_EDITION)


def test_pkg_6_supported_transfer_syntaxes_and_version():
    from dicomkit import transfer_syntax

    assert set(transfer_syntax.SUPPORTED_TRANSFER_SYNTAX_UIDS) == {
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.2",
    }
    assert transfer_syntax.SUPPORTED_TRANSFER_SYNTAX_UID == "1.2.840.10008.1.2.1"
    assert re.match(r"\d+\.\d+", dicomkit.__version__)


def test_pkg_6_one_version_everywhere():
    pyproject = REPOSITORY / "pyproject.toml"
    assert re.search(r'^version = "(.+)"$', pyproject.read_text(), re.MULTILINE)[1] == dicomkit.__version__


def test_pkg_8_the_licence_is_mit():
    text = (REPOSITORY / "LICENSE").read_text()
    assert "MIT License" in text
    assert "WITHOUT WARRANTY OF ANY KIND" in text


# PKG-7: behaviour is derived from the Standard, and says from where.

READING_ROOMS = ["tag", "vr", "uid", "transfer_syntax", "element", "dataset", "file", "dictionary", "values", "encoding", "pixels", "_core"]
# What knows no DICOM, or only hands names on.
NO_DICOM = {
    *("__init__", "block_pool", "byte_swap", "clock", "decimal_text", "entry", "file_space", "generate_tables", "image", "image_access"),
    *("options", "source", "text_value"),
}
SECTION = re.compile(r"PS3\.\d+")


def modules_of(room: str) -> list[Path]:
    folder = PACKAGE / room
    paths = [*folder.glob("*.py"), *folder.glob("*.pyx")] if folder.is_dir() else [PACKAGE / f"{room}.py", PACKAGE / f"{room}.pyx"]
    return [path for path in paths if path.exists() and path.stem not in NO_DICOM]


@pytest.mark.parametrize("room", READING_ROOMS)
def test_pkg_7_modules_cite_the_standard(room):
    paths = modules_of(room)
    assert paths
    silent = [path.name for path in paths if not SECTION.search(path.read_text(encoding="utf-8"))]
    assert silent == []


def test_pkg_7_public_functions_are_documented():
    undocumented = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                functions = [child for child in node.body if isinstance(child, ast.FunctionDef) and not child.name.startswith("_")]
                members = [node, *(function for function in functions if "overload" not in map(ast.unparse, function.decorator_list))]
                undocumented += [f"{path.name}: {member.name}" for member in members if ast.get_docstring(member) is None]
    assert undocumented == []
