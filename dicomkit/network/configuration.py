"""How to associate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicomkit.encoding.file_meta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicomkit.network.ae_title import AETitle
from dicomkit.network.timeouts import TimeoutConfiguration, check_seconds
from dicomkit.network.ul.limits import UpperLayerLimits

if TYPE_CHECKING:
    from dicomkit.network.ul.user_information import AsynchronousOperationsWindow, UserIdentity

__all__ = [
    "DEFAULT_MAX_PDU_SIZE",
    "DICOM_ALTERNATIVE_PORT",
    "DICOM_DEFAULT_PORT",
    "DICOM_TLS_PORT",
    "MAXIMUM_PDU_SIZE",
    "MINIMUM_PDU_SIZE",
    "AcceptorConfiguration",
    "AssociationConfiguration",
]

DICOM_DEFAULT_PORT = 104
"""The port of DICOM (PS3.8 9.1.1), below 1,024 so that it takes privileges to listen there."""

DICOM_ALTERNATIVE_PORT = 11112
"""The registered port that takes no privileges."""

DICOM_TLS_PORT = 2762
"""The port of DICOM over TLS (PS3.15 B)."""

DEFAULT_MAX_PDU_SIZE = 16384
MINIMUM_PDU_SIZE = 4096
MAXIMUM_PDU_SIZE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationConfiguration:
    """Whom to associate with, as whom, and how.

    Parameters
    ----------
    calling_ae_title
        Who we are.
    called_ae_title
        Whom we call; many peers compare it letter by letter.
    host, port
        Where.
    max_pdu_size
        The longest P-DATA-TF that we want to receive, at least 4,096 bytes; 0 for any.
    implementation_class_uid, implementation_version_name
        What we are; None for no version name.
    timeout
        Seconds: what ``timeouts`` is made from if it is not given.
    artim_timeout
        How long to wait for the peer to close the connection after an abort; None for ever.
    tls_enabled
        Whether to use TLS, with the system's trust if no SSL context is given.
    user_identity
        Who the user is.
    timeouts
        Each limit by itself.
    asynchronous_operations
        How many operations may be outstanding at once; None for one.
    upper_layer_limits
        What a peer may make us hold.

    Raises
    ------
    InvalidAETitleError
        If a title is none.
    ValueError
        If a number is out of its range.
    """

    calling_ae_title: str
    called_ae_title: str
    host: str
    port: int = DICOM_DEFAULT_PORT
    max_pdu_size: int = DEFAULT_MAX_PDU_SIZE
    implementation_class_uid: str = IMPLEMENTATION_CLASS_UID
    implementation_version_name: str | None = IMPLEMENTATION_VERSION_NAME
    timeout: float = 30.0
    artim_timeout: float | None = 30.0
    tls_enabled: bool = False
    user_identity: UserIdentity | None = None
    timeouts: TimeoutConfiguration | None = None
    asynchronous_operations: AsynchronousOperationsWindow | None = None
    upper_layer_limits: UpperLayerLimits = field(default_factory=UpperLayerLimits)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "calling_ae_title", AETitle(self.calling_ae_title))
        put(self, "called_ae_title", AETitle(self.called_ae_title))
        if not isinstance(self.host, str) or not self.host:
            # To a resolver, none is this machine.
            raise ValueError("host is a name or an address")
        if not isinstance(self.port, int) or not 1 <= self.port <= 0xFFFF:
            raise ValueError(f"a port is a number from 1 to 65,535, not {self.port!r}")
        check_pdu_size(self.max_pdu_size)
        check_seconds("timeout", self.timeout)
        check_seconds("artim_timeout", self.artim_timeout)

    @property
    def limits(self) -> TimeoutConfiguration:
        """``timeouts``, or what ``timeout`` stands for."""
        return self.timeouts or TimeoutConfiguration.from_timeout(self.timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptorConfiguration:
    """How to answer those who associate with us.

    Parameters
    ----------
    max_pdu_size
        The longest P-DATA-TF that we want to receive, at least 4,096 bytes; 0 for any.
    implementation_class_uid, implementation_version_name
        What we are; None for no version name.
    artim_timeout
        How long to wait for the request of an association, and for the close of the connection at its end; None for ever.
    timeouts
        The other limits; that on reading is how long an association may be idle.
    upper_layer_limits
        What a peer may make us hold.
    """

    max_pdu_size: int = DEFAULT_MAX_PDU_SIZE
    implementation_class_uid: str = IMPLEMENTATION_CLASS_UID
    implementation_version_name: str | None = IMPLEMENTATION_VERSION_NAME
    artim_timeout: float | None = 30.0
    timeouts: TimeoutConfiguration = field(default_factory=TimeoutConfiguration)
    upper_layer_limits: UpperLayerLimits = field(default_factory=UpperLayerLimits)

    def __post_init__(self) -> None:
        check_pdu_size(self.max_pdu_size)
        check_seconds("artim_timeout", self.artim_timeout)

    @property
    def limits(self) -> TimeoutConfiguration:
        """The timeouts."""
        return self.timeouts


def check_pdu_size(size: int) -> None:
    """Raise ``ValueError`` unless it is 0 or within the bounds of a maximum length."""
    if size and not MINIMUM_PDU_SIZE <= size <= MAXIMUM_PDU_SIZE:
        raise ValueError(f"max_pdu_size is 0 for any size, or from {MINIMUM_PDU_SIZE:,} to {MAXIMUM_PDU_SIZE:,} bytes")
