"""Native pixels of real files beside pydicom's: stored values, real-world values, rendered windows, palettes, overlays.

Equal means bit for bit, but for values that pydicom calculates in double precision and dicomkit rounds to single.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
import pytest

import dicomkit
from dicomkit.pixels import PixelDataRenderer, WindowSettings

PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
# What the corpora hold at least: a folder that shrinks would go unseen.
LEAST_COMPARED = 60
# What differs in which file, and why dicomkit is right.
KNOWN = {
    ("rtdose_expb.dcm", "stored"): "OW is swapped by 16-bit words whatever Bits Allocated is (PS3.5 6.2, 7.3); DCMTK agrees",
    ("rtdose_expb_1frame.dcm", "stored"): "as rtdose_expb.dcm",
    ("OBXXXX1A_expb.dcm", "picture"): "the palette is big endian as well (PS3.5 7.3): OBXXXX1A.dcm, in little endian, looks the same",
    ("OBXXXX1A_expb_2frame.dcm", "picture"): "as OBXXXX1A_expb.dcm",
}


class Pair(NamedTuple):
    """The same file read by both."""

    name: str
    ours: dicomkit.DICOMFile
    theirs: object
    stored: np.ndarray


@pytest.fixture
def pair(dicom_file, pydicom):
    """A file with native pixels that both libraries read; what they refuse is not compared here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ours = dicomkit.read(dicom_file.path, force=True)
            theirs = pydicom.dcmread(dicom_file.path, force=True)
        except Exception:
            pytest.skip("not read by both")
        if ours.transfer_syntax.is_encapsulated or not any(keyword in ours for keyword in PIXEL_KEYWORDS):
            pytest.skip("no native pixels")
        try:
            stored = pydicom.pixels.pixel_array(theirs, raw=True)
        except Exception as error:
            # No transfer syntax, no Bits Allocated, no number: dicomkit may know better, and is held to its own tests.
            pytest.skip(f"pydicom refuses: {type(error).__name__}")
        yield Pair(dicom_file.path.name, ours, theirs, stored)


