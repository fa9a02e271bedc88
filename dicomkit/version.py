"""The version of dicomkit, below everything, so that files can say what wrote them."""

__version__ = "0.1.0"
