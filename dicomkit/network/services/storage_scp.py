"""What a storage SCP is told: its configuration (PS3.4 Annex B, PS3.8 7.1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomkit import transfer_syntax, uids
from dicomkit.dictionary import UIDDictionary, UIDType
from dicomkit.encoding.file_meta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicomkit.network.ae_title import AETitle
from dicomkit.network.configuration import DEFAULT_MAX_PDU_SIZE, DICOM_ALTERNATIVE_PORT, MAXIMUM_PDU_SIZE, MINIMUM_PDU_SIZE
from dicomkit.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = [
    "COMMON_SOP_CLASSES",
    "COMMON_TRANSFER_SYNTAXES",
    "StorageSCPConfiguration",
    "every_storage_sop_class",
    "every_transfer_syntax",
]

COMMON_SOP_CLASSES: tuple[str, ...] = (
    uids.CTImageStorage,
    uids.EnhancedCTImageStorage,
    uids.MRImageStorage,
    uids.EnhancedMRImageStorage,
    uids.ComputedRadiographyImageStorage,
    uids.DigitalXRayImageStorageForPresentation,
    uids.DigitalMammographyXRayImageStorageForPresentation,
    uids.UltrasoundImageStorage,
    uids.UltrasoundMultiFrameImageStorage,
    uids.SecondaryCaptureImageStorage,
    uids.MultiFrameSingleBitSecondaryCaptureImageStorage,
    uids.MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    uids.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    uids.MultiFrameTrueColorSecondaryCaptureImageStorage,
    uids.NuclearMedicineImageStorage,
    uids.PositronEmissionTomographyImageStorage,
    uids.EnhancedPETImageStorage,
    uids.RTImageStorage,
    uids.RTDoseStorage,
    uids.RTStructureSetStorage,
    uids.RTPlanStorage,
    uids.Verification,
)
"""The SOP classes that a server accepts unless told otherwise."""

COMMON_TRANSFER_SYNTAXES: tuple[str, ...] = tuple(
    syntax.uid
    for syntax in (
        transfer_syntax.EXPLICIT_VR_LITTLE_ENDIAN,
        transfer_syntax.IMPLICIT_VR_LITTLE_ENDIAN,
        transfer_syntax.EXPLICIT_VR_BIG_ENDIAN,
        transfer_syntax.DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
        transfer_syntax.JPEG_BASELINE_8_BIT,
        transfer_syntax.JPEG_EXTENDED_12_BIT,
        transfer_syntax.JPEG_LOSSLESS,
        transfer_syntax.JPEG_LOSSLESS_SV1,
        transfer_syntax.JPEG_2000_LOSSLESS,
        transfer_syntax.JPEG_2000,
        transfer_syntax.RLE_LOSSLESS,
    )
)
"""The transfer syntaxes that a server accepts unless told otherwise."""

HIGHEST_PORT = 0xFFFF
MEBIBYTE = 1 << 20


def every_storage_sop_class() -> tuple[str, ...]:
    """Return the storage SOP classes of PS3.6, retired ones too, and Verification: for a server that turns no object away."""
    entries = UIDDictionary.entries()
    return (*(entry.uid for entry in entries if entry.uid_type is UIDType.SOP_CLASS and " Storage" in entry.name), uids.Verification)


def every_transfer_syntax() -> tuple[str, ...]:
    """Return the transfer syntaxes of PS3.6 in which a data set can be sent, retired ones too."""
    return tuple(syntax.uid for syntax in TransferSyntax.all() if syntax.is_data_set_encoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSCPConfiguration:
    """How a storage server presents itself, what it accepts, and what peers may cost it.

    Sizes are bytes, durations are seconds, None means no limit.

    Parameters
    ----------
    ae_title
        Its AE title.
    host
        The address to listen on; "" stands for every address of this machine.
    port
        The TCP port; 0 takes a free one, which :attr:`DICOMStorageServer.port` tells.
    max_pdu_size
        The largest PDU that peers may send, 0 for as large as they like (PS3.8 D.1).
    accepted_sop_classes
        SOP Class UIDs; by default :data:`COMMON_SOP_CLASSES`. Verification is always accepted.
    accepted_transfer_syntaxes
        Transfer Syntax UIDs; by default :data:`COMMON_TRANSFER_SYNTAXES`.
    calling_ae_whitelist, calling_ae_blacklist
        AE titles that alone may, and that may not, associate. The blacklist wins.
    is_called_ae_title_checked
        Whether a request must name ``ae_title`` as the called one.
    ssl_context
        A context of the server's side, for TLS.
    max_concurrent_associations
        A request beyond it is rejected as transient, so that the peer tries again.
    max_connections
        Connections open at once, associated or not. Beyond it the oldest one without an association makes room.
    idle_timeout
        How long an association may be silent, in a message or between messages.
    operation_timeout
        How long one message may take, from its command to its answer.
    artim_timeout
        How long a peer may take for its association request, and for closing the connection (PS3.8 9.1.5).
    max_instance_size
        The largest data set that is taken, wherever it goes.
    max_memory_per_association, max_memory
        Bytes of data sets that one association, and all of them, may have in memory for delegates that take data sets whole.
        What does not fit is read over and answered A700, out of resources.

    Raises
    ------
    InvalidAETitleError
        If an AE title is none.
    ValueError
        If a number is out of its range.
    """

    ae_title: str
    host: str = ""
    port: int = DICOM_ALTERNATIVE_PORT
    max_pdu_size: int = DEFAULT_MAX_PDU_SIZE
    implementation_class_uid: str = IMPLEMENTATION_CLASS_UID
    implementation_version_name: str = IMPLEMENTATION_VERSION_NAME
    accepted_sop_classes: Collection[str] | None = None
    accepted_transfer_syntaxes: Collection[str] | None = None
    calling_ae_whitelist: Collection[str] | None = None
    calling_ae_blacklist: Collection[str] | None = None
    is_called_ae_title_checked: bool = True
    ssl_context: SSLContext | None = None
    max_concurrent_associations: int = 10
    max_connections: int = 1024
    idle_timeout: float | None = 60.0
    operation_timeout: float | None = 1800.0
    artim_timeout: float | None = 30.0
    max_instance_size: int | None = None
    max_memory_per_association: int = 256 * MEBIBYTE
    max_memory: int = 1024 * MEBIBYTE

    def __post_init__(self) -> None:
        classes = COMMON_SOP_CLASSES if self.accepted_sop_classes is None else self.accepted_sop_classes
        syntaxes = COMMON_TRANSFER_SYNTAXES if self.accepted_transfer_syntaxes is None else self.accepted_transfer_syntaxes
        self._put("ae_title", AETitle(self.ae_title))
        self._put("accepted_sop_classes", frozenset((*classes, uids.Verification)))
        self._put("accepted_transfer_syntaxes", frozenset(syntaxes))
        for name in ("calling_ae_whitelist", "calling_ae_blacklist"):
            titles = getattr(self, name)
            if titles is not None:
                self._put(name, frozenset(map(AETitle, titles)))
        self._check_numbers()

    def _put(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_numbers(self) -> None:
        if not 0 <= self.port <= HIGHEST_PORT:
            raise ValueError(f"port must be 0 to {HIGHEST_PORT}, not {self.port}")
        if self.max_pdu_size and not MINIMUM_PDU_SIZE <= self.max_pdu_size <= MAXIMUM_PDU_SIZE:
            raise ValueError(f"max_pdu_size must be 0 or {MINIMUM_PDU_SIZE} to {MAXIMUM_PDU_SIZE}, not {self.max_pdu_size}")
        for name in ("max_concurrent_associations", "max_connections", "max_instance_size", "max_memory_per_association", "max_memory"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")
        for name in ("idle_timeout", "operation_timeout", "artim_timeout"):
            seconds = getattr(self, name)
            if seconds is not None and not seconds > 0:
                raise ValueError(f"{name} must be more than 0 seconds, not {seconds}")

    def is_calling_ae_allowed(self, title: str) -> bool:
        """Return whether an AE title may associate: never if blacklisted, else if there is no whitelist or it is on it."""
        if self.calling_ae_blacklist is not None and title in self.calling_ae_blacklist:
            return False
        return self.calling_ae_whitelist is None or title in self.calling_ae_whitelist

