"""Codecs: from compressed files to arrays, beside the bare calls of imagecodecs and pydicom's plugins; RLE both ways; threads; lookups.

Decoders are compared by a digest of the pixels before anything is timed, lossy ones by shape alone: peers round the DCT
differently. A bare call is what the library that we wrap takes for the codestream alone, already in memory, into an
array of its own, as ours is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any

from benchmarks.harness import Answer, Budget, Row, Subject
from benchmarks.inputs import Inputs
from benchmarks.peers import dicomkit, find, pydicom

numpy = find("numpy")
imagecodecs = find("imagecodecs")
rle = find("rle")
gdcm = find("gdcm")
# What a whole file may take over the bare call on its codestream.
OVERHEAD = 1.05
VOLUME_FRAMES, QUICK_VOLUME_FRAMES = 100, 20
WORKERS = 2
LOOKUP_SECONDS = 0.2e-6
LOOKUPS = 1000


def rows(inputs: Inputs, is_quick: bool) -> list[Row]:
    """Return the rows of this room."""
    folder = inputs.folder / "codecs"
    folder.mkdir(parents=True, exist_ok=True)
    found = [decode_row(folder, *case) for case in decode_cases()]
    found += [rle_decode_row("rle16", ct_frame(512, 512)), rle_decode_row("rle-rgb", color_frame(1024, 1024))]
    found += [rle_encode_row(folder, "rle16", ct_frame(512, 512)), rle_encode_row(folder, "rle-rgb", color_frame(1024, 1024))]
    return [*found, volume_row(folder, QUICK_VOLUME_FRAMES if is_quick else VOLUME_FRAMES), lookup_row()]


@cache
def ct_frame(row_count: int, column_count: int, bits: int = 16) -> Any:
    """Return a body in air: smooth, with noise, in the middle of nothing."""
    generator = numpy.random.default_rng(7)
    y, x = numpy.indices((row_count, column_count))
    is_inside = (x / column_count - 0.5) ** 2 + (y / row_count - 0.5) ** 2 < 0.18
    body = 1000 + 300 * numpy.sin(x / 37) * numpy.cos(y / 53) + generator.normal(0, 12, (row_count, column_count))
    frame = numpy.where(is_inside, body, 0).clip(0, 4095).astype(numpy.uint16)
    return frame if bits > 8 else (frame >> 4).astype(numpy.uint8)


@cache
def color_frame(row_count: int, column_count: int) -> Any:
    """Return an ultrasound-like picture in RGB."""
    grey = ct_frame(row_count, column_count, 8)
    return numpy.ascontiguousarray(numpy.stack([grey, grey // 2 + 30, grey // 3], axis=-1))


def shape_of(frame: Any, bits_stored: int, photometric_interpretation: str = "") -> Any:
    """Return the descriptor of a frame."""
    from dicomkit.testing import FrameShape

    samples = frame.shape[2] if frame.ndim == 3 else 1
    colors = photometric_interpretation or ("RGB" if samples == 3 else "MONOCHROME2")
    return FrameShape(
        rows=frame.shape[0],
        columns=frame.shape[1],
        samples_per_pixel=samples,
        bits_stored=bits_stored,
        photometric_interpretation=colors,
    )


def write_file(path: Path, shape: Any, pixel_data: bytes | list[bytes], uid: str) -> Path:
    """Write a Secondary Capture with native frames or compressed ones."""
    from dicomkit.testing import image_file

    path.write_bytes(image_file(shape, pixel_data, uid))
    return path


def decode_cases() -> list[tuple[Any, ...]]:
    """Return name, title, transfer syntax, frame, bits stored, colours, bare encoder and decoder, and whether it is lossy."""
    if imagecodecs is None or numpy is None:
        return []
    uids = dicomkit.uids
    grey8, grey12, color = ct_frame(2140, 1760, 8), ct_frame(1024, 1024), color_frame(1024, 1024)
    bare_jpeg, bare_jpeg_ls = imagecodecs.jpeg8_decode, imagecodecs.jpegls_decode
    jpeg = partial(imagecodecs.jpeg8_encode, level=90)
    jpeg12 = partial(jpeg, bitspersample=12)
    lossless = partial(imagecodecs.jpeg8_encode, lossless=True, predictor=1, bitspersample=16)
    j2k = partial(imagecodecs.jpeg2k_encode, level=0, codecformat="J2K", reversible=True, bitspersample=16)
    htj2k = partial(imagecodecs.htj2k_encode, reversible=True)
    color_jpeg = partial(jpeg, colorspace="RGB", outcolorspace="YCBCR", subsampling="422")
    to_rgb = partial(imagecodecs.jpeg8_decode, colorspace="YCBCR", outcolorspace="RGB")
    best_j2k = partial(imagecodecs.jpeg2k_decode, numthreads=2)
    return [
        ("jpeg8", "JPEG Baseline 2140x1760", uids.JPEGBaseline8Bit, grey8, 8, "", jpeg, bare_jpeg, True),
        ("jpeg-rgb", "JPEG Baseline 1024x1024 4:2:2", uids.JPEGBaseline8Bit, color, 8, "YBR_FULL_422", color_jpeg, to_rgb, True),
        ("jpeg12", "JPEG Extended 12 bit", uids.JPEGExtended12Bit, grey12, 12, "", jpeg12, bare_jpeg, True),
        ("jpeg-sv1", "JPEG Lossless SV1, 16 bit", uids.JPEGLosslessSV1, grey12, 16, "", lossless, bare_jpeg, False),
        ("jpegls", "JPEG-LS lossless, 16 bit", uids.JPEGLSLossless, grey12, 16, "", imagecodecs.jpegls_encode, bare_jpeg_ls, False),
        ("j2k", "JPEG 2000 lossless, 16 bit", uids.JPEG2000Lossless, grey12, 16, "", j2k, best_j2k, False),
        ("htj2k", "HTJ2K lossless, 16 bit", uids.HTJ2KLossless, grey12, 16, "", htj2k, imagecodecs.htj2k_decode, False),
    ]


def digest(array: Any, is_lossy: bool) -> Answer:
    """Say what must be the same of decoded pixels."""
    if is_lossy:
        return {"shape": array.shape}
    return {"shape": array.shape, "pixels": hashlib.sha256(numpy.ascontiguousarray(array).tobytes()).hexdigest()}


def decode_row(
    folder: Path,
    name: str,
    title: str,
    uid: str,
    frame: Any,
    bits_stored: int,
    colors: str,
    encode: Callable[..., bytes],
    decode: Callable[..., object],
    is_lossy: bool,
) -> Row:
    """Read a file of one frame and decode it."""
    codestream = encode(frame)
    path = str(write_file(folder / f"{name}.dcm", shape_of(frame, bits_stored, colors), [codestream], uid))
    answer = partial(digest, is_lossy=is_lossy)
    subjects: dict[str, Subject] = {
        "dicomkit": Subject(lambda: dicomkit.read(path).pixel_data().array(), answer, bool(dicomkit)),
        "imagecodecs": Subject(lambda: decode(codestream), answer),
    }
    return Row(
        f"decode-{name}",
        f"{title}, file to array",
        subjects | pydicom_subjects(path, answer),
        (Budget("imagecodecs", most_times=OVERHEAD), *(Budget(f"pydicom+{plugin}", factor=1) for plugin in ("pylibjpeg", "gdcm"))),
    )


def pydicom_subjects(path: str, answer: Callable[[Any], Answer]) -> Mapping[str, Subject]:
    """Return pydicom with each of its plugins; one that cannot do it is listed as such."""
    if pydicom is None:
        return {}

    def decode(plugin: str) -> object:
        return pydicom.pixels.pixel_array(path, decoding_plugin=plugin)

    return {f"pydicom+{plugin}": Subject(partial(decode, plugin), answer) for plugin in ("pylibjpeg", "gdcm")}


def rle_codestream(frame: Any) -> bytes:
    """Encode a frame."""
    shape = shape_of(frame, frame.itemsize * 8)
    codec = dicomkit.codecs.registry.get_encoder(dicomkit.uids.RLELossless)
    data: bytes = codec.encode_frame(frame, shape, dicomkit.codecs.EncodeOptions(transfer_syntax_uid=dicomkit.uids.RLELossless)).data
    return data


def rle_decode_row(name: str, frame: Any) -> Row:
    """Decode RLE into an array that is there already."""
    codestream = memoryview(rle_codestream(frame))
    shape, out = shape_of(frame, frame.itemsize * 8), numpy.empty_like(frame)
    codec = dicomkit.codecs.registry.get_decoder(dicomkit.uids.RLELossless)
    planes = numpy.empty(frame.nbytes, numpy.uint8)
    whole = bytes(codestream)
    subjects = {
        "dicomkit": Subject(lambda: codec.decode_frame(codestream, shape, out), lambda _: {"sum": int(out.sum())}),
        # For colours it gives planes.
        "imagecodecs": Subject(
            lambda: imagecodecs.dicomrle_decode(whole, frame.dtype.str, out=planes),
            lambda _: {"sum": int(planes.view(frame.dtype).sum())},
            imagecodecs is not None,
        ),
        "pylibjpeg-rle": Subject(
            lambda: rle.utils.decode_frame(whole, frame.shape[0] * frame.shape[1], frame.itemsize * 8, "<"),
            lambda decoded: {"sum": int(numpy.frombuffer(decoded, frame.dtype).sum())},
            rle is not None,
        ),
    }
    return Row(f"decode-{name}", f"decode {name}", subjects, (Budget("imagecodecs", factor=1), Budget("pylibjpeg-rle", factor=2)))


def rle_encode_row(folder: Path, name: str, frame: Any) -> Row:
    """Encode RLE; GDCM is given a whole image, as it wants it."""
    shape = shape_of(frame, frame.itemsize * 8)
    native = write_file(folder / f"{name}-native.dcm", shape, frame.tobytes(), dicomkit.uids.ExplicitVRLittleEndian)
    codec = dicomkit.codecs.registry.get_encoder(dicomkit.uids.RLELossless)
    options = dicomkit.codecs.EncodeOptions(transfer_syntax_uid=dicomkit.uids.RLELossless)
    subjects = {
        "dicomkit": Subject(lambda: codec.encode_frame(frame, shape, options)),
        "pylibjpeg-rle": Subject(lambda: rle.utils.encode_pixel_data(frame.tobytes(), **rle_arguments(frame)), is_present=rle is not None),
        "gdcm": Subject(gdcm_encoder(native), is_present=gdcm is not None),
    }
    return Row(f"encode-{name}", f"encode {name}", subjects, (Budget("pylibjpeg-rle", factor=6), Budget("gdcm", factor=3.5)))


def rle_arguments(frame: Any) -> dict[str, object]:
    """Return what pylibjpeg-rle must be told of a frame."""
    return {
        "rows": frame.shape[0],
        "columns": frame.shape[1],
        "samples_per_pixel": frame.shape[2] if frame.ndim == 3 else 1,
        "bits_allocated": frame.itemsize * 8,
        "number_of_frames": 1,
        "pixel_representation": 0,
        "photometric_interpretation": "RGB" if frame.ndim == 3 else "MONOCHROME2",
        "planar_configuration": 0,
        "byteorder": "<",
    }


def gdcm_encoder(path: Path) -> Callable[[], object]:
    """Return GDCM's change of transfer syntax. It works in place, so each time on an image just read: 2 % of the time."""
    if gdcm is None:
        return lambda: None

    def encode() -> object:
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        if not reader.Read():
            raise RuntimeError(f"GDCM did not read {path}")
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.RLELossless))
        change.SetInput(reader.GetImage())
        if not change.Change():
            raise RuntimeError("GDCM did not encode")
        return None  # its output does not outlive it

    return encode


