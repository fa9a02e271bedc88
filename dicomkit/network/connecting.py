"""TCP connections to hosts that may have several addresses, some of them dead."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, TypeAlias

from dicomkit.network.errors import ConnectionFailedError, OperationTimeoutError
from dicomkit.network.timeouts import TimeoutType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["connect_socket", "reason_of"]

ATTEMPT_DELAY = 0.25  # seconds until the next address is tried beside one that does not answer (RFC 8305 5)

Address: TypeAlias = tuple[int, int, int, str, tuple[object, ...]]
"""What getaddrinfo() tells of an address."""


async def connect_socket(host: str, port: int, timeout: float | None) -> socket.socket:
    """Return a socket that is connected.

    Of a host with several addresses the first that answers is taken; those of IPv6 and IPv4 are tried in turn, and none waits for one
    that says nothing (RFC 8305).

    Raises
    ------
    ConnectionFailedError
        If no address of the host can be reached.
    OperationTimeoutError
        If it takes too long.
    """
    problem: OSError
    try:
        async with asyncio.timeout(timeout) as scope:
            addresses = await _resolve(host, port)
            if len(addresses) == 1:
                return await _connect(addresses[0])
            return await _connect_to_any(_in_turn(addresses))
    except TimeoutError as error:
        if timeout is not None and scope.expired():
            raise OperationTimeoutError(TimeoutType.CONNECT, timeout) from error
        problem = error
    except OSError as error:
        problem = error
    except UnicodeError as error:
        raise ConnectionFailedError(f"{host!r} is no host name") from error
    raise ConnectionFailedError(f"there is no connection to {host}:{port}: {reason_of(problem)}") from problem


async def _connect(address: Address) -> socket.socket:
    family, kind, protocol, _, where = address
    sock = socket.socket(family, kind, protocol)  # an error, if the name has an IPv6 address, say, and this machine no IPv6
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, where)
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect_to_any(addresses: Iterable[Address]) -> socket.socket:
    """Return the first connection that is made, or raise why the last address that failed cannot be reached."""
    problem = OSError("the name has no address")
    left = iter(addresses)
    attempts: set[asyncio.Task[socket.socket]] = set()
    try:
        while True:
            address = next(left, None)
            if address is not None:
                attempts.add(asyncio.create_task(_connect(address)))
            elif not attempts:
                raise problem
            delay = None if address is None else ATTEMPT_DELAY
            done, attempts = await asyncio.wait(attempts, timeout=delay, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                error = attempt.exception()
                if error is None:
                    attempts |= done - {attempt}
                    return attempt.result()
                if not isinstance(error, OSError):
                    raise error
                problem = error
    finally:
        for attempt in attempts:
            attempt.cancel()
            attempt.add_done_callback(_close_socket)
        if attempts:
            await asyncio.wait(attempts)


def _close_socket(attempt: asyncio.Task[socket.socket]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()


def _in_turn(addresses: Sequence[Address]) -> list[Address]:
    """Order addresses so that one family follows the other, beginning with the resolver's choice (RFC 8305 4)."""
    families: dict[int, list[Address]] = {}
    for address in addresses:
        families.setdefault(address[0], []).append(address)
    return [address for address in chain.from_iterable(zip_longest(*families.values())) if address is not None]


async def _resolve(host: str, port: int) -> Sequence[Address]:
    with contextlib.suppress(OSError):
        # A literal address needs no thread to be looked up in.
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)


def reason_of(problem: OSError) -> str:
    """Return why there is no connection, in the system's words."""
    # asyncio puts its own words and the address where the system's words belong; resolvers have numbers of their own.
    if problem.errno is not None and not isinstance(problem, socket.gaierror):
        return os.strerror(problem.errno)
    return problem.strerror or str(problem)
