"""What is the same for all services of a client: who we are, whom we call, how long we wait."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from dicomkit.encoding.file_meta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicomkit.network.configuration import DEFAULT_MAX_PDU_SIZE, AssociationConfiguration
from dicomkit.network.dimse.messages import DIMSEPriority
from dicomkit.network.services.information_model import InformationModel
from dicomkit.network.timeouts import TimeoutConfiguration, check_seconds

if TYPE_CHECKING:
    import ssl

    from dicomkit.network.ul.user_information import UserIdentity

__all__ = ["QueryConfiguration", "RetrieveConfiguration", "ServiceConfiguration", "StorageConfiguration", "VerificationConfiguration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfiguration:
    """Whom to associate with, and as whom.

    Parameters
    ----------
    calling_ae_title
        Who we are.
    called_ae_title
        Whom we call; many peers compare it letter by letter.
    timeout
        Seconds to wait for a connection, for the answer to an association request, for a response, and for a peer that takes nothing.
        How long a transfer takes as a whole is not limited, as long as it goes on.
    max_pdu_size
        The longest P-DATA-TF that we want to receive.
    implementation_class_uid, implementation_version_name
        What we are.
    user_identity
        Who the user is.
    timeouts
        Each limit by itself, that on a whole operation too, instead of ``timeout``.
    ssl_context
        How to use TLS; None for none.

    Raises
    ------
    ValueError
        If ``timeout`` is not a positive number.
    """

    calling_ae_title: str
    called_ae_title: str
    timeout: float = 60.0
    max_pdu_size: int = DEFAULT_MAX_PDU_SIZE
    implementation_class_uid: str = IMPLEMENTATION_CLASS_UID
    implementation_version_name: str | None = IMPLEMENTATION_VERSION_NAME
    user_identity: UserIdentity | None = None
    timeouts: TimeoutConfiguration | None = None
    ssl_context: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        check_seconds("timeout", self.timeout)

    def association_with(self, host: str, port: int) -> AssociationConfiguration:
        """Return how to associate with a peer.

        Raises
        ------
        InvalidAETitleError
            If a title is none.
        ValueError
            If another value is out of its range.
        """
        wait = self.timeout
        return AssociationConfiguration(
            calling_ae_title=self.calling_ae_title,
            called_ae_title=self.called_ae_title,
            host=host,
            port=port,
            max_pdu_size=self.max_pdu_size,
            implementation_class_uid=self.implementation_class_uid,
            implementation_version_name=self.implementation_version_name,
            timeout=wait,
            tls_enabled=self.ssl_context is not None,
            user_identity=self.user_identity,
            timeouts=self.timeouts or TimeoutConfiguration(connect=wait, read=wait, write=wait, association=wait, operation=None),
        )

    @classmethod
    def with_arguments(cls, configuration: Self | None, calling_ae: str | None, called_ae: str | None, **arguments: Any) -> Self:
        """Return a configuration with what a caller gave beside it; None is not given.

        Raises
        ------
        TypeError
            If neither has the AE titles.
        """
        titles = {"calling_ae_title": calling_ae, "called_ae_title": called_ae}
        given = {name: value for name, value in (titles | arguments).items() if value is not None}
        if configuration is not None:
            return replace(configuration, **given) if given else configuration
        if calling_ae is None or called_ae is None:
            raise TypeError("calling_ae and called_ae are needed, or a configuration")
        return cls(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationConfiguration(ServiceConfiguration):
    """How to verify; the fields of :class:`ServiceConfiguration`."""

    timeout: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageConfiguration(ServiceConfiguration):
    """How to store; the fields of :class:`ServiceConfiguration`, and two.

    Parameters
    ----------
    priority
        What the peer is asked to give the instances.
    is_forced
        Whether files that end too early are sent, too, as far as they go. Peers may keep half an image, refuse it, or abort.
    """

    priority: DIMSEPriority = DIMSEPriority.MEDIUM
    is_forced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryConfiguration(ServiceConfiguration):
    """How to query; the fields of :class:`ServiceConfiguration`, and three.

    Parameters
    ----------
    information_model
        The hierarchy that is searched.
    priority
        What the peer is asked to give the query.
    is_relational
        Whether a query may go without the unique keys of the levels above its own. The peer is told so (PS3.4 C.5.1.1); one that does
        not support it may refuse, or find less.
    """

    information_model: InformationModel = InformationModel.STUDY_ROOT
    priority: DIMSEPriority = DIMSEPriority.MEDIUM
    is_relational: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveConfiguration(ServiceConfiguration):
    """How to retrieve; the fields of :class:`ServiceConfiguration`, and others.

    Parameters
    ----------
    information_model
        The hierarchy that what is retrieved is named in.
    priority
        What the peer is asked to give the retrieval.
    transfer_syntaxes
        What C-GET accepts instances in, the most wanted first; None for all that are common, as they are stored. Peers convert what
        they can to what is left; what they cannot, they fail to send.
    max_instance_size
        The largest data set that C-GET takes, in bytes; None for no limit.
    max_memory
        Bytes that one instance may take in memory while C-GET receives it for nobody who writes it to a file.
    """

    information_model: InformationModel = InformationModel.STUDY_ROOT
    priority: DIMSEPriority = DIMSEPriority.MEDIUM
    transfer_syntaxes: tuple[str, ...] | None = None
    max_instance_size: int | None = None
    max_memory: int = 2 << 30
