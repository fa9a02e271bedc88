"""``dicomkit render --sheet``, and the list of pictures of files and folders."""

from __future__ import annotations

import numpy as np
import pytest

from dicomkit.cli.picture_list import ImageFile, Pictures, list_pictures
from dicomkit.cli.rendering import choose_evenly
from dicomkit.cli.sheet import make_sheet, sheet_size
from dicomkit.encoding.options import ReadOptions
from dicomkit.pixels import RenderedImage


def labels(*paths, **options):
    found = list_pictures([str(path) for path in paths], ReadOptions(), **options)
    assert found.problems == ()
    return [picture.label for picture in found.pictures]


def flat(rows, columns, value=0, samples=None):
    shape = (rows, columns) if samples is None else (rows, columns, samples)
    return np.full(shape, value, dtype=np.uint8).view(RenderedImage)


def test_a_series_is_in_the_order_of_its_positions(write_image, tmp_path):
    for number, z in ((1, 30), (2, 10), (3, 20)):
        write_image(f"{number}.dcm", number, ImagePositionPatient=[0, 0, z])
    assert labels(tmp_path) == ["2", "3", "1"]


def test_images_of_one_position_are_in_the_order_of_their_numbers(write_image, tmp_path):
    for number, z in ((4, 0), (3, 5), (2, 0.001), (1, 5)):
        write_image(f"{number}.dcm", number, ImagePositionPatient=[0, 0, z])
    assert labels(tmp_path) == ["2", "4", "1", "3"]


@pytest.mark.parametrize("changes", [{"ImagePositionPatient": None}, {"ImageOrientationPatient": [0, 1, 0, 0, 0, 1]},
                                     {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}])  # fmt: skip
def test_without_parallel_planes_numbers_count(write_image, tmp_path, changes):
    write_image("a.dcm", 3, ImagePositionPatient=[0, 0, 1])
    write_image("b.dcm", 1, **{"ImagePositionPatient": [0, 0, 2], **changes})
    write_image("c.dcm", 2, ImagePositionPatient=[0, 0, 3])
    assert labels(tmp_path) == ["1", "2", "3"]


def test_series_follow_each_other_by_number(write_image, tmp_path):
    write_image("a.dcm", 1, SeriesInstanceUID="2.25.8", SeriesNumber=9)
    write_image("b.dcm", 5, SeriesInstanceUID="2.25.9", SeriesNumber=8)
    write_image("c.dcm", 2, SeriesInstanceUID="2.25.7", SeriesNumber=None)
    assert labels(tmp_path) == ["5", "1", "2"]
    assert labels(tmp_path, series_number=9) == ["1"]


def test_frames_have_numbers_and_those_of_several_files_their_instance(write_image, tmp_path):
    changes = {"NumberOfFrames": 2, "Rows": 1}
    path = write_image("a.dcm", 1, **changes)
    assert labels(path) == ["1", "2"]
    write_image("b.dcm", 2, **changes)
    assert labels(tmp_path) == ["1.1", "1.2", "2.1", "2.2"]


def test_a_sheet_of_a_folder(dicomkit, write_image, tmp_path):
    for number in range(1, 7):
        write_image(f"ct/{number}.dcm", number, PixelSpacing=None, WindowCenter=number, WindowWidth=400)
    (tmp_path / "ct" / "notes.txt").write_text("text " * 100)
    out = tmp_path / "sheet.png"
    outcome = dicomkit("render", tmp_path / "ct", "--sheet", "-o", out, "--size", 30)
    assert (outcome.code, outcome.err) == (0, "")
    # 3 across, 2 down; 30 x 20, below each a label of 16, around each a gap of 4.
    assert outcome.out == f"{out}: 6 pictures, 106 x 84\n"
    imagecodecs = pytest.importorskip("imagecodecs")
    sheet = imagecodecs.png_decode(out.read_bytes())
    assert sheet.shape == (84, 106)
    assert (sheet[:4] == sheet[0, 0]).all()
    assert sheet[4, 33] != sheet[0, 0]


def test_damaged_files_are_named_and_the_others_shown(dicomkit, write_image, tmp_path):
    write_image("a.dcm", 1)
    broken = write_image("b.dcm", 2, PixelData=b"\0\0")
    outcome = dicomkit("render", tmp_path, "--sheet", "-o", tmp_path / "sheet.png")
    assert outcome.code == 1
    assert ": 1 picture, " in outcome.out
    assert outcome.err == f"dicomkit: {broken}: pixel data has 2 bytes; the image attributes promise 6\n"


def test_what_was_named_and_cannot_be_shown_is_told(dicomkit, write_image, tmp_path):
    image, report, text = write_image("a.dcm"), write_image("sr.dcm", Rows=None, PixelData=None), tmp_path / "t.txt"
    text.write_text("text " * 100)
    for options in (["--sheet"], ["--animate"]):
        outcome = dicomkit("render", text, image, report, *options, "-o", tmp_path / "x.png")
        assert (outcome.code, ": 1 " in outcome.out) == (1, True)
        lines = outcome.err.splitlines()
        assert [line.split(": ")[1] for line in lines] == [str(text), str(report)]
        assert "Rows is missing" in lines[1]
        assert dicomkit("render", tmp_path, *options, "-o", tmp_path / "x.png").err == ""


def test_nothing_to_show(dicomkit, tmp_path):
    outcome = dicomkit("render", tmp_path, "--sheet", "-o", tmp_path / "sheet.png")
    assert (outcome.code, outcome.out, outcome.err) == (1, "", "dicomkit: error: no pictures there\n")
    assert not (tmp_path / "sheet.png").exists()


