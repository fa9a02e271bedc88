"""AE titles. Row NET-1."""

from __future__ import annotations

import copy
import pickle

import pytest

from dicomkit.network import AETitle, InvalidAETitleError
from dicomkit.network.errors import ErrorCategory


@pytest.mark.parametrize(
    ("text", "title"), [("ME", "ME"), ("  ME  ", "ME"), ("A" * 16, "A" * 16), (" " + "A" * 16 + " ", "A" * 16), ("a b~!", "a b~!")]
)
def test_a_title_is_trimmed(text, title):
    # NET-1
    assert AETitle(text) == title
    assert isinstance(AETitle(text), str)


@pytest.mark.parametrize("text", ["", "   ", "A" * 17, "A\nB", "A\tB", "A\\B", "\x7f", "\x00", "É", "A\n"])
def test_what_is_no_title(text):
    # NET-1
    with pytest.raises(InvalidAETitleError) as caught:
        AETitle(text)
    error = caught.value
    assert isinstance(error, ValueError)
    assert error.ae_title == text
    assert error.category is ErrorCategory.CONFIGURATION
    assert repr(text[:32]) in str(error)


def test_the_sixteen_bytes():
    # NET-1
    title = AETitle("STORESCP")
    assert title.padded_value == "STORESCP        "
    assert title.data == b"STORESCP        "
    assert AETitle.from_data(title.data) == title
    assert AETitle.from_data(memoryview(b"  STORESCP      ")) == title


@pytest.mark.parametrize("data", [b"", b"SHORT", b"A" * 17, b" " * 16, b"A\0" + b" " * 14, b"\xc9" + b" " * 15])
def test_what_is_no_field_of_a_title(data):
    # NET-1
    with pytest.raises(InvalidAETitleError):
        AETitle.from_data(data)


def test_case_counts_and_values_travel():
    assert AETitle("a") != AETitle("A")
    for twin in (copy.copy(AETitle("ME")), pickle.loads(pickle.dumps(AETitle("ME")))):
        assert twin == AETitle("ME")
        assert type(twin) is AETitle
    assert repr(AETitle("ME")) == "AETitle('ME')"
