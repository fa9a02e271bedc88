"""Compressed files beside pydicom's plugins and the tools of DCMTK and GDCM, and what our encoders write read by them.

HTJ2K and JPEG XL, which those tools do not read, are taken out of the file by dcmdump and read by the tools of OpenJPEG and libjxl.

Each transfer syntax is compared where its codec is installed; the peers are pylibjpeg (libjpeg of Thomas Richter, OpenJPEG),
GDCM (IJG's libjpeg, CharLS, OpenJPEG), pyjpegls (CharLS) and pydicom's own RLE.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

import dicomkit
from dicomkit import codecs, uids
from dicomkit.testing import FrameShape, image_file, make_frame
from dicomkit.transfer_syntax import TransferSyntax
from tests.conftest import need_decoder, need_encoder, unavailable

pytestmark = pytest.mark.usefixtures("quiet_peers")
PLUGINS = ("gdcm", "pylibjpeg", "pyjpegls", "pydicom")
LOSSLESS = {
    uids.RLELossless,
    uids.JPEGLossless,
    uids.JPEGLosslessSV1,
    uids.JPEGLSLossless,
    uids.JPEG2000Lossless,
    uids.HTJ2KLossless,
    uids.HTJ2KLosslessRPCL,
}
# pylibjpeg-libjpeg rounds the DCT and upsamples chroma in its own way; libjpeg-turbo and IJG's libjpeg agree in every bit, and
# test_peer_lossy holds us to them.
LOSSY_TOLERANCE = {"gdcm": 1, "pylibjpeg": 3, "pyjpegls": 0, "pillow": 1}
# The beginning of its codestream was overwritten with a sequence delimiter; nobody decodes it.
DAMAGED = {"JPEG2000-embedded-sequence-delimiter.dcm": "3722445056 columns"}
# The lossy file's data set says RGB and its codestream is YCbCr (chroma is subsampled): peers show it in false colours.
FALSE_COLORS = {"pylibjpeg-data/JPEGBaseline/SC_rgb_jpeg_lossy_gdcm.dcm"}
LEAST_DECODED = 80
# Lossless files, and others that hold the same pixels without compression or in another one.
TWINS = [
    ("pydicom-data/693_J2KR.dcm", "pydicom-data/693_UNCR.dcm"),
    ("pydicom-data/MR2_J2KR.dcm", "pydicom-data/MR2_UNCR.dcm"),
    ("pydicom-data/OBXXXX1A_rle.dcm", "pydicom-data/OBXXXX1A.dcm"),
    ("pydicom-data/OBXXXX1A_rle_2frame.dcm", "pydicom-data/OBXXXX1A_2frame.dcm"),
    ("pydicom-data/JLSL_RGB_ILV0.dcm", "pydicom-data/JLSL_RGB_ILV1.dcm"),
    ("pydicom-data/JLSL_RGB_ILV2.dcm", "pydicom-data/JLSL_RGB_ILV1.dcm"),
    ("pydicom-data/emri_small_RLE.dcm", "pydicom-data/emri_small.dcm"),
    ("pydicom-data/emri_small_jpeg_2k_lossless.dcm", "pydicom-data/emri_small.dcm"),
    ("pydicom-data/emri_small_jpeg_ls_lossless.dcm", "pydicom-data/emri_small.dcm"),
    ("pydicom-data/liver_deflate.dcm", "pydicom-data/liver.dcm"),
    ("pydicom-data/liver_j2k.dcm", "pydicom-data/liver.dcm"),
    ("pydicom-data/liver_rle.dcm", "pydicom-data/liver.dcm"),
    ("pydicom-data/liver_nonbyte_aligned_deflate.dcm", "pydicom-data/liver_nonbyte_aligned.dcm"),
    ("pydicom-data/liver_nonbyte_aligned_j2k.dcm", "pydicom-data/liver_nonbyte_aligned.dcm"),
    ("pydicom-data/liver_nonbyte_aligned_rle.dcm", "pydicom-data/liver_nonbyte_aligned.dcm"),
    ("pylibjpeg-data/JPEG2000Lossless/966.dcm", "pylibjpeg-data/JPEG2000Lossless/966_fixed.dcm"),
    ("test_files/MR_small_RLE.dcm", "test_files/MR_small.dcm"),
    ("test_files/MR_small_jp2klossless.dcm", "test_files/MR_small.dcm"),
    ("test_files/MR_small_jpeg_ls_lossless.dcm", "test_files/MR_small.dcm"),
    ("test_files/SC_rgb_rle.dcm", "pydicom-data/SC_rgb.dcm"),
    ("test_files/SC_rgb_rle_2frame.dcm", "pydicom-data/SC_rgb_2frame.dcm"),
    ("test_files/SC_rgb_rle_16bit.dcm", "pydicom-data/SC_rgb_16bit.dcm"),
    ("test_files/SC_rgb_rle_16bit_2frame.dcm", "pydicom-data/SC_rgb_16bit_2frame.dcm"),
    ("test_files/SC_rgb_rle_32bit.dcm", "pydicom-data/SC_rgb_32bit.dcm"),
    ("test_files/SC_rgb_rle_32bit_2frame.dcm", "pydicom-data/SC_rgb_32bit_2frame.dcm"),
    ("test_files/SC_rgb_jpeg_gdcm.dcm", "pydicom-data/SC_rgb.dcm"),
    ("test_files/SC_rgb_gdcm_KY.dcm", "pydicom-data/SC_rgb.dcm"),
    ("test_files/rtdose_rle.dcm", "test_files/rtdose.dcm"),
    ("test_files/rtdose_rle_1frame.dcm", "test_files/rtdose_1frame.dcm"),
]


def read_compressed(path):
    """Read a file whose pixel data is compressed and whose codec is installed; else skip."""
    try:
        file = dicomkit.read(path, force=True)
        syntax = file.transfer_syntax
    except dicomkit.DICOMError:
        pytest.skip("not read")
    if syntax is None or not syntax.is_encapsulated or "PixelData" not in file:
        pytest.skip("not compressed")
    need_decoder(syntax)
    return file


def peers_of(path, pydicom):
    """What each plugin of pydicom makes of a file, of those that make something of it."""
    decoded = {}
    for plugin in PLUGINS:
        try:
            decoded[plugin] = pydicom.pixels.pixel_array(pydicom.dcmread(path, force=True), decoding_plugin=plugin)
        except Exception:
            continue
    return decoded


def distance(one, other):
    assert one.shape == other.shape
    return int(np.abs(one.astype(np.int64) - other.astype(np.int64)).max())


def test_files_as_the_peers_decode_them(dicom_file, pydicom):
    file = read_compressed(dicom_file.path)
    if dicom_file.path.name in DAMAGED:
        with pytest.raises(codecs.CodecError, match=DAMAGED[dicom_file.path.name]):
            file.pixel_data().array()
        return
    ours = file.pixel_data().array()
    for plugin, theirs in peers_of(dicom_file.path, pydicom).items():
        if dicom_file.name not in FALSE_COLORS:
            tolerance = 0 if file.transfer_syntax.uid in LOSSLESS else LOSSY_TOLERANCE[plugin]
            assert distance(ours, theirs) <= tolerance, plugin
            assert ours.dtype == theirs.dtype


def test_enough_is_decoded(all_peer_files, corpus):
    for uid in LOSSLESS:
        need_decoder(uid)
    count = 0
    for found in all_peer_files:
        try:
            file = dicomkit.read(found.path, force=True)
            syntax = file.transfer_syntax
            is_compressed = syntax is not None and syntax.is_encapsulated and "PixelData" in file
            count += is_compressed and file.pixel_data().frame(0).size > 0
        except dicomkit.DICOMError:
            continue
    assert count >= LEAST_DECODED


@pytest.mark.parametrize(("compressed", "other"), TWINS, ids=[compressed for compressed, _ in TWINS])
def test_twins(compressed, other, all_peer_files):
    paths = {file.name: file.path for file in all_peer_files}
    if compressed not in paths or other not in paths:
        unavailable(f"{compressed} or {other}")
    file = read_compressed(paths[compressed])
    twin = dicomkit.read(paths[other], force=True)
    if twin.transfer_syntax.is_encapsulated:
        need_decoder(twin.transfer_syntax)
    assert np.array_equal(file.pixel_data().array(), twin.pixel_data().array())


# What we encode.

GREY = [FrameShape(rows=45, columns=60, bits_stored=bits) for bits in (8, 10, 12, 16)]
SIGNED = [FrameShape(rows=45, columns=60, bits_stored=bits, is_signed=True) for bits in (12, 16)]
COLOR = [FrameShape(rows=45, columns=60, samples_per_pixel=3, photometric_interpretation="RGB")]
ENCODED = [
    *((uid, shape, 0) for uid in sorted(LOSSLESS) for shape in (*GREY, *SIGNED, *COLOR)),
    (uids.JPEGBaseline8Bit, GREY[0], 1),
    (uids.JPEGBaseline8Bit, COLOR[0], 3),
    (uids.JPEGExtended12Bit, GREY[2], 1),
    *((uids.JPEGLSNearLossless, shape, 0) for shape in (*GREY, *COLOR)),
    *((uid, shape, 1) for uid in (uids.JPEG2000, uids.HTJ2K) for shape in (*GREY, *SIGNED, *COLOR)),
]
# DCMTK's and GDCM's own tools, in the syntaxes that they know.
TOOLS = {
    uids.RLELossless: ("dcmdrle",),
    uids.JPEGBaseline8Bit: ("dcmdjpeg",),
    uids.JPEGExtended12Bit: ("dcmdjpeg",),
    uids.JPEGLossless: ("dcmdjpeg",),
    uids.JPEGLosslessSV1: ("dcmdjpeg",),
    uids.JPEGLSLossless: ("dcmdjpls",),
    uids.JPEGLSNearLossless: ("dcmdjpls",),
    uids.JPEG2000Lossless: ("gdcmconv", "--raw"),
    uids.JPEG2000: ("gdcmconv", "--raw"),
}


@pytest.fixture
def encoded_file(request, tmp_path):
    """A file with one frame in a transfer syntax, what was encoded, and what our decoder makes of it."""
    uid, shape, _ = request.param
    need_encoder(uid)
    pixels = make_frame(shape)
    codec = codecs.registry.get_encoder(uid)
    encoded = codecs.encode_frame(codec, pixels, shape, codecs.EncodeOptions(transfer_syntax_uid=uid))
    path = tmp_path / "encoded.dcm"
    planar_configuration = int(uid == uids.RLELossless)
    told = replace(shape, photometric_interpretation=encoded.photometric_interpretation, planar_configuration=planar_configuration)
    path.write_bytes(image_file(told, [encoded.data], uid))
    return path, pixels, dicomkit.read(path).pixel_data().array()


def name_of(case):
    uid, shape, _ = case
    sign = "s" if shape.is_signed else "u"
    return f"{TransferSyntax.get(uid).keyword}-{shape.samples_per_pixel}x{shape.bits_stored}{sign}"


def each(cases):
    arguments = [(case, case[0], case[2]) for case in cases]
    return pytest.mark.parametrize(("encoded_file", "uid", "tolerance"), arguments, ids=map(name_of, cases), indirect=["encoded_file"])


@each(ENCODED)
def test_what_we_encode_is_what_peers_decode(encoded_file, uid, tolerance, pydicom):
    path, pixels, ours = encoded_file
    if uid in LOSSLESS:
        assert np.array_equal(ours, pixels)
    peers = peers_of(path, pydicom)
    if not peers:
        unavailable("a plugin of pydicom")
    for plugin, theirs in peers.items():
        assert distance(ours, theirs) <= tolerance, plugin


@each([case for case in ENCODED if case[0] in TOOLS])
def test_what_we_encode_is_what_tools_decode(encoded_file, uid, tolerance, tmp_path):
    path, _, ours = encoded_file
    program, *arguments = TOOLS[uid]
    if shutil.which(program) is None:
        unavailable(program)
    native = tmp_path / "native.dcm"
    subprocess.run([program, *arguments, str(path), str(native)], check=True, capture_output=True, timeout=60)
    theirs = dicomkit.read(native)
    decoded = theirs.pixel_data().array()
    if theirs.pixel_data().descriptor.photometric_interpretation.startswith("YBR"):
        decoded = theirs.render_frame(0)
    assert distance(ours, np.asarray(decoded)) <= tolerance


def take_codestream(path, suffix):
    """Have dcmdump write the fragments into files of their own, and return that of the only frame."""
    subprocess.run(["dcmdump", "-q", "+W", str(path.parent), str(path)], check=True, capture_output=True, timeout=60)
    _, fragment = sorted(path.parent.glob(f"{path.name}.*.raw"))  # after the offset table
    return fragment.rename(path.with_suffix(suffix))


def stored_bits(pixels, shape):
    """Without what a sign is extended into: the tools write as many bits as the codestream has."""
    return pixels.view(f"u{pixels.itemsize}") & ((1 << shape.bits_stored) - 1)


def decode_with_openjpeg(path, shape):
    codestream, native = take_codestream(path, ".j2k"), path.with_suffix(".rawl")
    subprocess.run(["opj_decompress", "-i", str(codestream), "-o", str(native)], check=True, capture_output=True, timeout=60)
    samples = np.frombuffer(native.read_bytes(), "u1" if shape.bits_stored <= 8 else "<u2")
    planes = samples.reshape(shape.samples_per_pixel, shape.rows, shape.columns) & ((1 << shape.bits_stored) - 1)
    return planes[0] if shape.samples_per_pixel == 1 else np.moveaxis(planes, 0, -1)


def decode_with_libjxl(path, shape):
    codestream, native = take_codestream(path, ".jxl"), path.with_suffix(".ppm" if shape.samples_per_pixel == 3 else ".pgm")
    subprocess.run(["djxl", str(codestream), str(native)], check=True, capture_output=True, timeout=60)
    header = re.match(rb"P[56]\s(\d+)\s(\d+)\s(\d+)\s", native.read_bytes())
    assert (int(header[1]), int(header[2])) == (shape.columns, shape.rows)
    samples = np.frombuffer(native.read_bytes()[header.end() :], "u1" if shape.bits_stored <= 8 else ">u2")
    # djxl 0.7 writes 10 and 12 bits as 16 of the same brightness, whatever its header says.
    values = samples * (((1 << shape.bits_stored) - 1) / ((1 << samples.itemsize * 8) - 1))
    return values.round().astype(np.int64).reshape(shape.frame_shape)


# The tools of the libraries themselves, where DCMTK and GDCM have none.
CODESTREAMS = [
    *((uid, shape, 0) for uid in (uids.HTJ2KLossless, uids.HTJ2KLosslessRPCL, uids.HTJ2K) for shape in (*GREY, *SIGNED, *COLOR)),
    *((uids.JPEGXLLossless, shape, 0) for shape in (*GREY, *SIGNED, *COLOR)),
    *((uids.JPEGXL, shape, 1) for shape in (*GREY, *COLOR)),
]


LOSS = {uids.HTJ2K: 16, uids.JPEGXL: 8}


@each(CODESTREAMS)
def test_what_we_encode_is_what_the_library_s_own_tool_decodes(encoded_file, uid, tolerance):
    path, pixels, ours = encoded_file
    is_jpeg_xl = uid in (uids.JPEGXLLossless, uids.JPEGXL)
    for program in ("dcmdump", "djxl" if is_jpeg_xl else "opj_decompress"):
        if shutil.which(program) is None:
            unavailable(program)
    shape = dicomkit.read(path).pixel_data().descriptor
    theirs = (decode_with_libjxl if is_jpeg_xl else decode_with_openjpeg)(path, shape)
    # Of what is lost, at most: one part in so many of the range.
    assert distance(ours, pixels) <= ((1 << shape.bits_stored) / LOSS[uid] if uid in LOSS else 0)
    assert distance(stored_bits(ours, shape), theirs) <= tolerance


@pytest.mark.parametrize("bits_stored", [8, 16])
def test_rle_is_no_larger_than_gdcm_s(bits_stored, tmp_path):
    need_encoder(uids.RLELossless)
    if shutil.which("gdcmconv") is None:
        unavailable("gdcmconv")
    shape = FrameShape(rows=200, columns=200, bits_stored=bits_stored)
    pixels = make_frame(shape)
    pixels[50:150] = pixels[50:150, :1]
    native = tmp_path / "native.dcm"
    native.write_bytes(image_file(shape, pixels.tobytes()))
    subprocess.run(["gdcmconv", "--rle", str(native), str(tmp_path / "rle.dcm")], check=True, capture_output=True, timeout=60)
    theirs = dicomkit.read(tmp_path / "rle.dcm").pixel_data().frame_data(0)
    options = codecs.EncodeOptions(transfer_syntax_uid=uids.RLELossless)
    ours = codecs.encode_frame(codecs.registry.get_encoder(uids.RLELossless), pixels, shape, options)
    assert len(ours.data) <= len(theirs)
