"""What is settled once for frames that have the same header."""

import threading
from typing import NamedTuple

import pytest

from dicomkit.codecs.codestreams import RememberedHeader
from dicomkit.errors import PixelDataError
from dicomkit.testing import FrameShape

SHAPE, OTHER = (FrameShape(rows=rows, columns=3, bits_stored=8) for rows in (2, 3))


class Header(NamedTuple):
    """The length of a header, and what it says."""

    length: int
    text: bytes


@pytest.fixture
def remembered():
    calls = []

    def parse(encoded):
        calls.append(bytes(encoded))
        length = encoded[0] if len(encoded) else 0
        if len(encoded) < length or not length:
            raise PixelDataError("the header is cut off")
        return Header(length, bytes(encoded[:length]))

    def settle(header, descriptor):
        settled.append((header, descriptor))
        if descriptor.rows != len(header.text) - 1 and header.text[-1:] != b"!":
            raise PixelDataError("another frame")
        return descriptor.rows

    settled = []
    header = RememberedHeader(parse, settle)
    header.calls, header.settled = calls, settled
    return header


def parse(remembered, encoded):
    return remembered.find(memoryview(encoded), SHAPE)[0]


def test_the_same_header_is_parsed_once(remembered):
    for end in (b"abc", b"x", b""):
        assert parse(remembered, b"\x03hi" + end).text == b"\x03hi"
    assert len(remembered.calls) == len(remembered.settled) == 1


def test_another_header_is_parsed_again(remembered):
    for text in (b"\x03hi", b"\x03ho", b"\x04hi!", b"\x03hi"):
        assert parse(remembered, text + b"..").text == text
    assert len(remembered.calls) == len(remembered.settled) == 4


def test_another_descriptor_is_settled_again(remembered):
    for shape in (SHAPE, OTHER, SHAPE):
        header, rows = remembered.find(memoryview(b"\x04hi!.."), shape)
        assert (header.text, rows) == (b"\x04hi!", shape.rows)
    assert len(remembered.calls) == 1
    assert len(remembered.settled) == 3


def test_what_could_not_be_settled_is_not_remembered(remembered):
    for _ in range(2):
        with pytest.raises(PixelDataError, match="another frame"):
            remembered.find(memoryview(b"\x03hi.."), OTHER)
    assert len(remembered.settled) == 2
    assert parse(remembered, b"\x03hi..").text == b"\x03hi"


@pytest.mark.parametrize("cut", [b"", b"\x03", b"\x03h"])
def test_a_header_that_is_cut_off_is_not_taken_for_the_last_one(remembered, cut):
    parse(remembered, b"\x03hi...")
    with pytest.raises(PixelDataError, match="cut off"):
        parse(remembered, cut)
    assert parse(remembered, b"\x03hi...").text == b"\x03hi"
    assert len(remembered.calls) == 2


def test_threads_get_their_own(remembered):
    wrong = []

    def work(letter):
        wrong.extend(letter for _ in range(2000) if parse(remembered, b"\x03a" + letter).text != b"\x03a" + letter)

    threads = [threading.Thread(target=work, args=(letter,)) for letter in (b"x", b"y", b"z")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
