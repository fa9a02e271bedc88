from __future__ import annotations

import io
import os
import threading
import zlib
from pathlib import Path

import pytest

import dicomkit
from dicomkit.errors import (
    DICOMError,
    InvalidDICMPrefixError,
    InvalidValueError,
    MissingRequiredElementError,
    ParsingError,
    PixelDataError,
    SourceError,
)
from dicomkit.network.services.instances import instance_of_data_set, read_instance
from dicomkit.testing import data_set, element, file_meta, part10
from dicomkit.transfer_syntax import TransferSyntax
from tests.unit.network.services.scripted_peer import BIG_ENDIAN, CT, DEFLATED, EXPLICIT, IMPLICIT, JPEG

CLASS, UID = 0x00080016, 0x00080018


def body(sop_class: str | None = CT, uid: str | None = "1.2.3", syntax: str = EXPLICIT) -> bytes:
    attributes = [(CLASS, "UI", sop_class), (UID, "UI", uid), (0x00100010, "PN", "A^B")]
    present = [attribute for attribute in attributes if attribute[2] is not None]
    return data_set(present, implicit=syntax == IMPLICIT, big_endian=syntax == BIG_ENDIAN)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED])
def test_store_1_class_instance_and_syntax_of_a_file(tmp_path: Path, syntax: str) -> None:
    data = part10(body(syntax=syntax), syntax, meta=file_meta(syntax, sop_class_uid=CT, sop_instance_uid="1.2.3"))
    path = tmp_path / "a.dcm"
    path.write_bytes(data)
    for source in (path, str(path), data, bytearray(data), memoryview(data), io.BytesIO(data)):
        instance = read_instance(source)
        assert (instance.sop_class_uid, instance.sop_instance_uid, instance.transfer_syntax.uid) == (CT, "1.2.3", syntax)
        assert (instance.data_set_offset + instance.data_set_length, instance.size) == (len(data), len(data))
        start = data[instance.data_set_offset :]
        assert start == part10(body(syntax=syntax), syntax)[-len(start) :]
        assert len(start) == instance.data_set_length


@pytest.mark.parametrize("group_length", [0, 1, 10_000])
def test_the_group_length_is_not_trusted(group_length: int) -> None:
    instance = read_instance(part10(body(), meta=file_meta(group_length=group_length)))
    assert instance.data_set_length == len(body())


def test_private_file_meta_is_skipped(tmp_path: Path) -> None:
    more = element(0x00020100, "UI", "1.2.3.4") + element(0x00020102, "OB", bytes(300_000))
    path = tmp_path / "a.dcm"
    path.write_bytes(part10(body(), meta=file_meta(more=more)))
    assert read_instance(path).data_set_length == len(body())


def test_store_1_the_syntax_is_guessed_where_file_meta_has_none() -> None:
    assert read_instance(part10(body(), None)).transfer_syntax.uid == EXPLICIT


def test_a_file_without_any_file_meta() -> None:
    with pytest.raises(ParsingError, match="no File Meta Information"):
        read_instance(part10(body(), meta=b""))


@pytest.mark.parametrize("data", [b"", b"x" * 7, b"garbage that is no data set", bytes(100), b"\xff" * 64])
@pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")
def test_garbage_behind_the_prefix(data: bytes) -> None:
    with pytest.raises(DICOMError):
        read_instance(bytes(128) + b"DICM" + data)


def test_the_uids_of_the_data_set_count() -> None:
    """Peers compare the command with the data set (A900)."""
    assert read_instance(part10(body(uid="1.2.9"), meta=file_meta(sop_instance_uid="1.2.3"))).sop_instance_uid == "1.2.9"


def test_file_meta_says_what_the_data_set_does_not() -> None:
    instance = read_instance(part10(body(None, None), meta=file_meta(sop_class_uid=CT, sop_instance_uid="1.2.3")))
    assert (instance.sop_class_uid, instance.sop_instance_uid) == (CT, "1.2.3")


@pytest.mark.parametrize(("missing", "keyword"), [("class", "SOPClassUID"), ("instance", "SOPInstanceUID")])
def test_store_1_without_class_or_instance(missing: str, keyword: str) -> None:
    meta = file_meta(sop_class_uid="" if missing == "class" else CT, sop_instance_uid="" if missing == "instance" else "1.2.3")
    with pytest.raises(MissingRequiredElementError, match=keyword):
        read_instance(part10(body(None, None), meta=meta))


