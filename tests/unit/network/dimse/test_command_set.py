from __future__ import annotations

import struct

import pytest

from dicomkit.network.dimse import (
    CEchoRequest,
    CFindRequest,
    CGetResponse,
    CMoveRequest,
    CStoreRequest,
    CStoreResponse,
    DIMSEPriority,
    DIMSEStatus,
    Message,
    NGetRequest,
    Response,
    parse_command,
    serialize_command,
)
from dicomkit.network.errors import LocalProtocolError, NetworkEncodingError, RemoteProtocolError

CLASS = "1.2.840.10008.5.1.4.1.1.2"
ECHO = CEchoRequest(message_id=1)


def element(number: int, value: bytes, group: int = 0) -> bytes:
    return struct.pack("<HHI", group, number, len(value)) + value


def number(element_number: int, value: int) -> bytes:
    return element(element_number, struct.pack("<H", value))


def get(tag: int) -> NGetRequest:
    return NGetRequest(message_id=1, requested_sop_class_uid=CLASS, requested_sop_instance_uid="1", attribute_identifier_list=(tag,))


ECHO_ELEMENTS = [element(0x0002, b"1.2.840.10008.1.1\0"), number(0x0100, 0x0030), number(0x0110, 1), number(0x0800, 0x0101)]


def test_net_12_group_length_comes_first_and_is_computed() -> None:
    data = serialize_command(ECHO, has_data_set=False)
    assert data == element(0, struct.pack("<I", len(b"".join(ECHO_ELEMENTS)))) + b"".join(ECHO_ELEMENTS)


@pytest.mark.parametrize(
    "group_length", [b"", element(0, struct.pack("<I", 0)), element(0, struct.pack("<I", 0xFFFFFFFF)), element(0, b"")]
)
def test_net_12_the_group_length_is_not_trusted(group_length: bytes) -> None:
    assert parse_command(group_length + b"".join(ECHO_ELEMENTS)) == (ECHO, False)


@pytest.mark.parametrize("data_set_type", [0x0000, 0x0001, 0x0100, 0x0102, 0xFFFF])
def test_net_12_all_values_but_0101_announce_a_data_set(data_set_type: int) -> None:
    assert parse_command(b"".join(ECHO_ELEMENTS[:3]) + number(0x0800, data_set_type))[1] is True


def test_elements_that_a_message_does_not_have_are_ignored() -> None:
    retired = number(0x0850, 3) + element(0x5010, b"x ") + element(0x1000, b"1.2\0")
    assert parse_command(b"".join(ECHO_ELEMENTS) + retired) == (ECHO, False)


def test_padding_of_either_kind_is_taken_off() -> None:
    for padded in (b"1.2.840.10008.1.1\0", b"1.2.840.10008.1.1 ", b"1.2.840.10008.1.1", b"1.2.840.10008.1.1\0\0\0"):
        assert parse_command(element(0x0002, padded) + b"".join(ECHO_ELEMENTS[1:])) == (ECHO, False)


def test_what_is_missing_is_empty() -> None:
    store = number(0x0100, 1) + number(0x0110, 9) + number(0x0800, 1)
    assert parse_command(store) == (CStoreRequest(message_id=9, affected_sop_class_uid="", affected_sop_instance_uid=""), True)
    response = number(0x0100, 0x8001) + number(0x0120, 9) + number(0x0800, 0x0101) + number(0x0900, 0xB000)
    assert parse_command(response) == (CStoreResponse(message_id_being_responded_to=9, status=DIMSEStatus(0xB000)), False)


def test_a_uid_that_is_none_is_kept_for_the_service_to_judge() -> None:
    data = number(0x0100, 1) + number(0x0110, 9) + number(0x0800, 1) + element(0x1000, b"../\xe9\0x")
    message, _ = parse_command(data)
    assert isinstance(message, CStoreRequest)
    assert message.affected_sop_instance_uid == "../\xe9\0x"


def test_an_unknown_priority_is_kept() -> None:
    data = number(0x0100, 1) + number(0x0110, 9) + number(0x0800, 1)
    assert parse_command(data + number(0x0700, 2))[0].priority is DIMSEPriority.LOW  # type: ignore[union-attr]
    assert parse_command(data + number(0x0700, 77))[0].priority == 77  # type: ignore[union-attr]


def test_what_orthanc_could_not_send_stands_behind_its_command() -> None:
    command = serialize_command(CGetResponse(message_id_being_responded_to=1, status=DIMSEStatus.CANNOT_UNDERSTAND), has_data_set=False)
    length = element(0, struct.pack("<I", 8), group=8)
    message, has_data_set = parse_command(command + length + element(0x0058, b"1.2.3\\1.2.4\0", group=8))
    assert (message.failed_sop_instance_uid_list, has_data_set) == (("1.2.3", "1.2.4"), False)  # type: ignore[union-attr]
    with pytest.raises(NetworkEncodingError, match="Identifier"):
        serialize_command(message, has_data_set=False)


