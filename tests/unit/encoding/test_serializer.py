"""Copying what was read and encoding the rest: byte by byte against builders that know nothing of the serializer."""

from __future__ import annotations

import struct
import zlib

import pytest

import dicomkit
from dicomkit import DataElement, DataSet, DICOMFile, WriteOptions
from dicomkit.encoding.serializer import serialize_data_set
from dicomkit.errors import InvalidTagError, InvalidValueError, LimitExceededError, PixelDataError
from dicomkit.testing import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    data_set,
    element,
    encapsulated,
    item,
    part10,
    sequence,
)
from dicomkit.transfer_syntax import TransferSyntax

NAME = (0x00100010, "PN", "Doe^Jane")
MODALITY = (0x00080060, "CS", "CT")
ENCODINGS = {
    EXPLICIT_VR_LITTLE_ENDIAN: {},
    IMPLICIT_VR_LITTLE_ENDIAN: {"implicit": True},
    EXPLICIT_VR_BIG_ENDIAN: {"big_endian": True},
}
NESTED = [
    (0x00080005, "CS", "ISO_IR 100"),
    MODALITY,
    (0x00081140, "SQ", [[(0x00081150, "UI", "1.2"), (0x00081199, "SQ", [[MODALITY], []])], []]),
    NAME,
    (0x00280010, "US", 512),
    (0x00280009, "AT", [0x00181063, 0x00181065]),
    (0x00720026, "AT", [0x00280010]),
    (0x00189087, "FD", 1.5),
    (0x7FE00010, "OW", [1, 2, 0x0304]),
]


def body_of(data_set_, uid=EXPLICIT_VR_LITTLE_ENDIAN, **options):
    return serialize_data_set(data_set_, TransferSyntax.get(uid), WriteOptions(**options)).to_bytes()


def read_body(content, uid=EXPLICIT_VR_LITTLE_ENDIAN, defects=False, **options):
    if defects:
        with pytest.warns(dicomkit.DICOMWarning):
            return dicomkit.read(part10(content, uid), **options).data_set
    return dicomkit.read(part10(content, uid), **options).data_set


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("source", ENCODINGS)
@pytest.mark.parametrize("target", ENCODINGS)
def test_from_each_encoding_to_each(source, target, undefined):
    body = read_body(data_set(NESTED, undefined=undefined, **ENCODINGS[source]), source)
    expected = data_set(NESTED, undefined=undefined, **ENCODINGS[target])
    assert body_of(body, target) == expected
    # Once more, after every item was looked at.
    for entry in body:
        assert entry.value is not None
    assert body_of(body, target) == expected


@pytest.mark.parametrize("target", ENCODINGS)
def test_from_made_data_sets(target):
    def make(attributes):
        elements = [
            DataElement(tag, vr, [make(one) for one in value] if vr == "SQ" else struct.pack("<3H", *value) if vr == "OW" else value)
            for tag, vr, value in attributes
        ]
        return DataSet(reversed(elements))

    assert body_of(make(NESTED), target) == data_set(NESTED, **ENCODINGS[target])


@pytest.mark.parametrize("is_item", [False, True])
@pytest.mark.parametrize("count", [5, 63, 64, 65, 128, 129, 300])
@pytest.mark.parametrize("late", [None, 0x00080005, 0x00090010, "reversed"])
def test_tags_ascend_in_whatever_order_many_were_set(count, late, is_item):
    added = [(0x00080005, "CS", "ISO_IR 100"), (0x00090010, "LO", "G\xf6del")]
    added += [(0x00091000 + i, "LO", f"\xfc{i}") for i in range(count)]
    order = added[::-1] if late == "reversed" else sorted(added, key=lambda one: one[0] == late)
    made = DataSet([DataElement(*one) for one in order])
    del made[0x00091001]
    expected = b"".join(element(tag, vr, text.encode("latin-1") + b" " * (len(text) % 2)) for tag, vr, text in added if tag != 0x00091001)
    if is_item:
        made = DataSet([DataElement(0x00081140, "SQ", [made])])
        expected = sequence(0x00081140, [expected])
    assert body_of(made) == expected


