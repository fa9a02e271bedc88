"""The server and the association that tests may use."""

from __future__ import annotations

from dicomkit.network.dimse import CEchoRequest, CEchoResponse, DIMSEStatus, response_to
from dicomkit.network.services.storage import DICOMStorageService
from dicomkit.network.ul import PresentationContext
from dicomkit.testing import LOOPBACK_HOST, KeepingDelegate, data_set, file_meta, loopback_association, loopback_server, part10

SC = "1.2.840.10008.5.1.4.1.1.7"
VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT = "1.2.840.10008.1.2"


async def test_a_server():
    body = data_set([(0x00080016, "UI", SC), (0x00080018, "UI", "2.25.1")])
    async with loopback_server(delegate := KeepingDelegate()) as server:
        result = await DICOMStorageService.store(
            part10(body, meta=file_meta(sop_class_uid=SC)), to=LOOPBACK_HOST, port=server.port, calling_ae="ME", called_ae="LOOPBACK"
        )
    assert result.success
    assert [(file.sop_instance_uid, file.data_set_data) for file in delegate.files] == [("2.25.1", body)]
    assert [info.calling_ae_title for info in delegate.associations] == ["ME"]
    assert delegate.failures == []


async def test_a_server_with_settings():
    async with loopback_server(ae_title="OTHER", max_concurrent_associations=1) as server:
        assert server.configuration.ae_title == "OTHER"


async def test_an_association():
    async with loopback_association([PresentationContext(1, VERIFICATION, (IMPLICIT,))], calling_ae_title="ME") as (requestor, acceptor):
        assert acceptor.request.calling_ae_title == "ME"
        await requestor.send_message(1, CEchoRequest(message_id=7, affected_sop_class_uid=VERIFICATION))
        received = await acceptor.receive_message()
        await acceptor.send_message(1, response_to(received.message, DIMSEStatus.SUCCESS))
        answer = await requestor.receive_message()
        assert isinstance(answer.message, CEchoResponse)
        assert answer.message.message_id_being_responded_to == 7
    assert not requestor.is_established
