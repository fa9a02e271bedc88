"""Presentation contexts and roles for a retrieval (PS3.4 C.5.3, PS3.7 D.3.3.4)."""

from __future__ import annotations

from collections.abc import Sequence

from dicomkit import transfer_syntax, uids
from dicomkit.network.errors import InvalidPresentationContextError
from dicomkit.network.services.negotiation import NATIVE
from dicomkit.network.ul import MOST_CONTEXTS, PresentationContext, RoleSelection

__all__ = ["COMMON_GET_SOP_CLASSES", "propose_contexts", "propose_roles"]

COMMON_GET_SOP_CLASSES: tuple[str, ...] = (
    uids.CTImageStorage,
    uids.EnhancedCTImageStorage,
    uids.MRImageStorage,
    uids.EnhancedMRImageStorage,
    uids.UltrasoundImageStorage,
    uids.SecondaryCaptureImageStorage,
    uids.DigitalXRayImageStorageForPresentation,
    uids.DigitalXRayImageStorageForProcessing,
    uids.ComputedRadiographyImageStorage,
    uids.DigitalMammographyXRayImageStorageForPresentation,
    uids.DigitalMammographyXRayImageStorageForProcessing,
    uids.NuclearMedicineImageStorage,
    uids.PositronEmissionTomographyImageStorage,
    uids.RTImageStorage,
    uids.RTStructureSetStorage,
    uids.RTPlanStorage,
    uids.RTDoseStorage,
)
"""The SOP classes that C-GET receives unless told otherwise."""

COMMON_GET_TRANSFER_SYNTAXES: tuple[str, ...] = (
    *NATIVE,
    transfer_syntax.JPEG_LOSSLESS_SV1.uid,
    transfer_syntax.JPEG_BASELINE_8_BIT.uid,
    transfer_syntax.JPEG_2000_LOSSLESS.uid,
    transfer_syntax.JPEG_2000.uid,
    transfer_syntax.RLE_LOSSLESS.uid,
    transfer_syntax.JPEG_LS_LOSSLESS.uid,
    transfer_syntax.JPEG_EXTENDED_12_BIT.uid,
    transfer_syntax.JPEG_LS_NEAR_LOSSLESS.uid,
    transfer_syntax.JPEG_LOSSLESS.uid,
    transfer_syntax.HTJ2K_LOSSLESS.uid,
    transfer_syntax.HTJ2K.uid,
    transfer_syntax.DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN.uid,
    uids.HTJ2KLosslessRPCL,
    uids.DeflatedImageFrameCompression,
    uids.JPEGXLLossless,
    uids.JPEGXLJPEGRecompression,
    uids.JPEGXL,
    uids.MPEG4HP41,
    uids.MPEG2MPML,
    uids.HEVCMP51,
    uids.ExplicitVRBigEndian,
)


def propose_contexts(
    retrieve_sop_class: str, storage_sop_classes: Sequence[str] | None = None, transfer_syntaxes: Sequence[str] | None = None
) -> tuple[PresentationContext, ...]:
    """Return the presentation contexts of a retrieval, and of what comes over its association.

    A peer takes one transfer syntax of a context, a native one if it can, and would have to convert what is in others: each has a
    context of its own, as many as there is room for; the last holds the rest.

    Raises
    ------
    InvalidPresentationContextError
        If there are more SOP classes than contexts, or none of a C-GET, or no transfer syntaxes.
    """
    proposed: list[tuple[str, tuple[str, ...]]] = [(retrieve_sop_class, NATIVE)]
    if storage_sop_classes is not None:
        most = MOST_CONTEXTS - 1
        if not 1 <= len(storage_sop_classes) <= most:
            raise InvalidPresentationContextError(f"one association is for 1 to {most} SOP classes: name those that are wanted")
        syntaxes = COMMON_GET_TRANSFER_SYNTAXES if transfer_syntaxes is None else transfer_syntaxes
        if not syntaxes:
            raise InvalidPresentationContextError("without a transfer syntax nothing can be sent")
        groups = _groups(syntaxes, most // len(storage_sop_classes))
        proposed += [(sop_class, group) for sop_class in storage_sop_classes for group in groups]
    return tuple(PresentationContext(2 * number + 1, *context) for number, context in enumerate(proposed))


def _groups(syntaxes: Sequence[str], room: int) -> list[tuple[str, ...]]:
    """Divide transfer syntaxes among contexts: native ones first, each alone as long as there is room."""
    syntaxes = tuple(dict.fromkeys(syntaxes))
    if room == 1:  # in the order of the caller, who may want native ones least
        return [syntaxes]
    native = tuple(syntax for syntax in syntaxes if syntax in NATIVE)
    groups: list[tuple[str, ...]] = [(syntax,) for syntax in syntaxes if syntax not in NATIVE]
    if native:
        # Orthanc that does not transcode fails to send Implicit VR where it chose Explicit VR.
        groups[:0] = [native] if room == 2 else [(syntax,) for syntax in native]
    if len(groups) > room:
        groups[room - 1 :] = [tuple(syntax for group in groups[room - 1 :] for syntax in group)]
    return groups


def propose_roles(storage_sop_classes: Sequence[str]) -> tuple[RoleSelection, ...]:
    """Return that we receive what is stored: without it, a peer that follows the Standard cannot send."""
    return tuple(RoleSelection(sop_class, is_scu=False, is_scp=True) for sop_class in storage_sop_classes)
