"""``dicomkit serve``, as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

import dicomkit as package
from tests.conftest import REPOSITORY


@contextmanager
def serve(*arguments):
    """The running server, its port, and a function that reads what it says up to what is looked for."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "dicomkit", "serve", "--host", "127.0.0.1", "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    def read_until(pattern):
        lines = []
        for line in process.stdout:
            lines.append(line)
            if re.search(pattern, line):
                return "".join(lines)
        raise AssertionError(f"{pattern} was not said: {lines}, {process.stderr.read()}")

    try:
        first = read_until("listens on port")
        yield process, int(re.search(r"port (\d+)", first)[1]), read_until
    finally:
        process.kill()
        process.communicate()


def test_files_arrive_and_ctrl_c_stops(dicomkit, write_image, tmp_path):
    paths = [write_image(f"{number}.dcm", number) for number in (1, 2)]
    with serve("--ae", "ME", "--to", tmp_path / "incoming") as (process, port, read_until):
        assert dicomkit("echo", f"ME@127.0.0.1:{port}").code == 0
        assert dicomkit("store", f"ME@127.0.0.1:{port}", *paths).code == 0
        assert dicomkit("echo", f"YOU@127.0.0.1:{port}").code == 1
        said = read_until("rejected: called AE title not recognized")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert out.endswith("2 files received, 1.16 kB\n") or re.search(r"2 files received, .*\n$", out)
    assert "2.25.11.dcm  CT Image Storage" in said
    assert "DICOMKIT at 127.0.0.1 is connected" in said
    assert "DICOMKIT is done" in said
    assert sorted(path.name for path in (tmp_path / "incoming").iterdir()) == ["2.25.11.dcm", "2.25.12.dcm"]
    assert package.read(tmp_path / "incoming" / "2.25.11.dcm").PatientName == "Doe^Jane"
    assert "Doe" not in said + out      # nothing of patients is said


def test_the_hierarchy_and_who_may_come(dicomkit, write_image, tmp_path):
    path = write_image()
    with serve("--ae", "ME", "--to", tmp_path / "in", "--hierarchy", "--fsync", "--allow", "FRIEND", "--any-called-title") as running:
        process, port, _ = running
        assert dicomkit("store", f"ANY@127.0.0.1:{port}", path).code == 1
        assert dicomkit("store", f"ANY@127.0.0.1:{port}", path, "--ae", "FRIEND").code == 0
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert (tmp_path / "in" / "2.25.2" / "2.25.3" / "2.25.11.dcm").is_file()


def test_a_second_ctrl_c_does_not_wait(tmp_path):
    from tests.faults.wire import COMMAND, LAST, associate, data, pdv, store_command

    with serve("--ae", "ME", "--to", tmp_path) as (process, port, read_until):
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(associate())
            assert peer.recv(1) == b"\2"
            read_until("is connected")
            peer.sendall(data(pdv(3, COMMAND | LAST, store_command("1.2.3"))) + data(pdv(3, 0, bytes(1000))))
            process.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1)
            process.send_signal(signal.SIGINT)
            process.wait(8)
        assert process.returncode == 0


def test_a_port_that_is_taken(dicomkit, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = dicomkit("serve", "--host", "127.0.0.1", "--port", taken.getsockname()[1], "--to", tmp_path)
    assert outcome.code == 1
    assert "cannot listen" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_folder_that_cannot_be(dicomkit, tmp_path):
    (tmp_path / "file").write_text("")
    assert dicomkit("serve", "--to", tmp_path / "file").code == 2
    outcome = dicomkit("serve", "--to", tmp_path / "file" / "folder")
    assert outcome.code == 1
    assert "Traceback" not in outcome.err


def test_mistakes_of_use(dicomkit, tmp_path):
    assert dicomkit("serve").code == 2
    assert dicomkit("serve", "--to", tmp_path, "--ae", "SEVENTEENLETTERS1").code == 2
    assert dicomkit("serve", "--to", tmp_path, "--port", "70000").code == 2
