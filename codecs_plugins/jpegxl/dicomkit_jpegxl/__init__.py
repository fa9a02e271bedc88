"""JPEG XL codecs of dicomkit (PS3.5 8.2.15): lossless, lossy, recompressed JPEG."""
