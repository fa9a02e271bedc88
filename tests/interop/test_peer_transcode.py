"""Real files in every transfer syntax that we write: read again by us, pydicom's plugins, and the tools of DCMTK, GDCM and dicom3tools."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pytest

import dicomkit
from dicomkit import TransferSyntax
from tests.conftest import need_decoder, need_encoder, unavailable

pytestmark = pytest.mark.usefixtures("quiet_peers")
LOSSLESS = ("RLELossless", "JPEGLosslessSV1", "JPEGLossless", "JPEGLSLossless", "JPEG2000Lossless", "HTJ2KLossless", "HTJ2KLosslessRPCL",
            "JPEGXLLossless", "DeflatedImageFrameCompression", "EncapsulatedUncompressedExplicitVRLittleEndian")  # fmt: skip
LOSSY = ("JPEGBaseline8Bit", "JPEGExtended12Bit", "JPEGLSNearLossless", "JPEG2000", "HTJ2K", "JPEGXL")
# Whom pydicom asks, and what decodes back to native files.
PLUGINS = {
    "RLELossless": ("gdcm", "pydicom"),
    "JPEGLosslessSV1": ("gdcm", "pylibjpeg"),
    "JPEGLossless": ("gdcm", "pylibjpeg"),
    "JPEGLSLossless": ("gdcm", "pylibjpeg", "pyjpegls"),
    "JPEG2000Lossless": ("gdcm", "pylibjpeg"),
    "HTJ2KLossless": ("pylibjpeg",),
    "HTJ2KLosslessRPCL": ("pylibjpeg",),
    "JPEGBaseline8Bit": ("gdcm", "pylibjpeg"),
    "JPEGExtended12Bit": ("gdcm", "pylibjpeg"),
    "JPEGLSNearLossless": ("gdcm", "pyjpegls"),
    "JPEG2000": ("gdcm", "pylibjpeg"),
    "HTJ2K": ("pylibjpeg",),
}
TOLERANCE = {"JPEGBaseline8Bit": 4, "JPEGExtended12Bit": 4, "JPEG2000": 1, "HTJ2K": 1}
TOOLS = {
    "RLELossless": ("dcmdrle",),
    "JPEGLosslessSV1": ("dcmdjpeg",),
    "JPEGLossless": ("dcmdjpeg",),
    "JPEGLSLossless": ("dcmdjpls",),
    "JPEGBaseline8Bit": ("dcmdjpeg", "+cn"),
    "JPEGExtended12Bit": ("dcmdjpeg", "+cn"),
    "JPEGLSNearLossless": ("dcmdjpls",),
    "JPEG2000Lossless": ("gdcmconv", "--raw"),
    "JPEG2000": ("gdcmconv", "--raw"),
}
# Few enough to be quick, different enough to matter: signed, 12 of 16 bits, 8 bits, colours, 4:2:2, frames, a palette, 32 bits, 1 bit.
FILES = (
    "test_files/CT_small.dcm", "test_files/MR_small.dcm", "pydicom-data/SC_rgb.dcm", "pydicom-data/SC_rgb_2frame.dcm",
    "pydicom-data/emri_small.dcm", "pydicom-data/OBXXXX1A.dcm", "test_files/rtdose.dcm", "pydicom-data/liver.dcm",
    "test_files/examples_ybr_color.dcm", "test_files/SC_ybr_full_422_uncompressed.dcm", "pydicom-data/693_UNCI.dcm",
    "test_files/JPEG2000.dcm", "test_files/SC_rgb_jpeg_dcmtk.dcm", "pydicom-data/JPEG-LL.dcm",
)  # fmt: skip


NO_PLACE = re.compile(r"has no sign|into a palette|Bits Stored is (12|32); (such|this)|samples of 1 bit|only RGB is encoded")


@pytest.fixture(scope="module")
def by_name(all_peer_files):
    return {file.name: file.path for file in all_peer_files}


@pytest.fixture
def transcoded(request, by_name, tmp_path):
    """A real file, and where its twin in a transfer syntax was written. Where it has no place there, a typed error says so."""
    name, keyword = request.param
    if name not in by_name:
        unavailable(name)
    need_encoder(keyword)
    file = dicomkit.read(by_name[name], force=True)
    if file.transfer_syntax.is_encapsulated:
        need_decoder(file.transfer_syntax)
    path = tmp_path / "twin.dcm"
    try:
        file.transcode(keyword, workers=2).write(path)
    except dicomkit.PixelDataError as error:
        if NO_PLACE.search(str(error)) is None:
            raise
        pytest.skip("has no place there")
    return file, path


def pairs(keywords):
    return [(name, keyword) for keyword in keywords for name in FILES]


def each(cases):
    names = [f"{keyword}-{name.rpartition('/')[2]}" for name, keyword in cases]
    return pytest.mark.parametrize(("transcoded", "keyword"), [(case, case[1]) for case in cases], ids=names, indirect=["transcoded"])


def distance(one, other):
    assert one.shape == other.shape
    return int(np.abs(one.astype(np.int64) - other.astype(np.int64)).max())


@each(pairs((*LOSSLESS, *LOSSY)))
def test_what_we_transcode_we_read(transcoded, keyword):
    file, path = transcoded
    twin = dicomkit.read(path, strict=file.error is None and keyword in LOSSLESS and file.transfer_syntax.is_lossless)
    ours, before = twin.pixel_data(), file.pixel_data()
    assert twin.transfer_syntax.keyword == keyword
    if keyword in LOSSLESS:
        assert np.array_equal(ours.array(), before.array())
        assert twin.SOPInstanceUID == file.SOPInstanceUID
    else:
        assert ours.array().shape == before.array().shape
        assert (twin.SOPInstanceUID != file.SOPInstanceUID) == (file.transfer_syntax.keyword != keyword)


@each(pairs(PLUGINS))
def test_what_we_transcode_pydicom_decodes(transcoded, keyword, pydicom):
    file, path = transcoded
    twin = dicomkit.read(path)
    ours = twin.pixel_data()
    is_ybr = ours.photometric_interpretation().startswith("YBR")    # and pydicom makes it RGB unless told to leave it
    if keyword == "RLELossless" and file.BitsAllocated == 1:
        pytest.skip("nobody else has RLE of single bits")
    decoded = 0
    for plugin in PLUGINS[keyword]:
        try:
            theirs = pydicom.pixels.pixel_array(pydicom.dcmread(path), decoding_plugin=plugin, raw=is_ybr)
        except Exception:       # not installed, or it has not this kind
            continue
        decoded += 1
        tolerance = 0 if keyword in LOSSLESS or keyword == "JPEGLSNearLossless" else TOLERANCE[keyword]
        if ours.descriptor.samples_per_pixel == 3 and keyword in ("JPEGBaseline8Bit", "JPEGExtended12Bit"):
            tolerance = 60      # chroma is upsampled by each in its own way: at sharp edges of colour
        assert distance(ours.array(), theirs) <= tolerance, plugin
    if not decoded:
        unavailable("a plugin of pydicom")


@each(pairs(TOOLS))
def test_what_we_transcode_tools_decode(transcoded, keyword, tmp_path):
    file, path = transcoded
    program, *arguments = TOOLS[keyword]
    if shutil.which(program) is None:
        unavailable(program)
    if file.BitsAllocated in (1, 32):
        pytest.skip(f"{program} takes 8 and 16 bits")
    native = tmp_path / "native.dcm"
    subprocess.run([program, *arguments, str(path), str(native)], check=True, capture_output=True, timeout=60)
    ours, theirs = dicomkit.read(path).pixel_data(), dicomkit.read(native).pixel_data()
    if theirs.descriptor.photometric_interpretation == ours.photometric_interpretation():
        tolerance = 0 if keyword in LOSSLESS or keyword == "JPEGLSNearLossless" else TOLERANCE[keyword]
        assert distance(ours.array(), theirs.array()) <= tolerance
    else:
        assert theirs.array().shape == ours.array().shape


@each([(name, keyword) for keyword in LOSSLESS[:5] for name in FILES[:4]])
def test_validators_find_nothing_new(transcoded, keyword, tmp_path):
    """dciodvfy, which does not know HTJ2K, on the file before and after: no error that was not there."""
    if shutil.which("dciodvfy") is None:
        unavailable("dciodvfy")
    file, path = transcoded
    (tmp_path / "before.dcm").write_bytes(file.transcode("ExplicitVRLittleEndian").write())

    def errors(checked):
        found = subprocess.run(["dciodvfy", str(checked)], capture_output=True, text=True, errors="replace", timeout=60, check=False)
        return {line for line in found.stderr.splitlines() if line.startswith("Error")}

    assert TransferSyntax.find(keyword).uid == dicomkit.read(path).transfer_syntax_uid
    assert errors(path) <= errors(tmp_path / "before.dcm")
