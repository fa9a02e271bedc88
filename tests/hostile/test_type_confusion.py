"""Elements under VRs that they never have: whoever needs one asks for its type, and errs (PS3.6, PS3.3 C.7.6.3)."""

from __future__ import annotations

import pytest

import dicomkit
from dicomkit import VR, DICOMError, PixelDataError
from dicomkit.testing import Attribute, data_set, element, item, part10
from tests.hostile.builders import IMAGE, data_set_or_typed_error, delimiter, item_header, quiet, sq_header

WRONG = [vr for vr in VR if vr is not VR.SQ]
IMAGE_TAGS = [0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103]
PIXELS: Attribute = (0x7FE00010, "OW", bytes(32))
FULL = [*IMAGE, (0x00280006, "US", 0), (0x00280008, "IS", "1")]


def confused(tag: int, vr: str, value: bytes) -> bytes:
    """An image of which one element has another VR."""
    parts = {int(one[0]): data_set([one]) for one in [*FULL, PIXELS]}
    parts[tag] = element(tag, vr, value)
    return b"".join(parts[key] for key in sorted(parts))


@pytest.mark.parametrize("tag", IMAGE_TAGS)
@pytest.mark.parametrize("vr", [*WRONG, VR.SQ])
def test_image_attributes_of_any_vr_give_a_picture_or_a_typed_error(tag: int, vr: VR) -> None:
    for value in (b"", b"\4\0", b"\4\0\0\0", b"4 ", b"\1\0\0\0\0\0\0\0", item(element(0x00100010, "PN", "x"))):
        if vr is VR.SQ and value[:1] != b"\xfe" and value:
            continue
        assert data_set_or_typed_error(part10(confused(tag, vr, value))) is not None


@pytest.mark.parametrize("vr", ["UL", "OB", "DS", "IS", "LO", "SS", "FD", "UN"])
def test_rows_of_another_vr_are_refused(vr: str) -> None:
    value = {"UL": b"\4\0\0\0", "DS": b"4 ", "IS": b"4 ", "LO": b"4 ", "FD": bytes(8)}.get(vr, b"\4\0")
    file = dicomkit.read(part10(confused(0x00280010, vr, value)))
    if vr == "UN":  # the dictionary knows what it should be (PS3.5 6.2.2)
        assert file.pixel_data().descriptor.rows == 4  # type: ignore[union-attr]
        return
    assert file.image_rows is None
    with pytest.raises(PixelDataError):
        file.pixel_data()


@pytest.mark.parametrize("vr", ["OB", "UI", "US", "SQ", "UN", "UT", "AT", "FD", "PN"])
@pytest.mark.parametrize("value", [b"", b"ISO_IR 192", b"\xff\xfe\x00\x01", b"\\\\\\\\"])
def test_specific_character_set_of_any_vr_never_stops_the_text(vr: str, value: bytes) -> None:
    if vr == "SQ":
        value = item(element(0x00100010, "PN", value))
    for body in (
        element(0x00080005, vr, value) + element(0x00100010, "PN", "Müller".encode("latin-1")),
        sq_header(0x00080005)
        + item_header()
        + delimiter()
        + delimiter(of_sequence=True)
        + element(0x00100010, "PN", "Müller".encode("latin-1")),
    ):
        with quiet():
            file = dicomkit.read(part10(body))
            assert str(file.PatientName).startswith("M")
            assert str(file)


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("tag", [0x00080005, 0x00280103, 0x00283002, 0x00281101, 0x00090010, 0x00280010, 0x7FE00010])
def test_a_sequence_where_a_value_belongs(tag: int, partial: bool) -> None:
    """Cut open, too, so that its length is unknown."""
    rest = element(0x7FE10010, "LO", "x")
    xs = sq_header(0x00081140) + item_header() + element(0x00280106, "US", 1) + delimiter() + delimiter(of_sequence=True)
    for content in (
        item_header() + delimiter() + delimiter(of_sequence=True) + rest,
        item_header(),
        b"",
        item_header() + element(0x00280106, "US", 1),
    ):
        body = xs + sq_header(tag) + content
        found = data_set_or_typed_error(part10(body), partial=partial)
        if isinstance(found, dicomkit.DICOMFile):
            for one in found:
                assert len(one.value_data) == one.value_length


@pytest.mark.parametrize("tag", [0x00280106, 0x00281101, 0x00283006])
def test_pixel_representation_that_is_text_decides_nothing(tag: int) -> None:
    body = element(0x00280103, "LO", "x", implicit=True) + element(tag, "US", b"\1\2" * 3, implicit=True)
    with quiet():
        assert str(dicomkit.read(part10(body, "1.2.840.10008.1.2")))
    for value in (b"", b"\1", b"\1\0\0\0\0"):
        body = element(0x00280103, "US", value, implicit=True) + element(0x00280106, "US", b"\xff\xff", implicit=True)
        assert data_set_or_typed_error(part10(body, "1.2.840.10008.1.2")) is not None


def test_typed_getters_of_every_vr_give_none_or_the_type() -> None:
    plurals = [name.removesuffix("_values") + "s" for name in dir(dicomkit.DataElement) if name.endswith("_values")]
    getters = [name for name in plurals if hasattr(dicomkit.DataSet, name)] + ["application_entities"]
    for vr in WRONG:
        with quiet():
            file = dicomkit.read(part10(element(0x00111010, vr, b"1.5 8byt")))
            for getter in getters:
                found = getattr(file.data_set, getter)(0x00111010)
                assert found is None or found is False or isinstance(found, (list, int)), (vr, getter)
            assert file.data_set.sequence(0x00111010) is None
            assert file.data_set.first_sequence_item(0x00111010) is None


@pytest.mark.parametrize(
    "keyword", ["WindowCenter", "RescaleSlope", "NumberOfFrames", "VOILUTSequence", "ModalityLUTSequence", "PixelData"]
)
def test_shortcuts_of_an_image_survive_any_vr(keyword: str) -> None:
    tag = {
        "WindowCenter": 0x00281050, "RescaleSlope": 0x00281053, "NumberOfFrames": 0x00280008, "VOILUTSequence": 0x00283010,
        "ModalityLUTSequence": 0x00283000, "PixelData": 0x7FE00010,
    }[keyword]  # fmt: skip
    for vr in WRONG:
        with quiet():
            file = dicomkit.read(part10(confused(tag, vr, b"12345678")))
            for method in ("window_settings", "all_window_settings", "rescale_slope", "rescale_intercept", "render_frame", "pixel_range",
                           "render_frame_with_stored_window", "pixel_data_descriptor", "palette_color_lut"):  # fmt: skip
                try:
                    getattr(file, method)()
                except DICOMError as error:
                    assert "12345678" not in str(error)  # noqa: PT017  # a value is as good
