"""JPEG codecs of dicomkit (PS3.5 8.2.1, A.4.1): baseline, extended 8 and 12 bit, lossless."""
