"""From a compression ratio to the quality that gives it."""

import pytest

from dicomkit import uids
from dicomkit.codecs import EncodeOptions
from dicomkit.codecs.rate import encode_at_quality, encode_to_ratio
from dicomkit.errors import PixelDataError


def encoder():
    """A codec that needs a byte for each step of quality, and what it was asked for."""
    asked = []

    def encode(quality):
        asked.append(quality)
        return bytes(round(quality))

    return encode, asked


@pytest.mark.parametrize(("ratio", "expected"), [(10, 100), (11, 90), (12.5, 80), (20, 50), (999, 1), (1000, 1)])
def test_the_highest_quality_that_reaches_the_ratio(ratio, expected):
    encode, asked = encoder()
    assert len(encode_to_ratio(encode, (1, 100), 1, 1000, ratio)) == expected
    assert len(asked) <= 9              # halving 100 qualities
    assert min(asked) >= 1
    assert max(asked) <= 100


def test_steps_may_be_fractions():
    encode, asked = encoder()
    assert 60 <= len(encode_to_ratio(lambda quality: encode(quality * 10), (2.0, 8.0), 0.25, 1000, 15)) <= 67
    assert all((quality / 10 - 2) % 0.25 == pytest.approx(0) for quality in asked)


@pytest.mark.parametrize("ratio", [1001, 1e9])
def test_a_ratio_out_of_reach(ratio):
    with pytest.raises(PixelDataError, match="gives a compression ratio of 1000"):
        encode_to_ratio(encoder()[0], (1, 100), 1, 1000, ratio)


@pytest.mark.parametrize("ratio", [1, 0, -2, float("nan"), float("inf")])
def test_a_ratio_that_is_none(ratio):
    encode, asked = encoder()
    with pytest.raises(PixelDataError, match="not above 1"):
        encode_to_ratio(encode, (1, 100), 1, 1000, ratio)
    assert asked == []


def options(**choices):
    return EncodeOptions(transfer_syntax_uid=uids.JPEGBaseline8Bit, **choices)


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({}, 80),
        ({"quality": 1}, 1),
        ({"quality": 100}, 100),
        ({"quality": 7, "compression_ratio": 20}, 50),      # the ratio stands in place of the quality
        ({"compression_ratio": 2}, 90),                     # which is as high as it goes here
    ],
)
def test_the_users_ratio_or_quality(choices, expected):
    encode, asked = encoder()
    assert len(encode_at_quality(encode, options(**choices), 1000, default=80, highest_for_ratio=90)) == expected
    assert all(isinstance(quality, int) for quality in asked)


@pytest.mark.parametrize("quality", [0, 101, -1])
def test_a_quality_that_is_none(quality):
    encode, asked = encoder()
    with pytest.raises(PixelDataError, match="not from 1 to 100"):
        encode_at_quality(encode, options(quality=quality), 1000, default=80)
    assert asked == []
