"""A small study to try things on: a CT series, an MR image, a secondary capture, in several transfer syntaxes.

Everything is drawn and invented; Synthetic Data (0008,001C) says so in each file. The same version always writes the same bytes.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dicomkit import uids
from dicomkit.dictionary import DataElementDictionary
from dicomkit.pixels.windows import WindowSettings
from dicomkit.testing.builders import Attribute, Value, data_set, file_meta, part10
from dicomkit.testing.phantom import draw_chest, draw_head

__all__ = ["write_samples"]

_ROWS = 512
_PIXEL_SPACING = 0.703125
_SLICE_DISTANCE = 5.0
_RESCALE_INTERCEPT = -1024
# UUID version 5 of this name space and a name makes each UID: PS3.5 B.2, and the same every time.
_NAME_SPACE = uuid.UUID("2f9a3c1e-6d0b-4c57-9a51-7e3f0c8d1b42")

_Attributes = Mapping[str, Value]

_STUDY: _Attributes = {
    "SpecificCharacterSet": "ISO_IR 192",
    "SyntheticData": "YES",
    "StudyDate": "20240229",
    "StudyTime": "091500",
    "AccessionNumber": "SAMPLE01",
    "Manufacturer": "dicomkit",
    "ManufacturerModelName": "Phantom",
    "SoftwareVersions": "1",
    "ReferringPhysicianName": "Sample^Referrer",
    "StudyDescription": "Synthetic phantom",
    "PatientName": "Phantom^Sample",
    "PatientID": "SAMPLE-0001",
    "PatientBirthDate": "19820229"[:6] + "28",
    "PatientSex": "O",
    "PatientAge": "042Y",
    "PatientSize": "1.75",
    "PatientWeight": "72",
    "StudyID": "1",
}
