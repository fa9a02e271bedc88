"""Identifiers: the small data sets that follow requests and responses of query and retrieve (PS3.4 C.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit._core.element_scan import ScanLimits, scan
from dicomkit.dataset import DataSet, data_set_from_index
from dicomkit.errors import DICOMError
from dicomkit.network.errors import DICOMNetworkError, NetworkDecodingError

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
        If it is too long, or the association ends before it does.
    """
    try:
        data = await stream.read(MAXIMUM_IDENTIFIER_LENGTH)
        index = scan(data, is_implicit_vr=not syntax.is_explicit_vr, limits=_LIMITS)
    except DICOMError as error:
        await association.abort()
        if isinstance(error, DICOMNetworkError):
            raise
        raise NetworkDecodingError(f"an Identifier cannot be read: {error}") from error
    return DataSet() if index is None else data_set_from_index(index)
