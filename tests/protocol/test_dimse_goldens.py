"""Command sets as bytes, written out by the tables of PS3.7 9.3, 10.3 and E.1-1."""

from __future__ import annotations

import pytest

from dicomkit.network.dimse import (
    CCancelRequest,
    CEchoRequest,
    CEchoResponse,
    CGetResponse,
    CMoveRequest,
    CStoreRequest,
    CStoreResponse,
    DIMSEPriority,
    DIMSEStatus,
    Message,
    NActionRequest,
    NEventReportRequest,
    NGetRequest,
    parse_command,
    serialize_command,
)

VERIFICATION = "0000 0200 12000000 312e322e3834302e31303030382e312e3100"
GOLDENS = [
    (
        CEchoRequest(message_id=7),
        False,
        f"0000 0000 04000000 38000000 {VERIFICATION} 0000 0001 02000000 3000 0000 1001 02000000 0700 0000 0008 02000000 0101",
    ),
    (
        CEchoResponse(message_id_being_responded_to=7, status=DIMSEStatus.SUCCESS, affected_sop_class_uid="1.2.840.10008.1.1"),
        False,
        f"0000 0000 04000000 42000000 {VERIFICATION} 0000 0001 02000000 3080 0000 2001 02000000 0700 0000 0008 02000000 0101 "
        "0000 0009 02000000 0000",
    ),
    (
        CStoreRequest(message_id=1, affected_sop_class_uid="1.2", affected_sop_instance_uid="1.2.3.4", priority=DIMSEPriority.HIGH,
                      move_originator_application_entity_title="MOVER", move_originator_message_id=0x1234),
        True,
        "0000 0000 04000000 5c000000 0000 0200 04000000 312e3200 0000 0001 02000000 0100 0000 1001 02000000 0100 0000 0007 02000000 0100 "
        "0000 0008 02000000 0100 0000 0010 08000000 312e322e332e3400 0000 3010 06000000 4d4f56455220 0000 3110 02000000 3412",
    ),
    (
        CStoreResponse(message_id_being_responded_to=1, status=DIMSEStatus(0xA900), affected_sop_class_uid="1.2",
                       affected_sop_instance_uid="1.2.3.4", offending_element=(0x00080016,), error_comment="no"),
        False,
        "0000 0000 04000000 5a000000 0000 0200 04000000 312e3200 0000 0001 02000000 0180 0000 2001 02000000 0100 0000 0008 02000000 0101 "
        "0000 0009 02000000 00a9 0000 0109 04000000 0800 1600 0000 0209 02000000 6e6f 0000 0010 08000000 312e322e332e3400",
    ),
    (
        CMoveRequest(message_id=2, affected_sop_class_uid="1.2", move_destination="DEST", priority=DIMSEPriority.LOW),
        True,
        "0000 0000 04000000 40000000 0000 0200 04000000 312e3200 0000 0001 02000000 2100 0000 1001 02000000 0200 "
        "0000 0006 04000000 44455354 0000 0007 02000000 0200 0000 0008 02000000 0100",
    ),
    (
        CGetResponse(message_id_being_responded_to=2, status=DIMSEStatus.PENDING, number_of_remaining_suboperations=3,
                     number_of_completed_suboperations=2, number_of_failed_suboperations=1, number_of_warning_suboperations=0),
        False,
        "0000 0000 04000000 50000000 0000 0001 02000000 1080 0000 2001 02000000 0200 0000 0008 02000000 0101 0000 0009 02000000 00ff "
        "0000 2010 02000000 0300 0000 2110 02000000 0200 0000 2210 02000000 0100 0000 2310 02000000 0000",
    ),
    (
        CCancelRequest(message_id_being_responded_to=9),
        False,
        "0000 0000 04000000 1e000000 0000 0001 02000000 ff0f 0000 2001 02000000 0900 0000 0008 02000000 0101",
    ),
    (
        NGetRequest(message_id=3, requested_sop_class_uid="1.2", requested_sop_instance_uid="1.3",
                    attribute_identifier_list=(0x00100010, 0x00100020)),
        False,
        "0000 0000 04000000 46000000 0000 0300 04000000 312e3200 0000 0001 02000000 1001 0000 1001 02000000 0300 "
        "0000 0008 02000000 0101 0000 0110 04000000 312e3300 0000 0510 08000000 1000 1000 1000 2000",
    ),
    (
        NActionRequest(message_id=4, requested_sop_class_uid="1.2", requested_sop_instance_uid="1.3", action_type_id=1),
        True,
        "0000 0000 04000000 40000000 0000 0300 04000000 312e3200 0000 0001 02000000 3001 0000 1001 02000000 0400 "
        "0000 0008 02000000 0100 0000 0110 04000000 312e3300 0000 0810 02000000 0100",
    ),
    (
        NEventReportRequest(message_id=5, affected_sop_class_uid="1.2", affected_sop_instance_uid="1.3", event_type_id=2),
        True,
        "0000 0000 04000000 40000000 0000 0200 04000000 312e3200 0000 0001 02000000 0001 0000 1001 02000000 0500 "
        "0000 0008 02000000 0100 0000 0010 04000000 312e3300 0000 0210 02000000 0200",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("message", "has_data_set", "golden"), GOLDENS, ids=[message.command_field.name for message, _, _ in GOLDENS])
def test_net_12_net_14_byte_goldens(message: Message, has_data_set: bool, golden: str) -> None:
    data = bytes.fromhex(golden)
    assert serialize_command(message, has_data_set=has_data_set) == data
    assert parse_command(data) == (message, has_data_set)
    assert int.from_bytes(data[8:12], "little") == len(data) - 12
