"""Sockets without blocking, bare and under TLS: what is sent arrives, what fails is an error of ours."""

from __future__ import annotations

import asyncio
import random
import shutil
import ssl
import subprocess

import pytest

from dicomkit.network import (
    AcceptorConfiguration,
    Association,
    AssociationConfiguration,
    ConnectionFailedError,
    DICOMNetworkError,
    OperationTimeoutError,
    PresentationContext,
    TimeoutConfiguration,
    TimeoutType,
    select_contexts,
)
from dicomkit.network.connecting import connect_socket
from dicomkit.network.dimse import CStoreRequest, DIMSEStatus, response_to
from dicomkit.network.transport import Transport, start_tls

from .running import accepting, listening, run

CT, IMPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2"
DATA = random.Random(1).randbytes(3_000_000)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A certificate of localhost that signs itself: contexts of a server and of clients that trust it, and that do not."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate)), ssl.create_default_context()


async def write_all(transport, buffers):
    while not transport.try_write(buffers):
        await transport.wait(5.0, writable=True)


async def read(transport, length):
    """So many bytes, or what there is before the end."""
    chunks = bytearray()
    while len(chunks) < length:
        data = transport.try_read()
        if data is None:
            assert await transport.wait(5.0, readable=True)
        elif data:
            chunks += data
        else:
            break
    return bytes(chunks)


def pieces(data, generator):
    position, found = 0, []
    while position < len(data):
        size = generator.choice([0, 1, 12, 5_000, 300_000])
        found.append(generator.choice([bytes, bytearray, memoryview])(data[position : position + size]))
        position += size
    return found


@pytest.mark.parametrize("is_secure", [False, True], ids=["bare", "TLS"])
def test_all_bytes_arrive_in_their_order(is_secure, request):
    contexts = request.getfixturevalue("certificates") if is_secure else None

    async def wrap(sock, server_side):
        if contexts is None:
            return Transport(sock)
        context = contexts[0] if server_side else contexts[1]
        return await start_tls(sock, context, 5.0, server_side=server_side, server_hostname=None if server_side else "127.0.0.1")

    async def echo(sock):
        transport = await wrap(sock, True)
        received.append(await read(transport, len(DATA)))
        await write_all(transport, [b"ok"])
        assert await read(transport, 1) == b""
        transport.close()

    async def main():
        async with accepting(echo) as (port, _):
            transport = await wrap(await connect_socket("127.0.0.1", port, 5.0), False)
            buffers = pieces(DATA, random.Random(2))
            await write_all(transport, buffers)
            assert buffers == []
            assert await read(transport, 2) == b"ok"
            assert transport.peer_address == ("127.0.0.1", port)
            transport.close()
            assert transport.is_closed
            transport.close()
            assert transport.peer_address == ("", 0)

    received = []
    run(main())
    assert received == [DATA]


def test_the_buffer_grows_only_for_those_who_fill_it():
    sizes = []

    async def read(sock):
        transport = Transport(sock)
        while True:
            data = transport.try_read()
            if data is None:
                await transport.wait(5.0, readable=True)
            elif data:
                sizes.append(len(transport._buffer))
            else:
                transport.close()
                return

    async def main():
        async with accepting(read) as (port, _):
            transport = Transport(await connect_socket("127.0.0.1", port, 5.0))
            for _ in range(3):
                await write_all(transport, [b"few"])
                await asyncio.sleep(0.01)
            assert set(sizes) == {16 * 1024}
            await write_all(transport, [DATA])
            transport.close()

    run(main())
    assert max(sizes) == 256 * 1024


def test_waiting_ends_in_time():
    async def script(peer):
        assert await peer.receive_rest() == b""

    async def main():
        async with listening(script) as port:
            transport = Transport(await connect_socket("127.0.0.1", port, 5.0))
            assert transport.try_read() is None
            assert not await transport.wait(0.01, readable=True)
            assert await transport.wait(5.0, writable=True)
            transport.close()

    run(main())


# Associations under TLS.


async def store(port, context, data_set=DATA, **changes):
    settings = AssociationConfiguration(calling_ae_title="A", called_ae_title="B", host="127.0.0.1", port=port, **changes)
    async with await Association.connect(settings, [PresentationContext(1, CT, (IMPLICIT,))], ssl_context=context) as association:
        request = CStoreRequest(message_id=1, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2")
        await association.send_message(1, request, data_set)
        return (await association.receive_message()).message.status


def test_an_association_under_tls(certificates):
    server, client, _ = certificates
    received = bytearray()

    async def handle(sock):
        association = await Association.receive(sock, AcceptorConfiguration(), ssl_context=server)
        await association.accept(select_contexts(association.request.presentation_contexts, {CT: [IMPLICIT]}))
        while (message := await association.receive_message()) is not None:
            async for fragments in message.data_set:
                for fragment in fragments:
                    received.extend(fragment)
            await association.send_message(1, response_to(message.message, DIMSEStatus.SUCCESS))

    async def main():
        async with accepting(handle) as (port, _):
            return await store(port, client)

    assert run(main()) == DIMSEStatus.SUCCESS
    assert received == DATA


async def refused(coroutine):
    with pytest.raises(ConnectionFailedError, match="TLS handshake failed"):
        await coroutine


def test_a_certificate_that_nobody_knows(certificates):
    server, _, stranger = certificates

    async def main():
        receive = Association.receive
        async with accepting(lambda sock: refused(receive(sock, AcceptorConfiguration(), ssl_context=server))) as (port, _):
            with pytest.raises(ConnectionFailedError, match=r"(?i)certificate"):
                await store(port, stranger)
            with pytest.raises(ConnectionFailedError, match=r"(?i)certificate"):
                await store(port, None, tls_enabled=True)

    run(main())


def test_a_client_without_tls(certificates):
    server, _, _ = certificates

    async def main():
        receive = Association.receive
        async with accepting(lambda sock: refused(receive(sock, AcceptorConfiguration(), ssl_context=server))) as (port, _):
            with pytest.raises(DICOMNetworkError, match=r"TLS|PDU|closed|lost"):
                await store(port, None)

    run(main())


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_silent_handshake(certificates, side):
    # ERR-7
    server, client, _ = certificates
    limits = TimeoutConfiguration(connect=0.05)

    async def script(peer):
        await peer.receive_rest()

    async def handle(sock):
        with pytest.raises(OperationTimeoutError, match=r"Connection timeout after 0\.05s during the TLS handshake"):
            await Association.receive(sock, AcceptorConfiguration(timeouts=limits), ssl_context=server)

    async def main():
        if side == "client":
            async with listening(script) as port:
                with pytest.raises(OperationTimeoutError) as caught:
                    await store(port, client, timeouts=limits)
                assert caught.value.type is TimeoutType.CONNECT
        else:
            async with accepting(handle) as (port, tasks):
                sock = await connect_socket("127.0.0.1", port, 5.0)
                while not tasks:
                    await asyncio.sleep(0)
                await asyncio.gather(*tasks)
                sock.close()

    run(main())
