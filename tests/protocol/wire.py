"""PDUs put together by hand from the tables of PS3.8 9.3, for tests to send: nothing of ours is used to make them."""

from __future__ import annotations

APPLICATION_CONTEXT = b"1.2.840.10008.3.1.1.1"
VERIFICATION = b"1.2.840.10008.1.1"
IMPLICIT_VR = b"1.2.840.10008.1.2"


def pdu(pdu_type: int, body: bytes) -> bytes:
    """Table 9-11 and others: type, reserved, length of what follows, big endian."""
    return bytes((pdu_type, 0)) + len(body).to_bytes(4, "big") + body


def item(item_type: int, value: bytes) -> bytes:
    """Table 9-12 and others: type, reserved, length, value."""
    return bytes((item_type, 0)) + len(value).to_bytes(2, "big") + value


def field(value: bytes) -> bytes:
    """PS3.7 D.3.3: a length of two bytes, a value."""
    return len(value).to_bytes(2, "big") + value


def fixed(called: bytes = b"CALLED", calling: bytes = b"CALLING", version: int = 1) -> bytes:
    """Bytes 7 to 74 of Table 9-11."""
    return version.to_bytes(2, "big") + bytes(2) + called.ljust(16) + calling.ljust(16) + bytes(32)


def maximum_length(length: int) -> bytes:
    """Table D.1-1."""
    return item(0x51, length.to_bytes(4, "big"))


def proposed(context_id: int = 1, abstract: bytes = VERIFICATION, transfer: tuple[bytes, ...] = (IMPLICIT_VR,)) -> bytes:
    """Tables 9-13 to 9-15."""
    return item(0x20, bytes((context_id, 0, 0, 0)) + item(0x30, abstract) + b"".join(item(0x40, uid) for uid in transfer))


def answered(context_id: int = 1, result: int = 0, transfer: bytes = IMPLICIT_VR) -> bytes:
    """Tables 9-18 and 9-19."""
    return item(0x21, bytes((context_id, 0, result, 0)) + item(0x40, transfer))


USER_INFORMATION = item(0x50, maximum_length(16384) + item(0x52, b"1.2.3"))


def associate_rq(*contexts: bytes, information: bytes = USER_INFORMATION, **fields: object) -> bytes:
    return pdu(1, fixed(**fields) + item(0x10, APPLICATION_CONTEXT) + b"".join(contexts or (proposed(),)) + information)


def associate_ac(*contexts: bytes, information: bytes = USER_INFORMATION, **fields: object) -> bytes:
    return pdu(2, fixed(**fields) + item(0x10, APPLICATION_CONTEXT) + b"".join(contexts or (answered(),)) + information)


def associate_rj(result: int = 1, source: int = 1, reason: int = 1) -> bytes:
    return pdu(3, bytes((0, result, source, reason)))


def pdv(data: bytes, context_id: int = 1, control: int = 0) -> bytes:
    """Table 9-23 and Annex E.2."""
    return (len(data) + 2).to_bytes(4, "big") + bytes((context_id, control)) + data


def p_data(*pdvs: bytes) -> bytes:
    return pdu(4, b"".join(pdvs or (pdv(b"\1\2"),)))


RELEASE_RQ = pdu(5, bytes(4))
RELEASE_RP = pdu(6, bytes(4))
UNKNOWN = pdu(0x2A, b"whatever")


def abort(source: int = 0, reason: int = 0) -> bytes:
    return pdu(7, bytes((0, 0, source, reason)))
