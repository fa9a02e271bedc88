from __future__ import annotations

import pytest

from dicomkit.network.dimse.fragments import LARGEST_FRAGMENT, fragment_command, fragment_data_set, get_fragment_length


@pytest.mark.parametrize(
    ("maximum_length", "expected"),
    [
        (16384, 16378),
        (16385, 16378),
        (4096, 4090),
        (8, 2),
        (9, 2),
        (7, 2),
        (1, 2),
        (0, LARGEST_FRAGMENT),
        (0xFFFFFFFF, LARGEST_FRAGMENT),
    ],
)
def test_net_11_a_fragment_has_the_maximum_length_less_6(maximum_length: int, expected: int) -> None:
    assert get_fragment_length(maximum_length) == expected


def test_a_command_that_fits_is_one_fragment() -> None:
    assert fragment_command(b"12345678", 3, 8) == [(3, 0x03, b"12345678")]


def test_a_long_command_is_cut() -> None:
    assert fragment_command(b"1234567890", 3, 4) == [(3, 0x01, b"1234"), (3, 0x01, b"5678"), (3, 0x03, b"90")]


@pytest.mark.parametrize("length", [1, 9, 10, 11, 19, 20, 21, 100])
@pytest.mark.parametrize("is_last", [False, True])
def test_net_11_boundary_sizes(length: int, is_last: bool) -> None:
    data = bytes(range(length))
    pdvs = list(fragment_data_set(data, 5, 10, is_last=is_last))
    assert b"".join(bytes(fragment) for _, _, fragment in pdvs) == data
    assert {context_id for context_id, _, _ in pdvs} == {5}
    assert [control for _, control, _ in pdvs] == [0] * (len(pdvs) - 1) + [2 if is_last else 0]
    assert all(len(memoryview(fragment)) == 10 for _, _, fragment in pdvs[:-1])
    assert len(pdvs) == -(-length // 10)


def test_an_empty_data_set_is_one_empty_fragment() -> None:
    assert [(control, bytes(fragment)) for _, control, fragment in fragment_data_set(b"", 1, 10, is_last=True)] == [(2, b"")]
    assert list(fragment_data_set(b"", 1, 10, is_last=False)) == []


def test_fragments_are_views() -> None:
    data = bytearray(b"12345678")
    fragments = [fragment for _, _, fragment in fragment_data_set(data, 1, 4, is_last=True)]
    data[5] = ord("x")
    assert bytes(fragments[1]) == b"5x78"
