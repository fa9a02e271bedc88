from __future__ import annotations

import asyncio
import dataclasses
import inspect
import io
import socket
import time
from pathlib import Path

import pytest

import dicomkit
from dicomkit import DICOMFile
from dicomkit.errors import InvalidDICMPrefixError, InvalidValueError, MissingRequiredElementError, PixelDataError, SourceNotFoundError
from dicomkit.network.association import Association
from dicomkit.network.dimse import DIMSEPriority, DIMSEStatus, Message
from dicomkit.network.errors import (
    AssociationAbortedError,
    ConnectionFailedError,
    NoPresentationContextAcceptedError,
    OperationTimeoutError,
    SOPClassNotSupportedError,
)
from dicomkit.network.services.configuration import StorageConfiguration
from dicomkit.network.services.storage import DICOMStorageService, StoreResult, StoreStatusCategory
from dicomkit.network.timeouts import TimeoutConfiguration, TimeoutType
from dicomkit.network.ul import PresentationContext
from dicomkit.testing import data_set, file_meta, part10
from tests.unit.network.services.scripted_peer import BIG_ENDIAN, CT, DEFLATED, EXPLICIT, IMPLICIT, JPEG, MR, RLE, SC, ScriptedPeer

store = DICOMStorageService.store


def body(uid: str = "1.2.3", sop_class: str = CT, size: int = 1000, syntax: str = EXPLICIT) -> bytes:
    attributes = [(0x00080016, "UI", sop_class), (0x00080018, "UI", uid), (0x00280010, "US", 513), (0x7FE00010, "OW", bytes(size))]
    return data_set(attributes, implicit=syntax == IMPLICIT, big_endian=syntax == BIG_ENDIAN)


def file(uid: str = "1.2.3", sop_class: str = CT, size: int = 1000, syntax: str = EXPLICIT) -> bytes:
    return part10(body(uid, sop_class, size, syntax), syntax, meta=file_meta(syntax, sop_class_uid=sop_class, sop_instance_uid=uid))


