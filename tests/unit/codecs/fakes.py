"""Codecs that do next to nothing, and distributions made of text, for tests of what is around codecs."""

from pathlib import Path

import numpy as np

from dicomkit import uids
from dicomkit.codecs import EncodedFrame

HOOK = """
from dicomkit.codecs import hookimpl

class Codec:
    name = {name!r}
    priority = {priority}
    transfer_syntax_uids = ({uid!r},)

    def decode_frame(self, encoded, descriptor, out):
        out[...] = len(encoded)
        return descriptor.photometric_interpretation

@hookimpl
def dicomkit_frame_codecs():
    return [Codec()]
"""


class Decoder:
    """Fills a frame with the first byte of its codestream."""

    def __init__(self, name="decoder", priority=100, transfer_syntax_uids=(uids.RLELossless,)):
        self.name, self.priority, self.transfer_syntax_uids = name, priority, transfer_syntax_uids

    def decode_frame(self, encoded, descriptor, out):
        out[...] = encoded[0]
        return descriptor.photometric_interpretation


class Encoder:
    """Keeps the first sample."""

    def __init__(self, name="encoder", priority=100, transfer_syntax_uids=(uids.RLELossless,)):
        self.name, self.priority, self.transfer_syntax_uids = name, priority, transfer_syntax_uids

    def encode_frame(self, pixels, descriptor, options):
        return EncodedFrame(bytes([int(pixels.flat[0])]), descriptor.photometric_interpretation)


class Both(Decoder, Encoder):
    """Loses all but the first sample."""


def frame(shape, value=3):
    return np.full(shape.array_shape, value, dtype=shape.dtype)


def write_distribution(folder: Path, name: str, module: str, source: str, *, version: str = "1.2.3") -> None:
    """Write what an installed distribution with one module and one entry point leaves behind."""
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[dicomkit.codecs]\n{module} = {module}\n")
