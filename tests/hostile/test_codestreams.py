"""Damaged codestreams in a file of three frames: the damaged one is an error that says which, and the others are still there."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

import dicomkit
from dicomkit import TransferSyntax, codecs
from dicomkit.codecs import CodecError, EncodeOptions, encode_frame
from dicomkit.testing import FrameShape, image_file, make_frame
from tests.conftest import need_encoder

SHAPE = FrameShape(rows=40, columns=48, bits_stored=8)
SYNTAXES = (
    "RLELossless",
    "JPEGBaseline8Bit",
    "JPEGExtended12Bit",
    "JPEGLossless",
    "JPEGLosslessSV1",
    "JPEGLSLossless",
    "JPEGLSNearLossless",
    "JPEG2000Lossless",
    "JPEG2000",
    "HTJ2KLossless",
    "HTJ2K",
    "JPEGXLLossless",
    "JPEGXL",
)
NOISE = np.random.default_rng(11)
# What is done to the second of three codestreams.
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut after a byte": lambda data: data[:1],
    "cut in the header": lambda data: data[:20],
    "cut in half": lambda data: data[: len(data) // 2],
    "cut before its end": lambda data: data[: int(len(data) * 0.9)],
    "zeros": lambda data: bytes(len(data)),
    "noise": lambda data: NOISE.integers(0, 256, len(data), dtype=np.uint8).tobytes(),
    "noise behind a true beginning": lambda data: data[:4] + NOISE.integers(0, 256, len(data), dtype=np.uint8).tobytes(),
    "text": lambda data: b"no codestream at all " * 20,
}


def encode(keyword: str, shape: FrameShape) -> bytes:
    need_encoder(keyword)
    uid = TransferSyntax.find(keyword).uid
    return encode_frame(codecs.registry.get_encoder(uid), make_frame(shape), shape, EncodeOptions(transfer_syntax_uid=uid)).data


def file_of(keyword: str, frames: list[bytes], shape: FrameShape = SHAPE) -> dicomkit.DICOMFile:
    return dicomkit.read(image_file(shape, frames, TransferSyntax.find(keyword).uid))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("keyword", SYNTAXES)
def test_a_damaged_frame_is_named_and_the_others_are_there(keyword: str, damage: str) -> None:
    sound = encode(keyword, SHAPE)
    pixel_data = file_of(keyword, [sound, DAMAGES[damage](sound), sound]).pixel_data()
    codec = codecs.registry.decoders(keyword)[0]
    for decode in (lambda: pixel_data.frame(1), pixel_data.array, lambda: pixel_data.array(workers=2)):
        with pytest.raises(CodecError) as caught:
            decode()
        error = caught.value
        assert (error.frame_index, error.codec_name) == (1, codec.name)
        assert error.transfer_syntax_uid == TransferSyntax.find(keyword).uid
        assert f"frame 1 ({TransferSyntax.find(keyword).name}" in str(error)
    assert np.array_equal(pixel_data.frame(0), pixel_data.frame(2))
    assert [index for index in range(3) if index != 1 and pixel_data.frame(index).size] == [0, 2]


@pytest.mark.parametrize(
    "other",
    [
        FrameShape(rows=41, columns=48),
        FrameShape(rows=40, columns=96),
        FrameShape(rows=400, columns=480),
        FrameShape(rows=40, columns=48, samples_per_pixel=3, photometric_interpretation="RGB"),
        FrameShape(rows=40, columns=48, bits_stored=12),
    ],
)
@pytest.mark.parametrize("keyword", SYNTAXES)
def test_codestreams_of_another_image_are_errors(keyword: str, other: FrameShape) -> None:
    if keyword == "JPEGBaseline8Bit" and other.bits_stored > 8:
        pytest.skip("it has 8 bits only")
    pixel_data = file_of(keyword, [encode(keyword, other)]).pixel_data()
    with pytest.raises(CodecError):
        pixel_data.frame(0)


@pytest.mark.parametrize("keyword", SYNTAXES)
def test_a_codestream_that_says_it_is_giant_takes_no_memory(keyword: str) -> None:
    """65,535 rows and columns in the header, four times, for every place in which they could stand."""
    sound = encode(keyword, SHAPE)
    pixel_data = None
    tracemalloc.start()
    try:
        for offset in range(min(64, len(sound) - 4)):
            giant = sound[:offset] + b"\xff\xff\xff\xff" + sound[offset + 4 :]
            pixel_data = file_of(keyword, [giant]).pixel_data()
            try:
                frame = pixel_data.frame(0)
            except CodecError:
                continue
            assert frame.shape == (40, 48)      # it was no dimension that stood there
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("keyword", SYNTAXES)
def test_too_few_fragments(keyword: str) -> None:
    sound = encode(keyword, SHAPE)
    file = file_of(keyword, [sound, sound])
    file.NumberOfFrames = 5
    with pytest.raises(dicomkit.PixelDataError, match="5 frames cannot come from 2 fragments"):
        file.pixel_data()
