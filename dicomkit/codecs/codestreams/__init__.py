"""What the headers of codestreams say, read before a codec is trusted with them. Plugins use it; nothing here decodes."""

from dicomkit.codecs.codestreams.checks import check_components, check_end, check_precision, check_size
from dicomkit.codecs.codestreams.jpeg import JPEGComponent, JPEGHeader, parse_jpeg_header
from dicomkit.codecs.codestreams.jpeg2000 import JPEG2000Header, parse_jpeg2000_header
from dicomkit.codecs.codestreams.remembered import RememberedHeader

__all__ = [
    "JPEG2000Header",
    "JPEGComponent",
    "JPEGHeader",
    "RememberedHeader",
    "check_components",
    "check_end",
    "check_precision",
    "check_size",
    "parse_jpeg2000_header",
    "parse_jpeg_header",
]
