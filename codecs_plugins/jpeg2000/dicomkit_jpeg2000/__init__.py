"""JPEG 2000 (PS3.5 8.2.4, A.4.4) and High-Throughput JPEG 2000 (8.2.14) codecs of dicomkit."""
