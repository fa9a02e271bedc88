"""The Query service as Service Class User: C-FIND (PS3.4 C.4.1, PS3.7 9.1.2)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from dicomkit import tags
from dicomkit.encoding.serializer import serialize_data_set
from dicomkit.network.association import Association
from dicomkit.network.configuration import DICOM_DEFAULT_PORT
from dicomkit.network.dimse import CFindRequest, CFindResponse, DIMSEPriority, DIMSEStatus
from dicomkit.network.errors import (
    LocalProtocolError,
    QueryFailedError,
    RemoteProtocolError,
    SOPClassNotSupportedError,
)
from dicomkit.network.services.configuration import QueryConfiguration
from dicomkit.network.services.exchange import cancel, next_response, release_quietly, releasing
from dicomkit.network.services.identifiers import read_identifier
from dicomkit.network.services.information_model import InformationModel, QueryLevel
from dicomkit.network.services.query_keys import QueryKeys, name_of
from dicomkit.network.services.query_results import (
    InstanceResult,
    PatientResult,
    QueryResult,
    SeriesResult,
    StudyResult,
    result_class,
)
from dicomkit.network.ul import PresentationContext, SOPClassExtendedNegotiation
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, TransferSyntax

if TYPE_CHECKING:
    import ssl

    from dicomkit.dataset import DataSet
    from dicomkit.network.negotiated import AcceptedContext

__all__ = ["DICOMQueryService"]

TRANSFER_SYNTAXES = (EXPLICIT_VR_LITTLE_ENDIAN.uid, IMPLICIT_VR_LITTLE_ENDIAN.uid)
_RELATIONAL = b"\1"  # PS3.4 C.5.1.1.1, byte 1

AnyResult = TypeVar("AnyResult", bound=QueryResult)


class DICOMQueryService:
    """C-FIND as Service Class User. Nothing is kept between calls.

    Text goes to the peer as it is given, wildcards and ranges with it: the peer matches. Matches whose text is in another character set
    than Unicode are decoded by what they say of it.
    """

    @staticmethod
    async def find_patients(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        matching: QueryKeys | None = None,
        limit: int | None = None,
        timeout: float | None = None,
        configuration: QueryConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> list[PatientResult]:
        """Find patients, in the Patient Root information model whatever the configuration says: no other has them.

        The parameters and errors are those of :meth:`find_studies`.
        """
        settings = QueryConfiguration.with_arguments(
            configuration, calling_ae, called_ae, timeout=timeout, ssl_context=ssl_context,
            information_model=InformationModel.PATIENT_ROOT,
        )  # fmt: skip
        return await _find(PatientResult, host, port, settings, _keys(matching, QueryLevel.PATIENT), limit)

    @staticmethod
    async def find_studies(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        matching: QueryKeys | None = None,
        limit: int | None = None,
        timeout: float | None = None,
        configuration: QueryConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> list[StudyResult]:
        """Find studies.

        Parameters
        ----------
        host, port
            Where the peer is.
        calling_ae, called_ae
            Our AE title and the peer's.
        matching
            Keys of the level of studies; None for all studies, with what is usual to ask for.
        limit
            The most that are wanted: the query is cancelled when they are there.
        timeout
            Seconds to wait at each step, 60 unless said; how long all matches take is not limited.
        configuration
            Everything else, the information model too; what is given beside it counts.
        ssl_context
            How to use TLS; None for none.

        Raises
        ------
        ValueError
            If the keys are of another level.
        LocalProtocolError
            If the information model has no such level, or a unique key above it has no value.
        QueryFailedError
            If the peer says that it failed; what was found before is lost. :meth:`stream` gives that first.
        DICOMNetworkError
            If the peer cannot be reached, does not take the query, or the association ends before the last match.
        """
        settings = _settings(configuration, calling_ae, called_ae, timeout, ssl_context)
        return await _find(StudyResult, host, port, settings, _keys(matching, QueryLevel.STUDY), limit)

    @staticmethod
    async def find_series(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        for_study: str,
        matching: QueryKeys | None = None,
        limit: int | None = None,
        timeout: float | None = None,
        configuration: QueryConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> list[SeriesResult]:
        """Find the series of a study.

        The Patient Root model wants a Patient ID among the keys, too. Other parameters and errors are those of :meth:`find_studies`.

        Parameters
        ----------
        for_study
            Its Study Instance UID.
        """
        settings = _settings(configuration, calling_ae, called_ae, timeout, ssl_context)
        keys = _keys(matching, QueryLevel.SERIES).study_instance_uid(for_study)
        return await _find(SeriesResult, host, port, settings, keys, limit)

    @staticmethod
    async def find_instances(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        for_study: str,
        for_series: str,
        matching: QueryKeys | None = None,
        limit: int | None = None,
        timeout: float | None = None,
        configuration: QueryConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> list[InstanceResult]:
        """Find the instances of a series.

        The Patient Root model wants a Patient ID among the keys, too. Other parameters and errors are those of :meth:`find_studies`.

        Parameters
        ----------
        for_study, for_series
            Study and Series Instance UID.
        """
        settings = _settings(configuration, calling_ae, called_ae, timeout, ssl_context)
        keys = _keys(matching, QueryLevel.IMAGE).study_instance_uid(for_study).series_instance_uid(for_series)
        return await _find(InstanceResult, host, port, settings, keys, limit)

    @staticmethod
    async def find_sop_classes(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        for_study: str,
        timeout: float | None = None,
        configuration: QueryConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> tuple[str, ...]:
        """Find of what SOP classes the instances of a study are: what C-GET does not propose, a peer cannot send.

        Peers that know SOP Classes in Study (0008,0062) are asked for that, others for the instances of each series; of a peer that tells
        neither, such as dcmqrscp, there are none. The search is in the Study Root information model; other parameters and
        errors are those of :meth:`find_studies`.

        Parameters
        ----------
        for_study
            Its Study Instance UID.
        """
        settings = QueryConfiguration.with_arguments(
            configuration, calling_ae, called_ae, timeout=timeout, ssl_context=ssl_context, information_model=InformationModel.STUDY_ROOT
        )
        keys = QueryKeys(QueryLevel.STUDY).study_instance_uid(for_study).returning(tags.SOPClassesInStudy)
        async with releasing(await _connect(host, port, settings)) as association:
            found = {uid for study in await _all(association, keys) for uid in study.strings(tags.SOPClassesInStudy)}
            if not found:
                keys = QueryKeys(QueryLevel.SERIES).study_instance_uid(for_study).request_series_instance_uid()
                for series in filter(None, [each.string(tags.SeriesInstanceUID) for each in await _all(association, keys)]):
                    keys = QueryKeys(QueryLevel.IMAGE).study_instance_uid(for_study).series_instance_uid(series).request_sop_class_uid()
                    found |= {instance.string(tags.SOPClassUID) or "" for instance in await _all(association, keys)}
        return tuple(sorted(found - {""}))

    @staticmethod
    async def find(
        keys: QueryKeys,
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
        configuration: QueryConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> list[QueryResult]:
        """Find what keys of any level match; each result is of the class of that level. See :meth:`find_studies`."""
        settings = _settings(configuration, calling_ae, called_ae, timeout, ssl_context)
        return await _find(QueryResult, host, port, settings, keys, limit)

    @staticmethod
    async def stream(
        keys: QueryKeys,
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
        configuration: QueryConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> AsyncGenerator[QueryResult, None]:
        """Give each match as it comes; an asynchronous generator. For parameters and errors see :meth:`find_studies`.

        Nothing is read ahead: who takes a match slowly holds back the peer. A generator that is closed early (``aclose()``) cancels the
        query and releases its association.
        """
        settings = _settings(configuration, calling_ae, called_ae, timeout, ssl_context)
        async with aclosing(_stream(host, port, settings, keys, limit)) as results:
            async for result in results:
                yield result

    @staticmethod
    async def stream_over(
        association: Association,
        keys: QueryKeys,
        *,
        information_model: InformationModel = InformationModel.STUDY_ROOT,
        priority: DIMSEPriority = DIMSEPriority.MEDIUM,
        limit: int | None = None,
    ) -> AsyncGenerator[QueryResult, None]:
        """Query over an association that is established, which stays so; see :meth:`stream`.

        Unique keys of the levels above that have no value are sent without one, as in relational queries.

        Raises
        ------
        SOPClassNotSupportedError
            If the information model was not negotiated on it.
        """
        contexts = association.negotiated.find(information_model.find_sop_class_uid)
        if not contexts:
            raise SOPClassNotSupportedError(information_model.find_sop_class_uid)
        _check_limit(limit)
        query = _Query(association, contexts[0])
        await query.begin(keys.identifier(also=information_model.keys_above(keys.level)), priority)
        kind, count = result_class(keys.level), 0
        try:
            with association.operation("C-FIND"):
                while (result := await query.next_result(kind)) is not None:
                    yield result
                    count += 1
                    if count == limit:
                        break
        finally:
            await query.end()


def _settings(
    configuration: QueryConfiguration | None,
    calling_ae: str | None,
    called_ae: str | None,
    timeout: float | None,
    ssl_context: ssl.SSLContext | None,
) -> QueryConfiguration:
    return QueryConfiguration.with_arguments(configuration, calling_ae, called_ae, timeout=timeout, ssl_context=ssl_context)


def _keys(matching: QueryKeys | None, level: QueryLevel) -> QueryKeys:
    if matching is None:
        return QueryKeys(level)
    if matching.level is not level:
        raise ValueError(f"these keys are of the level {matching.level}, and what is looked for is of the level {level}")
    return matching


def _check_limit(limit: int | None) -> None:
    if limit is not None and limit < 1:
        raise ValueError("limit is a positive number")


async def _find(
    kind: type[AnyResult], host: str, port: int, settings: QueryConfiguration, keys: QueryKeys, limit: int | None
) -> list[AnyResult]:
    async with aclosing(_stream(host, port, settings, keys, limit)) as results:
        return [result async for result in results if isinstance(result, kind)]


async def _stream(
    host: str, port: int, settings: QueryConfiguration, keys: QueryKeys, limit: int | None
) -> AsyncGenerator[QueryResult, None]:
    _check_limit(limit)
    model = settings.information_model
    missing = [tag for tag in model.keys_above(keys.level) if not keys.is_matched(tag)]
    if missing and not settings.is_relational:
        raise LocalProtocolError(
            f"a query of the level {keys.level} needs {', '.join(name_of(tag) for tag in missing)}, or to be relational"
        )
    association = await _connect(host, port, settings)
    try:
        matches = DICOMQueryService.stream_over(association, keys, information_model=model, priority=settings.priority, limit=limit)
        async with aclosing(matches):
            async for match in matches:
                yield match
        await release_quietly(association)
    except (GeneratorExit, QueryFailedError):  # who listened has heard enough, and the query was cancelled; or it is over
        await release_quietly(association)
        raise
    finally:
        association.close()


async def _connect(host: str, port: int, settings: QueryConfiguration) -> Association:
    uid = settings.information_model.find_sop_class_uid
    contexts = (PresentationContext(1, uid, TRANSFER_SYNTAXES),)
    extended = (SOPClassExtendedNegotiation(uid, _RELATIONAL),) if settings.is_relational else ()
    return await Association.connect(
        settings.association_with(host, port), contexts, sop_class_extended=extended, ssl_context=settings.ssl_context
    )


async def _all(association: Association, keys: QueryKeys) -> list[QueryResult]:
    async with aclosing(DICOMQueryService.stream_over(association, keys)) as matches:
        return [match async for match in matches]


class _Query:
    """One C-FIND on its way."""

    def __init__(self, association: Association, context: AcceptedContext) -> None:
        self._association = association
        self._context = context
        self._syntax = TransferSyntax.get(context.transfer_syntax)
        self._message_id = association.new_message_id()
        self._is_over = False

    async def begin(self, keys: DataSet, priority: DIMSEPriority) -> None:
        identifier = serialize_data_set(keys, self._syntax).to_bytes()
        request = CFindRequest(message_id=self._message_id, affected_sop_class_uid=self._context.abstract_syntax, priority=priority)
        await self._association.send_message(self._context.id, request, identifier)

    async def next_result(self, kind: type[AnyResult]) -> AnyResult | None:
        """Return the next match; None if there are no more."""
        association = self._association
        response, stream = await next_response(association, CFindResponse, self._message_id, timeout=association.read_timeout)
        status = response.status
        if status.is_pending:
            if stream is None:
                await association.abort()
                raise RemoteProtocolError("a match without an Identifier")
            identifier = await read_identifier(association, stream, self._syntax)
            return kind(identifier, has_unsupported_keys=status == DIMSEStatus.PENDING_WITH_WARNINGS)
        self._is_over = True
        if not (status.is_success or status.is_cancel or status.is_warning):
            raise QueryFailedError(status, response.error_comment)
        return None

    async def end(self) -> None:
        """Cancel the query unless it is over."""
        if not self._is_over:
            self._is_over = True
            await cancel(self._association, self._context.id, CFindResponse, self._message_id)
