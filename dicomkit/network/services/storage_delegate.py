"""Who takes what a storage SCP receives: the protocol of its delegate, and what a delegate is told (PS3.4 B.2)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dicomkit.file import DICOMFile, read
from dicomkit.network.errors import InvalidStateError
from dicomkit.network.services.file_head import file_head

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = [
    "AssociationInfo",
    "DataSetChunks",
    "IncomingInstance",
    "PouredChunks",
    "ReceivedFile",
    "StorageDelegate",
    "StreamingStorageDelegate",
]

DataSetChunks: TypeAlias = AsyncIterator[list[memoryview]]
"""A data set as it comes: the fragments that arrived together, in order. They are valid until the next ones are asked for."""


class PouredChunks(AsyncIterator[list[memoryview]]):
    """A data set that a thread can take, too, while it comes: what servers give to :meth:`StreamingStorageDelegate.receive_stream`."""

    @abstractmethod
    async def pour(self, take: Callable[[list[memoryview], bool], None], fragments: list[memoryview]) -> None:
        """Have a function called in a thread with the fragments of the last step, and then with those that keep coming.

        It is told whether the data set ends with them, and may wait for a disk. When nothing comes for a moment this returns, and the next
        step waits for more.
        """


@dataclass(frozen=True, slots=True)
class AssociationInfo:
    """Who asks for an association, and for what."""

    calling_ae_title: str
    called_ae_title: str
    remote_host: str
    remote_port: int
    proposed_sop_classes: tuple[str, ...]
    proposed_transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncomingInstance:
    """A SOP instance that is about to come."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    calling_ae_title: str
    called_ae_title: str


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A SOP instance that was received.

    Attributes
    ----------
    timestamp
        When its last byte came, in UTC.
    data_size
        Bytes of the data set as sent.
    file_path
        Where it was written, if it was.
    """

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    calling_ae_title: str
    timestamp: datetime
    data_size: int
    file_path: Path | None = None
    _data_set: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def data_set_data(self) -> bytes:
        """The data set as sent, without preamble and File Meta Information, in ``transfer_syntax_uid``; read from the file if it is in one.

        Raises
        ------
        InvalidStateError
            If it is in no file and no more in memory: the events of a server don't keep it.
        OSError
            If the file is not there any more.
        """
        if self._data_set is not None:
            return self._data_set
        if self.file_path is None:
            raise InvalidStateError("the data set was handed to did_receive and is not kept")
        # It ends the file, and its length is known: no need to look for its beginning.
        with open(self.file_path, "rb") as file:
            file.seek(-self.data_size, 2)
            return file.read()

    def without_data(self) -> ReceivedFile:
        """Return it without a data set in memory."""
        return replace(self, _data_set=None)

    @property
    def file_data(self) -> bytes:
        """The instance as a DICOM file, whether it is in one or not; errors are those of :attr:`data_set_data`."""
        if self.file_path is not None:
            return self.file_path.read_bytes()
        instance = IncomingInstance(self.sop_class_uid, self.sop_instance_uid, self.transfer_syntax_uid, self.calling_ae_title, "")
        return file_head(instance) + self.data_set_data

    def read(self) -> DICOMFile:
        """Read it, as :func:`dicomkit.read` does.

        Raises
        ------
        DICOMError
            If it cannot be parsed.
        InvalidStateError
            If it is in no file and no more in memory.
        """
        return read(self.file_data if self.file_path is None else self.file_path)


class StorageDelegate(Protocol):
    """What decides about instances and takes them. Derive from it, and define :meth:`did_receive`; the rest has a default.

    The methods are called on the server's event loop, those of different associations in turn: they must not block.
    """

    async def should_accept_association(self, info: AssociationInfo) -> bool:
        """Return whether to accept an association whose AE titles are allowed. By default it is."""
        return True

    async def will_receive(self, sop_class_uid: str, sop_instance_uid: str) -> bool:
        """Return whether to take an instance. One that is not taken is read over and answered A700. By default it is taken."""
        return True

    async def did_receive(self, file: ReceivedFile) -> None:
        """Take an instance. It is acknowledged when this returns; if it raises, the answer is 0110, processing failure.

        An exception with an attribute ``status`` is answered with that, one that says that the disk is full with A700.
        """
        ...

    async def did_fail(self, error: Exception, sop_instance_uid: str | None) -> None:
        """Learn that an instance could not be received or taken. By default nothing happens."""
        return


@runtime_checkable
class StreamingStorageDelegate(StorageDelegate, Protocol):
    """A delegate that takes data sets as they come, so that they are never in memory as a whole."""

    async def receive_stream(self, instance: IncomingInstance, chunks: DataSetChunks) -> Path | None:
        """Take the data set of an instance; return the path of the file that it is in, if it is in one.

        ``did_receive`` is called after it. If the peer goes away in the middle, ``chunks`` raises, or the task is cancelled.
        What is left of ``chunks`` when this returns or raises is read over.
        """
        ...