def test_elements_of_other_groups_are_ignored() -> None:
    assert parse_command(b"".join(ECHO_ELEMENTS) + element(0x0100, b"ab", group=0x0008)) == (ECHO, False)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "without Command Field"),
        (b"\0" * 7, "ends within an element"),
        (element(0x0002, b"1.2\0")[:-1], "longer than the command set"),
        (struct.pack("<HHI", 0, 2, 0xFFFFFFFF), "longer than the command set"),
        (element(0x0010, b"ab", group=0x0008), "without Command Field"),
        (b"".join(ECHO_ELEMENTS[2:]), "without Command Field"),
        (number(0x0100, 0x0002), "unknown Command Field 0002"),
        (ECHO_ELEMENTS[1] + ECHO_ELEMENTS[3], "without Message ID"),
        (ECHO_ELEMENTS[1] + ECHO_ELEMENTS[2], "without Command Data Set Type"),
        (number(0x0100, 0x8030) + number(0x0800, 0x0101) + number(0x0900, 0), "without Message ID Being Responded To"),
        (number(0x0100, 0x8030) + number(0x0800, 0x0101) + number(0x0120, 1), "without Status"),
        (number(0x0100, 0x8030) + number(0x0800, 0x0101) + number(0x0120, 1) + element(0x0900, b""), "without Status"),
        (element(0x0100, b"\x30"), "has 1 bytes, not 2"),
        (element(0x0100, b"\x30\0\0\0"), "has 4 bytes, not 2"),
        (number(0x0100, 0x8001) + number(0x0800, 0x0101) + number(0x0120, 1) + element(0x0901, b"ab"), "tags"),
        (b"\0\0\0\1UI\2\0001", "longer than the command set"),  # Explicit VR
    ],
)
def test_what_is_no_command_set(data: bytes, problem: str) -> None:
    with pytest.raises(RemoteProtocolError, match=problem):
        parse_command(data)


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (CEchoRequest(message_id=0x10000), "16 bits"),
        (CEchoRequest(message_id=-1), "16 bits"),
        (CFindRequest(message_id=1, affected_sop_class_uid="1" * 65), "UID"),
        (CFindRequest(message_id=1, affected_sop_class_uid="1.2/3"), "UID"),
        (CFindRequest(message_id=1, affected_sop_class_uid=CLASS + "\0"), "UID"),
        (CMoveRequest(message_id=1, affected_sop_class_uid=CLASS, move_destination="A" * 17), "AE title"),
        (CMoveRequest(message_id=1, affected_sop_class_uid=CLASS, move_destination="A\\B"), "AE title"),
        (CMoveRequest(message_id=1, affected_sop_class_uid=CLASS, move_destination="A\nB"), "AE title"),
        (get(-1), "tag"),
        (get(1 << 32), "tag"),
    ],
)
def test_what_cannot_stand_in_a_command_set(message: Message, problem: str) -> None:
    with pytest.raises(NetworkEncodingError, match=problem) as caught:
        serialize_command(message, has_data_set=False)
    assert isinstance(caught.value, LocalProtocolError)


def test_a_comment_is_cut_to_64_characters_of_the_default_repertoire() -> None:
    response = CStoreResponse(message_id_being_responded_to=1, status=DIMSEStatus(0xC000), error_comment="ü" + "x" * 80)
    message, _ = parse_command(serialize_command(response, has_data_set=False))
    assert isinstance(message, CStoreResponse)
    assert message.error_comment == "?" + "x" * 63


def test_offending_elements_are_tags() -> None:
    response = CStoreResponse(message_id_being_responded_to=1, status=DIMSEStatus(0xC000), offending_element=(0x00100010, 0x7FE00010))
    data = serialize_command(response, has_data_set=False)
    assert element(0x0901, bytes.fromhex("1000 1000 e07f 1000")) in data
    assert parse_command(data) == (response, False)


def test_a_comment_cannot_command_a_terminal() -> None:
    comment = element(0x0902, b"\x1b[2J\x9b31mdisk\r\nfull \0")
    data = number(0x0100, 0x8030) + number(0x0120, 1) + number(0x0800, 0x0101) + number(0x0900, 0xA700) + comment
    message, _ = parse_command(data)
    assert isinstance(message, Response)
    assert message.error_comment == "[2J 31mdisk  full"
