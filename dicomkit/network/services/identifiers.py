"""Identifiers: the small data sets that follow requests and responses of query and retrieve (PS3.4 C.4)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit.dataset import DataSet, data_set_from_index
from dicomkit.errors import DICOMError
from dicomkit.network.errors import DICOMNetworkError, NetworkDecodingError, OperationTimeoutError
from dicomkit.network.timeouts import TimeoutType

if TYPE_CHECKING:
    from dicomkit.network.association import Association
    from dicomkit.network.received_message import DataSetStream
    from dicomkit.transfer_syntax import TransferSyntax

__all__ = ["read_identifier"]

MAXIMUM_IDENTIFIER_LENGTH = 16 << 20
"""Bytes: a match has some hundred, a list of all instances of a study that failed may have some hundred thousand."""

_LIMITS = ScanLimits(max_depth=64)


async def read_identifier(association: Association, stream: DataSetStream, syntax: TransferSyntax) -> DataSet:
    """Read an Identifier to its end.

    Raises
    ------
    NetworkDecodingError
        If it cannot be parsed. The association is then aborted.
    DICOMNetworkError
        If it is too long or takes longer than a read may take, or the association ends before it does.
    """
    try:
        data = await _read(association, stream)
        index = scan(data, is_implicit_vr=not syntax.is_explicit_vr, limits=_LIMITS)
    except DICOMError as error:
        await association.abort()
        if isinstance(error, DICOMNetworkError):
            raise
        raise NetworkDecodingError(f"an Identifier cannot be read: {error}") from error
    return DataSet() if index is None else data_set_from_index(index)


async def _read(association: Association, stream: DataSetStream) -> bytes:
    """Read it within the time of one read, which is how it comes mostly; a peer that drips would keep us for ever."""
    taken = b"".join(await anext(stream))
    if stream.is_finished:
        return taken
    limit = association.read_timeout
    try:
        async with asyncio.timeout(limit) as timer:
            return await stream.read(MAXIMUM_IDENTIFIER_LENGTH, taken=taken)
    except TimeoutError as error:
        if limit is None or not timer.expired():
            raise
        raise OperationTimeoutError(TimeoutType.READ, limit) from error
