"""``dicomkit render`` of films: GIF and APNG, and how fast they run (PS3.3 C.7.6.5)."""

from __future__ import annotations

import struct

import numpy as np
import pytest

imagecodecs = pytest.importorskip("imagecodecs")

from dicomkit import DataSet  # noqa: E402
from dicomkit.cli import animation  # noqa: E402
from dicomkit.cli.animation import fit_frames, read_frame_times  # noqa: E402
from dicomkit.pixels import RenderedImage  # noqa: E402


def encode_gif(frames):
    return b"".join(animation.encode_gif(frames))


def encode_apng(frames, *, is_color):
    return b"".join(animation.encode_apng(frames, is_color=is_color))


def gif_delays(gif):
    """The delays of a GIF's pictures, in hundredths of a second."""
    found, offset = [], 0
    while (offset := gif.find(b"\x21\xf9\x04", offset)) >= 0:
        found.append(struct.unpack_from("<H", gif, offset + 4)[0])
        offset += 8
    return found


def apng_delays(png):
    """The delays of an APNG's pictures, in milliseconds; every chunk's number must be the next."""
    delays, numbers, offset = [], [], 8
    while offset < len(png):
        length, kind = struct.unpack_from(">I4s", png, offset)
        if kind in (b"fcTL", b"fdAT"):
            numbers.append(struct.unpack_from(">I", png, offset + 8)[0])
        if kind == b"fcTL":
            top, bottom = struct.unpack_from(">HH", png, offset + 8 + 20)
            delays.append(top * 1000 / bottom)
        offset += length + 12
    assert numbers == list(range(len(numbers)))
    return delays


def film(*shape):
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_grey_films_are_exact(frames):
    pictures = film(frames, 9, 13)
    timed = [(picture, 0.04) for picture in pictures]
    gif, png = encode_gif(timed), encode_apng(timed, is_color=False)
    assert np.array_equal(imagecodecs.gif_decode(gif).reshape(frames, 9, 13, 3)[..., 0], pictures)
    assert np.array_equal(imagecodecs.apng_decode(png).reshape(pictures.shape), pictures)
    assert gif_delays(gif) == [4] * frames
    assert apng_delays(png) == [40] * frames
    assert b"NETSCAPE2.0\x03\x01\0\0\0" in gif      # for ever


def test_noise_that_grows():
    """LZW makes noise larger than it was: 480 x 640 did not fit in what the encoder sets aside by itself."""
    picture = film(480, 640)
    gif = encode_gif([(picture, 0.1)])
    assert len(gif) > picture.size
    assert np.array_equal(imagecodecs.gif_decode(gif)[..., 0].reshape(picture.shape), picture)


def test_colour_films():
    pictures = film(3, 9, 13, 3)                    # fewer than 256 colours in each
    timed = [(picture, 0.1) for picture in pictures]
    assert np.array_equal(imagecodecs.gif_decode(encode_gif(timed)), pictures)
    assert np.array_equal(imagecodecs.apng_decode(encode_apng(timed, is_color=True)), pictures)


def test_many_colours_become_256_near_ones():
    ramp = np.arange(64, dtype=np.uint8) * 4
    picture = np.stack([*np.meshgrid(ramp, ramp), np.full((64, 64), 128, dtype=np.uint8)], axis=-1)
    shown = imagecodecs.gif_decode(encode_gif([(picture, 0.1)])).reshape(picture.shape)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) == 256
    # 4096 colours in 256 boxes of 4 by 4 steps of 4: half a box away, and a little more.
    assert np.abs(shown.astype(int) - picture).max() <= 16


def test_grey_and_colour_in_one_film():
    grey, color = film(4, 5), film(4, 5, 3)
    shown = imagecodecs.apng_decode(encode_apng([(grey, 0.1), (color, 0.1)], is_color=True))
    assert np.array_equal(shown[0], np.repeat(grey[..., None], 3, axis=2))
    assert np.array_equal(shown[1], color)
    assert imagecodecs.gif_decode(encode_gif([(grey, 0.1), (color, 0.1)])).shape == (2, 4, 5, 3)
    with pytest.raises(ValueError, match="RGB"):
        encode_apng([(color, 0.1)], is_color=False)


@pytest.mark.parametrize("encode", [encode_gif, lambda frames: encode_apng(frames, is_color=False)])
def test_no_film_of_no_pictures(encode):
    with pytest.raises(ValueError, match="no pictures"):
        encode([])


def test_hundredths_of_a_second_add_up():
    """33.3 ms are 3, 4, 3, 3, 3, 4 ... hundredths: a film of 3 s lasts 3 s."""
    delays = gif_delays(encode_gif([(picture, 1 / 30) for picture in film(90, 2, 2)]))
    assert sum(delays) == 300
    assert set(delays) == {3, 4}
    # 33.3 ms each: what one is too short is given to a later one.
    assert gif_delays(encode_gif([(picture, 0.0333) for picture in film(10, 2, 2)])) == [3, 4, 3, 3, 4, 3, 3, 4, 3, 3]
    # Viewers take what is shorter than 2 for 10.
    assert gif_delays(encode_gif([(picture, 0.005) for picture in film(4, 2, 2)])) == [2, 2, 2, 2]


