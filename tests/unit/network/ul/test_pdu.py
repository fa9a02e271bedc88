"""PDUs to bytes and back; what is wrong with others. Rows NET-3, NET-4."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.network.errors import InvalidPDUError, NetworkEncodingError
from dicomkit.network.ul import (
    AbortPDU,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    AsynchronousOperationsWindow,
    PDUType,
    PresentationContext,
    PresentationContextResult,
    RoleSelection,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentity,
    UserInformation,
    parse_pdu,
)

from ....protocol import wire

uids = st.from_regex(r"\A[1-9][0-9.]{0,61}[0-9]\Z")
titles = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=16)
numbers16 = st.integers(0, 0xFFFF)
information = st.builds(
    UserInformation,
    maximum_length=st.one_of(st.just(0), st.integers(8, 0xFFFFFFFF)),
    implementation_class_uid=uids,
    implementation_version_name=titles,
    asynchronous_operations=st.none() | st.builds(AsynchronousOperationsWindow, numbers16, numbers16),
    roles=st.lists(st.builds(RoleSelection, uids, st.booleans(), st.booleans()), max_size=3).map(tuple),
    sop_class_extended=st.lists(st.builds(SOPClassExtendedNegotiation, uids, st.binary(max_size=9)), max_size=3).map(tuple),
    sop_class_common_extended=st.lists(
        st.builds(SOPClassCommonExtendedNegotiation, uids, uids, st.lists(uids, max_size=3).map(tuple)), max_size=2
    ).map(tuple),
    user_identity=st.none() | st.builds(UserIdentity, st.integers(0, 255), st.binary(max_size=20), st.binary(max_size=20), st.booleans()),
    user_identity_response=st.none() | st.binary(max_size=20),
)
contexts = st.lists(
    st.builds(PresentationContext, st.integers(0, 127).map(lambda n: 2 * n + 1), uids, st.lists(uids, min_size=1, max_size=4).map(tuple)),
    max_size=6,
    unique_by=lambda context: context.id,
).map(tuple)
results = st.lists(st.builds(PresentationContextResult, st.integers(0, 255), st.integers(0, 255), uids), max_size=6).map(tuple)
codes = st.integers(0, 255)
pdus = st.one_of(
    st.builds(AssociateRequest, titles, titles, contexts, information, uids, st.integers(0, 0xFFFF)),
    st.builds(AssociateAccept, results, information, titles, titles, uids, st.integers(0, 0xFFFF)),
    st.builds(AssociateReject, codes, codes, codes),
    st.builds(AbortPDU, codes, codes),
)


@given(pdus)
def test_what_is_written_is_read_again(pdu):
    # NET-3
    data = pdu.serialize()
    assert int.from_bytes(data[2:6], "big") == len(data) - 6
    assert parse_pdu(PDUType(data[0]), data[6:]) == pdu


@given(st.sampled_from([kind for kind in PDUType if kind is not PDUType.P_DATA_TF]), st.binary(max_size=300))
def test_any_bytes_are_a_pdu_or_an_error(kind, body):
    with contextlib.suppress(InvalidPDUError):
        parse_pdu(kind, body)


@given(pdus, st.data())
def test_any_cut_of_a_pdu_is_a_pdu_or_an_error(pdu, data):
    # An A-ASSOCIATE PDU may end after any item.
    body = pdu.serialize()[6:]
    kind = PDUType(pdu.serialize()[0])
    with contextlib.suppress(InvalidPDUError):
        parse_pdu(kind, body[: data.draw(st.integers(0, len(body)))])


def body_of(data):
    return memoryview(data)[6:]


def test_unknown_items_are_skipped():
    # NET-4; PS3.8 9.3.1
    strange = wire.item(0x5F, b"what") + wire.maximum_length(4096) + wire.item(0xEE, b"") + wire.item(0x52, b"1.2.3")
    data = wire.associate_rq(wire.item(0x77, b"who"), wire.proposed(), information=wire.item(0x50, strange))
    request = AssociateRequest.parse(body_of(data))
    assert request.user_information == UserInformation(4096, "1.2.3")
    assert len(request.presentation_contexts) == 1


def test_padding_that_peers_add_is_taken_away():
    data = wire.associate_rq(wire.proposed(abstract=wire.VERIFICATION + b"\0", transfer=(b"1.2.840.10008.1.2 ",)), calling=b" ME\0\0")
    request = AssociateRequest.parse(body_of(data))
    assert request.presentation_contexts[0] == PresentationContext(1, "1.2.840.10008.1.1", ("1.2.840.10008.1.2",))
    assert request.calling_ae_title == "ME"


def test_titles_from_the_wire_may_be_anything_and_go_back_as_they_came():
    title = b"\x01../\xe9\\"
    request = AssociateRequest.parse(body_of(wire.associate_rq(called=title)))
    accept = AssociateAccept((), UserInformation(), request.called_ae_title, request.calling_ae_title)
    assert accept.serialize()[10:26] == title.ljust(16)


def test_without_user_information_the_usual_length_is_assumed():
    request = AssociateRequest.parse(body_of(wire.associate_rq(information=b"")))
    assert request.user_information.maximum_length == 16384


def test_a_missing_secondary_field_is_empty():
    identity = wire.item(0x58, b"\x01\x00" + wire.field(b"me"))
    request = AssociateRequest.parse(body_of(wire.associate_rq(information=wire.item(0x50, identity))))
    assert request.user_information.user_identity == UserIdentity(1, b"me")


def test_a_rejected_context_needs_no_transfer_syntax():
    accept = AssociateAccept.parse(body_of(wire.associate_ac(wire.item(0x21, b"\x01\x00\x03\x00"))))
    assert accept.presentation_contexts == (PresentationContextResult(1, 3),)


def information_with(value):
    return wire.associate_rq(information=wire.item(0x50, value))


WRONG = {
    "no fixed fields": wire.pdu(1, bytes(67)),
    "an item runs over the end": wire.pdu(1, wire.fixed() + b"\x10\x00\x00\x16" + wire.APPLICATION_CONTEXT),
    "half an item header": wire.pdu(1, wire.fixed() + b"\x10\x00"),
    "an even context ID": wire.associate_rq(wire.proposed(2)),
    "context ID 0": wire.associate_rq(wire.proposed(0)),
    "a context ID twice": wire.associate_rq(wire.proposed(3), wire.proposed(3)),
    "10,000 contexts": wire.associate_rq(*(wire.proposed(2 * (number % 128) + 1) for number in range(10_000))),
    "a context without abstract syntax": wire.associate_rq(wire.proposed(abstract=b"")),
    "a context without transfer syntax": wire.associate_rq(wire.proposed(transfer=())),
    "a context with thousands of them": wire.associate_rq(wire.proposed(transfer=(b"1",) * 5_000)),
    "an empty transfer syntax": wire.associate_rq(wire.proposed(transfer=(b"",))),
    "a context of three bytes": wire.associate_rq(wire.item(0x20, b"\1\0\0")),
    "a context whose items run over its end": wire.associate_rq(wire.item(0x20, b"\1\0\0\0\x30\0\0\x20abc")),
    "250,000 items": wire.pdu(1, wire.fixed() + wire.item(0x77, b"") * 250_000),
    "thousands of sub-items": information_with(wire.item(0x77, b"") * 16_000),
    "maximum length 1": information_with(wire.maximum_length(1)),
    "a maximum length of two bytes": information_with(wire.item(0x51, b"\x40\x00")),
    "half a window": information_with(wire.item(0x53, b"\x00\x01")),
    "a role whose UID runs over its end": information_with(wire.item(0x54, b"\x00\x09123")),
    "a role without roles": information_with(wire.item(0x54, wire.field(b"1.2"))),
    "extended negotiation without UID": information_with(wire.item(0x56, b"\x01")),
    "common extended negotiation that is cut": information_with(wire.item(0x57, wire.field(b"1.2") + wire.field(b"1.3"))),
    "related classes that run over their end": information_with(
        wire.item(0x57, wire.field(b"1.2") + wire.field(b"1.3") + wire.field(b"\x00\x09123"))
    ),
    "an identity of one byte": information_with(wire.item(0x58, b"\x01")),
    "an identity that is cut": information_with(wire.item(0x58, b"\x01\x00\x00\x09me")),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_a_wrong_request_is_an_error(data):
    with pytest.raises(InvalidPDUError) as caught:
        parse_pdu(PDUType.A_ASSOCIATE_RQ, body_of(data))
    assert caught.value.explanation
    assert not caught.value.is_retryable


@pytest.mark.parametrize("item", [b"\0\0\0", b"\1\0\0\0", b"\1\0\0\0\x40\0\0\0"], ids=["three bytes", "no syntax", "an empty syntax"])
def test_a_wrong_acceptance_is_an_error(item):
    with pytest.raises(InvalidPDUError):
        parse_pdu(PDUType.A_ASSOCIATE_AC, body_of(wire.associate_ac(wire.item(0x21, item))))


@pytest.mark.parametrize("kind", [PDUType.A_ASSOCIATE_RJ, PDUType.A_RELEASE_RQ, PDUType.A_RELEASE_RP, PDUType.A_ABORT])
@pytest.mark.parametrize("length", [0, 3, 5])
def test_a_short_pdu_has_four_bytes(kind, length):
    with pytest.raises(InvalidPDUError, match=kind.label):
        parse_pdu(kind, bytes(length))


def request_with(**changes):
    fields = {"called_ae_title": "A", "calling_ae_title": "B", "presentation_contexts": (), "user_information": UserInformation()}
    return AssociateRequest(**(fields | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"called_ae_title": "A" * 17},
        {"called_ae_title": "A\u20ac"},
        {"application_context_name": "1.\u0662"},
        {"user_information": UserInformation(1 << 32)},
        {"user_information": UserInformation(-1)},
        {"user_information": UserInformation(user_identity=UserIdentity(1, bytes(70_000)))},
        {"user_information": UserInformation(user_identity=UserIdentity(1, bytes(40_000), bytes(40_000)))},
        {"presentation_contexts": (PresentationContext(1, "1.2", ("1." + "2" * 500,) * 140),)},
    ],
    ids=["long title", "title not ASCII", "UID not ASCII", "length", "negative", "identity", "two fields", "context"],
)
def test_what_does_not_fit_cannot_be_written(changes):
    with pytest.raises(NetworkEncodingError):
        request_with(**changes).serialize()


def test_an_identity_shows_nobody():
    assert "secret" not in repr(UserInformation(user_identity=UserIdentity(2, b"secret", b"secret")))
