"""The compiled room: bytes in, positions, numbers and text out. It knows no object above :mod:`dicomkit.errors`."""