@pytest.mark.parametrize("size", [0, 1000, 1 << 20])
async def test_store_1_from_a_path_bytes_a_file_object_and_a_file(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(file(size=size))
    sources = [path, str(path), file(size=size), io.BytesIO(file(size=size)), dicomkit.read(path)]
    async with ScriptedPeer() as peer:
        for source in sources:
            assert (await store(source, **peer.where)).success
    for received in peer.received:
        assert (received.request.affected_sop_class_uid, received.request.affected_sop_instance_uid) == (CT, "1.2.3")
        assert (received.transfer_syntax, received.data_set) == (EXPLICIT, body(size=size))
    assert peer.ends == ["released"] * len(sources)


def test_store_1_defaults() -> None:
    parameters = inspect.signature(DICOMStorageService.store).parameters
    assert parameters["port"].default == 104
    assert inspect.signature(DICOMStorageService.store_data_set).parameters["transfer_syntax_uid"].default == EXPLICIT
    configuration = StorageConfiguration(calling_ae_title="A", called_ae_title="B")
    assert (configuration.timeout, configuration.max_pdu_size, configuration.priority) == (60.0, 16384, DIMSEPriority.MEDIUM)
    assert configuration.user_identity is None


async def test_store_1_what_cannot_be_sent_makes_no_association() -> None:
    async with ScriptedPeer() as peer:
        without = part10(data_set([(0x00100010, "PN", "A^B")]), meta=file_meta(sop_class_uid="", sop_instance_uid=""))
        with pytest.raises(MissingRequiredElementError):
            await store(without, **peer.where)
        with pytest.raises(InvalidDICMPrefixError):
            await store(bytes(200), **peer.where)
        with pytest.raises(SourceNotFoundError):
            await store("none.dcm", **peer.where)
    assert peer.requests == []


async def test_store_2_a_data_set_without_file_meta() -> None:
    async with ScriptedPeer() as peer:
        for data in (body(), dicomkit.read(file()).data_set):
            result = await DICOMStorageService.store_data_set(data, sop_class_uid=CT, sop_instance_uid="1.2.3", **peer.where)
            assert result.success
        await DICOMStorageService.store_data_set(
            body(syntax=IMPLICIT), sop_class_uid=CT, sop_instance_uid="1.2.3", transfer_syntax_uid=IMPLICIT, **peer.where
        )
    assert [received.data_set for received in peer.received] == [body(), body(), body(syntax=IMPLICIT)]
    assert peer.proposals == [[(CT, (EXPLICIT,))], [(CT, (EXPLICIT,))], [(CT, (IMPLICIT,))]]


async def test_store_2_uids_that_the_data_set_contradicts() -> None:
    async with ScriptedPeer() as peer:
        with pytest.raises(InvalidValueError):
            await DICOMStorageService.store_data_set(body(), sop_class_uid=CT, sop_instance_uid="1.2.4", **peer.where)
    assert peer.requests == []


async def test_store_3_a_configuration() -> None:
    configuration = StorageConfiguration(
        calling_ae_title="SENDER", called_ae_title="ARCHIVE", max_pdu_size=65536, implementation_class_uid="1.2.3.4",
        implementation_version_name="TEST", priority=DIMSEPriority.HIGH,
    )  # fmt: skip
    async with ScriptedPeer() as peer:
        host, port = peer.where["to"], peer.where["port"]
        result = await store(file(), to=host, port=port, configuration=configuration)
        await store(file(), to=host, port=port, configuration=configuration, calling_ae="OTHER", priority=DIMSEPriority.LOW)
    first, second = peer.requests
    assert (first.calling_ae_title, first.called_ae_title, second.calling_ae_title) == ("SENDER", "ARCHIVE", "OTHER")
    assert first.user_information.maximum_length == 65536
    assert first.user_information.implementation_class_uid == "1.2.3.4"
    assert first.user_information.implementation_version_name == "TEST"
    assert [received.request.priority for received in peer.received] == [DIMSEPriority.HIGH, DIMSEPriority.LOW]
    assert result.remote_ae_title == "ARCHIVE"


async def test_store_4_any_sop_class() -> None:
    private = "1.2.826.0.1.3680043.8.498.1"
    async with ScriptedPeer({private: (EXPLICIT,)}) as peer:
        assert (await store(file(sop_class=private), **peer.where)).affected_sop_class_uid == private


async def test_store_5_what_is_proposed() -> None:
    async with ScriptedPeer() as peer:
        for syntax in (EXPLICIT, IMPLICIT, JPEG):
            await store(part10(body(syntax=syntax), syntax), transcoder=DICOMFile.transcode, **peer.where)
    assert peer.proposals == [
        [(CT, (EXPLICIT, IMPLICIT))],
        [(CT, (IMPLICIT,)), (CT, (EXPLICIT,))],
        [(CT, (JPEG,)), (CT, (EXPLICIT, IMPLICIT))],
    ]
    assert [received.transfer_syntax for received in peer.received] == [EXPLICIT, IMPLICIT, JPEG]


@pytest.mark.parametrize("own", [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED])
@pytest.mark.parametrize("only", [EXPLICIT, IMPLICIT])
async def test_store_5_a_peer_that_takes_another_syntax_only(own: str, only: str) -> None:
    async with ScriptedPeer({CT: (only,)}) as peer:
        assert (await store(file(syntax=own), **peer.where)).success
    [received] = peer.received
    assert (received.transfer_syntax, received.data_set) == (only, body(syntax=only))


async def test_store_5_bytes_that_are_not_what_was_accepted_are_never_sent() -> None:
    compressed = part10(body(syntax=JPEG), JPEG)
    async with ScriptedPeer({CT: (EXPLICIT,)}) as peer:
        with pytest.raises(NoPresentationContextAcceptedError):
            await store(compressed, transcoder=None, **peer.where)
        with pytest.raises(PixelDataError):  # native pixels, whatever File Meta Information says
            await store(compressed, **peer.where)
    assert peer.received == []


async def test_store_5_an_association_for_something_else() -> None:
    async with ScriptedPeer() as peer:
        settings = StorageConfiguration(calling_ae_title="ME", called_ae_title="PEER")
        contexts = (PresentationContext(1, CT, (RLE,)), PresentationContext(3, MR, (EXPLICIT,)))
        where = peer.where
        async with await Association.connect(settings.association_with(where["to"], where["port"]), contexts) as association:
            for source in (file(), file(sop_class=SC)):
                with pytest.raises(SOPClassNotSupportedError):
                    await DICOMStorageService.store_over(association, source)
            result = await DICOMStorageService.store_over(association, file(sop_class=MR), priority=DIMSEPriority.LOW)
    assert (result.success, result.remote_ae_title) == (True, "PEER")
    assert [received.request.priority for received in peer.received] == [DIMSEPriority.LOW]


@pytest.mark.parametrize("priority", DIMSEPriority)
async def test_store_6_priority(priority: DIMSEPriority) -> None:
    async with ScriptedPeer() as peer:
        await store(file(), priority=priority, **peer.where)
    assert peer.received[0].request.priority is priority


@pytest.mark.parametrize(
    ("status", "success", "has_warning", "category"),
    [
        (0x0000, True, False, StoreStatusCategory.SUCCESS),
        (0xB000, False, True, StoreStatusCategory.WARNING),
        (0xB007, False, True, StoreStatusCategory.WARNING),
        (0xA700, False, False, StoreStatusCategory.FAILURE),
        (0xC123, False, False, StoreStatusCategory.FAILURE),
        (0x0122, False, False, StoreStatusCategory.FAILURE),
        (0x1234, False, False, StoreStatusCategory.UNKNOWN),
        (0xFE00, False, False, StoreStatusCategory.UNKNOWN),
    ],
)
async def test_store_7_store_8_the_result(status: int, success: bool, has_warning: bool, category: StoreStatusCategory) -> None:
    async with ScriptedPeer(status=lambda number: status, error_comment="said so") as peer:
        started = time.perf_counter()
        result = await store(file(), **peer.where)
        elapsed = time.perf_counter() - started
    assert result == StoreResult(DIMSEStatus(status), CT, "1.2.3", result.round_trip_time, "PEER", "said so")
    assert (result.success, result.has_warning, result.category) == (success, has_warning, category)
    assert 0 < result.round_trip_time <= elapsed
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.status = DIMSEStatus(0)  # type: ignore[misc]


@pytest.mark.parametrize("max_pdu_size", [4096, 16384, 16385, 100_000, 0])
async def test_net_11_every_maximum_length(max_pdu_size: int) -> None:
    async with ScriptedPeer(max_pdu_size=max_pdu_size) as peer:
        await store(file(size=3_000_000), **peer.where)
    assert peer.received[0].data_set == body(size=3_000_000)


async def test_no_peer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionFailedError):
        await store(file(), to="127.0.0.1", port=port, calling_ae="ME", called_ae="PEER")


