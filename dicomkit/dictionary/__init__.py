"""The data dictionary and the registry of UIDs (PS3.6), and what is known of private elements."""

from dicomkit.dictionary.data_elements import DICOM_STANDARD_EDITION, DataElementDictionary, DataElementEntry, suggest_keywords
from dicomkit.dictionary.private_elements import PrivateDictionary, PrivateElementEntry
from dicomkit.dictionary.registry import UIDDictionary, UIDEntry, UIDType, suggest_uid_keywords

__all__ = [
    "DICOM_STANDARD_EDITION",
    "DataElementDictionary",
    "DataElementEntry",
    "PrivateDictionary",
    "PrivateElementEntry",
    "UIDDictionary",
    "UIDEntry",
    "UIDType",
    "suggest_keywords",
    "suggest_uid_keywords",
]
