"""``dicomkit echo``."""

from __future__ import annotations

import re
import socket

import pytest

from tests.unit.cli.servers import running_server


def test_a_peer_that_answers(dicomkit):
    with running_server() as server:
        outcome = dicomkit("echo", server.address)
        assert outcome.code == 0
        assert re.fullmatch(rf"{re.escape(server.address)} answered in \d+\.\d ms\n", outcome.out)
        assert outcome.err == ""
        assert server.delegate.associations[0].calling_ae_title == "DICOMKIT"
        assert dicomkit("echo", server.address, "--ae", "ME").code == 0
        assert server.delegate.associations[1].calling_ae_title == "ME"


def test_a_peer_that_calls_itself_otherwise(dicomkit):
    with running_server() as server:
        outcome = dicomkit("echo", f"OTHER@127.0.0.1:{server.port}")
    assert (outcome.code, outcome.out) == (1, "")
    assert "called AE title not recognized" in outcome.err
    assert "'OTHER'" in outcome.err
    assert "hint: Check configuration: the AE titles" in outcome.err


def test_nobody_there(dicomkit):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))        # and does not listen
        outcome = dicomkit("echo", f"PACS@127.0.0.1:{taken.getsockname()[1]}")
    assert outcome.code == 1
    assert "Connection refused" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_peer_that_says_nothing(dicomkit):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = dicomkit("echo", f"PACS@127.0.0.1:{silent.getsockname()[1]}", "--timeout", "0.1")
    assert outcome.code == 1
    assert "timeout after 0.1s" in outcome.err


def test_a_peer_that_is_no_dicom_server(dicomkit):
    with socket.create_server(("127.0.0.1", 0)) as other:
        import threading

        def answer():
            connection, _ = other.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        outcome = dicomkit("echo", f"PACS@127.0.0.1:{other.getsockname()[1]}", "--timeout", "5")
        thread.join()
    assert outcome.code == 1
    assert "Traceback" not in outcome.err
    assert "hint:" in outcome.err


@pytest.mark.parametrize(
    ("peer", "what"),
    [
        ("PACS", "AET@host:port"), ("PACS:104", "AET@host:port"), ("@host:104", "AE title"), ("SEVENTEENLETTERS1@host:104", "AE title"),
        ("PACS@:104", "no host"), ("PACS@host:0", "no port"), ("PACS@host:65536", "no port"), ("PACS@host:dicom", "no port"),
        ("PA\\CS@host", "AE title"),
    ],
)  # fmt: skip
def test_peers_that_are_none(dicomkit, peer, what):
    outcome = dicomkit("echo", peer)
    assert outcome.code == 2
    assert what in " ".join(outcome.err.split())


def test_how_peers_are_written():
    from dicomkit.cli.peer import PEER, Peer

    assert PEER.convert("PACS@host", None, None) == Peer("PACS", "host", 104)
    assert PEER.convert("PACS@192.0.2.1:11112", None, None) == Peer("PACS", "192.0.2.1", 11112)
    assert PEER.convert("PACS@[::1]:11112", None, None) == Peer("PACS", "::1", 11112)
    assert PEER.convert("PACS@[::1]", None, None) == Peer("PACS", "::1", 104)
    assert PEER.convert("A@B@host:1", None, None) == Peer("A@B", "host", 1)
    assert str(Peer("PACS", "::1", 104)) == "PACS@[::1]:104"
