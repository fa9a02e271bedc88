"""Imports point down: every module of dicomkit is read, nothing is imported.

The layers are those of the design: a room imports rooms below it, and nothing imports in a circle. What only a type
checker sees (``if TYPE_CHECKING:``) does not count. An import inside a function counts, and must say why it is there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "dicomkit"
LAZY_MARK = "# lazy: start-up"

# Lowest first; rooms on one line don't import each other.
LAYERS = (
    ("errors", "version"),
    ("_core",),
    ("tag", "vr"),
    ("dictionary",),
    ("uid", "uids", "tags"),
    ("transfer_syntax",),
    ("values",),
    ("display", "json_model", "pydicom_model"),
    ("element",),
    ("private_block", "typed_access"),
    ("dataset",),
    ("element_path",),
    ("encoding",),
    ("interchange",),
    ("codecs",),
    ("pixels",),
    ("image_shortcuts",),
    ("file",),
    ("comparison", "scanning", "validation"),
    ("network",),
    ("",),                  # dicomkit/__init__.py, which re-exports what is below it
    ("testing",),
    ("samples",),
    ("cli",),
    ("__main__",),
)
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}
# What the compiled room and the lowest layer may import is less than what lies below them.
ONLY = {"errors": set(), "_core": {"errors"}}
# What a room may not import although it lies below: a service gets the function that transcodes handed in.
NEVER = {"network": {"pixels", "codecs"}}

# The same within the network, each line by itself: protocols without IO at the bottom, sockets above them, services on top.
NETWORK_LAYERS = (
    ("codes", "recovery", "timeouts"),
    ("errors",),
    ("ae_title",),
    ("ul",),
    ("dimse",),
    ("configuration", "connecting", "negotiated", "event_stream"),
    ("data_set_pieces", "received_message", "transport"),
    ("connection",),
    ("message_exchange",),
    ("association",),
    ("services",),
    ("server",),
    ("",),                  # dicomkit/network/__init__.py
)
NETWORK_RANK = {room: rank for rank, rooms in enumerate(NETWORK_LAYERS) for room in rooms}
PROTOCOLS = {"ul": {"errors", "network", "_core"}, "dimse": {"errors", "network", "tag", "tags", "uids", "values", "vr", "_core"}}


class Import(NamedTuple):
    """One import of one module of ours by another."""

    source: str
    target: str
    line: int


def module_name(path: Path, root: Path = PACKAGE) -> str:
    parts = ["dicomkit", *path.relative_to(root).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    return [*module.split("."), ""][1]


def sources(root: Path = PACKAGE) -> list[Path]:
    return sorted(path for suffix in ("py", "pyx", "pxd") for path in root.rglob(f"*.{suffix}"))


class Statement(NamedTuple):
    """An import statement: its lines, the module it names, the names it takes from it, and where it stands."""

    line: int
    end: int
    module: str
    names: tuple[str, ...]
    in_function: bool
    is_marked: bool


def is_type_checking(node: ast.AST) -> bool:
    test = node.test if isinstance(node, ast.If) else None
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING")


def python_imports(text: str) -> Iterator[Statement]:
    lines = text.splitlines()

    def visit(node: ast.AST, in_function: bool) -> Iterator[Statement]:
        if is_type_checking(node):
            for other in node.orelse:
                yield from visit(other, in_function)
            return
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            marked = any(LAZY_MARK in line for line in lines[node.lineno - 1 : node.end_lineno])
            names = tuple(alias.name for alias in node.names)
            if isinstance(node, ast.ImportFrom):
                yield Statement(node.lineno, node.end_lineno, "." * node.level + (node.module or ""), names, in_function, marked)
            else:
                yield from (Statement(node.lineno, node.end_lineno, name, (), in_function, marked) for name in names)
        inside = in_function or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inside)

    yield from visit(ast.parse(text), False)


CYTHON_IMPORT = re.compile(r"^(?P<indent>[ \t]*)(?:from\s+(?P<module>[\w.]+)\s+c?import\s+(?P<names>.*)|c?import\s+(?P<whole>[\w., ]+))")


def cython_imports(text: str) -> Iterator[Statement]:
    lines = text.splitlines()
    in_docstring = False
    for number, line in enumerate(lines, 1):
        quotes = line.count('"""')
        if in_docstring or quotes % 2:
            in_docstring ^= bool(quotes % 2)
            continue
        found = CYTHON_IMPORT.match(line)
        if not found:
            continue
        names, end = found["names"] or "", number
        if names.startswith("("):
            while ")" not in lines[end - 1]:
                end += 1
            names = " ".join([names, *lines[number:end]])
        statement = " ".join(lines[number - 1 : end])
        taken = tuple(name.split(" as ")[0].strip() for name in re.sub(r"#.*|[()]", "", names).split(",") if name.strip(" ()"))
        marked, inside = LAZY_MARK in statement, bool(found["indent"])
        modules = [found["module"]] if found["module"] else [part.split(" as ")[0].strip() for part in found["whole"].split(",")]
        for module in modules:
            yield Statement(number, end, module, taken, inside, marked)


def statements(path: Path) -> list[Statement]:
    text = path.read_text(encoding="utf-8")
    found: list[Statement] = []
    for statement in python_imports(text) if path.suffix == ".py" else cython_imports(text):
        follows = bool(found) and found[-1].in_function and statement.line <= found[-1].end + 1
        # A mark counts for the imports that stand together with it.
        found.append(statement._replace(is_marked=statement.is_marked or (follows and found[-1].is_marked)))
    return found


