"""Bytes from the wire to PDUs: P-DATA-TF in parts as they come, all others as a whole (PS3.8 9.3)."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from dicomkit._core.pdu_walk import find_fragments
from dicomkit.network.codes import AbortReason
from dicomkit.network.errors import InvalidPDUError, PDUTooLargeError, RemoteProtocolError
from dicomkit.network.ul.events import PresentationDataReceived
from dicomkit.network.ul.pdu import PDU, PDU_HEADER, PDV_HEADER, PDUType, parse_pdu

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dicomkit.network.ul.limits import UpperLayerLimits

__all__ = ["PDUReader", "SkippedPDU"]

DATA_START = Struct(">BxIIBB")
UNLIMITED = 0xFFFFFFFF
SHORT_PDU_LENGTH = 4
P_DATA_TF = int(PDUType.P_DATA_TF)
IS_COMMAND = 0x01
IS_LAST = 0x02
SMALLEST_OF_MORE = 1 << 10  # bytes of fragments that come with others in one event; smaller ones, which may be many, come one by one
EMPTY = memoryview(b"")
# What else listens, or is listened to, on such ports.
FOREIGN = {0x15: "TLS", 0x16: "TLS", 0x47: "HTTP", 0x50: "HTTP", 0x48: "HTTP", 0x3C: "HTTP", 0x53: "SSH"}


class SkippedPDU:
    """A PDU that nobody wanted to read: only its type is known."""

    __slots__ = ("pdu_type",)

    def __init__(self, pdu_type: PDUType) -> None:
        self.pdu_type = pdu_type


Found = PresentationDataReceived | PDU | SkippedPDU | RemoteProtocolError


class PDUReader:
    """Splits what is received into PDUs. It never holds more than one A-ASSOCIATE PDU, as far as that was received.

    Once something is not a PDU there is no telling where the next one begins: all that follows is dropped.

    Parameters
    ----------
    limits
        Bounds on lengths.
    maximum_length
        What we announce; 0 is no limit.
    """

    __slots__ = (
        "_body_length",
        "_carry",
        "_context_id",
        "_control",
        "_data",
        "_data_limit",
        "_end",
        "_fragment_left",
        "_limits",
        "_pdu_left",
        "_pdu_type",
        "_position",
        "_step",
        "expects_associate",
    )

    def __init__(self, limits: UpperLayerLimits, maximum_length: int) -> None:
        self._limits = limits
        self._data_limit = max(maximum_length, limits.data_length) if maximum_length else UNLIMITED
        self._data = EMPTY  # what was received last, from _position to _end still to be read
        self._position = 0
        self._end = 0
        self._carry = bytearray()  # the start of a header or of an A-ASSOCIATE PDU that was not received as a whole
        self._step: Callable[[], Found | None] | None = self._read_header  # what reads on; None once something was no PDU
        self._pdu_type = PDUType.P_DATA_TF  # of the PDU whose body is being collected
        self._body_length = 0  # of it, or how much is still to be skipped
        self._pdu_left = 0  # bytes of a P-DATA-TF after the current fragment
        self._fragment_left = 0  # bytes of the current fragment
        self._context_id = 0
        self._control = 0
        self.expects_associate = True

    def feed(self, data: memoryview) -> None:
        """Take what was received; what was before must have been read."""
        if self._step is None:
            return
        if self._position < self._end:
            data = memoryview(bytes(self._data[self._position : self._end]) + bytes(data))
        self._data = data
        self._position = 0
        self._end = len(data)

    def read(self) -> Found | None:
        """Return what comes next, or what is wrong with it, or None if all was read."""
        # Each step uses up what it finds; one that needs more keeps what there is in _carry.
        while self._position < self._end and self._step is not None:
            found = self._step()
            if found is not None:
                return found
        return None

    def _read_header(self) -> Found | None:
        """Read the header of a PDU."""
        position = self._position
        if self._end - position >= DATA_START.size and self._data[position] == P_DATA_TF and not self._carry:
            # Nearly all that ever comes: a P-DATA-TF with its first PDV.
            _, pdu_length, length, context_id, control = DATA_START.unpack_from(self._data, position)
            self._position = position + DATA_START.size
            return self._start_data(pdu_length) or self._start_fragment(length, context_id, control)
        header = self._take(PDU_HEADER.size)
        if header is None:
            return None
        type_code, length = PDU_HEADER.unpack(header)
        if type_code == P_DATA_TF:
            return self._start_data(length)
        return self._start_pdu(type_code, length)

    def _start_data(self, length: int) -> RemoteProtocolError | None:
        if length > self._data_limit:
            return self._fail(PDUTooLargeError(length, self._data_limit))
        if length < PDV_HEADER.size:
            return self._fail(InvalidPDUError(f"a P-DATA-TF of {length} bytes has no room for a PDV"))
        self._pdu_left = length
        self._step = self._read_pdv_header
        return None

    def _read_pdv_header(self) -> Found | None:
        header = self._take(PDV_HEADER.size)
        return None if header is None else self._start_fragment(*PDV_HEADER.unpack(header))

    def _start_fragment(self, length: int, context_id: int, control: int) -> Found | None:
        left = self._pdu_left - 4 - length
        if length < 2 or left < 0:
            return self._fail(InvalidPDUError(f"a PDV announces {length:,} bytes where {self._pdu_left - 4:,} are left"))
        if 0 < left < PDV_HEADER.size:
            return self._fail(InvalidPDUError(f"{left} bytes are left over after the last PDV"))
        self._pdu_left = left
        self._context_id = context_id
        self._control = control
        self._fragment_left = length - 2
        self._step = self._read_fragment
        return None if self._position == self._end and self._fragment_left else self._read_fragment()

    def _read_fragment(self) -> PresentationDataReceived:
        position = self._position
        left = self._end - position
        more: Sequence[memoryview] = ()
        if left < self._fragment_left:
            self._fragment_left -= left
            self._position = self._end
            is_last = False
        else:
            left, self._fragment_left = self._fragment_left, 0
            self._position = position + left
            self._step = self._read_pdv_header if self._pdu_left else self._read_header
            is_last = self._control & IS_LAST != 0
            if not (self._pdu_left or is_last or self._control & IS_COMMAND) and self._end - self._position > SMALLEST_OF_MORE:
                more, self._position = find_fragments(self._data, self._position, self._context_id, SMALLEST_OF_MORE, self._data_limit)
        # Bits 2 to 7 of the message control header are not tested (PS3.8 Annex E.2).
        data = self._data[position : position + left]
        return PresentationDataReceived(self._context_id, self._control & IS_COMMAND != 0, is_last, data, more)

    def _start_pdu(self, type_code: int, length: int) -> Found | None:
        """Begin with a PDU that is not a P-DATA-TF."""
        try:
            pdu_type = PDUType(type_code)
        except ValueError:
            hint = f" (the peer seems to speak {FOREIGN[type_code]})" if type_code in FOREIGN else ""
            return self._fail(InvalidPDUError(f"there is no PDU of type {type_code:02X}H{hint}", AbortReason.UNRECOGNIZED_PDU))
        self._pdu_type = pdu_type
        self._body_length = length
        if pdu_type in (PDUType.A_ASSOCIATE_RQ, PDUType.A_ASSOCIATE_AC):
            if length > self._limits.associate_length:
                return self._fail(PDUTooLargeError(length, self._limits.associate_length))
            if not self.expects_associate:
                self._step = self._skip_body if length else self._read_header
                return SkippedPDU(pdu_type)
            self._step = self._read_body
            return None if length else self._read_body()
        if length != SHORT_PDU_LENGTH:
            return self._fail(InvalidPDUError(f"{pdu_type.label} has {SHORT_PDU_LENGTH} bytes after its length, not {length:,}"))
        self._step = self._read_body
        return None

    def _read_body(self) -> Found | None:
        body = self._take(self._body_length)
        if body is None:
            return None
        self._step = self._read_header
        try:
            return parse_pdu(self._pdu_type, body)
        except InvalidPDUError as error:
            return error

    def _skip_body(self) -> None:
        count = min(self._body_length, self._end - self._position)
        self._position += count
        self._body_length -= count
        if not self._body_length:
            self._step = self._read_header

    def _take(self, count: int) -> memoryview | None:
        """Return so many bytes in one piece, or keep what there is of them and return None."""
        carry, position = self._carry, self._position
        missing = count - len(carry)
        taken = min(missing, self._end - position)
        self._position = position + taken
        if not carry and taken == count:
            return self._data[position : position + count]
        carry += self._data[position : position + taken]
        if taken < missing:
            return None
        self._carry = bytearray()
        return memoryview(carry)

    def _fail(self, error: RemoteProtocolError) -> RemoteProtocolError:
        self._step = None
        self._data, self._position, self._end = EMPTY, 0, 0
        return error
