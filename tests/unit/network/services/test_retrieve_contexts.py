from __future__ import annotations

import pytest

from dicomkit import uids
from dicomkit.network.errors import InvalidPresentationContextError
from dicomkit.network.services.retrieve_contexts import COMMON_GET_SOP_CLASSES, propose_contexts, propose_roles
from dicomkit.network.ul import PresentationContext, RoleSelection
from dicomkit.transfer_syntax import TransferSyntax
from tests.unit.network.services.scripted_peer import CT, DEFLATED, EXPLICIT, IMPLICIT, JPEG, MR, RLE

GET, MOVE = "1.2.840.10008.5.1.4.1.2.2.3", "1.2.840.10008.5.1.4.1.2.2.2"
NATIVE = (EXPLICIT, IMPLICIT)


def classes(count: int) -> list[str]:
    return [f"1.2.3.{number}" for number in range(count)]


def groups_of(contexts: tuple[PresentationContext, ...], sop_class: str) -> list[tuple[str, ...]]:
    return [context.transfer_syntaxes for context in contexts if context.abstract_syntax == sop_class]


def test_get_1_the_default_sop_classes() -> None:
    """The 17 of the contract."""
    assert len(COMMON_GET_SOP_CLASSES) == len(set(COMMON_GET_SOP_CLASSES)) == 17
    assert {CT, MR, uids.RTDoseStorage, uids.DigitalMammographyXRayImageStorageForProcessing} < set(COMMON_GET_SOP_CLASSES)


def test_move_1_a_move_proposes_itself() -> None:
    assert propose_contexts(MOVE) == (PresentationContext(1, MOVE, NATIVE),)


@pytest.mark.parametrize(
    ("count", "per_class"),
    [(1, 23), (5, 23), (6, 21), (7, 18), (17, 7), (21, 6), (42, 3), (43, 2), (63, 2), (64, 1), (127, 1)],
)
def test_as_many_contexts_as_there_is_room_for(count: int, per_class: int) -> None:
    contexts = propose_contexts(GET, classes(count))
    assert len(contexts) == 1 + count * per_class <= 128
    assert [context.id for context in contexts] == list(range(1, 2 * len(contexts), 2))
    assert contexts[0] == PresentationContext(1, GET, NATIVE)
    every = {syntax for group in groups_of(propose_contexts(GET, ["1.2"]), "1.2") for syntax in group}
    for sop_class in classes(count):
        groups = groups_of(contexts, sop_class)
        flat = [syntax for group in groups for syntax in group]
        assert len(groups) == per_class
        assert (set(flat), len(flat)) == (every, len(every))  # each once
        assert flat[:2] == list(NATIVE)
        if per_class == 2:  # a peer takes a native one before a compressed one
            assert groups[0] == NATIVE
        elif per_class > 2:
            assert all(len(group) == 1 for group in groups[:-1])


def test_what_is_common_is_known_and_can_be_sent() -> None:
    syntaxes = [syntax for group in groups_of(propose_contexts(GET, [CT]), CT) for syntax in group]
    assert all(TransferSyntax.get(uid).is_data_set_encoding for uid in syntaxes)
    assert {EXPLICIT, IMPLICIT, JPEG, RLE, DEFLATED, uids.ExplicitVRBigEndian, uids.JPEGLosslessSV1, uids.HTJ2K} < set(syntaxes)


@pytest.mark.parametrize("count", [0, 128, 200])
def test_too_many_classes_or_none(count: int) -> None:
    with pytest.raises(InvalidPresentationContextError, match="1 to 127 SOP classes"):
        propose_contexts(GET, classes(count))


def test_no_transfer_syntaxes() -> None:
    with pytest.raises(InvalidPresentationContextError, match="without a transfer syntax"):
        propose_contexts(GET, [CT], ())


@pytest.mark.parametrize(
    ("syntaxes", "count", "groups"),
    [
        ((IMPLICIT,), 1, [(IMPLICIT,)]),
        ((IMPLICIT, EXPLICIT), 1, [(IMPLICIT,), (EXPLICIT,)]),
        ((IMPLICIT, JPEG, EXPLICIT), 42, [(IMPLICIT,), (EXPLICIT,), (JPEG,)]),
        ((IMPLICIT, JPEG, EXPLICIT), 43, [(IMPLICIT, EXPLICIT), (JPEG,)]),
        ((IMPLICIT, EXPLICIT), 64, [(IMPLICIT, EXPLICIT)]),
        ((JPEG,), 1, [(JPEG,)]),
        ((JPEG, RLE), 1, [(JPEG,), (RLE,)]),
        ((JPEG, EXPLICIT, RLE), 1, [(EXPLICIT,), (JPEG,), (RLE,)]),
        ((JPEG, EXPLICIT, RLE, JPEG, EXPLICIT), 1, [(EXPLICIT,), (JPEG,), (RLE,)]),
        ((JPEG, EXPLICIT, RLE), 63, [(EXPLICIT,), (JPEG, RLE)]),
        ((JPEG, EXPLICIT, RLE), 64, [(JPEG, EXPLICIT, RLE)]),  # the most wanted first
        ((JPEG, EXPLICIT, JPEG), 127, [(JPEG, EXPLICIT)]),
    ],
)
def test_chosen_transfer_syntaxes(syntaxes: tuple[str, ...], count: int, groups: list[tuple[str, ...]]) -> None:
    contexts = propose_contexts(GET, classes(count), syntaxes)
    assert contexts[0] == PresentationContext(1, GET, NATIVE)  # of the Identifier, whatever instances come in
    for sop_class in classes(count):
        assert groups_of(contexts, sop_class) == groups


def test_get_4_the_roles() -> None:
    """PS3.7 D.3.3.4: we are the SCP of what comes, and not its SCU."""
    assert propose_roles((CT, MR)) == (RoleSelection(CT, is_scu=False, is_scp=True), RoleSelection(MR, is_scu=False, is_scp=True))
    assert propose_roles((CT,))[0].serialize() == b"\x54\0\0\x1d\0\x19" + CT.encode() + b"\0\1"
    assert propose_roles(()) == ()
