"""The Storage service as Service Class User: C-STORE (PS3.4 B, PS3.7 9.1.1)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from dicomkit.file import DICOMFile
from dicomkit.network.association import Association
from dicomkit.network.configuration import DICOM_DEFAULT_PORT
from dicomkit.network.dimse import CStoreResponse, DIMSEPriority, DIMSEStatus, DIMSEStatusCategory
from dicomkit.network.services.batch_events import BatchStorageConfiguration
from dicomkit.network.services.batch_storage import Batch
from dicomkit.network.services.configuration import StorageConfiguration
from dicomkit.network.services.exchange import releasing
from dicomkit.network.services.instances import Instance, Source, instance_of_data_set, read_instance
from dicomkit.network.services.negotiation import divide
from dicomkit.network.services.sender import InstanceSender
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN, TransferSyntax

if TYPE_CHECKING:
    import ssl

    from typing_extensions import Buffer

    from dicomkit.dataset import DataSet
    from dicomkit.network.services.batch_events import StorageProgressEvent
    from dicomkit.network.services.bodies import Transcoder

__all__ = ["DICOMStorageService", "StoreResult", "StoreStatusCategory"]


class StoreStatusCategory(Enum):
    """What the status of a C-STORE tells."""

    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"
    UNKNOWN = "unknown"


_CATEGORIES = {
    DIMSEStatusCategory.SUCCESS: StoreStatusCategory.SUCCESS,
    DIMSEStatusCategory.WARNING: StoreStatusCategory.WARNING,
    DIMSEStatusCategory.FAILURE: StoreStatusCategory.FAILURE,
}


@dataclass(frozen=True, slots=True)
class StoreResult:
    """The outcome of a C-STORE.

    Attributes
    ----------
    status
        What the peer answered.
    affected_sop_class_uid, affected_sop_instance_uid
        What was sent.
    round_trip_time
        Seconds that the whole took, with the association.
    remote_ae_title
        Who answered.
    error_comment
        What the peer remarked, if it did.
    """

    status: DIMSEStatus
    affected_sop_class_uid: str
    affected_sop_instance_uid: str
    round_trip_time: float
    remote_ae_title: str
    error_comment: str = ""

    @property
    def success(self) -> bool:
        """Whether the status is 0000."""
        return self.status.is_success

    @property
    def has_warning(self) -> bool:
        """Whether it was stored, but not quite as it is."""
        return self.status.is_warning

    @property
    def category(self) -> StoreStatusCategory:
        """What the status tells."""
        return _CATEGORIES.get(self.status.category, StoreStatusCategory.UNKNOWN)


class DICOMStorageService:
    """C-STORE as Service Class User. Nothing is kept between calls.

    Instances go in their own transfer syntax if the peer takes that, else in Explicit or Implicit VR Little Endian, for which they are
    converted. Files are sent as they are read: of a large one, two megabytes at most are in memory.
    """

    @staticmethod
    async def store(
        source: Source,
        *,
        to: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        priority: DIMSEPriority | None = None,
        timeout: float | None = None,
        configuration: StorageConfiguration | None = None,
        transcoder: Transcoder | None = DICOMFile.transcode,
        ssl_context: ssl.SSLContext | None = None,
    ) -> StoreResult:
        """Store one instance.

        Parameters
        ----------
        source
            A path, the bytes of a DICOM file, a binary file object, which is read to its end, or a :class:`dicomkit.DICOMFile`.
        to, port
            Where the peer is.
        calling_ae, called_ae
            Our AE title and the peer's.
        priority
            What the peer is asked to give it; medium unless said.
        timeout
            Seconds to wait at each step, 60 unless said; the transfer as a whole may take longer.
        configuration
            Everything else; what is given beside it counts.
        transcoder
            What converts a file for a peer that does not take it as it is; None to send it as it is or not at all.
        ssl_context
            How to use TLS; None for none.

        Returns
        -------
        StoreResult
            What the peer answered, a failure too.

        Raises
        ------
        DICOMError
            If the file cannot be read, has no UIDs, ends too early, or cannot be converted.
        UnsupportedTransferSyntaxError
            If PS3.6 does not have its transfer syntax: what a private one means is not known, so that nothing could be checked.
        NoPresentationContextAcceptedError
            If the peer does not take its SOP class.
        SOPClassNotSupportedError
            If the peer takes its SOP class, but not in a transfer syntax that it can be sent in.
        DICOMNetworkError
            If the peer cannot be reached, or the association ends before an answer.
        """
        settings = StorageConfiguration.with_arguments(
            configuration, calling_ae, called_ae, priority=priority, timeout=timeout, ssl_context=ssl_context
        )
        instance = await asyncio.get_running_loop().run_in_executor(None, read_instance, source)
        return await _store(instance, to, port, settings, transcoder)

    @staticmethod
    async def store_data_set(
        data_set: DataSet | Buffer,
        *,
        sop_class_uid: str,
        sop_instance_uid: str,
        to: str,
        port: int = DICOM_DEFAULT_PORT,
        transfer_syntax_uid: str = EXPLICIT_VR_LITTLE_ENDIAN.uid,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        priority: DIMSEPriority | None = None,
        timeout: float | None = None,
        configuration: StorageConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> StoreResult:
        """Store a data set without File Meta Information. The parameters that are not described here are those of :meth:`store`.

        Parameters
        ----------
        data_set
            A data set, or its bytes.
        sop_class_uid, sop_instance_uid
            What it is.
        transfer_syntax_uid
            How the bytes are encoded; how the data set shall be. No other is proposed.

        Raises
        ------
        InvalidValueError
            If the data set has another SOP class or instance.
        UnsupportedTransferSyntaxError
            If PS3.6 does not have the transfer syntax.
        PixelDataError
            If the pixel data is compressed and the syntax is for native pixels, or the other way round.
        NoPresentationContextAcceptedError
            If the peer does not take its SOP class in this transfer syntax.
        DICOMNetworkError
            If the peer cannot be reached, or the association ends before an answer.
        """
        settings = StorageConfiguration.with_arguments(
            configuration, calling_ae, called_ae, priority=priority, timeout=timeout, ssl_context=ssl_context
        )
        instance = instance_of_data_set(data_set, sop_class_uid, sop_instance_uid, TransferSyntax.get(transfer_syntax_uid))
        return await _store(instance, to, port, settings, None)

    @staticmethod
    async def store_over(
        association: Association,
        source: Source,
        *,
        priority: DIMSEPriority = DIMSEPriority.MEDIUM,
        transcoder: Transcoder | None = DICOMFile.transcode,
    ) -> StoreResult:
        """Store one instance over an association that is established; for the parameters and errors see :meth:`store`."""
        started = time.perf_counter()
        instance = await asyncio.get_running_loop().run_in_executor(None, read_instance, source)
        response = await _send(association, instance, priority, transcoder)
        return _result(instance, response, started, association.request.called_ae_title)

    @staticmethod
    async def store_batch(
        sources: Iterable[Source],
        *,
        to: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        priority: DIMSEPriority | None = None,
        timeout: float | None = None,
        configuration: BatchStorageConfiguration = BatchStorageConfiguration.default,
        storage_configuration: StorageConfiguration | None = None,
        transcoder: Transcoder | None = DICOMFile.transcode,
        ssl_context: ssl.SSLContext | None = None,
    ) -> AsyncGenerator[StorageProgressEvent, None]:
        """Store many instances over one association, or as few as their presentation contexts need; an asynchronous generator.

        Of each file first comes :class:`FileStored`, then :class:`BatchProgressed`; :class:`BatchCompleted` comes last. Files have their
        results in order. An association that is lost gives :class:`BatchFailed`, costs the file that was on its way, and is made anew for
        the next one. A peer that cannot be reached, or refuses, ends it for all. A generator that is closed early
        (``aclose()``) releases its association.

        Parameters
        ----------
        sources
            As for :meth:`store`. Their headers are read before the first is sent, as they say what has to be negotiated.
        configuration
            How to go about the batch.
        storage_configuration
            Everything else about the associations; what is given beside it counts.
        to, port, calling_ae, called_ae, priority, timeout, transcoder, ssl_context
            As for :meth:`store`.

        Raises
        ------
        InvalidAETitleError
            If a title is none. What goes wrong with files and network is told by events.
        """
        if isinstance(sources, (str, bytes, bytearray, memoryview)):
            raise TypeError("sources are several: put one path, or the bytes of one file, into a list")
        settings = StorageConfiguration.with_arguments(
            storage_configuration, calling_ae, called_ae, priority=priority, timeout=timeout, ssl_context=ssl_context
        )
        events = Batch(list(sources), to, port, settings, configuration, transcoder).events()
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()


async def _store(
    instance: Instance, host: str, port: int, settings: StorageConfiguration, transcoder: Transcoder | None
) -> StoreResult:  # fmt: skip
    started = time.perf_counter()
    [part] = divide([instance], is_convertible=transcoder is not None)
    configuration = settings.association_with(host, port)
    association = await Association.connect(configuration, part.contexts, ssl_context=settings.ssl_context)
    async with releasing(association):
        response = await _send(association, instance, settings.priority, transcoder, is_forced=settings.is_forced)
    return _result(instance, response, started, str(configuration.called_ae_title))


async def _send(
    association: Association, instance: Instance, priority: DIMSEPriority, transcoder: Transcoder | None, *, is_forced: bool = False
) -> CStoreResponse:
    sender = InstanceSender(association, priority, transcoder, is_forced=is_forced)
    outgoing = await sender.prepare(instance)
    try:
        with association.operation("C-STORE"):
            await sender.send(outgoing)
            return await sender.receive()
    finally:
        outgoing.body.close()


def _result(instance: Instance, response: CStoreResponse, started: float, remote_ae_title: str) -> StoreResult:
    return StoreResult(
        status=response.status,
        affected_sop_class_uid=instance.sop_class_uid,
        affected_sop_instance_uid=instance.sop_instance_uid,
        round_trip_time=time.perf_counter() - started,
        remote_ae_title=remote_ae_title,
        error_comment=response.error_comment,
    )
