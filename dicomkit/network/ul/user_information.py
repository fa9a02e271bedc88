"""User information: what both sides say about themselves when they associate (PS3.7 Annex D.3.3, PS3.8 Annex D)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from dicomkit.network.errors import InvalidPDUError, NetworkEncodingError
from dicomkit.network.ul.items import FieldReader, iterate_items, serialize_field, serialize_item, serialize_uid, uid_text

__all__ = [
    "DEFAULT_MAXIMUM_LENGTH",
    "AsynchronousOperationsWindow",
    "RoleSelection",
    "SOPClassCommonExtendedNegotiation",
    "SOPClassExtendedNegotiation",
    "UserIdentity",
    "UserIdentityType",
    "UserInformation",
]

DEFAULT_MAXIMUM_LENGTH = 16384
"""The maximum length that nearly everybody announces, and that is assumed of peers that announce none."""

LEAST_MAXIMUM_LENGTH = 8
"""A P-DATA-TF must be able to carry one PDV of two bytes: a data set has an even number of them."""

LONG = Struct(">I")
WINDOW = Struct(">HH")


class SubItem(IntEnum):
    """The types of the sub-items."""

    MAXIMUM_LENGTH = 0x51
    IMPLEMENTATION_CLASS_UID = 0x52
    ASYNCHRONOUS_OPERATIONS = 0x53
    ROLE_SELECTION = 0x54
    IMPLEMENTATION_VERSION_NAME = 0x55
    EXTENDED_NEGOTIATION = 0x56
    COMMON_EXTENDED_NEGOTIATION = 0x57
    USER_IDENTITY = 0x58
    USER_IDENTITY_RESPONSE = 0x59


@dataclass(frozen=True, slots=True)
class AsynchronousOperationsWindow:
    """How many operations may be outstanding at once; 0 is any number (PS3.7 D.3.3.3).

    Attributes
    ----------
    invoked
        Those that the association's requestor invokes.
    performed
        Those that it performs.
    """

    invoked: int = 1
    performed: int = 1

    def serialize(self) -> bytes:
        """Return the sub-item."""
        return serialize_item(SubItem.ASYNCHRONOUS_OPERATIONS, WINDOW.pack(self.invoked, self.performed))

    @classmethod
    def parse(cls, value: memoryview) -> AsynchronousOperationsWindow:
        """Return what the value of a sub-item says."""
        fields = FieldReader(SubItem.ASYNCHRONOUS_OPERATIONS, value)
        return cls(fields.read_number(2), fields.read_number(2))


@dataclass(frozen=True, slots=True)
class RoleSelection:
    """Which roles the association's requestor has for a SOP class (PS3.7 D.3.3.4): C-GET needs the SCP role for storage classes."""

    sop_class_uid: str
    is_scu: bool = True
    is_scp: bool = False

    def serialize(self) -> bytes:
        """Return the sub-item."""
        return serialize_item(SubItem.ROLE_SELECTION, serialize_field(serialize_uid(self.sop_class_uid)), bytes((self.is_scu, self.is_scp)))

    @classmethod
    def parse(cls, value: memoryview) -> RoleSelection:
        """Return what the value of a sub-item says."""
        fields = FieldReader(SubItem.ROLE_SELECTION, value)
        return cls(fields.read_uid(), fields.read_number(1) != 0, fields.read_number(1) != 0)


@dataclass(frozen=True, slots=True)
class SOPClassExtendedNegotiation:
    """Service class application information for a SOP class (PS3.7 D.3.3.5); what it means is in PS3.4."""

    sop_class_uid: str
    information: bytes

    def serialize(self) -> bytes:
        """Return the sub-item."""
        return serialize_item(SubItem.EXTENDED_NEGOTIATION, serialize_field(serialize_uid(self.sop_class_uid)), self.information)

    @classmethod
    def parse(cls, value: memoryview) -> SOPClassExtendedNegotiation:
        """Return what the value of a sub-item says."""
        fields = FieldReader(SubItem.EXTENDED_NEGOTIATION, value)
        return cls(fields.read_uid(), bytes(fields.read_rest()))


