"""Transfer syntaxes (PS3.5 Annex A). Rows TS-1 to TS-4 and PKG-6."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit import transfer_syntax as module
from dicomkit import uids
from dicomkit.dictionary import UIDDictionary
from dicomkit.errors import UnsupportedTransferSyntaxError
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN, TransferSyntax

ROOT = "1.2.840.10008.1.2"

# What PS3.5 says of each transfer syntax, one letter a property:
# I implicit VR, B big endian, E encapsulated, D deflated, L lossless, X names no encoding of a data set.
TRUTH = {
    "": "IL",
    ".1": "L",
    ".1.98": "EL",
    ".1.99": "DL",
    ".2": "BL",
    **{f".4.{process}": "E" for process in (50, 51, 52, 53, 54, 55, 56, 59, 60, 61, 62, 63, 64)},
    **{f".4.{process}": "EL" for process in (57, 58, 65, 66, 70)},
    ".4.80": "EL",
    ".4.81": "E",
    ".4.90": "EL",
    ".4.91": "E",
    ".4.92": "EL",
    ".4.93": "E",
    ".4.94": "",
    ".4.95": "D",
    **{f".4.{video}{fragmentable}": "E" for video in range(100, 107) for fragmentable in ("", ".1")},
    ".4.107": "E",
    ".4.108": "E",
    ".4.110": "EL",
    ".4.111": "E",
    ".4.112": "E",
    ".4.201": "EL",
    ".4.202": "EL",
    ".4.203": "E",
    ".4.204": "",
    ".4.205": "D",
    ".5": "EL",
    ".6.1": "X",
    ".6.2": "X",
    ".7.1": "L",
    ".7.2": "L",
    ".7.3": "L",
    ".8.1": "EL",
}
PAPYRUS = "1.2.840.10008.1.20"


def letters(syntax):
    properties = {
        "I": not syntax.is_explicit_vr,
        "B": syntax.byte_order == "big",
        "E": syntax.is_encapsulated,
        "D": syntax.is_deflated,
        "L": syntax.is_lossless,
        "X": not syntax.is_data_set_encoding,
    }
    return "".join(letter for letter, holds in properties.items() if holds)


def test_the_properties_of_every_transfer_syntax():
    # TS-1, TS-2, TS-3, TS-4: a transfer syntax that a new edition adds must be judged here
    expected = {ROOT + suffix: value for suffix, value in TRUTH.items()} | {PAPYRUS: "IL"}
    assert {syntax.uid: letters(syntax) for syntax in TransferSyntax.all()} == expected


def test_all_transfer_syntaxes_of_the_registry_are_known():
    # TS-1
    entries = UIDDictionary.transfer_syntaxes()
    assert [syntax.uid for syntax in TransferSyntax.all()] == [entry.uid for entry in entries]
    for entry in entries:
        syntax = TransferSyntax.from_uid(entry.uid)
        assert (syntax.name, syntax.keyword, syntax.is_retired) == (entry.name, entry.keyword, entry.is_retired)


FAMILIES = {
    "is_jpeg": {f"{ROOT}.4.{n}" for n in (*range(50, 67), 70)},
    "is_jpeg_ls": {f"{ROOT}.4.{n}" for n in (80, 81)},
    "is_jpeg_2000": {f"{ROOT}.4.{n}" for n in (90, 91, 92, 93)},
    "is_jpip": {f"{ROOT}.4.{n}" for n in (94, 95, 204, 205)},
    "is_video": {f"{ROOT}.4.{n}{f}" for n in range(100, 107) for f in ("", ".1")} | {f"{ROOT}.4.107", f"{ROOT}.4.108"},
    "is_jpeg_xl": {f"{ROOT}.4.{n}" for n in (110, 111, 112)},
    "is_htj2k": {f"{ROOT}.4.{n}" for n in (201, 202, 203)},
    "is_rle": {f"{ROOT}.5"},
    "is_big_endian": {f"{ROOT}.2"},
}


@pytest.mark.parametrize("predicate", FAMILIES)
def test_predicates(predicate):
    # TS-4
    assert {syntax.uid for syntax in TransferSyntax.all() if getattr(syntax, predicate)} == FAMILIES[predicate]


def test_every_compressed_syntax_names_its_compression():
    # TS-3
    for syntax in TransferSyntax.all():
        is_uncompressed = (
            not syntax.is_encapsulated and not syntax.is_jpip
        ) or syntax.uid == uids.EncapsulatedUncompressedExplicitVRLittleEndian
        assert (syntax.compression == "") == is_uncompressed, syntax


def test_the_text_is_name_and_uid():
    # TS-1
    assert str(EXPLICIT_VR_LITTLE_ENDIAN) == "Explicit VR Little Endian (1.2.840.10008.1.2.1)"


@pytest.mark.parametrize(
    "uid", ["", "1.2", "1.2.840.10008.1.2.3", "1.2.840.10008.1.1", "1.2.840.10008.1.2.", " 1.2.840.10008.1.2", "\ud800"]
)
def test_an_unknown_uid_is_none_or_an_error(uid):
    # TS-1
    assert TransferSyntax.from_uid(uid) is None
    with pytest.raises(UnsupportedTransferSyntaxError) as caught:
        TransferSyntax.get(uid)
    assert caught.value.uid == uid


@given(st.text(max_size=70))
def test_no_other_text_is_a_transfer_syntax(text):
    # TS-1
    syntax = TransferSyntax.from_uid(text)
    assert syntax is None or syntax.uid == text.rstrip("\0 ")


@pytest.mark.parametrize("text", [f"{ROOT}.5", f"{ROOT}.5\0", f"{ROOT}.5 ", "RLELossless", "rlelossless", "RLE Lossless", " rle lossless "])
def test_a_transfer_syntax_is_found_by_uid_keyword_or_name(text):
    assert TransferSyntax.find(text) is module.RLE_LOSSLESS


def test_nothing_is_found_for_another_name():
    assert TransferSyntax.find("RLE") is None


def test_constants_are_what_they_say():
    constants = {name: value for name, value in vars(module).items() if isinstance(value, TransferSyntax)}
    assert set(constants) <= set(module.__all__)
    for name, syntax in constants.items():
        assert name.replace("_", "") == syntax.keyword.upper(), name


def test_there_is_one_object_for_each_syntax():
    # PKG-2, PKG-3
    with ThreadPoolExecutor(8) as pool:
        syntaxes = list(pool.map(lambda _: TransferSyntax.from_uid(uids.JPEGXL), range(200)))
    assert len({id(syntax) for syntax in syntaxes}) == 1
    syntax = syntaxes[0]
    assert pickle.loads(pickle.dumps(syntax)) is copy.deepcopy(syntax) is syntax
    assert {syntax: 1}[TransferSyntax.get(uids.JPEGXL)] == 1
    assert syntax != EXPLICIT_VR_LITTLE_ENDIAN
    assert syntax != syntax.uid
    with pytest.raises(AttributeError):
        syntax.name = "x"


def test_the_supported_transfer_syntaxes():
    # PKG-6, TS-2
    assert (f"{ROOT}.1", ROOT, f"{ROOT}.2", f"{ROOT}.1.99") == module.SUPPORTED_TRANSFER_SYNTAX_UIDS
    assert f"{ROOT}.1" == module.SUPPORTED_TRANSFER_SYNTAX_UID
