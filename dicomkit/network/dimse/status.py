"""Statuses of DIMSE responses (PS3.7 9.1, Annex C; PS3.4 for those of the services)."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

__all__ = ["DIMSEStatus", "DIMSEStatusCategory"]


class DIMSEStatusCategory(Enum):
    """What a status tells of an operation (PS3.7 Annex C)."""

    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"
    CANCEL = "cancel"
    PENDING = "pending"
    UNKNOWN = "unknown"


class DIMSEStatus(int):
    """Status (0000,0900): any number of 16 bits, kept as the peer sent it. It is an ``int``.

    What PS3.7 and PS3.4 don't define is neither success, warning nor failure; it ends its operation all the same.

    Parameters
    ----------
    code
        The status, 0 to FFFF.

    Raises
    ------
    ValueError
        If it is no number of 16 bits.
    """

    __slots__ = ()

    # PS3.7 Annex C: of every service.
    SUCCESS: ClassVar[DIMSEStatus]
    OPTIONAL_ATTRIBUTES_NOT_SUPPORTED: ClassVar[DIMSEStatus]
    ATTRIBUTE_LIST_ERROR: ClassVar[DIMSEStatus]
    PROCESSING_FAILURE: ClassVar[DIMSEStatus]
    DUPLICATE_SOP_INSTANCE: ClassVar[DIMSEStatus]
    NO_SUCH_SOP_INSTANCE: ClassVar[DIMSEStatus]
    NO_SUCH_EVENT_TYPE: ClassVar[DIMSEStatus]
    NO_SUCH_ARGUMENT: ClassVar[DIMSEStatus]
    INVALID_ARGUMENT_VALUE: ClassVar[DIMSEStatus]
    ATTRIBUTE_VALUE_OUT_OF_RANGE: ClassVar[DIMSEStatus]
    INVALID_SOP_INSTANCE: ClassVar[DIMSEStatus]
    NO_SUCH_SOP_CLASS: ClassVar[DIMSEStatus]
    CLASS_INSTANCE_CONFLICT: ClassVar[DIMSEStatus]
    MISSING_ATTRIBUTE: ClassVar[DIMSEStatus]
    MISSING_ATTRIBUTE_VALUE: ClassVar[DIMSEStatus]
    SOP_CLASS_NOT_SUPPORTED: ClassVar[DIMSEStatus]
    NO_SUCH_ACTION_TYPE: ClassVar[DIMSEStatus]
    NOT_AUTHORIZED: ClassVar[DIMSEStatus]
    DUPLICATE_INVOCATION: ClassVar[DIMSEStatus]
    UNRECOGNIZED_OPERATION: ClassVar[DIMSEStatus]
    MISTYPED_ARGUMENT: ClassVar[DIMSEStatus]
    RESOURCE_LIMITATION: ClassVar[DIMSEStatus]
    CANCEL: ClassVar[DIMSEStatus]
    PENDING: ClassVar[DIMSEStatus]
    # PS3.4 B.2.3, C.4: of storage, query and retrieve.
    OUT_OF_RESOURCES: ClassVar[DIMSEStatus]
    UNABLE_TO_CALCULATE_MATCHES: ClassVar[DIMSEStatus]
    UNABLE_TO_PERFORM_SUBOPERATIONS: ClassVar[DIMSEStatus]
    MOVE_DESTINATION_UNKNOWN: ClassVar[DIMSEStatus]
    IDENTIFIER_MISMATCH: ClassVar[DIMSEStatus]
    CANNOT_UNDERSTAND: ClassVar[DIMSEStatus]
    COERCION_OF_DATA_ELEMENTS: ClassVar[DIMSEStatus]
    ELEMENTS_DISCARDED: ClassVar[DIMSEStatus]
    DATA_SET_MISMATCH: ClassVar[DIMSEStatus]
    PENDING_WITH_WARNINGS: ClassVar[DIMSEStatus]

    def __new__(cls, code: int) -> DIMSEStatus:
        if not 0 <= code <= 0xFFFF:
            raise ValueError("a status has 16 bits")
        return int.__new__(cls, code)

    @property
    def category(self) -> DIMSEStatusCategory:
        """What the status tells of the operation."""
        known = _CODES.get(int(self))
        if known is not None:
            return known[0]
        for first, last, category, _ in _RANGES:
            if first <= self <= last:
                return category
        return DIMSEStatusCategory.UNKNOWN

    @property
    def meaning(self) -> str:
        """What the status means, in words."""
        known = _CODES.get(int(self))
        if known is not None:
            return known[1]
        return next((meaning for first, last, _, meaning in _RANGES if first <= self <= last), "unknown status")

    @property
    def is_success(self) -> bool:
        """Whether everything was done as asked: 0000."""
        return self == 0

    @property
    def is_warning(self) -> bool:
        """Whether it was done, but not quite as asked."""
        return self.category is DIMSEStatusCategory.WARNING

    @property
    def is_failure(self) -> bool:
        """Whether it was not done."""
        return self.category is DIMSEStatusCategory.FAILURE

    @property
    def is_cancel(self) -> bool:
        """Whether the operation ended because we asked for that: FE00."""
        return self == 0xFE00

    @property
    def is_pending(self) -> bool:
        """Whether more responses follow: FF00 and FF01."""
        return self == 0xFF00 or self == 0xFF01

    @property
    def is_final(self) -> bool:
        """Whether no response follows this one."""
        return not self.is_pending

    def __str__(self) -> str:
        return f"{int(self):04X} ({self.meaning})"

    def __repr__(self) -> str:
        return f"DIMSEStatus(0x{int(self):04X})"


_SUCCESS = DIMSEStatusCategory.SUCCESS
_WARNING = DIMSEStatusCategory.WARNING
_FAILURE = DIMSEStatusCategory.FAILURE

# The number is the Standard's, and so is the sentence; where services differ, it is the one of storage and of query/retrieve.
_NAMED = (
    ("SUCCESS", 0x0000, _SUCCESS, "success"),
    ("OPTIONAL_ATTRIBUTES_NOT_SUPPORTED", 0x0001, _WARNING, "requested optional attributes are not supported"),
    ("ATTRIBUTE_LIST_ERROR", 0x0107, _WARNING, "attributes were not recognized"),
    ("PROCESSING_FAILURE", 0x0110, _FAILURE, "processing failure"),
    ("DUPLICATE_SOP_INSTANCE", 0x0111, _FAILURE, "the SOP Instance exists already"),
    ("NO_SUCH_SOP_INSTANCE", 0x0112, _FAILURE, "no such SOP Instance"),
    ("NO_SUCH_EVENT_TYPE", 0x0113, _FAILURE, "no such event type"),
    ("NO_SUCH_ARGUMENT", 0x0114, _FAILURE, "no such argument"),
    ("INVALID_ARGUMENT_VALUE", 0x0115, _FAILURE, "invalid argument value"),
    ("ATTRIBUTE_VALUE_OUT_OF_RANGE", 0x0116, _WARNING, "an attribute value is out of range"),
    ("INVALID_SOP_INSTANCE", 0x0117, _FAILURE, "the SOP Instance UID breaks the rules of UIDs"),
    ("NO_SUCH_SOP_CLASS", 0x0118, _FAILURE, "no such SOP Class"),
    ("CLASS_INSTANCE_CONFLICT", 0x0119, _FAILURE, "the SOP Instance is not of the SOP Class"),
    ("MISSING_ATTRIBUTE", 0x0120, _FAILURE, "a required attribute is missing"),
    ("MISSING_ATTRIBUTE_VALUE", 0x0121, _FAILURE, "a required attribute has no value"),
    ("SOP_CLASS_NOT_SUPPORTED", 0x0122, _FAILURE, "the SOP Class is not supported"),
    ("NO_SUCH_ACTION_TYPE", 0x0123, _FAILURE, "no such action type"),
    ("NOT_AUTHORIZED", 0x0124, _FAILURE, "not authorized"),
    ("DUPLICATE_INVOCATION", 0x0210, _FAILURE, "the Message ID is in use"),
    ("UNRECOGNIZED_OPERATION", 0x0211, _FAILURE, "unrecognized operation"),
    ("MISTYPED_ARGUMENT", 0x0212, _FAILURE, "mistyped argument"),
    ("RESOURCE_LIMITATION", 0x0213, _FAILURE, "resource limitation"),
    ("OUT_OF_RESOURCES", 0xA700, _FAILURE, "out of resources"),
    ("UNABLE_TO_CALCULATE_MATCHES", 0xA701, _FAILURE, "out of resources, or unable to count matches"),
    ("UNABLE_TO_PERFORM_SUBOPERATIONS", 0xA702, _FAILURE, "out of resources, or unable to perform sub-operations"),
    ("MOVE_DESTINATION_UNKNOWN", 0xA801, _FAILURE, "the move destination is unknown"),
    ("IDENTIFIER_MISMATCH", 0xA900, _FAILURE, "the data set or identifier does not match the SOP Class"),
    ("CANNOT_UNDERSTAND", 0xC000, _FAILURE, "cannot understand, or unable to process"),
    ("COERCION_OF_DATA_ELEMENTS", 0xB000, _WARNING, "data elements were coerced, or sub-operations failed"),
    ("ELEMENTS_DISCARDED", 0xB006, _WARNING, "elements were discarded"),
    ("DATA_SET_MISMATCH", 0xB007, _WARNING, "the data set does not match the SOP Class"),
    ("CANCEL", 0xFE00, DIMSEStatusCategory.CANCEL, "cancelled"),
    ("PENDING", 0xFF00, DIMSEStatusCategory.PENDING, "pending"),
    ("PENDING_WITH_WARNINGS", 0xFF01, DIMSEStatusCategory.PENDING, "pending; optional keys are not supported"),
)
_CODES = {code: (category, meaning) for _, code, category, meaning in _NAMED}
# PS3.7 Annex C gives each class of status its ranges, PS3.4 B.2.3 and C.4 give meanings within them. The first that fits counts.
_RANGES = (
    (0xA700, 0xA7FF, _FAILURE, "out of resources"),
    (0xA900, 0xA9FF, _FAILURE, "the data set or identifier does not match the SOP Class"),
    (0xC000, 0xCFFF, _FAILURE, "cannot understand, or unable to process"),
    (0xA000, 0xAFFF, _FAILURE, "failure of the service"),
    (0xB000, 0xBFFF, _WARNING, "warning of the service"),
    (0x0100, 0x02FF, _FAILURE, "failure"),
)

for _row in _NAMED:
    setattr(DIMSEStatus, _row[0], DIMSEStatus(_row[1]))