@dataclass(frozen=True, slots=True)
class SOPClassCommonExtendedNegotiation:
    """The service class of a SOP class, and the classes that it specializes (PS3.7 D.3.3.6). Only a requestor sends it."""

    sop_class_uid: str
    service_class_uid: str
    related_general_sop_class_uids: tuple[str, ...] = ()

    def serialize(self) -> bytes:
        """Return the sub-item, of version 0."""
        related = b"".join(serialize_field(serialize_uid(uid)) for uid in self.related_general_sop_class_uids)
        return serialize_item(
            SubItem.COMMON_EXTENDED_NEGOTIATION,
            serialize_field(serialize_uid(self.sop_class_uid)),
            serialize_field(serialize_uid(self.service_class_uid)),
            serialize_field(related),
        )

    @classmethod
    def parse(cls, value: memoryview) -> SOPClassCommonExtendedNegotiation:
        """Return what the value of a sub-item says; what later versions put at its end is skipped."""
        fields = FieldReader(SubItem.COMMON_EXTENDED_NEGOTIATION, value)
        sop_class_uid, service_class_uid = fields.read_uid(), fields.read_uid()
        related = FieldReader(SubItem.COMMON_EXTENDED_NEGOTIATION, fields.read_field())
        uids = []
        while related.has_more:
            uids.append(related.read_uid())
        return cls(sop_class_uid, service_class_uid, tuple(uids))


class UserIdentityType(IntEnum):
    """What identifies a user (PS3.7 Table D.3-14)."""

    USERNAME = 1
    USERNAME_AND_PASSCODE = 2
    KERBEROS = 3
    SAML = 4
    JWT = 5


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """Who associates (PS3.7 D.3.3.7).

    Parameters
    ----------
    type
        A :class:`UserIdentityType`, or a number that a later edition of the Standard gives a meaning.
    primary_field
        The user's name in UTF-8, the Kerberos ticket, the SAML assertion or the JSON web token.
    secondary_field
        The passcode in UTF-8, if the type has one.
    is_response_requested
        Whether the peer shall answer it; by default for tickets, assertions and tokens, not for names.
    """

    type: int
    primary_field: bytes
    secondary_field: bytes = b""
    is_response_requested: bool | None = None

    def __post_init__(self) -> None:
        if self.is_response_requested is None:
            object.__setattr__(self, "is_response_requested", self.type >= UserIdentityType.KERBEROS)

    def serialize(self) -> bytes:
        """Return the sub-item."""
        head = bytes((self.type, bool(self.is_response_requested)))
        return serialize_item(SubItem.USER_IDENTITY, head, serialize_field(self.primary_field), serialize_field(self.secondary_field))

    @classmethod
    def parse(cls, value: memoryview) -> UserIdentity:
        """Return what the value of a sub-item says."""
        fields = FieldReader(SubItem.USER_IDENTITY, value)
        identity_type, wants_response = fields.read_bytes(2)
        primary = bytes(fields.read_field())
        # Some leave away the length of a secondary field that there is none of.
        secondary = bytes(fields.read_field()) if fields.has_more else b""
        return cls(identity_type, primary, secondary, wants_response != 0)

    def __repr__(self) -> str:
        # Names, passcodes and tokens stay out of logs and tracebacks.
        return f"UserIdentity(type={self.type!r}, is_response_requested={self.is_response_requested!r})"


