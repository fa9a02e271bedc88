"""Files that are being written when the process is killed, or the disk is full: what was there before is still there, whole."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dicomkit
from dicomkit import DataSet, DICOMFile

REPOSITORY = Path(__file__).resolve().parents[2]
KILLED = """
import sys, dicomkit
file = dicomkit.read(sys.argv[1])
file.PatientName = "Half^Written"
def frames():
    for number in range(8):
        if number == 4:
            print("half", flush=True)
            sys.stdin.read()            # until somebody kills us
        yield bytes(200_000)
file.write(sys.argv[1], frames=frames())
"""


@pytest.fixture
def old(tmp_path):
    """A file of eight frames that is to be written over, and what is in it."""
    path = tmp_path / "folder" / "image.dcm"
    path.parent.mkdir()
    file = DICOMFile.create(DataSet())
    file.PatientName = "Doe^Jane"
    file.set_pixel_array(np.arange(8 * 100_000, dtype=np.uint16).reshape(8, 400, 250), photometric_interpretation="MONOCHROME2")
    file.write(path)
    return path, path.read_bytes()


def test_kill_9_in_the_middle_of_a_file(old):
    path, content = old
    process = subprocess.Popen([sys.executable, "-c", KILLED, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY)
    with process:
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait(20) == -signal.SIGKILL
    assert path.read_bytes() == content
    assert dicomkit.read(path).PatientName == "Doe^Jane"
    edited = dicomkit.read(path)
    edited.PatientName = "Roe^Richard"
    edited.write(path)                  # and what the killed one left is in nobody's way
    assert dicomkit.read(path).PatientName == "Roe^Richard"
    assert len(dicomkit.read(path)["PixelData"].value_data) == 8 * 200_000


def test_a_disk_that_becomes_full_in_the_middle_of_a_file(old, limited):
    path, content = old
    file = dicomkit.read(content)
    file.PatientName = "Half^Written"
    with limited("FSIZE", 700_000):
        for options in ({}, {"frames": (bytes(200_000) for _ in range(8))}):
            with pytest.raises(dicomkit.TargetError):
                file.write(path, **options)
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == [path.name]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB, where the machine lets us mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a file system; the limit of file sizes stands in for it above")
    yield folder
    subprocess.run(["umount", folder], check=False)


def test_a_real_full_disk(old, small_disk):
    _, content = old
    path = small_disk / "image.dcm"
    path.write_bytes(content)
    file = dicomkit.read(path)
    file.PatientName = "Half^Written"
    with pytest.raises(dicomkit.TargetError) as caught:
        file.write(path, fsync=True)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == content
    assert os.listdir(small_disk) == [path.name]
