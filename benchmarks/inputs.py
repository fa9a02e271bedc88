"""The files that the benchmarks read: generated, deterministic, kept in a cache folder.

Everything is written by ``encode.py``; nothing here depends on a DICOM library, so that no library is favoured by
how the files were written. The cache is rebuilt when the sources of the generator change.
"""

from __future__ import annotations

import hashlib
import math
import os
import shutil
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from benchmarks.encode import (
    DICTIONARY,
    TEMPLATES,
    Encoding,
    Node,
    encode_file_meta,
    encode_header,
    encode_nodes,
    encode_sequence,
    encode_value,
    entry,
    parse_template,
)

DEFAULT_FOLDER = Path(__file__).parent / ".inputs"
UID_ROOT = "1.2.826.0.1.3680043.10.1999"
CT_ELEMENTS = 256
ENHANCED_FRAMES, ENHANCED_ELEMENTS, ENHANCED_ITEMS = 2_000, 170_137, 38_021
ROIS, CONTOURS_PER_ROI, POINTS_PER_CONTOUR = 20, 250, 40
CONTOUR_VALUES = ROIS * CONTOURS_PER_ROI * POINTS_PER_CONTOUR * 3
SCAN_FILES, FILES_PER_SERIES = 5_000, 250
MULTIFRAME_FRAMES = 1_000
FRAME_SIZE = 512 * 512 * 2
SCAN_ATTRIBUTES = [
    "SOPInstanceUID",
    "StudyDate",
    "Modality",
    "Manufacturer",
    "SeriesDescription",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "SliceThickness",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "InstanceNumber",
    "ImagePositionPatient",
    "Rows",
    "PixelSpacing",
]


def ct_fields(index: int) -> dict[str, str]:
    """What differs between the files of the scanned archive: 5 studies of 4 series of 250 images."""
    study, series, image = index // (4 * FILES_PER_SERIES), index // FILES_PER_SERIES, index % FILES_PER_SERIES
    return {
        "sop_instance_uid": f"{UID_ROOT}.3.{study + 1}.{series + 1}.{image + 1}",
        "study_instance_uid": f"{UID_ROOT}.4.{study + 1}",
        "series_instance_uid": f"{UID_ROOT}.4.{study + 1}.{series + 1}",
        "patient_number": f"{study + 1:06d}",
        "series_number": f"{series % 4 + 1}",
        "instance_number": f"{image + 1}",
        "slice_location": f"{-150 + image * 1.25:.6f}",
    }


@cache
def ct_nodes() -> list[Node]:
    """Return the elements of the CT image before Pixel Data; nobody changes them."""
    return [node for node in parse_template("ct") if node.tag != entry("PixelData").tag]


def ct_bytes(index: int) -> bytes:
    """Encode one CT image without its last element, Pixel Data, of which only the header is there."""
    fields = ct_fields(index)
    encoding = Encoding()
    meta = encode_file_meta("1.2.840.10008.5.1.4.1.1.2", fields["sop_instance_uid"], encoding.transfer_syntax_uid)
    return meta + encode_nodes(ct_nodes(), fields, encoding) + encode_header(entry("PixelData").tag, "OW", FRAME_SIZE, encoding)


def write_ct(path: Path) -> None:
    """Write one CT image of 512x512 pixels of 16 bits with 256 elements."""
    path.write_bytes(ct_bytes(0) + encode_value("OW", str(FRAME_SIZE)))


def write_small(path: Path) -> None:
    """Write the same header with an image of 32 x 32."""
    encoding = Encoding()
    nodes = parse_template("ct")
    for node in nodes:
        if node.tag in (entry("Rows").tag, entry("Columns").tag):
            node.text = "32"
        elif node.tag == entry("PixelData").tag:
            node.text = str(32 * 32 * 2)
    fields = ct_fields(0)
    meta = encode_file_meta("1.2.840.10008.5.1.4.1.1.2", fields["sop_instance_uid"], encoding.transfer_syntax_uid)
    path.write_bytes(meta + encode_nodes(nodes, fields, encoding))


