"""Our C-FIND, to Orthanc, DCMTK's dcmqrscp and pynetdicom's qrscp: what is found equals what was stored, and what findscu finds."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import ExitStack, aclosing
from datetime import date
from subprocess import run

import pytest

import dicomkit
from dicomkit.network.errors import QueryFailedError
from dicomkit.network.services.configuration import QueryConfiguration
from dicomkit.network.services.information_model import InformationModel, QueryLevel
from dicomkit.network.services.query import DICOMQueryService
from dicomkit.network.services.query_keys import QueryKeys
from tests.conftest import unavailable
from tests.interop.network import peers
from tests.interop.network.archive import CT, INSTANCES, INSTANCES_OF_ALL, JAPANESE, MR, PATIENTS, fill, study_uid, study_uids

# qrscp declares no character set.
pytestmark = pytest.mark.filterwarnings("ignore:bytes above 7F where only the default:dicomkit.DICOMWarning")

PATIENT_ROOT, STUDY_ROOT = InformationModel.PATIENT_ROOT, InformationModel.STUDY_ROOT
PATIENT, STUDY, SERIES, IMAGE = QueryLevel
STUDIES = QueryKeys(STUDY)
SETTINGS = {"orthanc": {"DefaultEncoding": "Utf8"}}  # else it answers in Latin-1, and loses what that does not have


class Archive:
    """A peer that holds the archive, and how it is asked."""

    def __init__(self, name, peer):
        self.name, self.peer = name, peer
        self.address = {**peer.address, "calling_ae": "ME", "timeout": 30.0}

    @property
    def has_counts(self):
        """Whether it counts what is related, and knows more attributes than those that must be supported."""
        return self.name == "orthanc"

    def in_model(self, model, **settings):
        """How to ask it in an information model."""
        title = self.peer.ae_title
        return QueryConfiguration(calling_ae_title="ME", called_ae_title=title, information_model=model, **settings)

    def once(self, results):
        """Results without their copies: qrscp has one for each instance below."""
        found = {values_of(result): result for result in results}
        assert len(found) == len(results) or self.name == "pynetdicom_qrscp"
        return list(found.values())

    async def study_uids(self, keys, **settings):
        """The UIDs of the studies that match."""
        results = await DICOMQueryService.find_studies(**self.address, matching=keys, **settings)
        return {result.study_instance_uid for result in self.once(results)}


def values_of(result):
    """What the peer sent, in its own bytes."""
    return tuple((element.tag, bytes(element.value_data).rstrip(b"\0 ")) for element in result)


@pytest.fixture(scope="module", params=["orthanc", "dcmqrscp", "pynetdicom_qrscp"])
def archive(request, tmp_path_factory):
    """Each of the peers; it is filled once."""
    folder = tmp_path_factory.mktemp("archive")
    with ExitStack() as running:
        try:
            peer = running.enter_context(getattr(peers, request.param)(folder / "peer", **SETTINGS.get(request.param, {})))
        except peers.MissingPeerError as error:
            unavailable(str(error))
        asyncio.run(fill(peer, folder / "sent"))
        yield Archive(request.param, peer)


async def test_patients(archive):
    results = archive.once(await DICOMQueryService.find_patients(**archive.address))
    found = {result.patient_id: result for result in results}
    assert len(found) == len(results) == len(PATIENTS)
    for patient in PATIENTS:
        result = found[patient.patient_id]
        # qrscp keeps names in Unicode and tells them in Latin-1.
        name = patient.name if archive.name != "pynetdicom_qrscp" else patient.name.encode("latin-1", "replace").decode("latin-1")
        assert (result.patient_name, result.level) == (name, PATIENT)
        assert result.retrieve_ae_titles == (archive.peer.ae_title,)
        if archive.has_counts:
            assert (result.patient_sex, str(result.patient_birth_date)) == ("F", f"19700{patient.patient_id[1]}01")
            assert result.number_of_patient_related_studies == 2
            assert result.number_of_patient_related_series == 4
            assert result.number_of_patient_related_instances == 2 * sum(INSTANCES.values())


@pytest.mark.parametrize("model", InformationModel)
async def test_studies(archive, model):
    keys = STUDIES.patient_id("P3")
    results = await DICOMQueryService.find_studies(**archive.address, matching=keys, configuration=archive.in_model(model))
    found = {result.study_instance_uid: result for result in archive.once(results)}
    assert found.keys() == study_uids(3)
    result = found[study_uid(3, 2)]
    assert (str(result.study_date), str(result.study_time), result.study_id) == ("20240302", "120000", "S2")
    assert (result.accession_number, result.patient_id, result.level) == ("A32", "P3", STUDY)
    if archive.name != "pynetdicom_qrscp":
        assert (result.study_description, result.referring_physician_name) == ("Study 2", "Who^Refers")
    if archive.has_counts:
        assert (result.modalities, result.number_of_study_related_series) == (("CT", "MR"), 2)
        assert result.number_of_study_related_instances == sum(INSTANCES.values())


@pytest.mark.parametrize("model", InformationModel)
async def test_series(archive, model):
    keys = QueryKeys(SERIES).patient_id("P1") if model is PATIENT_ROOT else None
    where = {**archive.address, "configuration": archive.in_model(model)}
    results = archive.once(await DICOMQueryService.find_series(**where, for_study=study_uid(1, 2), matching=keys))
    found = {(result.series_instance_uid, result.modality, result.series_number) for result in results}
    assert found == {("2.25.1.2.1", "CT", 1), ("2.25.1.2.2", "MR", 2)}
    assert {result.study_instance_uid for result in results} == {study_uid(1, 2)}
    for result in results:
        if archive.has_counts:
            assert (str(result.series_date), str(result.series_time), result.body_part_examined) == ("20240102", "120000", "CHEST")
            assert (result.series_description, result.number_of_series_related_instances) == (
                f"Series {result.series_number}", INSTANCES[result.modality],
            )  # fmt: skip


@pytest.mark.parametrize("model", InformationModel)
@pytest.mark.parametrize(("series", "sop_class"), [(1, CT), (2, MR)])
async def test_instances(archive, model, series, sop_class):
    keys = QueryKeys(IMAGE).patient_id("P4") if model is PATIENT_ROOT else None
    series_uid = f"{study_uid(4, 1)}.{series}"
    where = {**archive.address, "configuration": archive.in_model(model)}
    results = await DICOMQueryService.find_instances(**where, for_study=study_uid(4, 1), for_series=series_uid, matching=keys)
    assert sorted((result.instance_number, result.sop_instance_uid) for result in results) == [
        (number, f"{series_uid}.{number}") for number in range(1, series + 2)
    ]
    for result in results:
        assert (result.study_instance_uid, result.series_instance_uid) == (study_uid(4, 1), series_uid)
        if archive.has_counts:
            assert (result.sop_class_uid, result.rows, result.columns, result.number_of_frames) == (sop_class, 2, 3, None)
            assert (str(result.content_date), str(result.content_time)) == ("20240401", "120000")


@pytest.mark.parametrize(
    ("character_set", "pattern", "patients"),
    [
        ("ISO_IR 192", "Doe*", {1}), ("ISO_IR 192", "D?e^J*", {1}), ("ISO_IR 192", "Doe^Jane", {1}), ("ISO_IR 192", "*", {1, 2, 3, 4}),
        ("ISO_IR 192", "*a*", {1, 4}), ("ISO_IR 192", "Doe?", set()), ("ISO_IR 192", "Nobody*", set()),
        ("ISO_IR 192", "Müller*", {2}), ("ISO_IR 100", "Müller*", {2}), ("ISO_IR 192", "M*ller^J*", {2}), ("ISO_IR 192", "Çelik^Ş*", {3}),
        (JAPANESE, "*=山田*", {4}), (JAPANESE, "Yamada^Tarou=山田^太郎*", {4}),
    ],
)  # fmt: skip
async def test_names(archive, character_set, pattern, patients):
    found = await archive.study_uids(QueryKeys(STUDY, character_set=character_set).patient_name(pattern))
    assert found == study_uids(*patients)


@pytest.mark.parametrize(
    ("days", "uids"),
    [
        ((date(2024, 1, 2), date(2024, 3, 1)), study_uids(1, 2, 3) - {study_uid(1, 1), study_uid(3, 2)}),
        ((None, date(2024, 1, 31)), study_uids(1)),
        ((date(2024, 4, 1), None), study_uids(4)),
        ("20240201-20240201", {study_uid(2, 1)}),
        (date(2024, 2, 2), {study_uid(2, 2)}),
        (date(2023, 2, 2), set()),
    ],
)
async def test_dates(archive, days, uids):
    assert await archive.study_uids(STUDIES.study_date(days)) == uids


async def test_uid_lists(archive):
    keys = STUDIES.study_instance_uid([study_uid(1, 1), study_uid(4, 2), "2.25.99"]).request_study_date()
    if archive.name == "pynetdicom_qrscp":  # which takes none
        with pytest.raises(QueryFailedError, match="C320"):
            await archive.study_uids(keys)
    else:
        assert await archive.study_uids(keys) == {study_uid(1, 1), study_uid(4, 2)}


async def test_other_keys(archive):
    assert await archive.study_uids(STUDIES.accession_number("A?2")) == {study_uid(patient, 2) for patient in (1, 2, 3, 4)}
    assert await archive.study_uids(STUDIES.patient_id("P2").study_id("S1")) == {study_uid(2, 1)}
    assert await archive.study_uids(STUDIES.patient_id("nobody")) == set()
    assert await DICOMQueryService.find_series(**archive.address, for_study="2.25.99") == []


@pytest.mark.parametrize("model", InformationModel)
async def test_relational_queries(archive, model):
    """The empty keys above are sent, too: without them dcmqrscp fails with C000, qrscp with A900. Only Orthanc matches the name."""
    keys = QueryKeys(SERIES).patient_name("Doe*").modality("CT")
    results = await DICOMQueryService.find(keys, **archive.address, configuration=archive.in_model(model, is_relational=True))
    found = {result.as_series().series_instance_uid for result in results}
    expected = {f"{uid}.1" for uid in study_uids(1)}
    assert found >= expected
    assert (archive.name == "orthanc") <= (found == expected)
    assert all(result.string("StudyInstanceUID") for result in results)


@pytest.mark.parametrize("model", InformationModel)
async def test_relational_queries_that_ask_for_the_keys_above(archive, model):
    """These all of them take."""
    keys = QueryKeys(SERIES).modality("CT").request_patient_id().request_study_instance_uid()
    configuration = archive.in_model(model, is_relational=True)
    results = archive.once(await DICOMQueryService.find(keys, **archive.address, configuration=configuration))
    found = {
        (result.string("PatientID"), result.as_series().study_instance_uid, result.as_series().series_instance_uid) for result in results
    }
    assert found == {(f"P{patient}", uid, f"{uid}.1") for patient in (1, 2, 3, 4) for uid in study_uids(patient)}


@pytest.mark.parametrize("limit", [1, 7, 8, 9])
async def test_limits(archive, limit):
    """Eight studies: a limit that is reached with the last match crosses the final status."""
    results = await DICOMQueryService.find_studies(**archive.address, limit=limit)
    count = len(study_uids(1, 2, 3, 4)) if archive.name != "pynetdicom_qrscp" else INSTANCES_OF_ALL
    assert len(results) == min(limit, count)


async def test_streams_that_are_closed_early(archive):
    for _ in range(3):
        async with aclosing(DICOMQueryService.stream(STUDIES, **archive.address)) as results:
            async for result in results:
                assert result.level is STUDY
                break


# findscu: how it is called, and the same keys here. It is given the keys that we add, too.
ASKED = {
    "patients": (
        "-P", "QueryRetrieveLevel=PATIENT, PatientID, PatientName, PatientSex, NumberOfPatientRelatedStudies",
        QueryKeys(PATIENT).request_patient_name().request_patient_sex().request_number_of_patient_related_studies(),
    ),
    "studies": (
        "-S", "QueryRetrieveLevel=STUDY, StudyInstanceUID, PatientName=*e*, StudyDate=20240101-20240303, StudyDescription",
        STUDIES.patient_name("*e*").study_date(("20240101", "20240303")).request_study_description(),
    ),
    "studies of a patient": (
        "-P", "QueryRetrieveLevel=STUDY, StudyInstanceUID, PatientID=P4, StudyTime", STUDIES.patient_id("P4").request_study_time(),
    ),
    "a name in Unicode": (
        "-S", "SpecificCharacterSet=ISO_IR 192, QueryRetrieveLevel=STUDY, StudyInstanceUID, PatientName=Müller*, StudyID",
        STUDIES.patient_name("Müller*").request_study_id(),
    ),
    "series": (
        "-S", "QueryRetrieveLevel=SERIES, SeriesInstanceUID, StudyInstanceUID=2.25.3.1, Modality=MR, SeriesNumber",
        QueryKeys(SERIES).study_instance_uid("2.25.3.1").modality("MR").request_series_number(),
    ),
    "instances": (
        "-S", "QueryRetrieveLevel=IMAGE, SOPInstanceUID, StudyInstanceUID=2.25.3.1, SeriesInstanceUID=2.25.3.1.1, InstanceNumber, Rows",
        QueryKeys(IMAGE).study_instance_uid("2.25.3.1").series_instance_uid("2.25.3.1.1").request_instance_number().request_rows(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ASKED)
async def test_what_findscu_finds(archive, what, dcmtk, tmp_path):
    model, words, keys = ASKED[what]
    peer = archive.peer
    command = [dcmtk("findscu"), model, "-aet", "ME", "-aec", peer.ae_title, "-X", "-od", str(tmp_path), peers.HOST, str(peer.port)]
    for word in words.split(", "):
        command += ["-k", word]
    await asyncio.to_thread(run, command, check=True)
    theirs = Counter(values_of(dicomkit.read(path).data_set) for path in tmp_path.glob("rsp*.dcm"))
    configuration = archive.in_model(PATIENT_ROOT if model == "-P" else STUDY_ROOT)
    ours = Counter(map(values_of, await DICOMQueryService.find(keys, **archive.address, configuration=configuration)))
    assert ours == theirs
    assert len(ours) > 0


async def test_the_sop_classes_of_a_study(archive):
    """Orthanc tells them; dcmqrscp and qrscp tell nothing of SOP classes on any level."""
    found = await DICOMQueryService.find_sop_classes(**archive.address, for_study=study_uid(1, 1))
    assert found == ((CT, MR) if archive.name == "orthanc" else ())
    assert await DICOMQueryService.find_sop_classes(**archive.address, for_study="2.25.99") == ()
