"""``dicomkit move``."""

from __future__ import annotations

import threading

import pytest

from dicomkit import read
from dicomkit.network.dimse import CMoveRequest
from dicomkit.testing import part10
from tests.unit.cli.retrieve_peers import interrupt, running_peer, telling_thread, waiting_for_thread, without_times
from tests.unit.cli.servers import running_server
from tests.unit.network.services.retrieve_peers import CANCELLED, Talk, abort, failed_list, final, pending, silence
from tests.unit.network.services.scripted_peer import EXPLICIT


@pytest.fixture
def move(dicomkit):
    """Run ``dicomkit move`` to THERE."""
    return lambda server, *arguments: dicomkit("move", server.address, *arguments, "--to-ae", "THERE")


def identifier(server):
    found = read(part10(server.peer.data_sets[0], EXPLICIT)).data_set
    return {element.keyword: element.string_value for element in found}


def test_a_study(move):
    with running_peer(pending(2, 1, 0, 0), final(0, None, 3, 0, 0)) as server:
        outcome = move(server, "1.2", "--ae", "ME")
        request, association = server.peer.messages[0], server.peer.requests[0]
    assert (outcome.code, outcome.err) == (0, "")
    assert without_times(outcome.out) == f"3 instances sent by {server.address} to THERE, in N s\n"
    assert isinstance(request, CMoveRequest)
    assert request.move_destination == "THERE"
    assert (association.calling_ae_title, association.called_ae_title) == ("ME", "PEER")
    assert identifier(server) == {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2"}
    assert server.peer.ends == ["released"]


@pytest.mark.parametrize(("uids", "level"), [(("1.2", "1.3"), "SERIES"), (("1.2", "1.3", "1.4"), "IMAGE")])
def test_a_series_and_an_instance(move, uids, level):
    with running_peer(final(0, None, 1, 0, 0)) as server:
        outcome = move(server, *uids)
    assert outcome.code == 0
    assert outcome.out.startswith("1 instance sent by ")
    assert identifier(server)["QueryRetrieveLevel"] == level


def test_instances_that_fail(move):
    last = final(0xB000, None, 2, 3, 1, identifier=failed_list("1.2.3.4", "1.2.3.5\x07"))
    with running_peer(pending(6, 0, 0, 0), last) as server:
        outcome = move(server, "1.2")
    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        "dicomkit: error: 1.2.3.4: the peer could not send it",
        "dicomkit: error: 1.2.3.5·: the peer could not send it",
        "dicomkit: error: 1 more instance failed, and the peer does not say which",
    ]
    assert without_times(outcome.out) == f"3 instances sent by {server.address} to THERE, 1 of them with warnings, 3 failed, in N s\n"


def test_success_with_failures_is_none(move):
    with running_peer(final(0, None, 2, 1, 0)) as server:
        assert move(server, "1.2").code == 1


@pytest.mark.parametrize("numbers", [(), (None, 0, 0, 0)], ids=["no counts", "counts"])
def test_nothing_found(move, numbers):
    with running_peer(final(0, *numbers)) as server:
        outcome = move(server, "1.2", "1.3")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"nothing sent, as far as {server.address} tells: it knows no such series, or does not count\n"


def test_a_destination_that_the_peer_does_not_know(move):
    with running_peer(final(0xA801)) as server:
        outcome = move(server, "1.2")
    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        "dicomkit: error: the retrieval failed with status A801 (the move destination is unknown)",
        "dicomkit: hint: the peer must know THERE and its address, reach it, and have what is to be sent",
    ]
    assert outcome.out == ""


def test_a_destination_that_is_down(move):
    with running_peer(pending(2, 0, 0, 0), final(0xA702, None, 0, 2, 0, identifier=failed_list("1.2.3.4", "1.2.3.5"))) as server:
        outcome = move(server, "1.2")
    assert outcome.code == 1
    assert [line.partition(": the peer ")[0] for line in outcome.err.splitlines()[:2]] == [
        "dicomkit: error: 1.2.3.4", "dicomkit: error: 1.2.3.5",
    ]  # fmt: skip
    assert "2 of 2 instances failed" in outcome.err
    assert outcome.out == ""


def test_a_peer_that_cancels(move):
    with running_peer(pending(3, 1, 0, 0), final(CANCELLED, 3, 1, 0, 0)) as server:
        outcome = move(server, "1.2")
    assert outcome.code == 1
    assert ", 3 not sent, cancelled by the peer, " in outcome.out


@pytest.mark.parametrize("steps", [(pending(3, 1, 0, 0), abort), (silence,)], ids=["aborts", "says nothing"])
def test_a_peer_that_does_not_end_it(move, steps):
    with running_peer(*steps) as server:
        outcome = move(server, "1.2", "--timeout", "0.3")
    assert outcome.code == 1
    assert [line.split(":")[1] for line in outcome.err.splitlines()] == [" error", " hint"]


def test_a_peer_without_c_move(move):
    with running_server() as server:
        outcome = move(server, "1.2")
    assert outcome.code == 1
    assert "hint: " in outcome.err


def test_nobody_there(move):
    with running_server() as server:
        pass
    outcome = move(server, "1.2")
    assert outcome.code == 1
    assert "Connection refused" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [[], ["1.2?"], ["1.2", ""], ["1.2", "1.3", "1.4", "1.5"], ["1.2", "--to-ae", "A TITLE THAT IS TOO LONG"], ["1.2", "--timeout", "-1"]],
)
def test_mistakes_of_use(dicomkit, arguments):
    assert dicomkit("move", "PACS@127.0.0.1:1", "--to-ae", "THERE", *arguments).code == 2


def test_a_destination_is_needed(dicomkit):
    assert dicomkit("move", "PACS@127.0.0.1:1", "1.2").code == 2


def test_ctrl_c_cancels():
    has_told, goes_on = threading.Event(), threading.Event()
    steps = (
        pending(8, 1, 0, 0), telling_thread(has_told), waiting_for_thread(goes_on),
        pending(7, 2, 0, 0), Talk.wait_for_cancel, final(CANCELLED, 7, 2, 0, 0),
    )  # fmt: skip
    with running_peer(*steps) as server:
        code, out, errors = interrupt(["move", server.address, "1.2", "--to-ae", "THERE"], has_told, goes_on.set)
        assert server.peer.kinds == ["CMoveRequest", "CCancelRequest"]
    assert (code, errors) == (130, ["dicomkit: note: cancelling; Ctrl-C again does not wait for the peer"])
    assert without_times(out) == f"2 instances sent by {server.address} to THERE, 7 not sent, cancelled, in N s\n"


def test_ctrl_c_at_a_peer_that_says_nothing_more():
    """A moment later the association is aborted."""
    has_told = threading.Event()
    with running_peer(pending(8, 1, 0, 0), telling_thread(has_told), silence) as server:
        code, out, errors = interrupt(["move", server.address, "1.2", "--to-ae", "THERE"], has_told, is_patient=False)
    assert (code, len(errors)) == (130, 1)
    assert "cancelled" in out