def own_imports(root: Path = PACKAGE) -> list[Import]:
    """Every import of one of our modules by another, resolved to modules."""
    modules = {module_name(path, root) for path in sources(root)}
    edges = []
    for path in sources(root):
        source = module_name(path, root)
        for statement in statements(path):
            module = statement.module
            if module.startswith("."):
                raise AssertionError(f"{path}:{statement.line}: a relative import")
            if module.split(".")[0] != "dicomkit":
                continue
            targets = {f"{module}.{name}" for name in statement.names} & modules
            if len(targets) < len(statement.names) or not statement.names:
                targets = targets | {module}        # names that are no modules come from the package itself
            edges += [Import(source, target, statement.line) for target in targets if target != source]
    return edges


def upward(edges: list[Import]) -> list[str]:
    wrong = []
    for edge in edges:
        source, target = room_of(edge.source), room_of(edge.target)
        if source == target:
            continue
        allowed = ONLY.get(source)
        never = NEVER.get(source, set())
        if RANK[target] >= RANK[source] or (allowed is not None and target not in allowed) or target in never:
            wrong.append(f"{edge.source}:{edge.line} imports {edge.target}")
    return wrong


def cycles(edges: list[Import]) -> list[str]:
    """Modules that reach themselves; a package's __init__ re-exports its own modules, which may not import it."""
    graph: dict[str, set[str]] = {}
    for edge in edges:
        graph.setdefault(edge.source, set()).add(edge.target)
    found = []
    for start in sorted(graph):
        seen: set[str] = set()
        pending = list(graph[start])
        while pending:
            module = pending.pop()
            if module not in seen:
                seen.add(module)
                pending += graph.get(module, ())
        if start in seen:
            found.append(start)
    return found


def test_every_room_has_its_layer():
    rooms = {room_of(module_name(path)) for path in sources()}
    assert rooms <= set(RANK), f"add {sorted(rooms - set(RANK))} to LAYERS"


def test_imports_point_down():
    edges = own_imports()
    assert len(edges) > 100         # the reading of sources works at all
    assert upward(edges) == []


def network_room_of(module: str) -> str:
    return [*module.split("."), "", ""][2]


def test_imports_within_the_network_point_down():
    edges = [edge for edge in own_imports() if room_of(edge.source) == "network"]
    assert {network_room_of(module_name(path)) for path in sources(PACKAGE / "network")} <= set(NETWORK_RANK)
    wrong = []
    for edge in edges:
        source, target = network_room_of(edge.source), network_room_of(edge.target)
        if room_of(edge.target) == "network" and source != target and NETWORK_RANK[target] >= NETWORK_RANK[source]:
            wrong.append(f"{edge.source}:{edge.line} imports {edge.target}")
        if source in PROTOCOLS and room_of(edge.target) not in PROTOCOLS[source]:
            wrong.append(f"{edge.source}:{edge.line} imports {edge.target}, and is a protocol that knows no data set")
    assert wrong == []


def test_protocols_know_no_transport_and_no_clock():
    forbidden = {"asyncio", "logging", "select", "selectors", "socket", "ssl", "threading", "time"}
    wrong = [
        f"{path.relative_to(PACKAGE)}:{statement.line} imports {statement.module}"
        for room in PROTOCOLS
        for path in sources(PACKAGE / "network" / room)
        for statement in statements(path)
        if statement.module.split(".")[0] in forbidden
    ]
    assert wrong == []


def test_no_import_cycles():
    assert cycles(own_imports()) == []


def test_imports_inside_functions_say_why():
    unmarked = [
        f"{path.relative_to(PACKAGE)}:{statement.line} {statement.module}"
        for path in sources()
        for statement in statements(path)
        if statement.in_function and not statement.is_marked
    ]
    assert unmarked == [], f"move them to the top, or mark them {LAZY_MARK!r}"


def test_the_core_imports_no_numpy():
    """The core works on buffers; NumPy comes in with the first array."""
    wrong = []
    for path in sources(PACKAGE / "_core"):
        text = path.read_text(encoding="utf-8")
        wrong += [f"{path.name}: {line}" for line in text.splitlines() if re.match(r"\s*(from|c?import)\s+numpy|\s*cimport numpy", line)]
    assert wrong == []


# The reader of sources, tried on sources that are wrong.


@pytest.fixture
def package(tmp_path):
    def write(**files):
        for name, text in files.items():
            (tmp_path / name.replace("__", ".", 1)).write_text(text)
        return tmp_path

    return write


def test_an_upward_import_is_found(package):
    root = package(tag__py="from dicomkit.dataset import DataSet\n", dataset__pyx="from dicomkit.tag cimport (\n    a,\n    b,\n)\n")
    edges = own_imports(root)
    assert upward(edges) == ["dicomkit.tag:1 imports dicomkit.dataset"]
    assert cycles(edges) == ["dicomkit.dataset", "dicomkit.tag"]


def test_an_import_of_a_module_as_a_name_is_found(package):
    root = package(tag__py="def f():\n    from dicomkit import uids  # lazy: start-up\n", uids__py="")
    assert upward(own_imports(root)) == ["dicomkit.tag:2 imports dicomkit.uids"]


def test_imports_in_functions_are_found(package):
    marked = "    import re  # lazy: start-up\n"
    python = f"def f():\n    import os\n{marked}    import io\n    f()\n    import csv\n"
    root = package(a__py=python, b__pyx=f"cdef f():\n    from os import path\n{marked}")
    found = [(path.name, s.line, s.is_marked) for path in sources(root) for s in statements(path) if s.in_function]
    assert found == [("a.py", 2, False), ("a.py", 3, True), ("a.py", 4, True), ("a.py", 6, False), ("b.pyx", 2, False), ("b.pyx", 3, True)]


def test_type_checking_imports_do_not_count(package):
    root = package(tag__py="TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from dicomkit.file import DICOMFile\nelse:\n    import os\n")
    assert own_imports(root) == []
    assert [s.module for s in statements(root / "tag.py")] == ["os"]
