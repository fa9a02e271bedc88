"""Presentation contexts. Row NET-5, SCP-11."""

from __future__ import annotations

import pytest

from dicomkit.network.errors import DICOMNetworkError, InvalidPresentationContextError
from dicomkit.network.ul import ContextResult, PresentationContext, PresentationContextResult, select_contexts

IMPLICIT, EXPLICIT, JPEG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"


@pytest.mark.parametrize("context_id", [1, 3, 127, 253, 255])
def test_an_id_is_odd_and_a_byte(context_id):
    # NET-5
    assert PresentationContext(context_id, "1.2", [IMPLICIT]).transfer_syntaxes == (IMPLICIT,)


@pytest.mark.parametrize(
    ("context_id", "abstract", "transfer"),
    [
        (0, "1.2", (IMPLICIT,)),
        (2, "1.2", (IMPLICIT,)),
        (256, "1.2", (IMPLICIT,)),
        (257, "1.2", (IMPLICIT,)),
        (-1, "1.2", (IMPLICIT,)),
        (1, "", (IMPLICIT,)),
        (1, "1.2", ()),
        (1, "1.2", (IMPLICIT, "")),
        (1, "1.2", IMPLICIT),
    ],
)
def test_what_may_not_be_proposed(context_id, abstract, transfer):
    # NET-5
    with pytest.raises(InvalidPresentationContextError) as caught:
        PresentationContext(context_id, abstract, transfer)
    assert isinstance(caught.value, (DICOMNetworkError, ValueError))


def test_result_codes():
    # NET-5: PS3.8 Table 9-18
    assert [(result.name, result.value) for result in ContextResult] == [
        ("ACCEPTANCE", 0),
        ("USER_REJECTION", 1),
        ("NO_REASON", 2),
        ("ABSTRACT_SYNTAX_NOT_SUPPORTED", 3),
        ("TRANSFER_SYNTAXES_NOT_SUPPORTED", 4),
    ]
    assert PresentationContextResult(1, 0, IMPLICIT).is_accepted
    assert not any(PresentationContextResult(1, result).is_accepted for result in range(1, 256))


def test_contexts_get_the_first_transfer_syntax_that_is_supported():
    # SCP-11
    proposed = [
        PresentationContext(1, "1.1", (JPEG, EXPLICIT, IMPLICIT)),
        PresentationContext(3, "1.1", (JPEG,)),
        PresentationContext(5, "1.9", (IMPLICIT,)),
        PresentationContext(7, "1.2", (IMPLICIT, EXPLICIT)),
        PresentationContext(9, "1.3", (IMPLICIT,)),
    ]
    assert select_contexts(proposed, {"1.1": [IMPLICIT, EXPLICIT], "1.2": {EXPLICIT}, "1.3": ()}) == (
        PresentationContextResult(1, 0, EXPLICIT),
        PresentationContextResult(3, 4, JPEG),
        PresentationContextResult(5, 3, IMPLICIT),
        PresentationContextResult(7, 0, EXPLICIT),
        PresentationContextResult(9, 4, IMPLICIT),
    )
