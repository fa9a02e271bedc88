"""RLE Lossless codec of dicomkit (PS3.5 8.2.2, Annex G)."""