@pytest.mark.parametrize("uid", ["1" * 65, "1.2.abc", "../../x", "1.2\\1.3"])
def test_what_is_no_uid_is_not_sent(uid: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        read_instance(part10(body(uid=uid)))
    assert caught.value.tag == UID
    assert uid not in str(caught.value)


def test_padding_of_uids_is_taken_off() -> None:
    data = element(CLASS, "UI", CT.encode() + b" ") + element(UID, "UI", b"1.2.3\0\0\0")
    assert read_instance(part10(data)).sop_instance_uid == "1.2.3"


def test_only_the_header_is_read(tmp_path: Path) -> None:
    """What is damaged behind the header is the peer's to judge; and a file of gigabytes is not read to be announced."""
    path = tmp_path / "large.dcm"
    path.write_bytes(part10(body() + element(0x7FE00010, "OW", b"", length=5_000_000_000 & 0xFFFFFFFE)))
    os.truncate(path, 5_000_000_000)
    assert read_instance(path).size == 5_000_000_000


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_instance(tmp_path / "missing.dcm")
    with pytest.raises(SourceError):
        read_instance(tmp_path)
    with pytest.raises(InvalidDICMPrefixError):
        read_instance(bytes(200))
    with pytest.raises(DICOMError):
        read_instance(b"")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(part10(body()),))
    writer.start()
    instance = read_instance(path)
    writer.join()
    assert (instance.sop_instance_uid, instance.data_set_length) == ("1.2.3", len(body()))


def test_what_is_no_source() -> None:
    with pytest.raises(TypeError, match="not int"):
        read_instance(5)  # type: ignore[arg-type]


def test_a_file_that_was_read_or_made() -> None:
    file = dicomkit.DICOMFile.create(dicomkit.read(part10(body())).data_set)
    instance = read_instance(file)
    assert (instance.sop_class_uid, instance.sop_instance_uid, instance.source) == (CT, "1.2.3", file)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_store_2_a_data_set(syntax: str) -> None:
    data = body(syntax=syntax)
    instance = instance_of_data_set(data, CT, "1.2.3", TransferSyntax.get(syntax))
    assert (instance.source, instance.data_set_offset, instance.data_set_length) == (data, 0, len(data))
    found = dicomkit.read(part10(body())).data_set
    assert bytes(instance_of_data_set(found, CT, "1.2.3", TransferSyntax.get(syntax)).source) == data  # type: ignore[arg-type]


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED])
@pytest.mark.parametrize(("sop_class", "uid", "tag"), [("1.2", "1.2.3", CLASS), (CT, "1.2.4", UID), ("x", "1.2.3", CLASS)])
def test_store_2_uids_are_compared_with_the_data_set(syntax: str, sop_class: str, uid: str, tag: int) -> None:
    data = part10(body(syntax=syntax), syntax, meta=b"")[132:]
    with pytest.raises(InvalidValueError) as caught:
        instance_of_data_set(data, sop_class, uid, TransferSyntax.get(syntax))
    assert caught.value.tag == tag
    assert instance_of_data_set(data, CT, "1.2.3", TransferSyntax.get(syntax)).data_set_length == len(data)


def test_store_2_a_data_set_is_deflated() -> None:
    found = dicomkit.read(part10(body())).data_set
    instance = instance_of_data_set(found, CT, "1.2.3", TransferSyntax.get(DEFLATED))
    assert isinstance(instance.source, memoryview)
    assert zlib.decompress(instance.source, -zlib.MAX_WBITS) == body()


def test_store_2_pixels_of_the_wrong_kind() -> None:
    found = dicomkit.read(part10(body() + element(0x7FE00010, "OW", b"ab"))).data_set
    with pytest.raises(PixelDataError):
        instance_of_data_set(found, CT, "1.2.3", TransferSyntax.get(JPEG))


def test_store_2_a_data_set_that_does_not_say_what_it_is() -> None:
    assert instance_of_data_set(element(0x00100010, "PN", "A^B"), CT, "1.2.3", TransferSyntax.get(EXPLICIT)).sop_class_uid == CT
