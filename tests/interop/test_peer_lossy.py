"""Lossy files beside the libraries that everybody means: libjpeg-turbo and OpenJPEG, as Pillow brings them, built and called by others.

Pillow guesses colours from the codestream alone, where we know the data set as well; then components are compared, before any
conversion. It has no 12 bits: there IJG's libjpeg, in DCMTK, takes its place.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest

import dicomkit
from dicomkit import uids
from dicomkit.codecs.codestreams import JPEGHeader, parse_jpeg2000_header, parse_jpeg_header
from tests.conftest import need_decoder, unavailable

pytestmark = pytest.mark.usefixtures("quiet_peers")
DCT = (uids.JPEGBaseline8Bit, uids.JPEGExtended12Bit)
WAVELET = (uids.JPEG2000, uids.HTJ2K)
TOLERANCE = 1
# The beginning of its codestream was overwritten with a sequence delimiter; nobody decodes it.
DAMAGED = ("JPEG2000-embedded-sequence-delimiter.dcm",)
LEAST_COMPARED = {DCT: 21, WAVELET: 10}


@pytest.fixture(scope="module")
def pillow():
    """The module PIL.Image."""
    if find_spec("PIL") is None:
        unavailable("Pillow")
    return import_module("PIL.Image")


def read_lossy(path, syntaxes):
    """Read a file in one of the transfer syntaxes; None if it is none."""
    try:
        file = dicomkit.read(path, force=True)
    except dicomkit.DICOMError:
        return None
    is_one = file.transfer_syntax.uid in syntaxes and "PixelData" in file and path.name not in DAMAGED
    return file if is_one else None


def decode_jpeg(pillow, codestream, header: JPEGHeader, colors):
    """What libjpeg-turbo makes of it: RGB; or the components where only the data set knows that they are RGB."""
    image = pillow.open(io.BytesIO(codestream))
    says_nothing = header.adobe_transform is None and not header.has_jfif and not header.is_subsampled
    if len(header.components) == 3 and says_nothing and colors == "RGB":
        image.draft("YCbCr", image.size)
        assert image.mode == "YCbCr"
    return np.asarray(image)


def decode_jpeg2000(pillow, codestream):
    """What OpenJPEG makes of it. Pillow shifts samples of 9 to 15 bits up to 16, and signed ones by half of their range."""
    header = parse_jpeg2000_header(memoryview(codestream))
    image = np.asarray(pillow.open(io.BytesIO(codestream)))
    if image.dtype == np.uint8:
        return image
    samples = (image >> (16 - header.precision)).astype(np.int32)
    return samples - (1 << (header.precision - 1)) if header.is_signed else samples


def frames_and_codestreams(file):
    need_decoder(file.transfer_syntax)
    pixel_data = file.pixel_data()
    for index, frame in enumerate(pixel_data.frames()):
        yield frame, bytes(pixel_data.frame_data(index))


def distance(one, other):
    assert one.shape == other.shape
    return int(np.abs(one.astype(np.int64) - other.astype(np.int64)).max())


def test_dct_as_libjpeg_turbo_decodes_it(dicom_file, pillow):
    file = read_lossy(dicom_file.path, DCT)
    if file is None:
        pytest.skip("no lossy JPEG")
    for ours, codestream in frames_and_codestreams(file):
        header = parse_jpeg_header(memoryview(codestream))
        if header.precision > 8:
            pytest.skip("Pillow has no 12 bits")
        theirs = decode_jpeg(pillow, codestream, header, file.photometric_interpretation)
        assert distance(ours, theirs) <= TOLERANCE


def test_12_bits_as_ijg_decodes_them(dicom_file, tmp_path):
    file = read_lossy(dicom_file.path, DCT)
    if file is None or parse_jpeg_header(file.pixel_data().frame_data(0)).precision == 8:
        pytest.skip("no JPEG of 12 bits")
    need_decoder(file.transfer_syntax)
    if shutil.which("dcmdjpeg") is None:
        unavailable("dcmdjpeg")
    subprocess.run(["dcmdjpeg", dicom_file.path, tmp_path / "native.dcm"], check=True, capture_output=True, timeout=60)
    assert distance(file.pixel_data().array(), dicomkit.read(tmp_path / "native.dcm").pixel_data().array()) <= TOLERANCE


def test_wavelets_as_openjpeg_decodes_them(dicom_file, pillow):
    file = read_lossy(dicom_file.path, WAVELET)
    if file is None:
        pytest.skip("no lossy JPEG 2000")
    for ours, codestream in frames_and_codestreams(file):
        assert distance(ours, decode_jpeg2000(pillow, codestream)) <= TOLERANCE


@pytest.mark.parametrize("syntaxes", LEAST_COMPARED)
def test_enough_is_compared(syntaxes, all_peer_files, corpus):
    assert sum(read_lossy(file.path, syntaxes) is not None for file in all_peer_files if file.is_dicom) >= LEAST_COMPARED[syntaxes]
