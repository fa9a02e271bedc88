"""Hosts by name, with one address or several, of which some don't answer."""

from __future__ import annotations

import contextlib
import socket

import pytest

from dicomkit.network import connecting
from dicomkit.network.connecting import connect_socket
from dicomkit.network.errors import ConnectionFailedError, OperationTimeoutError
from tests.unit.network.running import listening, run


def test_a_name_is_looked_up():
    async def script(peer):
        assert await peer.receive_rest() == b""

    async def main():
        async with listening(script) as port:
            (await connect_socket("localhost", port, 5.0)).close()

    run(main())


@pytest.mark.parametrize("host", ["x" * 300, "\udcff", "a..b"])
def test_what_is_no_name(host):
    with pytest.raises(ConnectionFailedError, match="no host name"):
        run(connect_socket(host, 1, 10.0))


@pytest.mark.parametrize("found", [socket.gaierror(socket.EAI_NONAME, "Name or service not known"), []], ids=["unknown", "no address"])
def test_a_name_of_nobody(monkeypatch, found):
    async def resolve(host, number):
        if isinstance(found, OSError):
            raise found
        return found

    monkeypatch.setattr(connecting, "_resolve", resolve)
    with pytest.raises(ConnectionFailedError, match=r"no connection to pacs:104: (Name or service not known|the name has no address)"):
        run(connect_socket("pacs", 104, 10.0))


@pytest.mark.parametrize("first", [(socket.AF_INET, "127.0.0.2"), (12345, "::1")], ids=["nobody listens", "no such protocol here"])
def test_the_next_address_is_tried(monkeypatch, first):
    async def script(peer):
        assert await peer.receive_rest() == b""

    async def main():
        async with listening(script) as port:

            async def resolve(host, number):
                kind = (socket.SOCK_STREAM, 0, "")
                return [(first[0], *kind, (first[1], port)), (socket.AF_INET, *kind, ("127.0.0.1", port))]

            monkeypatch.setattr(connecting, "_resolve", resolve)
            (await connect_socket("pacs", port, 5.0)).close()

    run(main())


@pytest.fixture
def deaf():
    """A port that answers nobody: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            knocking = stack.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def resolving_to(*ports):
    async def resolve(host, number):
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)) for port in ports]

    return resolve


def test_an_address_that_does_not_answer_is_not_waited_for(monkeypatch, deaf):
    async def script(peer):
        assert await peer.receive_rest() == b""

    async def main():
        async with listening(script) as port:
            monkeypatch.setattr(connecting, "_resolve", resolving_to(deaf, deaf, port, deaf))
            with await connect_socket("pacs", 104, 10.0) as sock:
                assert sock.getpeername()[1] == port

    monkeypatch.setattr(connecting, "ATTEMPT_DELAY", 0.01)
    run(main())


@pytest.mark.parametrize("count", [1, 2])
def test_addresses_of_which_none_answers(monkeypatch, deaf, count):
    monkeypatch.setattr(connecting, "_resolve", resolving_to(*[deaf] * count))
    with pytest.raises(OperationTimeoutError):
        run(connect_socket("pacs", 104, 0.3))


def test_families_take_turns():
    def address(family, host):
        return (family, socket.SOCK_STREAM, 0, "", (host, 104))

    six, four = socket.AF_INET6, socket.AF_INET
    found = [address(six, "::1"), address(six, "::2"), address(six, "::3"), address(four, "127.0.0.1")]
    assert connecting._in_turn(found) == [found[0], found[3], found[1], found[2]]
