"""The server under TLS: who is silent or wrong in the handshake costs nobody anything."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess

import pytest

from dicomkit.network.services.storage_handler import DefaultStorageHandler
from tests.conftest import unavailable
from tests.faults.conftest import until
from tests.faults.wire import COMMAND, LAST, RawPeer, associate, data, data_set, echo_command, pdv


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """Contexts of a server and of a client that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key]
    try:
        subprocess.run([*command, "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate], check=True, capture_output=True)
    except FileNotFoundError:
        unavailable("openssl")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=certificate)


async def tls_echo(port, context):
    peer = RawPeer(*await asyncio.open_connection("127.0.0.1", port, ssl=context))
    await peer.send(associate())
    assert await peer.receive() is not None
    await peer.send(data(pdv(1, COMMAND | LAST, echo_command())))
    assert await peer.receive_status() == 0
    await peer.release()


@pytest.fixture
def serving_tls(serving, contexts):
    from dicomkit.network.server import DICOMStorageServer
    from dicomkit.network.services.storage_scp import StorageSCPConfiguration
    from dicomkit.testing import KeepingDelegate

    def make(delegate=None, **settings):
        usual = {"ae_title": "ME", "host": "127.0.0.1", "port": 0, "ssl_context": contexts[0]}
        configuration = StorageSCPConfiguration(**{**usual, **settings})
        return DICOMStorageServer(configuration, delegate or KeepingDelegate())

    return make


async def test_an_instance_over_tls(serving_tls, contexts):
    async with serving_tls() as server:
        peer = RawPeer(*await asyncio.open_connection("127.0.0.1", server.port, ssl=contexts[1]))
        await peer.send(associate())
        assert await peer.receive() is not None
        assert await peer.store("1.2.3", 300_000) == 0
        await peer.release()
        assert server._delegate.files[0].data_size > 300_000


async def test_instances_over_tls_to_files(serving_tls, contexts, tmp_path):
    async with serving_tls(DefaultStorageHandler(tmp_path)) as server:
        peer = RawPeer(*await asyncio.open_connection("127.0.0.1", server.port, ssl=contexts[1]))
        await peer.send(associate())
        assert await peer.receive() is not None
        for number in range(1, 4):
            assert await peer.store(f"1.2.{number}", number * 1_000_000, number) == 0
        await peer.release()
    for number in range(1, 4):
        assert (tmp_path / f"1.2.{number}.dcm").read_bytes().endswith(data_set(f"1.2.{number}", number * 1_000_000))


async def test_silence_in_the_handshake_delays_nobody(serving_tls, contexts):
    async with serving_tls(artim_timeout=0.5) as server:
        silent = [await RawPeer.connect(server.port) for _ in range(20)]
        async with asyncio.timeout(1):
            await tls_echo(server.port, contexts[1])
        for peer in silent:
            assert await peer.receive() is None     # dropped in time
            await peer.close()


@pytest.mark.parametrize("garbage", [associate(), b"GET / HTTP/1.0\r\n\r\n", bytes(1000), b"\x16\3\1\xff\xff" + bytes(5000)])
async def test_what_is_no_handshake(serving_tls, contexts, garbage):
    async with serving_tls(artim_timeout=0.5) as server:
        peer = await RawPeer.connect(server.port)
        await peer.send(garbage)
        with contextlib.suppress(ConnectionError):
            await peer.reader.read()
        await peer.close()
        await until(lambda: not server._waiting)
        await tls_echo(server.port, contexts[1])


async def test_a_client_that_does_not_trust_the_server(serving_tls):
    async with serving_tls() as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", server.port, ssl=ssl.create_default_context())
        await until(lambda: not server._waiting)
