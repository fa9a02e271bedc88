from __future__ import annotations

import pytest

from dicomkit.network.dimse import (
    CCancelRequest,
    CEchoRequest,
    CFindRequest,
    CFindResponse,
    CommandReceived,
    CStoreRequest,
    DataSetFragmentReceived,
    DimseEvent,
    DimseSession,
    DIMSEStatus,
    Message,
    ProtocolViolated,
    fragment_data_set,
    response_to,
    serialize_command,
)
from dicomkit.network.errors import LocalProtocolError

CLASS = "1.2.840.10008.5.1.4.1.1.2"
UNLIMITED = 0


def store(message_id: int = 1) -> CStoreRequest:
    return CStoreRequest(message_id=message_id, affected_sop_class_uid=CLASS, affected_sop_instance_uid="1.2.3")


def find(message_id: int = 1) -> CFindRequest:
    return CFindRequest(message_id=message_id, affected_sop_class_uid=CLASS)


def found(message_id: int, status: int) -> CFindResponse:
    return CFindResponse(message_id_being_responded_to=message_id, status=DIMSEStatus(status))


def events(session: DimseSession) -> list[DimseEvent]:
    happened = []
    while (event := session.next_event()) is not None:
        happened.append(event)
    return happened


def receive(session: DimseSession, message: Message, *, has_data_set: bool = False, context_id: int = 1) -> list[DimseEvent]:
    session.receive_pdv(context_id, True, True, serialize_command(message, has_data_set=has_data_set))
    return events(session)


def problem(happened: list[DimseEvent]) -> str:
    [event] = happened
    assert isinstance(event, ProtocolViolated)
    return str(event.error)


# Receiving.


def test_a_command_alone() -> None:
    session = DimseSession()
    assert receive(session, CEchoRequest(message_id=1)) == [CommandReceived(1, CEchoRequest(message_id=1), False)]
    assert not session.is_receiving


@pytest.mark.parametrize("size", [1, 2, 7, 8, 1000])
def test_net_11_a_command_in_fragments_of_any_size(size: int) -> None:
    session = DimseSession()
    data = serialize_command(store(), has_data_set=True)
    for start in range(0, len(data), size):
        assert events(session) == []
        session.receive_pdv(3, True, start + size >= len(data), memoryview(data)[start : start + size])
    assert events(session) == [CommandReceived(3, store(), True)]
    assert session.is_receiving


def test_net_11_fragments_of_a_data_set_are_handed_on_as_they_are() -> None:
    session = DimseSession()
    receive(session, store(9), has_data_set=True)
    first, last = memoryview(b"12345678"), memoryview(b"9")
    session.receive_pdv(1, False, False, first)
    session.receive_pdv(1, False, True, last)
    one, two = events(session)
    assert one == DataSetFragmentReceived(1, 9, first, False)
    assert two == DataSetFragmentReceived(1, 9, last, True)
    assert isinstance(one, DataSetFragmentReceived)
    assert one.data is first
    assert not session.is_receiving


def test_the_next_message_may_follow_in_another_context() -> None:
    session = DimseSession()
    receive(session, store(1), has_data_set=True, context_id=1)
    session.receive_pdv(1, False, True, b"12")
    assert events(session) == [DataSetFragmentReceived(1, 1, b"12", True)]
    assert receive(session, store(2), has_data_set=True, context_id=3) == [CommandReceived(3, store(2), True)]


def test_net_11_interleaved_contexts_are_an_error() -> None:
    session = DimseSession()
    data = serialize_command(store(), has_data_set=True)
    session.receive_pdv(1, True, False, data[:20])
    session.receive_pdv(3, True, True, data)
    assert problem(events(session)) == "fragments of messages in two presentation contexts are mixed"


def test_net_11_a_data_set_in_another_context_is_an_error() -> None:
    session = DimseSession()
    receive(session, store(), has_data_set=True)
    session.receive_pdv(3, False, True, b"12")
    assert "two presentation contexts" in problem(events(session))


