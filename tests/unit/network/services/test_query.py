"""C-FIND as it goes over the wire, and what is made of the answers; peers that misbehave are in ``test_query_and_odd_peers``."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import aclosing
from typing import Any

import pytest

from dicomkit.network.association import Association
from dicomkit.network.dimse import CFindRequest, DIMSEPriority, Message
from dicomkit.network.errors import LocalProtocolError, NoPresentationContextAcceptedError, QueryFailedError, SOPClassNotSupportedError
from dicomkit.network.services.configuration import QueryConfiguration
from dicomkit.network.services.information_model import InformationModel, QueryLevel
from dicomkit.network.services.query import DICOMQueryService
from dicomkit.network.services.query_keys import QueryKeys
from dicomkit.network.services.query_results import InstanceResult, PatientResult, QueryResult, SeriesResult, StudyResult
from dicomkit.network.timeouts import TimeoutConfiguration
from dicomkit.network.ul import SOPClassExtendedNegotiation
from dicomkit.testing import Attribute, data_set
from tests.unit.network.services.queries import (
    PATIENT_ROOT,
    PENDING,
    PENDING_WITH_WARNINGS,
    STUDY_ROOT,
    FindingPeer,
    collect,
    finding,
    studies,
    study,
    tell,
    uids,
    watched,
)
from tests.unit.network.services.scripted_peer import CT, EXPLICIT, IMPLICIT, Answer, ScriptedPeer

PATIENT, STUDY, SERIES, IMAGE = QueryLevel
ALL_STUDIES = QueryKeys(STUDY)
find, stream = DICOMQueryService.find, DICOMQueryService.stream


def configured(**settings: Any) -> QueryConfiguration:
    return QueryConfiguration(calling_ae_title="ME", called_ae_title="PEER", **settings)


IN_PATIENT_ROOT = configured(information_model=InformationModel.PATIENT_ROOT)


def test_find_1_defaults() -> None:
    for name in ("find_patients", "find_studies", "find_series", "find_instances", "find", "stream"):
        parameters = inspect.signature(getattr(DICOMQueryService, name)).parameters
        assert parameters["port"].default == 104
    settings = configured()
    assert (settings.timeout, settings.information_model, settings.priority) == (60.0, InformationModel.STUDY_ROOT, DIMSEPriority.MEDIUM)
    assert not settings.is_relational
    assert settings.association_with("pacs", 104).limits == TimeoutConfiguration(
        connect=60.0, read=60.0, write=60.0, association=60.0, operation=None
    )


# Rows FIND-1 to FIND-3: service, what it is called with, then the model, the level, and the keys with a value.
BY_LEVEL: list[tuple[str, dict[str, Any], str, type[QueryResult], dict[int, str]]] = [
    ("find_patients", {}, PATIENT_ROOT, PatientResult, {}),
    ("find_patients", {"configuration": configured()}, PATIENT_ROOT, PatientResult, {}),
    ("find_patients", {"matching": QueryKeys(PATIENT).patient_id("P1")}, PATIENT_ROOT, PatientResult, {0x00100020: "P1"}),
    ("find_studies", {}, STUDY_ROOT, StudyResult, {}),
    (
        "find_studies", {"matching": ALL_STUDIES.patient_id("P1"), "configuration": IN_PATIENT_ROOT}, PATIENT_ROOT, StudyResult,
        {0x00100020: "P1"},
    ),
    ("find_series", {"for_study": "1.2"}, STUDY_ROOT, SeriesResult, {0x0020000D: "1.2"}),
    (
        "find_series", {"for_study": "1.2", "matching": QueryKeys(SERIES).modality("CT").study_instance_uid("9")}, STUDY_ROOT,
        SeriesResult, {0x00080060: "CT", 0x0020000D: "1.2"},
    ),
    (
        "find_instances", {"for_study": "1.2", "for_series": "1.2.3"}, STUDY_ROOT, InstanceResult,
        {0x0020000D: "1.2", 0x0020000E: "1.2.3"},
    ),
    (
        "find_instances",
        {"for_study": "1.2", "for_series": "1.2.3", "matching": QueryKeys(IMAGE).patient_id("P1"), "configuration": IN_PATIENT_ROOT},
        PATIENT_ROOT, InstanceResult, {0x00100020: "P1", 0x0020000D: "1.2", 0x0020000E: "1.2.3"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("service", "arguments", "model", "kind", "values"), BY_LEVEL)
@watched
async def test_find_1_2_3_5_what_goes_on_the_wire(
    service: str, arguments: dict[str, Any], model: str, kind: type[QueryResult], values: dict[int, str]
) -> None:
    async with FindingPeer(finding(study(1), study(2))) as peer:
        results = await getattr(DICOMQueryService, service)(**peer.address, **arguments)
    assert [type(result) for result in results] == [kind, kind]
    assert [result.string("StudyInstanceUID") for result in results] == studies(1, 2)
    assert peer.proposals == [[(model, (EXPLICIT, IMPLICIT))]]
    assert peer.request == CFindRequest(message_id=1, affected_sop_class_uid=model, priority=DIMSEPriority.MEDIUM)
    assert (peer.requests[0].calling_ae_title, peer.requests[0].called_ae_title) == ("ME", "PEER")
    assert peer.ends == ["released"]
    level = {PatientResult: PATIENT, StudyResult: STUDY, SeriesResult: SERIES, InstanceResult: IMAGE}[kind]
    keys = QueryKeys(level)
    for tag, value in values.items():
        keys = keys.matching(tag, value)
    attributes: list[Attribute] = [(e.tag, e.vr, e.string_value or b"") for e in keys.identifier()]
    assert peer.identifier == data_set(attributes)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
@watched
async def test_the_identifier_is_encoded_as_was_agreed_on(syntax: str) -> None:
    keys = ALL_STUDIES.patient_name("Müller*").matching("Rows", 512).request_study_date()
    match: list[Attribute] = [(0x00080005, "CS", "ISO_IR 100"), (0x00100010, "PN", b"M\xfcller"), (0x00280010, "US", 512)]
    async with FindingPeer(finding(match), {STUDY_ROOT: (syntax,)}) as peer:
        (result,) = await find(keys, **peer.address)
    attributes: list[Attribute] = [
        (0x00080005, "CS", "ISO_IR 192"), (0x00080020, "DA", ""), (0x00080052, "CS", "STUDY"),
        (0x00100010, "PN", "Müller*"), (0x0020000D, "UI", ""), (0x00280010, "US", 512),
    ]  # fmt: skip
    assert peer.identifier == data_set(attributes, implicit=syntax == IMPLICIT)
    assert (result.as_study().patient_name, result.integer("Rows")) == ("Müller", 512)


@pytest.mark.parametrize("priority", DIMSEPriority)
@watched
async def test_the_priority(priority: DIMSEPriority) -> None:
    async with FindingPeer(finding()) as peer:
        assert await find(ALL_STUDIES, **peer.address, configuration=configured(priority=priority)) == []
        assert peer.request.priority is priority


@pytest.mark.parametrize("model", InformationModel)
@watched
async def test_a_relational_query_says_so(model: InformationModel) -> None:
    """PS3.4 C.5.1.1: then no key above is needed."""
    settings = configured(is_relational=True, information_model=model)
    async with FindingPeer(finding()) as peer:
        await find(QueryKeys(IMAGE).instance_number(1), **peer.address, configuration=settings)
        await find(ALL_STUDIES.patient_id("1"), **peer.address, configuration=IN_PATIENT_ROOT)
    negotiated = [request.user_information.sop_class_extended for request in peer.requests]
    assert negotiated == [(SOPClassExtendedNegotiation(model.find_sop_class_uid, b"\1"),), ()]


@watched
async def test_find_15_a_match_is_there_before_the_next_one() -> None:
    seen = [asyncio.Event() for _ in range(2)]

    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        assert isinstance(message, CFindRequest)
        for number, event in enumerate(seen):
            await tell(association, context_id, message, study(number))
            await event.wait()
        await peer.respond(association, context_id, message, 0)

    found: list[QueryResult] = []
    async with FindingPeer(answer) as peer, aclosing(stream(ALL_STUDIES, **peer.address)) as results:
        async for result in results:
            assert not seen[len(found)].is_set()
            seen[len(found)].set()
            found.append(result)
    assert uids(found) == studies(0, 1)  # nothing that was read later is written over them
    assert peer.kinds == ["CFindRequest"]
    assert peer.ends == ["released"]


@pytest.mark.parametrize(("status", "has_unsupported_keys"), [(PENDING, False), (PENDING_WITH_WARNINGS, True)])
@watched
async def test_find_14_pending(status: int, has_unsupported_keys: bool) -> None:
    async with FindingPeer(finding(study(1), study(2), status=status)) as peer:
        results = await DICOMQueryService.find_studies(**peer.address)
    assert [result.has_unsupported_keys for result in results] == [has_unsupported_keys] * 2


@pytest.mark.parametrize("final", [0x0000, 0xFE00, 0xB000, 0x0001, 0x0107])
@watched
async def test_find_14_statuses_that_end_a_query(final: int) -> None:
    async with FindingPeer(finding(study(1), final=final)) as peer:
        assert uids(await find(ALL_STUDIES, **peer.address)) == studies(1)
    assert peer.ends == ["released"]


@pytest.mark.parametrize("final", [0xA700, 0xA900, 0xC000, 0xC123, 0x0110, 0x0122, 0x1234])
@watched
async def test_find_14_statuses_of_failure(final: int) -> None:
    found: list[QueryResult] = []  # what came before it is given
    async with FindingPeer(finding(study(1), study(2), final=final), error_comment="said so") as peer:
        with pytest.raises(QueryFailedError, match=f"^the query failed with status {final:04X}.*: said so$") as caught:
            await find(ALL_STUDIES, **peer.address)
        assert (caught.value.status, caught.value.comment) == (final, "said so")
        with pytest.raises(QueryFailedError):
            await collect(stream(ALL_STUDIES, **peer.address), found.append)
    assert uids(found) == studies(1, 2)
    assert "CCancelRequest" not in peer.kinds
    assert peer.ends == ["released", "released"]


@watched
async def test_a_peer_without_the_information_model() -> None:
    async with FindingPeer(finding(), {CT: (EXPLICIT,), PATIENT_ROOT: (EXPLICIT,)}) as peer:
        with pytest.raises(NoPresentationContextAcceptedError, match="abstract syntax not supported"):
            await find(ALL_STUDIES, **peer.address)
        async with await peer.associated(PATIENT_ROOT) as association:
            with pytest.raises(SOPClassNotSupportedError) as caught:
                await anext(DICOMQueryService.stream_over(association, ALL_STUDIES))
    assert caught.value.uid == STUDY_ROOT
    assert peer.messages == []


@pytest.mark.parametrize(
    ("keys", "settings", "words"),
    [
        (QueryKeys(PATIENT), {}, "the Study Root information model has no PATIENT level"),
        (QueryKeys(SERIES), {}, "the level SERIES needs StudyInstanceUID, or to be relational"),
        (QueryKeys(SERIES).request_study_instance_uid(), {}, "StudyInstanceUID"),
        (QueryKeys(IMAGE), {}, "StudyInstanceUID, SeriesInstanceUID,"),
        (QueryKeys(IMAGE).study_instance_uid("1.2"), {}, "needs SeriesInstanceUID,"),
        (QueryKeys(STUDY), {"information_model": InformationModel.PATIENT_ROOT}, "needs PatientID,"),
    ],
)
@watched
async def test_find_5_what_no_peer_would_take_makes_no_association(keys: QueryKeys, settings: dict[str, Any], words: str) -> None:
    async with FindingPeer(finding()) as peer:
        with pytest.raises(LocalProtocolError, match=words):
            await find(keys, **peer.address, configuration=configured(**settings))
    assert peer.requests == []


@pytest.mark.parametrize(
    ("service", "arguments", "words"),
    [
        ("find_patients", {"matching": QueryKeys(STUDY)}, "STUDY, and what is looked for is of the level PATIENT"),
        ("find_studies", {"matching": QueryKeys(SERIES)}, "SERIES, .* STUDY"),
        ("find_series", {"matching": QueryKeys(STUDY), "for_study": "1"}, "STUDY, .* SERIES"),
        ("find_instances", {"matching": QueryKeys(SERIES), "for_study": "1", "for_series": "2"}, "SERIES, .* IMAGE"),
        ("find_studies", {"limit": 0}, "limit"),
        ("find_studies", {"timeout": -1}, "timeout"),
    ],
)
@watched
async def test_mistaken_arguments_make_no_association(service: str, arguments: dict[str, Any], words: str) -> None:
    async with FindingPeer(finding()) as peer:
        with pytest.raises(ValueError, match=words):
            await getattr(DICOMQueryService, service)(**peer.address, **arguments)
    assert peer.requests == []


@pytest.mark.parametrize("answer", [finding(study(1), study(2)), finding(study(1), final=0xB000)])
@watched
async def test_several_queries_over_one_association(answer: Answer) -> None:
    async with FindingPeer(answer) as peer, await peer.associated() as association:
        first = [result async for result in DICOMQueryService.stream_over(association, ALL_STUDIES)]
        second = DICOMQueryService.stream_over(association, ALL_STUDIES.patient_id("1"), priority=DIMSEPriority.LOW)
        assert [result async for result in second] == first
        assert association.is_established
    assert len(first) > 0
    assert [(request.message_id, request.priority) for request in peer.messages] == [(1, 0), (2, 2)]  # type: ignore[union-attr]
    assert peer.ends == ["released"]
