"""Pixels: from files and buffers to arrays, and from arrays to pictures.

Before anything is timed the results are compared: each answer is a digest of the pixels, so that a library that gives others takes no
part. Where a peer rounds in another way the digest says how far it is from the exact result, and rows say how far it may be.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.bench_reading import run_script
from benchmarks.encode import Encoding, encode_file_meta, encode_header, encode_nodes, entry, parse_template
from benchmarks.harness import Answer, Budget, Row, Subject
from benchmarks.inputs import FRAME_SIZE, UID_ROOT, Inputs
from benchmarks.peers import dicomkit, dicomsdl, find, pydicom

numpy = find("numpy")
simple_itk = find("SimpleITK")
MEGABYTE = 1e6
SIDE = 512
VOLUME_FRAMES = 500
BIT_CELLS = 52_000_000
COLOR_ROWS, COLOR_COLUMNS = 1000, 1000
PALETTE_ROWS, PALETTE_COLUMNS = 600, 800
CENTER, WIDTH = 40.0, 400.0


def rows(inputs: Inputs, is_quick: bool) -> list[Row]:
    """Return the rows of this room."""
    volume = write_volume(inputs)
    return [
        file_row(inputs.ct()),
        data_set_row(inputs.ct()),
        volume_row(volume),
        frame_row(volume),
        memory_row(inputs, volume),
        memory_row(inputs, volume, is_iterated=True),
        bits_row(),
        bits_row(is_reused=True),
        pack_row(),
        swap_row(),
        planes_row(),
        ybr_row(),
        palette_row(),
        window_row(inputs.ct()),
        first_window_row(inputs.ct()),
        rescale_row(inputs.ct()),
        resize_row(),
    ]


def write_volume(inputs: Inputs) -> Path:
    """Write 500 frames of 512x512x16 with noise in 12 of the bits, 262 MB, once."""
    path = inputs.folder / "volume500.dcm"
    if path.exists():
        return path
    encoding = Encoding()
    nodes = [node for node in parse_template("enhanced_ct") if node.tag != entry("PixelData").tag]
    texts = {"NumberOfFrames": str(VOLUME_FRAMES), "Rows": str(SIDE), "Columns": str(SIDE)}
    for node in nodes:
        node.text = next((text for keyword, text in texts.items() if entry(keyword).tag == node.tag), node.text)
    frame = bytearray(noise(FRAME_SIZE, seed=1))
    frame[1::2] = bytes(byte & 7 for byte in frame[1::2])
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        file.write(encode_file_meta("1.2.840.10008.5.1.4.1.1.2.1", f"{UID_ROOT}.3.20240312.5", encoding.transfer_syntax_uid))
        file.write(encode_nodes(nodes, {}, encoding))
        file.write(encode_header(entry("PixelData").tag, "OW", FRAME_SIZE * VOLUME_FRAMES, encoding))
        for index in range(VOLUME_FRAMES):
            frame[:2] = index.to_bytes(2, "little")
            file.write(frame)
    os.replace(unfinished, path)
    return path


@cache
def noise(length: int, seed: int = 0) -> bytes:
    """Return the same random bytes on every run."""
    return hashlib.shake_256(f"dicomkit {seed}".encode()).digest(length)


def digest(array: Any) -> Answer:
    """Identify an array by its shape and its values in little endian."""
    values = numpy.ascontiguousarray(array)
    return {
        "shape": [int(side) for side in values.shape],
        "pixels": hashlib.sha256(values.astype(values.dtype.newbyteorder("<")).tobytes()).hexdigest(),
    }


def distance(exact: Any, most: float) -> Callable[[object], Answer]:
    """Say whether an array is nowhere further than ``most`` from the exact result."""

    def answer(array: object) -> Answer:
        difference = numpy.abs(numpy.asarray(array, dtype=numpy.float64).reshape(exact.shape) - exact).max()
        return {"is_near": bool(difference <= most)}

    return answer


def file_row(path: Path) -> Row:
    """Read a CT image from its path to the array of its stored values."""
    text = str(path)
    return Row(
        "pixels-file",
        "file -> array, 512x512x16",
        {
            "dicomkit": Subject(lambda: dicomkit.read(text).pixel_data().array(), digest, bool(dicomkit)),
            "pydicom": Subject(lambda: pydicom.pixels.pixel_array(text), digest, bool(pydicom)),
            "dicomsdl": Subject(lambda: dicomsdl.open(text).pixelData(storedvalue=True), digest, bool(dicomsdl)),
            "SimpleITK": Subject(lambda: simple_itk.GetArrayFromImage(simple_itk.ReadImage(text)), is_present=bool(simple_itk)),
        },
        (Budget("pydicom", 15),),
    )


def data_set_row(path: Path) -> Row:
    """Make the array of a data set that is read already."""
    text = str(path)
    ours = dicomkit.read(text) if dicomkit else None
    theirs = pydicom.dcmread(text) if pydicom else None

    def by_pydicom() -> Any:
        theirs._pixel_array = None  # it keeps the array
        theirs._pixel_id = {}
        return theirs.pixel_array

    return Row(
        "pixels-data-set",
        "parsed data set -> array, the same",
        {
            "dicomkit": Subject(lambda: ours.pixel_data().array(), digest, bool(dicomkit)),
            "pydicom": Subject(by_pydicom, digest, bool(pydicom)),
        },
        (Budget(limit=5e-6),),
    )


def volume_row(path: Path) -> Row:
    """Read all frames of a large file into one array."""
    text = str(path)

    def by_fromfile() -> Any:
        return numpy.fromfile(text, dtype="<i2", offset=path.stat().st_size - VOLUME_FRAMES * FRAME_SIZE)

    def total(array: Any) -> Answer:
        values = array.reshape(VOLUME_FRAMES, SIDE, SIDE)
        return {"firsts": values[:, 0, 0].tolist(), "sum": int(values[::50].astype(numpy.int64).sum())}

    return Row(
        "pixels-volume",
        "volume of 500 such frames, from the file",
        {
            "dicomkit": Subject(lambda: dicomkit.read(text).pixel_data().array(), total, bool(dicomkit)),
            "pydicom": Subject(lambda: pydicom.pixels.pixel_array(text), total, bool(pydicom)),
            "numpy fromfile": Subject(by_fromfile, total, bool(numpy)),
        },
        (Budget("pydicom", 2),),
    )


def frame_row(path: Path) -> Row:
    """Read one frame out of the middle of a large file."""
    text, index = str(path), VOLUME_FRAMES // 2
    return Row(
        "pixels-frame",
        "frame 250 of them, from the file",
        {
            "dicomkit": Subject(lambda: dicomkit.read(text).pixel_data().frame(index), digest, bool(dicomkit)),
            "pydicom": Subject(lambda: pydicom.pixels.pixel_array(text, index=index), digest, bool(pydicom)),
        },
        (Budget("pydicom", 2),),
    )


MEMORY_SCRIPT = """
import re, sys
def memory(field):
    return int(re.search(field + r":\\s+(\\d+) kB", open("/proc/self/status").read())[1]) * 1024
{imports}
def read(path):
    return {read}