def frame_fields(frame_index: int) -> dict[str, str]:
    """What differs between the frames of the enhanced CT: 10 time points of 200 slices."""
    temporal, in_stack = frame_index // 200, frame_index % 200
    return {
        "frame_number": f"{frame_index + 1}",
        "tube_angle": f"{frame_index * 7 % 360}.5",
        "table_position": f"{in_stack * 0.625}",
        "z": f"{-62.5 + in_stack * 0.625}",
        "tube_current": f"{200 + math.sin(in_stack / 20) * 45}",
        "exposure": f"{100 + math.sin(in_stack / 20) * 25}",
        "ctdi": f"{6 + math.sin(in_stack / 20)}",
        "frame_time": f"202403121015{temporal * 5:02d}.{in_stack * 2500:06d}",
        "in_stack": f"{in_stack + 1}",
        "temporal": f"{temporal + 1}",
        "frame_label": f"T{temporal + 1} S{in_stack + 1}",
    }


def enhanced_bytes(encoding: Encoding) -> bytes:
    """Encode an enhanced CT of 2,000 frames, 170,137 elements and 38,021 items."""
    frame = parse_template("enhanced_ct_frame")
    groups = [encode_nodes(frame, frame_fields(index), encoding) for index in range(ENHANCED_FRAMES)]
    sequence = entry("PerFrameFunctionalGroupsSequence")
    top = parse_template("enhanced_ct")
    before = [node for node in top if node.tag < sequence.tag]
    after = [node for node in top if node.tag > sequence.tag]
    meta = encode_file_meta("1.2.840.10008.5.1.4.1.1.2.1", f"{UID_ROOT}.3.20240312.4", encoding.transfer_syntax_uid)
    parts = [meta, encode_nodes(before, {}, encoding), encode_sequence(sequence.tag, groups, encoding), encode_nodes(after, {}, encoding)]
    return b"".join(parts)


def contour_text(roi: int, contour: int) -> str:
    """Return the 120 numbers of one contour as DS text, millimetres with two decimals."""
    radius, z = 20 + roi * 3 + contour % 7, -150 + contour * 1.25
    angles = (2 * math.pi * point / POINTS_PER_CONTOUR for point in range(POINTS_PER_CONTOUR))
    return "\\".join(f"{radius * math.cos(a) - roi:.2f}\\{radius * math.sin(a) + contour:.2f}\\{z:.2f}" for a in angles)


def encode_texts(encoding: Encoding, **texts: str) -> bytes:
    """Encode a few elements by keyword, in the order given."""
    parts = []
    for keyword, text in texts.items():
        tag, vr = entry(keyword)
        value = encode_value(vr, text)
        parts.append(encode_header(tag, vr, len(value), encoding) + value)
    return b"".join(parts)


def contour_bytes(roi: int, contour: int, encoding: Encoding) -> bytes:
    """Encode one item of the Contour Sequence (PS3.3 C.8.8.6)."""
    image = encode_texts(
        encoding,
        ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2",
        ReferencedSOPInstanceUID=f"{UID_ROOT}.3.20240312.1.{contour + 1}",
    )
    return encode_sequence(entry("ContourImageSequence").tag, [image], encoding) + encode_texts(
        encoding,
        ContourGeometricType="CLOSED_PLANAR",
        NumberOfContourPoints=str(POINTS_PER_CONTOUR),
        ContourData=contour_text(roi, contour),
    )


def rtstruct_bytes() -> bytes:
    """Encode a structure set of 20 regions with 5,000 contours and 600,000 coordinates."""
    encoding = Encoding()
    contour_sequence, roi_contours, rois = entry("ContourSequence"), entry("ROIContourSequence"), entry("StructureSetROISequence")
    roi_items, contour_items = [], []
    for roi in range(ROIS):
        roi_items.append(
            encode_texts(encoding, ROINumber=str(roi + 1), ROIName=f"Region {roi + 1}", ROIGenerationAlgorithm="SEMIAUTOMATIC")
        )
        contours = [contour_bytes(roi, contour, encoding) for contour in range(CONTOURS_PER_ROI)]
        color = encode_texts(encoding, ROIDisplayColor=f"{roi * 12}\\128\\{255 - roi * 12}")
        number = encode_texts(encoding, ReferencedROINumber=str(roi + 1))
        contour_items.append(color + encode_sequence(contour_sequence.tag, contours, encoding) + number)
    meta = encode_file_meta("1.2.840.10008.5.1.4.1.1.481.3", f"{UID_ROOT}.3.20240313.1", encoding.transfer_syntax_uid)
    top = encode_nodes(parse_template("rtstruct"), {}, encoding)
    return meta + top + encode_sequence(rois.tag, roi_items, encoding) + encode_sequence(roi_contours.tag, contour_items, encoding)


