"""The options of reading, each by what it changes."""

from __future__ import annotations

import pickle
import threading
import tracemalloc

import pytest

import dicomkit
from dicomkit import ReadOptions, Tag
from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    data_set,
    element,
    encapsulated,
    item,
    part10,
    sequence,
)

MEBIBYTE = 1 << 20
CONTENT = [
    (0x00080005, "CS", "ISO_IR 100"),
    (0x00080060, "CS", "CT"),
    (0x00081115, "SQ", [[(0x0020000E, "UI", "1.2"), (0x00280010, "US", 1)]]),
    (0x00100010, "PN", "Doe^Jane"),
    (0x00280010, "US", 512),
    (0x7FE00010, "OW", bytes(1000)),
    (0xFFFCFFFC, "OB", bytes(10)),
]
DATA = part10(data_set(CONTENT))


def test_options_are_frozen_compared_and_shown():
    options = ReadOptions(force=True, tags=["PatientName"])
    assert options == ReadOptions(force=True, tags=[0x00100010])
    assert hash(options) == hash(ReadOptions(force=True, tags=["(0010,0010)"]))
    assert options != ReadOptions()
    assert "force=True" in repr(options)
    assert pickle.loads(pickle.dumps(options)) == options
    with pytest.raises(AttributeError):
        options.force = False
    with pytest.raises(TypeError):
        ReadOptions(True)
    with pytest.raises(TypeError):
        dicomkit.read(DATA, no_such_option=1)


def test_overrides_are_options():
    options = ReadOptions(tags=["PatientName"])
    assert len(dicomkit.read(DATA, options)) == 2
    assert dicomkit.read(DATA, options, tags=["Rows"]).get("Rows") == 512
    assert options.tags == (0x00080005, 0x00100010)


# stop_before_pixels


@pytest.mark.parametrize("tag", [0x7FE00008, 0x7FE00009, 0x7FE00010])
@pytest.mark.parametrize("vr", ["OB", "OF"])
def test_stop_before_pixels(tag, vr):
    content = data_set(CONTENT[:5]) + element(tag, vr, bytes(8)) + element(0xFFFCFFFC, "OB", b"ab")
    f = dicomkit.read(part10(content), stop_before_pixels=True)
    assert f.data_set.tags == [0x00080005, 0x00080060, 0x00081115, 0x00100010, 0x00280010]
    assert f.error is None
    assert len(dicomkit.read(part10(content))) == 7


def test_stop_before_pixels_does_not_stop_in_items():
    icon = sequence(0x00880200, [element(0x7FE00010, "OW", b"ab") + element(0x7FE10010, "LO", "A")])
    f = dicomkit.read(part10(icon + element(0x00880904, "LO", "title") + element(0x7FE00010, "OW", b"cd")), stop_before_pixels=True)
    assert f.IconImageSequence[0].PixelData == b"ab"
    assert f.data_set.tags == [0x00880200, 0x00880904]


def test_stop_before_pixels_reads_what_is_cut_in_the_pixels(tmp_path):
    """From a path nothing behind the header is read."""
    path = tmp_path / "cut.dcm"
    path.write_bytes(DATA[:-600])
    for source in (path, DATA[:-600]):
        assert dicomkit.read(source, stop_before_pixels=True).Rows == 512
        with pytest.raises(dicomkit.UnexpectedEndOfDataError):
            dicomkit.read(source)


@pytest.mark.parametrize("header", [10, 16 * 1024 - 300, 16 * 1024 - 200, 16 * 1024, 200_000])
def test_stop_before_pixels_wherever_the_first_part_of_the_file_ends(tmp_path, header):
    path = tmp_path / "file.dcm"
    text = "x" * header
    path.write_bytes(part10(element(0x00080060, "CS", "CT") + element(0x0040A160, "UT", text) + element(0x7FE00010, "OW", bytes(300_000))))
    f = dicomkit.read(path, stop_before_pixels=True)
    assert (f.TextValue, f.Modality, len(f)) == (text, "CT", 2)
    assert dicomkit.read(path, tags=["Modality"]).Modality == "CT"
    assert dicomkit.read(path, tags=["TextValue"]).TextValue == text


# tags


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (["PatientName"], [0x00080005, 0x00100010]),
        ("PatientName", [0x00080005, 0x00100010]),
        ([0x00280010, (0x0008, 0x0060)], [0x00080005, 0x00080060, 0x00280010]),
        ([Tag(0xFFFC, 0xFFFC)], [0x00080005, 0xFFFCFFFC]),
        (["ReferencedSeriesSequence"], [0x00080005, 0x00081115]),
        (["StudyDate"], [0x00080005]),
        ([], [0x00080005]),
    ],
)
def test_tags(keys, found, tmp_path):
    path = tmp_path / "file.dcm"
    path.write_bytes(DATA)
    for source in (DATA, path):
        f = dicomkit.read(source, tags=keys)
        assert f.data_set.tags == found
        assert len(f.file_meta_information) == 6
    whole = dicomkit.read(DATA)
    assert list(f) == [whole[tag] for tag in found]


