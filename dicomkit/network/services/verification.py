"""The Verification service: is a peer there, and does it understand us (PS3.4 A, PS3.7 9.1.5)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomkit.network.association import Association
from dicomkit.network.configuration import DICOM_DEFAULT_PORT
from dicomkit.network.dimse import CEchoRequest, CEchoResponse, DIMSEStatus
from dicomkit.network.errors import SOPClassNotSupportedError
from dicomkit.network.services.configuration import VerificationConfiguration
from dicomkit.network.services.exchange import receive_response, releasing
from dicomkit.network.ul.contexts import PresentationContext
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN
from dicomkit.uids import Verification

if TYPE_CHECKING:
    import ssl

__all__ = ["DICOMVerificationService", "VerificationResult"]

TRANSFER_SYNTAXES = (EXPLICIT_VR_LITTLE_ENDIAN.uid, IMPLICIT_VR_LITTLE_ENDIAN.uid)


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """The outcome of a C-ECHO.

    Attributes
    ----------
    status
        What the peer answered.
    round_trip_time
        Seconds from the request to its response, without the association.
    remote_ae_title
        Who answered.
    """

    status: DIMSEStatus
    round_trip_time: float
    remote_ae_title: str

    @property
    def success(self) -> bool:
        """Whether the status is 0000."""
        return self.status.is_success


class DICOMVerificationService:
    """C-ECHO as Service Class User. Nothing is kept between calls."""

    @staticmethod
    async def verify(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        timeout: float | None = None,
        configuration: VerificationConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> bool:
        """Return whether a peer answers a C-ECHO with success; the parameters and errors are those of :meth:`echo`."""
        result = await DICOMVerificationService.echo(
            host=host, port=port, calling_ae=calling_ae, called_ae=called_ae, timeout=timeout, configuration=configuration,
            ssl_context=ssl_context,
        )  # fmt: skip
        return result.success

    @staticmethod
    async def echo(
        *,
        host: str,
        port: int = DICOM_DEFAULT_PORT,
        calling_ae: str | None = None,
        called_ae: str | None = None,
        timeout: float | None = None,
        configuration: VerificationConfiguration | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> VerificationResult:
        """Associate, send one C-ECHO, and release.

        Parameters
        ----------
        host, port
            Where the peer is.
        calling_ae, called_ae
            Our AE title and the peer's.
        timeout
            Seconds to wait at each step, 30 unless said.
        configuration
            Everything else; what is given beside it counts.
        ssl_context
            How to use TLS; None for none.

        Raises
        ------
        DICOMNetworkError
            If there is no answer: which step failed, and why.
        """
        settings = VerificationConfiguration.with_arguments(
            configuration, calling_ae, called_ae, timeout=timeout, ssl_context=ssl_context
        )  # fmt: skip
        contexts = (PresentationContext(1, Verification, TRANSFER_SYNTAXES),)
        association = await Association.connect(settings.association_with(host, port), contexts, ssl_context=settings.ssl_context)
        async with releasing(association):
            return await DICOMVerificationService.echo_over(association)

    @staticmethod
    async def echo_over(association: Association) -> VerificationResult:
        """Send a C-ECHO over an association that is established.

        Raises
        ------
        SOPClassNotSupportedError
            If Verification was not negotiated on it.
        DICOMNetworkError
            If there is no answer.
        """
        contexts = association.negotiated.find(Verification)
        if not contexts:
            raise SOPClassNotSupportedError(Verification)
        started = time.perf_counter()
        with association.operation("C-ECHO"):
            message_id = association.new_message_id()
            await association.send_message(contexts[0].id, CEchoRequest(message_id=message_id))
            response = await receive_response(association, CEchoResponse, message_id)
        return VerificationResult(response.status, time.perf_counter() - started, association.request.called_ae_title)
