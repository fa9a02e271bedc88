"""Native pixels of real files beside GDCM's and DCMTK's: stored values, windows, VOI LUTs, colours, overlays.

DCMTK's dcm2pnm writes what it makes of a file as PNM: stored values if it is told to apply nothing, else what it would display.
GDCM's gdcmimg writes stored values as PNM, of the images for which there is a PNM.
"""

from __future__ import annotations

import re
import subprocess
import warnings
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import dicomkit
from dicomkit.pixels import PixelDataRenderer, WindowSettings

from .test_peer_pixels import KNOWN

DOC = Path(__file__).resolve().parents[2] / "docs" / "reference" / "differences.md"
TIMEOUT = 60    # seconds
REFUSED = "refused"
# What the corpora hold at least; files that vanish, or that a peer no longer reads, would go unseen.
LEAST_COMPARED = {"dcmtk stored": 60, "dcmtk picture": 90, "gdcm stored": 35}


class Difference(NamedTuple):
    """One difference in one file, or in those whose names begin so.

    Attributes
    ----------
    file
        The name, or its beginning.
    part
        The peer and what is compared.
    peer
        ``refused``, or the most that a sample differs.
    right
        Who is right.
    reason
        Why.
    """

    file: str
    part: str
    peer: str | int
    right: str
    reason: str


DIFFERENCES = [
    Difference("SC_rgb_32bit", "dcmtk picture", REFUSED, "dicomkit", "DCMTK takes no colour samples of 32 bits in OW (PS3.5 8.1.2 does)"),
    Difference("SC_rgb_expb_32bit", "dcmtk picture", REFUSED, "dicomkit", "as SC_rgb_32bit"),
    Difference("gdcm-US-ALOKA-16", "dcmtk picture", REFUSED, "dicomkit", "DCMTK reads no segmented palettes (PS3.3 C.7.9.2)"),
    Difference("parametric_map_", "dcmtk picture", REFUSED, "dicomkit", "DCMTK reads no Float Pixel Data (PS3.3 C.7.6.24)"),
    Difference("eCT_Supplemental.dcm", "dcmtk picture", 231, "dicomkit", "DCMTK leaves out the supplemental palette (PS3.3 C.7.6.19)"),
    Difference("SC_ybr_full_uncompressed.dcm", "dcmtk picture", 2, "dicomkit", "DCMTK adds up rounded terms; pydicom agrees within 1"),
]


class Image(NamedTuple):
    """A native image, and how to name it."""

    name: str
    path: str
    file: dicomkit.DICOMFile
    renderer: PixelDataRenderer

    @property
    def frame_indices(self):
        return sorted({0, len(self.renderer.pixel_data) - 1})


def read_image(path):
    """An image with native pixels that dicomkit reads, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            file = dicomkit.read(path, force=True)
            pixel_data = None if file.transfer_syntax.is_encapsulated else file.pixel_data()
        except dicomkit.DICOMError:
            return None
    return None if pixel_data is None else Image(path.name, str(path), file, PixelDataRenderer(pixel_data))


@pytest.fixture
def image(dicom_file):
    found = read_image(dicom_file.path)
    if found is None:
        pytest.skip("no native pixels")
    return found


def parse_pnm(data):
    """The samples of a PNM and the largest that it may have; None if it has none, or bits (P4), which gdcmimg writes in DICOM's order."""
    if data.startswith(b"P4"):
        return None
    header = []
    offset = 0
    while len(header) < 4:
        while data[offset : offset + 1].isspace():
            offset += 1
        end = offset
        while end < len(data) and not data[end : end + 1].isspace():
            end += 1
        if end == offset:
            return None
        token, offset = data[offset:end], end
        if token.startswith(b"#"):
            offset = data.index(b"\n", offset)
        else:
            header.append(token)
    kind, columns, rows, largest = header[0], *map(int, header[1:])
    shape = (rows, columns, 3) if kind in (b"P3", b"P6") else (rows, columns)
    if kind in (b"P2", b"P3"):
        samples = np.array(data[offset:].split(), dtype=np.int64)
    else:
        samples = np.frombuffer(data[offset + 1 :], dtype=">u2" if largest > 255 else "u1").astype(np.int64)
    return (samples.reshape(shape), largest) if samples.size == np.prod(shape) else None