def some_frames(pair):
    """First, middle and last frame, with pydicom's stored values."""
    count = pair.ours.number_of_frames
    frames = pair.stored if count > 1 else pair.stored[None]
    return [(index, frames[index]) for index in sorted({0, count // 2, count - 1})]


def known(pair, part):
    if (pair.name, part) in KNOWN:
        pytest.skip(KNOWN[pair.name, part])


def test_stored_values(pair):
    ours = pair.ours.pixel_data().array()
    assert ours.shape == pair.stored.shape
    assert ours.dtype == pair.stored.dtype.newbyteorder("=")
    is_equal = np.array_equal(ours, pair.stored, equal_nan=ours.dtype.kind == "f")
    assert is_equal is ((pair.name, "stored") not in KNOWN)


def test_frames_are_the_slices_of_the_volume(pair):
    pixel_data = pair.ours.pixel_data()
    volume = pixel_data.array()
    out = np.empty(pixel_data.descriptor.frame_shape, dtype=pixel_data.descriptor.dtype)
    for index, _ in some_frames(pair):
        frame = volume[index] if pixel_data.descriptor.is_multi_frame else volume
        assert np.array_equal(pixel_data.frame(index), frame, equal_nan=pixel_data.descriptor.is_float)
        assert np.array_equal(pixel_data.frame(index, out), frame, equal_nan=pixel_data.descriptor.is_float)


def real_world(pair, pydicom, stored):
    values = pydicom.pixels.apply_modality_lut(stored, pair.theirs)
    return values * float(pair.theirs.DoseGridScaling) if "DoseGridScaling" in pair.theirs else values


def test_real_world_values(pair, pydicom):
    known(pair, "stored")
    if "PerFrameFunctionalGroupsSequence" in pair.theirs or "SharedFunctionalGroupsSequence" in pair.theirs:
        pytest.skip("pydicom does not look into functional groups")
    for index, stored in some_frames(pair):
        values = pair.ours.pixel_data().values(index)
        np.testing.assert_allclose(values, real_world(pair, pydicom, stored), rtol=2e-7, atol=0)


def output_range(theirs):
    """What pydicom makes white and black of: the range of stored values after the rescale (its apply_windowing)."""
    bits, is_signed = theirs.BitsStored, theirs.PixelRepresentation == 1
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if is_signed else (0, 2**bits - 1)
    if "ModalityLUTSequence" in theirs:
        return 0, 2 ** theirs.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    if "RescaleSlope" in theirs:
        return tuple(end * float(theirs.RescaleSlope) + float(theirs.RescaleIntercept) for end in (low, high))
    return low, high


def test_rendered_windows(pair, pydicom):
    known(pair, "stored")
    theirs = pair.theirs
    if "WindowWidth" not in theirs or not pair.ours.is_monochrome:
        pytest.skip("no window")
    renderer = PixelDataRenderer(pair.ours.pixel_data())
    for index, stored in some_frames(pair):
        windowed = pydicom.pixels.apply_windowing(real_world(pair, pydicom, stored), theirs)
        low, high = output_range(theirs)
        expected = np.floor((windowed - low) / (high - low) * 255 + 0.5 + 1e-9).astype(np.uint8)
        if theirs.PhotometricInterpretation == "MONOCHROME1":
            expected = 255 - expected
        padding = renderer.pixel_data.pixel_padding
        if padding is not None:
            expected[padding.mask(stored)] = 0
        assert np.array_equal(renderer.render_frame_with_stored_window(index), expected)


def test_windows_and_tables_agree(pair):
    """The fast way, whichever it is, is the way through double precision."""
    if not pair.ours.is_monochrome:
        pytest.skip("no window in colour")
    pixel_data = pair.ours.pixel_data()
    low, high = pixel_data.pixel_range(0)
    transform = pixel_data.modality_transform(0)
    ends = sorted(float(transform.apply(np.array([end]))[0]) for end in (low, high))
    window = WindowSettings((ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2)
    display = window.apply(transform.apply(pixel_data.frame(0)))
    expected = np.floor(display * 255 + 0.5 + 1e-9).astype(np.uint8)
    if pair.ours.data_set.string("PhotometricInterpretation") == "MONOCHROME1":
        expected = 255 - expected
    if pixel_data.pixel_padding is not None:
        expected[pixel_data.pixel_padding.mask(pixel_data.frame(0))] = 0
    assert np.array_equal(PixelDataRenderer(pixel_data).render_monochrome_frame(0, window), expected)


def test_colors(pair, pydicom):
    if pair.ours.is_monochrome or "PhotometricInterpretation" not in pair.theirs:
        pytest.skip("grey")
    renderer = PixelDataRenderer(pair.ours.pixel_data())
    for index, stored in some_frames(pair):
        ours = np.asarray(renderer.render_frame(index))
        if pair.ours.is_palette_color:
            bits = pair.theirs.RedPaletteColorLookupTableDescriptor[2]
            expected = (pydicom.pixels.apply_color_lut(stored, pair.theirs)[..., :3] >> (bits - 8)).astype(np.uint8)
            assert np.array_equal(ours, expected) is ((pair.name, "picture") not in KNOWN)
        elif pair.theirs.BitsStored == 8:
            photometric = pair.theirs.PhotometricInterpretation
            expected = stored if photometric == "RGB" else pydicom.pixels.convert_color_space(stored, photometric, "RGB")
            # REND-10 gives the factors six decimals; where pydicom's more decimals fall on the other side of a half, it is one.
            difference = np.abs(ours.astype(int) - expected)
            assert difference.max() <= 1
            assert (difference > 0).mean() < 1e-3


def test_overlays(pair):
    groups = {element.tag.group for element in pair.theirs if 0x6000 <= element.tag.group <= 0x601E and element.tag.elem == 0x3000}
    if not groups:
        pytest.skip("no overlay")
    overlays = {overlay.group: overlay for overlay in pair.ours.pixel_data().overlays()}
    assert overlays.keys() == groups
    for group, overlay in overlays.items():
        expected = pair.theirs.overlay_array(group)
        frame = overlay.image_frame_origin
        assert np.array_equal(overlay.frame(frame), expected if expected.ndim == 2 else expected[0])


def test_enough_is_compared(all_peer_files, corpus):
    """How many files have native pixels: files that vanish, or that suddenly are not read, would go unseen."""
    count = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for file in all_peer_files:
            if not file.is_dicom:
                continue
            try:
                found = dicomkit.read(file.path, force=True)
                if not found.transfer_syntax.is_encapsulated and found.pixel_data() is not None:
                    count += 1
            except dicomkit.DICOMError:
                continue
    assert count >= LEAST_COMPARED
