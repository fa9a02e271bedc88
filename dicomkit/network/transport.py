"""A connected socket that is read and written without blocking, bare or under TLS.

Sockets are used directly, not through asyncio's transports: what is sent is never joined (``sendmsg``), what is received goes straight into
a buffer that is parsed in place, and nothing is read before somebody asks for it. A waiter costs one future; the loop's watch on the
socket stays from one wait to the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import socket
import ssl
from typing import TYPE_CHECKING, cast

from dicomkit.network.connecting import reason_of
from dicomkit.network.errors import ConnectionFailedError, OperationTimeoutError
from dicomkit.network.timeouts import TimeoutType

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["TLSTransport", "Transport", "start_tls"]

FIRST_READ_SIZE = 16 * 1024
LARGEST_READ_SIZE = 256 * 1024  # more gains nothing: what was read shall still be in the cache when it is written to disk
MOST_BUFFERS = max(16, min(1024, os.sysconf("SC_IOV_MAX"))) if hasattr(os, "sysconf") else 16  # -1: the system does not say
TLS_BATCH_SIZE = 128 * 1024
QUICK_ACKNOWLEDGE = getattr(socket, "TCP_QUICKACK", None)
EMPTY = memoryview(b"")


class Transport:
    """A connected TCP socket. It belongs to the transport, which closes it.

    Parameters
    ----------
    sock
        Connected; it is made non-blocking.
    """

    __slots__ = ("_buffer", "_descriptor", "_has_filled_buffer", "_is_watching", "_loop", "_readers", "_socket", "_writers")

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        # Selectors are given this number: for a socket that they don't know they would put its repr, which is slow, into a KeyError.
        self._descriptor = sock.fileno()
        self._loop = asyncio.get_running_loop()
        self._buffer = memoryview(bytearray(FIRST_READ_SIZE))
        self._has_filled_buffer = False
        self._is_watching = False
        self._readers: list[asyncio.Future[bool]] = []  # who waits to read: one task, and one that closes meanwhile
        self._writers: list[asyncio.Future[bool]] = []
        sock.setblocking(False)
        with contextlib.suppress(OSError):  # a socket that is no TCP socket, or that the peer has reset already
            # Nagle's algorithm together with delayed acknowledgements costs 40 ms a message.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def peer_address(self) -> tuple[str, int]:
        """Host and port of the other side; empty if it is gone."""
        try:
            address = self._socket.getpeername()
        except OSError:
            return "", 0
        return (str(address[0]), int(address[1])) if isinstance(address, tuple) else (str(address), 0)

    @property
    def is_closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._socket.fileno() < 0

    def try_read(self) -> memoryview | None:
        """Return what has come: nothing at the end, None if nothing is there yet. It is valid until the next call.

        Raises
        ------
        OSError
            If the connection is lost.
        """
        count = self._receive(self._next_buffer())
        if count is None:
            return None
        self._has_filled_buffer = count == len(self._buffer)
        return self._buffer[:count]

    def try_write(self, buffers: list[Buffer]) -> bool:
        """Send what can be sent and take it out of ``buffers``; whether nothing is left.

        Raises
        ------
        OSError
            If the connection is lost.
        """
        while buffers:
            try:
                sent = self._socket.sendmsg(buffers[:MOST_BUFFERS])
            except (BlockingIOError, InterruptedError):
                return False
            _drop(buffers, sent)
        return True

    async def wait(self, timeout: float | None, *, readable: bool = False, writable: bool = False) -> bool:
        """Wait until it can be read, or written, or is closed; False if that takes too long."""
        waiter: asyncio.Future[bool] = self._loop.create_future()
        timer = None if timeout is None else self._loop.call_later(max(0.0, timeout), _resolve_waiter, waiter, False)
        if readable:
            self._readers.append(waiter)
            if not self._is_watching:
                self._loop.add_reader(self._descriptor, self._on_readable)
                self._is_watching = True
        if writable:
            if not self._writers:
                self._loop.add_writer(self._descriptor, self._on_writable)
            self._writers.append(waiter)
        try:
            return await waiter
        finally:
            if timer is not None:
                timer.cancel()
            if readable:
                self._readers.remove(waiter)
            if writable:
                self._writers.remove(waiter)
                if not self._writers and not self.is_closed:
                    self._loop.remove_writer(self._descriptor)

    def stop_watching(self) -> None:
        """Have the loop look at it no more until somebody waits to read: another thread reads meanwhile."""
        if self._is_watching and not self._readers:
            self._loop.remove_reader(self._descriptor)
            self._is_watching = False

    def wait_in_thread(self, timeout: float) -> bool:
        """Wait for something to read, in another thread than the loop's, and return whether there is; at once if there is no poll()."""
        if not hasattr(select, "poll") or self.is_closed:
            return False
        watch = select.poll()
        watch.register(self._descriptor, select.POLLIN)
        return bool(watch.poll(timeout * 1000))

    def close(self) -> None:
        """Close the socket; whoever waits wakes up."""
        if self.is_closed:
            return
        if self._is_watching:
            self._loop.remove_reader(self._descriptor)
            self._is_watching = False
        if self._writers:
            self._loop.remove_writer(self._descriptor)
        for waiter in (*self._readers, *self._writers):
            _resolve_waiter(waiter, True)
        self._socket.close()

    def _next_buffer(self) -> memoryview:
        # An idle association holds little; one that brings data holds enough to read many PDUs at once.
        if self._has_filled_buffer and len(self._buffer) < LARGEST_READ_SIZE:
            self._buffer = memoryview(bytearray(min(4 * len(self._buffer), LARGEST_READ_SIZE)))
        return self._buffer

    def _receive(self, buffer: memoryview) -> int | None:
        try:
            count = self._socket.recv_into(buffer)
        except (BlockingIOError, InterruptedError):
            return None
        if QUICK_ACKNOWLEDGE is not None:
            # The kernel falls back to delayed acknowledgements by itself, so after each read.
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, QUICK_ACKNOWLEDGE, 1)
        return count

    def _on_readable(self) -> None:
        for waiter in self._readers:
            _resolve_waiter(waiter, True)
        self.stop_watching()  # if nobody asks for more: the loop would call without end

    def _on_writable(self) -> None:
        for waiter in self._writers:
            _resolve_waiter(waiter, True)