kept = read(sys.argv[1])                            # imports, buffers and caches of the first use
del kept
with open("/proc/self/clear_refs", "w") as file:    # the peak starts from here
    file.write("5")
before = memory("VmRSS")
kept = read(sys.argv[2])
print(memory("VmHWM") - before)
"""


def memory_row(inputs: Inputs, path: Path, *, is_iterated: bool = False) -> Row:
    """Read the volume in a fresh process, or look at its frames in turn: how far its peak memory rises."""
    ours, theirs = "dicomkit.read(path).pixel_data().array()", "pydicom.pixels.pixel_array(path)"
    if is_iterated:
        ours = "sum(int(frame[0, 0]) for frame in dicomkit.read(path).pixel_data().frames())"
        theirs = "sum(int(frame[0, 0]) for frame in pydicom.pixels.iter_pixels(path))"
    scripts: Mapping[str, tuple[str, str, object]] = {
        "dicomkit": ("import dicomkit", ours, dicomkit),
        "pydicom": ("import pydicom", theirs, pydicom),
    }

    def grow(name: str) -> float:
        imports, read, _ = scripts[name]
        return run_script(MEMORY_SCRIPT.format(imports=imports, read=read), inputs.small(), path)

    is_linux = Path("/proc/self/clear_refs").exists()
    frames_held = 3 if is_iterated else VOLUME_FRAMES + 1  # one and the next while both live; the volume and one
    return Row(
        "pixels-memory-frames" if is_iterated else "pixels-memory",
        "its frames in turn: growth of the process at its peak" if is_iterated else "the volume: growth of the process at its peak",
        {name: Subject(lambda name=name: grow(name), is_present=is_linux and bool(module)) for name, (_, _, module) in scripts.items()},
        (Budget(limit=frames_held * FRAME_SIZE + 8 * MEGABYTE),),  # and what an allocator rounds to
        unit="B",
        is_timed=False,
    )


def pixel_data(data: bytes, **more: Any) -> Any:
    """Make the PixelData of bytes, 8 bits a cell unless ``more`` says otherwise."""
    from dicomkit.pixels import PixelData, PixelDataDescriptor

    bits = more.get("bits_allocated", 8)
    settings = {"bits_allocated": bits, "bits_stored": bits, "high_bit": bits - 1, **more}
    return PixelData(PixelDataDescriptor(**settings), data)


def bits_row(*, is_reused: bool = False) -> Row:
    """Unpack a segmentation, into new memory or, as only dicomkit can, into an array that is there."""
    packed = noise(BIT_CELLS // 8)
    ours = pixel_data(packed, rows=5200, columns=10000, bits_allocated=1) if dicomkit else None

    out = numpy.empty((5200, 10000), numpy.uint8) if is_reused else None

    def flat(array: Any) -> Answer:
        return digest(array.reshape(-1))

    return Row(
        "pixels-bits-out" if is_reused else "pixels-bits",
        "the same, into an array that is there" if is_reused else "unpack 52 M cells of 1 bit",
        {
            "dicomkit": Subject(lambda: ours.array(out), flat, bool(dicomkit)),
            "pydicom": Subject(lambda: pydicom.pixels.utils.unpack_bits(packed), flat, bool(pydicom)),
            "numpy": Subject(lambda: numpy.unpackbits(numpy.frombuffer(packed, numpy.uint8), bitorder="little"), flat, bool(numpy)),
        },
        (Budget("pydicom", 1.7),),
    )


def pack_row() -> Row:
    """Pack a segmentation."""
    cells = numpy.unpackbits(numpy.frombuffer(noise(BIT_CELLS // 8), numpy.uint8), bitorder="little")

    def ours() -> Any:
        from dicomkit.pixels.unpack import pack_bits

        return pack_bits(cells)

    def content(packed: Any) -> Answer:
        return {"packed": hashlib.sha256(bytes(packed)).hexdigest()}

    return Row(
        "pixels-pack",
        "pack 52 M cells to 1 bit",
        {
            "dicomkit": Subject(ours, content, bool(dicomkit)),
            "pydicom": Subject(lambda: pydicom.pixels.utils.pack_bits(cells, pad=False), content, bool(pydicom)),
            "numpy": Subject(lambda: numpy.packbits(cells, bitorder="little"), content, bool(numpy)),
        },
        (Budget("numpy", most_times=1.1),),
    )


def swap_row() -> Row:
    """Bring a frame of 16 bits from big endian into the order of the machine."""
    data = noise(FRAME_SIZE)
    big, native = numpy.frombuffer(data, ">u2"), numpy.frombuffer(data, "<u2")

    def ours() -> Any:
        from dicomkit.pixels.unpack import swap_words

        return swap_words(memoryview(data), 2)

    def values(swapped: Any) -> Answer:
        return {"pixels": hashlib.sha256(swapped if isinstance(swapped, memoryview) else swapped.tobytes()).hexdigest()}

    return Row(
        "pixels-swap",
        "swap a frame of 512x512x16",
        {
            "dicomkit": Subject(ours, values, bool(dicomkit)),
            "numpy byteswap": Subject(lambda: native.byteswap(), values, bool(numpy)),
            "numpy astype": Subject(lambda: big.astype("<u2"), values, bool(numpy)),
            "copy": Subject(lambda: native.copy(), is_present=bool(numpy)),
        },
        # As fast as what else goes through registers. Only the processor's string copy is faster, which need not read what it overwrites;
        # a copy of vectors, one by one, takes as long as this.
        (Budget("numpy astype", most_times=1.1), Budget(limit=20e-6)),
    )


def data_set_of(data: bytes, rows: int, columns: int, photometric_interpretation: str, planar_configuration: int) -> Any:
    """Make pydicom's data set of an image of 8 bits and three samples."""
    data_set = pydicom.Dataset()
    data_set.file_meta = pydicom.dataset.FileMetaDataset()
    data_set.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data_set.Rows, data_set.Columns, data_set.SamplesPerPixel = rows, columns, 3
    data_set.BitsAllocated = data_set.BitsStored = 8
    data_set.HighBit, data_set.PixelRepresentation = 7, 0
    data_set.PhotometricInterpretation, data_set.PlanarConfiguration = photometric_interpretation, planar_configuration
    data_set.PixelData = data
    return data_set


