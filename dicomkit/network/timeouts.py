"""How long each thing on the network may take."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import Enum
from typing import ClassVar, Self

__all__ = ["TimeoutConfiguration", "TimeoutType"]


class TimeoutType(Enum):
    """What took too long; its value is the word in messages."""

    CONNECT = "Connection"
    READ = "Read"
    WRITE = "Write"
    OPERATION = "Operation"
    ASSOCIATION = "Association"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutConfiguration:
    """Limits in seconds; None is no limit.

    Parameters
    ----------
    connect
        Name resolution, the TCP connection and, with TLS, its handshake.
    read
        Waiting for the peer to send anything at all.
    write
        Waiting for the peer to take anything at all.
    operation
        One DIMSE operation, from its request to its final response.
    association
        Negotiating an association, and again releasing it.

    Raises
    ------
    ValueError
        If a limit is not a positive number.
    """

    connect: float | None = 30.0
    read: float | None = 30.0
    write: float | None = 30.0
    operation: float | None = 120.0
    association: float | None = 30.0

    default: ClassVar[TimeoutConfiguration]
    fast: ClassVar[TimeoutConfiguration]
    slow: ClassVar[TimeoutConfiguration]

    def __post_init__(self) -> None:
        for field in fields(self):
            check_seconds(field.name, getattr(self, field.name))

    @classmethod
    def from_timeout(cls, timeout: float) -> Self:
        """Return what one number of seconds stands for: that for each limit, and four times as much for an operation."""
        return cls(connect=timeout, read=timeout, write=timeout, operation=4 * timeout, association=timeout)


def check_seconds(name: str, seconds: float | None) -> None:
    """Raise ``ValueError`` unless it is None or a positive, finite number of seconds."""
    if seconds is not None and not (isinstance(seconds, (int, float)) and seconds > 0 and math.isfinite(seconds)):
        raise ValueError(f"{name} is a positive number of seconds, or None for no limit")


TimeoutConfiguration.default = TimeoutConfiguration()
TimeoutConfiguration.fast = TimeoutConfiguration(connect=5.0, read=10.0, write=10.0, operation=30.0, association=10.0)
TimeoutConfiguration.slow = TimeoutConfiguration(connect=60.0, read=120.0, write=120.0, operation=600.0, association=90.0)
