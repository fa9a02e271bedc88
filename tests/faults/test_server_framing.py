"""What is no PDU, no request, or comes too slowly (PS3.8 9.2, 9.3): every one is answered or closed, and nobody else notices."""

from __future__ import annotations

import asyncio
import random
import struct

import pytest

from tests.faults.conftest import INNOCENT, innocent_echo
from tests.faults.wire import (
    ABORT,
    AC,
    APPLICATION_CONTEXT,
    COMMAND,
    CONTEXTS,
    CT,
    DATA,
    EXPLICIT,
    IMPLICIT,
    LAST,
    RELEASE_RP,
    RELEASE_RQ,
    RJ,
    RQ,
    VERIFICATION,
    RawPeer,
    associate,
    context,
    data,
    echo_command,
    item,
    pdu,
    pdv,
    store_command,
    store_message,
    user_information,
)

CLIENT_HELLO = bytes.fromhex("160301020001fc0303") + bytes(100)
ECHO = data(pdv(1, COMMAND | LAST, echo_command()))
FOUR_GIB = 0xFFFFFFFF
ITEM_CONTEXT = item(0x10, APPLICATION_CONTEXT.encode())


async def attack(port, *parts, associated=False):
    """Send, and return what comes until the server ends it, without being asked."""
    peer = await (RawPeer.associated(port) if associated else RawPeer.connect(port))
    try:
        await peer.send(*parts)
        return [kind for kind, _ in await peer.until_ended()]
    except ConnectionError:
        return []       # it closed while we were still sending
    finally:
        await peer.close()


GARBAGE = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: pacs\r\n\r\n",
    "TLS": CLIENT_HELLO,
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "zeros": bytes(100),
    "a type that does not exist": pdu(8, bytes(4)),
    "a type that does not exist, 4 GiB": pdu(0xFF, b"", length=FOUR_GIB),
    "a request of 4 GiB": pdu(RQ, b"", length=FOUR_GIB),
    "an empty request": pdu(RQ),
    "a request cut in its titles": pdu(RQ, bytes(40)),
    "an accept": pdu(AC, bytes(68)),
    "a reject": pdu(RJ, bytes(4)),
    "data": ECHO,
    "a release": pdu(RELEASE_RQ, bytes(4)),
    "a release response": pdu(RELEASE_RP, bytes(4)),
    "an abort": pdu(ABORT, bytes(4)),
}


@pytest.mark.parametrize("name", GARBAGE)
async def test_what_is_no_request(serving, name):
    async with serving() as server:
        received = await attack(server.port, GARBAGE[name])
        assert set(received) <= {ABORT, RJ}


async def test_random_first_bytes(serving):
    random.seed(6)
    async with serving(artim_timeout=0.5) as server:
        garbage = [random.randbytes(random.randrange(1, 300)) for _ in range(100)]
        answers = await asyncio.gather(*(attack(server.port, each) for each in garbage))
        assert all(set(each) <= {ABORT, RJ} for each in answers)


