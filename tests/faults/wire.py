"""PDUs and commands written by hand from PS3.8 9.3 and PS3.7 6.3, lies included, and a peer that sends them.

Nothing here is dicomkit's: what is tested must not say what is right.
"""

from __future__ import annotations

import asyncio
import socket
import struct

VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
RQ, AC, RJ, DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)
COMMAND, LAST = 1, 2
CONTEXTS = ((1, VERIFICATION, (IMPLICIT,)), (3, CT, (EXPLICIT,)))


def pdu(kind: int, body: bytes = b"", *, length: int | None = None) -> bytes:
    return struct.pack(">BBI", kind, 0, len(body) if length is None else length) + body


def item(kind: int, body: bytes, *, length: int | None = None) -> bytes:
    return struct.pack(">BBH", kind, 0, len(body) if length is None else length) + body


def context(number: int, abstract_syntax: str, transfer_syntaxes: tuple[str, ...]) -> bytes:
    syntaxes = b"".join(item(0x40, uid.encode()) for uid in transfer_syntaxes)
    return item(0x20, bytes((number, 0, 0, 0)) + item(0x30, abstract_syntax.encode()) + syntaxes)


def user_information(*more: bytes, max_length: int = 16384) -> bytes:
    return item(0x50, item(0x51, struct.pack(">I", max_length)) + item(0x52, b"1.2.3.4") + b"".join(more))


def associate(
    *items: bytes,
    called: bytes = b"ME",
    calling: bytes = b"YOU",
    contexts: tuple[tuple[int, str, tuple[str, ...]], ...] = CONTEXTS,
    information: bytes | None = None,
    version: int = 1,
) -> bytes:
    """An A-ASSOCIATE-RQ; ``items`` replace the usual ones."""
    fixed = struct.pack(">HH16s16s32s", version, 0, called.ljust(16), calling.ljust(16), b"")
    usual = [item(0x10, APPLICATION_CONTEXT.encode()), *(context(*each) for each in contexts), information or user_information()]
    return pdu(RQ, fixed + b"".join(items or usual))


def pdv(number: int, control: int, data: bytes, *, length: int | None = None) -> bytes:
    return struct.pack(">IBB", len(data) + 2 if length is None else length, number, control) + data


def data(*pdvs: bytes) -> bytes:
    return pdu(DATA, b"".join(pdvs))


def element(group_element: int, value: bytes) -> bytes:
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHI", group_element >> 16, group_element & 0xFFFF, len(value)) + value


def command(field: int, message_id: int, has_data_set: bool, *more: bytes, group_length: int | None = None) -> bytes:
    """A command set; ``more`` are elements beside the field, the message ID and the type of data set."""
    elements = [
        element(0x00000100, struct.pack("<H", field)),
        element(0x00000110, struct.pack("<H", message_id)),
        element(0x00000800, struct.pack("<H", 1 if has_data_set else 0x0101)),
        *more,
    ]
    body = b"".join(sorted(elements, key=lambda each: struct.unpack("<HH", each[:4])))
    return element(0x00000000, struct.pack("<I", len(body) if group_length is None else group_length)) + body


def echo_command(message_id: int = 1) -> bytes:
    return command(0x0030, message_id, False, element(0x00000002, VERIFICATION.encode()))


def store_command(uid: str | bytes, message_id: int = 1, sop_class: str = CT, *, has_data_set: bool = True) -> bytes:
    raw = uid if isinstance(uid, bytes) else uid.encode()
    more = [element(0x00000002, sop_class.encode()), element(0x00000700, b"\0\0"), element(0x00001000, raw)]
    return command(0x0001, message_id, has_data_set, *more)


def data_set(uid: str, size: int = 100, sop_class: str = CT) -> bytes:
    """A data set in Explicit VR Little Endian with pixels of that size."""

    def short(tag: int, vr: bytes, value: bytes) -> bytes:
        value += b"\0" * (len(value) % 2)
        return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value

    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, size) + bytes(size)
    return short(0x00080016, b"UI", sop_class.encode()) + short(0x00080018, b"UI", uid.encode()) + pixels


def store_message(uid: str, size: int = 100, message_id: int = 1, *, fragment: int = 16000) -> bytes:
    """A whole C-STORE-RQ in presentation context 3."""
    body = data_set(uid, size)
    parts = [body[start : start + fragment] for start in range(0, len(body), fragment)]
    fragments = [data(pdv(3, LAST if index == len(parts) - 1 else 0, part)) for index, part in enumerate(parts)]
    return data(pdv(3, COMMAND | LAST, store_command(uid, message_id))) + b"".join(fragments)


def parse_command(raw: bytes) -> dict[int, bytes]:
    """The elements of a command set, or of so much of one."""
    found, offset = {}, 0
    while offset + 8 <= len(raw):
        group, number, length = struct.unpack_from("<HHI", raw, offset)
        found[group << 16 | number] = raw[offset + 8 : offset + 8 + length]
        offset += 8 + length
    return found


class RawPeer:
    """A connection over which anything can be sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> RawPeer:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @classmethod
    async def associated(cls, port: int, **changes: object) -> RawPeer:
        """A peer that was accepted."""
        peer = await cls.connect(port)
        await peer.send(associate(**changes))
        kind, _ = await peer.receive()
        assert kind == AC, kind
        return peer

    async def send(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))
        await self.writer.drain()

    async def receive(self) -> tuple[int, bytes] | None:
        """The next PDU, or None when the connection was closed or reset."""
        try:
            kind, length = struct.unpack(">BxI", await self.reader.readexactly(6))
            return kind, await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def receive_status(self) -> int:
        """The status of the next message, which must be a response without a data set."""
        received = await self.receive()
        assert received is not None, "closed"
        kind, body = received
        assert kind == DATA, (kind, body)
        return int.from_bytes(parse_command(body[6:])[0x00000900], "little")

    async def echo(self, message_id: int = 1) -> int:
        await self.send(data(pdv(1, COMMAND | LAST, echo_command(message_id))))
        return await self.receive_status()

    async def store(self, uid: str, size: int = 100, message_id: int = 1) -> int:
        await self.send(store_message(uid, size, message_id))
        return await self.receive_status()

    async def release(self) -> None:
        await self.send(pdu(RELEASE_RQ, bytes(4)))
        received = await self.receive()
        assert received is not None
        assert received[0] == RELEASE_RP
        await self.close()

    async def until_ended(self) -> list[tuple[int, bytes]]:
        """What still comes until the other side aborts, rejects, or closes."""
        received = []
        while (each := await self.receive()) is not None:
            received.append(each)
            if each[0] in (RJ, ABORT):
                break
        return received

    async def until_closed(self) -> list[tuple[int, bytes]]:
        """What still comes until the other side closes: it must, even if we don't."""
        received = []
        while (each := await self.receive()) is not None:
            received.append(each)
        return received

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return

    async def reset(self) -> None:
        """Close with a RST instead of a FIN."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self.close()

    def half_close(self) -> None:
        self.writer.write_eof()