def test_tags_skip_sequences_whole_and_read_wanted_ones_whole():
    inner = [element(0x00200013, "IS", str(number)) for number in range(3)]
    for undefined in (False, True):
        content = b"".join(sequence(tag, inner, undefined=undefined) for tag in (0x00081140, 0x00082112)) + element(0x00280010, "US", 3)
        f = dicomkit.read(part10(content), tags=["SourceImageSequence", "Rows"])
        assert f.data_set.tags == [0x00082112, 0x00280010]
        assert [one.InstanceNumber for one in f.SourceImageSequence] == [0, 1, 2]
        assert "ReferencedImageSequence" not in f


def test_tags_skip_encapsulated_pixel_data():
    content = element(0x00280010, "US", 3) + encapsulated([b"abcd", b"ef"]) + element(0xFFFCFFFC, "OB", b"xy")
    f = dicomkit.read(part10(content, "1.2.840.10008.1.2.4.50"), tags=["DataSetTrailingPadding"])
    assert f.data_set.tags == [0xFFFCFFFC]


def test_tags_end_the_reading_after_the_last():
    f = dicomkit.read(DATA[:-500], tags=["Rows"])
    assert (f.Rows, f.error) == (512, None)


def test_tags_with_a_misspelt_keyword():
    with pytest.raises(dicomkit.UnknownKeywordError):
        dicomkit.read(DATA, tags=["PatientNam"])


# defer_larger_than


@pytest.fixture
def big(tmp_path):
    path = tmp_path / "big.dcm"
    pixels = bytes(range(256)) * (4 * MEBIBYTE // 256)
    path.write_bytes(part10(data_set(CONTENT[:5]) + element(0x7FE00010, "OW", pixels) + element(0xFFFCFFFC, "OB", b"tail")))
    return path, pixels


def test_defer_larger_than_reads_values_when_they_are_asked_for(big):
    path, pixels = big
    f = dicomkit.read(path, defer_larger_than=MEBIBYTE)
    assert (f.PatientName, f.Rows, f.DataSetTrailingPadding) == ("Doe^Jane", 512, b"tail")
    e = f["PixelData"]
    assert e.value_length == len(pixels)
    assert bytes(e.value_range(MEBIBYTE, 1000)) == pixels[MEBIBYTE : MEBIBYTE + 1000]
    assert e.value_data == pixels
    assert e.value == pixels


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_defer_larger_than_leaves_the_file_where_it_is(tmp_path):
    path = tmp_path / "sparse.dcm"
    head = part10(data_set(CONTENT[:5]) + element(0x7FE00010, "OW", b"", length=400 * MEBIBYTE))
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + 400 * MEBIBYTE)
        file.seek(0, 2)
        file.write(element(0xFFFCFFFC, "OB", b"tail"))
    try:
        before = resident()
    except OSError:
        pytest.skip("nobody tells the memory in use here")
    f = dicomkit.read(path)
    assert (f.Rows, f.DataSetTrailingPadding, f["PixelData"].value_length) == (512, b"tail", 400 * MEBIBYTE)
    assert resident() - before < 8 * MEBIBYTE


def test_defer_larger_than_tells_when_the_file_became_shorter(big):
    path, _ = big
    f = dicomkit.read(path, defer_larger_than=0)
    with path.open("r+b") as file:
        file.truncate(MEBIBYTE)
    assert f.Rows == 512
    with pytest.raises(dicomkit.SourceError):
        _ = f["PixelData"].value


def test_defer_larger_than_survives_the_removal_of_the_file(big):
    path, pixels = big
    f = dicomkit.read(path, defer_larger_than=0)
    path.unlink()
    assert f.PixelData == pixels


@pytest.mark.parametrize("limit", [None, 0, 10 * MEBIBYTE])
def test_defer_larger_than_changes_no_value(big, limit):
    path, _ = big
    assert dicomkit.read(path, defer_larger_than=limit).data_set == dicomkit.read(path.read_bytes()).data_set


@pytest.mark.parametrize("cut", [1, 100, 4 * MEBIBYTE])
def test_defer_larger_than_of_a_cut_file(big, cut):
    path, _ = big
    data = path.read_bytes()[:-cut]
    path.write_bytes(data)
    with pytest.raises(dicomkit.UnexpectedEndOfDataError) as caught:
        dicomkit.read(path, defer_larger_than=0)
    with pytest.raises(dicomkit.UnexpectedEndOfDataError) as expected:
        dicomkit.read(data)
    assert str(caught.value) == str(expected.value)
    assert dicomkit.read(path, defer_larger_than=0, partial=True).Rows == 512


