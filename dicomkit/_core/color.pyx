"""Colour spaces: YBR to RGB (PS3.3 C.7.6.3.1.2). Releases the GIL."""

from libc.stdint cimport int32_t, uint8_t

from dicomkit._core.dispatch cimport dispatched

__all__ = ["convert_ybr_to_rgb"]

# Factors of Y, CB and CR, in millionths: 9 whole numbers, for red, green and blue.
ctypedef int32_t[9] Matrix

cdef Matrix FULL_RANGE = [1000000, 0, 1402000, 1000000, -344136, -714136, 1000000, 1772000, 0]
# The inverse of the matrix in PS3.3 C.7.6.3.1.2 of the editions that had it, which puts Y in 16 to 235.
cdef Matrix PARTIAL_RANGE = [1164384, 0, 1596027, 1164384, -391762, -812968, 1164384, 2017232, 0]

cdef enum:
    BLOCK = 1024                # pixels whose planes lie on the stack: half of the first-level cache
    LARGEST = 255999999         # millionths: more is 255 as well


cdef inline void _convert_channel(
    const uint8_t* luma, const uint8_t* blue, const uint8_t* red, uint8_t* out, Py_ssize_t count,
    int32_t luma_factor, int32_t blue_factor, int32_t red_factor, int32_t summand,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef int32_t millionths
    for i in range(count):
        # No sum of the factors above exceeds 32 bits: exact. A million is 64 * 15625; the division by 64 is a shift, that by 15625 a
        # product in single precision, whose error (1.5e-5) is less than how far (M + 0.5) / 15625 stays from a whole number (3.2e-5).
        millionths = luma_factor * luma[i] + blue_factor * blue[i] + red_factor * red[i] + summand
        millionths = millionths if millionths > 0 else 0
        millionths = millionths if millionths < LARGEST else LARGEST
        out[i] = <uint8_t><int32_t>((<float>(millionths >> 6) + <float>0.5) * <float>(1.0 / 15625.0))


cdef dispatched _convert(const uint8_t* samples, uint8_t* out, Py_ssize_t count, const int32_t* factors, int32_t luma_offset) noexcept nogil:
    cdef uint8_t[BLOCK] luma
    cdef uint8_t[BLOCK] blue
    cdef uint8_t[BLOCK] red
    cdef uint8_t[3][BLOCK] rgb
    cdef int32_t[3] summands
    cdef Py_ssize_t start = 0, pixels, i
    for i in range(3):
        # Half a unit, so that cutting rounds half up, and what the offsets of Y, CB and CR contribute.
        summands[i] = 500000 - luma_offset * factors[3 * i] - 128 * (factors[3 * i + 1] + factors[3 * i + 2])
    while start < count:
        pixels = BLOCK if count - start > BLOCK else count - start
        for i in range(pixels):
            luma[i], blue[i], red[i] = samples[3 * i], samples[3 * i + 1], samples[3 * i + 2]
        for i in range(3):
            _convert_channel(luma, blue, red, rgb[i], pixels, factors[3 * i], factors[3 * i + 1], factors[3 * i + 2], summands[i])
        for i in range(pixels):
            out[3 * i] = rgb[0][i]
            out[3 * i + 1] = rgb[1][i]
            out[3 * i + 2] = rgb[2][i]
        samples, out, start = samples + 3 * pixels, out + 3 * pixels, start + pixels


def convert_ybr_to_rgb(const uint8_t[::1] samples not None, uint8_t[::1] out not None, bint is_partial_range=False):
    """Convert Y, CB, CR of 8 bits to R, G, B: exact by the matrix with factors of six decimals, rounded half up, clamped.

    Parameters
    ----------
    samples
        Three bytes a pixel.
    out
        As many bytes. It may be ``samples`` itself.
    is_partial_range
        Whether black is Y 16 and white 235: YBR_PARTIAL_422 and YBR_PARTIAL_420.

    Raises
    ------
    ValueError
        If a size is wrong, or the buffers overlap without being the same.
    """
    cdef Py_ssize_t length = samples.shape[0]
    if length % 3 or out.shape[0] != length:
        raise ValueError(f"{length} bytes to {out.shape[0]}: not the same number of whole pixels of three bytes")
    if length == 0:
        return
    cdef const uint8_t* source = &samples[0]
    cdef uint8_t* target = &out[0]
    if source != target and source < target + length and target < source + length:
        raise ValueError("the buffers overlap")
    with nogil:
        if is_partial_range:
            _convert(source, target, length // 3, PARTIAL_RANGE, 16)
        else:
            _convert(source, target, length // 3, FULL_RANGE, 0)
