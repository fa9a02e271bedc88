"""What a storage server tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dicomkit.network.services.storage_delegate import AssociationInfo, ReceivedFile

__all__ = [
    "AssociationEstablished",
    "AssociationRejected",
    "AssociationReleased",
    "FileReceived",
    "ServerError",
    "ServerStarted",
    "ServerStopped",
    "StorageServerEvent",
]


@dataclass(frozen=True, slots=True)
class ServerStarted:
    """The server listens."""

    port: int


@dataclass(frozen=True, slots=True)
class ServerStopped:
    """The server listens no more, and has no associations. It is the last event."""


@dataclass(frozen=True, slots=True)
class AssociationEstablished:
    """A peer was accepted."""

    info: AssociationInfo


@dataclass(frozen=True, slots=True)
class AssociationReleased:
    """A peer released its association."""

    calling_ae_title: str


@dataclass(frozen=True, slots=True)
class AssociationRejected:
    """A peer was turned away; ``reason`` says why, in the words of PS3.8 Table 9-21."""

    calling_ae_title: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileReceived:
    """An instance was received and acknowledged. Its data set is in its file or, if it has none, not kept."""

    file: ReceivedFile


@dataclass(frozen=True, slots=True)
class ServerError:
    """Something went wrong with one peer or one instance; the server goes on. The error has no traceback: ``did_fail`` gets that."""

    error: Exception


StorageServerEvent: TypeAlias = (
    ServerStarted | ServerStopped | AssociationEstablished | AssociationReleased | AssociationRejected | FileReceived | ServerError
)
