"""DIMSE messages: their command sets as objects (PS3.7 9.3 and 10.3).

Fields have the Standard's names. Text and UIDs that a command set doesn't have are empty, numbers are None, lists of tags are empty.
Whether a data set follows is not part of a message: it is told beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cache
from typing import Any, ClassVar, Final

from dicomkit.network.dimse.status import DIMSEStatus
from dicomkit.uids import Verification

__all__ = [
    "CCancelRequest",
    "CEchoRequest",
    "CEchoResponse",
    "CFindRequest",
    "CFindResponse",
    "CGetRequest",
    "CGetResponse",
    "CMoveRequest",
    "CMoveResponse",
    "CStoreRequest",
    "CStoreResponse",
    "DIMSECommand",
    "DIMSEPriority",
    "Message",
    "NActionRequest",
    "NActionResponse",
    "NCreateRequest",
    "NCreateResponse",
    "NDeleteRequest",
    "NDeleteResponse",
    "NEventReportRequest",
    "NEventReportResponse",
    "NGetRequest",
    "NGetResponse",
    "NSetRequest",
    "NSetResponse",
    "Request",
    "Response",
    "SubOperationsResponse",
    "response_to",
]

MAXIMUM_UID_LENGTH = 64


class DIMSECommand(IntEnum):
    """Command Field (0000,0100) (PS3.7 E.1-1)."""

    C_STORE_RQ = 0x0001
    C_STORE_RSP = 0x8001
    C_GET_RQ = 0x0010
    C_GET_RSP = 0x8010
    C_FIND_RQ = 0x0020
    C_FIND_RSP = 0x8020
    C_MOVE_RQ = 0x0021
    C_MOVE_RSP = 0x8021
    C_ECHO_RQ = 0x0030
    C_ECHO_RSP = 0x8030
    N_EVENT_REPORT_RQ = 0x0100
    N_EVENT_REPORT_RSP = 0x8100
    N_GET_RQ = 0x0110
    N_GET_RSP = 0x8110
    N_SET_RQ = 0x0120
    N_SET_RSP = 0x8120
    N_ACTION_RQ = 0x0130
    N_ACTION_RSP = 0x8130
    N_CREATE_RQ = 0x0140
    N_CREATE_RSP = 0x8140
    N_DELETE_RQ = 0x0150
    N_DELETE_RSP = 0x8150
    C_CANCEL_RQ = 0x0FFF

    @property
    def is_response(self) -> bool:
        """Whether it is the command of a response."""
        return self >= 0x8000


class DIMSEPriority(IntEnum):
    """Priority (0000,0700) (PS3.7 9.1)."""

    MEDIUM = 0
    HIGH = 1
    LOW = 2

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What all requests have but C-CANCEL."""

    command_field: ClassVar[DIMSECommand]
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What all responses have (PS3.7 9.3, 10.3; the last three: Annex C)."""

    command_field: ClassVar[DIMSECommand]
    message_id_being_responded_to: int
    status: DIMSEStatus
    affected_sop_class_uid: str = ""
    error_comment: str = ""
    offending_element: tuple[int, ...] = ()
    error_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubOperationsResponse(Response):
    """What the responses have of operations that consist of C-STORE sub-operations (PS3.7 9.3.3.2, 9.3.4.2)."""

    number_of_remaining_suboperations: int | None = None
    number_of_completed_suboperations: int | None = None
    number_of_failed_suboperations: int | None = None
    number_of_warning_suboperations: int | None = None
    failed_sop_instance_uid_list: tuple[str, ...] = ()
    """Orthanc's place for what belongs into the Identifier (PS3.4 C.4.2.1.4.2); it is read and not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CStoreRequest(Request):
    """C-STORE-RQ (PS3.7 9.3.1.1)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.C_STORE_RQ
    affected_sop_class_uid: str
    affected_sop_instance_uid: str
    priority: int = DIMSEPriority.MEDIUM
    move_originator_application_entity_title: str = ""
    move_originator_message_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CStoreResponse(Response):
    """C-STORE-RSP (PS3.7 9.3.1.2)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.C_STORE_RSP
    affected_sop_instance_uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CFindRequest(Request):
    """C-FIND-RQ (PS3.7 9.3.2.1)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.C_FIND_RQ
    affected_sop_class_uid: str
    priority: int = DIMSEPriority.MEDIUM


@dataclass(frozen=True, slots=True, kw_only=True)
class CFindResponse(Response):
    """C-FIND-RSP (PS3.7 9.3.2.2)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.C_FIND_RSP


@dataclass(frozen=True, slots=True, kw_only=True)
class CGetRequest(Request):
    """C-GET-RQ (PS3.7 9.3.3.1)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.C_GET_RQ
    affected_sop_class_uid: str
    priority: int = DIMSEPriority.MEDIUM


@dataclass(frozen=True, slots=True, kw_only=True)
class CGetResponse(SubOperationsResponse):
    """C-GET-RSP (PS3.7 9.3.3.2)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.C_GET_RSP


@dataclass(frozen=True, slots=True, kw_only=True)
class CMoveRequest(Request):
    """C-MOVE-RQ (PS3.7 9.3.4.1)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.C_MOVE_RQ
    affected_sop_class_uid: str
    move_destination: str
    priority: int = DIMSEPriority.MEDIUM


@dataclass(frozen=True, slots=True, kw_only=True)
class CMoveResponse(SubOperationsResponse):
    """C-MOVE-RSP (PS3.7 9.3.4.2)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.C_MOVE_RSP