def run_dcm2pnm(program, image, frame_index, *arguments):
    """What dcm2pnm makes of a frame, without overlays unless it is told to draw one; None if it refuses."""
    overlay = [] if "+O" in arguments else ["-O"]
    command = [program, "-q", "+F", str(frame_index + 1), *overlay, *arguments, image.path]
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
    return parse_pnm(done.stdout) if done.stdout else None


def compare(image, part, ours, theirs, allowed=0):
    """Equal up to ``allowed``, or as different as the table says."""
    known = [entry for entry in DIFFERENCES if image.name.startswith(entry.file) and entry.part == part]
    if theirs is None:
        assert [entry.peer for entry in known] == [REFUSED], f"refused; {known}"
        return
    assert ours.shape == theirs.shape
    difference = int(np.abs(ours.astype(np.int64) - theirs).max())
    if known:
        most = known[0].peer
        assert isinstance(most, int)
        assert allowed < difference <= most
    else:
        assert difference <= allowed


def unsigned(stored, descriptor):
    """Stored values as PNM, which knows no sign, has them: the lowest is 0."""
    return stored.astype(np.int64) - descriptor.min_possible_value


def display_arguments(image, frame_index):
    """What makes dcm2pnm apply the VOI that dicomkit does, and that VOI."""
    if not image.file.is_monochrome:
        return [], None
    stored = image.file.all_window_settings(frame_index)
    if stored and "WindowCenter" in image.file:
        return ["+Wi", "1"], None
    if not stored and "VOILUTSequence" in image.file:
        return ["+Wl", "1"], None
    if "DoseGridScaling" in image.file:     # dcm2pnm has no modality transformation of doses; the range of values needs none
        return ["+Wm"], None
    pixel_data = image.renderer.pixel_data
    values = pixel_data.modality_transform(frame_index).apply(pixel_data.frame(frame_index))
    low, high = float(values.min()), float(values.max())
    window = WindowSettings((low + high) / 2, max(1.0, high - low))
    return ["+Ww", repr(window.center), repr(window.width)], window


def test_stored_values_are_those_of_dcmtk(image, require_peer):
    descriptor = image.renderer.pixel_data.descriptor
    if not descriptor.photometric_interpretation.is_monochrome or descriptor.is_float:
        pytest.skip("dcm2pnm writes stored values of grey integers")
    program = require_peer("dcm2pnm")
    for index in image.frame_indices:
        theirs = run_dcm2pnm(program, image, index, "-M", "-W", "+opn", str(descriptor.bits_stored))
        ours = unsigned(image.renderer.pixel_data.frame(index), descriptor)
        # It inverts MONOCHROME1 in any case, by way of floating point that it truncates.
        is_inverted = descriptor.photometric_interpretation == "MONOCHROME1"
        ours = (1 << descriptor.bits_stored) - 1 - ours if is_inverted else ours
        compare(image, "dcmtk stored", ours, None if theirs is None else theirs[0], allowed=int(is_inverted))


def test_pictures_are_those_of_dcmtk(image, require_peer):
    """Colours exactly; grey up to 1, as dcm2pnm truncates and dicomkit rounds."""
    program = require_peer("dcm2pnm")
    for index in image.frame_indices:
        arguments, window = display_arguments(image, index)
        theirs = run_dcm2pnm(program, image, index, *arguments, "+opb")
        render = image.renderer.render_frame_with_stored_window
        ours = np.asarray(render(index) if window is None else image.renderer.render_frame(index, window))
        if ours.ndim == 3 and theirs is not None and theirs[0].ndim == 2:
            theirs = np.repeat(theirs[0][:, :, None], 3, axis=2), theirs[1]
        is_exact = image.file.is_color and not str(image.renderer.pixel_data.descriptor.photometric_interpretation).startswith("YBR")
        compare(image, "dcmtk picture", ours, None if theirs is None else theirs[0], allowed=0 if is_exact else 1)


