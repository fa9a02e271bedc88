"""Transfer syntaxes (PS3.5 10 and Annex A; PS3.6 Table A-1)."""

from __future__ import annotations

from dicomkit._core import dictionary_table
from dicomkit.dictionary import UIDDictionary, UIDEntry, UIDType
from dicomkit.dictionary.entry import Entry
from dicomkit.errors import UnsupportedTransferSyntaxError

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from typing import Literal

__all__ = [
    "DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN",
    "DEFLATED_IMAGE_FRAME_COMPRESSION",
    "ENCAPSULATED_UNCOMPRESSED_EXPLICIT_VR_LITTLE_ENDIAN",
    "EXPLICIT_VR_BIG_ENDIAN",
    "EXPLICIT_VR_LITTLE_ENDIAN",
    "HTJ2K",
    "HTJ2K_LOSSLESS",
    "IMPLICIT_VR_LITTLE_ENDIAN",
    "JPEG_2000",
    "JPEG_2000_LOSSLESS",
    "JPEG_BASELINE_8_BIT",
    "JPEG_EXTENDED_12_BIT",
    "JPEG_LOSSLESS",
    "JPEG_LOSSLESS_SV1",
    "JPEG_LS_LOSSLESS",
    "JPEG_LS_NEAR_LOSSLESS",
    "RLE_LOSSLESS",
    "SUPPORTED_TRANSFER_SYNTAX_UID",
    "SUPPORTED_TRANSFER_SYNTAX_UIDS",
    "TransferSyntax",
]

# The sets below name what departs from the rule of PS3.5 A.4: explicit VR, little endian, pixel data encapsulated.
_IMPLICIT_VR = frozenset({"ImplicitVRLittleEndian", "Papyrus3ImplicitVRLittleEndian"})
_BIG_ENDIAN = frozenset({"ExplicitVRBigEndian"})
_DEFLATED = frozenset({"DeflatedExplicitVRLittleEndian", "JPIPReferencedDeflate", "JPIPHTJ2KReferencedDeflate"})
# Native pixel data (A.1, A.2, A.3, A.5), pixels behind a URL (A.6, A.7 and their HTJ2K twins), or in a stream of their own (A.8 to A.10).
_NOT_ENCAPSULATED = (
    _IMPLICIT_VR
    | _BIG_ENDIAN
    | _DEFLATED
    | {
        "ExplicitVRLittleEndian",
        "JPIPReferenced",
        "JPIPHTJ2KReferenced",
        "SMPTEST211020UncompressedProgressiveActiveVideo",
        "SMPTEST211020UncompressedInterlacedActiveVideo",
        "SMPTEST211030PCMDigitalAudio",
        "RFC2557MIMEEncapsulation",
        "XMLEncoding",
    }
)
# Formats of documents, once registered so that a DICOMDIR could refer to them: no DICOM data set is encoded in them.
_NOT_A_DATA_SET = frozenset({"RFC2557MIMEEncapsulation", "XMLEncoding"})
# Pixels always come out as they went in. Absent are those that may lose: JPIP serves what the client asks for, and JPEG XL
# recompression keeps the bits of a JPEG that was lossy already (PS3.5 8.2.15).
_LOSSLESS = frozenset(
    {
        "ImplicitVRLittleEndian",
        "ExplicitVRLittleEndian",
        "EncapsulatedUncompressedExplicitVRLittleEndian",
        "DeflatedExplicitVRLittleEndian",
        "ExplicitVRBigEndian",
        "Papyrus3ImplicitVRLittleEndian",
        "SMPTEST211020UncompressedProgressiveActiveVideo",
        "SMPTEST211020UncompressedInterlacedActiveVideo",
        "SMPTEST211030PCMDigitalAudio",
        "JPEGLossless",
        "JPEGLosslessNonHierarchical15",
        "JPEGLosslessHierarchical28",
        "JPEGLosslessHierarchical29",
        "JPEGLosslessSV1",
        "JPEGLSLossless",
        "JPEG2000Lossless",
        "JPEG2000MCLossless",
        "JPEGXLLossless",
        "HTJ2KLossless",
        "HTJ2KLosslessRPCL",
        "RLELossless",
        "DeflatedImageFrameCompression",
    }
)
# By the beginning of the keyword; the first that fits.
_COMPRESSIONS = (
    ("JPEGLS", "JPEG-LS"),
    ("JPEG2000", "JPEG 2000"),
    ("JPEGXL", "JPEG XL"),
    ("JPEG", "JPEG"),
    ("JPIP", "JPIP"),
    ("HTJ2K", "HTJ2K"),
    ("MPEG2", "MPEG2"),
    ("MPEG4", "MPEG-4 AVC/H.264"),
    ("HEVC", "HEVC/H.265"),
    ("RLE", "RLE"),
    ("DeflatedImageFrame", "Deflate"),
)


