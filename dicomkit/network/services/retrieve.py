"""The Retrieve service as Service Class User: C-MOVE and C-GET (PS3.4 C.4.2, C.4.3; PS3.7 9.1.3, 9.1.4)."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeAlias

from dicomkit.network.ae_title import AETitle
from dicomkit.network.association import Association
from dicomkit.network.configuration import DICOM_DEFAULT_PORT
from dicomkit.network.errors import DICOMNetworkError
from dicomkit.network.services.configuration import RetrieveConfiguration
from dicomkit.network.services.exchange import release_quietly
from dicomkit.network.services.retrieval import Get, Move
from dicomkit.network.services.retrieve_contexts import COMMON_GET_SOP_CLASSES, propose_contexts, propose_roles
from dicomkit.network.services.retrieve_events import RetrieveCompleted, RetrieveEvent, RetrieveFailed, RetrieveProgress, RetrieveProgressed
from dicomkit.network.services.retrieve_keys import RetrieveKeys

if TYPE_CHECKING:
    import ssl

    from dicomkit.network.services.retrieval import Retrieval
    from dicomkit.network.services.retrieve_events import RetrieveResult
    from dicomkit.network.services.storage_delegate import StorageDelegate

__all__ = ["DICOMRetrieveService", "OnProgress"]

OnProgress: TypeAlias = Callable[[RetrieveProgress], Awaitable[None] | None]
"""What is told each time the peer says how far it is."""


class DICOMRetrieveService:
    """C-MOVE and C-GET as Service Class User. Nothing is kept between calls.

    C-MOVE has the peer send instances to an AE title that it knows, over associations of its own; C-GET has them sent over ours. Where
    instances are, and what the unique keys above them are, a query tells.
    """

    # C-MOVE.

    @staticmethod
    async def move_study(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        study_instance_uid: str,
        move_destination: str,
        on_progress: OnProgress | None = None,
        timeout: float | None = None,
        configuration: RetrieveConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> RetrieveResult:
        """Have the peer send a study to a third AE, or to a server of ours.

        Parameters
        ----------
        host, port
            Where the peer is.
        calling_ae, called_ae
            Our AE title and the peer's.
        study_instance_uid
            What.
        move_destination
            The AE title of who shall receive it. The peer must know its address.
        on_progress
            Called with each progress that the peer tells; may be a coroutine function.
        timeout
            Seconds to wait at each step, 60 unless said. Peers that tell no progress are silent until the end.
        configuration
            Everything else; what is given beside it counts.
        ssl_context
            How to use TLS; None for none.

        Returns
        -------
        RetrieveResult
            How it ended, also where some instances failed.

        Raises
        ------
        RetrieveFailedError
            If the peer answers with a failure: an unknown destination (A801), or nothing could be sent.
        LocalProtocolError
            If a UID is empty, or the configuration's information model wants other keys.
        InvalidAETitleError
            If a title is none.
        DICOMNetworkError
            If the peer cannot be reached, does not do this, or the association ends before the last response.
        """
        keys = RetrieveKeys.for_study(study_instance_uid)
        settings = _settings(configuration, calling_ae, called_ae, timeout, ssl_context)
        return await _move(host, port, settings, keys, move_destination, on_progress)

    @staticmethod
    async def move_series(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        study_instance_uid: str,
        series_instance_uid: str,
        move_destination: str,
        on_progress: OnProgress | None = None,
        timeout: float | None = None,
        configuration: RetrieveConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> RetrieveResult:
        """Have the peer send a series; see :meth:`move_study`."""
        keys = RetrieveKeys.for_series(study_instance_uid, series_instance_uid)
        settings = _settings(configuration, calling_ae, called_ae, timeout, ssl_context)
        return await _move(host, port, settings, keys, move_destination, on_progress)

    @staticmethod
    async def move_instance(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        study_instance_uid: str,
        series_instance_uid: str,
        sop_instance_uid: str,
        move_destination: str,
        on_progress: OnProgress | None = None,
        timeout: float | None = None,
        configuration: RetrieveConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> RetrieveResult:
        """Have the peer send an instance; see :meth:`move_study`."""
        keys = RetrieveKeys.for_instance(study_instance_uid, series_instance_uid, sop_instance_uid)
        settings = _settings(configuration, calling_ae, called_ae, timeout, ssl_context)
        return await _move(host, port, settings, keys, move_destination, on_progress)

    @staticmethod
    async def move(
        keys: RetrieveKeys,
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        move_destination: str,
        timeout: float | None = None,
        configuration: RetrieveConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> AsyncGenerator[RetrieveEvent, None]:
        """Have the peer send what keys name; an asynchronous generator of :class:`RetrieveProgressed`, and one last event.

        That is :class:`RetrieveCompleted` or :class:`RetrieveFailed`. A generator that is closed early (``aclose()``) cancels the
        retrieval: what was sent until then stays where it is. Parameters are those of :meth:`move_study`.

        Raises
        ------
        LocalProtocolError, InvalidAETitleError
            If the keys do not name anything, or a title is none. All else is told by the last event.
        """
        settings = _settings(configuration, calling_ae, called_ae, timeout, ssl_context)
        async with aclosing(_moved(host, port, settings, keys, move_destination)) as events:
            async for event in events:
                yield event

    # C-GET.

    @staticmethod
    def get_study(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        study_instance_uid: str,
        storage_sop_classes: Sequence[str] | None = None,
        handler: StorageDelegate | None = None,
        timeout: float | None = None,
        configuration: RetrieveConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> AsyncGenerator[RetrieveEvent, None]:
        """Get a study; see :meth:`get`."""
        return DICOMRetrieveService.get(
            RetrieveKeys.for_study(study_instance_uid), host=host, port=port, calling_ae=calling_ae, called_ae=called_ae,
            storage_sop_classes=storage_sop_classes, handler=handler, timeout=timeout, configuration=configuration, ssl_context=ssl_context,
        )  # fmt: skip

    @staticmethod
    def get_series(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        study_instance_uid: str,
        series_instance_uid: str,
        storage_sop_classes: Sequence[str] | None = None,
        handler: StorageDelegate | None = None,
        timeout: float | None = None,
        configuration: RetrieveConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> AsyncGenerator[RetrieveEvent, None]:
        """Get a series; see :meth:`get`."""
        return DICOMRetrieveService.get(
            RetrieveKeys.for_series(study_instance_uid, series_instance_uid), host=host, port=port, calling_ae=calling_ae,
            called_ae=called_ae, storage_sop_classes=storage_sop_classes, handler=handler, timeout=timeout, configuration=configuration,
            ssl_context=ssl_context,
        )  # fmt: skip

    @staticmethod
    def get_instance(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        study_instance_uid: str,
        series_instance_uid: str,
        sop_instance_uid: str,
        storage_sop_classes: Sequence[str] | None = None,
        handler: StorageDelegate | None = None,
        timeout: float | None = None,
        configuration: RetrieveConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> AsyncGenerator[RetrieveEvent, None]:
        """Get an instance; see :meth:`get`."""
        return DICOMRetrieveService.get(
            RetrieveKeys.for_instance(study_instance_uid, series_instance_uid, sop_instance_uid), host=host, port=port,
            calling_ae=calling_ae, called_ae=called_ae, storage_sop_classes=storage_sop_classes, handler=handler, timeout=timeout,
            configuration=configuration, ssl_context=ssl_context,
        )  # fmt: skip

    @staticmethod
    async def get(
        keys: RetrieveKeys,
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        storage_sop_classes: Sequence[str] | None = None,
        handler: StorageDelegate | None = None,
        timeout: float | None = None,
        configuration: RetrieveConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> AsyncGenerator[RetrieveEvent, None]:
        """Get what keys name; an asynchronous generator.

        Instances come as the peer has them, in their own transfer syntaxes, each as :class:`InstanceRetrieved` when it was acknowledged;
        :class:`RetrieveProgressed` comes when the peer says how far it is. One event ends it: :class:`RetrieveCompleted`, whatever
        failed on the way, or :class:`RetrieveFailed`. A generator that is closed early (``aclose()``) cancels the retrieval.

        Parameters
        ----------
        keys
            What.
        storage_sop_classes
            What the peer may send, at most 127 SOP classes; of others it fails to. The fewer they are, the more transfer syntaxes can
            be proposed for each: :meth:`DICOMQueryService.find_sop_classes` tells which a study has. By default, or if there are none,
            :data:`dicomkit.network.COMMON_GET_SOP_CLASSES`.
        handler
            Takes the instances, as one of a server does: :class:`dicomkit.network.DefaultStorageHandler` writes files as they come.
            Without it each instance is in memory until its event is forgotten.
        host, port, calling_ae, called_ae, timeout, configuration, ssl_context
            As for :meth:`move_study`.

        Raises
        ------
        LocalProtocolError, InvalidAETitleError
            If the keys do not name anything, or a title is none. All else of peer and network is told by the last event.
        """
        settings = _settings(configuration, calling_ae, called_ae, timeout, ssl_context)
        classes = tuple(dict.fromkeys(storage_sop_classes or COMMON_GET_SOP_CLASSES))
        async with aclosing(_got(host, port, settings, keys, classes, handler)) as events:
            async for event in events:
                yield event


def _settings(
    configuration: RetrieveConfiguration | None,
    calling_ae: str | None,
    called_ae: str | None,
    timeout: float | None,
    ssl_context: ssl.SSLContext | None,
) -> RetrieveConfiguration:
    return RetrieveConfiguration.with_arguments(configuration, calling_ae, called_ae, timeout=timeout, ssl_context=ssl_context)


async def _move(
    host: str, port: int, settings: RetrieveConfiguration, keys: RetrieveKeys, destination: str, on_progress: OnProgress | None
) -> RetrieveResult:
    async with aclosing(_moved(host, port, settings, keys, destination)) as events:
        async for event in events:
            match event:
                case RetrieveProgressed(progress) if on_progress is not None:
                    answer = on_progress(progress)
                    if inspect.isawaitable(answer):
                        await answer
                case RetrieveCompleted(result):
                    return result
                case RetrieveFailed(error):
                    raise error
    raise AssertionError("a retrieval without an end")


async def _moved(
    host: str, port: int, settings: RetrieveConfiguration, keys: RetrieveKeys, destination: str
) -> AsyncGenerator[RetrieveEvent, None]:
    title = AETitle(destination)
    keys.check(settings.information_model)
    contexts = propose_contexts(settings.information_model.move_sop_class_uid)
    configuration = settings.association_with(host, port)
    try:
        association = await Association.connect(configuration, contexts, ssl_context=settings.ssl_context)
    except DICOMNetworkError as error:
        yield RetrieveFailed(error)
        return
    async with aclosing(_events(association, Move(association, settings, keys, title))) as events:
        async for event in events:
            yield event


async def _got(
    host: str,
    port: int,
    settings: RetrieveConfiguration,
    keys: RetrieveKeys,
    classes: tuple[str, ...],
    handler: StorageDelegate | None,
) -> AsyncGenerator[RetrieveEvent, None]:
    keys.check(settings.information_model)
    contexts = propose_contexts(settings.information_model.get_sop_class_uid, classes, settings.transfer_syntaxes)
    configuration = settings.association_with(host, port)
    try:
        association = await Association.connect(configuration, contexts, roles=propose_roles(classes), ssl_context=settings.ssl_context)
    except DICOMNetworkError as error:
        yield RetrieveFailed(error)
        return
    async with aclosing(_events(association, Get(association, settings, keys, handler))) as events:
        async for event in events:
            yield event


async def _events(association: Association, retrieval: Retrieval) -> AsyncGenerator[RetrieveEvent, None]:
    """Go on with a retrieval to its end, and release its association."""
    try:
        try:
            async with aclosing(retrieval.events()) as events:
                async for event in events:
                    yield event
        except DICOMNetworkError as error:
            yield RetrieveFailed(error)
        await release_quietly(association)
    except GeneratorExit:  # who listened has heard enough, and the retrieval is cancelled
        await release_quietly(association)
        raise
    finally:
        association.close()
