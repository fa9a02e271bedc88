"""``dicomkit store``."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from dicomkit.network.errors import StoreFailedError
from dicomkit.testing import KeepingDelegate
from tests.conftest import REPOSITORY
from tests.unit.cli.servers import running_server


@pytest.fixture
def study(write_image, tmp_path):
    """Three images in a folder, and what else lies about."""
    for number in (1, 2, 3):
        write_image(f"study/series/{number}.dcm", number)
    (tmp_path / "study" / "notes.txt").write_text("no DICOM")
    (tmp_path / "study" / "DICOMDIR").write_bytes(b"index")
    return tmp_path / "study"


def test_a_folder(dicomkit, study):
    with running_server() as server:
        outcome = dicomkit("store", server.address, study)
    assert outcome.code == 0, outcome.err
    assert outcome.err == ""
    assert re.fullmatch(rf"3 files stored on {re.escape(server.address)}, 1 not DICOM, [\d.,]+ (kB|bytes) in .*\n", outcome.out)
    assert [file.sop_instance_uid for file in server.delegate.files] == ["2.25.11", "2.25.12", "2.25.13"]
    assert server.delegate.associations[0].calling_ae_title == "DICOMKIT"


def test_files_that_fail(dicomkit, study):
    (study / "broken.dcm").write_bytes(bytes(128) + b"DICM" + b"\xff" * 50)

    class Choosy(KeepingDelegate):
        async def did_receive(self, file):
            if file.sop_instance_uid == "2.25.12":
                raise StoreFailedError(0xA700, "the archive is full")
            await super().did_receive(file)

    with running_server(Choosy()) as server:
        outcome = dicomkit("store", server.address, study)
    assert outcome.code == 1
    assert outcome.out.startswith("2 files stored")
    assert "2 failed" in outcome.out
    lines = outcome.err.splitlines()
    assert len(lines) == 2
    assert any("broken.dcm: " in line for line in lines)
    assert any("2.dcm: " in line and "A700" in line and "the archive is full" in line for line in lines)


def test_force_sends_what_ends_too_early(dicomkit, study):
    path = study / "series" / "2.dcm"
    path.write_bytes(path.read_bytes()[:-10])
    with running_server() as server:
        outcome = dicomkit("store", server.address, path)
        assert (outcome.code, len(server.delegate.files)) == (1, 0)
        assert "2.dcm: the data ends before" in outcome.err
        outcome = dicomkit("store", server.address, path, "--force")
        assert (outcome.code, outcome.err) == (0, "")
    assert [file.sop_instance_uid for file in server.delegate.files] == ["2.25.12"]


def test_stop_on_error(dicomkit, study):
    shutil.copy(study / "notes.txt", study / "a.dcm")
    with running_server() as server:
        outcome = dicomkit("store", server.address, study / "a.dcm", study, "--stop-on-error")
    assert outcome.code == 1
    assert server.delegate.files == []
    assert "3 not sent" in outcome.out


def test_what_is_named_is_no_dicom_file(dicomkit, study):
    with running_server() as server:
        outcome = dicomkit("store", server.address, study / "notes.txt")
    assert outcome.code == 1
    assert "notes.txt: " in outcome.err


def test_nobody_there(dicomkit, study):
    with running_server() as server:
        port = server.port
    outcome = dicomkit("store", f"LOOPBACK@127.0.0.1:{port}", study)
    assert outcome.code == 1
    assert outcome.err.count("Connection refused") == 1         # not once for each file
    assert "hint:" in outcome.err
    assert "3 failed" in outcome.out


def test_a_class_that_the_peer_does_not_take(dicomkit, study):
    with running_server(accepted_sop_classes=[]) as server:
        outcome = dicomkit("store", server.address, study)
    assert outcome.code == 1
    assert "3 failed" in outcome.out


def test_associations_of_two_files_with_priority(dicomkit, study):
    with running_server() as server:
        outcome = dicomkit("store", server.address, study, "--files-per-association", "2", "--priority", "high", "--ae", "ME")
        assert outcome.code == 0, outcome.err
    assert [info.calling_ae_title for info in server.delegate.associations] == ["ME", "ME"]


def test_an_empty_folder(dicomkit, tmp_path):
    (tmp_path / "empty").mkdir()
    outcome = dicomkit("store", "PACS@127.0.0.1:1", tmp_path / "empty")
    assert outcome.code == 0
    assert outcome.out.startswith("0 files stored")


def test_mistakes_of_use(dicomkit, study):
    assert dicomkit("store", "PACS@host").code == 2
    assert dicomkit("store", "PACS@host", study / "nothing.dcm").code == 2
    assert dicomkit("store", "PACS", study).code == 2
    assert dicomkit("store", "PACS@host", study, "--priority", "urgent").code == 2


def test_ctrl_c(study):
    """The association is aborted, the exit code is that of an interruption, and there is no traceback."""
    with running_server() as server:
        command = [sys.executable, "-m", "dicomkit", "store", server.address, str(study), "--delay", "30"]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(REPOSITORY)}
        )
        with process:
            deadline = time.monotonic() + 20
            while not server.delegate.files:        # the first has arrived, and the second waits
                assert time.monotonic() < deadline
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    assert (process.returncode, err.strip()) == (130, "")        # click ends the line of the ^C
    assert out == ""
    assert len(server.delegate.files) == 1