@dataclass(frozen=True, slots=True)
class UserInformation:
    """The user information item of an A-ASSOCIATE-RQ or -AC.

    Attributes
    ----------
    maximum_length
        The longest P-DATA-TF that the sender wants to receive, in bytes after its PDU-length; 0 is any length (PS3.8 D.1).
    implementation_class_uid, implementation_version_name
        What it is (PS3.7 D.3.3.2).
    asynchronous_operations
        None: one operation at a time.
    roles, sop_class_extended, sop_class_common_extended
        What is negotiated for single SOP classes.
    user_identity
        Only in a request.
    user_identity_response
        Only in an acceptance: the server response, or None.
    """

    maximum_length: int = DEFAULT_MAXIMUM_LENGTH
    implementation_class_uid: str = ""
    implementation_version_name: str = ""
    asynchronous_operations: AsynchronousOperationsWindow | None = None
    roles: tuple[RoleSelection, ...] = ()
    sop_class_extended: tuple[SOPClassExtendedNegotiation, ...] = ()
    sop_class_common_extended: tuple[SOPClassCommonExtendedNegotiation, ...] = ()
    user_identity: UserIdentity | None = None
    user_identity_response: bytes | None = None

    def serialize(self) -> list[bytes]:
        """Return the sub-items, in the order of their types."""
        if not 0 <= self.maximum_length <= 0xFFFFFFFF:
            raise NetworkEncodingError(f"the maximum length is from 0 to 4,294,967,295, not {self.maximum_length:,}")
        parts = [serialize_item(SubItem.MAXIMUM_LENGTH, LONG.pack(self.maximum_length))]
        parts.append(serialize_item(SubItem.IMPLEMENTATION_CLASS_UID, serialize_uid(self.implementation_class_uid)))
        if self.asynchronous_operations is not None:
            parts.append(self.asynchronous_operations.serialize())
        parts += [role.serialize() for role in self.roles]
        if self.implementation_version_name:
            parts.append(serialize_item(SubItem.IMPLEMENTATION_VERSION_NAME, serialize_uid(self.implementation_version_name[:16])))
        parts += [item.serialize() for item in self.sop_class_extended]
        parts += [item.serialize() for item in self.sop_class_common_extended]
        if self.user_identity is not None:
            parts.append(self.user_identity.serialize())
        if self.user_identity_response is not None:
            parts.append(serialize_item(SubItem.USER_IDENTITY_RESPONSE, serialize_field(self.user_identity_response)))
        return parts

    @classmethod
    def parse(cls, value: memoryview) -> UserInformation:
        """Return what the value of the item says; unknown sub-items are skipped (PS3.8 9.3.1), of doubled ones the last counts."""
        found = _Collected()
        for item_type, item in iterate_items(value):
            found.add(item_type, item)
        return cls(
            found.maximum_length,
            found.class_uid,
            found.version_name,
            found.window,
            tuple(found.roles),
            tuple(found.extended),
            tuple(found.common_extended),
            found.identity,
            found.identity_response,
        )


class _Collected:
    """What the sub-items said so far."""

    def __init__(self) -> None:
        self.maximum_length = DEFAULT_MAXIMUM_LENGTH
        self.class_uid = ""
        self.version_name = ""
        self.window: AsynchronousOperationsWindow | None = None
        self.roles: list[RoleSelection] = []
        self.extended: list[SOPClassExtendedNegotiation] = []
        self.common_extended: list[SOPClassCommonExtendedNegotiation] = []
        self.identity: UserIdentity | None = None
        self.identity_response: bytes | None = None

    def add(self, item_type: int, item: memoryview) -> None:
        match item_type:
            case SubItem.MAXIMUM_LENGTH:
                self.maximum_length = _parse_maximum_length(item)
            case SubItem.IMPLEMENTATION_CLASS_UID:
                self.class_uid = uid_text(item)
            case SubItem.ASYNCHRONOUS_OPERATIONS:
                self.window = AsynchronousOperationsWindow.parse(item)
            case SubItem.ROLE_SELECTION:
                self.roles.append(RoleSelection.parse(item))
            case SubItem.IMPLEMENTATION_VERSION_NAME:
                self.version_name = uid_text(item)
            case SubItem.EXTENDED_NEGOTIATION:
                self.extended.append(SOPClassExtendedNegotiation.parse(item))
            case SubItem.COMMON_EXTENDED_NEGOTIATION:
                self.common_extended.append(SOPClassCommonExtendedNegotiation.parse(item))
            case SubItem.USER_IDENTITY:
                self.identity = UserIdentity.parse(item)
            case SubItem.USER_IDENTITY_RESPONSE:
                self.identity_response = bytes(FieldReader(item_type, item).read_field())


def _parse_maximum_length(item: memoryview) -> int:
    maximum_length = FieldReader(SubItem.MAXIMUM_LENGTH, item).read_number(4)
    if 0 < maximum_length < LEAST_MAXIMUM_LENGTH:
        raise InvalidPDUError(f"the peer's maximum length is {maximum_length}: no message fits in that")
    return maximum_length