def planes_row() -> Row:
    """Put the planes of a colour image together."""
    planes = noise(3 * COLOR_ROWS * COLOR_COLUMNS)
    ours = theirs = None
    if dicomkit:
        ours = pixel_data(
            planes,
            rows=COLOR_ROWS,
            columns=COLOR_COLUMNS,
            samples_per_pixel=3,
            photometric_interpretation=dicomkit.PhotometricInterpretation.RGB,
            planar_configuration=1,
        )
    if pydicom:
        theirs = data_set_of(planes, COLOR_ROWS, COLOR_COLUMNS, "RGB", 1)
    stacked = numpy.frombuffer(planes, numpy.uint8).reshape(3, COLOR_ROWS, COLOR_COLUMNS)

    def by_pydicom() -> Any:
        return numpy.ascontiguousarray(pydicom.pixels.pixel_array(theirs))

    return Row(
        "pixels-planes",
        "planes -> pixels, 1 M RGB",
        {
            "dicomkit": Subject(lambda: ours.array(), digest, bool(dicomkit)),
            "pydicom": Subject(by_pydicom, digest, bool(pydicom)),
            "numpy dstack": Subject(lambda: numpy.dstack(tuple(stacked)), digest, bool(numpy)),
        },
        (Budget("pydicom", 6),),
    )