@pytest.mark.parametrize("undefined", [False, True])
def test_an_edit_copies_the_rest(undefined):
    body = read_body(data_set(NESTED, undefined=undefined))
    body.PatientName = "A^B"
    body["PatientID"] = "1"
    del body["Rows"]
    changed = [entry for entry in NESTED if entry[0] not in (0x00100010, 0x00280010)]
    expected = data_set([*changed, (0x00100010, "PN", "A^B"), (0x00100020, "LO", "1")], undefined=undefined)
    assert body_of(body) == expected


@pytest.mark.parametrize("undefined", [False, True])
def test_an_edit_deep_inside_changes_lengths_around_it(undefined):
    body = read_body(data_set(NESTED, undefined=undefined))
    body.sequence(0x00081140)[0].sequence(0x00081199)[0].Modality = "ULTRASOUND"
    deep = [(0x00081140, "SQ", [[(0x00081150, "UI", "1.2"), (0x00081199, "SQ", [[(0x00080060, "CS", "ULTRASOUND")], []])], []])]
    expected = data_set([entry for entry in NESTED if entry[0] != 0x00081140] + deep, undefined=undefined)
    assert body_of(body) == expected


def test_items_added_and_removed():
    body = read_body(data_set(NESTED, undefined=True))
    items = body.sequence(0x00081140)
    items.pop(0)
    items.append(DataSet([DataElement("Modality", "CS", "MR")]))
    # The sequence and the item that were read keep undefined lengths; the new item has a defined one.
    content = item(undefined=True) + item(data_set([(0x00080060, "CS", "MR")]))
    expected = element(0x00081140, "SQ", content, length=0xFFFFFFFF) + b"\xfe\xff\xdd\xe0\0\0\0\0"
    assert expected in body_of(body)
    assert len(read_body(body_of(body)).sequence(0x00081140)) == 2


@pytest.mark.parametrize(("option", "undefined"), [(True, True), (False, False)])
@pytest.mark.parametrize("source", [False, True])
def test_lengths_by_option(option, undefined, source):
    body = read_body(data_set(NESTED, undefined=source))
    assert body_of(body, undefined_lengths=option) == data_set(NESTED, undefined=undefined)


def test_what_is_only_partly_wanted_is_partly_written():
    content = data_set(NESTED)
    body = read_body(content, tags=["Modality", "Rows", 0x00720026])
    wanted = (0x00080005, 0x00080060, 0x00280010, 0x00720026)
    assert body_of(body) == data_set([entry for entry in NESTED if entry[0] in wanted])


def test_group_lengths_go_when_something_is_touched():
    content = element(0x00080000, "UL", 10) + data_set([MODALITY]) + element(0x00100000, "UL", 16) + data_set([NAME])
    body = read_body(content)
    assert body_of(body) == content
    body.PatientName = "A"
    assert body_of(body) == data_set([MODALITY, (0x00100010, "PN", "A")])
    assert body_of(read_body(content), IMPLICIT_VR_LITTLE_ENDIAN) == data_set([MODALITY, NAME], implicit=True)


def test_the_user_s_group_lengths_are_not_written():
    made = DataSet([DataElement(0x00080000, "UL", 10), DataElement("Modality", "CS", "CT")])
    assert body_of(made) == data_set([MODALITY])


# Text.

FRENCH = "H\xf4pital"


def test_text_goes_into_the_declared_character_set():
    made = DataSet()
    made.SpecificCharacterSet = "ISO_IR 100"
    made.InstitutionName = FRENCH
    made.set_sequence("ReferencedStudySequence", [DataSet([DataElement("StudyDescription", "LO", FRENCH)])])
    assert body_of(made).count(FRENCH.encode("latin-1")) == 2


def test_a_character_that_does_not_fit():
    made = DataSet([DataElement("InstitutionName", "LO", FRENCH)])
    with pytest.raises(InvalidValueError, match=r"switch_to_utf_8.*\(0008,0080\)") as caught:
        body_of(made)
    assert FRENCH not in str(caught.value)
    switched = read_body(body_of(made, switch_to_utf_8=True))
    assert (switched.SpecificCharacterSet, switched.InstitutionName) == ("ISO_IR 192", FRENCH)
    assert "SpecificCharacterSet" not in made


