"""What a review of data sets found: each test is a bug that was there."""

import pickle
import struct
import threading

import pytest

import dicomkit
from dicomkit.testing import IMPLICIT_VR_LITTLE_ENDIAN, data_set, element, item, part10, sequence

REFERENCED_IMAGES = 0x00081140
INSTANCE = 0x00081155


def referring(uid, **how):
    return sequence(REFERENCED_IMAGES, [element(INSTANCE, "UI", uid)], **how)


def stored_as_un(*uids):
    items = b"".join(item(element(INSTANCE, "UI", uid, implicit=True)) for uid in uids)
    return dicomkit.read(part10(element(REFERENCED_IMAGES, "UN", items))).data_set


def uids_of(read):
    return [one.ReferencedSOPInstanceUID for one in read.ReferencedImageSequence]


def again(read):
    return pickle.loads(pickle.dumps(read))


def test_a_prefix_of_a_file_never_gives_records_behind_its_end(tmp_path):
    # An undefined item that ends with the file, which is longer than the first chunk that is read.
    content = referring("1.2", undefined=True)[:-16]
    path = tmp_path / "cut.dcm"
    path.write_bytes(part10(content + element(0x00091010, "OB", bytes(40_000))))
    for options in ({"stop_before_pixels": True}, {"tags": ["ReferencedImageSequence"]}, {}):
        f = dicomkit.read(path, partial=True, **options)
        assert isinstance(f.error, dicomkit.UnexpectedEndOfDataError)
        assert uids_of(f) == ["1.2"]


def test_items_that_change_places_between_files_are_noticed():
    left, right = (dicomkit.read(part10(referring(uid))).data_set for uid in ("1.1", "2.2"))
    left.ReferencedImageSequence[0] = right.ReferencedImageSequence[0]
    assert uids_of(again(left)) == ["2.2"]


def test_items_of_sequences_that_are_stored_as_un_can_be_changed():
    read, other = stored_as_un("1.1", "1.2"), stored_as_un("9.9")
    assert uids_of(again(read)) == ["1.1", "1.2"]
    del read.ReferencedImageSequence[0]
    assert uids_of(again(read)) == uids_of(again(read.copy())) == ["1.2"]
    read.ReferencedImageSequence[0] = other.ReferencedImageSequence[0]
    assert uids_of(again(read)) == ["9.9"]


def test_a_selection_that_begins_with_an_implicit_header_can_be_pickled():
    """In explicit VR: the first element of a file would decide on its encoding, that of a selection does not."""
    implicit = struct.pack("<HHI", 0x0010, 0x0020, 2) + b"X "
    content = part10(element(0x00080060, "CS", "CT") + implicit + element(0x00100030, "DA", "20200101"))
    with pytest.warns(dicomkit.DICOMWarning, match="without VR"):
        read = dicomkit.read(content, tags=["PatientID", "PatientBirthDate"]).data_set
    again = pickle.loads(pickle.dumps(read))
    assert again.tags == read.tags == [0x00100020, 0x00100030]
    assert again == read


def test_what_was_read_strictly_can_be_pickled():
    """File Meta Information too, whose elements are right where they were read."""
    read = dicomkit.read(part10(element(0x00280030, "DS", "a ")), strict=True)
    assert again(read) == read
    assert again(read.file_meta_information) == read.file_meta_information
    with pytest.raises(dicomkit.InvalidValueError):
        _ = again(read).PixelSpacing


@pytest.mark.parametrize("undefined_lengths", [None, False, True])
def test_a_private_sequence_is_one_in_implicit_vr_too(undefined_lengths):
    """Nothing but its undefined length tells."""
    inner = dicomkit.DataSet([dicomkit.DataElement("PatientID", "LO", "A")])
    made = dicomkit.DataSet([dicomkit.DataElement(0x0009_1001, "SQ", [inner])])
    written = dicomkit.DICOMFile.create(made, transfer_syntax_uid="ImplicitVRLittleEndian").write(undefined_lengths=undefined_lengths)
    assert dicomkit.read(written)[0x0009_1001].vr == "SQ"


def test_items_that_begin_with_a_sequence_stored_as_un_can_be_pickled():
    # PS3.5 6.2.2: inside of UN it is implicit, around it explicit
    inner = sequence(0x00081115, [element(INSTANCE, "UI", "9.9", implicit=True)], undefined=True, vr="UN")
    read = dicomkit.read(part10(element(REFERENCED_IMAGES, "SQ", item(inner + element(INSTANCE, "UI", "1.1"))))).data_set
    [one] = read.ReferencedImageSequence
    assert again(one) == one
    assert again(one).ReferencedSOPInstanceUID == "1.1"


def test_a_sequence_is_a_list_of_data_sets():
    made = dicomkit.DataSet()
    made.ReferencedImageSequence = (dicomkit.DataSet() for _ in range(2))
    assert len(made.ReferencedImageSequence) == 2
    for wrong in (dicomkit.DataSet(), 5, "text", [1]):
        with pytest.raises(dicomkit.InvalidValueError, match="list of data sets"):
            made.ReferencedImageSequence = wrong


