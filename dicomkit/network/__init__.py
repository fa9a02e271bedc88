"""DICOM over the network (PS3.4, PS3.7, PS3.8): associations, verification, storage, a Storage SCP.

    from dicomkit.network import DICOMStorageService

    result = await DICOMStorageService.store("ct.dcm", to="pacs", port=11112, calling_ae="ME", called_ae="PACS")

Each layer is a room of its own: ``ul`` and ``dimse`` are protocols without IO, ``association`` puts them on a socket, ``services`` use
associations. What is imported from here is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicomkit.network.ae_title import AETitle
    from dicomkit.network.association import Association
    from dicomkit.network.codes import AbortReason, AbortSource, Rejection, RejectResult, RejectSource
    from dicomkit.network.configuration import (
        DEFAULT_MAX_PDU_SIZE,
        DICOM_ALTERNATIVE_PORT,
        DICOM_DEFAULT_PORT,
        DICOM_TLS_PORT,
        MAXIMUM_PDU_SIZE,
        MINIMUM_PDU_SIZE,
        AcceptorConfiguration,
        AssociationConfiguration,
    )
    from dicomkit.network.dimse.messages import DIMSECommand, DIMSEPriority
    from dicomkit.network.dimse.status import DIMSEStatus, DIMSEStatusCategory
    from dicomkit.network.errors import (
        ARTIMTimerExpiredError,
        AssociationAbortedError,
        AssociationRejectedError,
        CircuitBreakerOpenError,
        ConnectionClosedError,
        ConnectionFailedError,
        DICOMNetworkError,
        InvalidAETitleError,
        InvalidPDUError,
        InvalidPresentationContextError,
        InvalidStateError,
        LocalProtocolError,
        NetworkDecodingError,
        NetworkEncodingError,
        NetworkTimeoutError,
        NoPresentationContextAcceptedError,
        OperationFailedError,
        OperationTimeoutError,
        PartialFailureError,
        PDUTooLargeError,
        QueryFailedError,
        RemoteProtocolError,
        RetrieveFailedError,
        SOPClassNotSupportedError,
        StoreFailedError,
        UnexpectedPDUTypeError,
    )
    from dicomkit.network.negotiated import AcceptedContext, NegotiatedAssociation
    from dicomkit.network.received_message import DataSetStream, ReceivedMessage
    from dicomkit.network.recovery import ErrorCategory, RecoveryAction, RecoverySuggestion
    from dicomkit.network.server import DICOMStorageServer
    from dicomkit.network.services.batch_events import (
        BatchCompleted,
        BatchFailed,
        BatchProgressed,
        BatchStorageConfiguration,
        BatchStoreProgress,
        BatchStoreResult,
        FileStored,
        FileStoreResult,
        StorageProgressEvent,
    )
    from dicomkit.network.services.configuration import (
        QueryConfiguration,
        RetrieveConfiguration,
        StorageConfiguration,
        VerificationConfiguration,
    )
    from dicomkit.network.services.information_model import InformationModel, QueryLevel
    from dicomkit.network.services.query import DICOMQueryService
    from dicomkit.network.services.query_keys import QueryKey, QueryKeys
    from dicomkit.network.services.query_results import InstanceResult, PatientResult, QueryResult, SeriesResult, StudyResult
    from dicomkit.network.services.retrieve import DICOMRetrieveService
    from dicomkit.network.services.retrieve_contexts import COMMON_GET_SOP_CLASSES
    from dicomkit.network.services.retrieve_events import (
        InstanceNotRetrieved,
        InstanceRetrieved,
        RetrieveCompleted,
        RetrieveEvent,
        RetrieveFailed,
        RetrieveProgress,
        RetrieveProgressed,
        RetrieveResult,
    )
    from dicomkit.network.services.retrieve_keys import RetrieveKeys
    from dicomkit.network.services.server_events import (
        AssociationEstablished,
        AssociationRejected,
        AssociationReleased,
        FileReceived,
        ServerError,
        ServerStarted,
        ServerStopped,
        StorageServerEvent,
    )
    from dicomkit.network.services.storage import DICOMStorageService, StoreResult, StoreStatusCategory
    from dicomkit.network.services.storage_delegate import (
        AssociationInfo,
        DataSetChunks,
        IncomingInstance,
        PouredChunks,
        ReceivedFile,
        StorageDelegate,
        StreamingStorageDelegate,
    )
    from dicomkit.network.services.storage_handler import DefaultStorageHandler
    from dicomkit.network.services.storage_scp import (
        COMMON_SOP_CLASSES,
        COMMON_TRANSFER_SYNTAXES,
        StorageSCPConfiguration,
        every_storage_sop_class,
        every_transfer_syntax,
    )
    from dicomkit.network.services.verification import DICOMVerificationService, VerificationResult
    from dicomkit.network.timeouts import TimeoutConfiguration, TimeoutType
    from dicomkit.network.ul.contexts import ContextResult, PresentationContext, PresentationContextResult, select_contexts
    from dicomkit.network.ul.pdu import APPLICATION_CONTEXT_NAME, PROTOCOL_VERSION, AssociateRequest
    from dicomkit.network.ul.user_information import (
        AsynchronousOperationsWindow,
        RoleSelection,
        SOPClassExtendedNegotiation,
        UserIdentity,
        UserIdentityType,
    )

_MODULES = {
    "ae_title": "AETitle",
    "association": "Association",
    "codes": "AbortReason AbortSource RejectResult RejectSource Rejection",
    "configuration": (
        "DEFAULT_MAX_PDU_SIZE DICOM_ALTERNATIVE_PORT DICOM_DEFAULT_PORT DICOM_TLS_PORT MAXIMUM_PDU_SIZE MINIMUM_PDU_SIZE "
        "AcceptorConfiguration AssociationConfiguration"
    ),
    "dimse.messages": "DIMSECommand DIMSEPriority",
    "dimse.status": "DIMSEStatus DIMSEStatusCategory",
    "errors": (
        "ARTIMTimerExpiredError AssociationAbortedError AssociationRejectedError CircuitBreakerOpenError ConnectionClosedError "
        "ConnectionFailedError DICOMNetworkError InvalidAETitleError InvalidPDUError InvalidPresentationContextError "
        "InvalidStateError LocalProtocolError NetworkDecodingError NetworkEncodingError NetworkTimeoutError "
        "NoPresentationContextAcceptedError OperationFailedError OperationTimeoutError PDUTooLargeError PartialFailureError "
        "QueryFailedError RemoteProtocolError RetrieveFailedError SOPClassNotSupportedError StoreFailedError "
        "UnexpectedPDUTypeError"
    ),
    "negotiated": "AcceptedContext NegotiatedAssociation",
    "received_message": "DataSetStream ReceivedMessage",
    "recovery": "ErrorCategory RecoveryAction RecoverySuggestion",
    "server": "DICOMStorageServer",
    "services.batch_events": (
        "BatchCompleted BatchFailed BatchProgressed BatchStorageConfiguration BatchStoreProgress BatchStoreResult FileStoreResult "
        "FileStored StorageProgressEvent"
    ),
    "services.configuration": "QueryConfiguration RetrieveConfiguration StorageConfiguration VerificationConfiguration",
    "services.information_model": "InformationModel QueryLevel",
    "services.query": "DICOMQueryService",
    "services.query_keys": "QueryKey QueryKeys",
    "services.query_results": "InstanceResult PatientResult QueryResult SeriesResult StudyResult",
    "services.retrieve": "DICOMRetrieveService",
    "services.retrieve_contexts": "COMMON_GET_SOP_CLASSES",
    "services.retrieve_events": (
        "InstanceNotRetrieved InstanceRetrieved RetrieveCompleted RetrieveEvent RetrieveFailed RetrieveProgress RetrieveProgressed "
        "RetrieveResult"
    ),
    "services.retrieve_keys": "RetrieveKeys",
    "services.server_events": (
        "AssociationEstablished AssociationReleased AssociationRejected FileReceived ServerError ServerStarted ServerStopped "
        "StorageServerEvent"
    ),
    "services.storage": "DICOMStorageService StoreResult StoreStatusCategory",
    "services.storage_delegate": (
        "AssociationInfo DataSetChunks IncomingInstance PouredChunks ReceivedFile StorageDelegate StreamingStorageDelegate"
    ),
    "services.storage_handler": "DefaultStorageHandler",
    "services.storage_scp": (
        "COMMON_SOP_CLASSES COMMON_TRANSFER_SYNTAXES StorageSCPConfiguration every_storage_sop_class every_transfer_syntax"
    ),
    "services.verification": "DICOMVerificationService VerificationResult",
    "timeouts": "TimeoutConfiguration TimeoutType",
    "ul.contexts": "ContextResult PresentationContext PresentationContextResult select_contexts",
    "ul.pdu": "APPLICATION_CONTEXT_NAME PROTOCOL_VERSION AssociateRequest",
    "ul.user_information": "AsynchronousOperationsWindow RoleSelection SOPClassExtendedNegotiation UserIdentity UserIdentityType",
}
_HOMES = {name: f"{__name__}.{module}" for module, names in _MODULES.items() for name in names.split()}

__all__ = [
    "APPLICATION_CONTEXT_NAME",
    "COMMON_GET_SOP_CLASSES",
    "COMMON_SOP_CLASSES",
    "COMMON_TRANSFER_SYNTAXES",
    "DEFAULT_MAX_PDU_SIZE",
    "DICOM_ALTERNATIVE_PORT",
    "DICOM_DEFAULT_PORT",
    "DICOM_TLS_PORT",
    "MAXIMUM_PDU_SIZE",
    "MINIMUM_PDU_SIZE",
    "PROTOCOL_VERSION",
    "AETitle",
    "ARTIMTimerExpiredError",
    "AbortReason",
    "AbortSource",
    "AcceptedContext",
    "AcceptorConfiguration",
    "AssociateRequest",
    "Association",
    "AssociationAbortedError",
    "AssociationConfiguration",
    "AssociationEstablished",
    "AssociationInfo",
    "AssociationRejected",
    "AssociationRejectedError",
    "AssociationReleased",
    "AsynchronousOperationsWindow",
    "BatchCompleted",
    "BatchFailed",
    "BatchProgressed",
    "BatchStorageConfiguration",
    "BatchStoreProgress",
    "BatchStoreResult",
    "CircuitBreakerOpenError",
    "ConnectionClosedError",
    "ConnectionFailedError",
    "ContextResult",
    "DICOMNetworkError",
    "DICOMQueryService",
    "DICOMRetrieveService",
    "DICOMStorageServer",
    "DICOMStorageService",
    "DICOMVerificationService",
    "DIMSECommand",
    "DIMSEPriority",
    "DIMSEStatus",
    "DIMSEStatusCategory",
    "DataSetChunks",
    "DataSetStream",
    "DefaultStorageHandler",
    "ErrorCategory",
    "FileReceived",
    "FileStoreResult",
    "FileStored",
    "IncomingInstance",
    "InformationModel",
    "InstanceNotRetrieved",
    "InstanceResult",
    "InstanceRetrieved",
    "InvalidAETitleError",
    "InvalidPDUError",
    "InvalidPresentationContextError",
    "InvalidStateError",
    "LocalProtocolError",
    "NegotiatedAssociation",
    "NetworkDecodingError",
    "NetworkEncodingError",
    "NetworkTimeoutError",
    "NoPresentationContextAcceptedError",
    "OperationFailedError",
    "OperationTimeoutError",
    "PDUTooLargeError",
    "PartialFailureError",
    "PatientResult",
    "PouredChunks",
    "PresentationContext",
    "PresentationContextResult",
    "QueryConfiguration",
    "QueryFailedError",
    "QueryKey",
    "QueryKeys",
    "QueryLevel",
    "QueryResult",
    "ReceivedFile",
    "ReceivedMessage",
    "RecoveryAction",
    "RecoverySuggestion",
    "RejectResult",
    "RejectSource",
    "Rejection",
    "RemoteProtocolError",
    "RetrieveCompleted",
    "RetrieveConfiguration",
    "RetrieveEvent",
    "RetrieveFailed",
    "RetrieveFailedError",
    "RetrieveKeys",
    "RetrieveProgress",
    "RetrieveProgressed",
    "RetrieveResult",
    "RoleSelection",
    "SOPClassExtendedNegotiation",
    "SOPClassNotSupportedError",
    "SeriesResult",
    "ServerError",
    "ServerStarted",
    "ServerStopped",
    "StorageConfiguration",
    "StorageDelegate",
    "StorageProgressEvent",
    "StorageSCPConfiguration",
    "StorageServerEvent",
    "StoreFailedError",
    "StoreResult",
    "StoreStatusCategory",
    "StreamingStorageDelegate",
    "StudyResult",
    "TimeoutConfiguration",
    "TimeoutType",
    "UnexpectedPDUTypeError",
    "UserIdentity",
    "UserIdentityType",
    "VerificationConfiguration",
    "VerificationResult",
    "every_storage_sop_class",
    "every_transfer_syntax",
    "select_contexts",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
