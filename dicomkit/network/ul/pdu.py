"""The seven PDUs of the Upper Layer (PS3.8 9.3): each to bytes, and those that are read as a whole from bytes.

A P-DATA-TF is not read as a whole: see ``reader``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from dicomkit.network.errors import InvalidPDUError, NetworkEncodingError
from dicomkit.network.ul.contexts import CONTEXT_RESULT, MOST_CONTEXTS, PROPOSED_CONTEXT, PresentationContext, PresentationContextResult
from dicomkit.network.ul.items import iterate_items, serialize_item, serialize_uid, uid_text
from dicomkit.network.ul.user_information import UserInformation

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

__all__ = [
    "APPLICATION_CONTEXT_NAME",
    "PDU",
    "PDU_HEADER",
    "PDV_HEADER",
    "PROTOCOL_VERSION",
    "AbortPDU",
    "AssociateAccept",
    "AssociateReject",
    "AssociateRequest",
    "PDUType",
    "ReleaseRequest",
    "ReleaseResponse",
    "parse_pdu",
    "serialize_data_header",
]

Context = TypeVar("Context")

APPLICATION_CONTEXT_NAME = "1.2.840.10008.3.1.1.1"
"""The DICOM Application Context Name (PS3.7 A.2.1)."""

PROTOCOL_VERSION = 1
"""Version 1 of the Upper Layer protocol: bit 0."""

PDU_HEADER = Struct(">BxI")
"""Type and length of a PDU; between them is a reserved byte."""

PDV_HEADER = Struct(">IBB")
"""Length of a PDV with the two that follow, presentation context ID, message control header (PS3.8 Annex E.2)."""

DATA_HEADER = Struct(">BxIIBB")
APPLICATION_CONTEXT = 0x10
USER_INFORMATION = 0x50
ASSOCIATE_FIXED = Struct(">H2x16s16s32x")
AE_TITLE_LENGTH = 16


class PDUType(IntEnum):
    """The first byte of a PDU."""

    A_ASSOCIATE_RQ = 0x01
    A_ASSOCIATE_AC = 0x02
    A_ASSOCIATE_RJ = 0x03
    P_DATA_TF = 0x04
    A_RELEASE_RQ = 0x05
    A_RELEASE_RP = 0x06
    A_ABORT = 0x07

    @property
    def label(self) -> str:
        """The name as the Standard writes it."""
        return self.name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class AssociateRequest:
    """A-ASSOCIATE-RQ (PS3.8 9.3.2).

    Attributes
    ----------
    called_ae_title, calling_ae_title
        As sent, without padding. From the wire they may be anything: see :class:`dicomkit.network.AETitle`.
    presentation_contexts
        Those proposed; their IDs differ.
    user_information
        What the requestor says about itself.
    """

    called_ae_title: str
    calling_ae_title: str
    presentation_contexts: tuple[PresentationContext, ...]
    user_information: UserInformation
    application_context_name: str = APPLICATION_CONTEXT_NAME
    protocol_version: int = PROTOCOL_VERSION

    def serialize(self) -> bytes:
        """Return the PDU."""
        contexts = [context.serialize() for context in self.presentation_contexts]
        return _serialize_associate(PDUType.A_ASSOCIATE_RQ, self, contexts)

    @classmethod
    def parse(cls, body: memoryview) -> AssociateRequest:
        """Return what a PDU without its header says, or raise ``InvalidPDUError``."""
        # Of one context more than there are IDs, two have the same: no more work is done on it.
        parts = _parse_associate(body, PROPOSED_CONTEXT, PresentationContext.parse, MOST_CONTEXTS + 1)
        contexts = parts.contexts
        if len({context.id for context in contexts}) < len(contexts):
            raise InvalidPDUError("two presentation contexts have the same ID")
        return cls(parts.called, parts.calling, contexts, parts.information, parts.name, parts.version)


@dataclass(frozen=True, slots=True)
class AssociateAccept:
    """A-ASSOCIATE-AC (PS3.8 9.3.3).

    Attributes
    ----------
    presentation_contexts
        An answer for each that was proposed.
    user_information
        What the acceptor says about itself.
    called_ae_title, calling_ae_title
        Those of the request; nobody tests them.
    """

    presentation_contexts: tuple[PresentationContextResult, ...]
    user_information: UserInformation
    called_ae_title: str = ""
    calling_ae_title: str = ""
    application_context_name: str = APPLICATION_CONTEXT_NAME
    protocol_version: int = PROTOCOL_VERSION

    def serialize(self) -> bytes:
        """Return the PDU."""
        contexts = [context.serialize() for context in self.presentation_contexts]
        return _serialize_associate(PDUType.A_ASSOCIATE_AC, self, contexts)

    @classmethod
    def parse(cls, body: memoryview) -> AssociateAccept:
        """Return what a PDU without its header says, or raise ``InvalidPDUError``."""
        parts = _parse_associate(body, CONTEXT_RESULT, PresentationContextResult.parse)
        return cls(parts.contexts, parts.information, parts.called, parts.calling, parts.name, parts.version)


@dataclass(frozen=True, slots=True)
class AssociateReject:
    """A-ASSOCIATE-RJ (PS3.8 9.3.4)."""

    result: int
    source: int
    reason: int

    def serialize(self) -> bytes:
        """Return the PDU."""
        return _serialize_short(PDUType.A_ASSOCIATE_RJ, bytes((0, self.result, self.source, self.reason)))

    @classmethod
    def parse(cls, body: memoryview) -> AssociateReject:
        """Return what a PDU without its header says, or raise ``InvalidPDUError``."""
        _, result, source, reason = _four_bytes(PDUType.A_ASSOCIATE_RJ, body)
        return cls(result, source, reason)


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """A-RELEASE-RQ (PS3.8 9.3.6)."""

    def serialize(self) -> bytes:
        """Return the PDU."""
        return _serialize_short(PDUType.A_RELEASE_RQ, bytes(4))

    @classmethod
    def parse(cls, body: memoryview) -> ReleaseRequest:
        """Return the PDU, or raise ``InvalidPDUError``."""
        _four_bytes(PDUType.A_RELEASE_RQ, body)
        return cls()


@dataclass(frozen=True, slots=True)
class ReleaseResponse:
    """A-RELEASE-RP (PS3.8 9.3.7)."""

    def serialize(self) -> bytes:
        """Return the PDU."""
        return _serialize_short(PDUType.A_RELEASE_RP, bytes(4))

    @classmethod
    def parse(cls, body: memoryview) -> ReleaseResponse:
        """Return the PDU, or raise ``InvalidPDUError``."""
        _four_bytes(PDUType.A_RELEASE_RP, body)
        return cls()


@dataclass(frozen=True, slots=True)
class AbortPDU:
    """A-ABORT (PS3.8 9.3.8)."""

    source: int
    reason: int

    def serialize(self) -> bytes:
        """Return the PDU."""
        return _serialize_short(PDUType.A_ABORT, bytes((0, 0, self.source, self.reason)))

    @classmethod
    def parse(cls, body: memoryview) -> AbortPDU:
        """Return what a PDU without its header says, or raise ``InvalidPDUError``."""
        _, _, source, reason = _four_bytes(PDUType.A_ABORT, body)
        return cls(source, reason)


PDU = AssociateRequest | AssociateAccept | AssociateReject | ReleaseRequest | ReleaseResponse | AbortPDU

_PARSERS: dict[PDUType, Callable[[memoryview], PDU]] = {
    PDUType.A_ASSOCIATE_RQ: AssociateRequest.parse,
    PDUType.A_ASSOCIATE_AC: AssociateAccept.parse,
    PDUType.A_ASSOCIATE_RJ: AssociateReject.parse,
    PDUType.A_RELEASE_RQ: ReleaseRequest.parse,
    PDUType.A_RELEASE_RP: ReleaseResponse.parse,
    PDUType.A_ABORT: AbortPDU.parse,
}


def parse_pdu(pdu_type: PDUType, body: Buffer) -> PDU:
    """Return what a PDU says, given what follows its header. For each type but P-DATA-TF.

    Raises
    ------
    InvalidPDUError
        If it does not follow PS3.8 9.3.
    """
    parse = _PARSERS[pdu_type]
    return parse(memoryview(body))


def serialize_data_header(context_id: int, control: int, length: int) -> bytes:
    """Return what stands before the ``length`` bytes of the only PDV of a P-DATA-TF (PS3.8 9.3.5)."""
    return DATA_HEADER.pack(PDUType.P_DATA_TF, length + 6, length + 2, context_id, control)


def _serialize_associate(pdu_type: PDUType, pdu: AssociateRequest | AssociateAccept, contexts: list[bytes]) -> bytes:
    fixed = ASSOCIATE_FIXED.pack(pdu.protocol_version, _ae_title_field(pdu.called_ae_title), _ae_title_field(pdu.calling_ae_title))
    name = serialize_item(APPLICATION_CONTEXT, serialize_uid(pdu.application_context_name))
    body = b"".join([fixed, name, *contexts, serialize_item(USER_INFORMATION, *pdu.user_information.serialize())])
    return PDU_HEADER.pack(pdu_type, len(body)) + body


class _AssociateParts(NamedTuple, Generic[Context]):
    """What A-ASSOCIATE-RQ and A-ASSOCIATE-AC have in common, with the presentation contexts of either."""

    version: int
    called: str
    calling: str
    name: str
    contexts: tuple[Context, ...]
    information: UserInformation


def _parse_associate(
    body: memoryview, context_type: int, parse_context: Callable[[memoryview], Context], most_contexts: int | None = None
) -> _AssociateParts[Context]:
    """Read an A-ASSOCIATE PDU without its header, up to so many presentation contexts."""
    if len(body) < ASSOCIATE_FIXED.size:
        raise InvalidPDUError(f"an A-ASSOCIATE PDU of {len(body)} bytes has no room for its fixed fields")
    version, called, calling = ASSOCIATE_FIXED.unpack_from(body)
    name, information = "", UserInformation()
    contexts: list[Context] = []
    for item_type, item in iterate_items(body[ASSOCIATE_FIXED.size :]):
        if item_type == context_type:
            contexts.append(parse_context(item))
            if len(contexts) == most_contexts:
                break
        elif item_type == APPLICATION_CONTEXT:
            name = uid_text(item)
        elif item_type == USER_INFORMATION:
            information = UserInformation.parse(item)
    return _AssociateParts(version, uid_text(called), uid_text(calling), name, tuple(contexts), information)


def _ae_title_field(title: str) -> bytes:
    # Latin-1, since an acceptance gives back what the request had.
    try:
        field = title.encode("latin-1")
    except UnicodeEncodeError as error:
        raise NetworkEncodingError("an AE title has characters outside of ISO 646") from error
    if len(field) > AE_TITLE_LENGTH:
        raise NetworkEncodingError(f"an AE title has {len(field)} characters, and can have {AE_TITLE_LENGTH}")
    return field.ljust(AE_TITLE_LENGTH)


def _serialize_short(pdu_type: PDUType, body: bytes) -> bytes:
    return PDU_HEADER.pack(pdu_type, len(body)) + body


def _four_bytes(pdu_type: PDUType, body: memoryview) -> memoryview:
    if len(body) != 4:
        raise InvalidPDUError(f"{pdu_type.label} has 4 bytes after its length, not {len(body):,}")
    return body
