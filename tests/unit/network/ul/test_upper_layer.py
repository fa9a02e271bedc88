"""The machine with its bytes: framing, parts of PDVs, what is wrong with PDUs and when. Rows NET-3, NET-9, NET-11."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomkit.network.errors import InvalidPDUError, InvalidStateError, PDUTooLargeError, UnexpectedPDUTypeError
from dicomkit.network.ul import (
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    AssociationAborted,
    AssociationAccepted,
    AssociationRejected,
    AssociationRequested,
    ConnectionClosed,
    PresentationContext,
    PresentationContextResult,
    PresentationDataReceived,
    ReleaseRequested,
    Role,
    State,
    UpperLayer,
    UpperLayerLimits,
    UserInformation,
)

from ....protocol import wire

REQUEST = AssociateRequest("B", "A", (PresentationContext(1, "1.2", ("1.3",)), PresentationContext(3, "1.4", ("1.3",))), UserInformation())
ACCEPT = AssociateAccept((PresentationContextResult(1, 0, "1.3"), PresentationContextResult(3, 0, "1.3")), UserInformation())
REJECTED_3 = AssociateAccept((PresentationContextResult(1, 0, "1.3"), PresentationContextResult(3, 3)), UserInformation())


def take_events(machine):
    events = []
    while (event := machine.next_event()) is not None:
        events.append(event)
    return events


def requestor(**settings):
    machine = UpperLayer(Role.REQUESTOR, **settings)
    machine.request_association(REQUEST, 0.0)
    machine.connection_made(0.0)
    machine.data_to_send()
    return machine


def established(accept=ACCEPT, **settings):
    machine = requestor(**settings)
    machine.receive_data(accept.serialize(), 0.0)
    assert [type(event) for event in take_events(machine)] == [AssociationAccepted]
    assert machine.state is State.STA6
    return machine


def feed(machine, data, sizes=None):
    """Give bytes in pieces, take events after each, and keep copies of what they view."""
    events, position = [], 0
    for size in sizes or [len(data)]:
        machine.receive_data(data[position : position + size], 0.0)
        position += size
        for event in take_events(machine):
            if isinstance(event, PresentationDataReceived):
                event = (event.context_id, event.is_command, event.is_last, b"".join((event.data, *event.more)))
            events.append(event)
    assert position >= len(data)
    return events


def joined(events):
    """Parts of data put together up to each end of a PDV stream, so that two ways of cutting compare."""
    whole, pending = [], {}
    for event in events:
        if not isinstance(event, tuple):
            whole.append(event)
            continue
        context_id, is_command, is_last, data = event
        key = (context_id, is_command)
        pending[key] = pending.get(key, b"") + data
        if is_last:
            whole.append((*key, pending.pop(key)))
    return whole, pending


def test_a_pdv_as_a_whole():
    assert feed(established(), wire.p_data(wire.pdv(b"abcd", 1, 3))) == [(1, True, True, b"abcd")]


def test_several_pdvs_in_a_pdu():
    # NET-11
    data = wire.p_data(wire.pdv(b"ab", 1, 1), wire.pdv(b"cd", 1, 3), wire.pdv(b"", 1, 0), wire.pdv(b"ef", 1, 2))
    assert feed(established(), data) == [(1, True, False, b"ab"), (1, True, True, b"cd"), (1, False, False, b""), (1, False, True, b"ef")]


def test_a_pdv_that_comes_in_parts_is_last_only_at_its_end():
    data = wire.p_data(wire.pdv(b"abcdef", 1, 2))
    assert feed(established(), data, [13, 2, 3]) == [(1, False, False, b"a"), (1, False, False, b"bc"), (1, False, True, b"def")]


def test_long_fragments_that_came_together_are_one_event():
    fragment = bytes(range(256)) * 5
    data = b"".join(wire.p_data(wire.pdv(fragment, 1, control)) for control in (0, 0, 0, 2))
    machine = established()
    machine.receive_data(data[:-700], 0.0)
    first, cut = take_events(machine)
    assert (first.is_last, first.data, first.more) == (False, fragment, [fragment, fragment])
    assert (cut.is_last, cut.data, cut.more) == (False, fragment[:-700], ())
    machine.receive_data(data[-700:], 0.0)
    (last,) = take_events(machine)
    assert (last.is_last, last.data) == (True, fragment[-700:])


def test_fragments_together_are_no_longer_than_the_limit():
    machine = established()
    long = wire.p_data(wire.pdv(bytes(2_000), 1, 0))
    too_long = wire.p_data(wire.pdv(bytes(1 << 20), 1, 0))
    machine.receive_data(long + long + too_long, 0.0)
    data, aborted = take_events(machine)
    assert len(data.more) == 1
    assert isinstance(aborted, AssociationAborted)
    assert isinstance(aborted.error, PDUTooLargeError)


def test_the_data_of_an_event_is_no_copy():
    machine, data = established(), bytearray(wire.p_data(wire.pdv(b"abcd", 1, 3)))
    machine.receive_data(data, 0.0)
    event = machine.next_event()
    data[-1] = ord("!")
    assert bytes(event.data) == b"abc!"


def test_reserved_bits_of_the_control_header_are_not_tested():
    # PS3.8 Annex E.2
    assert feed(established(), wire.p_data(wire.pdv(b"ab", 1, 0xFF))) == [(1, True, True, b"ab")]


def test_a_new_receive_before_all_events_were_taken_loses_nothing():
    machine = established()
    one, two = wire.p_data(wire.pdv(b"ab", 1, 2)), wire.p_data(wire.pdv(b"cd", 1, 2))
    machine.receive_data(one + two[:5], 0.0)
    machine.receive_data(two[5:], 0.0)
    assert [bytes(event.data) for event in take_events(machine)] == [b"ab", b"cd"]


STREAM = (
    ACCEPT.serialize()
    + wire.p_data(wire.pdv(b"command", 1, 1), wire.pdv(b"!", 1, 3))
    + wire.p_data(wire.pdv(bytes(300), 1, 0))
    + wire.p_data(wire.pdv(b"", 1, 0), wire.pdv(b"end", 1, 2))
    + wire.p_data(wire.pdv(b"other", 3, 3))
    + wire.RELEASE_RQ
)


def test_a_byte_at_a_time_gives_the_same():
    whole, bytewise = requestor(), requestor()
    expected = joined(feed(whole, STREAM))
    assert len(expected[0]) == 5
    assert joined(feed(bytewise, STREAM, [1] * len(STREAM))) == expected
    assert whole.state is bytewise.state is State.STA8


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_any_cutting_gives_the_same(sizes):
    assert joined(feed(requestor(), STREAM, [*sizes, len(STREAM)])) == joined(feed(requestor(), STREAM))


def test_what_is_sent_is_never_joined_and_never_copied():
    machine, data = established(), memoryview(b"0123456789")
    machine.send_pdvs([(1, 3, b"cmd!"), (1, 0, data[:4]), (1, 0, data[4:8]), (1, 2, data[8:])])
    output = machine.data_to_send()
    assert b"".join(map(bytes, output)) == b"".join(
        wire.p_data(wire.pdv(part, 1, control)) for part, control in [(b"cmd!", 3), (b"0123", 0), (b"4567", 0), (b"89", 2)]
    )
    assert output[3].obj is data.obj
    assert output[2] is output[4]       # one header for all PDVs of a length
    assert machine.data_to_send() == []


@pytest.mark.parametrize("state", ["Sta5", "Sta7", "Sta13"])
def test_data_is_sent_on_an_association_only(state):
    machine = requestor() if state == "Sta5" else established()
    if state == "Sta7":
        machine.request_release(0.0)
    if state == "Sta13":
        machine.abort(0, 0, 0.0)
    with pytest.raises(InvalidStateError):
        machine.send_pdvs([(1, 3, b"ab")])


def violation(machine, data):
    """What the machine makes of bytes that break the rules: the error; the A-ABORT is checked here."""
    events = feed(machine, data)
    aborted = events[-1]
    assert isinstance(aborted, AssociationAborted)
    assert not aborted.by_peer
    assert machine.state is State.STA13
    assert machine.data_to_send()[-1] == wire.abort(aborted.source, aborted.reason)
    assert feed(machine, wire.p_data() * 3 + b"more of it") == []
    return aborted, aborted.error


HEADERS = {
    "P-DATA-TF without PDV": (wire.pdu(4, b""), InvalidPDUError, 6),
    "P-DATA-TF with half a PDV": (wire.pdu(4, b"\0\0\0\2\1"), InvalidPDUError, 6),
    "PDV of one byte": (wire.pdu(4, b"\0\0\0\1\1\3"), InvalidPDUError, 6),
    "PDV of no bytes": (wire.pdu(4, b"\0\0\0\0\1\3"), InvalidPDUError, 6),
    "PDV longer than its PDU": (wire.pdu(4, b"\0\0\0\7\1\3abcd"), InvalidPDUError, 6),
    "PDV of 4 GB": (wire.pdu(4, b"\xff\xff\xff\xff\1\3abcd"), InvalidPDUError, 6),
    "bytes after the last PDV": (wire.pdu(4, b"\0\0\0\4\1\3ab\0\0\0"), InvalidPDUError, 6),
    "a context that was not accepted": (wire.p_data(wire.pdv(b"ab", 5, 3)), InvalidPDUError, 6),
    "context 0": (wire.p_data(wire.pdv(b"ab", 0, 3)), InvalidPDUError, 6),
    "P-DATA-TF of 4 GB": (b"\4\0\xff\xff\xff\xff\0\0\0\4\1\3ab", PDUTooLargeError, 6),
    "A-ASSOCIATE-RQ of 4 GB": (b"\1\0\xff\xff\xff\xff", PDUTooLargeError, 6),
    "A-RELEASE-RQ of 4 GB": (b"\5\0\xff\xff\xff\xff", InvalidPDUError, 6),
    "A-ABORT of 5 bytes": (wire.pdu(7, bytes(5)), InvalidPDUError, 6),
    "PDU type 0": (bytes(20), InvalidPDUError, 1),
    "PDU type 8": (b"\x08" + bytes(20), InvalidPDUError, 1),
    "a second A-ASSOCIATE-RQ": (wire.associate_rq(), UnexpectedPDUTypeError, 2),
    "a second A-ASSOCIATE-AC": (wire.associate_ac(), UnexpectedPDUTypeError, 2),
    "A-ASSOCIATE-RJ": (wire.associate_rj(), UnexpectedPDUTypeError, 2),
    "A-RELEASE-RP": (wire.RELEASE_RP, UnexpectedPDUTypeError, 2),
}


@pytest.mark.parametrize(("data", "kind", "reason"), HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "bytewise"])
def test_a_violation_is_answered_by_an_abort_with_its_reason(data, kind, reason, bytewise):
    # PS3.8 9.3.8, AA-8
    machine = established()
    if bytewise:
        feed(machine, data[:-1], [1] * (len(data) - 1))
        if machine.state is State.STA13:
            return              # found before the last byte, as it should
        data = data[-1:]
    aborted, error = violation(machine, data)
    assert type(error) is kind
    assert (aborted.source, aborted.reason) == (2, reason)
    assert error.abort_reason == reason


def test_garbage_gets_an_answer_that_names_the_other_protocol():
    for data, name in [(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "TLS"), (b"GET / HTTP/1.1\r\n", "HTTP"), (b"SSH-2.0-x", "SSH")]:
        machine = UpperLayer(Role.ACCEPTOR)
        machine.connection_made(0.0)
        (event,) = feed(machine, data)
        assert name in str(event.error)
        assert machine.data_to_send() == [wire.abort(0, 0)]


def test_a_pdu_above_what_was_announced_is_taken_up_to_a_limit():
    """Some peers don't obey; since no PDU is held as a whole, that costs nothing (PS3.8 D.1)."""
    machine = established(maximum_length=4096, limits=UpperLayerLimits(data_length=10_000))
    assert feed(machine, wire.p_data(wire.pdv(bytes(9_994), 1, 2))) == [(1, False, True, bytes(9_994))]
    _, error = violation(machine, wire.p_data(wire.pdv(bytes(9_995), 1, 2)))
    assert (error.received, error.maximum) == (10_001, 10_000)


