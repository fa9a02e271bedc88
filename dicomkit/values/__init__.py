"""Values: what the text and the numbers of a value field mean (PS3.5 6)."""

from dicomkit._core.date_time import DICOMDateTime
from dicomkit._core.number_string import DICOMDecimalString, DICOMIntegerString
from dicomkit._core.temporal import DICOMDate, DICOMTime
from dicomkit.values.age_string import DICOMAgeString
from dicomkit.values.application_entity import DICOMApplicationEntity
from dicomkit.values.charset import CharacterSet, decode_text, encode_text, parse_specific_character_set
from dicomkit.values.code_string import DICOMCodeString
from dicomkit.values.person_name import DICOMPersonName, PersonNameGroup
from dicomkit.values.unique_identifier import DICOMUniqueIdentifier
from dicomkit.values.universal_resource import DICOMUniversalResource

__all__ = [
    "CharacterSet",
    "DICOMAgeString",
    "DICOMApplicationEntity",
    "DICOMCodeString",
    "DICOMDate",
    "DICOMDateTime",
    "DICOMDecimalString",
    "DICOMIntegerString",
    "DICOMPersonName",
    "DICOMTime",
    "DICOMUniqueIdentifier",
    "DICOMUniversalResource",
    "PersonNameGroup",
    "decode_text",
    "encode_text",
    "parse_specific_character_set",
]
