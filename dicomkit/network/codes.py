"""The codes of A-ASSOCIATE-RJ and A-ABORT and those of presentation contexts, and what they mean (PS3.8 Tables 9-18, 9-21, 9-26)."""

from __future__ import annotations

from enum import Enum, IntEnum

__all__ = [
    "AbortReason",
    "AbortSource",
    "RejectResult",
    "RejectSource",
    "Rejection",
    "abort_reason_text",
    "abort_source_text",
    "context_result_text",
    "reject_reason_text",
    "reject_result_text",
    "reject_source_text",
]


class RejectResult(IntEnum):
    """Whether it is worth asking again."""

    PERMANENT = 1
    TRANSIENT = 2


class RejectSource(IntEnum):
    """Who rejects."""

    SERVICE_USER = 1
    ACSE = 2
    PRESENTATION = 3


class Rejection(Enum):
    """Who rejects and why: ``source`` and ``reason`` of an A-ASSOCIATE-RJ. What a reason means depends on the source."""

    NO_REASON_GIVEN = (1, 1)
    APPLICATION_CONTEXT_NAME_NOT_SUPPORTED = (1, 2)
    CALLING_AE_TITLE_NOT_RECOGNIZED = (1, 3)
    CALLED_AE_TITLE_NOT_RECOGNIZED = (1, 7)
    PROVIDER_GIVES_NO_REASON = (2, 1)
    PROTOCOL_VERSION_NOT_SUPPORTED = (2, 2)
    TEMPORARY_CONGESTION = (3, 1)
    LOCAL_LIMIT_EXCEEDED = (3, 2)

    @property
    def source(self) -> int:
        """Who."""
        return self.value[0]

    @property
    def reason(self) -> int:
        """Why."""
        return self.value[1]


class AbortSource(IntEnum):
    """Who aborts."""

    SERVICE_USER = 0
    SERVICE_PROVIDER = 2


class AbortReason(IntEnum):
    """Why the service provider aborts; without significance if the user does."""

    NOT_SPECIFIED = 0
    UNRECOGNIZED_PDU = 1
    UNEXPECTED_PDU = 2
    UNRECOGNIZED_PDU_PARAMETER = 4
    UNEXPECTED_PDU_PARAMETER = 5
    INVALID_PDU_PARAMETER_VALUE = 6


_REJECT_RESULTS = {1: "rejected permanently", 2: "rejected for now"}
_REJECT_SOURCES = {
    1: "the peer's application",
    2: "the peer's service provider (association control)",
    3: "the peer's service provider (presentation)",
}
_REJECT_REASONS = {
    Rejection.NO_REASON_GIVEN.value: "no reason given",
    Rejection.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED.value: "application context name not supported",
    Rejection.CALLING_AE_TITLE_NOT_RECOGNIZED.value: "calling AE title not recognized",
    Rejection.CALLED_AE_TITLE_NOT_RECOGNIZED.value: "called AE title not recognized",
    Rejection.PROVIDER_GIVES_NO_REASON.value: "no reason given",
    Rejection.PROTOCOL_VERSION_NOT_SUPPORTED.value: "protocol version not supported",
    Rejection.TEMPORARY_CONGESTION.value: "temporary congestion",
    Rejection.LOCAL_LIMIT_EXCEEDED.value: "local limit exceeded",
}
_CONTEXT_RESULTS = {
    0: "accepted in a transfer syntax that was not proposed",
    1: "rejected by the user",
    2: "rejected without a reason",
    3: "abstract syntax not supported",
    4: "transfer syntaxes not supported",
}
_ABORT_SOURCES = {0: "application", 2: "service provider"}
_ABORT_REASONS = {
    0: "reason not specified",
    1: "unrecognized PDU",
    2: "unexpected PDU",
    4: "unrecognized PDU parameter",
    5: "unexpected PDU parameter",
    6: "invalid PDU parameter value",
}


def reject_result_text(result: int) -> str:
    """Return what the result of an A-ASSOCIATE-RJ says."""
    return _REJECT_RESULTS.get(result, f"rejected (result {result})")


def reject_source_text(source: int) -> str:
    """Return who sent an A-ASSOCIATE-RJ."""
    return _REJECT_SOURCES.get(source, f"an unknown source ({source})")


def reject_reason_text(source: int, reason: int) -> str:
    """Return why, which depends on the source."""
    return _REJECT_REASONS.get((source, reason), f"reserved reason {reason}")


def context_result_text(result: int) -> str:
    """Return why a presentation context cannot be used."""
    return _CONTEXT_RESULTS.get(result, f"reserved result {result}")


def abort_source_text(source: int) -> str:
    """Return who sent an A-ABORT."""
    return _ABORT_SOURCES.get(source, f"unknown source {source}")


def abort_reason_text(reason: int) -> str:
    """Return why."""
    return _ABORT_REASONS.get(reason, f"reserved reason {reason}")
