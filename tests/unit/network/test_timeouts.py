"""Limits. Rows ERR-6, ERR-7."""

from __future__ import annotations

import dataclasses

import pytest

from dicomkit.network import TimeoutConfiguration, TimeoutType


@pytest.mark.parametrize(
    ("configuration", "seconds"),
    [
        (TimeoutConfiguration(), (30, 30, 30, 120, 30)),
        (TimeoutConfiguration.default, (30, 30, 30, 120, 30)),
        (TimeoutConfiguration.fast, (5, 10, 10, 30, 10)),
        (TimeoutConfiguration.slow, (60, 120, 120, 600, 90)),
        (TimeoutConfiguration(connect=10, operation=120), (10, 30, 30, 120, 30)),
        (TimeoutConfiguration.from_timeout(7), (7, 7, 7, 28, 7)),
        (TimeoutConfiguration(read=None), (30, None, 30, 120, 30)),
    ],
)
def test_seconds(configuration, seconds):
    # ERR-6
    assert dataclasses.astuple(configuration) == seconds


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["connect", "read", "write", "operation", "association"])
def test_a_limit_is_positive(name, seconds):
    with pytest.raises(ValueError, match=name):
        TimeoutConfiguration(**{name: seconds})


def test_types_and_their_words():
    # ERR-7
    assert {kind.name: str(kind) for kind in TimeoutType} == {
        "CONNECT": "Connection",
        "READ": "Read",
        "WRITE": "Write",
        "OPERATION": "Operation",
        "ASSOCIATION": "Association",
    }
    assert {kind.name.lower() for kind in TimeoutType} == {field.name for field in dataclasses.fields(TimeoutConfiguration)}
