"""ReadOptions: values that say how to read."""

import copy
import pickle

import pytest

from dicomkit import ReadOptions, Tag, UnknownKeywordError


def test_options_are_immutable_values():
    options = ReadOptions(force=True, tags=["PatientID", (0x0008, 0x0020)])
    with pytest.raises(AttributeError, match="immutable"):
        options.force = False
    with pytest.raises(AttributeError, match="immutable"):
        del options.force
    same = ReadOptions(force=True, tags=[0x00080020, "PatientID"])
    assert options == same
    assert hash(options) == hash(same)
    assert options != ReadOptions(force=True)
    assert options != "options"
    assert pickle.loads(pickle.dumps(options)) == options == copy.deepcopy(options)
    assert "force=True" in repr(options)


def test_keys_become_tags_with_the_character_set_beside_them():
    assert ReadOptions(tags="PatientID").tags == (Tag(0x0008, 0x0005), Tag(0x0010, 0x0020))
    assert ReadOptions(tags=[]).tags == (Tag(0x0008, 0x0005),)
    with pytest.raises(UnknownKeywordError, match="PatientID"):
        ReadOptions(tags=["PatientIDD"])


def test_replace_keeps_the_rest():
    options = ReadOptions(tags=["PatientID"], character_set="ISO_IR 100", max_depth=5)
    changed = options.replace(strict=True)
    assert changed.strict
    assert changed.replace(strict=False) == options
    with pytest.raises(TypeError, match="stirct"):
        options.replace(stirct=True)


@pytest.mark.parametrize("depth", [0, -1, 257])
def test_depths_have_bounds(depth):
    with pytest.raises(ValueError, match="max_depth"):
        ReadOptions(max_depth=depth)
