"""The command as a whole: help, exit codes, mistakes, pipes, completion."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from dicomkit.cli.console import count, format_size
from dicomkit.cli.entry import guard

VERBS = ["info", "dump", "render", "scan", "samples", "doctor", "completion"]


def process(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "dicomkit", *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)


def test_help_lists_every_verb(dicomkit):
    outcome = dicomkit("--help")
    assert outcome.code == 0
    assert all(f"\n  {verb} " in outcome.out for verb in VERBS)
    assert "Exit codes" in outcome.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples(dicomkit, verb):
    outcome = dicomkit(verb, "--help")
    assert outcome.code == 0
    assert outcome.out.startswith(f"Usage: dicomkit {verb} ")
    assert verb == "doctor" or f"dicomkit {verb} " in outcome.out.split("\n", 1)[1]


def test_version(dicomkit):
    import dicomkit as package

    assert dicomkit("--version").out == f"dicomkit, version {package.__version__}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["dump"], ["dump", "--nonsense", "x"], ["dump", "absent"], ["dump", "--", "absent"],
                                       ["render", "absent"], ["completion", "tcsh"]])  # fmt: skip
def test_wrong_usage_is_2(dicomkit, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = dicomkit(*arguments)
    assert outcome.code == 2
    assert outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("arguments", [["dump"], ["dump", "--"], ["render"]])
def test_a_folder_is_no_file(dicomkit, arguments, tmp_path):
    outcome = dicomkit(*arguments, tmp_path)
    assert outcome.code == 2
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("verb", ["dump", "info", "render"])
def test_what_is_not_dicom(dicomkit, verb, tmp_path):
    (tmp_path / "x").write_text("text " * 100)
    outcome = dicomkit(verb, tmp_path / "x")
    assert outcome.code == 1
    assert "no DICOM file" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_warnings_are_one_line_each_and_not_too_many(capsys):
    import warnings

    from dicomkit import DICOMWarning

    def warn():
        for number in range(30):
            warnings.warn(DICOMWarning(f"odd {number}"), stacklevel=1)
            warnings.warn(DICOMWarning(f"odd {number}"), stacklevel=1)
        return 0

    assert guard(warn) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "dicomkit: warning: odd 0"
    assert lines[1] == "dicomkit: warning: odd 1"
    assert lines[-1] == "dicomkit: 40 more warnings"
    assert len(lines) == 11


def test_an_interrupt_is_130_without_a_word(capsys):
    def interrupt():
        raise KeyboardInterrupt

    assert guard(interrupt) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("arguments", [[], ["--full"]])
def test_a_reader_that_leaves_is_no_error(write_image, arguments):
    """As in ``dicomkit dump x | head -1``, of more than a pipe holds."""
    path = write_image(StudyDescription="y" * 60000, ImageType="z" * 60000, PixelData=bytes(100_000))
    command = [sys.executable, "-m", "dicomkit", "dump", *arguments, str(path)]
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, timeout=60)
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (0, b"")


def test_exit_codes_of_processes(write_image, tmp_path):
    path = write_image()
    assert process("dump", path).returncode == 0
    broken = tmp_path / "broken"
    broken.write_bytes(path.read_bytes()[:-1])
    done = process("dump", broken)
    assert done.returncode == 1
    assert done.stderr.startswith("dicomkit: error: ")
    assert process("dump", tmp_path / "absent").returncode == 2


def test_names_that_are_no_text(write_image, tmp_path):
    path = write_image()
    name = os.fsdecode(b"\xff\xfe.dcm")
    try:
        os.rename(path, tmp_path / name)
    except OSError:
        pytest.skip("the file system takes text only")
    for arguments in (["dump", tmp_path / name], ["info", tmp_path], ["scan", tmp_path], ["scan", "-f", "csv", tmp_path]):
        done = process(*arguments, env={**os.environ, "PYTHONIOENCODING": "utf-8"})
        assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_png_to_a_pipe(write_image):
    done = subprocess.run([sys.executable, "-m", "dicomkit", "render", str(write_image()), "-o", "-"], capture_output=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.startswith(b"\x89PNG\r\n")


def test_dump_starts_without_what_it_does_not_need(write_image):
    code = (
        "import sys; from dicomkit.cli.entry import run; run(['dump', sys.argv[1]]);"
        "print(sorted({'click', 'rich', 'numpy', 'asyncio', 'ssl', 'imagecodecs'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(write_image())], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_code(dicomkit, shell):
    outcome = dicomkit("completion", shell)
    assert outcome.code == 0
    assert "_DICOMKIT_COMPLETE" in outcome.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [("dicomkit du", "dump"), ("dicomkit scan -a PatientNa", "PatientName"), ("dicomkit dump --js", "--json")],
)
def test_completion(words, expected):
    environment = {**os.environ, "_DICOMKIT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    code = "import sys; sys.argv = ['dicomkit']; from dicomkit.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert f"plain,{expected}" in done.stdout.splitlines()


def test_ctrl_c(tmp_path):
    """A signal in the middle of work ends the process quietly."""
    code = (
        "import os, signal; from dicomkit.cli.entry import guard; import sys\n"
        "sys.exit(guard(lambda: os.kill(os.getpid(), signal.SIGINT) or signal.pause()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGINT, "", "")


@pytest.mark.parametrize(("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (526_336, "526 kB"), (999_600, "1 MB"),
                                            (5_240_000_000_000_000, "5.24e+03 TB")])  # fmt: skip
def test_sizes(size, text):
    assert format_size(size) == text


def test_counts():
    assert (count(1, "file"), count(2000, "file"), count(0, "study", "studies")) == ("1 file", "2,000 files", "0 studies")
