"""A seeded, structure-aware mutation fuzzer for reading: ``python -m tests.fuzz --help``."""