def test_overlays_are_those_of_dcmtk(image, require_peer):
    """Where dcm2pnm's picture changes with overlays, ours does; it has several ways to draw, one of them ours."""
    overlays = image.renderer.pixel_data.overlays()
    if not overlays:
        pytest.skip("no overlay")
    program = require_peer("dcm2pnm")
    arguments, _ = display_arguments(image, 0)
    drawn = run_dcm2pnm(program, image, 0, *arguments, "+O", "0", "+Omr", "+opb")
    plain = run_dcm2pnm(program, image, 0, *arguments, "+opb")
    assert drawn is not None
    assert plain is not None
    ours = np.asarray(image.renderer.render_frame_with_stored_window(0, overlays=True))
    changed = drawn[0] != plain[0]
    assert changed.any()
    assert (ours[changed] == 255).all()
    assert np.abs(ours.astype(np.int64) - drawn[0]).max() <= 1


def run_gdcmimg(program, image, folder):
    """What gdcmimg writes as PNM; None if it does not."""
    target = folder / "gdcm.pnm"
    target.unlink(missing_ok=True)
    subprocess.run([program, "-i", image.path, "-o", str(target)], capture_output=True, timeout=TIMEOUT, check=False)
    return parse_pnm(target.read_bytes()) if target.exists() else None


def test_stored_values_are_those_of_gdcm(image, require_peer, tmp_path):
    program = require_peer("gdcmimg")
    pixel_data = image.renderer.pixel_data
    theirs = run_gdcmimg(program, image, tmp_path)
    if theirs is None or theirs[0].shape != pixel_data.descriptor.frame_shape:
        pytest.skip("gdcmimg writes no PNM of it")
    compare(image, "gdcm stored", pixel_data.frame(0), theirs[0])


def test_enough_is_compared(all_peer_files, corpus, require_peer, tmp_path):
    dcm2pnm, gdcmimg = require_peer("dcm2pnm"), require_peer("gdcmimg")
    counts = dict.fromkeys(LEAST_COMPARED, 0)
    for file in all_peer_files:
        image = read_image(file.path) if file.is_dicom else None
        if image is None:
            continue
        descriptor = image.renderer.pixel_data.descriptor
        is_grey = descriptor.photometric_interpretation.is_monochrome and not descriptor.is_float
        counts["dcmtk stored"] += is_grey
        counts["dcmtk picture"] += run_dcm2pnm(dcm2pnm, image, 0, *display_arguments(image, 0)[0], "+opb") is not None
        theirs = run_gdcmimg(gdcmimg, image, tmp_path)
        counts["gdcm stored"] += theirs is not None and theirs[0].shape == descriptor.frame_shape
    assert {part for part, least in LEAST_COMPARED.items() if counts[part] < least} == set()


def test_all_known_differences_are_of_files_that_are_there(all_peer_files, corpus):
    names = [file.path.name for file in all_peer_files]
    assert [entry.file for entry in DIFFERENCES if not any(name.startswith(entry.file) for name in names)] == []


def test_the_reference_shows_all_known_differences():
    rows = [line for line in DOC.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    patterns = [pattern for row in rows for pattern in re.findall("`([^`]+)`", row.split("|")[1])]
    names = [f"{entry.file.removesuffix('.dcm')}.dcm" for entry in DIFFERENCES] + [file for file, _ in KNOWN]
    assert [name for name in names if not any(fnmatchcase(name, pattern) for pattern in patterns)] == []