def volume_row(folder: Path, count: int) -> Row:
    """Decode a volume in memory with two workers, beside the bare decoder in two threads."""
    frame = ct_frame(512, 512)
    # As the slices of a volume they differ, and so do their headers, which say how long they are.
    codestreams = [imagecodecs.htj2k_encode(numpy.roll(frame, index, 0), reversible=True, tlm=True) for index in range(count)]
    path = write_file(folder / f"volume{count}.dcm", shape_of(frame, 16), codestreams, dicomkit.uids.HTJ2KLossless)

    def bare() -> object:
        volume = numpy.empty((count, *frame.shape), frame.dtype)
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda index: imagecodecs.htj2k_decode(codestreams[index], out=volume[index]), range(count)))
        return volume

    file = dicomkit.read(path)

    def ours() -> object:
        return file.pixel_data().array(workers=WORKERS)

    answer = partial(digest, is_lossy=False)
    subjects = {"dicomkit": Subject(ours, answer), "imagecodecs": Subject(bare, answer)}
    return Row("volume", f"HTJ2K, {count} frames, {WORKERS} workers", subjects, (Budget("imagecodecs", most_times=OVERHEAD),))


def lookup_row() -> Row:
    """Find the decoder of a transfer syntax."""
    find_decoder, uid = dicomkit.codecs.registry.find_decoder, dicomkit.uids.RLELossless

    def look() -> None:
        for _ in range(LOOKUPS):
            find_decoder(uid)

    return Row("lookup", "find a decoder", {"dicomkit": Subject(look)}, (Budget(limit=LOOKUP_SECONDS),), per=LOOKUPS)