def test_deferred_values_in_many_threads(big):
    path, pixels = big
    f = dicomkit.read(path, defer_larger_than=0)
    failures: list[object] = []

    def look(start):
        for offset in range(start, len(pixels), 64 * 1024 + 17):
            part = bytes(f["PixelData"].value_range(offset, min(3000, len(pixels) - offset)))
            if part != pixels[offset : offset + 3000]:
                failures.append(offset)

    threads = [threading.Thread(target=look, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# strict


@pytest.mark.parametrize(
    "content",
    [
        element(0x00100010, "PN", b"odd"),
        element(0x00280010, "US", 1) + element(0x00080060, "CS", "CT"),
        element(0x00080060, "CS", "CT") * 2,
        element(0x00080060, "CS", "CT", implicit=True),
        element(0x00091001, "ZZ", b"ab"),
        element(0x00080060, "CS", "CT") + item(b"")[:2] + b"\x0d\xe0" + bytes(4),
        element(0x00080060, "CS", "CT") + bytes(16),
    ],
)
def test_strict_raises_what_is_read_over_otherwise(content):
    with pytest.warns(dicomkit.DICOMWarning) as caught:
        dicomkit.read(part10(content))
    with pytest.raises(dicomkit.ParsingError) as error:
        dicomkit.read(part10(content), strict=True)
    assert str(error.value) in [str(warning.message) for warning in caught]


def test_strict_reads_what_is_right():
    assert dicomkit.read(DATA, strict=True) == dicomkit.read(DATA)


def test_strict_checks_values_when_they_are_looked_at():
    f = dicomkit.read(part10(element(0x00080020, "DA", "20241399") + element(0x00100010, "PN", b"M\xfcller ".ljust(8))), strict=True)
    with pytest.raises(dicomkit.InvalidValueError):
        _ = f.StudyDate
    with pytest.raises(dicomkit.InvalidValueError):
        _ = f.PatientName
    assert f.data_set.date("StudyDate") is None


# character_set


@pytest.mark.parametrize("declared", [(), ((0x00080005, "CS", "ISO_IR 192"),)])
@pytest.mark.parametrize("terms", ["ISO_IR 100", ["ISO_IR 100"]])
def test_character_set_replaces_what_is_declared(declared, terms):
    name = "Müller^Jörg "
    content = [*declared, (0x00100010, "PN", name.encode("latin-1"))]
    content = [*content, (0x00081140, "SQ", [content])]
    f = dicomkit.read(part10(data_set(content)), character_set=terms)
    assert f.PatientName == name.strip()
    assert f.ReferencedImageSequence[0].PatientName == name.strip()


def test_character_set_in_sequences_that_only_the_dictionary_knows():
    name = "Müller^Jörg ".encode("latin-1")
    f = dicomkit.read(part10(element(0x00081140, "UN", item(element(0x00100010, "PN", name, implicit=True)))), character_set="ISO_IR 100")
    assert f.ReferencedImageSequence[0].PatientName == "Müller^Jörg"


def test_character_set_that_does_not_exist():
    with pytest.warns(dicomkit.DICOMWarning, match="defined term"):
        dicomkit.read(DATA, character_set="KLINGON")


# partial, max_depth and force are in test_read_damage, test_read_sequences and test_read_files.


# max_inflated_size


@pytest.mark.parametrize("size", [100_000, 3 * MEBIBYTE])
def test_max_inflated_size(size):
    content = element(0x00080060, "CS", "CT") + element(0x7FE00010, "OW", bytes(size))
    data = part10(content, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)
    assert dicomkit.read(data, max_inflated_size=len(content))["PixelData"].value_length == size
    with pytest.raises(dicomkit.LimitExceededError, match="max_inflated_size"):
        dicomkit.read(data, max_inflated_size=len(content) - 1)


def test_max_inflated_size_stops_a_bomb_early():
    """64 MiB out of 64 KiB: no more than the limit and a chunk is ever made."""
    bomb = part10(element(0x7FE00010, "OW", bytes(64 * MEBIBYTE)), DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)
    tracemalloc.start()
    try:
        with pytest.raises(dicomkit.LimitExceededError):
            dicomkit.read(bomb, max_inflated_size=MEBIBYTE)
        assert tracemalloc.get_traced_memory()[1] < 8 * MEBIBYTE
    finally:
        tracemalloc.stop()


def test_max_inflated_size_with_partial_keeps_what_fits():
    content = element(0x00080060, "CS", "CT") + element(0x7FE00010, "OW", bytes(5 * MEBIBYTE))
    f = dicomkit.read(part10(content, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN), max_inflated_size=2 * MEBIBYTE, partial=True)
    assert isinstance(f.error, dicomkit.LimitExceededError)
    assert f.Modality == "CT"


@pytest.mark.parametrize(("option", "value"), [("max_depth", 0), ("max_depth", -1), ("max_inflated_size", -1), ("defer_larger_than", -1)])
def test_limits_that_are_none(option, value):
    with pytest.raises(ValueError, match=option):
        ReadOptions(**{option: value})


def test_force_reads_explicit_as_implicit_never():
    """The encoding that the first element shows, whatever is not declared."""
    f = dicomkit.read(data_set(CONTENT, implicit=True), force=True)
    assert f.transfer_syntax.uid == IMPLICIT_VR_LITTLE_ENDIAN
    assert f.Rows == 512
