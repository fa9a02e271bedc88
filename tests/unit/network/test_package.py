"""``dicomkit.network`` offers everything, and loads it when it is asked for. Row NET-2."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dicomkit import network
from dicomkit.network import errors


def test_everything_that_is_offered_is_there():
    assert sorted(set(network.__all__)) == sorted(network.__all__)
    for name in network.__all__:
        value = getattr(network, name)
        assert value is not None
        if isinstance(value, type):
            assert value.__name__ == name
    assert set(dir(network)) == set(network.__all__)


def test_every_error_is_offered():
    assert set(errors.__all__) <= set(network.__all__)


def test_what_is_not_offered_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = network.nothing


def test_importing_it_brings_in_no_event_loop():
    code = "import dicomkit.network, sys; print(sorted({'asyncio', 'ssl', 'socket', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_constants():
    # NET-2
    assert (network.DICOM_DEFAULT_PORT, network.DICOM_ALTERNATIVE_PORT, network.DICOM_TLS_PORT) == (104, 11112, 2762)
    assert (network.DEFAULT_MAX_PDU_SIZE, network.MINIMUM_PDU_SIZE, network.MAXIMUM_PDU_SIZE) == (16384, 4096, 0xFFFFFFFF)
    assert (network.APPLICATION_CONTEXT_NAME, network.PROTOCOL_VERSION) == ("1.2.840.10008.3.1.1.1", 1)
