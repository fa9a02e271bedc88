"""Each PDU and item of the Upper Layer, byte by byte as PS3.8 9.3 and PS3.7 Annex D.3.3 have them. Rows NET-2, NET-3, NET-4."""

from __future__ import annotations

import pytest

from dicomkit.network.ul import (
    APPLICATION_CONTEXT_NAME,
    PROTOCOL_VERSION,
    AbortPDU,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    AsynchronousOperationsWindow,
    PDUType,
    PresentationContext,
    PresentationContextResult,
    ReleaseRequest,
    ReleaseResponse,
    RoleSelection,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentity,
    UserIdentityType,
    UserInformation,
    parse_pdu,
)
from dicomkit.network.ul.pdu import serialize_data_header

CT = "1.2.840.10008.5.1.4.1.1.2"
SHORT = {
    "A-ASSOCIATE-RJ, Table 9-21": (AssociateReject(1, 1, 7), "03 00 00000004 00 01 01 07"),
    "A-ASSOCIATE-RJ, transient": (AssociateReject(2, 3, 2), "03 00 00000004 00 02 03 02"),
    "A-RELEASE-RQ, Table 9-24": (ReleaseRequest(), "05 00 00000004 00000000"),
    "A-RELEASE-RP, Table 9-25": (ReleaseResponse(), "06 00 00000004 00000000"),
    "A-ABORT, Table 9-26, user": (AbortPDU(0, 0), "07 00 00000004 00 00 00 00"),
    "A-ABORT, Table 9-26, provider": (AbortPDU(2, 6), "07 00 00000004 00 00 02 06"),
}
REQUEST = AssociateRequest(
    "STORESCP",
    "ME",
    (PresentationContext(1, "1.2.840.10008.1.1", ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")), PresentationContext(255, CT, ("1.2",))),
    UserInformation(16384, "1.2.3", "NAME_1"),
)
REQUEST_BYTES = (
    "01 00 000000F1"
    "0001 0000"
    "53544F52455343502020202020202020"  # Called-AE-title
    "4D452020202020202020202020202020"  # Calling-AE-title
    + 32 * "00"
    + "10 00 0015" + b"1.2.840.10008.3.1.1.1".hex()
    + "20 00 0045 01 00 00 00"
    + "30 00 0011" + b"1.2.840.10008.1.1".hex()
    + "40 00 0013" + b"1.2.840.10008.1.2.1".hex()
    + "40 00 0011" + b"1.2.840.10008.1.2".hex()
    + "20 00 0028 FF 00 00 00"
    + "30 00 0019" + CT.encode().hex()
    + "40 00 0003" + b"1.2".hex()
    + "50 00 001B"
    + "51 00 0004 00004000"
    + "52 00 0005" + b"1.2.3".hex()
    + "55 00 0006" + b"NAME_1".hex()
)
ACCEPT = AssociateAccept(
    (PresentationContextResult(1, 0, "1.2.840.10008.1.2"), PresentationContextResult(255, 3, "1.2")),
    UserInformation(0, "1.2.3"),
    "STORESCP",
    "ME",
)
ACCEPT_BYTES = (
    "02 00 0000009E"
    "0001 0000"
    "53544F52455343502020202020202020"
    "4D452020202020202020202020202020"
    + 32 * "00"
    + "10 00 0015" + b"1.2.840.10008.3.1.1.1".hex()
    + "21 00 0019 01 00 00 00"
    + "40 00 0011" + b"1.2.840.10008.1.2".hex()
    + "21 00 000B FF 00 03 00"
    + "40 00 0003" + b"1.2".hex()
    + "50 00 0011"
    + "51 00 0004 00000000"
    + "52 00 0005" + b"1.2.3".hex()
)
# The sub-items that PS3.7 Annex D.3.3 adds, each alone.
SUB_ITEMS = {
    "D.3.3.3 asynchronous operations": ({"asynchronous_operations": AsynchronousOperationsWindow(5, 0)}, "53 00 0004 0005 0000"),
    "D.3.3.4 role selection": ({"roles": (RoleSelection(CT, False, True),)}, "54 00 001D 0019" + CT.encode().hex() + "00 01"),
    "D.3.3.5 extended negotiation": (
        {"sop_class_extended": (SOPClassExtendedNegotiation(CT, b"\2\0\3"),)},
        "56 00 001E 0019" + CT.encode().hex() + "02 00 03",
    ),
    "D.3.3.6 common extended negotiation": (
        {"sop_class_common_extended": (SOPClassCommonExtendedNegotiation(CT, "1.2.840.10008.4.2", ("1.2", "1.2.3")),)},
        "57 00 003C 0019" + CT.encode().hex() + "0011" + b"1.2.840.10008.4.2".hex() + "000C 0003" + b"1.2".hex() + "0005" + b"1.2.3".hex(),
    ),
    "D.3.3.7.1 user identity, name": ({"user_identity": UserIdentity(1, b"me")}, "58 00 0008 01 00 0002 6D65 0000"),
    "D.3.3.7.1 user identity, passcode": (
        {"user_identity": UserIdentity(UserIdentityType.USERNAME_AND_PASSCODE, b"me", b"pw", True)},
        "58 00 000A 02 01 0002 6D65 0002 7077",
    ),
    "D.3.3.7.1 user identity, token": ({"user_identity": UserIdentity(UserIdentityType.JWT, b"a.b")}, "58 00 0009 05 01 0003 612E62 0000"),
    "D.3.3.7.2 server response": ({"user_identity_response": b"ok"}, "59 00 0004 0002 6F6B"),
}


def from_hex(text):
    return bytes.fromhex(text)


@pytest.mark.parametrize(("pdu", "text"), SHORT.values(), ids=SHORT)
def test_pdus_of_four_bytes(pdu, text):
    # NET-3
    data = from_hex(text)
    assert pdu.serialize() == data
    assert parse_pdu(PDUType(data[0]), data[6:]) == pdu


@pytest.mark.parametrize(("pdu", "text"), [(REQUEST, REQUEST_BYTES), (ACCEPT, ACCEPT_BYTES)], ids=["A-ASSOCIATE-RQ", "A-ASSOCIATE-AC"])
def test_associate_pdus(pdu, text):
    # NET-3
    data = from_hex(text)
    assert pdu.serialize().hex(" ") == data.hex(" ")
    assert parse_pdu(PDUType(data[0]), data[6:]) == pdu


def test_the_header_of_a_p_data_tf():
    # NET-3: Tables 9-22 and 9-23, and Annex E.2: command or data set, last or not.
    assert serialize_data_header(1, 3, 4) == from_hex("04 00 0000000A 00000006 01 03")
    assert serialize_data_header(255, 0, 16378) == from_hex("04 00 00004000 00003FFC FF 00")


@pytest.mark.parametrize(("fields", "text"), SUB_ITEMS.values(), ids=SUB_ITEMS)
def test_user_information_sub_items(fields, text):
    # NET-4
    information = UserInformation(16384, "1.2.3", **fields)
    value = b"".join(information.serialize())
    assert value.hex(" ") == (from_hex("51 00 0004 00004000 52 00 0005" + b"1.2.3".hex() + text)).hex(" ")
    assert UserInformation.parse(memoryview(value)) == information


def test_positive_response_is_asked_for_by_default_for_what_is_not_a_name():
    wanted = {kind.name: UserIdentity(kind, b"x").is_response_requested for kind in UserIdentityType}
    assert wanted == {"USERNAME": False, "USERNAME_AND_PASSCODE": False, "KERBEROS": True, "SAML": True, "JWT": True}


def test_constants():
    # NET-2
    assert APPLICATION_CONTEXT_NAME == "1.2.840.10008.3.1.1.1"
    assert PROTOCOL_VERSION == 1
    assert {kind.label: kind.value for kind in PDUType} == {
        "A-ASSOCIATE-RQ": 1,
        "A-ASSOCIATE-AC": 2,
        "A-ASSOCIATE-RJ": 3,
        "P-DATA-TF": 4,
        "A-RELEASE-RQ": 5,
        "A-RELEASE-RP": 6,
        "A-ABORT": 7,
    }