def write_series(folder: Path) -> None:
    """Write 5,000 CT files in 20 folders; their pixels are holes in the file, so they cost no disk."""
    for index in range(SCAN_FILES):
        series = folder / f"series_{index // FILES_PER_SERIES:02d}"
        series.mkdir(exist_ok=True, parents=True)
        header = ct_bytes(index)
        with (series / f"image_{index % FILES_PER_SERIES:04d}.dcm").open("wb") as file:
            file.write(header)
            file.truncate(len(header) + FRAME_SIZE)


def write_multiframe(path: Path) -> None:
    """Write 1,000 frames of 512x512x16, 524 MB; each frame begins with its number."""
    encoding = Encoding()
    nodes = [node for node in parse_template("enhanced_ct") if node.tag != entry("PixelData").tag]
    texts = {"NumberOfFrames": str(MULTIFRAME_FRAMES), "Rows": "512", "Columns": "512"}
    for node in nodes:
        node.text = next((text for keyword, text in texts.items() if entry(keyword).tag == node.tag), node.text)
    frame = bytearray(encode_value("OW", str(FRAME_SIZE)))
    with path.open("wb") as file:
        file.write(encode_file_meta("1.2.840.10008.5.1.4.1.1.2.1", f"{UID_ROOT}.3.20240312.4", encoding.transfer_syntax_uid))
        file.write(encode_nodes(nodes, {}, encoding))
        file.write(encode_header(entry("PixelData").tag, "OW", FRAME_SIZE * MULTIFRAME_FRAMES, encoding))
        for index in range(MULTIFRAME_FRAMES):
            frame[:2] = index.to_bytes(2, "little")
            file.write(frame)


class Inputs:
    """The generated files; each is written when it is first asked for."""

    def __init__(self, folder: Path = DEFAULT_FOLDER) -> None:
        sources = [Path(__file__), Path(__file__).with_name("encode.py"), DICTIONARY, *sorted(TEMPLATES.iterdir())]
        digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
        self.folder = folder / digest
        if folder.exists():
            for stale in folder.iterdir():
                if stale.name != digest and len(stale.name) == len(digest):
                    shutil.rmtree(stale)
        self.folder.mkdir(parents=True, exist_ok=True)

    def _make(self, name: str, write: Callable[[Path], object]) -> Path:
        path = self.folder / name
        if not path.exists():
            print(f"writing {path}", file=sys.stderr)
            unfinished = path.with_suffix(".unfinished")
            if unfinished.is_dir():
                shutil.rmtree(unfinished)
            write(unfinished)
            os.replace(unfinished, path)
        return path

    def ct(self) -> Path:
        """Return a 512x512x16 CT image with 256 elements, 0.53 MB."""
        return self._make("ct.dcm", write_ct)

    def small(self) -> Path:
        """Return the same CT image with 32x32 pixels."""
        return self._make("small.dcm", write_small)

    def enhanced(self) -> Path:
        """Return the enhanced CT, explicit VR, defined lengths."""
        return self._make("enhanced.dcm", lambda path: path.write_bytes(enhanced_bytes(Encoding())))

    def enhanced_undefined(self) -> Path:
        """Return the enhanced CT with undefined lengths of all sequences and items."""
        return self._make("enhanced_undefined.dcm", lambda path: path.write_bytes(enhanced_bytes(Encoding(undefined_lengths=True))))

    def enhanced_implicit(self) -> Path:
        """Return the enhanced CT in Implicit VR Little Endian."""
        return self._make("enhanced_implicit.dcm", lambda path: path.write_bytes(enhanced_bytes(Encoding(explicit_vr=False))))

    def rtstruct(self) -> Path:
        """Return the structure set."""
        return self._make("rtstruct.dcm", lambda path: path.write_bytes(rtstruct_bytes()))

    def series(self) -> Path:
        """Return the folder of 5,000 CT files."""
        return self._make("series", write_series)

    def multiframe(self) -> Path:
        """Return the 524 MB file of 1,000 frames."""
        return self._make("multiframe.dcm", write_multiframe)
