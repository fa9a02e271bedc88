"""The base of the network's errors: of what kind each is, and what may help."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from dicomkit.errors import DICOMError

__all__ = ["DICOMNetworkError", "ErrorCategory", "RecoveryAction", "RecoverySuggestion"]


class ErrorCategory(Enum):
    """What kind of trouble it is; its value is the word for it."""

    TRANSIENT = "Transient"
    PERMANENT = "Permanent"
    CONFIGURATION = "Configuration"
    PROTOCOL = "Protocol"
    TIMEOUT = "Timeout"
    RESOURCE = "Resource"

    def __str__(self) -> str:
        return self.value


class RecoveryAction(Enum):
    """What to do; the value is the text, in which the details of the suggestion go."""

    RETRY = "Retry"
    RETRY_WITH_BACKOFF = "Retry with exponential backoff starting at {seconds:.1f}s"
    CHECK_CONFIGURATION = "Check configuration: {details}"
    CONTACT_ADMINISTRATOR = "Contact administrator: {details}"
    WAIT_AND_RETRY = "Wait {seconds:g}s and retry"
    USE_ALTERNATE_SERVER = "Try an alternate server"
    NO_RECOVERY = "No recovery possible: {details}"


@dataclass(frozen=True, slots=True)
class RecoverySuggestion:
    """What may help after an error.

    Attributes
    ----------
    action
        What to do.
    details
        What to look at, or why nothing helps; empty if there is nothing to say.
    seconds
        How long to wait before the first retry, or None.
    """

    action: RecoveryAction
    details: str = ""
    seconds: float | None = None

    @classmethod
    def retry(cls) -> RecoverySuggestion:
        """Try again at once."""
        return cls(RecoveryAction.RETRY)

    @classmethod
    def retry_with_backoff(cls, initial_delay: float) -> RecoverySuggestion:
        """Try again after some seconds, then after more and more."""
        return cls(RecoveryAction.RETRY_WITH_BACKOFF, seconds=initial_delay)

    @classmethod
    def check_configuration(cls, details: str) -> RecoverySuggestion:
        """Something is set wrong here or at the peer."""
        return cls(RecoveryAction.CHECK_CONFIGURATION, details)

    @classmethod
    def contact_administrator(cls, reason: str) -> RecoverySuggestion:
        """Somebody else has to help."""
        return cls(RecoveryAction.CONTACT_ADMINISTRATOR, reason)

    @classmethod
    def wait_and_retry(cls, duration: float) -> RecoverySuggestion:
        """Try again after so many seconds, not before."""
        return cls(RecoveryAction.WAIT_AND_RETRY, seconds=duration)

    @classmethod
    def use_alternate_server(cls) -> RecoverySuggestion:
        """Another server may do it."""
        return cls(RecoveryAction.USE_ALTERNATE_SERVER)

    @classmethod
    def no_recovery(cls, reason: str) -> RecoverySuggestion:
        """The same will fail again."""
        return cls(RecoveryAction.NO_RECOVERY, reason)

    def __str__(self) -> str:
        return self.action.value.format(details=self.details, seconds=self.seconds)


class DICOMNetworkError(DICOMError):
    """Base of what the network raises. ``str`` gives the explanation."""

    _category: ClassVar[ErrorCategory] = ErrorCategory.PROTOCOL
    _is_retryable: ClassVar[bool] = False
    _recovery: ClassVar[RecoverySuggestion] = RecoverySuggestion.check_configuration("what this peer is asked for")

    def __init__(self, problem: str = "the network operation failed") -> None:
        self._keep(problem)
        self.problem = problem

    def _keep(self, *facts: object) -> None:
        # What the constructor was given, so that every error pickles. OSError would read meaning into its arguments: it gets none.
        super().__init__()
        self._facts = facts

    @property
    def category(self) -> ErrorCategory:
        """What kind of trouble it is."""
        return self._category

    @property
    def is_retryable(self) -> bool:
        """Whether the same may succeed when it is tried again; what retries obey."""
        return self._is_retryable

    @property
    def recovery_suggestion(self) -> RecoverySuggestion:
        """What may help."""
        return self._recovery

    @property
    def explanation(self) -> str:
        """One sentence that says what happened."""
        return self.problem

    def __str__(self) -> str:
        return self.explanation

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.explanation!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self._facts
