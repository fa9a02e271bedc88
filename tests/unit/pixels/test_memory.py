"""Memory for samples."""

import os
import subprocess
import sys

import numpy as np
import pytest

from dicomkit.errors import PixelDataError
from dicomkit.pixels.memory import new_array, within_memory, yield_within_memory

LARGE = 33 << 20
HUGE_PAGE = 2 << 20


@pytest.mark.parametrize(
    ("shape", "dtype"), [((), "u1"), ((0, 3), "i2"), ((5, 7), "float64"), ((LARGE,), "u1"), ((3, LARGE // 24), "float64")]
)
def test_arrays_are_ours_to_fill(shape, dtype):
    array = new_array(shape, dtype)
    assert array.shape == shape
    assert array.dtype == np.dtype(dtype)
    assert array.flags.c_contiguous
    assert array.flags.aligned
    assert array.flags.writeable
    array.fill(7)
    assert (array == 7).all()


def test_large_arrays_begin_with_a_page_of_their_own():
    first, second = new_array((LARGE,), np.uint8), new_array((LARGE,), np.uint8)
    addresses = [array.__array_interface__["data"][0] for array in (first, second)]
    assert [address % HUGE_PAGE for address in addresses] == [0, 0]
    assert abs(addresses[0] - addresses[1]) >= LARGE
    # The last huge page is in the allocation from end to end.
    reserve = first.base if first.base.ndim == 1 else first.base.base
    end = reserve.__array_interface__["data"][0] + reserve.nbytes
    assert addresses[0] + -(-LARGE // HUGE_PAGE) * HUGE_PAGE <= end


def test_rows_of_colours_are_not_streamed():
    arrays = [new_array((rows, 512, 3), np.uint8) for rows in range(100, 140)]
    assert all(array.__array_interface__["data"][0] % 32 == 16 for array in arrays)


@pytest.mark.parametrize("shape", [(1 << 60,), (1 << 40, 1 << 40), (2**31, 65535, 65535)])
def test_what_does_not_fit_is_an_error_of_the_pixels(shape):
    with pytest.raises(PixelDataError, match="do not fit in memory"):
        new_array(shape, np.uint16)


def test_running_out_of_memory_is_an_error_of_the_pixels():
    def work(*items):
        raise MemoryError

    with pytest.raises(PixelDataError, match="does not fit in memory"):
        within_memory(work)(1)
    results = yield_within_memory(item if item else work() for item in (1, 2, 0))
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(PixelDataError, match="does not fit in memory"):
        next(results)


# Each piece of work on frames of 8 MB, with too little memory, and with enough.
LIMITED = """
import resource
import numpy as np
import dicomkit
from dicomkit.pixels import draw_overlays
from tests.unit.pixels.images import read_image

stored = (np.arange(4_000_000) % 4096).astype(np.uint16).reshape(2000, 2000)
overlay = [(0x60000010, "US", 2000), (0x60000011, "US", 2000), (0x60000100, "US", 1), (0x60000102, "US", 0),
           (0x60003000, "OW", bytes(500_000))]
palette = [(tag, "US", [4096, 0, 16]) for tag in (0x00281101, 0x00281102, 0x00281103)] + \
          [(tag, "OW", bytes(8192)) for tag in (0x00281201, 0x00281202, 0x00281203)]
grey = read_image(stored, (0x00281053, "DS", "1.5"), (0x00281052, "DS", "0"), (0x00280120, "US", 7), *overlay)
wide = read_image(stored.astype(np.uint32), (0x00281053, "DS", "1.5"), (0x00281052, "DS", "0"))
mixed = read_image(stored, (0x00089205, "CS", "COLOR"), *palette)
colors = read_image(stored, *palette, photometric="PALETTE COLOR")
ybr = read_image(np.stack([stored.astype(np.uint8)] * 3, axis=-1), photometric="YBR_FULL")
black = np.zeros((2000, 2000), np.uint8)
WORK = {
    "values": lambda: grey.pixel_data().values(), "wide values": lambda: wide.pixel_data().values(),
    "histogram": lambda: grey.pixel_data().histogram(), "grey": grey.render_frame, "wide": wide.render_frame,
    "window": lambda: wide.render_frame(0, "lung"), "supplemental": mixed.render_frame, "palette": colors.render_frame,
    "YBR": ybr.render_frame, "overlays": lambda: grey.render_frame(overlays=True), "size": lambda: grey.render_frame(size=3000),
    "color overlay": lambda: draw_overlays(black, grey.overlays(), color=(255, 0, 0)),
    "transcode": lambda: grey.transcode("EncapsulatedUncompressedExplicitVRLittleEndian"),
    "assign": lambda: grey.copy().set_pixel_array(stored),
}
for work in WORK.values():
    work()      # whatever is made once is there now
refused = dict.fromkeys(WORK, 0)
for name, work in WORK.items():
    for megabytes in (0, 1, 5, 9, 17, 33, 500):
        size = int(next(line for line in open("/proc/self/status") if line.startswith("VmSize")).split()[1]) << 10
        resource.setrlimit(resource.RLIMIT_AS, (size + (megabytes << 20), resource.RLIM_INFINITY))
        try:
            work()
        except dicomkit.PixelDataError:
            refused[name] += 1
        except BaseException as error:
            print(name, megabytes, type(error).__name__)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
# What an earlier piece of work gave back may be enough for a later one, but not for most of them.
print(*[name for name, count in refused.items() if count == 7], sum(count > 0 for count in refused.values()) > len(WORK) // 2)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and a limit of the address space")
def test_whatever_is_made_of_frames_fits_or_is_refused():
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}     # the C library keeps nothing from one piece of work to the next
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
