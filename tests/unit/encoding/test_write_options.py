"""WriteOptions are a frozen value."""

from __future__ import annotations

import pickle

import pytest

from dicomkit import WriteOptions


def test_defaults():
    options = WriteOptions()
    assert (options.lenient, options.undefined_lengths, options.switch_to_utf_8, options.fsync) == (False, None, False, False)


def test_options_are_values():
    options = WriteOptions(lenient=True, undefined_lengths=False)
    assert options == WriteOptions(lenient=True, undefined_lengths=False) != WriteOptions()
    assert hash(options) == hash(WriteOptions(lenient=True, undefined_lengths=False))
    assert pickle.loads(pickle.dumps(options)) == options
    assert options.replace(fsync=True) == WriteOptions(lenient=True, undefined_lengths=False, fsync=True)
    assert options != "options"
    assert repr(options) == "WriteOptions(fsync=False, lenient=True, switch_to_utf_8=False, undefined_lengths=False)"


def test_options_are_immutable():
    options = WriteOptions()
    with pytest.raises(AttributeError):
        options.fsync = True
    with pytest.raises(AttributeError):
        del options.fsync
    with pytest.raises(TypeError):
        options.replace(unknown=True)
