"""What holds for all command sets, and for all bytes that are none."""

from __future__ import annotations

import dataclasses
import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.network.dimse import (
    CommandReceived,
    DataSetFragmentReceived,
    DimseSession,
    DIMSEStatus,
    Message,
    ProtocolViolated,
    parse_command,
    serialize_command,
)
from dicomkit.network.dimse.fragments import fragment_data_set
from dicomkit.network.dimse.messages import MESSAGES
from dicomkit.network.errors import NetworkDecodingError

UIDS = st.from_regex(r"[1-9][0-9]{0,9}(\.[1-9][0-9]{0,9}){0,4}", fullmatch=True)
NUMBERS = st.integers(0, 0xFFFF)
TITLES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", max_size=16)
TAGS = st.lists(st.integers(0, 0xFFFFFFFF), max_size=4).map(tuple)
STRATEGIES = {
    "uid": UIDS,
    "title": TITLES,
    "move_destination": TITLES,
    "error_comment": st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=64),
    "offending_element": TAGS,
    "attribute_identifier_list": TAGS,
    "status": NUMBERS.map(DIMSEStatus),
    "message_id": NUMBERS,
    "message_id_being_responded_to": NUMBERS,
    "priority": NUMBERS,
    "failed_sop_instance_uid_list": st.just(()),    # which is read from peers, and not written
}


def messages(kind: type[Message]) -> st.SearchStrategy[Message]:
    values = {}
    for field in dataclasses.fields(kind):
        last_word = field.name.rpartition("_")[2]
        values[field.name] = STRATEGIES.get(field.name, STRATEGIES.get(last_word, st.none() | NUMBERS))
    return st.builds(kind, **values)


MESSAGE = st.sampled_from(sorted(MESSAGES)).flatmap(lambda command: messages(MESSAGES[command]))


@given(MESSAGE, st.booleans())
def test_every_message_comes_back(message: Message, has_data_set: bool) -> None:
    data = serialize_command(message, has_data_set=has_data_set)
    assert len(data) % 2 == 0
    assert parse_command(data) == (message, has_data_set)


@given(MESSAGE, st.data())
def test_a_damaged_command_set_is_a_message_or_one_error(message: Message, data: st.DataObject) -> None:
    command = bytearray(serialize_command(message, has_data_set=True))
    for _ in range(data.draw(st.integers(1, 4))):
        command[data.draw(st.integers(0, len(command) - 1))] = data.draw(st.integers(0, 255))
    del command[data.draw(st.integers(0, len(command))) :]
    with suppress(NetworkDecodingError):
        parse_command(command)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_one_error(data: bytes) -> None:
    with suppress(NetworkDecodingError):
        parse_command(data)


FRAGMENTS = MESSAGE.map(lambda message: serialize_command(message, has_data_set=True)) | st.binary(max_size=40)
PDVS = st.tuples(st.integers(0, 255), st.booleans(), st.booleans(), FRAGMENTS)


@given(st.lists(PDVS, max_size=20))
def test_a_session_takes_any_fragments(pdvs: list[tuple[int, bool, bool, bytes]]) -> None:
    session = DimseSession()
    is_violated = False
    for pdv in pdvs:
        session.receive_pdv(*pdv)
        while (event := session.next_event()) is not None:
            assert not is_violated
            is_violated = isinstance(event, ProtocolViolated)


@given(MESSAGE, st.lists(st.binary(min_size=1, max_size=100), min_size=1, max_size=5), st.integers(2, 64))
def test_a_data_set_arrives_whole_whatever_the_sizes(message: Message, chunks: list[bytes], length: int) -> None:
    session = DimseSession()
    session._outstanding.update(range(0x10000))
    session.receive_pdv(1, True, True, serialize_command(message, has_data_set=True))
    event = session.next_event()
    if isinstance(event, ProtocolViolated):  # a C-CANCEL has no data set
        return
    assert event == CommandReceived(1, message, True)
    received = []
    for index, chunk in enumerate(chunks):
        for context_id, control, fragment in fragment_data_set(chunk, 1, length, is_last=index == len(chunks) - 1):
            session.receive_pdv(context_id, bool(control & 1), bool(control & 2), fragment)
    while (event := session.next_event()) is not None:
        assert isinstance(event, DataSetFragmentReceived)
        received.append(event)
    assert b"".join(bytes(event.data) for event in received) == b"".join(chunks)
    assert [event.is_last for event in received] == [False] * (len(received) - 1) + [True]
    assert not session.is_receiving


def conversation(chance: random.Random) -> list[tuple[int, int, bytes]]:
    """Some messages with data sets, cut into fragments."""
    pdvs = []
    for message_id in range(1, chance.randint(2, 6)):
        kind = MESSAGES[chance.choice([0x0001, 0x0020, 0x0030, 0x8001, 0x8020, 0x0FFF])]
        values = {"message_id": message_id, "message_id_being_responded_to": message_id, "status": DIMSEStatus(0xFF00)}
        values |= {"affected_sop_class_uid": "1.2.3", "affected_sop_instance_uid": "1.2.3.4"}
        names = {field.name for field in dataclasses.fields(kind)}
        message = kind(**{name: value for name, value in values.items() if name in names})
        command = serialize_command(message, has_data_set=True)
        cut = chance.randrange(len(command))
        pdvs += [(1, 1, command[:cut]), (1, 3, command[cut:]), (1, 0, b"ab"), (1, 2, b"cd")]
    return pdvs


def mutate(chance: random.Random, pdvs: list[tuple[int, int, bytes]]) -> None:
    index, other = chance.randrange(len(pdvs)), chance.randrange(len(pdvs))
    match chance.randrange(4):
        case 0:
            pdvs.insert(index, pdvs.pop(other))
        case 1:
            pdvs.insert(index, pdvs[other])
        case 2:
            pdvs[index], pdvs[other] = pdvs[other], pdvs[index]
        case 3:
            context_id, control, data = pdvs[index]
            pdvs[index] = (chance.choice([context_id, 3]), control ^ chance.choice([0, 1, 2]), chance.randbytes(len(data)))


@pytest.mark.parametrize("seed", range(20))
def test_mutated_conversations(seed: int) -> None:
    """Fragments moved, doubled, swapped and overwritten end in events, the last of them a violation if there is one."""
    chance = random.Random(seed)
    violations = 0
    for _ in range(50):
        pdvs = conversation(chance)
        for _ in range(chance.randint(1, 4)):
            mutate(chance, pdvs)
        session = DimseSession()
        session._outstanding.update(range(1, 10))
        events = []
        for context_id, control, data in pdvs:
            session.receive_pdv(context_id, bool(control & 1), bool(control & 2), data)
            while (event := session.next_event()) is not None:
                events.append(event)
        assert not any(isinstance(event, ProtocolViolated) for event in events[:-1])
        violations += isinstance(events[-1], ProtocolViolated) if events else 0
    assert violations
