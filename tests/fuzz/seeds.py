"""What the fuzzer starts from: data sets built byte by byte, and the files of the corpora where they are."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    Attribute,
    data_set,
    element,
    encapsulated,
    file_meta,
    sequence,
)

__all__ = ["CANARY", "Seed", "find_seeds"]

CANARY = "KANARIENVOGEL"  # stands in values only: no message may repeat it
ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
RLE_LOSSLESS = "1.2.840.10008.1.2.5"
LARGEST_SEED = 200_000
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Seed:
    """A file in two parts, so that each can be damaged by its own rules.

    Attributes
    ----------
    head
        Preamble, prefix and File Meta Information; empty for a bare data set.
    body
        The data set, inflated.
    """

    name: str
    head: bytes
    body: bytes
    is_implicit: bool = False
    is_big_endian: bool = False
    is_deflated: bool = False


def _rich_attributes() -> list[Attribute]:
    """One element of every VR, nesting, private blocks and the usual trouble makers."""
    code = [(0x00080100, "SH", "121322"), (0x00080102, "SH", "DCM"), (0x00080104, "LO", f"{CANARY} source")]
    return [
        (0x00080005, "CS", "ISO 2022 IR 100\\ISO 2022 IR 87\\ISO 2022 IR 149"),
        (0x00080008, "CS", ["ORIGINAL", "PRIMARY", "AXIAL"]),
        (0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7"),
        (0x00080018, "UI", "2.25.329800735698586629295641978511506172918"),
        (0x00080020, "DA", "20240229"),
        (0x00080030, "TM", "235959.123456"),
        (0x0008002A, "DT", "20240229235959.5+0100"),
        (0x00080054, "AE", "STORE_SCP"),
        (0x00080060, "CS", "OT"),
        (0x00081030, "LO", f"{CANARY}\\STUDY"),
        (0x00081110, "SQ", [code, [(0x00081150, "UI", "1.2.3"), (0x00081155, "UI", "1.2.4")]]),
        (0x00081140, "SQ", [[(0x0040A170, "SQ", [code, [(0x0040A730, "SQ", [code])]]), (0x0040A300, "SQ", [[(0x0040A30A, "DS", "1.5")]])]]),
        (0x00090010, "LO", "SIEMENS CT VA0 COAD"),
        (0x00091010, "UN", b"\1\2\3\4"),
        (0x00100010, "PN", f"{CANARY}^Jos\u00e9=\u5c71\u7530^\u592a\u90ce=\u3084\u307e\u3060"),
        (0x00100020, "LO", f"{CANARY}-ID"),
        (0x00101010, "AS", "045Y"),
        (0x00101030, "DS", f"{72.5}"),
        (0x00102297, "PN", f"{CANARY}^Other"),
        (0x00104000, "LT", f"{CANARY}\r\nlong text\\with backslash"),
        (0x00189073, "FD", 1.25),
        (0x00189322, "FD", [0.5, 0.5]),
        (0x0020000D, "UI", "1.2.840.1"),
        (0x00200013, "IS", "12"),
        (0x00200032, "DS", ["-1.5", "2.25", "1e3"]),
        (0x00280106, "US", 0),
        (0x00280107, "US", 255),
        (0x00281050, "DS", ["40", "300"]),
        (0x00281051, "DS", ["400", "1500"]),
        (0x00281052, "DS", "-1024"),
        (0x00281053, "DS", "1.5"),
        (0x0040A121, "DA", ["20200101", "20210101"]),
        (0x00400440, "SQ", []),
        (0x00420011, "OB", b"%PDF-1.4"),
        (0x00480001, "FL", 2.5),
        (0x00660016, "OF", [1.0, 2.0, 3.0]),
        (0x00660023, "OW", [1, 2, 3]),
        (0x00660040, "OL", [7, 8]),
        (0x00710010, "LO", "AGFA-AG_HPState"),
        (0x00711018, "SQ", [code]),
        (0x00720060, "UR", f"http://host/{CANARY}"),
        (0x00720066, "LO", ["a", "b"]),
        (0x00720068, "LT", "text"),
        (0x0072006E, "ST", f"{CANARY} short text"),
        (0x00720070, "UT", f"{CANARY} unlimited"),
        (0x0072006F, "UC", ["one", "two"]),
        (0x00720026, "AT", [0x00100010, 0x7FE00010]),
        (0x0072007C, "SL", [-1, 2]),
        (0x0072007E, "SS", [-3, 4]),
        (0x00720078, "UL", [1, 0xFFFFFFFF]),
        (0x00720082, "SV", [-(1 << 60)]),
        (0x00720083, "UV", [1 << 63]),
        (0x00720075, "OV", [1 << 40]),
        (0x00720076, "OD", [1.5]),
        (0x30060039, "SQ", [[(0x30060040, "SQ", [[(0x30060050, "DS", ["1.0", "2.0", "-3.5"] * 20)]])]]),
    ]


def _image_attributes(**changes: int | str) -> list[Attribute]:
    values: dict[str, int | str] = {
        "samples": 1, "photometric": "MONOCHROME2", "planar": 0, "frames": "1", "rows": 8, "columns": 6,
        "allocated": 16, "stored": 12, "high": 11, "signed": 0, **changes,
    }  # fmt: skip
    return [
        (0x00280002, "US", values["samples"]),
        (0x00280004, "CS", values["photometric"]),
        (0x00280006, "US", values["planar"]),
        (0x00280008, "IS", values["frames"]),
        (0x00280010, "US", values["rows"]),
        (0x00280011, "US", values["columns"]),
        (0x00280100, "US", values["allocated"]),
        (0x00280101, "US", values["stored"]),
        (0x00280102, "US", values["high"]),
        (0x00280103, "US", values["signed"]),
    ]


def _palette() -> list[Attribute]:
    descriptors: list[Attribute] = [(0x00281101 + i, "US", [256, 0, 16]) for i in range(3)]
    return descriptors + [(0x00281201 + i, "OW", [j * 257 for j in range(256)]) for i in range(3)]


def _luts() -> list[Attribute]:
    lut: list[Attribute] = [(0x00283002, "US", [16, 0, 16]), (0x00283006, "US", list(range(0, 16 * 16, 16)))]
    return [(0x00283000, "SQ", [lut]), (0x00283010, "SQ", [lut])]


def _built() -> Iterator[Seed]:
    rich = _rich_attributes()
    grey: Attribute = (0x7FE00010, "OW", list(range(48)))
    after: Attribute = (0xFFFCFFFC, "OB", bytes(6))
    mono = [*_image_attributes(), *_luts()]
    for undefined in (False, True):
        kind = "undefined" if undefined else "defined"
        explicit = data_set([*rich, *mono, grey, after], undefined=undefined)
        yield _seed(f"built/explicit-{kind}", EXPLICIT_VR_LITTLE_ENDIAN, explicit)
        implicit = data_set([*rich, *mono, grey, after], implicit=True, undefined=undefined)
        yield _seed(f"built/implicit-{kind}", IMPLICIT_VR_LITTLE_ENDIAN, implicit)
        yield Seed(f"built/bare-implicit-{kind}", b"", implicit, is_implicit=True)
        big = data_set([*rich, *mono, grey, after], big_endian=True, undefined=undefined)
        yield _seed(f"built/big-{kind}", EXPLICIT_VR_BIG_ENDIAN, big)
        yield _seed(f"built/deflated-{kind}", DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, explicit)
    inner = data_set([(0x00080100, "SH", CANARY), (0x00081115, "SQ", [[(0x0020000E, "UI", "1.2")]])], implicit=True, undefined=True)
    un = sequence(0x00081199, [inner, inner], undefined=True, implicit=False, vr="UN")
    short = [(0x00080060, "CS", "OT"), (0x00100010, "PN", CANARY)]
    yield _seed("built/un-sequence", EXPLICIT_VR_LITTLE_ENDIAN, un + data_set([short[1]]))
    yield _seed("built/un-defined", EXPLICIT_VR_LITTLE_ENDIAN, element(0x00081199, "UN", sequence(0x00081199, [inner], implicit=True)[8:]))
    yield from _pictures(short)
    yield from _layouts(short)


def _pictures(short: list[Attribute]) -> Iterator[Seed]:
    rgb = _image_attributes(samples=3, photometric="RGB", allocated=8, stored=8, high=7, frames="2", planar=1)
    yield _seed("built/rgb", EXPLICIT_VR_LITTLE_ENDIAN, data_set([*short, *rgb, (0x7FE00010, "OB", bytes(range(144)) * 2)]))
    ybr = _image_attributes(samples=3, photometric="YBR_FULL_422", allocated=8, stored=8, high=7)
    yield _seed("built/ybr422", EXPLICIT_VR_LITTLE_ENDIAN, data_set([*short, *ybr, (0x7FE00010, "OB", bytes(range(96)))]))
    palette = _image_attributes(photometric="PALETTE COLOR", allocated=8, stored=8, high=7)
    yield _seed("built/palette", EXPLICIT_VR_LITTLE_ENDIAN, data_set([*short, *palette, *_palette(), (0x7FE00010, "OB", bytes(range(48)))]))
    bits = _image_attributes(allocated=1, stored=1, high=0, frames="3")
    yield _seed("built/bits", EXPLICIT_VR_LITTLE_ENDIAN, data_set([*short, *bits, (0x7FE00010, "OB", bytes(range(18)))]))
    float_data = struct.pack("<48f", *range(48))
    floats = [*_image_attributes(allocated=32, stored=32, high=31), (0x7FE00008, "OF", float_data)]
    yield _seed("built/float", EXPLICIT_VR_LITTLE_ENDIAN, data_set([*short, *floats]))
    frames = [bytes([i]) * 96 for i in range(3)]
    for name, tables in (("table", (0, 104, 208)), ("no-table", ())):
        attributes = [*short, *_image_attributes(frames="3"), (0x7FE00001, "OV", [0, 104, 208]), (0x7FE00002, "OV", [96] * 3)]
        body = data_set(attributes) + encapsulated(frames, tables)
        yield _seed(f"built/encapsulated-{name}", ENCAPSULATED_UNCOMPRESSED, body)
    body = data_set([*short, *_image_attributes(frames="2")]) + encapsulated([b"abc", b"de", b"f", b""], (0, 22))
    yield _seed("built/rle", RLE_LOSSLESS, body)


def _layouts(short: list[Attribute]) -> Iterator[Seed]:
    """Cells of all sizes, and everything that says what they mean."""
    for allocated, stored, high, more in (
        (16, 12, 15, {"signed": 1}),
        (12, 12, 11, {"frames": "2"}),
        (8, 5, 6, {"photometric": "MONOCHROME1"}),
        (32, 20, 25, {"signed": 1}),
        (64, 64, 63, {}),
    ):
        cells = _image_attributes(allocated=allocated, stored=stored, high=high, **more)
        length = 48 * allocated * int(str(more.get("frames", 1))) // 8
        pixels: Attribute = (0x7FE00010, "OW", bytes(i * 37 & 0xFF for i in range(length)))
        attributes = [*short, *cells, *_meanings(), *_overlays(in_cells_of=allocated if high >= stored else None), pixels]
        yield _seed(f"built/cells-{allocated}", EXPLICIT_VR_LITTLE_ENDIAN, data_set(attributes))
        yield _seed(f"built/cells-{allocated}-big", EXPLICIT_VR_BIG_ENDIAN, data_set(attributes, big_endian=True))
    for photometric in ("YBR_FULL", "YBR_PARTIAL_422", "YBR_RCT"):
        is_subsampled = photometric.endswith("422")
        color = _image_attributes(samples=3, photometric=photometric, allocated=8, stored=8, high=7, planar=int(not is_subsampled))
        length = 96 if is_subsampled else 144
        body = data_set([*short, *color, *_overlays(), (0x7FE00010, "OB", bytes(i * 7 & 0xFF for i in range(length)))])
        yield _seed(f"built/{photometric.lower()}", EXPLICIT_VR_LITTLE_ENDIAN, body)
    palette = _image_attributes(photometric="PALETTE COLOR", stored=16, high=15)
    segments = [0, 2, 0, 0xFFFF, 1, 60, 0, 2, 2, 0, 0, 0, 2, 7, 9]  # discrete, linear, indirect, discrete
    tables: list[Attribute] = [(0x00281101 + i, "US", [126, 0xFFF0, 16]) for i in range(3)]
    tables += [(0x00281221 + i, "OW", segments) for i in range(3)]
    body = data_set([*short, *palette, *tables, (0x7FE00010, "OW", list(range(48)))])
    yield _seed("built/segmented", EXPLICIT_VR_LITTLE_ENDIAN, body)
    colored = [*_image_attributes(allocated=8, stored=8, high=7), (0x00089205, "CS", "COLOR"), *_palette()]
    yield _seed("built/supplemental", EXPLICIT_VR_LITTLE_ENDIAN, data_set([*short, *colored, (0x7FE00010, "OB", bytes(range(48)))]))


def _overlays(*, in_cells_of: int | None = None) -> list[Attribute]:
    """One in a group of its own that has two frames and lies partly outside, and one in bit 0 of the pixels, below the stored ones."""
    own: list[Attribute] = [(0x60000010, "US", 5), (0x60000011, "US", 7), (0x60000015, "IS", "2"), (0x60000050, "SS", [-1, 3])]
    own.append((0x60003000, "OW", bytes(range(10))))
    if in_cells_of is None:
        return own
    inside: list[Attribute] = [(0x60020010, "US", 8), (0x60020011, "US", 6), (0x60020050, "SS", [1, 1])]
    return [*own, *inside, (0x60020100, "US", in_cells_of), (0x60020102, "US", 0)]


def _meanings() -> list[Attribute]:
    """Windows, padding, real-world values, functional groups, an icon, spacing and a presentation LUT."""
    rescale = (0x00289145, "SQ", [[(0x00281052, "DS", "-3"), (0x00281053, "DS", "0.5")]])
    window = (0x00289132, "SQ", [[(0x00281050, "DS", "5"), (0x00281051, "DS", "9"), (0x00281056, "CS", "SIGMOID")]])
    spacing = (0x00289110, "SQ", [[(0x00280030, "DS", ["2", "1"])]])
    quantity: list[Attribute] = [(0x00409216, "US", 0), (0x00409211, "US", 3), (0x00409212, "FD", [0.5, 1.5, 2.5, 9.0])]
    line: list[Attribute] = [(0x00409216, "US", 0), (0x00409211, "US", 9), (0x00409225, "FD", 2.0), (0x00409224, "FD", -1.0)]
    icon = [*_image_attributes(rows=3, columns=3, allocated=8, stored=8, high=7), (0x7FE00010, "OB", bytes(10))]
    lut: list[Attribute] = [(0x00283002, "US", [4, 0, 8]), (0x00283006, "US", [9, 99, 180, 255])]
    return [
        (0x00280120, "US", 7), (0x00280121, "US", 9), (0x00280034, "IS", ["4", "3"]), (0x20500010, "SQ", [lut]),
        (0x00409096, "SQ", [quantity, line]), (0x00880200, "SQ", [icon]),
        (0x52009229, "SQ", [[rescale, spacing]]), (0x52009230, "SQ", [[window], [rescale]]),
    ]  # fmt: skip


def _seed(name: str, syntax: str, body: bytes) -> Seed:
    return Seed(
        name, bytes(128) + b"DICM" + file_meta(syntax), body, syntax == IMPLICIT_VR_LITTLE_ENDIAN, syntax == EXPLICIT_VR_BIG_ENDIAN,
        syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    )  # fmt: skip


def _split(name: str, data: bytes) -> Seed:
    """Take a real file apart, as well as it can be."""
    if data[128:132] != b"DICM":
        return Seed(name, b"", data, is_implicit=not data[4:6].isalpha(), is_big_endian=data[:1] == b"\0" != data[1:2])
    offset, syntax = 132, ""
    while data[offset : offset + 2] == b"\2\0":
        is_long = data[offset + 4 : offset + 6] in (b"OB", b"UN", b"UT")
        value = offset + (12 if is_long else 8)
        (length,) = struct.unpack_from("<I" if is_long else "<H", data, value - (4 if is_long else 2))
        if data[offset : offset + 4] == b"\2\0\x10\0":
            syntax = data[value : value + length].decode("latin-1").strip("\0 ")
        offset = value + length
    body = data[offset:]
    is_deflated = syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
    if is_deflated:
        body = zlib.decompressobj(-15).decompress(body)
    return Seed(name, data[:offset], body, syntax == IMPLICIT_VR_LITTLE_ENDIAN, syntax == EXPLICIT_VR_BIG_ENDIAN, is_deflated)


def _corpus_files() -> Iterator[tuple[str, Path]]:
    corpus = Path(os.environ.get("DICOMKIT_CORPUS", ROOT.parent / "shared" / "corpus"))
    found = find_spec("pydicom")
    pydicom = Path(found.origin).parent / "data" if found and found.origin else None
    for label, folder in (("corpus", corpus), ("pydicom", pydicom)):
        if folder is not None and folder.is_dir():
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.suffix not in (".py", ".json", ".txt", ".pyc") and 200 <= path.stat().st_size <= LARGEST_SEED:
                    yield f"{label}/{path.relative_to(folder)}", path


@lru_cache(maxsize=2)
def find_seeds(*, with_corpora: bool = True) -> tuple[Seed, ...]:
    """Return all seeds in a fixed order."""
    seeds = list(_built())
    if with_corpora:
        for name, path in _corpus_files():
            try:
                seeds.append(_split(name, path.read_bytes()))
            except (struct.error, zlib.error):
                seeds.append(Seed(name, b"", path.read_bytes()))
    return tuple(seeds)
