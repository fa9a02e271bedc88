"""Headers that are parsed once for frames that have the same."""

import threading
from typing import NamedTuple

import pytest

from dicomkit.codecs.codestreams import RememberedHeader
from dicomkit.errors import PixelDataError


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

    header = RememberedHeader(parse)
    header.calls = calls
    return header


def test_the_same_header_is_parsed_once(remembered):
    for end in (b"abc", b"x", b""):
        assert remembered.parse(memoryview(b"\x03hi" + end)).text == b"\x03hi"
    assert len(remembered.calls) == 1


def test_another_header_is_parsed_again(remembered):
    for text in (b"\x03hi", b"\x03ho", b"\x04hi!", b"\x03hi"):
        assert remembered.parse(memoryview(text + b"..")).text == text
    assert len(remembered.calls) == 4


@pytest.mark.parametrize("cut", [b"", b"\x03", b"\x03h"])
def test_a_header_that_is_cut_off_is_not_taken_for_the_last_one(remembered, cut):
    remembered.parse(memoryview(b"\x03hi..."))
    with pytest.raises(PixelDataError, match="cut off"):
        remembered.parse(memoryview(cut))
    assert remembered.parse(memoryview(b"\x03hi...")).text == b"\x03hi"
    assert len(remembered.calls) == 2


def test_threads_get_their_own(remembered):
    wrong = []

    def work(letter):
        wrong.extend(letter for _ in range(2000) if remembered.parse(memoryview(b"\x03a" + letter)).text != b"\x03a" + letter)

    threads = [threading.Thread(target=work, args=(letter,)) for letter in (b"x", b"y", b"z")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
