"""``dicomkit get``."""

from __future__ import annotations

import sys
import threading

import pytest

from dicomkit import read
from dicomkit.cli import progress
from dicomkit.network.dimse import CGetRequest
from dicomkit.network.services.retrieve_contexts import COMMON_GET_SOP_CLASSES
from dicomkit.testing import part10
from tests.unit.cli.retrieve_peers import interrupt, running_peer, telling_thread, waiting_for_thread, without_times
from tests.unit.cli.servers import running_server
from tests.unit.network.services.retrieve_peers import (
    CANCELLED,
    Talk,
    abort,
    failed_list,
    final,
    instance,
    pending,
    sending,
    silence,
)
from tests.unit.network.services.scripted_peer import EXPLICIT, IMPLICIT, JPEG, MR

ONE, TWO = instance(1), instance(2, MR, JPEG)
NASTY = "a\x07b"


@pytest.fixture
def get(dicomkit, tmp_path):
    """Run ``dicomkit get`` into the folder ``study``."""
    return lambda server, *arguments: dicomkit("get", server.address, *arguments, "--to", tmp_path / "study")


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def identifier(server):
    found = read(part10(server.peer.data_sets[0], EXPLICIT)).data_set
    return {element.keyword: element.string_value for element in found}


def test_a_study(get, tmp_path):
    with running_peer(sending(ONE), pending(1, 1, 0, 0), sending(TWO), final(0, None, 2, 0, 0)) as server:
        outcome = get(server, "1.2")
        request = server.peer.requests[0]
    assert (outcome.code, outcome.err) == (0, "")
    assert without_times(outcome.out) == f"2 instances from {server.address} written to {tmp_path / 'study'}, 2.19 kB in N s\n"
    assert names(tmp_path / "study") == ["1.2.3.1.dcm", "1.2.3.2.dcm"]
    assert read(tmp_path / "study" / "1.2.3.2.dcm").transfer_syntax.uid == JPEG
    assert identifier(server) == {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2"}
    assert (request.calling_ae_title, request.called_ae_title) == ("DICOMKIT", "PEER")
    assert {context.abstract_syntax for context in request.presentation_contexts[1:]} == set(COMMON_GET_SOP_CLASSES)
    assert server.peer.ends == ["released"]


def test_an_instance_with_hierarchy_classes_and_transfer_syntaxes(get, tmp_path):
    with running_peer(sending(instance(1, MR, IMPLICIT)), final(0, None, 1, 0, 0)) as server:
        chosen = ("--class", "MRImageStorage", "--class", "2.25.99", "--transfer-syntax", "implicitvrlittleendian", "--ae", "ME")
        outcome = get(server, "1.2", "1.3", "1.2.3.1", "--hierarchy", *chosen)
        request = server.peer.requests[0]
    assert outcome.code == 0, outcome.err
    assert names(tmp_path / "study") == ["1.2/1.3/1.2.3.1.dcm"]
    assert identifier(server) == {
        "SOPInstanceUID": "1.2.3.1", "QueryRetrieveLevel": "IMAGE", "StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.3",
    }  # fmt: skip
    contexts = [(context.abstract_syntax, context.transfer_syntaxes) for context in request.presentation_contexts[1:]]
    assert contexts == [(MR, (IMPLICIT,)), ("2.25.99", (IMPLICIT,))]
    assert request.calling_ae_title == "ME"


def test_a_series(get):
    with running_peer(sending(ONE), final(0, None, 1, 0, 0)) as server:
        assert get(server, "1.2", "1.3").code == 0
    assert identifier(server)["QueryRetrieveLevel"] == "SERIES"


def test_instances_that_fail(get, tmp_path):
    """Those that the peer names are said, those that it only counts, and those that we cannot take, each once."""
    broken = {"affected_sop_instance_uid": "1.2.3.99"}
    last = final(0xB000, None, 1, 4, 0, identifier=failed_list("1.2.3.99", "1.2.3.7" + NASTY))
    with running_peer(sending(ONE), sending(TWO, **broken), last) as server:
        outcome = get(server, "1.2")
    assert outcome.code == 1
    assert [line.partition(" asked for")[0] for line in outcome.err.splitlines()] == [
        "dicomkit: error: 1.2.3.99: the storage failed with status A900 (the data set or identifier does not match the SOP Class): "
        "the UIDs of command and data set differ",
        "dicomkit: error: 1.2.3.7a·b: the peer could not send it",
        "dicomkit: error: 2 more instances failed, and the peer does not say which",
        "dicomkit: hint: the peer sends only SOP classes and transfer syntaxes that are",
    ]
    assert "--return SOPClassesInStudy" in outcome.err
    assert outcome.out.startswith(f"1 instance from {server.address} written to {tmp_path / 'study'}, 4 failed, ")


def test_a_peer_that_stops_at_the_first_failure(get):
    """As Orthanc does, which then counts no more what remains."""
    steps = sending(ONE), pending(6, 1, 0, 0), final(0xC000, None, 1, 1, 0, identifier=failed_list("1.2.3.4"))
    with running_peer(*steps) as server:
        outcome = get(server, "1.2")
    assert outcome.code == 1
    assert [line[:70] for line in outcome.err.splitlines()] == [
        "dicomkit: error: 1.2.3.4: the peer could not send it",
        "dicomkit: error: the retrieval failed with status C000 (cannot underst",
        "dicomkit: hint: the peer sends only SOP classes and transfer syntaxes ",
    ]
    assert ", 1 failed, 5 not sent, " in outcome.out


@pytest.mark.parametrize("numbers", [(), (None, 0, 0, 0)], ids=["no counts", "counts"])
def test_nothing_found(get, tmp_path, numbers):
    with running_peer(final(0, *numbers)) as server:
        outcome = get(server, "1.2")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"nothing found: {server.address} knows no such study, or does not give it to us\n"
    assert names(tmp_path / "study") == []


def test_a_refusal(get):
    with running_peer(final(0xA701, comment="too\x1b[2J much")) as server:
        outcome = get(server, "1.2", "1.3")
    assert outcome.code == 1
    first, hint = outcome.err.splitlines()
    assert first.startswith("dicomkit: error: the retrieval failed with status A701 (")
    assert first.endswith("): too [2J much")
    assert hint == "dicomkit: hint: the peer may not have it: dicomkit find tells"
    assert outcome.out == ""


def test_warnings_of_instances_are_no_failures(get):
    with running_peer(sending(ONE), final(0xB000, None, 0, 0, 1)) as server:
        outcome = get(server, "1.2")
    assert (outcome.code, outcome.err) == (0, "")
    assert ", 1 of them with warnings, " in outcome.out


def test_a_peer_that_cancels(get):
    with running_peer(sending(ONE), final(CANCELLED, 3, 1, 0, 0)) as server:
        outcome = get(server, "1.2")
    assert outcome.code == 1
    assert ", 3 not sent, cancelled by the peer, " in outcome.out


def test_a_peer_that_goes_away(get, tmp_path):
    with running_peer(sending(ONE), pending(1, 1, 0, 0), abort) as server:
        outcome = get(server, "1.2")
    assert outcome.code == 1
    assert "abort" in outcome.err
    assert "hint: " in outcome.err
    assert outcome.out.startswith("1 instance from ")
    assert names(tmp_path / "study") == ["1.2.3.1.dcm"]


def test_a_peer_that_says_nothing(get):
    with running_peer(silence) as server:
        outcome = get(server, "1.2", "--timeout", "0.2")
    assert outcome.code == 1
    assert "imeout" in outcome.err
    assert outcome.out == ""


def test_a_peer_without_c_get(get):
    with running_server() as server:
        outcome = get(server, "1.2")
    assert outcome.code == 1
    assert "hint: " in outcome.err


def test_nobody_there(get):
    with running_server() as server:
        pass
    outcome = get(server, "1.2")
    assert outcome.code == 1
    assert "Connection refused" in outcome.err


def test_a_folder_that_cannot_be(dicomkit, tmp_path):
    (tmp_path / "file").write_text("")
    outcome = dicomkit("get", "PACS@127.0.0.1:1", "1.2", "--to", tmp_path / "file" / "folder")
    assert outcome.code == 1
    assert outcome.err.startswith("dicomkit: error: ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "STUDY_UID"),
        (["1.2*"], "without wildcards"),
        (["1.2", ""], "without wildcards"),
        (["1.2", "1.3", "1.4", "1.5"], "unexpected extra argument"),
        (["1.2", "--class", "CTImageStorag"], "did you mean CTImageStorage"),
        (["1.2", "--class", "StudyRootQueryRetrieveInformationModelGet"], "is no storage SOP class"),
        (["1.2", "--class", "1.2.840.10008.1.2"], "is no storage SOP class"),
        (["1.2", "--transfer-syntax", "JPEG3000"], "is no transfer syntax"),
        (["1.2", "--timeout", "0"], "--timeout"),
    ],
)
def test_mistakes_of_use(dicomkit, tmp_path, arguments, words):
    outcome = dicomkit("get", "PACS@127.0.0.1:1", *arguments, "--to", tmp_path / "study")
    assert outcome.code == 2
    assert words in outcome.err
    assert not (tmp_path / "study").exists()