def ybr_row() -> Row:
    """Convert a YBR image to RGB."""
    samples = numpy.frombuffer(noise(3 * COLOR_ROWS * COLOR_COLUMNS), numpy.uint8).reshape(COLOR_ROWS, COLOR_COLUMNS, 3)
    difference = samples[..., 1:].astype(numpy.float64) - 128
    luma = samples[..., 0].astype(numpy.float64)
    exact = numpy.stack(
        [
            luma + 1.402 * difference[..., 1],
            luma - 0.344136 * difference[..., 0] - 0.714136 * difference[..., 1],
            luma + 1.772 * difference[..., 0],
        ],
        axis=-1,
    ).clip(0, 255)
    near = distance(exact, 0.5 + 1e-4)  # pydicom's factors have more decimals

    def ours() -> Any:
        from dicomkit.pixels.color import ybr_to_rgb

        return ybr_to_rgb(samples, dicomkit.PhotometricInterpretation.YBR_FULL)

    return Row(
        "pixels-ybr",
        "YBR_FULL -> RGB, 1 M",
        {
            "dicomkit": Subject(ours, near, bool(dicomkit)),
            "pydicom": Subject(lambda: pydicom.pixels.convert_color_space(samples, "YBR_FULL", "RGB"), near, bool(pydicom)),
        },
        (Budget("pydicom", 7),),
        {"is_near": True},
    )


