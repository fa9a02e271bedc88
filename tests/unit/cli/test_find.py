"""``dicomkit find``."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from dicomkit import tags
from dicomkit.cli import match_table
from dicomkit.cli.conditions import CONDITION
from dicomkit.cli.find import _USUAL
from dicomkit.network.dimse import CCancelRequest, CFindRequest
from dicomkit.network.services.information_model import QueryLevel
from dicomkit.network.services.query_keys import QueryKeys
from dicomkit.network.ul import SOPClassExtendedNegotiation
from dicomkit.tag import Tag
from tests.conftest import REPOSITORY
from tests.unit.cli.query_peers import running_peer
from tests.unit.cli.servers import running_server
from tests.unit.network.services.queries import (
    CANCELLED,
    PATIENT_ROOT,
    PENDING_WITH_WARNINGS,
    STUDY_ROOT,
    finding,
    study,
    tell,
    until_cancelled,
)

LONG = "1.2.826.0.1.3680043.8.498.12406831542731051035295345080039845114"
JANE = [
    (tags.StudyDate, "DA", "20240229"), (tags.StudyTime, "TM", "091500.123"), (tags.QueryRetrieveLevel, "CS", "STUDY"),
    (tags.ModalitiesInStudy, "CS", "CT\\SR"), (tags.PatientName, "PN", "Doe^Jane"), (tags.PatientID, "LO", "P1"),
    (tags.StudyInstanceUID, "UI", LONG), (tags.NumberOfStudyRelatedInstances, "IS", "120"),
]  # fmt: skip
NASTY = "a\x07\u202e\x9bb[red]"
NOBODY = [(tags.PatientID, "LO", "P2"), (tags.StudyInstanceUID, "UI", "1.2.9")]


def changed(match, *attributes):
    """A match with other values, in the order of tags."""
    values = {int(tag): (tag, vr, value) for tag, vr, value in (*match, *attributes)}
    return [values[tag] for tag in sorted(values)]


def rows(outcome):
    return [line.split() for line in outcome.out.splitlines()]


# What is asked.


def test_the_usual_columns_are_what_is_usual_to_ask_for():
    for level, keywords in _USUAL.items():
        identifier = QueryKeys(level).identifier()
        assert {element.keyword for element in identifier} == {*keywords.split(), "QueryRetrieveLevel"}


def test_the_default_is_all_studies(dicomkit):
    with running_peer(finding(JANE)) as peer:
        outcome = dicomkit("find", peer.address)
        request, association = peer.peer.request, peer.peer.requests[0]
        assert outcome.code == 0, outcome.err
        assert request.affected_sop_class_uid == STUDY_ROOT
        assert (str(association.calling_ae_title), str(association.called_ae_title)) == ("DICOMKIT", "PEER")
        assert association.user_information.sop_class_extended == ()
        assert {element.keyword: element.string_value or "" for element in peer.query} == (
            dict.fromkeys(_USUAL[QueryLevel.STUDY].split(), "") | {"QueryRetrieveLevel": "STUDY"}
        )
    assert peer.peer.ends == ["released"]


def test_keys(dicomkit):
    conditions = [
        "PatientName=DÖE*", "StudyDate=2024-01-01-20240131", "StudyTime=09:00-10:30:00", "0010,0020=P?", "StudyInstanceUID=1.2\\1.3",
        "Rows=2", "0009,1001:LO=x", "StudyDescription", "PatientSex=", "RequestAttributesSequence",
    ]  # fmt: skip
    with running_peer(finding()) as peer:
        outcome = dicomkit("find", peer.address, *conditions, "--return", "InstitutionName", "-r", "0040,0244", "--ae", "ME")
        assert (outcome.code, outcome.out, outcome.err) == (0, "", "0 studies\n")
        query = peer.query
        assert str(peer.peer.requests[0].calling_ae_title) == "ME"
    assert query.string("SpecificCharacterSet") == "ISO_IR 192"
    assert query.string("PatientName") == "DÖE*"
    assert query.string("StudyDate") == "20240101-20240131"
    assert query.string("StudyTime") == "0900-103000"
    assert query.string("PatientID") == "P?"
    assert query.strings("StudyInstanceUID") == ["1.2", "1.3"]
    assert query.uint16("Rows") == 2
    assert query.string(Tag(0x0009, 0x1001)) == "x"
    for keyword in ("StudyDescription", "PatientSex", "InstitutionName", "PerformedProcedureStepStartDate", "ModalitiesInStudy"):
        assert keyword in query
        assert not query.string(keyword)
    assert query.sequence("RequestAttributesSequence") == []


@pytest.mark.parametrize(
    ("arguments", "model", "level"),
    [
        (["--level", "patient"], PATIENT_ROOT, "PATIENT"),
        (["--patient-root", "PatientID=P"], PATIENT_ROOT, "STUDY"),
        (["-l", "series", "StudyInstanceUID=1.2"], STUDY_ROOT, "SERIES"),
        (["-l", "series", "StudyInstanceUID=1.2", "PatientID=P", "--patient-root"], PATIENT_ROOT, "SERIES"),
        (["-l", "image", "StudyInstanceUID=1.2", "SeriesInstanceUID=1.3"], STUDY_ROOT, "IMAGE"),
    ],
)
def test_levels_and_models(dicomkit, arguments, model, level):
    with running_peer(finding()) as peer:
        outcome = dicomkit("find", peer.address, *arguments)
        assert outcome.code == 0, outcome.err
        assert peer.peer.request.affected_sop_class_uid == model
        assert peer.query.string("QueryRetrieveLevel") == level


def test_relational(dicomkit):
    """The peer is told, and what it finds can be told apart: the UIDs of the levels above are asked for."""
    series = [(tags.SeriesInstanceUID, "UI", "1.2.3"), (tags.StudyInstanceUID, "UI", "1.2")]
    with running_peer(finding(sorted(series))) as peer:
        outcome = dicomkit("find", peer.address, "--level", "series", "--relational", "Modality=CT")
        negotiation = SOPClassExtendedNegotiation(STUDY_ROOT, b"\1")
        assert peer.peer.requests[0].user_information.sop_class_extended == (negotiation,)
        assert "StudyInstanceUID" in peer.query
    assert rows(outcome) == [["SeriesInstanceUID", "StudyInstanceUID"], ["1.2.3", "1.2"]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["PatietnName=x"], "did you mean PatientName"),
        (["--return", "PatietnName"], "did you mean PatientName"),
        (["10=x"], "tag"),
        (["QueryRetrieveLevel=STUDY"], "--level says"),
        (["SpecificCharacterSet=x"], "made by the query itself"),
        (["StudyDate=2024-01"], "no date"),
        (["StudyDate=2024"], "no date"),
        (["Rows=a"], "numbers"),
        (["PixelData=a"], "leave out the value"),
        (["RequestAttributesSequence=a"], "leave out the value"),
        (["0009,1001=a"], "0009,1001:VR=a"),
        (["0009,1001"], "0009,1001:VR"),
        (["PatientID:ZZ=a"], "no VR"),
        (["PatientID=\udcff"], "character"),
        (["PatientID=a", "PatientID=b"], "two values"),
        (["--limit", "0"], "limit"),
        (["--json", "--csv"], "either"),
        (["--level", "instance"], "series"),
        (["--level", "series"], "StudyInstanceUID=..."),
        (["--level", "series", "StudyInstanceUID"], "StudyInstanceUID=..."),
        (["--level", "image", "--patient-root"], "PatientID=... and StudyInstanceUID=... and SeriesInstanceUID=..."),
        (["--level", "image", "SeriesInstanceUID=1"], "StudyInstanceUID=... (or --relational"),
    ],
)
def test_mistakes_of_use(dicomkit, arguments, words):
    """Nothing is sent: nobody listens there."""
    outcome = dicomkit("find", "PACS@127.0.0.1:1", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in " ".join(outcome.err.split())


def test_a_peer_is_needed(dicomkit):
    assert dicomkit("find").code == 2
    assert dicomkit("find", "PatientName=x").code == 2


# What is found.


def test_a_table_has_the_columns_in_which_something_is(dicomkit):
    with running_peer(finding(JANE, NOBODY)) as peer:
        outcome = dicomkit("find", peer.address)
    assert outcome.out.splitlines() == [
        "PatientName  PatientID  StudyDate   StudyTime  ModalitiesInStudy  Instances  StudyInstanceUID",
        f"Doe^Jane     P1         2024-02-29  09:15:00   CT\\SR              120        {LONG}",
        f"{'':<11}  P2         {'':<10}  {'':<9}  {'':<17}  {'':<9}  1.2.9",
    ]
    assert (outcome.code, outcome.err) == (0, "2 studies\n")


def test_columns_that_were_asked_for_come_last_in_their_order(dicomkit):
    match = changed(JANE, (tags.InstitutionName, "LO", "Ward"), (tags.AccessionNumber, "SH", "A1"), (tags.Rows, "US", 512))
    with running_peer(finding(match)) as peer:
        outcome = dicomkit("find", peer.address, "InstitutionName", "--return", "Rows", "-r", "AccessionNumber", "PatientID=P1")
    assert rows(outcome)[0][-3:] == ["StudyInstanceUID", "InstitutionName", "Rows"]
    assert rows(outcome)[1][-3:] == [LONG, "Ward", "512"]
    assert "AccessionNumber" in rows(outcome)[0]


def test_what_is_the_same_in_all_rows_is_no_column(dicomkit):
    series = [(tags.Modality, "CS", "CT"), (tags.StudyInstanceUID, "UI", "1.2"), (tags.SeriesInstanceUID, "UI", "1.2.3")]
    with running_peer(finding(series)) as peer:
        outcome = dicomkit("find", peer.address, "--level", "series", "StudyInstanceUID=1.2")
        assert rows(outcome) == [["Modality", "SeriesInstanceUID"], ["CT", "1.2.3"]]
        assert outcome.err == "1 series\n"
        outcome = dicomkit("find", peer.address, "--level", "series", "StudyInstanceUID=1.2", "--csv")
        assert next(csv.DictReader(io.StringIO(outcome.out)))["StudyInstanceUID"] == "1.2"


def test_classes_have_their_names(dicomkit):
    instance = [(tags.SOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.2"), (tags.SOPInstanceUID, "UI", "1.2.3.4"), (tags.Rows, "US", 512)]
    keys = ["--level", "image", "StudyInstanceUID=1.2", "SeriesInstanceUID=1.2.3"]
    with running_peer(finding(instance, instance)) as peer:
        outcome = dicomkit("find", peer.address, *keys)
        assert outcome.out.splitlines()[1] == "CT Image Storage  512   1.2.3.4"
        assert outcome.err == "2 instances\n"
        assert "1.2.840.10008.5.1.4.1.1.2" in dicomkit("find", peer.address, *keys, "--csv").out


def test_patients(dicomkit):
    patient = [(tags.PatientName, "PN", "Doe^Jane"), (tags.PatientID, "LO", "P1"), (tags.NumberOfPatientRelatedStudies, "IS", "3")]
    with running_peer(finding(patient)) as peer:
        outcome = dicomkit("find", peer.address, "--level", "patient")
    assert rows(outcome) == [["PatientName", "PatientID", "Studies"], ["Doe^Jane", "P1", "3"]]
    assert outcome.err == "1 patient\n"


def test_csv(dicomkit):
    with running_peer(finding(changed(JANE, (tags.StudyDescription, "LO", 'a "b", c')), NOBODY)) as peer:
        outcome = dicomkit("find", peer.address, "--csv", "-r", "PatientSex")
    table = list(csv.reader(io.StringIO(outcome.out)))
    assert table[0] == [*_USUAL[QueryLevel.STUDY].split(), "PatientSex"]
    assert dict(zip(table[0], table[1], strict=True)) == dict.fromkeys(table[0], "") | {
        "PatientName": "Doe^Jane", "PatientID": "P1", "StudyDate": "2024-02-29", "StudyTime": "09:15:00.123000",
        "ModalitiesInStudy": "CT\\SR", "NumberOfStudyRelatedInstances": "120", "StudyInstanceUID": LONG, "StudyDescription": 'a "b", c',
    }  # fmt: skip
    assert (len(table), outcome.err) == (3, "2 studies\n")


def test_json(dicomkit):
    with running_peer(finding(JANE, NOBODY)) as peer:
        outcome = dicomkit("find", peer.address, "--json")
    found = json.loads(outcome.out)
    assert found[0]["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]}
    assert found[0]["00080052"] == {"vr": "CS", "Value": ["STUDY"]}       # all that the peer said
    assert found[1] == {"00100020": {"vr": "LO", "Value": ["P2"]}, "0020000D": {"vr": "UI", "Value": ["1.2.9"]}}
    assert len(outcome.out.splitlines()) == 4       # one line each
    assert outcome.err == "2 studies\n"


@pytest.mark.parametrize(("option", "out"), [("--json", "[]\n"), ("--csv", ",".join(_USUAL[QueryLevel.STUDY].split()) + "\n")])
def test_nothing_is_found(dicomkit, option, out):
    with running_peer(finding()) as peer:
        assert dicomkit("find", peer.address) == (0, "", "0 studies\n")
        assert dicomkit("find", peer.address, option) == (0, out, "0 studies\n")


def test_what_a_peer_says_steers_no_terminal(dicomkit):
    match = [(tags.SpecificCharacterSet, "CS", "ISO_IR 192"), (tags.PatientName, "PN", NASTY), (tags.StudyID, "SH", "x\ny")]
    with running_peer(finding(match)) as peer:
        for option in ((), ("--csv",), ("--json",)):
            outcome = dicomkit("find", peer.address, *option)
            assert not {"\x07", "\x9b", "\u202e"} & {*outcome.out}, option
            assert "[red]" in outcome.out
        assert len(dicomkit("find", peer.address).out.splitlines()) == 2
        found = json.loads(dicomkit("find", peer.address, "--json").out)[0]
        assert found["00100010"]["Value"] == [{"Alphabetic": NASTY}]         # and it means the same
        assert found["00200010"]["Value"] == ["x\ny"]


def test_character_sets(dicomkit):
    match = [(tags.SpecificCharacterSet, "CS", "ISO_IR 144"), (tags.PatientName, "PN", "Люкceмбypг".encode("iso8859-5"))]
    with running_peer(finding(match)) as peer:
        for option in ((), ("--csv",), ("--json",)):
            assert "Люкceмбypг" in dicomkit("find", peer.address, *option).out


def test_values_that_are_none_are_shown_and_told_once(dicomkit):
    matches = [changed(NOBODY, (tags.StudyDate, "DA", "someday"), (tags.PatientID, "LO", "x" * length)) for length in range(4)]
    with running_peer(finding(*matches)) as peer:
        outcome = dicomkit("find", peer.address)
    assert outcome.out.count("someday") == 4
    assert outcome.err == "dicomkit: warning: a value that is no DA in (0008,0020)\n4 studies\n"


def test_keys_that_the_peer_leaves_out(dicomkit):
    """PS3.4 C.2.2.1.3: it does not match them, and leaves them out of its answers."""
    with running_peer(finding(NOBODY)) as peer:
        outcome = dicomkit("find", peer.address, "PatientID=P2", "ModalitiesInStudy=CT", "InstitutionName")
    assert outcome.err.splitlines() == [
        "dicomkit: warning: the peer does not support ModalitiesInStudy: what it found is not restricted by it", "1 study",
    ]  # fmt: skip
    assert outcome.code == 0


def test_a_peer_that_says_that_it_leaves_out_keys(dicomkit):
    with running_peer(finding(NOBODY, status=PENDING_WITH_WARNINGS)) as peer:
        outcome = dicomkit("find", peer.address, "PatientID=P2")
    assert outcome.err.splitlines() == ["dicomkit: warning: the peer says that it does not support some of these keys", "1 study"]


def test_a_limit(dicomkit):
    with running_peer(until_cancelled(20, 5)) as peer:
        outcome = dicomkit("find", peer.address, "--limit", "3")
    assert peer.peer.kinds == ["CFindRequest", "CCancelRequest"]
    assert peer.peer.ends == ["released"]
    assert outcome.code == 0
    assert len(outcome.out.splitlines()) == 4
    assert outcome.err == "3 studies; there may be more (--limit)\n"


# Failures.


@pytest.mark.parametrize(
    ("option", "out"), [([], "PatientID  StudyInstanceUID\nP0         1.2.0\n"), (["--json"], None), (["--csv"], None)]
)
def test_a_failure_after_the_first_match(dicomkit, option, out):
    """What was found is not lost, and JSON can be read."""
    with running_peer(finding(study(0), final=0xA700)) as peer:
        peer.peer.error_comment = "out of memory"
        outcome = dicomkit("find", peer.address, *option)
    assert outcome.code == 1
    lines = outcome.err.splitlines()
    assert lines[0] == "1 study before it failed"
    assert "A700" in lines[1]
    assert "out of memory" in lines[1]
    assert lines[2].startswith("dicomkit: hint: ")
    if "--json" in option:
        assert len(json.loads(outcome.out)) == 1
    elif out is None:
        assert "P0" in outcome.out
    else:
        assert outcome.out == out


@pytest.mark.parametrize("option", [[], ["--json"], ["--csv"]])
def test_a_failure_before_the_first_match(dicomkit, option):
    with running_peer(finding(final=0xC001)) as peer:
        outcome = dicomkit("find", peer.address, *option)
    assert (outcome.code, outcome.out) == (1, "")
    assert "C001" in outcome.err
    assert "before it failed" not in outcome.err


def test_nobody_there(dicomkit):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))        # and does not listen
        outcome = dicomkit("find", f"PACS@127.0.0.1:{taken.getsockname()[1]}")
    assert (outcome.code, outcome.out) == (1, "")
    assert "Connection refused" in outcome.err
    assert "hint:" in outcome.err


def test_a_peer_without_queries(dicomkit):
    with running_server() as server:
        outcome = dicomkit("find", server.address)
    assert outcome.code == 1
    assert "hint:" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_peer_that_says_nothing(dicomkit):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = dicomkit("find", f"PACS@127.0.0.1:{silent.getsockname()[1]}", "--timeout", "0.1")
    assert outcome.code == 1
    assert "timeout after 0.1s" in outcome.err


def test_a_match_that_is_no_data_set(dicomkit):
    with running_peer(finding(b"\xff" * 20)) as peer:
        outcome = dicomkit("find", peer.address)
    assert (outcome.code, outcome.out) == (1, "")
    assert "Traceback" not in outcome.err
    assert "hint:" in outcome.err


# As a process.


class Waiting:
    """An answer that tells a match, waits for the test before another one, and ends then or when it is cancelled."""

    def __init__(self, *, until_cancelled=False):
        self._until_cancelled = until_cancelled
        self.may_go_on = threading.Event()

    async def __call__(self, peer, association, context_id, message):
        if isinstance(message, CFindRequest):
            self._request = message
            await tell(association, context_id, message, study(0))
            assert await asyncio.to_thread(self.may_go_on.wait, 20)
            await tell(association, context_id, message, study(1))
        if self._until_cancelled == isinstance(message, CCancelRequest):
            await peer.respond(association, context_id, self._request, CANCELLED if self._until_cancelled else 0)


def start(*arguments):
    command = [sys.executable, "-m", "dicomkit", "find", *arguments]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


@pytest.mark.parametrize(("option", "lines"), [("--json", 2), ("--csv", 2)])
def test_rows_appear_as_they_come(option, lines):
    answer = Waiting()
    with running_peer(answer) as peer, start(peer.address, option) as process:
        first = [process.stdout.readline() for _ in range(lines)]
        assert "P0" in first[-1]
        answer.may_go_on.set()
        out, err = process.communicate(timeout=20)
    assert "P1" in out
    assert (process.returncode, err) == (0, "2 studies\n")


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_a_reader_that_leaves(option):
    """As in ``dicomkit find ... | head -2``: the query is cancelled, and nothing is said."""
    answer = Waiting(until_cancelled=True)
    with running_peer(answer) as peer, start(peer.address, option) as process:
        assert process.stdout.readline()
        process.stdout.close()
        answer.may_go_on.set()
        assert process.stderr.read() == ""
        assert process.wait(20) == 0
    assert peer.peer.kinds == ["CFindRequest", "CCancelRequest"]
    assert peer.peer.ends == ["released"]


def test_ctrl_c():
    """The association ends, the exit code is that of an interruption, and there is no traceback."""
    answer = Waiting()
    with running_peer(answer) as peer:
        with start(peer.address, "--csv") as process:
            assert "P0" in process.stdout.readline() + process.stdout.readline()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        answer.may_go_on.set()
    assert (process.returncode, err.strip()) == (130, "")        # click ends the line of the ^C
    assert out == ""
    assert peer.peer.ends[0] in ("AssociationAbortedError", "ConnectionClosedError")       # what it sees first when it goes on


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("dicomkit fin", "find"), ("dicomkit find P@h PatientNa", "PatientName"), ("dicomkit find P@h --return Instit", "InstitutionName"),
        ("dicomkit find P@h --level ser", "series"), ("dicomkit find P@h --rel", "--relational"),
    ],
)  # fmt: skip
def test_completion(words, expected):
    environment = {**os.environ, "_DICOMKIT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    code = "import sys; sys.argv = ['dicomkit']; from dicomkit.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert f"plain,{expected}" in done.stdout.splitlines()


def test_values_are_not_completed():
    assert CONDITION.shell_complete(None, None, "PatientName=Pat") == []


# Tables on terminals.


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def shown(monkeypatch):
    """Lines of a table on a terminal of a width; its last column is a UID."""

    def show(width, names, *rows, spare=()):
        monkeypatch.setenv("COLUMNS", str(width))
        stream = Terminal()
        hidden = match_table.write_match_table(names, rows, stream, whole=[len(names) - 1], spare=spare)
        return stream.getvalue().splitlines(), hidden

    return show


def test_a_table_that_fits(shown):
    assert shown(11, ["Name", "UID"], ["a", "1.2.3"], ["bc", "1.2"]) == (["Name  UID", "a     1.2.3", "bc    1.2"], [])


def test_uids_that_do_not_fit_stand_below_and_are_whole(shown):
    lines, hidden = shown(40, ["PatientName", "StudyInstanceUID"], ["Doe^Jane", LONG], ["Roe", "1.2"])
    assert lines == ["PatientName", "Doe^Jane", f"    StudyInstanceUID={LONG}", "Roe", "    StudyInstanceUID=1.2"]
    assert hidden == []
    assert shown(20, ["UID"], [LONG]) == ([f"    UID={LONG}"], [])


def test_headings_give_way_before_values_and_the_widest_first(shown):
    row = ["1980-01-01", "F", LONG]
    assert shown(20, ["PatientBirthDate", "Sex", "UID"], row)[0][:2] == ["PatientBirthDa…  Sex", "1980-01-01       F"]
    assert shown(14, ["PatientBirthDate", "Sex", "UID"], row)[0][:2] == ["PatientB…  Sex", "1980-01-…  F"]


def test_columns_are_left_out_before_others_cannot_be_read(shown):
    names = ["PatientName", "StudyTime", "PatientBirthDate", "StudyDate", "UID"]
    row = ["Featherstonehaugh^Marmaduke", "09:15:00", "1980-01-01", "2024-02-29", LONG]
    lines, hidden = shown(60, names, row, spare=[1, 2])
    assert lines[:2] == [
        "PatientName                 StudyTi…  PatientBi…  StudyDate",
        "Featherstonehaugh^Marmadu…  09:15:00  1980-01-01  2024-02-29",
    ]
    assert hidden == []
    lines, hidden = shown(40, names, row, spare=[1, 2])
    assert (lines[0].split(), hidden) == (["PatientName", "PatientBi…", "StudyDate"], [1])
    lines, hidden = shown(24, names, row, spare=[1, 2])
    assert (lines[:2], hidden) == (["PatientName   StudyDate", "Featherston…  2024-02-29"], [1, 2])


def test_no_terminal_is_too_narrow(shown):
    lines, hidden = shown(3, ["abcdefgh", "ijklmnop", "UID"], ["abcdefgh", "ijklmnop", LONG], spare=[0])
    assert (lines, hidden) == (["ijk…", "ijk…", f"    UID={LONG}"], [0])


def test_wide_characters_take_two_places(shown):
    lines, _ = shown(20, ["Name", "ID", "UID"], ["王小東王小東王小東", "1", LONG])
    assert lines[:2] == ["Name              ID", "王小東王小東王…   1"]


def test_what_a_terminal_has_no_room_for_is_said(dicomkit, monkeypatch):
    """But not what was asked for."""
    match = changed(JANE, (tags.StudyID, "SH", "S" * 12), (tags.ReferringPhysicianName, "PN", "R" * 12))
    monkeypatch.setattr(sys.stdout.__class__, "isatty", lambda stream: True)
    monkeypatch.setenv("COLUMNS", "60")
    with running_peer(finding(match)) as peer:
        outcome = dicomkit("find", peer.address, "-r", "StudyID")
    assert f"    StudyInstanceUID={LONG}" in outcome.out
    assert "SSSSSSSSSSSS" in outcome.out
    assert outcome.err == "dicomkit: note: this terminal is too narrow for StudyTime, ReferringPhysicianName\n1 study\n"
