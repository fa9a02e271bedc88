from __future__ import annotations

import pytest

from dicomkit.network.negotiated import AcceptedContext
from dicomkit.network.services.instances import Instance
from dicomkit.network.services.negotiation import choose_context, divide, propose_transfer_syntaxes
from dicomkit.transfer_syntax import TransferSyntax
from tests.unit.network.services.scripted_peer import BIG_ENDIAN, CT, DEFLATED, EXPLICIT, IMPLICIT, JPEG, MR, RLE

JPEG_2000 = "1.2.840.10008.1.2.4.90"


def instance(sop_class: str = CT, syntax: str = EXPLICIT) -> Instance:
    return Instance(sop_class, "1.2.3", TransferSyntax.get(syntax), memoryview(b""), 0, 0, 0)


@pytest.mark.parametrize(
    ("own", "is_convertible", "expected"),
    [
        ([EXPLICIT], True, [(EXPLICIT, IMPLICIT)]),
        ([EXPLICIT], False, [(EXPLICIT,)]),
        ([IMPLICIT], True, [(IMPLICIT,), (EXPLICIT,)]),
        ([IMPLICIT], False, [(IMPLICIT,)]),
        ([EXPLICIT, IMPLICIT], True, [(IMPLICIT,), (EXPLICIT,)]),
        ([IMPLICIT, EXPLICIT], False, [(IMPLICIT,), (EXPLICIT,)]),
        ([JPEG], True, [(JPEG,), (EXPLICIT, IMPLICIT)]),
        ([JPEG], False, [(JPEG,)]),
        ([JPEG, EXPLICIT, RLE], True, [(JPEG,), (RLE,), (EXPLICIT, IMPLICIT)]),
        ([JPEG, IMPLICIT], True, [(JPEG,), (IMPLICIT,), (EXPLICIT,)]),
        ([BIG_ENDIAN, DEFLATED], True, [(BIG_ENDIAN,), (DEFLATED,), (EXPLICIT, IMPLICIT)]),
    ],
)
def test_store_5_what_is_to_go_as_it_is_has_a_context_of_its_own(own: list[str], is_convertible: bool, expected: object) -> None:
    assert propose_transfer_syntaxes(own, is_convertible=is_convertible) == expected


def test_batch_1_contexts_are_those_of_all_classes_and_syntaxes() -> None:
    instances = [instance(CT, JPEG), instance(MR), instance(CT), None, instance(CT, JPEG)]
    [part] = divide(instances, is_convertible=True)
    assert part.stop == 5
    assert [(context.id, context.abstract_syntax, context.transfer_syntaxes) for context in part.contexts] == [
        (1, CT, (JPEG,)),
        (3, CT, (EXPLICIT, IMPLICIT)),
        (5, MR, (EXPLICIT, IMPLICIT)),
    ]


def test_nothing_to_send_needs_no_association() -> None:
    assert divide([], is_convertible=True) == []
    assert divide([None, None], is_convertible=True) == []


@pytest.mark.parametrize(("count", "maximum", "stops"), [(5, 2, [2, 4, 5]), (4, 2, [2, 4]), (3, 0, [3]), (3, 3, [3]), (3, 1, [1, 2, 3])])
def test_batch_7_a_part_has_so_many_instances(count: int, maximum: int, stops: list[int]) -> None:
    parts = divide([instance() for _ in range(count)], is_convertible=True, maximum_instances=maximum)
    assert [part.stop for part in parts] == stops


def test_batch_7_what_cannot_be_sent_does_not_count() -> None:
    parts = divide([None, instance(), None, instance(), None, instance(), None], is_convertible=True, maximum_instances=2)
    assert [part.stop for part in parts] == [5, 7]


def test_more_than_128_contexts_need_several_associations() -> None:
    classes = [f"1.2.{number}" for number in range(1, 131)]
    parts = divide([instance(sop_class) for sop_class in classes], is_convertible=True)
    assert [part.stop for part in parts] == [128, 130]
    assert [len(part.contexts) for part in parts] == [128, 2]
    assert [context.id for context in parts[0].contexts] == list(range(1, 256, 2))


def test_contexts_that_a_later_instance_adds_are_counted() -> None:
    """Compressed instances of 64 classes take 128 contexts; the native one of the first class is within them, another syntax is not."""
    compressed = [instance(f"1.2.{number}", JPEG) for number in range(1, 65)]
    assert len(divide([*compressed, instance("1.2.1", EXPLICIT)], is_convertible=True)) == 1
    assert [part.stop for part in divide([*compressed, instance("1.2.1", RLE)], is_convertible=True)] == [64, 65]


def test_contexts_of_each_part_are_those_of_its_instances() -> None:
    first, second = divide([instance(CT), instance(MR, JPEG)], is_convertible=False, maximum_instances=1)
    assert [context.abstract_syntax for context in first.contexts] == [CT]
    assert [(context.abstract_syntax, context.transfer_syntaxes) for context in second.contexts] == [(MR, (JPEG,))]


@pytest.mark.parametrize(
    ("own", "accepted", "expected"),
    [
        (EXPLICIT, [EXPLICIT], EXPLICIT),
        (EXPLICIT, [IMPLICIT], IMPLICIT),
        (IMPLICIT, [IMPLICIT, EXPLICIT], IMPLICIT),
        (IMPLICIT, [EXPLICIT], EXPLICIT),
        (JPEG, [JPEG, EXPLICIT], JPEG),
        (JPEG, [RLE, IMPLICIT], IMPLICIT),
        (JPEG, [RLE], None),
        (BIG_ENDIAN, [EXPLICIT], EXPLICIT),
        (JPEG_2000, [], None),
    ],
)
def test_store_5_its_own_syntax_or_what_it_can_be_converted_to(own: str, accepted: list[str], expected: str | None) -> None:
    contexts = [AcceptedContext(2 * number + 1, CT, syntax) for number, syntax in enumerate(accepted)]
    context = choose_context(instance(CT, own), contexts, is_convertible=True)
    assert (context and context.transfer_syntax) == expected
    context = choose_context(instance(CT, own), contexts, is_convertible=False)
    assert (context and context.transfer_syntax) == (expected if expected == own else None)