def test_switching_turns_all_text_round():
    attributes = [
        (0x00080005, "CS", "ISO_IR 100"), (0x00080080, "LO", FRENCH.encode("latin-1") + b" "),
        (0x00081110, "SQ", [[(0x00080005, "CS", "ISO_IR 144"), (0x00081030, "LO", "Мир ".encode("iso8859-5"))],
                            [(0x00081030, "LO", b"\xe9\xe9")]]),
    ]  # fmt: skip
    body = read_body(data_set(attributes))
    body.PatientName = "山田^太郎"
    with pytest.raises(InvalidValueError):
        body_of(body)
    written = read_body(body_of(body, switch_to_utf_8=True))
    assert written.PatientName == "山田^太郎"
    assert written.InstitutionName == FRENCH
    first, second = written.sequence(0x00081110)
    assert (first.StudyDescription, second.StudyDescription) == ("Мир", "éé")
    assert "SpecificCharacterSet" not in first


def test_a_new_character_set_turns_what_was_read_round():
    body = read_body(data_set([(0x00080005, "CS", "ISO_IR 100"), (0x00080080, "LO", FRENCH.encode("latin-1") + b" "), NAME]))
    body.SpecificCharacterSet = "ISO_IR 192"
    assert body_of(body) == data_set([(0x00080005, "CS", "ISO_IR 192"), (0x00080080, "LO", FRENCH.encode()), NAME])


def test_an_item_moves_into_another_character_set():
    source = read_body(data_set([(0x00080005, "CS", "ISO_IR 100"), (0x00081110, "SQ", [[(0x00081030, "LO", b"\xe9\xe9")]])]))
    made = DataSet([DataElement("SpecificCharacterSet", "CS", "ISO_IR 192")])
    made["ReferencedStudySequence"] = source["ReferencedStudySequence"]
    assert read_body(body_of(made)).ReferencedStudySequence[0].StudyDescription == "éé"


def test_bytes_that_no_character_set_explains_are_copied_but_not_converted():
    body = read_body(data_set([(0x00080005, "CS", "ISO_IR 192"), (0x00080080, "LO", b"a\xff"), NAME]))
    body.PatientName = "A"
    assert b"a\xff" in body_of(body)
    body.SpecificCharacterSet = "ISO_IR 100"
    with pytest.raises(InvalidValueError, match="lenient"):
        body_of(body)
    assert b"a\xff" in body_of(body, lenient=True)


def test_a_reader_s_character_set_stays_until_another_is_declared():
    body = read_body(data_set([(0x00080080, "LO", FRENCH.encode("latin-1") + b" "), NAME]), character_set="ISO_IR 100")
    body.PatientName = "A"
    assert FRENCH.encode("latin-1") in body_of(body)
    body.SpecificCharacterSet = "ISO_IR 192"
    assert FRENCH.encode() in body_of(body)


# What is wrong.


