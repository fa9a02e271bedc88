"""JPEG-LS codecs of dicomkit (PS3.5 8.2.3, A.4.3): lossless and near-lossless."""