REQUESTS = {
    "no items": [b""],
    "no contexts": [ITEM_CONTEXT, user_information()],
    "no user information": [ITEM_CONTEXT, context(*CONTEXTS[0])],
    "an item longer than the PDU": [ITEM_CONTEXT, item(0x20, b"\1\0\0\0", length=0xFFFF)],
    "a sub-item longer than its item": [ITEM_CONTEXT, item(0x20, b"\1\0\0\0" + item(0x30, b"1.2", length=100)), user_information()],
    "an item header cut": [ITEM_CONTEXT, b"\x20\0\0"],
    "an even context": [ITEM_CONTEXT, context(2, CT, (EXPLICIT,)), user_information()],
    "context 0": [ITEM_CONTEXT, context(0, CT, (EXPLICIT,)), user_information()],
    "a context twice": [ITEM_CONTEXT, context(1, CT, (EXPLICIT,)), context(1, CT, (IMPLICIT,)), user_information()],
    "a context without abstract syntax": [ITEM_CONTEXT, item(0x20, bytes((1, 0, 0, 0)) + item(0x40, b"1.2")), user_information()],
    "a context without transfer syntax": [ITEM_CONTEXT, context(1, CT, ()), user_information()],
    "UIDs that are none": [ITEM_CONTEXT, context(1, "../../etc", ("%s%n", "\0")), user_information()],
    "an empty UID": [ITEM_CONTEXT, context(1, "", ("",)), user_information()],
    "a UID of 60,000 characters": [ITEM_CONTEXT, item(0x20, bytes((1, 0, 0, 0)) + item(0x30, b"1" * 60_000)), user_information()],
    "no maximum length": [ITEM_CONTEXT, context(*CONTEXTS[0]), item(0x50, item(0x52, b"1.2"))],
    "a maximum length of 3 bytes": [ITEM_CONTEXT, context(*CONTEXTS[0]), item(0x50, item(0x51, b"\0\0\1"))],
    "roles that lie": [ITEM_CONTEXT, context(*CONTEXTS[0]), user_information(item(0x54, struct.pack(">H", 0xFFFF) + b"1.2\1\1"))],
    "identity that lies": [ITEM_CONTEXT, context(*CONTEXTS[0]), user_information(item(0x58, b"\1\1\xff\xffroot\xff\xff"))],
    "extended negotiation that lies": [ITEM_CONTEXT, context(*CONTEXTS[0]), user_information(item(0x56, b"\xff\xff1.2"))],
    "a window of one byte": [ITEM_CONTEXT, context(*CONTEXTS[0]), user_information(item(0x53, b"\1"))],
    "items nobody knows": [ITEM_CONTEXT, item(0xEE, b"?"), context(*CONTEXTS[0]), user_information(item(0xEF, b"?"))],
    "two application contexts": [ITEM_CONTEXT, ITEM_CONTEXT, context(*CONTEXTS[0]), user_information()],
    "two user informations": [ITEM_CONTEXT, context(*CONTEXTS[0]), user_information(), user_information()],
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
async def test_requests_that_are_odd(serving, name):
    """Accepted, rejected or aborted; never silence."""
    async with serving() as server:
        peer = await RawPeer.connect(server.port)
        await peer.send(associate(*REQUESTS[name]))
        received = await peer.receive()
        assert received is None or received[0] in (AC, RJ, ABORT)
        await peer.close()


@pytest.mark.parametrize("title", [b"", b"\0" * 16, b"\xff" * 16, b"../../../../etc", b"A\nB\x1b[2J", b"%n%n%n%n"])
async def test_odd_titles(serving, title):
    async with serving(is_called_ae_title_checked=False) as server:
        peer = await RawPeer.connect(server.port)
        await peer.send(associate(called=title, calling=title))
        assert (await peer.receive())[0] in (AC, RJ, ABORT)
        await peer.close()


async def test_128_contexts_of_many_syntaxes(serving):
    """17 KB and more are legitimate."""
    contexts = [(number, CT, tuple(f"1.2.840.10008.1.2.{each}" for each in range(40))) for number in range(1, 256, 2)]
    async with serving() as server:
        peer = await RawPeer.connect(server.port)
        await peer.send(associate(contexts=[*contexts[:-1], (255, VERIFICATION, (IMPLICIT,))]))
        assert (await peer.receive())[0] == AC
        await peer.send(data(pdv(255, COMMAND | LAST, echo_command())))
        assert await peer.receive_status() == 0
        await peer.release()


async def test_contexts_without_end(serving):
    """10,000 contexts, and 60,000 syntaxes in them: refused by size or by number, and soon."""
    contexts = [(number % 128 * 2 + 1, CT, ("1.2",) * 6) for number in range(10_000)]
    async with serving() as server:
        flood, innocent = await asyncio.gather(attack(server.port, associate(contexts=contexts)), innocent_echo(server.port))
        assert set(flood) <= {ABORT, RJ}
        assert innocent < INNOCENT


@pytest.mark.parametrize("length", [0, 1, 7, FOUR_GIB])
async def test_maximum_lengths_of_the_peer(serving, length):
    async with serving() as server:
        peer = await RawPeer.connect(server.port)
        await peer.send(associate(information=user_information(max_length=length)))
        received = await peer.receive()
        if received is not None and received[0] == AC and length in (0, FOUR_GIB):
            assert await peer.echo() == 0
        await peer.close()


AFTER = {
    "a second request": associate(),
    "an accept": pdu(AC, bytes(68)),
    "a reject": pdu(RJ, bytes((0, 1, 1, 1))),
    "a release response": pdu(RELEASE_RP, bytes(4)),
    "a type that does not exist": pdu(0x44, bytes(10)),
    "an unexpected 4 GiB": pdu(DATA, b"", length=FOUR_GIB),
    "more than was announced": pdu(DATA, pdv(1, 0, bytes(20_000))),
    "a PDV longer than the PDU": data(pdv(1, COMMAND, b"ab", length=1000)),
    "a PDV of no length": data(pdv(1, COMMAND, b"", length=0)),
    "a PDV of one byte": data(struct.pack(">IB", 1, 1)),
    "half a PDV header": pdu(DATA, b"\0\0"),
    "a context that was not accepted": data(pdv(5, COMMAND | LAST, echo_command())),
    "context 0": data(pdv(0, COMMAND | LAST, echo_command())),
    "a data set before its command": data(pdv(3, LAST, b"data")),
    "a command in the middle of a command": data(pdv(1, COMMAND, echo_command()[:20]), pdv(3, COMMAND, b"x")),
    "a data set in the middle of a command": data(pdv(3, COMMAND, store_command("1.2.3")[:20]), pdv(3, LAST, b"x")),
    "a command in the middle of a data set": data(pdv(3, COMMAND | LAST, store_command("1.2.3")), pdv(3, 0, b"x"), pdv(3, COMMAND, b"x")),
    "a data set in another context": data(pdv(3, COMMAND | LAST, store_command("1.2.3")), pdv(1, LAST, b"x")),
    "garbage in the middle of a data set": data(pdv(3, COMMAND | LAST, store_command("1.2.3"))) + b"\xff" * 1000,
    "an abort": pdu(ABORT, bytes((0, 0, 2, 0))),
    "an abort with a code nobody knows": pdu(ABORT, b"\xff" * 4),
    "aborts by the thousand": pdu(ABORT, bytes(4)) * 1000,
}


@pytest.mark.parametrize("name", AFTER)
async def test_what_may_not_come_on_an_association(serving, name):
    async with serving() as server:
        received = await attack(server.port, AFTER[name], associated=True)
        assert set(received) <= {ABORT, DATA}


async def test_random_pdus_on_an_association(serving):
    random.seed(8)
    async with serving(idle_timeout=0.5, max_concurrent_associations=100) as server:
        message = store_message("1.2.3", 1000)

        def mutant():
            mutated = bytearray(message)
            for _ in range(random.randrange(1, 6)):
                mutated[random.randrange(len(mutated))] = random.randrange(256)
            return bytes(mutated)

        for _ in range(10):
            answers = await asyncio.gather(*(attack(server.port, mutant(), associated=True) for _ in range(20)))
            assert all(set(each) <= {ABORT, DATA} for each in answers)


async def test_one_byte_a_segment(serving):
    async with serving() as server:
        peer = await RawPeer.connect(server.port)
        for byte in associate() + ECHO:
            await peer.send(bytes((byte,)))
        assert (await peer.receive())[0] == AC
        assert await peer.receive_status() == 0
        await peer.release()


async def test_several_pdvs_in_a_pdu_and_a_pdu_in_several_segments(serving):
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        raw = echo_command()
        pieces = [pdv(1, COMMAND, raw[:10]), pdv(1, COMMAND, b""), pdv(1, COMMAND, raw[10:30]), pdv(1, COMMAND | LAST, raw[30:])]
        await peer.send(data(*pieces))
        assert await peer.receive_status() == 0
        message = data(*pieces[:2]) + data(*pieces[2:])
        for start in range(0, len(message), 7):
            await peer.send(message[start : start + 7])
            await asyncio.sleep(0)
        assert await peer.receive_status() == 0
        await peer.release()


STALLS = {
    "at once": b"",
    "in the header": associate()[:3],
    "behind the header": associate()[:6],
    "in the request": associate()[:100],
}


@pytest.mark.parametrize("name", STALLS)
async def test_a_stall_before_the_association_is_ended_by_artim(serving, name):
    async with serving(artim_timeout=0.2) as server:
        assert set(await attack(server.port, STALLS[name])) <= {ABORT}


async def test_a_drip_does_not_stop_artim(serving):
    async with serving(artim_timeout=0.3) as server:
        peer = await RawPeer.connect(server.port)

        async def drip():
            for byte in associate():
                await peer.send(bytes((byte,)))
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert {kind for kind, _ in await peer.until_ended()} <= {ABORT}
        dripping.cancel()
        await asyncio.wait([dripping])
        await peer.close()


ASSOCIATED_STALLS = {
    "between messages": b"",
    "in a PDU header": ECHO[:4],
    "in a command": ECHO[:20],
    "behind a command": data(pdv(3, COMMAND | LAST, store_command("1.2.3"))),
    "in a data set": store_message("1.2.3", 50_000)[:30_000],
    "before the last fragment": store_message("1.2.3", 50_000)[:-3000],
}


@pytest.mark.parametrize("name", ASSOCIATED_STALLS)
async def test_a_stall_on_an_association_is_ended(serving, name):
    async with serving(idle_timeout=0.2) as server:
        assert set(await attack(server.port, ASSOCIATED_STALLS[name], associated=True)) <= {ABORT}


@pytest.mark.parametrize("how", ["close", "reset", "half-close"])
@pytest.mark.parametrize("name", [*STALLS, *(f"associated, {name}" for name in ASSOCIATED_STALLS)])
async def test_a_peer_that_goes(serving, name, how):
    async with serving() as server:
        stage = name.removeprefix("associated, ")
        is_associated = stage != name
        peer = await (RawPeer.associated(server.port) if is_associated else RawPeer.connect(server.port))
        await peer.send((ASSOCIATED_STALLS if is_associated else STALLS)[stage])
        if how == "half-close":
            peer.half_close()
            assert {kind for kind, _ in await peer.until_ended()} <= {ABORT}
            await peer.close()
        else:
            await (peer.close() if how == "close" else peer.reset())


async def test_a_release_that_collides(serving):
    """Both sides ask for the release at once (PS3.8 9.2.3, Sta9 to Sta12): here the peer's comes with everything else it has."""
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        await peer.send(ECHO, pdu(RELEASE_RQ, bytes(4)))
        assert await peer.receive_status() == 0
        assert (await peer.receive())[0] == RELEASE_RP
        await peer.close()


async def test_data_after_the_release(serving):
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        await peer.send(pdu(RELEASE_RQ, bytes(4)), ECHO * 100)
        assert {kind for kind, _ in await peer.until_ended()} <= {RELEASE_RP, ABORT}
        await peer.close()


async def test_peers_that_never_close(serving):
    """After a rejection and after an abort the server waits a while for the peer to close (PS3.8 9.1.5), then closes itself."""
    async with serving(artim_timeout=0.2) as server:
        rejected = await RawPeer.connect(server.port)
        await rejected.send(associate(called=b"OTHER"))
        aborted = await RawPeer.associated(server.port)
        await aborted.send(associate())
        assert [kind for kind, _ in await rejected.until_closed()] == [RJ]
        assert [kind for kind, _ in await aborted.until_closed()] == [ABORT]
        for peer in (rejected, aborted):
            await peer.close()