@dataclass(frozen=True, slots=True, kw_only=True)
class CEchoRequest(Request):
    """C-ECHO-RQ (PS3.7 9.3.5.1)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.C_ECHO_RQ
    affected_sop_class_uid: str = Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class CEchoResponse(Response):
    """C-ECHO-RSP (PS3.7 9.3.5.2)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.C_ECHO_RSP


@dataclass(frozen=True, slots=True, kw_only=True)
class CCancelRequest:
    """C-CANCEL-RQ, which is the same for C-FIND, C-GET and C-MOVE (PS3.7 9.3.2.3). It has no response of its own."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.C_CANCEL_RQ
    message_id_being_responded_to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NEventReportRequest(Request):
    """N-EVENT-REPORT-RQ (PS3.7 10.3.1.1)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_EVENT_REPORT_RQ
    affected_sop_class_uid: str
    affected_sop_instance_uid: str
    event_type_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NEventReportResponse(Response):
    """N-EVENT-REPORT-RSP (PS3.7 10.3.1.2)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_EVENT_REPORT_RSP
    affected_sop_instance_uid: str = ""
    event_type_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NGetRequest(Request):
    """N-GET-RQ (PS3.7 10.3.2.1)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_GET_RQ
    requested_sop_class_uid: str
    requested_sop_instance_uid: str
    attribute_identifier_list: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NGetResponse(Response):
    """N-GET-RSP (PS3.7 10.3.2.2)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_GET_RSP
    affected_sop_instance_uid: str = ""
    attribute_identifier_list: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NSetRequest(Request):
    """N-SET-RQ (PS3.7 10.3.3.1)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_SET_RQ
    requested_sop_class_uid: str
    requested_sop_instance_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NSetResponse(Response):
    """N-SET-RSP (PS3.7 10.3.3.2)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_SET_RSP
    affected_sop_instance_uid: str = ""
    attribute_identifier_list: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NActionRequest(Request):
    """N-ACTION-RQ (PS3.7 10.3.4.1)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_ACTION_RQ
    requested_sop_class_uid: str
    requested_sop_instance_uid: str
    action_type_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NActionResponse(Response):
    """N-ACTION-RSP (PS3.7 10.3.4.2)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_ACTION_RSP
    affected_sop_instance_uid: str = ""
    action_type_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NCreateRequest(Request):
    """N-CREATE-RQ (PS3.7 10.3.5.1). Without an instance UID, the peer makes one."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_CREATE_RQ
    affected_sop_class_uid: str
    affected_sop_instance_uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NCreateResponse(Response):
    """N-CREATE-RSP (PS3.7 10.3.5.2)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_CREATE_RSP
    affected_sop_instance_uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NDeleteRequest(Request):
    """N-DELETE-RQ (PS3.7 10.3.6.1)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_DELETE_RQ
    requested_sop_class_uid: str
    requested_sop_instance_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NDeleteResponse(Response):
    """N-DELETE-RSP (PS3.7 10.3.6.2)."""

    command_field: ClassVar[DIMSECommand] = DIMSECommand.N_DELETE_RSP
    affected_sop_instance_uid: str = ""


Message = Request | Response | CCancelRequest

_MESSAGES: tuple[type[Message], ...] = (
    CStoreRequest,
    CStoreResponse,
    CFindRequest,
    CFindResponse,
    CGetRequest,
    CGetResponse,
    CMoveRequest,
    CMoveResponse,
    CEchoRequest,
    CEchoResponse,
    CCancelRequest,
    NEventReportRequest,
    NEventReportResponse,
    NGetRequest,
    NGetResponse,
    NSetRequest,
    NSetResponse,
    NActionRequest,
    NActionResponse,
    NCreateRequest,
    NCreateResponse,
    NDeleteRequest,
    NDeleteResponse,
)
MESSAGES: Final[dict[int, type[Message]]] = {kind.command_field: kind for kind in _MESSAGES}
"""The class of each Command Field."""


def response_to(request: Request, status: int, **values: Any) -> Response:
    """Return the response to a request, with its Message ID, SOP class and instance, and types of event and action.

    A UID that breaks the rules is not sent back: the peer knows what it sent, and responses may leave it out.

    Parameters
    ----------
    request
        What is answered.
    status
        The outcome.
    **values
        Other fields of the response.
    """
    kind = MESSAGES[request.command_field | 0x8000]
    taken: dict[str, Any] = {"message_id_being_responded_to": request.message_id, "status": DIMSEStatus(status)}
    for name, affected in _fields_in_both(request.command_field):
        value = getattr(request, name)
        if not affected.endswith("uid") or is_sendable_uid(value):
            taken[affected] = value
    return kind(**(taken | values))  # type: ignore[return-value]  # the bit 8000 makes it a response


@cache
def _fields_in_both(command_field: int) -> tuple[tuple[str, str], ...]:
    """Return the fields of a request that its response repeats, and their names in it."""
    names = {field.name for field in fields(MESSAGES[command_field | 0x8000])} - {"attribute_identifier_list"}
    # What a request calls requested, its response calls affected (PS3.7 10.3).
    pairs = [(field.name, field.name.replace("requested_", "affected_")) for field in fields(MESSAGES[command_field])]
    return tuple((name, affected) for name, affected in pairs if affected in names)


def is_sendable_uid(uid: str) -> bool:
    """Whether text can stand in a command set as a UID: up to 64 digits and dots (PS3.5 9.1)."""
    return len(uid) <= MAXIMUM_UID_LENGTH and not uid.strip("0123456789.")
