"""A small archive: patients whose names are in several character sets, each with studies, series and instances."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from dicomkit.network.services.batch_events import BatchCompleted
from dicomkit.network.services.storage import DICOMStorageService
from dicomkit.testing import data_set, file_meta, part10
from tests.interop.network.peers import Peer

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
JAPANESE = r"\ISO 2022 IR 87"
STUDIES_OF_A_PATIENT = 2
INSTANCES = {"CT": 2, "MR": 3}  # of a series of each modality; a study has one of each
INSTANCES_OF_ALL = 4 * STUDIES_OF_A_PATIENT * sum(INSTANCES.values())


class Patient(NamedTuple):
    """A patient, whose name is encoded as its instances declare; number ``n`` has studies ``2.25.n.1``, ``2.25.n.2``."""

    patient_id: str
    name: str
    character_set: str
    encoded_name: bytes


PATIENTS = (
    Patient("P1", "Doe^Jane", "", b"Doe^Jane"),
    Patient("P2", "Müller^Jörg", "ISO_IR 100", b"M\xfcller^J\xf6rg"),
    Patient("P3", "Çelik^Şule", "ISO_IR 192", "Çelik^Şule".encode()),
    # PS3.5 H.3.1, example 1
    Patient(
        "P4", "Yamada^Tarou=山田^太郎=やまだ^たろう", JAPANESE,
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
    ),
)  # fmt: skip


def study_uid(patient: int, study: int) -> str:
    """The UID of a study; numbers are from 1."""
    return f"2.25.{patient}.{study}"


def study_uids(*patients: int) -> set[str]:
    """The UIDs of all studies of some patients."""
    return {study_uid(patient, study) for patient in patients for study in range(1, STUDIES_OF_A_PATIENT + 1)}


def make_archive(folder: Path) -> list[Path]:
    """Write all instances. Study 2 of patient 3 is of 2024-03-02, and so are its series and instances."""
    folder.mkdir()
    return [
        _write(folder, patient, study, modality, number)
        for patient in range(1, len(PATIENTS) + 1)
        for study in range(1, STUDIES_OF_A_PATIENT + 1)
        for modality, count in INSTANCES.items()
        for number in range(1, count + 1)
    ]


def _write(folder: Path, patient: int, study: int, modality: str, number: int) -> Path:
    who = PATIENTS[patient - 1]
    series = list(INSTANCES).index(modality) + 1
    series_uid = f"{study_uid(patient, study)}.{series}"
    uid, sop_class = f"{series_uid}.{number}", {"CT": CT, "MR": MR}[modality]
    name = who.encoded_name + b" " * (len(who.encoded_name) % 2)
    day = f"2024{patient:02}{study:02}"
    attributes: list[Any] = [
        *([(0x00080005, "CS", who.character_set)] if who.character_set else []), (0x00080016, "UI", sop_class), (0x00080018, "UI", uid),
        (0x00080020, "DA", day), (0x00080021, "DA", day), (0x00080023, "DA", day), (0x00080030, "TM", "120000"),
        (0x00080031, "TM", "120000"), (0x00080033, "TM", "120000"), (0x00080050, "SH", f"A{patient}{study}"),
        (0x00080060, "CS", modality), (0x00080090, "PN", "Who^Refers"), (0x00081030, "LO", f"Study {study}"),
        (0x0008103E, "LO", f"Series {series}"), (0x00100010, "PN", name), (0x00100020, "LO", who.patient_id),
        (0x00100030, "DA", f"19700{patient}01"), (0x00100040, "CS", "F"), (0x00180015, "CS", "CHEST"),
        (0x0020000D, "UI", study_uid(patient, study)), (0x0020000E, "UI", series_uid), (0x00200010, "SH", f"S{study}"),
        (0x00200011, "IS", str(series)), (0x00200013, "IS", str(number)), (0x00280010, "US", 2), (0x00280011, "US", 3),
    ]  # fmt: skip
    path = folder / f"{uid}.dcm"
    path.write_bytes(part10(data_set(attributes), meta=file_meta(sop_class_uid=sop_class, sop_instance_uid=uid)))
    return path


async def fill(peer: Peer, folder: Path) -> None:
    """Store all of it at a peer."""
    async for event in DICOMStorageService.store_batch(make_archive(folder), **peer.destination, calling_ae="ME"):
        if isinstance(event, BatchCompleted):
            assert event.result.all_succeeded