def test_items_that_were_read_are_copied_and_items_that_were_made_can_still_be_filled():
    read, made = dicomkit.read(part10(referring("1.1"))).data_set, dicomkit.DataSet()
    made.ReferencedImageSequence = read.ReferencedImageSequence
    made.ReferencedImageSequence[0].ReferencedSOPInstanceUID = "2.2"
    assert uids_of(read) == ["1.1"]
    one = dicomkit.DataSet()
    made.ReferencedImageSequence = [one]
    one.ReferencedSOPInstanceUID = "3.3"
    assert uids_of(made) == ["3.3"]


@pytest.mark.parametrize("way", ["UN", "UN, undefined", "implicit", "in an explicit sequence"])
def test_pixel_representation_reaches_into_sequences(way):
    # PS3.5 6.2.2, A.1: what is US or SS goes by the Pixel Representation around it
    descriptor = struct.pack("<Hhh", 256, -1000, 16)
    implicit = element(0x00283002, "US", descriptor, implicit=True)
    signed = element(0x00280103, "US", 1, implicit=way == "implicit")
    content = {
        "UN": element(0x00283000, "UN", item(implicit)),
        "UN, undefined": sequence(0x00283000, [implicit], undefined=True, vr="UN"),
        "implicit": sequence(0x00283000, [implicit], implicit=True),
        "in an explicit sequence": sequence(0x00283000, [element(0x00283002, "UN", descriptor)]),
    }[way]
    file = part10(signed + content, IMPLICIT_VR_LITTLE_ENDIAN) if way == "implicit" else part10(signed + content)
    for options in ({}, {"tags": ["ModalityLUTSequence"]}):
        found = dicomkit.read(file, **options).ModalityLUTSequence[0]["LUTDescriptor"]
        assert (found.vr, found.value) == ("SS", [256, -1000, 16])


def test_private_implicit_sequences_nest_as_deep_as_others():
    content = b""
    for _ in range(64):
        content = element(0x00710010, "LO", "AGFA-AG_HPState", implicit=True) + element(0x00711018, "SQ", item(content), implicit=True)
    read = dicomkit.read(part10(content, IMPLICIT_VR_LITTLE_ENDIAN)).data_set
    for _ in range(63):
        [read] = read[0x0071, 0x1018].value
    assert read[0x0071, 0x1018].vr == "SQ"


def test_a_character_set_that_is_none_is_an_error_when_strict():
    file = part10(data_set([(0x00080005, "CS", "NONSENSE"), (0x00100010, "PN", "A^B")]))
    with pytest.warns(dicomkit.DICOMWarning, match="defined term"):
        assert dicomkit.read(file).PatientName == "A^B"
    with pytest.raises(dicomkit.InvalidValueError, match="defined term"):
        dicomkit.read(file, strict=True).PatientName  # noqa: B018


def test_a_character_set_stored_as_un_counts():
    name = "аб^A".encode("iso8859_5")
    file = part10(element(0x00080005, "UN", b"ISO_IR 144") + element(0x00100010, "PN", name))
    assert dicomkit.read(file).PatientName == "аб^A"


def test_threads_see_the_character_set_whole():
    file = part10(element(0x00080005, "CS", "ISO_IR 192") + element(0x00100010, "PN", "Müller^Jürg"))
    wrong = []

    def look(read, barrier):
        barrier.wait()
        if read.PatientName != "Müller^Jürg":
            wrong.append(str(read.PatientName))

    for _ in range(200):
        read, barrier = dicomkit.read(file), threading.Barrier(4)
        threads = [threading.Thread(target=look, args=(read, barrier)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_lookups_in_any_order_find_the_same():
    tags = list(range(0x00200000, 0x00200400, 2))
    read = dicomkit.read(part10(b"".join(element(tag, "LO", f"{tag:x} ") for tag in tags))).data_set
    for tag in (*tags, *reversed(tags), tags[7], tags[3], tags[300]):
        assert read[tag].value == f"{tag:x}"
        assert tag + 1 not in read


def test_warnings_name_the_line_that_asked():
    read = dicomkit.read(part10(element(0x00280030, "DS", "a\\b ")))
    for ask in (lambda: read.PixelSpacing, lambda: read["PixelSpacing"].value, lambda: read.data_set.get("PixelSpacing")):
        with pytest.warns(dicomkit.DICOMWarning) as caught:
            ask()
        assert caught[0].filename == __file__
    with pytest.warns(dicomkit.DICOMWarning) as caught:
        dicomkit.read(part10(element(0x00100010, "PN", b"odd")))
    assert caught[0].filename == __file__


def test_names_that_are_none_suggest_what_was_meant():
    f = dicomkit.read(part10(element(0x00100010, "PN", "A^B ")))
    with pytest.raises(AttributeError, match="PatientName"):
        f.patient_name  # noqa: B018
    assert not hasattr(f, "pixel_array")
    for key in ((1, 2, 3), ("a", "b")):
        with pytest.raises(TypeError, match="pair of numbers"):
            f[key]
    assert "FFFCFFFC" not in f


def test_numpy_numbers_can_be_set():
    np = pytest.importorskip("numpy")
    made = dicomkit.DataSet()
    made.Rows, made.WindowCenter, made.PixelSpacing = np.uint16(5), np.float64(0.5), np.array([1.5, 2.5])
    assert (made.Rows, made.WindowCenter, made.PixelSpacing) == (5, 0.5, [1.5, 2.5])
