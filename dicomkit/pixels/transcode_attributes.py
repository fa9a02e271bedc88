"""What a data set says of the history and the encoding of its pixels (PS3.3 C.7.6.1.1.2, C.7.6.1.1.5, C.7.6.3, C.12.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.codecs.codestreams import parse_jpeg2000_header, parse_jpeg_header
from dicomkit.dataset import DataSet
from dicomkit.errors import PixelDataError
from dicomkit.uid import generate_uid

if TYPE_CHECKING:
    from dicomkit.pixels.descriptor import PhotometricInterpretation, PixelDataDescriptor
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["derive_instance", "is_known_lossy", "record_lossy_compression", "set_image_attributes"]

# Defined terms of Lossy Image Compression Method (PS3.3 C.7.6.1.1.5.1).
_METHODS = {
    "JPEG": "ISO_10918_1",
    "JPEG-LS": "ISO_14495_1",
    "JPEG 2000": "ISO_15444_1",
    "HTJ2K": "ISO_15444_15",
    "JPEG XL": "ISO_18181_1",
}
_HAS_LOSS, _DERIVED = "01", "DERIVED"
_LONGEST_DESCRIPTION = 1024     # characters of an ST (PS3.5 6.2)
# Terms of PS3.16 CID 7202 and CID 7203.
_UNCOMPRESSED_PREDECESSOR = ("121320", "Uncompressed predecessor")
_LOSSY_PREDECESSOR = ("121330", "Lossy compressed predecessor")
_LOSSY_COMPRESSION = ("113040", "Lossy Compression")


def set_image_attributes(
    data_set: DataSet, descriptor: PixelDataDescriptor, photometric_interpretation: PhotometricInterpretation, planar_configuration: int
) -> None:
    """Write the attributes of the Image Pixel Module that depend on how pixels are encoded (PS3.3 C.7.6.3)."""
    values: dict[str, int | str] = {
        "PhotometricInterpretation": str(photometric_interpretation),
        "BitsAllocated": descriptor.bits_allocated,
        "BitsStored": descriptor.bits_stored,
        "HighBit": descriptor.high_bit,
    }
    if descriptor.samples_per_pixel > 1:
        values["PlanarConfiguration"] = planar_configuration
    for keyword, value in values.items():
        if data_set.get(keyword) != value:      # what was read stays as it was read
            data_set[keyword] = value


def is_known_lossy(transfer_syntax: TransferSyntax, encoded: memoryview) -> bool:
    """Return whether pixels were lost in a codestream: always in lossy JPEG, else if its header says so.

    JPEG XL whose syntax allows loss counts as lossy: its header does not tell.
    """
    if transfer_syntax.is_lossless or transfer_syntax.compression not in _METHODS:
        return False
    try:
        if transfer_syntax.is_jpeg_ls:
            return parse_jpeg_header(encoded).selection_value > 0
        if transfer_syntax.is_jpeg_2000 or transfer_syntax.is_htj2k:
            return not parse_jpeg2000_header(encoded).is_reversible
    except PixelDataError:
        return False        # who decodes it will say what is wrong
    return True


def record_lossy_compression(data_set: DataSet, transfer_syntax: TransferSyntax, ratio: float) -> None:
    """Say that pixels were lost, by which method and at which ratio, behind what was said of earlier losses (PS3.3 C.7.6.1.1.5)."""
    data_set["LossyImageCompression"] = _HAS_LOSS
    ratios = data_set.decimal_strings("LossyImageCompressionRatio") or []
    data_set.set_decimal_strings("LossyImageCompressionRatio", [*ratios, f"{ratio:.4g}"])
    methods = data_set.strings("LossyImageCompressionMethod") or []
    data_set.set_strings("LossyImageCompressionMethod", [*methods, _METHODS[transfer_syntax.compression]])


def derive_instance(data_set: DataSet, transfer_syntax: TransferSyntax, ratio: float, *, source_was_lossy: bool) -> None:
    """Make a data set whose pixels were compressed with loss an instance of its own, derived from the one that it was (PS3.3 C.7.6.1.1.5).

    It gets a new SOP Instance UID, ``DERIVED`` as first value of Image Type, Source Image Sequence with the instance that it was,
    Derivation Description and Derivation Code Sequence (PS3.3 C.12.4). What is there of earlier derivations stays.
    """
    sop_class, sop_instance = data_set.uid("SOPClassUID"), data_set.uid("SOPInstanceUID")
    if sop_class is not None and sop_instance is not None:
        predecessor = DataSet()
        predecessor.set_uid("ReferencedSOPClassUID", sop_class)
        predecessor.set_uid("ReferencedSOPInstanceUID", sop_instance)
        term = _LOSSY_PREDECESSOR if source_was_lossy else _UNCOMPRESSED_PREDECESSOR
        predecessor.set_sequence("PurposeOfReferenceCodeSequence", [_code(*term)])
        data_set.set_sequence("SourceImageSequence", [*(data_set.sequence("SourceImageSequence") or ()), predecessor])
    data_set.set_uid("SOPInstanceUID", generate_uid())
    image_type = data_set.strings("ImageType")
    if image_type and image_type[0] != _DERIVED:
        data_set.set_strings("ImageType", [_DERIVED, *image_type[1:]])
    data_set.set_sequence("DerivationCodeSequence", [*(data_set.sequence("DerivationCodeSequence") or ()), _code(*_LOSSY_COMPRESSION)])
    described = data_set.string("DerivationDescription") or ""
    ours = f"{transfer_syntax.compression} lossy compression, ratio {ratio:.4g}"
    text = f"{described.rstrip()}; {ours}" if described.strip() else ours
    if len(text) <= _LONGEST_DESCRIPTION:
        data_set["DerivationDescription"] = text


def _code(value: str, meaning: str) -> DataSet:
    item = DataSet()
    item["CodeValue"], item["CodingSchemeDesignator"], item["CodeMeaning"] = value, "DCM", meaning
    return item