async def never(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
    """Take the instance, and say nothing."""


@pytest.mark.parametrize(("limits", "kind"), [({"read": 0.05}, TimeoutType.READ), ({"operation": 0.05}, TimeoutType.OPERATION)])
async def test_a_peer_that_does_not_answer(limits: dict[str, float], kind: TimeoutType) -> None:
    async with ScriptedPeer(answer=never) as peer:
        timeouts = TimeoutConfiguration(**limits)
        configuration = StorageConfiguration(calling_ae_title="ME", called_ae_title="PEER", timeouts=timeouts)
        with pytest.raises(OperationTimeoutError) as caught:
            await store(file(), to=peer.where["to"], port=peer.where["port"], configuration=configuration)
    assert (caught.value.type, caught.value.operation) == (kind, "C-STORE")


def test_a_timeout_is_for_each_step_and_not_for_the_whole() -> None:
    configuration = StorageConfiguration(calling_ae_title="ME", called_ae_title="PEER", timeout=7.0)
    limits = configuration.association_with("pacs", 104).limits
    assert limits == TimeoutConfiguration(connect=7.0, read=7.0, write=7.0, association=7.0, operation=None)
    timeouts = TimeoutConfiguration.fast
    assert dataclasses.replace(configuration, timeouts=timeouts).association_with("pacs", 104).limits == timeouts


async def test_a_file_that_ends_early_aborts_the_association(tmp_path: Path) -> None:
    """Half an instance is never acknowledged as a whole one."""

    path = tmp_path / "a.dcm"
    path.write_bytes(file(size=2_000_000))

    async def send(association: Association) -> None:
        from dicomkit.network.services.bodies import _FileBody

        original = _FileBody.__anext__

        async def cutting(self: _FileBody) -> memoryview:
            piece = await original(self)
            with path.open("r+b") as cut:
                cut.truncate(1000)
            return piece

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_FileBody, "__anext__", cutting)
            await DICOMStorageService.store_over(association, path)

    async with ScriptedPeer() as peer:
        settings = StorageConfiguration(calling_ae_title="ME", called_ae_title="PEER")
        where = settings.association_with(peer.where["to"], peer.where["port"])
        association = await Association.connect(where, (PresentationContext(1, CT, (EXPLICIT,)),))
        with pytest.raises(OSError, match="became shorter"):
            await send(association)
        assert not association.is_established
    assert peer.received == []
    assert peer.ends == ["AssociationAbortedError"]


async def test_a_cancelled_store_leaves_nothing() -> None:
    asked = asyncio.Event()

    async def tell(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        asked.set()

    async with ScriptedPeer(answer=tell) as peer:
        task = asyncio.create_task(store(file(), **peer.where))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert peer.ends == ["AssociationAbortedError"]


async def test_a_peer_that_aborts() -> None:
    async def abort(peer: ScriptedPeer, association: Association, context_id: int, message: Message) -> None:
        await association.abort()

    async with ScriptedPeer(answer=abort) as peer:
        with pytest.raises(AssociationAbortedError):
            await store(file(), **peer.where)