@pytest.mark.parametrize(("time", "fraction"), [(0.0333, (333, 10000)), (1 / 30, (1, 30)), (1001 / 30000, (1001, 30000)), (60, (60, 1)),
                                                (0.001, (1, 1000)), (2**0.5 * 5, (19601, 2772))])  # fmt: skip
def test_times_of_an_apng_are_fractions(time, fraction):
    png = encode_apng([(film(2, 2), time)], is_color=False)
    shown = struct.unpack_from(">HH", png, png.index(b"fcTL") + 4 + 20)
    assert shown == fraction


def test_films_are_encoded_as_they_come():
    """Of a GIF each picture is written before the next is made; and greys have one table for all."""
    made = []

    def frames():
        for picture in film(300, 2, 2):
            made.append(picture)
            yield picture, 0.1

    parts = animation.encode_gif(frames())
    for number in range(1, 5):
        next(parts)
        assert len(made) <= number
    assert len(b"".join(parts)) < 300 * 60


@pytest.mark.parametrize("size", [20, 10_000])
def test_an_apng_waits_in_memory_or_on_the_disk(monkeypatch, size):
    monkeypatch.setattr(animation, "_SPOOLED_BYTES", size)
    pictures = film(9, 9, 13)
    assert np.array_equal(imagecodecs.apng_decode(encode_apng([(picture, 0.1) for picture in pictures], is_color=False)), pictures)


def test_pictures_of_other_sizes_are_fitted_into_the_first():
    first, second = film(8, 8).view(RenderedImage), np.full((8, 16), 200, dtype=np.uint8).view(RenderedImage)
    (same, _), (fitted, time) = fit_frames([(first, 0.1), (second, 0.2)])
    assert same is first
    assert (fitted.shape, time) == ((8, 8), 0.2)
    assert fitted[:, 0].tolist() == [0, 0, 200, 200, 200, 200, 0, 0]


@pytest.mark.parametrize(("attributes", "times"), [
    ({}, [0.1] * 3),
    ({"FrameTime": "40"}, [0.04] * 3),
    ({"FrameTime": "0"}, [0.1] * 3),
    ({"FrameTime": "-5", "CineRate": "20"}, [0.05] * 3),
    ({"FrameTime": "1e9"}, [0.1] * 3),
    ({"FrameTimeVector": ["0", "20", "40"]}, [0.02, 0.04, 0.03]),
    ({"FrameTimeVector": ["0", "20"]}, [0.1] * 3),
    ({"FrameTimeVector": ["0", "20", "-1"]}, [0.1] * 3),
    ({"FrameTime": "25", "FrameTimeVector": ["0", "20", "40"]}, [0.025] * 3),
    ({"RecommendedDisplayFrameRate": "8", "CineRate": "20"}, [0.125] * 3),
    ({"CineRate": "0"}, [0.1] * 3),
    ({"CineRate": "100000"}, [0.1] * 3),
])  # fmt: skip
def test_how_fast_a_film_runs(attributes, times):
    data_set = DataSet()
    for keyword, value in attributes.items():
        data_set[keyword] = value
    assert read_frame_times(data_set, 3) == pytest.approx(times)


def test_a_film_of_a_folder(dicomkit, write_image, tmp_path):
    for number, z in ((1, 20), (2, 10)):
        pixels = bytes([number * 50] * 6)
        write_image(f"ct/{number}.dcm", number, ImagePositionPatient=[0, 0, z], PixelData=pixels, WindowCenter=128, WindowWidth=256,
                    PixelSpacing=None)  # fmt: skip
    outcome = dicomkit("render", tmp_path / "ct", "-o", tmp_path / "x.gif")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"{tmp_path / 'x.gif'}: 2 frames in 0.2 s, 3 x 2, ")
    assert imagecodecs.gif_decode((tmp_path / "x.gif").read_bytes())[:, 0, 0, 0].tolist() == [100, 50]
    assert dicomkit("render", tmp_path / "ct", "--animate", "-o", tmp_path / "x.png").code == 0
    assert imagecodecs.apng_decode((tmp_path / "x.png").read_bytes())[:, 0, 0].tolist() == [100, 50]


def test_frame_time_is_that_of_the_file(dicomkit, write_image, tmp_path):
    path = write_image(NumberOfFrames=2, Rows=1, FrameTime="250")
    assert dicomkit("render", path, "-o", tmp_path / "x.gif").out.startswith(f"{tmp_path / 'x.gif'}: 2 frames in 0.5 s")
    assert gif_delays((tmp_path / "x.gif").read_bytes()) == [25, 25]


