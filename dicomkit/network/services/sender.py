"""Instances sent over one association (PS3.4 B, PS3.7 9.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomkit.network.dimse import CStoreRequest, CStoreResponse, DIMSEPriority
from dicomkit.network.errors import SOPClassNotSupportedError
from dicomkit.network.services.bodies import Body, Transcoder, open_body
from dicomkit.network.services.exchange import receive_response
from dicomkit.network.services.instances import Instance
from dicomkit.network.services.negotiation import choose_context
from dicomkit.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from dicomkit.network.association import Association
    from dicomkit.network.negotiated import AcceptedContext

__all__ = ["InstanceSender", "Outgoing"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An instance that is ready to be sent; whoever has it closes its body."""

    instance: Instance
    context_id: int
    body: Body


class InstanceSender:
    """Sends instances one after the other.

    Parameters
    ----------
    association
        Established.
    priority
        What the peer is asked to give the instances.
    transcoder
        What converts instances that the peer does not take as they are; None if nothing does.
    is_forced
        Whether files that end too early are sent, too.
    """

    def __init__(
        self, association: Association, priority: DIMSEPriority, transcoder: Transcoder | None, *, is_forced: bool = False
    ) -> None:
        self.association = association
        self._priority = priority
        self._transcoder = transcoder
        self._is_forced = is_forced
        self._accepted: dict[str, list[AcceptedContext]] = {}
        for context in association.negotiated.accepted:
            self._accepted.setdefault(context.abstract_syntax, []).append(context)
        self._message_id = 0
        self._buffers: list[bytearray] = []  # those of the last files, for the next

    async def prepare(self, instance: Instance) -> Outgoing:
        """Open an instance, convert it if the peer wants that, and have its first piece in memory.

        Raises
        ------
        SOPClassNotSupportedError
            If the peer did not accept its SOP class, or not in a transfer syntax that it can be sent in.
        DICOMError
            If it cannot be read or converted.
        """
        accepted = self._accepted.get(instance.sop_class_uid, [])
        context = choose_context(instance, accepted, is_convertible=self._transcoder is not None)
        if context is None:
            refused = instance.transfer_syntax.name if accepted or self._transcoder is None else ""
            raise SOPClassNotSupportedError(instance.sop_class_uid, refused)
        syntax = TransferSyntax.get(context.transfer_syntax)
        fragment_length = self.association.fragment_length
        body = await open_body(instance, syntax, fragment_length, self._transcoder, self._buffers, is_forced=self._is_forced)
        try:
            await body.prepare()
        except BaseException:
            body.close()
            raise
        return Outgoing(instance, context.id, body)

    async def send(self, outgoing: Outgoing) -> None:
        """Send an instance; when this returns, the system has all of it.

        Raises
        ------
        DICOMError
            If it cannot be read to its end, or the association fails. In both cases that has ended.
        """
        self._message_id = self.association.new_message_id()
        request = CStoreRequest(
            message_id=self._message_id,
            affected_sop_class_uid=outgoing.instance.sop_class_uid,
            affected_sop_instance_uid=outgoing.instance.sop_instance_uid,
            priority=self._priority,
        )
        body = outgoing.body
        await self.association.send_message(outgoing.context_id, request, body, data_set_length=body.length)

    async def receive(self) -> CStoreResponse:
        """Wait for the response to what was sent.

        Raises
        ------
        DICOMNetworkError
            If the association ends before it.
        """
        return await receive_response(self.association, CStoreResponse, self._message_id)
