"""What stands before a data set in a file, for one that came over the network (PS3.10 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit import tags
from dicomkit._core.element_write import ElementWriter
from dicomkit.encoding.file_meta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

if TYPE_CHECKING:
    from dicomkit.network.services.storage_delegate import IncomingInstance

__all__ = ["file_head"]

PREAMBLE = bytes(128)
PREFIX = b"DICM"


def file_head(instance: IncomingInstance) -> bytes:
    """Return preamble, prefix and File Meta Information for a data set as it was sent (PS3.10 7.1)."""
    meta = ElementWriter()
    meta.write_element(tags.FileMetaInformationVersion, "OB", b"\0\1")
    for tag, vr, text in (
        (tags.MediaStorageSOPClassUID, "UI", instance.sop_class_uid),
        (tags.MediaStorageSOPInstanceUID, "UI", instance.sop_instance_uid),
        (tags.TransferSyntaxUID, "UI", instance.transfer_syntax_uid),
        (tags.ImplementationClassUID, "UI", IMPLEMENTATION_CLASS_UID),
        (tags.ImplementationVersionName, "SH", IMPLEMENTATION_VERSION_NAME),
        (tags.SendingApplicationEntityTitle, "AE", instance.calling_ae_title),
        (tags.ReceivingApplicationEntityTitle, "AE", instance.called_ae_title),
    ):
        if text:
            meta.write_element(tag, vr, text.encode("latin-1", "replace"))
    head = ElementWriter()
    head.write_bytes(PREAMBLE + PREFIX)
    head.write_element(tags.FileMetaInformationGroupLength, "UL", len(meta).to_bytes(4, "little"))
    head.write_bytes(meta.to_bytes())
    return head.to_bytes()