@pytest.mark.parametrize("arguments", [["--sheet", "--animate"], ["--sheet", "-o", "x.gif"], ["--sheet", "--frame", 1],
                                       ["--animate", "--frame", 1]])  # fmt: skip
def test_what_does_not_go_together(dicomkit, write_image, arguments):
    assert dicomkit("render", write_image(), *arguments).code == 2


def test_several_files_need_a_sheet_or_a_film(dicomkit, write_image, tmp_path):
    outcome = dicomkit("render", write_image("a.dcm"), write_image("b.dcm"))
    assert (outcome.code, "--sheet" in outcome.err) == (2, True)


def test_sheets_that_are_too_large_are_refused(dicomkit, write_image, tmp_path):
    outcome = dicomkit("render", write_image(NumberOfFrames=2, Rows=1), "--sheet", "--size", 30000, "-o", tmp_path / "x.png")
    assert (outcome.code, "too large" in outcome.err) == (2, True)


def test_they_are_refused_before_anything_is_rendered():
    def pictures():
        raise AssertionError("asked for a picture")
        yield

    with pytest.raises(ValueError, match="too large"):
        make_sheet(pictures(), 120, 3000, 3000)


def test_a_sheet_ends_after_its_last_picture():
    sheet, shown = make_sheet(iter([(flat(8, 8), "1"), (flat(8, 8), "2")]), 100, 8, 8)
    assert (shown, sheet.shape) == (2, (4 + 8 + 16 + 4, 4 + 8 + 4 + 8 + 4))


def test_pictures_larger_than_expected_are_fitted():
    sheet, _ = make_sheet([(flat(20, 10, 255), "")], 1, 10, 10)
    assert (sheet[4:14, 4:14] == 255).sum() == 50


_SYNTAXES = {"native": "1.2.840.10008.1.2.1", "RLE": "1.2.840.10008.1.2.5"}


@pytest.mark.parametrize("syntax", _SYNTAXES)
def test_a_count_alone_makes_no_pictures(write_image, syntax):
    changes = {} if syntax == "native" else {"PixelData": None}
    path = write_image(transfer_syntax_uid=_SYNTAXES[syntax], NumberOfFrames=2_000_000_000, **changes)
    assert len(list_pictures([str(path)], ReadOptions()).pictures) <= path.stat().st_size * 8 // 24


def test_files_that_lie_are_told_and_the_others_shown(dicomkit, write_image, tmp_path):
    for number in range(4):
        write_image(f"{number}.dcm", number, NumberOfFrames=10**9)
    write_image("good.dcm", 9)
    outcome = dicomkit("render", tmp_path, "--sheet", "-o", tmp_path / "x.png")
    assert (outcome.code, ": 1 picture" in outcome.out, len(outcome.err.splitlines())) == (1, True, 4)


def test_pictures_are_made_when_they_are_asked_for():
    pictures = Pictures([ImageFile("a", 1, "1"), ImageFile("b", 10**12, "2."), ImageFile("c", 2, "")])
    assert len(pictures) == 10**12 + 3
    asked = [pictures[index] for index in (0, 1, 10**12, -2, -1)]
    assert [(one.path, one.label) for one in asked] == [("a", "1"), ("b", "2.1"), ("b", f"2.{10**12}"), ("c", "1"), ("c", "2")]
    assert [one.path for one in pictures[-3:]] == ["b", "c", "c"]
    assert [one.label for one in Pictures([ImageFile("a", 1, "7"), ImageFile("c", 2, "")])] == ["7", "1", "2"]
    for index in (len(pictures), -len(pictures) - 1):
        with pytest.raises(IndexError):
            pictures[index]
    assert not Pictures()


@pytest.mark.parametrize(("count", "size"), [(1, (1, 1)), (2, (1, 2)), (24, (4, 6)), (1000, (26, 39))])
def test_sheets_are_a_third_wider_than_high(count, size):
    assert sheet_size(count, 128, 128) == size
    assert size[0] * size[1] >= count


def test_small_pictures_stand_in_the_middle_and_grey_becomes_rgb():
    sheet, shown = make_sheet([(flat(20, 10, 255), ""), (flat(10, 20, 0, 3), "")], 2, 20, 20)
    assert shown == 2
    assert sheet.shape == (4 + 20 + 16 + 4, 4 + 20 + 4 + 20 + 4, 3)
    assert (sheet[4:24, 9:19] == 255).all()
    assert (sheet[9:19, 28:48] == 0).all()
    assert (sheet[9:19, 4:9] == sheet[0, 0]).all()


def test_labels_are_digits_as_far_as_there_is_room():
    sheet, _ = make_sheet([(flat(8, 40), "17")], 1, 8, 40)
    ink = np.asarray(sheet[12:28, 4:44]) > 100
    # Every second pixel, for each is drawn as four: a 1, a gap and a 7.
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    drawn = ink[rows[0] : rows[-1] + 1 : 2, columns[0] : columns[-1] + 1 : 2]
    expected = [".#..###", "##....#", ".#....#", ".#....#", "###...#"]
    assert ["".join(".#"[bit] for bit in row) for row in drawn.astype(int)] == expected
    assert make_sheet([(flat(8, 6), "1234567890")], 1, 8, 6)[0].shape == (8 + 16 + 8, 14)


@pytest.mark.parametrize(("count", "most", "chosen"), [(3, 5, [0, 1, 2]), (5, 5, [0, 1, 2, 3, 4]), (11, 3, [0, 5, 10]), (9, 1, [0])])
def test_too_many_are_chosen_from_evenly(count, most, chosen):
    assert list(choose_evenly(range(count), most)) == chosen