class TransferSyntax(Entry):
    """How a data set is encoded (PS3.5 Annex A). There is one object for each transfer syntax of PS3.6, retired ones too.

    Attributes
    ----------
    uid
        The Transfer Syntax UID.
    name
        The name in words.
    keyword
        The keyword of the UID.
    is_explicit_vr
        Whether elements have a VR field (PS3.5 7.1.2).
    byte_order
        "little" or "big".
    is_encapsulated
        Whether pixel data is a sequence of fragments (PS3.5 A.4).
    is_deflated
        Whether the whole data set is deflated (PS3.5 A.5).
    is_lossless
        Whether decoding always gives the pixels that were encoded. False if the encoder was free to lose some.
    is_retired
        Whether the transfer syntax is retired.
    compression
        What pixel data is compressed with: "JPEG", "JPEG-LS", "JPEG 2000", "HTJ2K", "JPEG XL", "RLE", "Deflate", "JPIP",
        "MPEG2", "MPEG-4 AVC/H.264", "HEVC/H.265"; "" if it is not.
    is_data_set_encoding
        False for the two retired UIDs that name the format of a document instead.
    """

    __slots__ = (
        "byte_order",
        "compression",
        "is_data_set_encoding",
        "is_deflated",
        "is_encapsulated",
        "is_explicit_vr",
        "is_lossless",
        "is_retired",
        "keyword",
        "name",
        "uid",
    )
    __match_args__ = (
        "uid",
        "name",
        "keyword",
        "is_explicit_vr",
        "byte_order",
        "is_encapsulated",
        "is_deflated",
        "is_lossless",
        "is_retired",
        "compression",
        "is_data_set_encoding",
    )

    uid: str
    name: str
    keyword: str
    is_explicit_vr: bool
    byte_order: Literal["little", "big"]
    is_encapsulated: bool
    is_deflated: bool
    is_lossless: bool
    is_retired: bool
    compression: str
    is_data_set_encoding: bool

    @classmethod
    def from_uid(cls, uid: str) -> TransferSyntax | None:
        """Return the transfer syntax with a UID, or None if PS3.6 has none; NULs and spaces at the end do not count."""
        uid = uid.rstrip("\0 ")
        known = _KNOWN.get(uid)
        if known is None:
            entry = UIDDictionary.find_uid(uid)
            if entry is not None and entry.uid_type is UIDType.TRANSFER_SYNTAX:
                known = _KNOWN.setdefault(entry.uid, _make(entry))
        return known

    @classmethod
    def get(cls, uid: str) -> TransferSyntax:
        """Return the transfer syntax with a UID.

        Raises
        ------
        UnsupportedTransferSyntaxError
            If PS3.6 has none.
        """
        syntax = cls.from_uid(uid)
        if syntax is None:
            raise UnsupportedTransferSyntaxError(uid)
        return syntax

    @classmethod
    def find(cls, text: str) -> TransferSyntax | None:
        """Return the transfer syntax with a UID, a keyword or a name, or None; case does not count."""
        folded = text.strip("\0 ").casefold()
        syntax = cls.from_uid(folded)
        if syntax is not None:
            return syntax
        return next((syntax for syntax in cls.all() if folded in (syntax.keyword.casefold(), syntax.name.casefold())), None)

    @classmethod
    def all(cls) -> tuple[TransferSyntax, ...]:
        """Return all transfer syntaxes in the order of their UIDs."""
        return tuple(cls.get(entry.uid) for entry in UIDDictionary.transfer_syntaxes())

    @property
    def is_big_endian(self) -> bool:
        """Whether numbers lie with their most significant byte first (PS3.5 7.3)."""
        return self.byte_order == "big"

    @property
    def is_jpeg(self) -> bool:
        """Whether pixel data is JPEG, ISO/IEC 10918-1, lossy or lossless (PS3.5 A.4.1)."""
        return self.compression == "JPEG"

    @property
    def is_jpeg_ls(self) -> bool:
        """Whether pixel data is JPEG-LS (PS3.5 A.4.3)."""
        return self.compression == "JPEG-LS"

    @property
    def is_jpeg_2000(self) -> bool:
        """Whether pixel data is JPEG 2000, Part 1 or Part 2 (PS3.5 A.4.4); High-Throughput JPEG 2000 is not."""
        return self.compression == "JPEG 2000"

    @property
    def is_htj2k(self) -> bool:
        """Whether pixel data is High-Throughput JPEG 2000 (PS3.5 10.18)."""
        return self.compression == "HTJ2K"

    @property
    def is_jpeg_xl(self) -> bool:
        """Whether pixel data is JPEG XL (PS3.5 8.2.15)."""
        return self.compression == "JPEG XL"

    @property
    def is_rle(self) -> bool:
        """Whether pixel data is run length encoded (PS3.5 A.4.2)."""
        return self.compression == "RLE"

    @property
    def is_jpip(self) -> bool:
        """Whether the data set has a URL in place of its pixels (PS3.5 A.6)."""
        return self.compression == "JPIP"

    @property
    def is_video(self) -> bool:
        """Whether pixel data is one video stream, not a stream a frame (PS3.5 8.2)."""
        return self.compression in ("MPEG2", "MPEG-4 AVC/H.264", "HEVC/H.265")

    def __eq__(self, other: object) -> bool:
        return self.uid == other.uid if isinstance(other, TransferSyntax) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.uid)

    def __str__(self) -> str:
        return f"{self.name} ({self.uid})"

    def __reduce__(self) -> tuple[object, ...]:
        return TransferSyntax.get, (self.uid,)


