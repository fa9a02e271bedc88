"""A command line run in this process, and files to run it on."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from dicomkit.cli.entry import run
from dicomkit.testing import data_set, file_meta, part10


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def dicomkit(capsys):
    """Run ``dicomkit`` with some arguments."""

    def run_command(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run_command


CT = "1.2.840.10008.5.1.4.1.1.2"


def image_attributes(number=1, **changes):
    """Attributes of a 2 x 3 CT image, the values of ``changes`` (by keyword) instead of or beside the usual ones."""
    from dicomkit.dictionary import DataElementDictionary

    values = {
        "SOPClassUID": CT, "SOPInstanceUID": f"2.25.1{number}", "StudyDate": "20240229", "StudyTime": "091500", "Modality": "CT",
        "StudyDescription": "Chest", "SeriesDescription": "Axial", "PatientName": "Doe^Jane", "PatientID": "P1", "PatientSex": "F",
        "StudyInstanceUID": "2.25.2", "SeriesInstanceUID": "2.25.3", "SeriesNumber": 7, "InstanceNumber": number,
        "ImagePositionPatient": [0, 0, number * 2.5], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": [0.5, 0.25],
        "SliceThickness": 2.5, "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "Rows": 2, "Columns": 3,
        "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0, "PixelData": bytes([0, 51, 102, 153, 204, 255]),
    }  # fmt: skip
    values.update(changes)
    attributes = []
    for keyword, value in values.items():
        entry = DataElementDictionary.get_keyword(keyword)
        if value is not None:
            attributes.append((entry.tag, "OW" if keyword == "PixelData" else str(entry.vr[0]), value))
    return attributes


@pytest.fixture
def write_image(tmp_path):
    """Write an image file; return its path."""

    def write(name="image.dcm", number=1, transfer_syntax_uid="1.2.840.10008.1.2.1", **changes):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        meta = file_meta(transfer_syntax_uid, sop_class_uid=CT)
        path.write_bytes(part10(data_set(image_attributes(number, **changes)), transfer_syntax_uid, meta=meta))
        return path

    return write