@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")
class TestDefects:
    ODD = element(0x00080060, "CS", b"CT1") + data_set([NAME])
    TWICE = data_set([MODALITY]) + data_set([MODALITY]) + data_set([NAME])
    UNORDERED = data_set([NAME]) + data_set([MODALITY])
    UNKNOWN_VR = b"\x08\0\x60\0ZZ\0\0\2\0\0\0CT" + data_set([NAME])
    IMPLICIT_INSIDE = data_set([MODALITY]) + element(0x00100010, "PN", "Doe^Jane", implicit=True)

    @pytest.mark.parametrize("defect", ["ODD", "TWICE", "UNORDERED", "UNKNOWN_VR"])
    @pytest.mark.parametrize("nested", [False, True])
    def test_lenient_keeps_it(self, defect, nested):
        content = getattr(self, defect)
        content = sequence(0x00081110, [content]) if nested else content
        body = read_body(content)
        assert body_of(body, lenient=True) == content
        body.PatientID = "1"
        assert body_of(body, lenient=True).startswith(content) or not nested

    @pytest.mark.parametrize("nested", [False, True])
    @pytest.mark.parametrize(("defect", "right"), [
        ("ODD", element(0x00080060, "CS", "CT1 ") + data_set([NAME])),
        ("UNORDERED", data_set([MODALITY, NAME])),
        ("UNKNOWN_VR", element(0x00080060, "UN", b"CT") + data_set([NAME])),
        ("IMPLICIT_INSIDE", data_set([MODALITY, NAME])),
    ])  # fmt: skip
    def test_else_it_is_put_right(self, defect, right, nested):
        content = getattr(self, defect)
        if nested:
            content, right = sequence(0x00081110, [content]), sequence(0x00081110, [right])
        assert body_of(read_body(content)) == right

    def test_an_element_twice_is_not_lost_silently(self):
        body = read_body(self.TWICE)
        with pytest.raises(InvalidTagError, match=r"\(0008,0060\).*|twice") as caught:
            body_of(body)
        assert caught.value.tag == 0x00080060
        body.Modality = "MR"
        assert body_of(body) == body_of(body, lenient=True) == data_set([(0x00080060, "CS", "MR"), NAME])
        del body["Modality"]
        assert body_of(body) == body_of(body, lenient=True) == data_set([NAME])

    def test_what_was_cut_is_written_only_leniently(self):
        content = sequence(0x00081110, [data_set([MODALITY, NAME])])
        file = dicomkit.read(part10(content)[:-4], partial=True)
        with pytest.raises(dicomkit.UnexpectedEndOfDataError):
            file.write()
        again = dicomkit.read(file.write(lenient=True))
        assert again.ReferencedStudySequence[0].Modality == "CT"

    def test_numbers_of_the_wrong_size(self):
        body = read_body(element(0x00280010, "US", b"\1\2\3\4\5\6")[:6] + b"\3\0\1\2\3")
        with pytest.raises(InvalidValueError) as caught:
            body_of(body, EXPLICIT_VR_BIG_ENDIAN)
        assert caught.value.tag == 0x00280010
        assert body_of(body, EXPLICIT_VR_BIG_ENDIAN, lenient=True).endswith(b"\2\1\3")


def test_missing_delimiter_of_pixel_data_is_added():
    content = encapsulated([b"ab"], delimited=False)
    with pytest.warns(dicomkit.DICOMWarning):
        file = dicomkit.read(part10(content, "1.2.840.10008.1.2.4.50"))
    assert file.write().endswith(encapsulated([b"ab"]))


def test_a_data_set_that_holds_itself():
    made = DataSet()
    made.set_sequence("ReferencedStudySequence", [made])
    with pytest.raises(LimitExceededError):
        body_of(made)


@pytest.mark.parametrize("tag", [0x00020010, 0x00000100, 0xFFFEE000])
def test_elements_of_other_places(tag):
    made = DataSet([DataElement(tag, "UN", b"ab")])
    with pytest.raises(InvalidTagError) as caught:
        body_of(made)
    assert caught.value.tag == tag


def test_file_meta_elements_that_were_read_in_the_data_set():
    body = read_body(element(0x00091001, "LO", "x") + element(0x00020016, "AE", "A"), defects=True)
    with pytest.raises(InvalidTagError) as caught:
        body_of(body)
    assert caught.value.tag == 0x00020016
    assert b"\2\0\x16\0AE" in body_of(body, lenient=True)


def test_a_sequence_that_the_dictionaries_do_not_know_stays_one_in_implicit_vr():
    content = sequence(0x00091001, [data_set([MODALITY])])
    written = body_of(read_body(content), IMPLICIT_VR_LITTLE_ENDIAN)
    assert read_body(written, IMPLICIT_VR_LITTLE_ENDIAN).sequence(0x00091001)[0].Modality == "CT"


@pytest.mark.parametrize("is_made", [False, True])
def test_what_only_its_vr_keeps_from_being_a_sequence(is_made):
    body = DataSet([DataElement(0x00081140, "LO", "x")]) if is_made else read_body(element(0x00081140, "LO", "x "))
    with pytest.raises(InvalidValueError) as caught:
        body_of(body, IMPLICIT_VR_LITTLE_ENDIAN)
    assert caught.value.tag == 0x00081140
    assert body_of(body, EXPLICIT_VR_BIG_ENDIAN) == element(0x00081140, "LO", "x ", big_endian=True)


