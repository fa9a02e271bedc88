"""Text and HTML for people."""

from __future__ import annotations

import html.parser

import pytest

import dicomkit
from dicomkit import DataElement, DataSet, ReadOptions
from dicomkit.display import SHOWN_DEPTH, SHOWN_ITEMS, SHOWN_ROWS, element_name, format_element, format_value, printable
from dicomkit.testing import data_set, element, encapsulated, item, part10


class Page(html.parser.HTMLParser):
    """Checks that tags nest, and collects their names and the text."""

    VOID = frozenset({"br"})

    def __init__(self, source):
        super().__init__()
        self.open, self.tags, self.text = [], [], []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(*attributes, **options):
    return dicomkit.read(part10(data_set(attributes)), **options)


@pytest.mark.parametrize(("tag", "vr", "value", "expected"), [
    ("PatientName", "PN", "Doe^Jane", "Doe^Jane"), ("Rows", "US", 512, "512"), ("PixelSpacing", "DS", "0.50\\0.25", "0.50\\0.25"),
    ("PatientID", "LO", None, ""), ("SOPClassUID", "UI", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2 = CT Image Storage"),
    ("SOPInstanceUID", "UI", "2.25.1", "2.25.1"), ("PixelData", "OB", bytes(range(20)),
                                                 "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f … (20 bytes)"),
    ("PixelData", "OW", b"", ""), ("StudyDescription", "LO", b"a\x07b", "a·b"),
    ("FrameIncrementPointer", "AT", [0x00181063], "(0018,1063)"),
    ("PatientComments", "LT", "x" * 500, "x" * 119 + "…"), ("StudyDescription", "LO", "\u202egnp", "·gnp"),
])  # fmt: skip
def test_values_on_one_line(tag, vr, value, expected):
    assert format_value(DataElement(tag, vr, value)) == expected


def test_values_can_be_whole():
    assert format_value(DataElement("PixelData", "OB", bytes(40)), shown_bytes=100) == " ".join(["00"] * 40) + " (40 bytes)"
    assert len(format_value(DataElement("PatientComments", "LT", "x" * 500), width=1000)) == 500


def test_fragments_are_counted():
    content = encapsulated([b"ab", b"cd"])
    file = dicomkit.read(part10(content, "1.2.840.10008.1.2.4.50"))
    assert format_value(file["PixelData"]).startswith("2 fragments, ")


def test_names():
    file = read((0x00090010, "LO", "GEMS\x07_IDEN"), (0x00091001, "LO", "x"), (0x00100010, "PN", "x"), (0x00080007, "LO", "x"))
    assert [element_name(each) for each in file] == ["?", "PrivateCreator", "[GEMS·_IDEN] ?", "PatientName"]
    assert format_element(file["PatientName"]) == "(0010,0010) PN PatientName                              x"


def test_text_of_data_sets_is_indented():
    file = read((0x00081140, "SQ", [[(0x00081155, "UI", "1.2")], [], [(0x00081155, "UI", "1.3")]]), (0x00100020, "LO", "P"))
    lines = str(file.data_set).splitlines()
    assert [line.split()[0] for line in lines] == ["(0008,1140)", "--", "(0008,1155)", "--", "--", "(0008,1155)", "(0010,0020)"]
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 2, 4, 2, 2, 4, 0]
    assert str(DataSet()) == ""


def nested(depth):
    content = b""
    for _ in range(depth):
        content = element(0x00081140, "SQ", item(content))
    return content


def test_text_of_any_depth():
    """READ-8: neither Python's recursion limit nor the stack ends it."""
    file = dicomkit.read(part10(nested(256)), ReadOptions(max_depth=256))
    assert len(str(file.data_set).splitlines()) == 2 * 256


def test_html_of_any_depth_is_bounded():
    file = dicomkit.read(part10(nested(256)), ReadOptions(max_depth=256))
    assert Page(file.data_set._repr_html_()).tags.count("table") == SHOWN_DEPTH + 1


def test_html_is_escaped():
    evil = "<script>alert('1')</script>&\"x"
    file = read((0x00090010, "LO", evil), (0x00091001, "LO", "x"), (0x0008103E, "LO", evil))
    page = Page(file._repr_html_())
    assert "script" not in page.tags
    assert evil in page.text
    assert any(evil in text and "?" in text for text in page.text)


def test_html_of_sequences_is_collapsed():
    page = Page(read((0x00081140, "SQ", [[(0x00081155, "UI", "1.2")], [(0x00081155, "UI", "1.3")]])).data_set._repr_html_())
    assert page.tags.count("details") == 3
    assert page.tags.count("table") == 3
    assert {"ReferencedImageSequence: 2 items", "item 1", "item 2", "1.2", "1.3"} <= set(page.text)


def test_html_of_a_file_has_its_meta_information():
    page = Page(read((0x00100020, "LO", "P1"))._repr_html_())
    assert "File Meta Information, Explicit VR Little Endian" in page.text
    assert {"P1", "TransferSyntaxUID"} <= set(page.text)


def test_html_of_a_damaged_file_says_so():
    content = part10(data_set([(0x00100020, "LO", "P1"), (0x00280010, "US", 1)]))[:-1]
    page = Page(dicomkit.read(content, partial=True)._repr_html_())
    assert any(text.startswith("Incomplete: ") for text in page.text)


def test_html_of_large_data_sets_stays_small():
    items = [[(0x00081155, "UI", f"1.2.{number}")] for number in range(3000)]
    page = Page(read((0x00081140, "SQ", items))._repr_html_())
    assert f"… {3000 - SHOWN_ITEMS:,} more items" in page.text
    flat = read(*((0x00090000 + number, "LO", "x") for number in range(0x1000, 0x3000)))
    source = flat.data_set._repr_html_()
    assert Page(source).tags.count("tr") <= SHOWN_ROWS + 2
    assert f"… {0x2000 - SHOWN_ROWS:,} more elements" in source
    inner = [(0x00081140, "SQ", [[(0x00081155, "UI", "1")]] * 30)]
    deep = read((0x00081140, "SQ", [[(0x00081140, "SQ", [inner] * 30)]] * 30))
    assert Page(deep.data_set._repr_html_()).tags.count("tr") < SHOWN_ROWS * 2


def test_printable():
    assert printable("plain é 患者") == "plain é 患者"
    assert printable("\x00\x7f\u2028") == "···"
