"""The DIMSE protocol without IO: fragments in, messages and pieces of data sets out, and the other way round (PS3.7 8, 9, 10).

What must stay true here: nothing that a peer sends makes a method raise, and nothing of a data set is kept. Only a command set is put
together from its fragments, up to a limit.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomkit.network.dimse.command_set import parse_command, serialize_command
from dicomkit.network.dimse.fragments import PDV, fragment_command, get_fragment_length
from dicomkit.network.dimse.messages import CCancelRequest, Message, Request, Response
from dicomkit.network.errors import LocalProtocolError, RemoteProtocolError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["CommandReceived", "DataSetFragmentReceived", "DimseEvent", "DimseSession", "ProtocolViolated"]

MAXIMUM_COMMAND_LENGTH = 256 * 1024  # Orthanc lists in it what it could not send, in some fifty bytes each
LAST_MESSAGE_ID = 0xFFFF


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A command set is complete.

    Attributes
    ----------
    context_id
        Presentation context.
    message
        The message.
    has_data_set
        Whether fragments of a data set follow, before anything else.
    """

    context_id: int
    message: Message
    has_data_set: bool


@dataclass(slots=True)
class DataSetFragmentReceived:
    """A fragment of the data set that belongs to the last command.

    Attributes
    ----------
    context_id
        Presentation context.
    message_id
        Message ID of the request, or the one being responded to.
    data
        What was handed in, not a copy.
    is_last
        Whether the data set ends with it.
    """

    context_id: int
    message_id: int
    data: Buffer
    is_last: bool


@dataclass(frozen=True, slots=True)
class ProtocolViolated:
    """The peer broke the rules of PS3.7: the association should be aborted, for nothing that it sends is understood any more.

    Attributes
    ----------
    error
        What was wrong.
    """

    error: RemoteProtocolError


DimseEvent = CommandReceived | DataSetFragmentReceived | ProtocolViolated


