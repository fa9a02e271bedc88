"""Our own distributions, as far as they are installed: each works without the others."""

from importlib.metadata import entry_points

import numpy as np
import pytest

from dicomkit import NoCodecError
from dicomkit.codecs import CodecRegistry, EncodeOptions, decode_frame, encode_frame
from dicomkit.codecs.discovery import ENTRY_POINT_GROUP, load_plugin
from dicomkit.codecs.distributions import find_distribution
from dicomkit.testing import FrameShape, make_frame
from dicomkit.transfer_syntax import TransferSyntax
from tests.conftest import need_decoder

OFFERED = {syntax.uid: name for syntax in TransferSyntax.all() if (name := find_distribution(syntax.uid))}


@pytest.mark.parametrize("distribution", sorted(set(OFFERED.values())))
def test_each_alone(distribution):
    """It decodes what it is said to bring; for everything else the error says what to install."""
    need_decoder(next(uid for uid, name in OFFERED.items() if name == distribution))
    (entry_point,) = (found for found in entry_points(group=ENTRY_POINT_GROUP) if found.dist and found.dist.name == distribution)
    plugin = load_plugin(entry_point)
    assert plugin.error is None
    registry = CodecRegistry(lambda: [plugin])
    own = {uid for uid, name in OFFERED.items() if name == plugin.distribution}
    assert own <= set(registry.supported_transfer_syntax_uids)
    for uid in OFFERED.keys() - own:
        with pytest.raises(NoCodecError, match=f"{OFFERED[uid]} brings one"):
            registry.get_decoder(uid)
    shape = FrameShape()
    for uid in own:
        if not registry.has_encoder(uid):
            continue
        encoded = encode_frame(registry.get_encoder(uid), make_frame(shape), shape, EncodeOptions(transfer_syntax_uid=uid))
        out = np.zeros(shape.array_shape, shape.dtype)
        decode_frame(registry.get_decoder(uid), memoryview(encoded.data), shape, out, transfer_syntax_uid=uid)
        assert encoded.is_lossy != TransferSyntax.get(uid).is_lossless
        assert encoded.is_lossy or np.array_equal(out, make_frame(shape))


def test_none_at_all():
    registry = CodecRegistry(list)
    for uid, name in OFFERED.items():
        with pytest.raises(NoCodecError, match=f"{name} brings one"):
            registry.get_decoder(uid)
