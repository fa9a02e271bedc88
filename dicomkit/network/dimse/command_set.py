"""Command sets, from messages to bytes and back (PS3.7 6.3, Annex E).

They are small and flat, and always Implicit VR Little Endian. Each instance that is stored takes one each way, so the codec is its own:
a data set would cost several times as much.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from dicomkit.network.dimse.messages import MESSAGES, DIMSEPriority, Message, is_sendable_uid
from dicomkit.network.dimse.status import DIMSEStatus
from dicomkit.network.errors import NetworkDecodingError, NetworkEncodingError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["NO_DATA_SET", "parse_command", "serialize_command"]

NO_DATA_SET = 0x0101
"""Command Data Set Type (0000,0800) of a message without data set; every other value announces one."""

HAS_DATA_SET = 0x0001
COMMAND_FIELD = 0x0100
COMMAND_DATA_SET_TYPE = 0x0800
MAXIMUM_TITLE_LENGTH = 16
MAXIMUM_COMMENT_LENGTH = 64
_HEADER = struct.Struct("<HHI")
_NUMBER = struct.Struct("<H")
_GROUP_LENGTH = struct.Struct("<HHII")


def _serialize_uid(uid: str) -> bytes:
    if not is_sendable_uid(uid):
        raise NetworkEncodingError("a UID has up to 64 digits and dots")
    return uid.encode("ascii") + b"\0" * (len(uid) % 2)


def _serialize_title(title: str) -> bytes:
    if len(title) > MAXIMUM_TITLE_LENGTH or not title.isascii() or not title.isprintable() or "\\" in title:
        raise NetworkEncodingError("an AE title has up to 16 printable ASCII characters")
    return title.encode("ascii") + b" " * (len(title) % 2)


def _serialize_comment(comment: str) -> bytes:
    # Command sets have the default repertoire, in which a comment may be cut; it is for people.
    data = comment.encode("ascii", "replace")[:MAXIMUM_COMMENT_LENGTH]
    return data + b" " * (len(data) % 2)


def _serialize_number(number: int) -> bytes:
    try:
        return _NUMBER.pack(number)
    except struct.error:
        raise NetworkEncodingError("a number of a command set has 16 bits") from None


def _serialize_tags(tags: Iterable[int]) -> bytes:
    try:
        return b"".join(struct.pack("<HH", tag >> 16, tag & 0xFFFF) for tag in tags)
    except struct.error:
        raise NetworkEncodingError("a tag has 32 bits") from None


def _parse_text(data: bytes) -> str:
    # As it stands but for the padding: who uses it judges it. NULs pad UIDs, and spaces everything else, but peers mix them up.
    return data.decode("latin-1").strip("\0 ")


def _parse_uids(data: bytes) -> tuple[str, ...]:
    return tuple(uid for uid in map(_parse_text, data.split(b"\\")) if uid)


def _refuse_uids(uids: tuple[str, ...]) -> bytes:
    if uids:
        raise NetworkEncodingError("a list of what failed stands in an Identifier")
    return b""


def _parse_comment(data: bytes) -> str:
    # It ends up in logs and on terminals, which obey some characters.
    return "".join(character if character.isprintable() else " " for character in data.decode("latin-1")).strip()


def _parse_number(data: bytes) -> int | None:
    if len(data) == 2:
        return data[0] | data[1] << 8
    if not data:
        return None
    raise NetworkDecodingError(f"a number of a command set has {len(data)} bytes, not 2")


def _parse_status(data: bytes) -> DIMSEStatus | None:
    number = _parse_number(data)
    return None if number is None else DIMSEStatus(number)


def _parse_priority(data: bytes) -> int:
    number = _parse_number(data) or 0
    return DIMSEPriority(number) if number in _PRIORITIES else number


def _parse_tags(data: bytes) -> tuple[int, ...]:
    if len(data) % 4:
        raise NetworkDecodingError(f"tags of a command set have {len(data)} bytes, not 4 each")
    return tuple(group << 16 | element for group, element in struct.iter_unpack("<HH", data))


class Kind(NamedTuple):
    """How the values of a VR are written and read, and what stands for none."""

    serialize: Callable[[Any], bytes]
    parse: Callable[[bytes], object]
    empty: object


_UI = Kind(_serialize_uid, _parse_text, "")
_AE = Kind(_serialize_title, _parse_text, "")
_LO = Kind(_serialize_comment, _parse_comment, "")
_UIS = Kind(_refuse_uids, _parse_uids, ())
_AT = Kind(_serialize_tags, _parse_tags, ())
_US = Kind(_serialize_number, _parse_number, None)
_STATUS = Kind(_serialize_number, _parse_status, None)
_PRIORITY = Kind(_serialize_number, _parse_priority, DIMSEPriority.MEDIUM)
_PRIORITIES = frozenset(DIMSEPriority)

# PS3.7 E.1-1, by the names that fields of messages have.
ELEMENTS = {
    "affected_sop_class_uid": (0x0002, _UI),
    "requested_sop_class_uid": (0x0003, _UI),
    "command_field": (0x0100, _US),
    "message_id": (0x0110, _US),
    "message_id_being_responded_to": (0x0120, _US),
    "move_destination": (0x0600, _AE),
    "priority": (0x0700, _PRIORITY),
    "command_data_set_type": (0x0800, _US),
    "status": (0x0900, _STATUS),
    "offending_element": (0x0901, _AT),
    "error_comment": (0x0902, _LO),
    "error_id": (0x0903, _US),
    "affected_sop_instance_uid": (0x1000, _UI),
    "requested_sop_instance_uid": (0x1001, _UI),
    "event_type_id": (0x1002, _US),
    "attribute_identifier_list": (0x1005, _AT),
    "action_type_id": (0x1008, _US),
    "number_of_remaining_suboperations": (0x1020, _US),
    "number_of_completed_suboperations": (0x1021, _US),
    "number_of_failed_suboperations": (0x1022, _US),
    "number_of_warning_suboperations": (0x1023, _US),
    "move_originator_application_entity_title": (0x1030, _AE),
    "move_originator_message_id": (0x1031, _US),
    "failed_sop_instance_uid_list": (0x00080058, _UIS),
}
# Without these a message cannot be answered, or not be matched with what it answers. What else is missing is for the service to judge.
_REQUIRED = (("message_id", "Message ID"), ("message_id_being_responded_to", "Message ID Being Responded To"), ("status", "Status"))


class Element(NamedTuple):
    """An element of a command set, and the field of the message that it holds."""

    number: int
    name: str
    kind: Kind


def _elements_of(kind: type[Message]) -> tuple[Element, ...]:
    """The elements of a command set in ascending order (PS3.7 6.3.1)."""
    names = ("command_field", "command_data_set_type", *(field.name for field in fields(kind)))
    return tuple(sorted(Element(ELEMENTS[name][0], name, ELEMENTS[name][1]) for name in names))


_LAYOUTS = {number: _elements_of(kind) for number, kind in MESSAGES.items()}
_NO_FIELDS = ("command_field", "command_data_set_type")
_FIELDS = {number: tuple(element for element in layout if element.name not in _NO_FIELDS) for number, layout in _LAYOUTS.items()}
# What the fields are as long as the command set has not said otherwise.
_EMPTY: dict[int, dict[str, Any]] = {number: {name: kind.empty for _, name, kind in layout} for number, layout in _FIELDS.items()}


def serialize_command(message: Message, *, has_data_set: bool) -> bytes:
    """Return the command set of a message (PS3.7 6.3).

    Parameters
    ----------
    message
        The message. Fields that are empty are left out.
    has_data_set
        Whether a data set follows it.

    Raises
    ------
    NetworkEncodingError
        If a value cannot stand in a command set.
    """
    parts = [b""]
    length = 0
    for number, name, kind in _LAYOUTS[message.command_field]:
        if number == COMMAND_DATA_SET_TYPE:
            value = HAS_DATA_SET if has_data_set else NO_DATA_SET
        else:
            value = getattr(message, name)
            if value is None:
                continue
        data = kind.serialize(value)
        if data:
            parts.append(_HEADER.pack(0, number, len(data)))
            parts.append(data)
            length += 8 + len(data)
    parts[0] = _GROUP_LENGTH.pack(0, 0, 4, length)
    return b"".join(parts)


def parse_command(data: Buffer) -> tuple[Message, bool]:
    """Return the message of a command set, and whether a data set follows it.

    The group length is not looked at: some peers leave it out, others are wrong. Elements that the message doesn't have are ignored, those
    of other groups too.

    Raises
    ------
    NetworkDecodingError
        If it is no command set, or lacks what is needed to answer it.
    """
    elements = _parse_elements(bytes(data))
    number = _parse_number(elements.get(COMMAND_FIELD, b""))
    kind = None if number is None else MESSAGES.get(number)
    if kind is None:
        raise NetworkDecodingError("a command set without Command Field" if number is None else f"unknown Command Field {number:04X}")
    data_set_type = _parse_number(elements.get(COMMAND_DATA_SET_TYPE, b""))
    if data_set_type is None:
        raise NetworkDecodingError("a command set without Command Data Set Type")
    values = _EMPTY[kind.command_field].copy()
    for element, name, (_, parse, _) in _FIELDS[kind.command_field]:
        value = elements.get(element)
        if value is not None:
            values[name] = parse(value)
    for name, words in _REQUIRED:
        if name in values and values[name] is None:
            raise NetworkDecodingError(f"a command set without {words}")
    return kind(**values), data_set_type != NO_DATA_SET


def _parse_elements(data: bytes) -> dict[int, bytes]:
    """The values of a command set by tag."""
    elements = {}
    offset, end = 0, len(data)
    while offset < end:
        if end - offset < _HEADER.size:
            raise NetworkDecodingError("a command set ends within an element")
        group, number, length = _HEADER.unpack_from(data, offset)
        offset += _HEADER.size
        if length > end - offset:
            raise NetworkDecodingError("an element of a command set is longer than the command set")
        elements[group << 16 | number] = data[offset : offset + length]
        offset += length
    return elements