class DimseSession:
    """The messages of one association, both directions.

    Several operations may be outstanding each way, told apart by their Message IDs; the fragments of messages are never mixed, as PS3.8
    Annex E wants it.

    Parameters
    ----------
    maximum_command_length
        The most bytes of a command set. They need some hundred.
    """

    def __init__(self, *, maximum_command_length: int = MAXIMUM_COMMAND_LENGTH) -> None:
        self._maximum_command_length = maximum_command_length
        self._events: deque[DimseEvent] = deque()
        self._command: list[bytes] = []
        self._command_length = 0
        self._context_id = 0  # of the message that is arriving; 0 between messages
        self._data_set_of: int | None = None  # Message ID, while a data set is arriving
        self._is_violated = False
        self._last_message_id = 0
        self._outstanding: set[int] = set()
        self._peer_outstanding: set[int] = set()

    @property
    def outstanding(self) -> frozenset[int]:
        """Message IDs of our requests that have no final response."""
        return frozenset(self._outstanding)

    @property
    def peer_outstanding(self) -> frozenset[int]:
        """Message IDs of the peer's requests that we have not answered finally."""
        return frozenset(self._peer_outstanding)

    @property
    def is_receiving(self) -> bool:
        """Whether a message has begun to arrive and has not ended."""
        return self._context_id != 0

    def new_message_id(self) -> int:
        """Return a Message ID, from 1 to 65535, of which no request is outstanding.

        Raises
        ------
        LocalProtocolError
            If requests are outstanding with all of them.
        """
        if len(self._outstanding) >= LAST_MESSAGE_ID:
            raise LocalProtocolError("all Message IDs are in use")
        while True:
            self._last_message_id = self._last_message_id % LAST_MESSAGE_ID + 1
            if self._last_message_id not in self._outstanding:
                return self._last_message_id

    # Sending.

    def fragment_command(self, message: Message, context_id: int, maximum_length: int, *, has_data_set: bool) -> list[PDV]:
        """Return the fragments of a command set, which is sent herewith: its operation begins, or ends.

        Parameters
        ----------
        message
            The message.
        context_id
            Presentation context.
        maximum_length
            Maximum Length Received of the peer; 0 is none.
        has_data_set
            Whether a data set follows.

        Raises
        ------
        LocalProtocolError
            If the Message ID of a request is in use, a response answers nothing, or a value cannot stand in a command set.
        """
        command = serialize_command(message, has_data_set=has_data_set)
        if isinstance(message, Request):
            if message.message_id in self._outstanding:
                raise LocalProtocolError(f"a request with the Message ID {message.message_id} is outstanding")
            self._outstanding.add(message.message_id)
        elif isinstance(message, Response):
            message_id = message.message_id_being_responded_to
            if message_id not in self._peer_outstanding:
                raise LocalProtocolError(f"no request with the Message ID {message_id} waits for a response")
            if message.status.is_final:
                self._peer_outstanding.discard(message_id)
        return fragment_command(command, context_id, get_fragment_length(maximum_length))

    # Receiving.

    def receive_pdv(self, context_id: int, is_command: bool, is_last: bool, data: Buffer) -> None:
        """Take a fragment; what it completes, :meth:`next_event` tells. After a violation, fragments are ignored."""
        if self._is_violated:
            return
        if not is_command and context_id == self._context_id and self._data_set_of is not None:  # first, as nearly all are such
            self._events.append(DataSetFragmentReceived(context_id, self._data_set_of, data, is_last))
            if is_last:
                self._context_id, self._data_set_of = 0, None
            return
        try:
            self._check_turn(context_id, is_command)
            self._receive_command(context_id, is_last, data)
        except RemoteProtocolError as error:
            self._is_violated = True
            self._command.clear()
            self._events.append(ProtocolViolated(error))

    def next_event(self) -> DimseEvent | None:
        """Return what happened, in its order; None if there is nothing more."""
        return self._events.popleft() if self._events else None

    def _check_turn(self, context_id: int, is_command: bool) -> None:
        """See that a fragment continues what is arriving, or begins a message where nothing is."""
        if self._context_id not in (0, context_id):
            raise RemoteProtocolError("fragments of messages in two presentation contexts are mixed")
        if is_command and self._data_set_of is not None:
            raise RemoteProtocolError("a command set begins before the data set of the last one has ended")
        if not is_command:
            raise RemoteProtocolError("a fragment of a data set that no command set has announced")

    def _receive_command(self, context_id: int, is_last: bool, data: Buffer) -> None:
        fragment = bytes(data)
        self._command_length += len(fragment)
        if self._command_length > self._maximum_command_length:
            raise RemoteProtocolError(f"a command set has more than {self._maximum_command_length} bytes")
        if fragment:  # a peer may send empty ones for ever
            self._command.append(fragment)
        self._context_id = context_id
        if not is_last:
            return
        command = self._command[0] if len(self._command) == 1 else b"".join(self._command)
        self._command.clear()
        self._command_length = 0
        message, has_data_set = parse_command(command)
        self._context_id = context_id if has_data_set else 0
        if isinstance(message, CCancelRequest):
            if has_data_set:
                raise RemoteProtocolError("a C-CANCEL-RQ with a data set")
            if message.message_id_being_responded_to not in self._peer_outstanding:
                return  # it crossed with our final response
        else:
            message_id = self._register(message)
            self._data_set_of = message_id if has_data_set else None
        self._events.append(CommandReceived(context_id, message, has_data_set))

    def _register(self, message: Request | Response) -> int:
        """Note that an operation of the peer begins, or that one of ours goes on or ends; return its Message ID."""
        if isinstance(message, Request):
            if message.message_id in self._peer_outstanding:
                raise RemoteProtocolError(f"the Message ID {message.message_id} of an outstanding request comes again")
            self._peer_outstanding.add(message.message_id)
            return message.message_id
        message_id = message.message_id_being_responded_to
        if message_id not in self._outstanding:
            raise RemoteProtocolError(f"a response to the Message ID {message_id}, of which no request is outstanding")
        if message.status.is_final:
            self._outstanding.discard(message_id)
        return message_id
