"""What the storage SCP is put together from: budgets, fragments that are kept, UIDs in the beginning of data sets, events."""

from __future__ import annotations

import asyncio
import random

import pytest

from dicomkit import tags
from dicomkit.network.event_stream import EventStream
from dicomkit.network.services.collected_fragments import CollectedFragments
from dicomkit.network.services.data_set_head import UIDFinder
from dicomkit.network.services.memory_budget import MemoryBudget
from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    data_set,
    deflate,
)

CT = "1.2.840.10008.5.1.4.1.1.2"
ATTRIBUTES = [(0x00080005, "CS", "ISO_IR 100"), (0x00080016, "UI", CT), (0x00080018, "UI", "1.2.3"), (0x00100010, "PN", "Doe")]


# Memory.


def test_a_budget():
    budget = MemoryBudget(100)
    assert budget.reserve(60)
    assert not budget.reserve(41)
    assert budget.reserve(40)
    assert budget.used == 100
    budget.release(30)
    assert budget.used == 70
    budget.release_all()
    assert budget.used == 0


def test_parts_share_the_whole():
    whole = MemoryBudget(100)
    one, other = MemoryBudget(80, whole), MemoryBudget(80, whole)
    assert one.reserve(70)
    assert not other.reserve(40)
    assert (other.used, whole.used) == (0, 70)
    assert not one.reserve(20)      # its own limit
    assert whole.used == 70
    one.release_all()
    assert other.reserve(40)
    assert whole.used == 40


# Fragments.


@pytest.mark.parametrize("lengths", [[], [0], [1] * 5000, [16000] * 10, [3000, 1, 1, 3000, 0, 2047, 2048, 2049]])
def test_fragments_are_copied_in_order(lengths):
    buffer = bytearray(20_000)
    collected, expected = CollectedFragments(b"head"), bytearray(b"head")
    for length in lengths:
        buffer[:] = random.randbytes(len(buffer))
        collected.extend([memoryview(buffer)[: length // 2], memoryview(buffer)[length // 2 : length]])
        expected += buffer[:length]
    assert collected.size == len(expected)
    parts = collected.take()
    assert b"".join(parts) == expected
    assert len(parts) <= 2 + len(expected) / 1000      # many small ones don't become many objects
    assert (collected.take(), collected.size) == ([], 0)


# UIDs.


def encoded(syntax):
    body = data_set(ATTRIBUTES, implicit=syntax == IMPLICIT_VR_LITTLE_ENDIAN, big_endian=syntax == EXPLICIT_VR_BIG_ENDIAN)
    return deflate(body) if syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN else body


@pytest.mark.parametrize(
    "syntax", [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN]
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_uids_are_found(syntax, size):
    body = memoryview(encoded(syntax))
    fragments = [body[start : start + size] for start in range(0, len(body), size)]
    assert UIDFinder(tags.SOPClassUID, tags.SOPInstanceUID).find(fragments, syntax, 1000) == [CT, "1.2.3"]


def test_uids_that_are_not_there():
    finder = UIDFinder(tags.SOPClassUID, tags.StudyInstanceUID)
    body = memoryview(encoded(EXPLICIT_VR_LITTLE_ENDIAN))
    assert finder.find([body], EXPLICIT_VR_LITTLE_ENDIAN, 1000) == [CT, None]
    assert finder.find([], EXPLICIT_VR_LITTLE_ENDIAN, 1000) == [None, None]
    assert finder.find([body], "1.2.3", 1000) == [None, None]
    assert finder.find([body], DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, 1000) == [None, None]
    empty = memoryview(data_set([(0x00080016, "UI", "")]))
    assert finder.find([empty], EXPLICIT_VR_LITTLE_ENDIAN, 1000) == [None, None]


def test_garbage_gives_nothing_and_no_error():
    random.seed(5)
    finder = UIDFinder(tags.SOPClassUID, tags.SOPInstanceUID)
    for _ in range(300):
        mutant = bytearray(encoded(EXPLICIT_VR_LITTLE_ENDIAN))
        for _ in range(3):
            mutant[random.randrange(len(mutant))] = random.randrange(256)
        for syntax in (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN):
            found = finder.find([memoryview(mutant)], syntax, random.randrange(1, 200))
            assert all(uid is None or isinstance(uid, str) for uid in found)


def test_a_deflated_bomb_is_not_inflated():
    bomb = deflate(data_set([(0x00080005, "CS", b"x" * 60_000)]) * 1000)
    assert UIDFinder(tags.SOPClassUID).find([memoryview(bomb)], DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, 2048) == [None]


# Events.


async def test_events_come_in_order_and_end():
    events = EventStream()
    reading = asyncio.create_task(collect(events))
    for number in range(3):
        events.put(number)
        await asyncio.sleep(0)
    events.put(3)
    events.close()
    assert await reading == [0, 1, 2, 3]
    assert await collect(events) == []


async def collect(events):
    return [event async for event in events]


async def test_events_that_wait_are_taken_at_once():
    events = EventStream()
    for number in range(3):
        events.put(number)
    assert await anext(events) == 0
    assert events.take_waiting() == [1, 2]
    assert events.take_waiting() == []


async def test_the_oldest_events_are_dropped():
    events = EventStream(capacity=3)
    for number in range(5):
        events.put(number)
    events.close()
    assert events.dropped_event_count == 2
    assert await collect(events) == [2, 3, 4]


async def test_a_reader_that_is_cancelled_loses_nothing():
    events = EventStream()
    reading = asyncio.create_task(collect(events))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    events.put(1)
    events.close()
    assert await collect(events) == [1]