def test_where_to_is_needed(dicomkit):
    assert dicomkit("get", "PACS@127.0.0.1:1", "1.2").code == 2


def test_the_bar_has_the_counts_of_the_peer(get, monkeypatch):
    positions = []
    monkeypatch.setattr(progress._Bar, "move_to", lambda bar, done, total: positions.append((done, total)))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    steps = sending(ONE), pending(3, 1, 0, 0), sending(TWO), pending(2, 1, 1, 0), final(0xB000, None, 1, 3, 0)
    with running_peer(*steps) as server:
        get(server, "1.2")
    assert positions == [(1, None), (1, 4), (1, 4), (2, 4), (4, 4)]


def test_ctrl_c_cancels(tmp_path):
    """The peer is told to stop, what came stays, the exit code is that of an interruption, and there is no traceback."""
    has_sent, goes_on = threading.Event(), threading.Event()
    steps = (
        sending(ONE), pending(8, 1, 0, 0), telling_thread(has_sent), waiting_for_thread(goes_on),
        pending(8, 1, 0, 0), Talk.wait_for_cancel, final(CANCELLED, 8, 1, 0, 0),
    )  # fmt: skip
    with running_peer(*steps) as server:
        code, out, errors = interrupt(["get", server.address, "1.2", "--to", str(tmp_path / "study")], has_sent, goes_on.set)
        assert server.peer.kinds == ["CGetRequest", "CCancelRequest"]
        assert isinstance(server.peer.messages[0], CGetRequest)
    assert (code, errors) == (130, ["dicomkit: note: cancelling; Ctrl-C again does not wait for the peer"])
    assert ", 8 not sent, cancelled, " in out
    assert names(tmp_path / "study") == ["1.2.3.1.dcm"]


def test_ctrl_c_before_anything_came(tmp_path):
    is_asked = threading.Event()
    with running_peer(telling_thread(is_asked), silence) as server:
        code, out, errors = interrupt(["get", server.address, "1.2", "--to", str(tmp_path / "study")], is_asked)
    assert (code, errors) == (130, [])
    assert out.startswith("0 instances from ")


def test_the_default_classes_are_as_the_help_says(dicomkit):
    text = " ".join(dicomkit("get", "--help").out.split())
    assert f"instead of the {len(COMMON_GET_SOP_CLASSES)} usual ones" in text