def test_un_of_undefined_length_becomes_a_sequence_elsewhere():
    # PS3.5 6.2.2: what it holds is implicit VR little endian
    content = sequence(0x00091001, [data_set([MODALITY], implicit=True)], undefined=True, vr="UN")
    body = read_body(content + data_set([NAME]))
    body.PatientName = "A"
    assert body_of(body).startswith(content)
    body.sequence(0x00091001)[0].Modality = "MR"
    changed = sequence(0x00091001, [data_set([(0x00080060, "CS", "MR")])], undefined=True)
    assert body_of(body) == changed + data_set([(0x00100010, "PN", "A")])
    assert body_of(body, IMPLICIT_VR_LITTLE_ENDIAN).startswith(
        sequence(0x00091001, [data_set([(0x00080060, "CS", "MR")], implicit=True)], undefined=True, implicit=True)
    )


def test_a_known_sequence_stored_as_un():
    inner = item(data_set([(0x00081150, "UI", "1.2")], implicit=True))
    body = read_body(element(0x00081140, "UN", inner))
    assert body.sequence(0x00081140)[0].ReferencedSOPClassUID == "1.2"
    assert body_of(body) == element(0x00081140, "UN", inner)
    assert body_of(body, EXPLICIT_VR_BIG_ENDIAN) == element(0x00081140, "UN", inner, big_endian=True)
    assert body_of(body, IMPLICIT_VR_LITTLE_ENDIAN) == data_set([(0x00081140, "SQ", [[(0x00081150, "UI", "1.2")]])], implicit=True)
    body.sequence(0x00081140)[0].ReferencedSOPClassUID = "1.3"
    assert body_of(body) == data_set([(0x00081140, "SQ", [[(0x00081150, "UI", "1.3")]])])


# Pixel data, deflation.


def test_compressed_pixel_data_is_written_as_it_is():
    content = encapsulated([b"ab", b"cdef"], [0, 10])
    file = dicomkit.read(part10(data_set([NAME]) + content, "1.2.840.10008.1.2.4.50"))
    file.PatientName = "A"
    assert file.write().endswith(content)


@pytest.mark.parametrize("uid", [*ENCODINGS, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN])
def test_compressed_pixel_data_has_no_place_elsewhere(uid):
    file = dicomkit.read(part10(encapsulated([b"ab"]), "1.2.840.10008.1.2.4.50"))
    with pytest.raises(dicomkit.MissingRequiredElementError):
        file.transcode(uid)  # there is nothing to decode it by
    file.transfer_syntax = TransferSyntax.get(uid)
    with pytest.raises(PixelDataError):
        file.write()


def test_nested_compressed_data_is_refused_too():
    icon = DataSet([DataElement.encapsulated([b"ab"])])
    made = DataSet([DataElement("IconImageSequence", "SQ", [icon])])
    assert encapsulated([b"ab"]) in body_of(made)
    with pytest.raises(PixelDataError):
        body_of(made, IMPLICIT_VR_LITTLE_ENDIAN)


def test_native_pixel_data_is_no_jpeg():
    made = DataSet([DataElement("PixelData", "OB", b"ab")])
    with pytest.raises(PixelDataError):
        DICOMFile.create(made, transfer_syntax_uid="JPEGBaseline8Bit")


def test_deflated_is_raw_and_even():
    for length in range(1, 12):
        made = DataSet([DataElement("PatientComments", "LT", "x" * length)])
        data = DICOMFile.create(made, transfer_syntax_uid="DeflatedExplicitVRLittleEndian").write()
        assert len(data) % 2 == 0
        deflated = data[dicomkit.read(data).file_meta_information["FileMetaInformationGroupLength"].value + 144 :]
        engine = zlib.decompressobj(-15)
        assert ("x" * length).encode() in engine.decompress(deflated)
        assert engine.eof
        assert engine.unused_data in (b"", b"\0")
