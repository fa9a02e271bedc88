"""Attributes of many files as a table."""

from dicomkit.scanning.columns import plain_value
from dicomkit.scanning.folders import find_files
from dicomkit.scanning.rows import Row, looks_like_dicom
from dicomkit.scanning.scanner import DEFAULT_ATTRIBUTES, Scan, scan

__all__ = ["DEFAULT_ATTRIBUTES", "Row", "Scan", "find_files", "looks_like_dicom", "plain_value", "scan"]