# Made when first asked for. Two threads that make the same one agree on the first: dict.setdefault is atomic.
_KNOWN: dict[str, TransferSyntax] = {}


def _make(entry: UIDEntry) -> TransferSyntax:
    keyword = entry.keyword
    return TransferSyntax(
        entry.uid,
        entry.name,
        keyword,
        keyword not in _IMPLICIT_VR,
        "big" if keyword in _BIG_ENDIAN else "little",
        keyword not in _NOT_ENCAPSULATED,
        keyword in _DEFLATED,
        keyword in _LOSSLESS,
        entry.is_retired,
        next((compression for beginning, compression in _COMPRESSIONS if keyword.startswith(beginning)), ""),
        keyword not in _NOT_A_DATA_SET,
    )


def _named(keyword: str) -> TransferSyntax:
    row = dictionary_table.find_uid_keyword(keyword)
    if row is None:
        raise LookupError(f"the registry of UIDs has no {keyword}")
    return TransferSyntax.get(row[0])


IMPLICIT_VR_LITTLE_ENDIAN = _named("ImplicitVRLittleEndian")
EXPLICIT_VR_LITTLE_ENDIAN = _named("ExplicitVRLittleEndian")
EXPLICIT_VR_BIG_ENDIAN = _named("ExplicitVRBigEndian")
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN = _named("DeflatedExplicitVRLittleEndian")
ENCAPSULATED_UNCOMPRESSED_EXPLICIT_VR_LITTLE_ENDIAN = _named("EncapsulatedUncompressedExplicitVRLittleEndian")
DEFLATED_IMAGE_FRAME_COMPRESSION = _named("DeflatedImageFrameCompression")
JPEG_BASELINE_8_BIT = _named("JPEGBaseline8Bit")
JPEG_EXTENDED_12_BIT = _named("JPEGExtended12Bit")
JPEG_LOSSLESS = _named("JPEGLossless")
JPEG_LOSSLESS_SV1 = _named("JPEGLosslessSV1")
JPEG_LS_LOSSLESS = _named("JPEGLSLossless")
JPEG_LS_NEAR_LOSSLESS = _named("JPEGLSNearLossless")
JPEG_2000_LOSSLESS = _named("JPEG2000Lossless")
JPEG_2000 = _named("JPEG2000")
HTJ2K_LOSSLESS = _named("HTJ2KLossless")
HTJ2K = _named("HTJ2K")
RLE_LOSSLESS = _named("RLELossless")

SUPPORTED_TRANSFER_SYNTAX_UID = EXPLICIT_VR_LITTLE_ENDIAN.uid
"""The transfer syntax that dicomkit writes unless told otherwise."""

SUPPORTED_TRANSFER_SYNTAX_UIDS = (
    EXPLICIT_VR_LITTLE_ENDIAN.uid,
    IMPLICIT_VR_LITTLE_ENDIAN.uid,
    EXPLICIT_VR_BIG_ENDIAN.uid,
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN.uid,
)
"""The transfer syntaxes with native pixel data, which need no codec."""
