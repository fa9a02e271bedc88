"""Images made for tests: a few attributes, and whatever else."""

import numpy as np

import dicomkit
from dicomkit import testing


def read_image(stored, *elements, bits_stored=None, photometric="MONOCHROME2", frames=None, high_bit=None, **options):
    """Read a file with pixels of 8 or 16 bits; an element that is given takes the place of the one made here."""
    stored = np.asarray(stored)
    itemsize = stored.itemsize
    bits = bits_stored or itemsize * 8
    shape = stored.shape if frames is None else stored.shape[1:]
    attributes = {
        0x00280002: ("US", 3 if len(shape) == 3 else 1),
        0x00280004: ("CS", photometric),
        0x00280010: ("US", shape[0]),
        0x00280011: ("US", shape[1]),
        0x00280100: ("US", itemsize * 8),
        0x00280101: ("US", bits),
        0x00280102: ("US", bits - 1 if high_bit is None else high_bit),
        0x00280103: ("US", int(stored.dtype.kind == "i")),
        0x7FE00010: ("OW", stored.astype(stored.dtype.newbyteorder("<")).tobytes() + b"\0" * (stored.nbytes % 2)),
    }
    if frames is not None:
        attributes[0x00280008] = ("IS", frames)
    attributes.update({tag: (vr, value) for tag, vr, value in elements})
    encoded = testing.data_set([(tag, vr, value) for tag, (vr, value) in attributes.items()])
    return dicomkit.read(testing.part10(encoded), **options)