@pytest.mark.parametrize(("announced", "allowed"), [(0, 0xFFFFFFFF), (1 << 24, 1 << 24), (16384, 1 << 20)])
def test_the_limit_of_data_follows_what_was_announced(announced, allowed):
    machine = established(maximum_length=announced)
    assert feed(machine, b"\4\0" + allowed.to_bytes(4, "big")) == []
    assert machine.state is State.STA6


def test_only_accepted_contexts_carry_data():
    machine = established(REJECTED_3)
    assert feed(machine, wire.p_data(wire.pdv(b"ab", 1, 3))) == [(1, True, True, b"ab")]
    violation(machine, wire.p_data(wire.pdv(b"ab", 3, 3)))
    none = established(AssociateAccept((PresentationContextResult(1, 3), PresentationContextResult(9, 0, "1.3")), UserInformation()))
    violation(none, wire.p_data(wire.pdv(b"ab", 9, 3)))


def test_a_wrong_protocol_version_is_rejected_by_the_provider():
    # AE-6; PS3.8 9.3.2: a receiver tests bit 0
    machine = UpperLayer(Role.ACCEPTOR)
    machine.connection_made(0.0)
    assert feed(machine, wire.associate_rq(version=2)) == [AssociationRejected(1, 2, 2, by_peer=False)]
    assert machine.data_to_send() == [AssociateReject(1, 2, 2).serialize()]
    assert machine.state is State.STA13
    machine = UpperLayer(Role.ACCEPTOR)
    machine.connection_made(0.0)
    (event,) = feed(machine, wire.associate_rq(version=3))
    assert isinstance(event, AssociationRequested)