@pytest.mark.parametrize("arguments", [[], ["--window", "auto"]])
def test_frames_without_a_window_share_one(dicomkit, write_image, tmp_path, arguments):
    """Each by its own range would flicker: the same value is the same grey in all frames."""
    path = write_image(NumberOfFrames=2, Rows=1, PixelData=bytes([0, 100, 50, 100, 200, 150]))
    assert dicomkit("render", path, "-o", tmp_path / "x.gif", *arguments).code == 0
    shown = imagecodecs.gif_decode((tmp_path / "x.gif").read_bytes())[:, 0, :, 0]
    assert shown.tolist() == [[0, 128, 64], [128, 255, 191]]


@pytest.mark.parametrize("last", [None, 128])
def test_a_window_that_is_empty_is_none(dicomkit, write_image, tmp_path, last):
    changes = {"Rows": 1, "Columns": 2, "WindowWidth": ""}
    write_image("ct/1.dcm", 1, **changes, WindowCenter="", PixelData=bytes([0, 100]))
    write_image("ct/2.dcm", 2, **changes, WindowCenter=last or "", PixelData=bytes([0, 200]))
    assert dicomkit("render", tmp_path / "ct", "-o", tmp_path / "x.gif", "--no-aspect").code == 0
    shown = imagecodecs.gif_decode((tmp_path / "x.gif").read_bytes())[:, 0, :, 0]
    assert shown.tolist() == [[0, 128], [0, 255]]


def test_stored_windows_stay_where_a_file_is_damaged(dicomkit, write_image, tmp_path):
    window = {"WindowCenter": 51, "WindowWidth": 1, "PixelSpacing": None}
    write_image("ct/1.dcm", 1, **window)
    write_image("ct/2.dcm", 2, **window, PixelData=b"\0\0")
    assert dicomkit("render", tmp_path / "ct", "-o", tmp_path / "x.gif").code == 1
    assert imagecodecs.gif_decode((tmp_path / "x.gif").read_bytes()).reshape(2, 3, 3)[..., 0].tolist() == [[0, 255, 255], [255, 255, 255]]


def test_films_that_nobody_waits_for(dicomkit, write_image, tmp_path):
    bits = {"Rows": 1, "Columns": 1, "BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}
    path = write_image(NumberOfFrames=1_000_000, **bits, PixelData=bytes(125_000))
    outcome = dicomkit("render", path, "-o", tmp_path / "x.gif")
    assert (outcome.code, "1,000,000 frames is too long" in outcome.err) == (2, True)
    path = write_image(NumberOfFrames=12, Rows=1, Columns=1, PixelData=bytes(12), PixelSpacing=None)
    outcome = dicomkit("render", path, "--size", 32768, "-o", tmp_path / "x.gif")
    assert (outcome.code, "too large" in outcome.err, (tmp_path / "x.gif").exists()) == (2, True, False)


def test_a_film_of_the_largest_numbers(dicomkit, write_image, tmp_path):
    """They have no range that all frames could share."""
    numbers = np.array([[-1.7e308, 0, 1.7e308], [1.7e308, 0, -1.7e308]])
    pixels = {"BitsAllocated": 64, "DoubleFloatPixelData": numbers.tobytes(), "PixelData": None}
    path = write_image(NumberOfFrames=2, Rows=1, PixelSpacing=None, **pixels)
    assert dicomkit("render", path, "-o", tmp_path / "x.gif").code == 0
    assert imagecodecs.gif_decode((tmp_path / "x.gif").read_bytes())[:, 0, :, 0].tolist() == [[0, 128, 255], [255, 128, 0]]


def test_a_film_is_of_one_series(dicomkit, write_image, tmp_path):
    write_image("ct/a.dcm", 1)
    write_image("ct/b.dcm", 2, SeriesInstanceUID="2.25.9", SeriesNumber=8)
    outcome = dicomkit("render", tmp_path / "ct", "-o", tmp_path / "x.gif")
    assert outcome.code == 2
    assert "7 (1 file), 8 (1 file)" in outcome.err
    assert dicomkit("render", tmp_path / "ct", "-o", tmp_path / "x.gif", "--series", 8).code == 0


def test_a_film_without_its_damaged_frames(dicomkit, write_image, tmp_path):
    write_image("ct/a.dcm", 1)
    write_image("ct/b.dcm", 2, PixelData=b"\0\0")
    outcome = dicomkit("render", tmp_path / "ct", "-o", tmp_path / "x.gif")
    assert (outcome.code, len(outcome.err.splitlines())) == (1, 1)
    assert ": 1 frame in " in outcome.out
    nothing = dicomkit("render", tmp_path / "ct" / "b.dcm", "-o", tmp_path / "y.gif")
    assert (nothing.code, nothing.out, (tmp_path / "y.gif").exists()) == (1, "", False)
