"""What the network raises, and what it says about it. Rows ERR-1 to ERR-5, ERR-8 to ERR-11."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from dicomkit.errors import DICOMError
from dicomkit.network import errors
from dicomkit.network.codes import (
    AbortReason,
    AbortSource,
    RejectResult,
    RejectSource,
    abort_reason_text,
    abort_source_text,
    reject_reason_text,
)
from dicomkit.network.recovery import ErrorCategory, RecoveryAction, RecoverySuggestion
from dicomkit.network.timeouts import TimeoutType

C = ErrorCategory
A = RecoveryAction


class Case(NamedTuple):
    """A row of the table of errors: kind, facts, category, retryable, what to do, seconds, words of the explanation."""

    kind: type
    facts: tuple
    category: ErrorCategory
    is_retryable: bool
    action: RecoveryAction
    seconds: float | None
    words: tuple


CHECK, BACKOFF = A.CHECK_CONFIGURATION, A.RETRY_WITH_BACKOFF
TABLE = [
    Case(errors.ConnectionFailedError, ("no route to pacs",), C.TRANSIENT, True, BACKOFF, 1.0, ("no route to pacs",)),
    Case(errors.NetworkTimeoutError, (), C.TIMEOUT, True, BACKOFF, 2.0, ("too long",)),
    Case(errors.InvalidPDUError, ("item 10H runs over",), C.PROTOCOL, False, CHECK, None, ("item 10H runs over",)),
    Case(errors.PDUTooLargeError, (70000, 16384), C.CONFIGURATION, False, CHECK, None, ("70,000", "16,384")),
    Case(errors.UnexpectedPDUTypeError, ("P-DATA-TF", "A-RELEASE-RP"), C.PROTOCOL, False, CHECK, None, ("P-DATA-TF", "A-RELEASE-RP")),
    Case(errors.AssociationRejectedError, (2, 3, 2), C.TRANSIENT, True, BACKOFF, 5.0, ("for now", "local limit exceeded")),
    Case(errors.AssociationRejectedError, (1, 1, 7, "PACS", "ME"), C.PERMANENT, False, CHECK, None, ("permanently", "'PACS'", "'ME'")),
    Case(errors.AssociationAbortedError, (2, 6), C.TRANSIENT, True, BACKOFF, 1.0, ("service provider", "invalid PDU parameter value")),
    Case(errors.NoPresentationContextAcceptedError, (("1.2.3",),), C.CONFIGURATION, False, CHECK, None, ("1.2.3",)),
    Case(errors.SOPClassNotSupportedError, ("1.2.3",), C.PERMANENT, False, A.NO_RECOVERY, None, ("1.2.3",)),
    Case(errors.InvalidAETitleError, ("A" * 17,), C.CONFIGURATION, False, CHECK, None, ("A" * 17, "16")),
    Case(errors.ConnectionClosedError, (), C.TRANSIENT, True, A.RETRY, None, ("closed",)),
    Case(errors.InvalidStateError, ("nothing can be sent",), C.PROTOCOL, False, CHECK, None, ("nothing can be sent",)),
    Case(errors.NetworkEncodingError, ("too long",), C.PROTOCOL, False, A.CONTACT_ADMINISTRATOR, None, ("too long",)),
    Case(errors.NetworkDecodingError, ("odd length",), C.PROTOCOL, False, CHECK, None, ("odd length",)),
    Case(errors.QueryFailedError, (0xA900, "wrong key"), C.PERMANENT, False, A.NO_RECOVERY, None, ("query", "A900", "wrong key")),
    Case(errors.RetrieveFailedError, (0xA801,), C.PERMANENT, False, A.NO_RECOVERY, None, ("retrieval", "A801")),
    Case(errors.ARTIMTimerExpiredError, (), C.TIMEOUT, True, BACKOFF, 5.0, ("ARTIM",)),
    Case(errors.CircuitBreakerOpenError, ("pacs", 104, 12.0), C.RESOURCE, True, A.WAIT_AND_RETRY, 12.0, ("pacs:104", "12s")),
    Case(errors.CircuitBreakerOpenError, ("pacs", 104, 0.2), C.RESOURCE, True, A.WAIT_AND_RETRY, 1.0, ("pacs:104",)),
    Case(errors.OperationTimeoutError, (TimeoutType.CONNECT, 5), C.TIMEOUT, True, CHECK, None, ("Connection timeout after 5s",)),
    Case(errors.OperationTimeoutError, (TimeoutType.OPERATION, 120.0), C.TIMEOUT, True, CHECK, None, ("Operation timeout after 120s",)),
    Case(errors.OperationTimeoutError, (TimeoutType.READ, 0.5, "C-STORE"), C.TIMEOUT, True, BACKOFF, 2.0, ("after 0.5s during C-STORE",)),
    Case(errors.OperationTimeoutError, (TimeoutType.WRITE, 30), C.TIMEOUT, True, BACKOFF, 2.0, ("Write timeout",)),
    Case(errors.OperationTimeoutError, (TimeoutType.ASSOCIATION, 30), C.TIMEOUT, True, BACKOFF, 5.0, ("Association timeout",)),
    Case(errors.StoreFailedError, (0xC000,), C.PERMANENT, False, A.NO_RECOVERY, None, ("storage", "C000")),
    Case(errors.PartialFailureError, (3, 1, "disk full"), C.TRANSIENT, True, A.RETRY, None, ("1 of 4", "disk full")),
    Case(errors.PartialFailureError, (3, 0), C.TRANSIENT, True, A.NO_RECOVERY, None, ("0 of 3",)),
]
IDS = [f"{case.kind.__name__}-{number}" for number, case in enumerate(TABLE)]


def test_all_cases_are_in_the_table():
    # ERR-1: 21 of them
    assert len({case.kind for case in TABLE}) == 21
    bases = {"DICOMNetworkError", "LocalProtocolError", "RemoteProtocolError", "OperationFailedError", "InvalidPresentationContextError"}
    assert {case.kind.__name__ for case in TABLE} | bases == set(errors.__all__)


@pytest.mark.parametrize("case", TABLE, ids=IDS)
def test_each_case(case):
    # ERR-2, ERR-3, ERR-4, ERR-9
    error = case.kind(*case.facts)
    assert error.category is case.category
    assert error.is_retryable is case.is_retryable
    suggestion = error.recovery_suggestion
    assert (suggestion.action, suggestion.seconds) == (case.action, case.seconds)
    assert "{" not in str(suggestion)
    if case.action in (CHECK, A.NO_RECOVERY, A.CONTACT_ADMINISTRATOR):
        assert suggestion.details


@pytest.mark.parametrize("case", TABLE, ids=IDS)
def test_each_explanation_names_the_values(case):
    # ERR-5
    error = case.kind(*case.facts)
    assert str(error) == error.explanation
    assert all(word in error.explanation for word in case.words)
    assert "\n" not in error.explanation


@pytest.mark.parametrize("case", TABLE, ids=IDS)
def test_each_error_travels(case):
    error = case.kind(*case.facts)
    twin = pickle.loads(pickle.dumps(error))
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert vars(twin) == vars(error)


def test_whose_fault_it_is():
    local = {name for name in errors.__all__ if issubclass(getattr(errors, name), errors.LocalProtocolError)}
    remote = {name for name in errors.__all__ if issubclass(getattr(errors, name), errors.RemoteProtocolError)}
    assert local == {
        "LocalProtocolError",
        "InvalidStateError",
        "InvalidAETitleError",
        "InvalidPresentationContextError",
        "NetworkEncodingError",
    }
    assert remote == {"RemoteProtocolError", "InvalidPDUError", "PDUTooLargeError", "UnexpectedPDUTypeError", "NetworkDecodingError"}


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.DICOMNetworkError, DICOMError),
        (errors.ConnectionFailedError, ConnectionError),
        (errors.ConnectionClosedError, ConnectionError),
        (errors.NetworkTimeoutError, TimeoutError),
        (errors.OperationTimeoutError, TimeoutError),
        (errors.InvalidAETitleError, ValueError),
        (errors.InvalidStateError, RuntimeError),
        (errors.NetworkDecodingError, ValueError),
    ],
)
def test_errors_are_what_a_caller_expects(kind, builtin):
    assert issubclass(kind, builtin)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ((TimeoutType.READ, 30.0, "C-FIND"), "Read timeout after 30s during C-FIND"),
        ((TimeoutType.CONNECT, 5, None), "Connection timeout after 5s"),
        ((TimeoutType.OPERATION, 0.25, "C-STORE"), "Operation timeout after 0.25s during C-STORE"),
    ],
)
def test_the_text_of_a_timeout(facts, text):
    # ERR-8
    assert str(errors.OperationTimeoutError(*facts)) == text


REJECT_REASONS = {
    (1, 1): "no reason given",
    (1, 2): "application context name not supported",
    (1, 3): "calling AE title not recognized",
    (1, 7): "called AE title not recognized",
    (2, 1): "no reason given",
    (2, 2): "protocol version not supported",
    (3, 1): "temporary congestion",
    (3, 2): "local limit exceeded",
}


@pytest.mark.parametrize("source", range(5))
@pytest.mark.parametrize("reason", range(9))
def test_reject_codes(source, reason):
    # ERR-10: PS3.8 Table 9-21
    assert reject_reason_text(source, reason) == REJECT_REASONS.get((source, reason), f"reserved reason {reason}")
    for result in range(4):
        error = errors.AssociationRejectedError(result, source, reason)
        assert reject_reason_text(source, reason) in str(error)
        assert error.is_retryable is (result == 2)
    assert (RejectResult.PERMANENT, RejectResult.TRANSIENT) == (1, 2)
    assert [kind.value for kind in RejectSource] == [1, 2, 3]


ABORT_REASONS = ["reason not specified", "unrecognized PDU", "unexpected PDU", "reserved reason 3", "unrecognized PDU parameter"]
ABORT_REASONS += ["unexpected PDU parameter", "invalid PDU parameter value", "reserved reason 7"]


def test_abort_codes():
    # ERR-11: PS3.8 Table 9-26
    assert [abort_reason_text(reason) for reason in range(8)] == ABORT_REASONS
    assert [abort_source_text(source) for source in range(4)] == ["application", "unknown source 1", "service provider", "unknown source 3"]
    assert [reason.value for reason in AbortReason] == [0, 1, 2, 4, 5, 6]
    assert [source.value for source in AbortSource] == [0, 2]
    # The reason means something only if the provider aborts.
    assert "unexpected PDU" in str(errors.AssociationAbortedError(2, 2))
    assert "unexpected PDU" not in str(errors.AssociationAbortedError(0, 2))
    assert "our own" in str(errors.AssociationAbortedError(2, 2, by_peer=False))


def test_words_for_categories_and_suggestions():
    # ERR-2, ERR-4
    assert [str(category) for category in C] == ["Transient", "Permanent", "Configuration", "Protocol", "Timeout", "Resource"]
    assert [str(suggestion) for suggestion in SUGGESTIONS] == [
        "Retry",
        "Retry with exponential backoff starting at 1.0s",
        "Check configuration: the port",
        "Contact administrator: broken",
        "Wait 5s and retry",
        "Try an alternate server",
        "No recovery possible: gone",
    ]


SUGGESTIONS = [
    RecoverySuggestion.retry(),
    RecoverySuggestion.retry_with_backoff(1.0),
    RecoverySuggestion.check_configuration("the port"),
    RecoverySuggestion.contact_administrator("broken"),
    RecoverySuggestion.wait_and_retry(5),
    RecoverySuggestion.use_alternate_server(),
    RecoverySuggestion.no_recovery("gone"),
]


def test_a_status_with_a_meaning_and_a_hostile_comment():
    class Status(int):
        meaning = "out of resources"

    error = errors.StoreFailedError(Status(0xA700), "disk\x1b[31m full\n" + "x" * 100)
    assert "A700 (out of resources)" in str(error)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 150


def test_every_error_is_documented():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "network-errors.md").read_text(encoding="utf-8")
    rows = {name: line for line in page.splitlines() if line.startswith("| `") for name in re.findall(r"`(\w+Error)`", line)}
    for case in TABLE:
        assert case.category.value.lower() in rows[case.kind.__name__], case.kind
        assert ("no" not in rows[case.kind.__name__].split("|")[3]) is case.is_retryable or case.kind is errors.AssociationRejectedError