def test_a_command_within_a_data_set_is_an_error() -> None:
    session = DimseSession()
    receive(session, store(), has_data_set=True)
    session.receive_pdv(1, False, False, b"12")
    events(session)
    assert "before the data set of the last one has ended" in problem(receive(session, store(2), has_data_set=True))


def test_a_data_set_without_a_command_is_an_error() -> None:
    session = DimseSession()
    session.receive_pdv(1, False, True, b"12")
    assert "that no command set has announced" in problem(events(session))


def test_a_data_set_within_a_command_is_an_error() -> None:
    session = DimseSession()
    session.receive_pdv(1, True, False, serialize_command(store(), has_data_set=True)[:20])
    session.receive_pdv(1, False, True, b"12")
    assert "that no command set has announced" in problem(events(session))


def test_a_data_set_that_was_not_announced_is_an_error() -> None:
    session = DimseSession()
    receive(session, store(), has_data_set=False)
    session.receive_pdv(1, False, True, b"12")
    assert "that no command set has announced" in problem(events(session))


def test_after_a_violation_nothing_is_taken() -> None:
    session = DimseSession()
    session.receive_pdv(1, False, True, b"12")
    events(session)
    assert receive(session, store(), has_data_set=True) == []


@pytest.mark.parametrize("fragment", [b"x" * 4096, b"x"])
def test_a_command_that_never_ends_is_cut_off(fragment: bytes) -> None:
    session = DimseSession(maximum_command_length=16384)
    for _ in range(16384 // len(fragment)):
        session.receive_pdv(1, True, False, fragment)
    assert events(session) == []
    session.receive_pdv(1, True, False, fragment)
    assert problem(events(session)) == "a command set has more than 16384 bytes"


def test_empty_fragments_of_a_command_are_not_kept() -> None:
    session = DimseSession()
    for _ in range(10_000):
        session.receive_pdv(1, True, False, b"")
    assert session._command == []
    assert receive(session, CEchoRequest(message_id=1)) == [CommandReceived(1, CEchoRequest(message_id=1), False)]


def test_a_command_that_is_none_is_a_violation() -> None:
    session = DimseSession()
    session.receive_pdv(1, True, True, b"GET / HTTP/1.1\r\n")
    assert isinstance(events(session)[0], ProtocolViolated)


# Operations.


def test_message_ids_count_and_skip_what_is_outstanding() -> None:
    session = DimseSession()
    assert [session.new_message_id() for _ in range(3)] == [1, 2, 3]
    session.fragment_command(store(4), 1, UNLIMITED, has_data_set=True)
    assert session.new_message_id() == 5
    session._last_message_id = 0xFFFE
    assert session.new_message_id() == 0xFFFF
    assert session.new_message_id() == 1


def test_without_free_message_ids_there_is_an_error() -> None:
    session = DimseSession()
    session._outstanding.update(range(1, 0x10000))
    with pytest.raises(LocalProtocolError, match="all Message IDs"):
        session.new_message_id()


def test_several_operations_are_told_apart_by_message_id() -> None:
    session = DimseSession()
    for message_id in (1, 2, 3):
        session.fragment_command(find(message_id), 1, UNLIMITED, has_data_set=True)
    assert session.outstanding == {1, 2, 3}
    receive(session, found(2, 0xFF00), has_data_set=True)
    session.receive_pdv(1, False, True, b"12")
    assert events(session) == [DataSetFragmentReceived(1, 2, b"12", True)]
    assert session.outstanding == {1, 2, 3}
    receive(session, found(2, 0x0000))
    receive(session, found(1, 0xC000))
    assert session.outstanding == {3}


def test_a_response_that_nobody_asked_for_is_a_violation() -> None:
    assert "of which no request is outstanding" in problem(receive(DimseSession(), found(1, 0)))


def test_a_response_after_the_final_one_is_a_violation() -> None:
    session = DimseSession()
    session.fragment_command(find(1), 1, UNLIMITED, has_data_set=True)
    assert len(receive(session, found(1, 0))) == 1
    assert "of which no request is outstanding" in problem(receive(session, found(1, 0)))


def test_a_message_id_that_is_outstanding_comes_again() -> None:
    session = DimseSession()
    receive(session, CEchoRequest(message_id=1))
    assert "comes again" in problem(receive(session, CEchoRequest(message_id=1)))


def test_a_message_id_may_come_again_after_the_final_response() -> None:
    session = DimseSession()
    for _ in range(3):
        [event] = receive(session, find(1), has_data_set=True)
        assert isinstance(event, CommandReceived)
        session.receive_pdv(1, False, True, b"")
        session.fragment_command(response_to(find(1), 0xFF00), 1, UNLIMITED, has_data_set=True)
        assert session.peer_outstanding == {1}
        session.fragment_command(response_to(find(1), 0), 1, UNLIMITED, has_data_set=False)
        assert session.peer_outstanding == frozenset()
        events(session)


def test_our_ids_and_the_peers_are_apart() -> None:
    session = DimseSession()
    session.fragment_command(find(1), 1, UNLIMITED, has_data_set=True)
    [event] = receive(session, store(1), has_data_set=True)
    assert isinstance(event, CommandReceived)
    assert (session.outstanding, session.peer_outstanding) == ({1}, {1})


def test_a_message_id_of_ours_that_is_in_use_is_an_error() -> None:
    session = DimseSession()
    session.fragment_command(find(1), 1, UNLIMITED, has_data_set=True)
    with pytest.raises(LocalProtocolError, match="Message ID 1 is outstanding"):
        session.fragment_command(find(1), 1, UNLIMITED, has_data_set=True)


def test_a_response_of_ours_to_nothing_is_an_error() -> None:
    with pytest.raises(LocalProtocolError, match="no request with the Message ID 1"):
        DimseSession().fragment_command(found(1, 0), 1, UNLIMITED, has_data_set=False)


def test_a_cancel_of_what_is_outstanding() -> None:
    session = DimseSession()
    receive(session, find(5), has_data_set=True)
    session.receive_pdv(1, False, True, b"")
    events(session)
    cancel = CCancelRequest(message_id_being_responded_to=5)
    assert receive(session, cancel) == [CommandReceived(1, cancel, False)]
    session.fragment_command(found(5, 0xFE00), 1, UNLIMITED, has_data_set=False)
    assert receive(session, cancel) == []  # it crossed with the final response


def test_a_cancel_with_a_data_set_is_a_violation() -> None:
    cancel = CCancelRequest(message_id_being_responded_to=5)
    assert "C-CANCEL-RQ with a data set" in problem(receive(DimseSession(), cancel, has_data_set=True))


def test_sending_a_cancel_leaves_the_operation_outstanding() -> None:
    session = DimseSession()
    session.fragment_command(find(1), 1, UNLIMITED, has_data_set=True)
    [(context_id, control, _)] = session.fragment_command(CCancelRequest(message_id_being_responded_to=1), 1, UNLIMITED, has_data_set=False)
    assert (context_id, control) == (1, 0x03)
    assert session.outstanding == {1}


def test_two_sessions_understand_each_other() -> None:
    ours, theirs = DimseSession(), DimseSession()
    data = bytes(range(256)) * 10
    for message_id in range(1, 4):
        pdvs = ours.fragment_command(store(message_id), 1, 64, has_data_set=True)
        pdvs += fragment_data_set(data, 1, 58, is_last=True)
        for context_id, control, fragment in pdvs:
            theirs.receive_pdv(context_id, bool(control & 1), bool(control & 2), fragment)
        command, *fragments = events(theirs)
        assert command == CommandReceived(1, store(message_id), True)
        assert b"".join(bytes(event.data) for event in fragments if isinstance(event, DataSetFragmentReceived)) == data
        for context_id, control, fragment in theirs.fragment_command(response_to(store(message_id), 0), 1, 64, has_data_set=False):
            ours.receive_pdv(context_id, bool(control & 1), bool(control & 2), fragment)
        assert events(ours) == [CommandReceived(1, response_to(store(message_id), 0), False)]
    assert (ours.outstanding, theirs.peer_outstanding) == (frozenset(), frozenset())
