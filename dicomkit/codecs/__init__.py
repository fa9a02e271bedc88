"""Codecs of compressed pixel data (PS3.5 8.2 and A.4)."""
