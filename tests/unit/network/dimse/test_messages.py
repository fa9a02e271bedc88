from __future__ import annotations

import dataclasses

import pytest

from dicomkit.network.dimse import (
    CEchoRequest,
    CEchoResponse,
    CFindRequest,
    CFindResponse,
    CGetResponse,
    CMoveRequest,
    CMoveResponse,
    CStoreRequest,
    CStoreResponse,
    DIMSECommand,
    DIMSEPriority,
    DIMSEStatus,
    NActionRequest,
    NActionResponse,
    NCreateRequest,
    NCreateResponse,
    NDeleteRequest,
    NDeleteResponse,
    NEventReportRequest,
    NEventReportResponse,
    NGetRequest,
    NGetResponse,
    NSetRequest,
    NSetResponse,
    Request,
    Response,
    SubOperationsResponse,
    response_to,
)
from dicomkit.network.dimse.messages import MESSAGES

CLASS, INSTANCE = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"


def test_net_13_command_codes() -> None:
    codes = {command.name: command.value for command in DIMSECommand}
    requests = {"C_STORE": 1, "C_GET": 0x10, "C_FIND": 0x20, "C_MOVE": 0x21, "C_ECHO": 0x30}
    requests |= {"N_EVENT_REPORT": 0x100, "N_GET": 0x110, "N_SET": 0x120, "N_ACTION": 0x130, "N_CREATE": 0x140, "N_DELETE": 0x150}
    expected = {f"{name}_RQ": code for name, code in requests.items()} | {f"{name}_RSP": code + 0x8000 for name, code in requests.items()}
    assert codes == expected | {"C_CANCEL_RQ": 0x0FFF}
    assert [command for command in DIMSECommand if command.is_response] == [command for command in DIMSECommand if "RSP" in command.name]


def test_every_command_has_its_message() -> None:
    assert set(MESSAGES) == set(DIMSECommand)
    for command, kind in MESSAGES.items():
        assert kind.command_field == command


def test_net_15_priorities() -> None:
    assert (DIMSEPriority.LOW, DIMSEPriority.MEDIUM, DIMSEPriority.HIGH) == (2, 0, 1)
    assert [str(priority) for priority in (DIMSEPriority.LOW, DIMSEPriority.MEDIUM, DIMSEPriority.HIGH)] == ["LOW", "MEDIUM", "HIGH"]


def test_net_14_priority_is_medium_unless_said() -> None:
    assert CStoreRequest(message_id=1, affected_sop_class_uid=CLASS, affected_sop_instance_uid=INSTANCE).priority is DIMSEPriority.MEDIUM
    assert CFindRequest(message_id=1, affected_sop_class_uid=CLASS).priority is DIMSEPriority.MEDIUM
    assert CMoveRequest(message_id=1, affected_sop_class_uid=CLASS, move_destination="ME").priority is DIMSEPriority.MEDIUM


def test_net_14_retrieve_responses_carry_four_counts() -> None:
    for kind in (CGetResponse, CMoveResponse):
        assert issubclass(kind, SubOperationsResponse)
        names = {field.name for field in dataclasses.fields(kind)}
        assert {f"number_of_{which}_suboperations" for which in ("remaining", "completed", "failed", "warning")} <= names


def test_messages_are_values() -> None:
    request = CEchoRequest(message_id=1)
    assert request == CEchoRequest(message_id=1)
    assert hash(request) == hash(CEchoRequest(message_id=1))
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.message_id = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("request_", "kind", "expected"),
    [
        (CEchoRequest(message_id=7), CEchoResponse, {"affected_sop_class_uid": "1.2.840.10008.1.1"}),
        (
            CStoreRequest(message_id=7, affected_sop_class_uid=CLASS, affected_sop_instance_uid=INSTANCE),
            CStoreResponse,
            {"affected_sop_class_uid": CLASS, "affected_sop_instance_uid": INSTANCE},
        ),
        (CFindRequest(message_id=7, affected_sop_class_uid=CLASS), CFindResponse, {"affected_sop_class_uid": CLASS}),
        (
            NEventReportRequest(message_id=7, affected_sop_class_uid=CLASS, affected_sop_instance_uid=INSTANCE, event_type_id=2),
            NEventReportResponse,
            {"affected_sop_class_uid": CLASS, "affected_sop_instance_uid": INSTANCE, "event_type_id": 2},
        ),
        (
            NGetRequest(message_id=7, requested_sop_class_uid=CLASS, requested_sop_instance_uid=INSTANCE, attribute_identifier_list=(1,)),
            NGetResponse,
            {"affected_sop_class_uid": CLASS, "affected_sop_instance_uid": INSTANCE, "attribute_identifier_list": ()},
        ),
        (
            NSetRequest(message_id=7, requested_sop_class_uid=CLASS, requested_sop_instance_uid=INSTANCE),
            NSetResponse,
            {"affected_sop_class_uid": CLASS, "affected_sop_instance_uid": INSTANCE},
        ),
        (
            NActionRequest(message_id=7, requested_sop_class_uid=CLASS, requested_sop_instance_uid=INSTANCE, action_type_id=1),
            NActionResponse,
            {"affected_sop_class_uid": CLASS, "affected_sop_instance_uid": INSTANCE, "action_type_id": 1},
        ),
        (
            NCreateRequest(message_id=7, affected_sop_class_uid=CLASS),
            NCreateResponse,
            {"affected_sop_class_uid": CLASS, "affected_sop_instance_uid": ""},
        ),
        (
            NDeleteRequest(message_id=7, requested_sop_class_uid=CLASS, requested_sop_instance_uid=INSTANCE),
            NDeleteResponse,
            {"affected_sop_class_uid": CLASS, "affected_sop_instance_uid": INSTANCE},
        ),
    ],
)
def test_a_response_takes_ids_from_its_request(request_: Request, kind: type[Response], expected: dict[str, object]) -> None:
    response = response_to(request_, 0xC001, error_comment="because")
    assert type(response) is kind
    assert response.message_id_being_responded_to == 7
    assert response.status == 0xC001
    assert isinstance(response.status, DIMSEStatus)
    assert response.error_comment == "because"
    for name, value in expected.items():
        assert getattr(response, name) == value


@pytest.mark.parametrize("uid", ["../../etc/passwd", "1" * 65, "1.2\0.3", "1.2.3 "])
def test_a_response_does_not_send_back_what_is_no_uid(uid: str) -> None:
    request = CStoreRequest(message_id=7, affected_sop_class_uid=CLASS, affected_sop_instance_uid=uid)
    response = response_to(request, 0)
    assert isinstance(response, CStoreResponse)
    assert response.affected_sop_instance_uid == ""