class TLSTransport(Transport):
    """The same under TLS. Make it with :func:`start_tls`."""

    __slots__ = ("_encrypted", "_incoming", "_outgoing", "_tls", "_unsent")

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, *, server_side: bool, server_hostname: str | None) -> None:
        super().__init__(sock)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=server_side, server_hostname=server_hostname)
        self._encrypted = memoryview(bytearray(FIRST_READ_SIZE))
        self._unsent = EMPTY  # encrypted, and not yet taken by the kernel

    async def handshake(self) -> None:
        """Do the handshake; ``OSError``, of which ``ssl.SSLError`` is one, if it fails."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                if not self._fill():
                    await self.wait(None, readable=True)
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self._try_flush()  # the alert, which tells the peer why
                raise
            else:
                await self._flush()
                return

    def try_read(self) -> memoryview | None:
        """As of a bare socket."""
        buffer = self._next_buffer()
        count = 0
        while count < len(buffer):
            try:
                # One record at most comes at a time; nothing, once the peer has said that it closes.
                received = cast("int", self._tls.read(len(buffer) - count, cast("bytearray", buffer[count:])))
            except ssl.SSLWantReadError:
                if not self._fill():
                    break
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return buffer[:count]  # at the next call there is nothing left
            else:
                if not received:
                    return buffer[:count]
                count += received
        self._has_filled_buffer = count == len(buffer)
        return buffer[:count] if count else None

    def try_write(self, buffers: list[Buffer]) -> bool:
        """As of a bare socket; several buffers become one TLS record."""
        while self._try_flush():
            if not buffers:
                return True
            batch, size = [], 0
            while buffers and size < TLS_BATCH_SIZE:
                piece = memoryview(buffers[0])[: TLS_BATCH_SIZE - size]
                batch.append(piece)
                size += len(piece)
                _drop(buffers, len(piece))
            self._tls.write(b"".join(batch))
        return False

    def close(self) -> None:
        """Close it, after trying to say so to the peer."""
        if not self.is_closed:
            with contextlib.suppress(OSError):
                self._fill()  # session tickets that nobody read would make the kernel reset the connection
            with contextlib.suppress(OSError, ValueError):
                self._tls.unwrap()
            with contextlib.suppress(OSError):
                self._try_flush()
        super().close()

    def _fill(self) -> bool:
        count = self._receive(self._encrypted)
        if count is None:
            return False
        if count:
            self._incoming.write(self._encrypted[:count])
            if count == len(self._encrypted) < LARGEST_READ_SIZE:
                self._encrypted = memoryview(bytearray(min(4 * count, LARGEST_READ_SIZE)))
        else:
            self._incoming.write_eof()
        return True

    def _try_flush(self) -> bool:
        while True:
            if not self._unsent:
                if not self._outgoing.pending:
                    return True
                self._unsent = memoryview(self._outgoing.read())
            try:
                self._unsent = self._unsent[self._socket.send(self._unsent) :]
            except (BlockingIOError, InterruptedError):
                return False

    async def _flush(self) -> None:
        while not self._try_flush():
            await self.wait(None, writable=True)


async def start_tls(
    sock: socket.socket, context: ssl.SSLContext, timeout: float | None, *, server_side: bool = False, server_hostname: str | None = None
) -> TLSTransport:
    """Return a transport whose TLS handshake is done. The socket is closed if it fails.

    Raises
    ------
    ConnectionFailedError
        If the handshake fails.
    OperationTimeoutError
        If it takes too long.
    """
    transport = None
    try:
        transport = TLSTransport(sock, context, server_side=server_side, server_hostname=server_hostname)
        async with asyncio.timeout(timeout) as scope:
            await transport.handshake()
    except BaseException as error:
        (transport or sock).close()
        if timeout is not None and isinstance(error, TimeoutError) and scope.expired():
            raise OperationTimeoutError(TimeoutType.CONNECT, timeout, "the TLS handshake") from error
        if isinstance(error, OSError):
            reason = error.reason if isinstance(error, ssl.SSLError) and error.reason else reason_of(error)
            raise ConnectionFailedError(f"the TLS handshake failed: {reason}") from error
        raise
    return transport


def _drop(buffers: list[Buffer], count: int) -> None:
    """Take the first bytes out of a list of buffers."""
    done = 0
    for buffer in buffers:
        size = buffer.nbytes if type(buffer) is memoryview else len(memoryview(buffer))
        if size > count:
            if count:
                buffers[done] = memoryview(buffer)[count:]
            break
        count -= size
        done += 1
    del buffers[:done]


def _resolve_waiter(waiter: asyncio.Future[bool], has_happened: bool) -> None:
    if not waiter.done():
        waiter.set_result(has_happened)