def test_the_limit_of_a_request():
    machine = UpperLayer(Role.ACCEPTOR, limits=UpperLayerLimits(associate_length=1000))
    machine.connection_made(0.0)
    (event,) = feed(machine, b"\1\0\0\0\x03\xe9")
    assert str(event.error) == "the peer sent a PDU of 1,001 bytes where 1,000 are allowed"


def test_a_flood_after_the_end_is_answered_once():
    machine = established()
    machine.abort(0, 0, 0.0)
    assert machine.data_to_send() == [wire.abort()]
    assert feed(machine, wire.associate_rq() * 100) == []
    assert machine.data_to_send() == []


def test_data_after_a_release_was_asked_for_still_comes():
    # AR-6
    machine = established()
    machine.request_release(0.0)
    assert feed(machine, wire.p_data(wire.pdv(b"ab", 1, 3)) + wire.RELEASE_RQ) == [
        (1, True, True, b"ab"),
        ReleaseRequested(is_collision=True),
    ]


def test_a_lost_connection_is_told():
    machine = established()
    feed(machine, wire.p_data(wire.pdv(b"abcd", 1, 2))[:-2])
    machine.receive_eof(1.0)
    assert take_events(machine) == [ConnectionClosed(was_expected=False)]
    assert machine.wants_close
    machine.receive_eof(2.0)
    assert take_events(machine) == []


