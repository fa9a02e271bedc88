"""Python environments in which other codec plugins are installed than here: ``python -m tests.environments SETTING FOLDER``.

An environment is a virtual environment of links: everything that is installed beside this interpreter, but for dicomkit's distributions,
of which those of the setting are added from this repository. It is made in a second, takes no room, and needs no network. What is
printed is the path of its interpreter. ``make plugins`` runs the tests that have to do with codecs in each of them.

Settings are ``none``; the name of a folder of ``codecs_plugins`` for that plugin alone; ``two`` for all of them, with two strangers beside
them, of which one comes first for JPEG-LS and the template last for RLE; and ``broken`` for all, of which JPEG cannot be imported.
"""

from __future__ import annotations

import sys
import sysconfig
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PLUGINS = tuple(sorted(path.parent.name for path in REPOSITORY.glob("codecs_plugins/*/pyproject.toml")))
SETTINGS = ("none", *PLUGINS, "two", "broken")
# By this file in it, tests know such an environment.
MARK = "other-plugins"
OURS = ("dicomkit", "__editable__")
BROKEN = "jpeg"
STRANGER = '''
from dicomkit.codecs import hookimpl
from dicomkit_jpegls.codec import JPEGLSCodec


class StrangeCodec(JPEGLSCodec):
    name = "strange"
    priority = 200


@hookimpl
def dicomkit_frame_codecs():
    return [StrangeCodec()]
'''


def make_environment(setting: str, folder: Path) -> Path:
    """Make an environment in an empty folder and return the path of its interpreter."""
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    for installed in Path(sysconfig.get_path("purelib")).iterdir():
        if not installed.name.startswith(OURS) and installed.name != "__pycache__":
            (site / installed.name).symlink_to(installed)
    paths = [REPOSITORY]
    plugins = {"none": (), "two": PLUGINS, "broken": tuple(name for name in PLUGINS if name != BROKEN)}.get(setting, (setting,))
    for name in ("", *plugins):
        _link_distribution(site, f"dicomkit-{name}" if name else "dicomkit")
    paths += [REPOSITORY / "codecs_plugins" / name for name in plugins]
    if setting == "two":
        paths.append(REPOSITORY / "docs" / "codec-template")
        _write_distribution(site, "dicomkit-example-codec", "dicomkit_example_codec")
        (site / "strange_codec.py").write_text(STRANGER)
        _write_distribution(site, "strange-codec", "strange_codec")
    if setting == "broken":
        (site / "broken_codec.py").write_text("import a_library_that_is_not_there\n")
        _write_distribution(site, f"dicomkit-{BROKEN}", "broken_codec")
    (site / "dicomkit-of-this-repository.pth").write_text("".join(f"{path}\n" for path in paths))
    (folder / MARK).touch()
    return folder / "bin" / "python"


def _link_distribution(site: Path, name: str) -> None:
    # Not by importlib.metadata: a build in place leaves metadata of its own in the repository.
    (path,) = Path(sysconfig.get_path("purelib")).glob(f"{name.replace('-', '_')}-*.dist-info")
    (site / path.name).symlink_to(path)


def _write_distribution(site: Path, name: str, module: str) -> None:
    folder = site / f"{name.replace('-', '_')}-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
    (folder / "entry_points.txt").write_text(f"[dicomkit.codecs]\n{module} = {module}\n")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in SETTINGS:
        sys.exit(f"usage: python -m tests.environments {'|'.join(SETTINGS)} FOLDER")
    print(make_environment(sys.argv[1], Path(sys.argv[2])))
