"""The DICOM Upper Layer protocol (PS3.8) without IO: PDUs, the state machine, and what is negotiated."""

from __future__ import annotations

from dicomkit.network.ul.contexts import MOST_CONTEXTS, ContextResult, PresentationContext, PresentationContextResult, select_contexts
from dicomkit.network.ul.events import (
    ARTIMTimerExpired,
    AssociationAborted,
    AssociationAccepted,
    AssociationRejected,
    AssociationRequested,
    ConnectionClosed,
    PresentationDataReceived,
    ReleaseConfirmed,
    ReleaseRequested,
    UpperLayerEvent,
)
from dicomkit.network.ul.limits import UpperLayerLimits
from dicomkit.network.ul.pdu import (
    APPLICATION_CONTEXT_NAME,
    PROTOCOL_VERSION,
    AbortPDU,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    PDUType,
    ReleaseRequest,
    ReleaseResponse,
    parse_pdu,
)
from dicomkit.network.ul.state_table import Action, Event, State
from dicomkit.network.ul.upper_layer import Role, UpperLayer
from dicomkit.network.ul.user_information import (
    DEFAULT_MAXIMUM_LENGTH,
    AsynchronousOperationsWindow,
    RoleSelection,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentity,
    UserIdentityType,
    UserInformation,
)

__all__ = [
    "APPLICATION_CONTEXT_NAME",
    "DEFAULT_MAXIMUM_LENGTH",
    "MOST_CONTEXTS",
    "PROTOCOL_VERSION",
    "ARTIMTimerExpired",
    "AbortPDU",
    "Action",
    "AssociateAccept",
    "AssociateReject",
    "AssociateRequest",
    "AssociationAborted",
    "AssociationAccepted",
    "AssociationRejected",
    "AssociationRequested",
    "AsynchronousOperationsWindow",
    "ConnectionClosed",
    "ContextResult",
    "Event",
    "PDUType",
    "PresentationContext",
    "PresentationContextResult",
    "PresentationDataReceived",
    "ReleaseConfirmed",
    "ReleaseRequest",
    "ReleaseRequested",
    "ReleaseResponse",
    "Role",
    "RoleSelection",
    "SOPClassCommonExtendedNegotiation",
    "SOPClassExtendedNegotiation",
    "State",
    "UpperLayer",
    "UpperLayerEvent",
    "UpperLayerLimits",
    "UserIdentity",
    "UserIdentityType",
    "UserInformation",
    "parse_pdu",
    "select_contexts",
]
