"""Image attributes that lie about the pixel data (PS3.3 C.7.6.3, C.11; PS3.5 8.1.1)."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import dicomkit
from dicomkit import DICOMError, DICOMFile, MissingRequiredElementError, PixelDataError
from dicomkit.testing import Attribute, data_set, element, part10
from tests.hostile.builders import IMAGE, bounded, data_set_or_typed_error, quiet


def image(data: bytes = bytes(32), vr: str = "OW", **changes: int | str | None) -> DICOMFile:
    tags = {
        "samples": (0x00280002, "US"), "photometric": (0x00280004, "CS"), "planar": (0x00280006, "US"), "frames": (0x00280008, "IS"),
        "rows": (0x00280010, "US"), "columns": (0x00280011, "US"), "allocated": (0x00280100, "US"), "stored": (0x00280101, "US"),
        "high": (0x00280102, "US"), "signed": (0x00280103, "US"),
    }  # fmt: skip
    attributes: dict[int, Attribute] = {int(one[0]): one for one in IMAGE}
    for name, value in changes.items():
        tag, attribute_vr = tags[name]
        if value is None:
            attributes.pop(tag, None)
        else:
            attributes[tag] = (tag, attribute_vr, value)
    with quiet():
        return dicomkit.read(part10(data_set([*attributes.values(), (0x7FE00010, vr, data)])))


@pytest.mark.parametrize("changes", [
    {"rows": 0}, {"columns": 0}, {"rows": 65535, "columns": 65535}, {"rows": 65535, "columns": 65535, "frames": "2147483647"},
    {"frames": "0"}, {"frames": "-1"}, {"frames": "2147483647"}, {"frames": "2147483648"}, {"frames": "9" * 12},
    {"frames": "1e3"}, {"frames": "nan"},
    {"allocated": 0}, {"allocated": 7}, {"allocated": 13}, {"allocated": 24}, {"allocated": 128}, {"allocated": 65535}, {"allocated": 64},
    {"stored": 0}, {"stored": 17}, {"stored": 65535}, {"high": 10}, {"high": 16}, {"high": 65535}, {"signed": 2}, {"signed": 65535},
    {"samples": 0}, {"samples": 2}, {"samples": 3}, {"samples": 65535}, {"photometric": "RGB"}, {"photometric": "rgb"},
    {"photometric": "XYZ"},
    {"photometric": "PALETTE COLOR", "samples": 3}, {"photometric": "MONOCHROME2\\RGB"}, {"photometric": "YBR_FULL_422", "samples": 3},
    {"rows": 5}, {"columns": 5}, {"frames": "2"}, {"allocated": 32, "stored": 32, "high": 31},
    {"photometric": "RGB", "samples": 3, "planar": 2, "rows": 2, "columns": 2},
])  # fmt: skip
def test_lies_are_pixel_data_errors_and_cheap(changes: dict[str, int | str]) -> None:
    with bounded(seconds=1, python_bytes=2 << 20), pytest.raises(PixelDataError):
        image(**changes).pixel_data()


@pytest.mark.parametrize("name", ["rows", "columns", "allocated", "stored", "high", "signed"])
def test_missing_attributes_are_named(name: str) -> None:
    with pytest.raises(MissingRequiredElementError):
        image(**{name: None}).pixel_data()


def test_all_depths_give_what_they_promise_or_an_error() -> None:
    """Every combination: the shape and type of the descriptor, values in the range of the stored bits, or a typed error."""
    random = np.random.default_rng(1)
    data = random.integers(0, 256, 4 * 4 * 8, dtype=np.uint8).tobytes()
    for allocated, stored, high, signed in product((1, 8, 12, 16, 32, 64), (1, 5, 8, 12, 16, 31, 32, 64), (0, 7, 11, 15, 31, 63), (0, 1)):
        file = image(data, allocated=allocated, stored=stored, high=high, signed=signed)
        with quiet():
            try:
                pixels = file.pixel_data()
            except PixelDataError:
                assert not (allocated != 12 and stored <= allocated and stored - 1 <= high < allocated), (allocated, stored, high)
                continue
            assert pixels is not None
            frame = pixels.frame(0)
            assert frame.shape == (4, 4)
            assert str(frame.dtype) == pixels.descriptor.dtype
            assert pixels.descriptor.min_possible_value <= int(frame.min())
            assert int(frame.max()) <= pixels.descriptor.max_possible_value
            assert file.render_frame().shape == (4, 4)


@pytest.mark.parametrize("length", [0, 1, 16, 30, 31])
def test_too_short_data_is_an_error(length: int) -> None:
    with pytest.raises(PixelDataError):
        image(bytes(length)).pixel_data()


def test_too_long_data_is_a_warning() -> None:
    with pytest.warns(dicomkit.DICOMWarning, match="more than"):
        image(bytes(100)).pixel_data()


DESCRIPTORS = [
    b"", b"\0", bytes(2), bytes(6), b"\0\0\0\0\x10\0", b"\xff\xff\xff\xff\xff\xff", b"\1\0\0\0\7\0", b"\1\0\0\0\x11\0",
    b"\0\1\0\0\x08\0", b"\0\1\0\x80\x10\0",
    b"\1\0\0\0\x10\0", b"\2\0\0\0\x10\0" * 2,
]  # fmt: skip


@pytest.mark.parametrize("descriptor", DESCRIPTORS)
def test_lookup_tables_that_lie_are_an_answer_or_a_typed_error(descriptor: bytes) -> None:
    for table, vr in product((b"", b"\0", bytes(2), bytes(256), bytes(512), b"\xff" * 0x20000), ("OW", "US", "OB", "UN", "LO", "SS")):
        if len(table) > 0xFFFE and vr in ("US", "SS", "LO"):
            continue
        palettes = b"".join(element(0x00281101 + i, "US", descriptor) for i in range(3))
        palettes += b"".join(element(0x00281201 + i, vr, table) for i in range(3))
        body = data_set([*IMAGE[:1], (0x00280004, "CS", "PALETTE COLOR"), *IMAGE[2:]]) + palettes + element(0x7FE00010, "OW", b"\xff" * 32)
        with bounded(seconds=1):
            assert data_set_or_typed_error(part10(body)) is not None
        lut = element(0x00283002, "US", descriptor) + element(0x00283006, vr, table)
        for sequence in (0x00283000, 0x00283010):
            body = (
                data_set(IMAGE)
                + element(sequence, "SQ", element(0xFFFEE000, "UN", lut, implicit=True))
                + element(0x7FE00010, "OW", b"\xff" * 32)
            )
            with quiet():
                file = dicomkit.read(part10(body))
                try:
                    assert file.render_frame_with_stored_window().shape == (4, 4)
                    assert file.pixel_data().values().shape == (4, 4)  # type: ignore[union-attr]
                except DICOMError:
                    continue


@pytest.mark.parametrize(
    "values",
    [
        ("nan", "1"),
        ("1", "nan"),
        ("1e308", "1e308"),
        ("-1e308", "1e-300"),
        ("0", "0"),
        ("0", "-5"),
        ("1", ""),
        ("1\\2", "3"),
        ("1\\\\2", "1\\2\\3"),
        ("x", "y"),
    ],
)
@pytest.mark.parametrize("function", ["", "LINEAR", "SIGMOID", "LINEAR_EXACT", "CUBIC"])
def test_windows_and_rescales_that_lie_are_a_picture_or_a_typed_error(values: tuple[str, str], function: str) -> None:
    for tags in ((0x00281050, 0x00281051), (0x00281052, 0x00281053)):
        body = data_set(
            [
                *IMAGE,
                (tags[0], "DS", values[0]),
                (tags[1], "DS", values[1]),
                (0x00281056, "CS", function),
                (0x7FE00010, "OW", list(range(16))),
            ]
        )
        with quiet():
            file = dicomkit.read(part10(body))
            for method in (
                "render_frame",
                "render_frame_with_stored_window",
                "window_settings",
                "all_window_settings",
                "rescale_slope",
                "rescale_intercept",
            ):
                try:
                    getattr(file, method)()
                except DICOMError:
                    continue


@pytest.mark.parametrize("numbers", [[float("nan")] * 16, [float("inf")] * 16, [3e38, -3e38] * 8, [float("nan"), 1.0] * 8, [1e-45] * 16])
def test_float_pixels_that_are_no_numbers_give_a_picture_or_a_typed_error_without_other_warnings(numbers: list[float]) -> None:
    attributes = [one for one in IMAGE if one[0] not in (0x00280100, 0x00280101, 0x00280102, 0x00280103)]
    body = data_set([*attributes, (0x00280100, "US", 32), (0x7FE00008, "OF", numbers)])
    found = dicomkit.read(part10(body))
    for method in ("render_frame", "pixel_range", "render_frame_with_stored_window"):
        try:
            getattr(found, method)()  # pytest turns NumPy's warnings into errors
        except DICOMError:
            continue
