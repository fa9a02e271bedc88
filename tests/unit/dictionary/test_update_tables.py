"""The script that rebuilds the tables from the DocBook sources of PS3.6 and PS3.7. Row DICT-2."""

import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

import dicomkit.dictionary
from dicomkit.dictionary import update_tables

DICTIONARY = Path(dicomkit.dictionary.__file__).parent
ELEMENT_HEADINGS = ("Tag", "Name", "Keyword", "VR", "VM", "")
COMMAND_HEADINGS = ("Tag", "Message Field", "Keyword", "VR", "VM", "Description of Field")
UID_HEADINGS = ("UID Value", "UID Name", "UID Keyword", "UID Type", "Part")


def row(*cells):
    return "<tr valign='top'>" + "".join(f"<td align='left' colspan='1' rowspan='1'><para>{cell}</para></td>" for cell in cells) + "</tr>"


def table(label, headings, *rows):
    head = "".join(f"<th><para><emphasis role='bold'>{heading}</emphasis></para></th>" for heading in headings)
    return (
        f"<table frame='box' label='{label}' rules='all' xml:id='table_{label}'><caption>Registry</caption>"
        f"<thead><tr valign='top'>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def book(part, *tables):
    return (
        "<?xml version='1.0' encoding='utf-8'?>"
        "<book xmlns='http://docbook.org/ns/docbook' xmlns:xl='http://www.w3.org/1999/xlink' label='PS3.6' version='5.0'>"
        f"<title>PS3.{part}</title><subtitle>DICOM PS3.{part} 2027a - Data Dictionary</subtitle>"
        f"<chapter><title>Registry</title>{''.join(tables)}</chapter></book>"
    )


def italic(text):
    return f"<emphasis role='italic'>{text}</emphasis>"


PART06 = book(
    6,
    table(
        "6-1", ELEMENT_HEADINGS,
        row("(0008,0005)", "Specific Character Set", "Specific\u200bCharacter\u200bSet", "CS", "1-n", ""),
        row(*map(italic, ("(0008,0001)", "Length to End", "Length\u200bTo\u200bEnd", "UL", "1", "RET (2007)"))),
        row("(0028,0106)", "Smallest Image\n   Pixel Value", "Smallest\u200bImage\u200bPixel\u200bValue", "US or SS", "1", ""),
        row("(0028,3006)", "LUT Data", "LUT\u200bData", "US or OW", "1-n or 1", ""),
        row(*map(italic, ("(0028,0020)", "", "", "", "", "RET"))),
        row(*map(italic, ("(60xx,3000)", "Overlay Data", "Overlay\u200bData", "OB or OW", "1", ""))),
        row(*map(italic, ("(7Fxx,0010)", "Variable Pixel Data", "Variable\u200bPixel\u200bData", "OB or OW", "1", "RET"))),
        row("(0018,9004)", "Content Qualification", "Content\u200bQualification", "CS", "1", "DICOS"),
        row("(FFFE,E000)", "Item", "Item", "See Note 2", "1", ""),
        "<tr><td colspan='6'><para>A remark across the table</para></td></tr>",
    ),
    table("7-1", ELEMENT_HEADINGS, row("(0002,0010)", "Transfer Syntax UID", "Transfer\u200bSyntax\u200bUID", "UI", "1", "")),
    table("8-1", ELEMENT_HEADINGS, row("(0004,1430)", "Directory Record Type", "Directory\u200bRecord\u200bType", "CS", "1", "")),
    # In this table the column of marks has no heading cell at all.
    table("9-1", ELEMENT_HEADINGS[:5], row("(0006,0001)", "Current Frame", "Current\u200bFrame", "SQ", "1", "RET")),
    table(
        "A-1", UID_HEADINGS,
        row("1.2.840.10008.1.2", "Implicit VR: Default Transfer Syntax for DICOM", "Implicit\u200bVR", "Transfer Syntax", "PS3.5"),
        row("1.2.840.\u200b10008.1.2.2", "Explicit VR Big Endian (Retired)", "ExplicitVRBigEndian", "Transfer Syntax", "PS3.5"),
        row("1.2.840.10008.1.20", "Papyrus 3 (Retired)", "Papyrus3", "Transfer Syntax", ""),
        row("1.2.840.10008.5.1.4.1.1.40", "(Retired)", "", "SOP Class", ""),
    ),
    table(
        "A-2", ("UID Value", "UID Name", "UID Keyword", "Normative Reference"),
        row("1.2.840.10008.1.4.1.1", "Talairach Brain Atlas", "TalairachBrainAtlas", "x"),
    ),
)  # fmt: skip
PART07 = book(
    7,
    table("E.1-1", COMMAND_HEADINGS, row("(0000,0002)", "Affected UID", "Affected\u200bUID", "UI", "1", "The RETurned UID")),
    table("E.2-1", COMMAND_HEADINGS[:5], row("(0000,0010)", "Command Recognition Code", "CommandRecognitionCode", "SH", "1")),
)  # fmt: skip


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "part06.xml").write_text(PART06, encoding="utf-8")
    (tmp_path / "part07.xml").write_text(PART07, encoding="utf-8")
    return [str(tmp_path / "part06.xml"), str(tmp_path / "part07.xml"), "--tables", str(tmp_path)]


