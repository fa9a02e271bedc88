"""Read, write, decode, render and move DICOM objects, fast.

    import dicomkit

    f = dicomkit.read("ct.dcm")
    f.PatientName, f["StudyDate"].vr, f.pixel_data().frame(0)
"""

from __future__ import annotations

from dicomkit import tags, uids
from dicomkit.dataset import DataSet
from dicomkit.dictionary import DICOM_STANDARD_EDITION, DataElementDictionary, PrivateDictionary, UIDDictionary
from dicomkit.element import DataElement
from dicomkit.encoding.options import ReadOptions
from dicomkit.encoding.write_options import WriteOptions
from dicomkit.errors import (
    DICOMError,
    DICOMWarning,
    EncodingError,
    InvalidDICMPrefixError,
    InvalidPreambleError,
    InvalidTagError,
    InvalidValueError,
    InvalidVRError,
    LimitExceededError,
    MissingRequiredElementError,
    NoCodecError,
    ParsingError,
    PixelDataError,
    SourceError,
    SourceNotFoundError,
    TargetError,
    UnexpectedEndOfDataError,
    UnknownKeywordError,
    UnsupportedTransferSyntaxError,
)
from dicomkit.file import DICOMFile, read
from dicomkit.tag import Tag
from dicomkit.transfer_syntax import TransferSyntax
from dicomkit.uid import UIDGenerator, generate_uid
from dicomkit.values import (
    DICOMAgeString,
    DICOMApplicationEntity,
    DICOMCodeString,
    DICOMDate,
    DICOMDateTime,
    DICOMDecimalString,
    DICOMIntegerString,
    DICOMPersonName,
    DICOMTime,
    DICOMUniqueIdentifier,
    DICOMUniversalResource,
)
from dicomkit.version import __version__
from dicomkit.vr import VR

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from dicomkit import codecs
    from dicomkit.interchange import from_pydicom
    from dicomkit.pixels import (
        EncapsulatedPixelData,
        PhotometricInterpretation,
        PixelData,
        PixelDataDescriptor,
        PixelDataRenderer,
        RenderedImage,
        WindowSettings,
    )
    from dicomkit.scanning import scan
    from dicomkit.validation import validate

# What needs NumPy or a thread pool, and the module that has it: imported when first asked for, as start-up is counted.
_LAZY = {
    "DICOMWriter": "dicomkit.encoding.writer",
    "EncapsulatedPixelData": "dicomkit.pixels",
    "PhotometricInterpretation": "dicomkit.pixels",
    "PixelData": "dicomkit.pixels",
    "PixelDataDescriptor": "dicomkit.pixels",
    "PixelDataRenderer": "dicomkit.pixels",
    "RenderedImage": "dicomkit.pixels",
    "WindowSettings": "dicomkit.pixels",
    "diff": "dicomkit.comparison",
    "from_pydicom": "dicomkit.interchange",
    "scan": "dicomkit.scanning",
    "validate": "dicomkit.validation",
}

__all__ = [
    "DICOM_STANDARD_EDITION",
    "VR",
    "DICOMAgeString",
    "DICOMApplicationEntity",
    "DICOMCodeString",
    "DICOMDate",
    "DICOMDateTime",
    "DICOMDecimalString",
    "DICOMError",
    "DICOMFile",
    "DICOMIntegerString",
    "DICOMPersonName",
    "DICOMTime",
    "DICOMUniqueIdentifier",
    "DICOMUniversalResource",
    "DICOMWarning",
    "DICOMWriter",
    "DataElement",
    "DataElementDictionary",
    "DataSet",
    "EncapsulatedPixelData",
    "EncodingError",
    "InvalidDICMPrefixError",
    "InvalidPreambleError",
    "InvalidTagError",
    "InvalidVRError",
    "InvalidValueError",
    "LimitExceededError",
    "MissingRequiredElementError",
    "NoCodecError",
    "ParsingError",
    "PhotometricInterpretation",
    "PixelData",
    "PixelDataDescriptor",
    "PixelDataError",
    "PixelDataRenderer",
    "PrivateDictionary",
    "ReadOptions",
    "RenderedImage",
    "SourceError",
    "SourceNotFoundError",
    "Tag",
    "TargetError",
    "TransferSyntax",
    "UIDDictionary",
    "UIDGenerator",
    "UnexpectedEndOfDataError",
    "UnknownKeywordError",
    "UnsupportedTransferSyntaxError",
    "WindowSettings",
    "WriteOptions",
    "__version__",
    "codecs",
    "from_pydicom",
    "generate_uid",
    "read",
    "scan",
    "tags",
    "uids",
    "validate",
]


def __getattr__(name: str) -> object:
    if name not in _LAZY and name != "codecs":
        raise AttributeError(f"module 'dicomkit' has no attribute {name!r}")
    from importlib import import_module  # lazy: start-up

    if name == "codecs":
        return import_module("dicomkit.codecs")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