def palette_row() -> Row:
    """Show an ultrasound image with a palette of 256 colours of 16 bits in RGB of 8 bits."""
    indices = noise(PALETTE_ROWS * PALETTE_COLUMNS)
    stored = numpy.frombuffer(indices, numpy.uint8).reshape(PALETTE_ROWS, PALETTE_COLUMNS)
    tables = [numpy.frombuffer(noise(512, seed), "<u2") for seed in (1, 2, 3)]
    colors = numpy.stack([table >> 8 for table in tables], axis=-1).astype(numpy.uint8)
    ours = theirs = None
    if dicomkit:
        from dicomkit.pixels import LookupTable, PaletteColorLUT, PixelDataRenderer

        palette = PaletteColorLUT(*(LookupTable(table, 0, 16) for table in tables))
        photometric_interpretation = dicomkit.PhotometricInterpretation.PALETTE_COLOR
        pixels = pixel_data(indices, rows=PALETTE_ROWS, columns=PALETTE_COLUMNS, photometric_interpretation=photometric_interpretation)
        ours = PixelDataRenderer(pixels, palette)
    if pydicom:
        theirs = pydicom.Dataset()
        theirs.PhotometricInterpretation = "PALETTE COLOR"
        for color, table in zip(("Red", "Green", "Blue"), tables, strict=True):
            keyword = f"{color}PaletteColorLookupTable"
            theirs[f"{keyword}Descriptor"] = pydicom.DataElement(f"{keyword}Descriptor", "US", [256, 0, 16])
            theirs[f"{keyword}Data"] = pydicom.DataElement(f"{keyword}Data", "OW", table.tobytes())

    def by_pydicom() -> Any:
        return (pydicom.pixels.apply_color_lut(stored, theirs) >> 8).astype(numpy.uint8)

    return Row(
        "pixels-palette",
        "palette, 480 k pixels -> RGB",
        {
            "dicomkit": Subject(lambda: ours.render_palette_color_frame(0), digest, bool(dicomkit)),
            "pydicom": Subject(by_pydicom, digest, bool(pydicom)),
            "numpy take": Subject(lambda: numpy.take(colors, stored, axis=0), digest, bool(numpy)),
        },
        (Budget("pydicom", 25),),
    )


def exact_window(stored: Any) -> Any:
    """The window of PS3.3 C.11.2.1.2.1 in double precision, 0 to 255, not yet rounded."""
    values = stored.astype(numpy.float64) - 1024
    return (((values - (CENTER - 0.5)) / (WIDTH - 1) + 0.5) * 255).clip(0, 255)


def by_pydicom_window(stored: Any, data_set: Any) -> Any:
    """What pydicom offers, and what is left to its user: its result spans the range of stored values."""
    windowed = pydicom.pixels.apply_windowing(pydicom.pixels.apply_modality_lut(stored, data_set), data_set)
    low, high = -32768 - 1024, 32767 - 1024
    return numpy.floor((windowed - low) * (255 / (high - low)) + 0.5).astype(numpy.uint8)