def test_data_elements_are_read_from_both_parts(tmp_path, sources, capsys):
    # DICT-2
    update_tables.main(sources)
    lines = (tmp_path / "data_elements.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# PS3.6 2027a and PS3.7 2027a data elements. x = any hex digit (repeating groups, even only)"
    assert lines[1:] == [
        "tag\tkeyword\tvr\tvm\tretired\tname",
        "00000002\tAffectedUID\tUI\t1\tN\tAffected UID",
        "00000010\tCommandRecognitionCode\tSH\t1\tY\tCommand Recognition Code",
        "00020010\tTransferSyntaxUID\tUI\t1\tN\tTransfer Syntax UID",
        "00041430\tDirectoryRecordType\tCS\t1\tN\tDirectory Record Type",
        "00060001\tCurrentFrame\tSQ\t1\tY\tCurrent Frame",
        "00080001\tLengthToEnd\tUL\t1\tY\tLength to End",
        "00080005\tSpecificCharacterSet\tCS\t1-n\tN\tSpecific Character Set",
        "00189004\tContentQualification\tCS\t1\tN\tContent Qualification",
        "00280020\t\tOB\t1\tY\tRetired-blank",
        "00280106\tSmallestImagePixelValue\tUS or SS\t1\tN\tSmallest Image Pixel Value",
        "00283006\tLUTData\tUS or OW\t1-n\tN\tLUT Data",
        "60xx3000\tOverlayData\tOB or OW\t1\tN\tOverlay Data",
        "7Fxx0010\tVariablePixelData\tOB or OW\t1\tY\tVariable Pixel Data",
        "FFFEE000\tItem\tNONE\t1\tN\tItem",
    ]
    assert capsys.readouterr().out == "14 data elements and 5 UIDs of PS3.6 2027a\n"


def test_uids_are_read_and_sorted(tmp_path, sources):
    update_tables.main(sources)
    assert (tmp_path / "uids.tsv").read_text(encoding="utf-8").splitlines() == [
        "# PS3.6 2027a registry of DICOM unique identifiers",
        "uid\tkeyword\ttype\tretired\tname",
        "1.2.840.10008.1.2\tImplicitVR\tTransfer Syntax\tN\tImplicit VR",
        "1.2.840.10008.1.2.2\tExplicitVRBigEndian\tTransfer Syntax\tY\tExplicit VR Big Endian",
        "1.2.840.10008.1.4.1.1\tTalairachBrainAtlas\tWell-known frame of reference\tN\tTalairach Brain Atlas",
        "1.2.840.10008.1.20\tPapyrus3\tTransfer Syntax\tY\tPapyrus 3",
        "1.2.840.10008.5.1.4.1.1.40\t\tSOP Class\tY\t",
    ]


def test_the_build_takes_what_the_script_writes(tmp_path, sources):
    update_tables.main(sources)
    (tmp_path / "private_elements.tsv").write_bytes((DICTIONARY / "tables" / "private_elements.tsv").read_bytes())
    script = runpy.run_path(str(DICTIONARY / "generate_tables.py"), run_name="generate_tables")
    script["generate"](tmp_path, tmp_path / "package")
    header = (tmp_path / "package" / "_core" / "dictionary_table.h").read_text(encoding="utf-8")
    assert '#define STANDARD_EDITION "2027a"' in header
    assert "#define ELEMENT_COUNT 14" in header


def test_a_document_without_the_tables_is_an_error():
    with pytest.raises(LookupError, match="table_6-1"):
        update_tables.table_rows(ElementTree.fromstring(PART07), "table_6-1")
    with pytest.raises(LookupError, match="edition"):
        update_tables.read_edition(ElementTree.fromstring("<book><title>x</title></book>"))


def test_the_tables_in_the_project_have_the_form_that_the_script_writes():
    for name in ("data_elements.tsv", "uids.tsv"):
        lines = (DICTIONARY / "tables" / name).read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("# PS3.6 ")
        assert {line.count("\t") for line in lines[1:]} == {lines[1].count("\t")}
