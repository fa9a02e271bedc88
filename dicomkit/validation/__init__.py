"""What is wrong with an object: its elements (PS3.5, PS3.6) and the attributes that its IOD requires (PS3.3)."""

from dicomkit.validation.attributes import is_known_sop_class
from dicomkit.validation.check import check_file, validate
from dicomkit.validation.findings import Finding, Severity

__all__ = ["Finding", "Severity", "check_file", "is_known_sop_class", "validate"]
