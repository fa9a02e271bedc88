"""What C-ECHO and C-STORE make of peers that answer, and of callers that ask, in unusual ways."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dicomkit.network.association import Association
from dicomkit.network.dimse import CEchoRequest, CStoreRequest, DIMSEStatus, Message, response_to, serialize_command
from dicomkit.network.errors import (
    DICOMNetworkError,
    NoPresentationContextAcceptedError,
    OperationTimeoutError,
)
from dicomkit.network.services.storage import DICOMStorageService
from dicomkit.network.services.verification import DICOMVerificationService
from tests.protocol import wire
from tests.unit.network.running import Peer, listening
from tests.unit.network.services.batches import file, store
from tests.unit.network.services.scripted_peer import CT, EXPLICIT, IMPLICIT, MR, ScriptedPeer


def at(peer: ScriptedPeer, **changes: Any) -> dict[str, Any]:
    where = {**peer.where, **changes}
    where["host"] = where.pop("to")
    return where


@pytest.mark.parametrize("how", ["abort", "silence"])
async def test_what_was_answered_was_done_however_the_association_ends(how: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.receive_pdu()
        await peer.send(wire.associate_ac(wire.answered(1, 0, IMPLICIT.encode())))
        await peer.receive_pdu()
        response = response_to(CEchoRequest(message_id=1), 0)
        await peer.send(wire.p_data(wire.pdv(serialize_command(response, has_data_set=False), 1, 3)))
        assert (await peer.receive_pdu())[0] == 5
        if how == "abort":
            await peer.send(wire.abort(0, 0))
        await peer.receive_rest()

    async with listening(script) as port:
        result = await DICOMVerificationService.echo(host="127.0.0.1", port=port, calling_ae="ME", called_ae="PEER", timeout=0.2)
    assert result.success


async def test_an_instance_that_is_stored_is_stored_though_the_release_fails() -> None:
    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        assert isinstance(message, CStoreRequest)
        await peer.respond(association, context_id, message, 0)
        await association.abort()

    async with ScriptedPeer(answer=answer) as peer:
        result = await DICOMStorageService.store(file(), **peer.where)
    assert result.success


@pytest.mark.parametrize("is_request", [False, True])
async def test_a_peer_that_says_everything_but_the_answer(is_request: bool) -> None:
    # Each message by itself comes in time.
    async def answer(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        if not isinstance(message, CEchoRequest):
            return  # our own requests' refusals
        if is_request and len(peer.messages) > 1:
            return
        while True:
            if is_request:
                await association.send_message(context_id, CEchoRequest(message_id=association.new_message_id()))
                await association.receive_message()
            else:
                await association.send_message(context_id, response_to(message, DIMSEStatus.PENDING))
            await asyncio.sleep(0.01)

    async with ScriptedPeer(answer=answer) as peer:
        with pytest.raises(OperationTimeoutError):
            async with asyncio.timeout(5):
                await DICOMVerificationService.verify(**at(peer, timeout=0.2))


async def test_a_peer_that_takes_another_syntax_is_said_to() -> None:
    async with ScriptedPeer({CT: (IMPLICIT,), MR: (EXPLICIT,)}) as peer:
        with pytest.raises(NoPresentationContextAcceptedError, match=r"1\.2 \(transfer syntaxes not supported\)$") as nothing:
            await DICOMStorageService.store(file(), transcoder=None, **peer.where)
        with pytest.raises(NoPresentationContextAcceptedError, match=r"66\.4 \(abstract syntax not supported\)$"):
            await DICOMStorageService.store(file(sop_class="1.2.840.10008.5.1.4.1.1.66.4"), **peer.where)
        sources = [file(1, CT), file(2, MR)]
        results = [e async for e in DICOMStorageService.store_batch(sources, transcoder=None, **peer.where)]
    assert nothing.value.results == (4,)
    assert f"SOP class {CT} in Explicit VR Little Endian" in str(results[0])


async def test_one_path_is_not_many(tmp_path: Any) -> None:
    async with ScriptedPeer() as peer:
        for source in (str(tmp_path), file()):
            with pytest.raises(TypeError, match="into a list"):
                await store(peer, source)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"host": ""}, ValueError, "host"),
        ({"host": None}, ValueError, "host"),
        ({"port": "11112"}, ValueError, "a port is a number"),
        ({"port": 1.5}, ValueError, "a port is a number"),
        ({"calling_ae": 5}, TypeError, "an AE title is text"),
        ({"timeout": 0}, ValueError, "^timeout is a positive number"),
        ({"timeout": "5"}, ValueError, "^timeout is a positive number"),
    ],
)
async def test_mistaken_arguments_are_named(changes: dict[str, Any], error: type[Exception], words: str) -> None:
    arguments = {"host": "127.0.0.1", "port": 11112, "calling_ae": "ME", "called_ae": "PEER"}
    with pytest.raises(error, match=words):
        await DICOMVerificationService.verify(**{**arguments, **changes})


async def test_a_file_object_in_text_mode(tmp_path: Any) -> None:
    path = tmp_path / "text"
    path.write_text("no DICOM")
    with path.open() as text, pytest.raises(TypeError, match="text mode"):
        await DICOMStorageService.store(text, to="127.0.0.1", calling_ae="ME", called_ae="PEER")  # type: ignore[arg-type]


@pytest.mark.parametrize(("reply", "what"), [(b"<!DOCTYPE HTML>", "HTTP"), (b"HTTP/1.1 400", "HTTP"), (b"\x15\x03\x03\0\2\2\x28", "TLS")])
async def test_another_protocol_is_named(reply: bytes, what: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.receive_pdu()
        await peer.send(reply)

    async with listening(script) as port:
        with pytest.raises(DICOMNetworkError, match=f"speak {what}"):
            await DICOMVerificationService.verify(host="127.0.0.1", port=port, calling_ae="ME", called_ae="PEER")
