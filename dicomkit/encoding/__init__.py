"""Data set encoding and the file format (PS3.5 7 and Annex A, PS3.10 7)."""

from dicomkit.encoding.options import ReadOptions
from dicomkit.encoding.parser import ParsedFile, parse_file
from dicomkit.encoding.source import open_source
from dicomkit.encoding.write_options import WriteOptions

__all__ = ["ParsedFile", "ReadOptions", "WriteOptions", "open_source", "parse_file"]