# Fuzz: whatever comes, nothing is raised, and little is held.

SEEDS = [STREAM, *(data for data, _, _ in HEADERS.values()), wire.associate_rq(), wire.abort(), wire.associate_rj()]


def start(generator):
    kind = generator.randrange(3)
    if kind == 0:
        machine = UpperLayer(Role.ACCEPTOR)
        machine.connection_made(0.0)
        return machine
    return requestor() if kind == 1 else established()


def mutate(generator, data):
    data = bytearray(data)
    for _ in range(generator.randrange(1, 6)):
        match generator.randrange(4):
            case 0 if data:
                data[generator.randrange(len(data))] = generator.choice([0, 1, 2, 4, 0x7F, 0xFF, generator.randrange(256)])
            case 1:
                position = generator.randrange(len(data) + 1)
                data[position:position] = generator.choice(SEEDS)[: generator.randrange(40)]
            case 2 if data:
                position = generator.randrange(len(data))
                del data[position : position + generator.randrange(1, 30)]
            case _:
                data += generator.choice(SEEDS)
    return bytes(data)


@pytest.mark.parametrize("seed", range(40))
def test_mutated_pdus_never_raise(seed):
    generator = random.Random(seed)
    for _ in range(25):
        machine, data = start(generator), mutate(generator, generator.choice(SEEDS))
        while data:
            size = generator.randrange(1, 200)
            machine.receive_data(data[:size], 0.0)
            data = data[size:]
            take_events(machine)
        ends = machine.state in (State.STA1, State.STA13)
        sent = b"".join(map(bytes, machine.data_to_send()))
        assert len(sent) <= 1000
        assert ends or not machine.wants_close


@settings(max_examples=200)
@given(st.binary(max_size=400), st.sampled_from(["requestor", "acceptor", "established"]))
def test_any_bytes_never_raise(data, kind):
    machine = {"requestor": requestor, "established": established}.get(kind, lambda: UpperLayer(Role.ACCEPTOR))()
    if kind == "acceptor":
        machine.connection_made(0.0)
    machine.receive_data(data, 0.0)
    take_events(machine)


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        (b"\1\0\0\x0f\xff\xff", b""),                                        # an A-ASSOCIATE-RQ of 1 MB of which little comes
        (b"\4\0\0\x0f\xff\xff\0\0\x0f\xfb\1\0", b"x"),                      # a PDV likewise
        (b"", wire.p_data(wire.pdv(b"", 1, 0))),                            # empty fragments without end
        (b"", wire.associate_rq()),                                         # requests without end
        (b"junk", b"junk"),
    ],
    ids=["request", "fragment", "empty fragments", "requests", "junk"],
)
def test_little_is_held(head, tail):
    machine = established()
    chunk = tail * (16_384 // max(1, len(tail)))
    feed(machine, head)
    tracemalloc.start()
    try:
        for _ in range(60):
            machine.receive_data(chunk, 0.0)
            while machine.next_event() is not None:
                pass
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 100_000