def window_row(path: Path) -> Row:
    """Show a frame of a volume through its window; tables and arrays are there from the frame before."""
    text = str(path)
    ours = theirs = stored = None
    if dicomkit:
        from dicomkit.pixels import PixelDataRenderer, WindowSettings

        ours, window = PixelDataRenderer(dicomkit.read(text).pixel_data()), WindowSettings(CENTER, WIDTH)
        stored = ours.pixel_data.frame(0).copy()
    if pydicom:
        theirs = pydicom.dcmread(text)
        stored = theirs.pixel_array
    near = distance(exact_window(stored), 0.5 + 1e-6)
    cut = distance(exact_window(stored), 1.0)  # dicomsdl does not round
    grey = numpy.empty((SIDE, SIDE), numpy.uint8)
    low, high = CENTER - 0.5 - (WIDTH - 1) / 2 + 1024, CENTER - 0.5 + (WIDTH - 1) / 2 + 1024

    def by_dicomsdl() -> Any:
        dicomsdl.util.convert_to_uint8(stored, grey, low, high)
        return grey

    def by_take() -> Any:
        return numpy.take(table, stored.view(numpy.uint16))

    cells = numpy.arange(65536, dtype=numpy.uint16).view(numpy.int16)
    table = numpy.floor(exact_window(cells) + 0.5).astype(numpy.uint8)
    return Row(
        "pixels-window",
        "window: 512x512x16 stored -> 8 bits",
        {
            "dicomkit": Subject(lambda: ours.render_monochrome_frame(0, window), near, bool(dicomkit)),
            "pydicom": Subject(lambda: by_pydicom_window(stored, theirs), near, bool(pydicom)),
            "dicomsdl": Subject(by_dicomsdl, cut, bool(dicomsdl)),
            "numpy take": Subject(by_take, near, bool(numpy)),
        },
        (Budget("pydicom", 50), Budget("dicomsdl", 1)),
        {"is_near": True},
    )


def first_window_row(path: Path) -> Row:
    """The same for the only frame of a data set: nothing is kept from before."""
    text = str(path)
    ours = theirs = stored = None
    if dicomkit:
        ours = dicomkit.read(text)
        window = dicomkit.WindowSettings(CENTER, WIDTH)
        stored = ours.pixel_data().frame(0)
    if pydicom:
        theirs = pydicom.dcmread(text)
        stored = theirs.pixel_array
    near = distance(exact_window(stored), 0.5 + 1e-6)
    return Row(
        "pixels-window-first",
        "the same, with nothing kept",
        {
            "dicomkit": Subject(lambda: ours.render_frame(0, window), near, bool(dicomkit)),
            "pydicom": Subject(lambda: by_pydicom_window(stored, theirs), near, bool(pydicom)),
        },
        (),
        {"is_near": True},
    )


def rescale_row(path: Path) -> Row:
    """Make Hounsfield units of a frame."""
    text = str(path)
    ours = dicomkit.read(text).pixel_data() if dicomkit else None
    theirs = pydicom.dcmread(text) if pydicom else None
    stored = theirs.pixel_array if pydicom else ours.frame(0)

    def total(values: Any) -> Answer:
        return {"shape": list(values.shape), "sum": float(values.astype(numpy.float64).sum()), "first": float(values[0, 0])}

    return Row(
        "pixels-rescale",
        "rescale 512x512x16 to HU",
        {
            "dicomkit": Subject(lambda: ours.values(0), total, bool(dicomkit)),
            "pydicom": Subject(lambda: pydicom.pixels.apply_modality_lut(stored, theirs), total, bool(pydicom)),
            "numpy": Subject(lambda: stored.astype(numpy.float32) * numpy.float32(1) + numpy.float32(-1024), total, bool(numpy)),
        },
        (Budget("pydicom", 3), Budget("numpy", 1)),
    )


def resize_row() -> Row:
    """Make a thumbnail: half as many rows and columns, so that NumPy can do it by taking the mean of blocks."""
    picture = numpy.frombuffer(noise(SIDE * SIDE), numpy.uint8).reshape(SIDE, SIDE)
    shown = None
    if dicomkit:
        from dicomkit.pixels import RenderedImage

        shown = picture.view(RenderedImage)
    blocks = picture.reshape(SIDE // 2, 2, SIDE // 2, 2)
    near = distance(blocks.mean(axis=(1, 3)), 1.0)  # rows are rounded before columns are
    return Row(
        "pixels-resize",
        "a thumbnail: 512x512 -> 256x256",
        {
            "dicomkit": Subject(lambda: shown.resized(SIDE // 2), near, bool(dicomkit)),
            "numpy mean": Subject(lambda: (blocks.mean(axis=(1, 3)) + 0.5).astype(numpy.uint8), near, bool(numpy)),
        },
        (Budget("numpy mean", 1),),
        {"is_near": True},
    )
