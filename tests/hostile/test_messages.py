"""No message repeats a value of the data set: values are patient data."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from random import Random

import dicomkit
from dicomkit import VR, DICOMError
from dicomkit.testing import data_set, element, encapsulated, file_meta, part10
from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import CANARY, find_seeds
from tests.hostile.builders import IMAGE

FACTS = [
    name
    for name in dir(dicomkit.DataElement)
    if name[0] != "_" and inspect.isgetsetdescriptor(inspect.getattr_static(dicomkit.DataElement, name))
]


def messages_of(action: Callable[[], object]) -> Iterator[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            action()
        except DICOMError as error:
            chain: BaseException | None = error
            while chain is not None:
                yield f"{chain} {chain!r}"
                chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    yield from (str(one.message) for one in caught)


def use(element: dicomkit.DataElement) -> None:
    for fact in FACTS:
        found = getattr(element, fact)
        if callable(found):
            found()


def test_values_of_every_vr_stay_out_of_messages() -> None:
    for vr in VR:
        for text in (CANARY, f"1\\{CANARY}", f"\x1b$B{CANARY}", f"{CANARY}\xff"):
            value = text.encode("latin-1")
            for terms in ("", "ISO_IR 192", "ISO 2022 IR 87", CANARY):
                body = data_set(
                    [(0x00080005, "CS", terms), (0x00111010, str(vr) if vr != VR.SQ else "UN", value + b" " * (len(value) % 2))]
                )
                for strict in (False, True):

                    def read(body: bytes = body, strict: bool = strict) -> None:
                        for one in dicomkit.read(part10(body), strict=strict):
                            use(one)

                    assert not [message for message in messages_of(read) if CANARY in message], (vr, text, terms)


def test_values_of_image_attributes_stay_out_of_messages() -> None:
    tags = [*(int(one[0]) for one in IMAGE), 0x00280006, 0x00280008, 0x00281050, 0x00281051, 0x00281053, 0x00281056, 0x00281101, 0x00283010]
    for tag in tags:
        for vr in ("CS", "DS", "IS", "LO", "US", "UT", "UN"):
            parts = {int(one[0]): data_set([one]) for one in IMAGE}
            parts[tag] = element(tag, vr, CANARY.encode() + b" ")
            body = b"".join(parts[key] for key in sorted(parts)) + element(0x7FE00010, "OW", bytes(32))
            file = dicomkit.read(part10(body))
            for method in (
                "pixel_data",
                "render_frame",
                "render_frame_with_stored_window",
                "window_settings",
                "rescale_slope",
                "palette_color_lut",
            ):
                found = [message for message in messages_of(getattr(file, method)) if CANARY in message]
                assert not found, (hex(tag), vr, method, found)


def test_values_next_to_lying_lengths_stay_out_of_messages() -> None:
    patient = element(0x00100010, "PN", CANARY + " ")
    files = [
        part10(patient, meta=file_meta(CANARY)),
        part10(patient, meta=file_meta().replace(b"UI\x14\x001.2.840.10008.1.2.1", b"UI\xa0\x001.2.840.10008.1.2.1")),
        part10(element(0x00080060, "CS", b"CT", length=3) + patient),
        part10(element(0x00080060, "CS", b"CT", length=len(patient)) + patient),
        part10(data_set(IMAGE) + encapsulated([CANARY.encode()] * 3), "1.2.840.10008.1.2.1.98"),
        CANARY.encode() * 20,
    ]
    for data in files:
        for options in ({}, {"strict": True}, {"force": True}, {"partial": True}):

            def read(data: bytes = data, options: dict[str, bool] = options) -> None:
                file = dicomkit.read(data, **options)
                for one in [*file.file_meta_information, *file]:
                    use(one)
                file.render_frame()

            assert not [message for message in messages_of(read) if CANARY in message], (data[132:300], options)


def test_values_of_mutants_stay_out_of_messages() -> None:
    seeds = find_seeds(with_corpora=False)
    for number in range(600):
        data, story = mutate(seeds, 5, number)
        options = Random(number).choice([{}, {"strict": True}, {"force": True}, {"force": True, "partial": True}])

        def read(data: bytes = data, options: dict[str, bool] = options) -> None:
            for one in dicomkit.read(data, **options):
                use(one)

        assert not [message for message in messages_of(read) if CANARY in message], (number, story)
