"""Instances that are sent to and fro: the corpora's by transfer syntax, and one made of every storage class."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from dicomkit.network.services.storage_scp import every_storage_sop_class
from dicomkit.testing import data_set, file_meta, part10
from tests.conftest import PeerFile

UID = re.compile(rb"[0-9]+(\.[0-9]+)+")
VERIFICATION = "1.2.840.10008.1.1"
MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"     # is in files only (PS3.10 8.6)


class Sent(NamedTuple):
    """A file, and what must arrive of it."""

    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data_set: bytes


def read_plainly(path: Path) -> Sent | None:
    """Return what File Meta Information says and what follows it, or None if that has anything odd (PS3.10 7.1)."""
    raw = path.read_bytes()
    if raw[128:140] != b"DICM\2\0\0\0UL\4\0":
        return None
    end = 144 + int.from_bytes(raw[140:144], "little")
    elements, offset = {}, 144
    while offset < end:
        number = int.from_bytes(raw[offset + 2 : offset + 4], "little")
        is_long = raw[offset + 4 : offset + 6] in (b"OB", b"UN")
        start = offset + (12 if is_long else 8)
        length = int.from_bytes(raw[offset + 8 : offset + 12] if is_long else raw[offset + 6 : offset + 8], "little")
        elements[number] = raw[start : start + length].rstrip(b"\0 ")
        offset = start + length
    uids = [elements.get(number, b"") for number in (2, 3, 16)]
    if offset != end or raw[end : end + 2] == b"\2\0" or not all(map(UID.fullmatch, uids)):
        return None
    return Sent(path, *(uid.decode() for uid in uids), raw[end:])


def corpus_instances(files: list[PeerFile]) -> list[Sent]:
    """Return the files that can be sent as they are, each instance once: whose UIDs are the same in both places."""
    found: dict[str, Sent] = {}
    for file in files:
        sent = read_plainly(file.path) if file.is_dicom else None
        if sent is None or sent.sop_class_uid == MEDIA_STORAGE_DIRECTORY or sent.sop_instance_uid in found:
            continue
        is_clear = sent.transfer_syntax_uid != "1.2.840.10008.1.2.1.99"
        if is_clear and not all(uid.encode() in sent.data_set[:4096] for uid in (sent.sop_class_uid, sent.sop_instance_uid)):
            continue
        found[sent.sop_instance_uid] = sent
    return list(found.values())


def make_instance(folder: Path, sop_class_uid: str, number: int) -> Sent:
    """Write a small instance of a SOP class, in Explicit VR Little Endian."""
    uid = f"2.25.{number + 1}"
    body = data_set(
        [
            (0x00080016, "UI", sop_class_uid), (0x00080018, "UI", uid), (0x00080060, "CS", "OT"), (0x00100010, "PN", "Doe^Jane"),
            (0x00100020, "LO", "P1"), (0x0020000D, "UI", "2.25.1000"), (0x0020000E, "UI", f"2.25.2000.{number}"),
            (0x00200010, "SH", "1"), (0x00200013, "IS", str(number)), (0x00204000, "LT", "x" * 5000),
        ]
    )  # fmt: skip
    path = folder / f"{number:03}.dcm"
    path.write_bytes(part10(body, meta=file_meta(sop_class_uid=sop_class_uid, sop_instance_uid=uid)))
    return Sent(path, sop_class_uid, uid, "1.2.840.10008.1.2.1", body)


def instance_of_every_class(folder: Path) -> list[Sent]:
    """Write an instance of each storage class of PS3.6."""
    classes = [uid for uid in every_storage_sop_class() if uid not in (VERIFICATION, MEDIA_STORAGE_DIRECTORY)]
    return [make_instance(folder, uid, number) for number, uid in enumerate(classes)]
