"""PackBits, the run-length scheme of RLE Lossless (PS3.5 G.3), on the byte planes of a frame.

A byte plane is every ``pixel_stride``-th byte of a frame, from a position on; a segment is a byte plane, encoded. Planes are
handled in blocks that stay in the cache, and the bytes of a block are put beside each other in one go: a plane at a time would
walk through the frame once for each.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memmove, memset

cdef extern from *:
    """
    #if defined(_MSC_VER)
    #include <intrin.h>
    static __inline int first_set_bit(unsigned long long word) { unsigned long at; _BitScanForward64(&at, word); return (int)at; }
    #else
    static inline int first_set_bit(unsigned long long word) { return __builtin_ctzll(word); }
    #endif
    /* Plain loops, compiled for vectors with shuffles too where the machine can choose at run time. */
    #if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
    #define CLONES __attribute__((target_clones("avx2", "default")))
    #else
    #define CLONES
    #endif
    CLONES static void join_two(unsigned char *restrict out, const unsigned char *restrict first, const unsigned char *restrict second,
                                Py_ssize_t length)
    {
        for (Py_ssize_t i = 0; i < length; i++) {
            out[2 * i] = first[i];
            out[2 * i + 1] = second[i];
        }
    }
    CLONES static void join_three(unsigned char *restrict out, const unsigned char *restrict first, const unsigned char *restrict second,
                                  const unsigned char *restrict third, Py_ssize_t length)
    {
        for (Py_ssize_t i = 0; i < length; i++) {
            out[3 * i] = first[i];
            out[3 * i + 1] = second[i];
            out[3 * i + 2] = third[i];
        }
    }
    CLONES static void split_two(const unsigned char *restrict pixels, unsigned char *restrict first, unsigned char *restrict second,
                                 Py_ssize_t length)
    {
        for (Py_ssize_t i = 0; i < length; i++) {
            first[i] = pixels[2 * i];
            second[i] = pixels[2 * i + 1];
        }
    }
    CLONES static void split_three(const unsigned char *restrict pixels, unsigned char *restrict first, unsigned char *restrict second,
                                   unsigned char *restrict third, Py_ssize_t length)
    {
        for (Py_ssize_t i = 0; i < length; i++) {
            first[i] = pixels[3 * i];
            second[i] = pixels[3 * i + 1];
            third[i] = pixels[3 * i + 2];
        }
    }
    /* The byte that comes first in memory is the lowest one of a word, or the highest where the machine is big endian. */
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    static inline unsigned long long in_order(unsigned long long word) { return __builtin_bswap64(word); }
    #else
    static inline unsigned long long in_order(unsigned long long word) { return word; }
    #endif
    /* Set a bit for each byte of a row that is the same as the next one, the first byte's lowest. The last byte's is 0, and so are 16 bytes
       of bits behind it. Reads up to 64 bytes past the row. */
    #if defined(__SSE2__)
    #include <emmintrin.h>
    static inline unsigned long long equal_bits(const unsigned char *bytes)
    {
        __m128i here = _mm_loadu_si128((const __m128i *)bytes), next = _mm_loadu_si128((const __m128i *)(bytes + 1));
        return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(here, next));
    }
    #else
    static inline unsigned long long equal_byte(const unsigned char *bytes)
    {
        unsigned long long here, next, differing;
        memcpy(&here, bytes, 8);
        memcpy(&next, bytes + 1, 8);
        here = in_order(here) ^ in_order(next);
        differing = (((here & 0x7F7F7F7F7F7F7F7FULL) + 0x7F7F7F7F7F7F7F7FULL) | here) & 0x8080808080808080ULL;
        return (((differing ^ 0x8080808080808080ULL) >> 7) * 0x0102040810204080ULL) >> 56;     /* the lowest byte's bit becomes the lowest */
    }
    static inline unsigned long long equal_bits(const unsigned char *bytes) { return equal_byte(bytes) | equal_byte(bytes + 8) << 8; }
    #endif
    static inline void mark_equal(const unsigned char *row, Py_ssize_t length, unsigned char *equal)
    {
        Py_ssize_t i;
        for (i = 0; i < length; i += 64) {
            unsigned long long bits = equal_bits(row + i) | equal_bits(row + i + 16) << 16;
            bits |= equal_bits(row + i + 32) << 32 | equal_bits(row + i + 48) << 48;
            bits = in_order(bits);
            memcpy(equal + i / 8, &bits, 8);
        }
        i = (length - 1) / 8;
        equal[i] &= (unsigned char)((1 << (length - 1) % 8) - 1);
        memset(equal + i + 1, 0, 16);
    }
    """
    void join_two(uint8_t* out, const uint8_t* first, const uint8_t* second, Py_ssize_t length) noexcept nogil
    void join_three(uint8_t* out, const uint8_t* first, const uint8_t* second, const uint8_t* third, Py_ssize_t length) noexcept nogil
    void split_two(const uint8_t* pixels, uint8_t* first, uint8_t* second, Py_ssize_t length) noexcept nogil
    void split_three(const uint8_t* pixels, uint8_t* first, uint8_t* second, uint8_t* third, Py_ssize_t length) noexcept nogil
    int first_set_bit(uint64_t word) noexcept nogil
    void mark_equal(const uint8_t* row, Py_ssize_t length, uint8_t* equal) noexcept nogil
    uint64_t in_order(uint64_t word) noexcept nogil

cdef enum:
    MOST_PLANES = 15            # PS3.5 G.5
    BLOCK = 4096                # of each of three planes: fits in the first-level cache
    LONGEST_RUN = 128
    SLACK = 32                  # bytes that may be written or read past what counts
    WINDOW = 57                 # bits of a word that begin at any bit of a byte

cdef enum Status:
    OK, CUT, OVERRUN, NO_MEMORY

MOST_SEGMENTS = MOST_PLANES

cdef uint64_t END_OF_WINDOW = 1ULL << WINDOW
cdef uint64_t END_OF_PAIRS = 1ULL << (WINDOW - 1)


cdef struct Segment:
    const uint8_t* source       # what is not decoded yet
    const uint8_t* end
    uint8_t* plane              # BLOCK + LONGEST_RUN + SLACK bytes
    Py_ssize_t ready            # bytes in plane that are not stored yet


def decode_segments(const uint8_t[::1] encoded not None, offsets, uint8_t[::1] out not None, positions, Py_ssize_t pixel_stride):
    """Decode segments into the byte planes of a frame.

    Parameters
    ----------
    encoded
        The frame, its header too.
    offsets
        Where each segment begins, ascending.
    out
        The frame's bytes: a whole number of pixels of ``pixel_stride`` bytes.
    positions
        Which byte of a pixel each segment is.

    Raises
    ------
    ValueError
        If a segment is shorter or longer than its plane.
    """
    cdef Segment segments[MOST_PLANES]
    cdef Py_ssize_t places[MOST_PLANES]
    cdef Py_ssize_t count = len(offsets), k, start, end, size = encoded.shape[0], failed = 0
    cdef Py_ssize_t pixel_count
    cdef Status status
    if not 1 <= count <= MOST_PLANES or len(positions) != count or pixel_stride < count or out.shape[0] % pixel_stride or not out.shape[0]:
        raise ValueError("segments and frame do not fit together")
    pixel_count = out.shape[0] // pixel_stride
    for k in range(count):
        start = offsets[k]
        end = offsets[k + 1] if k + 1 < count else size
        places[k] = positions[k]
        if not 0 <= start <= end <= size or not 0 <= places[k] < pixel_stride:
            raise ValueError(f"segment {k + 1} lies outside of the frame")
        segments[k].source = &encoded[0] + start
        segments[k].end = &encoded[0] + end
        segments[k].ready = 0
    with nogil:
        status = _decode(segments, count, places, pixel_stride, pixel_count, &encoded[0] + size, &out[0], &failed)
    if status == NO_MEMORY:
        raise MemoryError
    if status != OK:
        problem = "ends before" if status == CUT else "goes on after"
        raise ValueError(f"segment {failed + 1} of {count} {problem} the {pixel_count} bytes of its plane")


cdef Status _decode(Segment* segments, Py_ssize_t count, const Py_ssize_t* places, Py_ssize_t stride, Py_ssize_t pixel_count,
                    const uint8_t* readable_end, uint8_t* out, Py_ssize_t* failed) noexcept nogil:
    cdef Py_ssize_t capacity = BLOCK + LONGEST_RUN + SLACK
    cdef uint8_t* memory = <uint8_t*> malloc(<size_t> (capacity * count))
    cdef Py_ssize_t done = 0, wanted, k
    cdef Status status = OK
    if memory == NULL:
        return NO_MEMORY
    for k in range(count):
        segments[k].plane = memory + k * capacity
    if stride == 1 and pixel_count > LONGEST_RUN + SLACK:       # in place, up to where a run could end after the frame
        segments[0].plane = out
        status = _unpack(&segments[0], pixel_count - LONGEST_RUN - SLACK, readable_end)
        done = segments[0].ready
        segments[0].plane, segments[0].ready = memory, 0
    while done < pixel_count and status == OK:
        wanted = min(<Py_ssize_t> BLOCK, pixel_count - done)
        for k in range(count):
            status = _unpack(&segments[k], wanted, readable_end)
            if status == OK and segments[k].ready > pixel_count - done:
                status = OVERRUN
            if status != OK:
                failed[0] = k
                break
        if status == OK:
            _store(segments, count, places, stride, wanted, out + done * stride)
            for k in range(count):      # a run that reaches into the next block
                segments[k].ready -= wanted
                memmove(segments[k].plane, segments[k].plane + wanted, <size_t> segments[k].ready)
            done += wanted
    free(memory)
    if status == OK:
        for k in range(count):
            if not _is_padding(segments[k].source, segments[k].end):
                failed[0] = k
                return OVERRUN
    return status


cdef bint _is_padding(const uint8_t* source, const uint8_t* end) noexcept nogil:
    """Whether what lies behind a full plane is padding: a byte of any kind, or zeros. More data is that of another image."""
    cdef Py_ssize_t i
    for i in range(end - source - 1):
        if source[i] or source[i + 1]:
            return False
    return True


cdef inline Status _unpack(Segment* segment, Py_ssize_t wanted, const uint8_t* readable_end) noexcept nogil:
    """Decode until ``wanted`` bytes are ready, and those of the last run: 127 more at most (PS3.5 G.3.2)."""
    cdef const uint8_t* source = segment.source
    cdef const uint8_t* end = segment.end
    cdef uint8_t* target = segment.plane + segment.ready
    cdef uint8_t* target_end = segment.plane + wanted
    cdef Py_ssize_t length
    cdef uint8_t code
    while target < target_end:
        if source >= end:
            return CUT
        code = source[0]
        source += 1
        if code < 128:
            length = code + 1
            if end - source < length:
                return CUT
            if readable_end - source >= LONGEST_RUN + SLACK:
                # Fixed sizes become moves without a loop; what is too much is overwritten by what comes next.
                if length <= SLACK:
                    memcpy(target, source, SLACK)
                else:
                    memcpy(target, source, LONGEST_RUN)
            else:
                memcpy(target, source, <size_t> length)
            source += length
            target += length
        elif code > 128:
            if source >= end:
                return CUT
            length = 257 - code
            if length <= SLACK:
                memset(target, source[0], SLACK)
            else:
                memset(target, source[0], LONGEST_RUN)
            source += 1
            target += length
    segment.source = source
    segment.ready = target - segment.plane
    return OK


cdef inline void _store(Segment* segments, Py_ssize_t count, const Py_ssize_t* places, Py_ssize_t stride, Py_ssize_t length,
                        uint8_t* out) noexcept nogil:
    """Put the bytes of a pixel beside each other."""
    cdef Py_ssize_t i, k
    cdef const uint8_t* plane
    cdef const uint8_t* first
    cdef const uint8_t* second
    cdef uint8_t* target
    if stride == 1:
        memcpy(out, segments[0].plane, <size_t> length)
    elif stride == 2 and count == 2 and places[0] != places[1]:
        first, second = segments[0].plane, segments[1].plane
        if places[0] == 1:
            first, second = second, first
        join_two(out, first, second, length)
    elif stride == 3 and count == 3 and places[0] == 0 and places[1] == 1 and places[2] == 2:
        join_three(out, segments[0].plane, segments[1].plane, segments[2].plane, length)
    else:
        for k in range(count):
            plane, target = segments[k].plane, out + places[k]
            for i in range(length):
                target[i * stride] = plane[i]


def encode_segments(const uint8_t[::1] pixels not None, positions, Py_ssize_t pixel_stride, Py_ssize_t row_length):
    """Encode the byte planes of a frame.

    Parameters
    ----------
    pixels
        The frame's bytes: a whole number of rows of ``row_length`` pixels of ``pixel_stride`` bytes.
    positions
        Which byte of a pixel each segment is.
    row_length
        Pixels of a row. No run crosses the end of one (PS3.5 G.3.1).

    Returns
    -------
    tuple
        The segments, each padded to an even length, and where each begins.
    """
    cdef Py_ssize_t places[MOST_PLANES]
    cdef Py_ssize_t sizes[MOST_PLANES]
    cdef Py_ssize_t count = len(positions), rows, row_capacity, bits_capacity, capacity, k, size = 0
    cdef uint8_t* memory
    cdef uint8_t* equal
    cdef uint8_t* encoded
    cdef uint8_t* target
    if not 1 <= count <= MOST_PLANES or pixel_stride < count or row_length < 1 or pixels.shape[0] < 1:
        raise ValueError("segments and frame do not fit together")
    if pixels.shape[0] % (pixel_stride * row_length):
        raise ValueError("the frame has a row that is not whole")
    rows = pixels.shape[0] // (pixel_stride * row_length)
    for k in range(count):
        places[k] = positions[k]
        if not 0 <= places[k] < pixel_stride:
            raise ValueError("a segment lies outside of the pixel")
    # A row never becomes longer than its literals; what is written too much at the end of a segment is in the slack.
    row_capacity = row_length + LONGEST_RUN + SLACK
    capacity = rows * (row_length + (row_length + LONGEST_RUN - 1) // LONGEST_RUN) + LONGEST_RUN + SLACK
    bits_capacity = row_length // 8 + LONGEST_RUN
    memory = <uint8_t*> malloc(<size_t> (bits_capacity + count * (row_capacity + capacity)))
    if memory == NULL:
        raise MemoryError
    equal, encoded = memory + count * row_capacity, memory + count * row_capacity + bits_capacity
    try:
        with nogil:
            _encode(&pixels[0], rows, row_length, pixel_stride, places, count, encoded, capacity, sizes, memory, row_capacity, equal)
        starts = []
        for k in range(count):
            starts.append(size)
            size += sizes[k]
        segments = PyBytes_FromStringAndSize(NULL, size)
        target = <uint8_t*> <char*> segments
        for k in range(count):
            memcpy(target, encoded + k * capacity, <size_t> sizes[k])
            target += sizes[k]
        return segments, starts
    finally:
        free(memory)


cdef void _encode(const uint8_t* pixels, Py_ssize_t rows, Py_ssize_t row_length, Py_ssize_t stride, const Py_ssize_t* places,
                  Py_ssize_t count, uint8_t* out, Py_ssize_t capacity, Py_ssize_t* sizes, uint8_t* planes,
                  Py_ssize_t row_capacity, uint8_t* equal) noexcept nogil:
    """Write each segment to its own part of ``out``; ``planes`` has room for a row of each plane. Rows are read once for all planes."""
    cdef uint8_t* targets[MOST_PLANES]
    cdef Py_ssize_t k, y
    for k in range(count):
        targets[k] = out + k * capacity
    for y in range(rows):
        _split_row(pixels + y * row_length * stride, stride, places, count, row_length, planes, row_capacity)
        for k in range(count):
            targets[k] = _pack(planes + k * row_capacity, row_length, equal, targets[k])
    for k in range(count):
        sizes[k] = targets[k] - (out + k * capacity)
        if sizes[k] % 2:
            targets[k][0] = 0
            sizes[k] += 1


cdef inline void _split_row(const uint8_t* source, Py_ssize_t stride, const Py_ssize_t* places, Py_ssize_t count, Py_ssize_t length,
                            uint8_t* planes, Py_ssize_t row_capacity) noexcept nogil:
    """Put each plane of a row into a row of its own."""
    cdef Py_ssize_t i, k
    cdef const uint8_t* pixel
    cdef uint8_t* plane
    if stride == 1:
        memcpy(planes, source, <size_t> length)
    elif stride == 2 and count == 2 and places[0] != places[1]:
        split_two(source, planes + places[0] * row_capacity, planes + places[1] * row_capacity, length)
    elif stride == 3 and count == 3 and places[0] == 0 and places[1] == 1 and places[2] == 2:
        split_three(source, planes, planes + row_capacity, planes + 2 * row_capacity, length)
    else:
        for k in range(count):
            pixel, plane = source + places[k], planes + k * row_capacity
            for i in range(length):
                plane[i] = pixel[i * stride]


cdef inline uint64_t _window(const uint8_t* equal, Py_ssize_t at) noexcept nogil:
    """Return the bits from ``at`` on, the first one lowest; WINDOW of them are there. Reads 8 bytes."""
    cdef uint64_t word
    memcpy(&word, equal + (at >> 3), 8)
    return in_order(word) >> (at & 7)


cdef inline Py_ssize_t _run_length(const uint8_t* equal, Py_ssize_t at) noexcept nogil:
    """How many bytes from ``at`` on are the same, LONGEST_RUN at most."""
    cdef Py_ssize_t i = at, ones
    while i - at < LONGEST_RUN:
        ones = first_set_bit(~_window(equal, i) | END_OF_WINDOW)
        i += ones
        if ones < WINDOW:
            break
    return min(i + 1 - at, <Py_ssize_t> LONGEST_RUN)


cdef inline Py_ssize_t _find_triple(const uint8_t* equal, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Where from ``at`` on the first three bytes are the same; ``end`` if nowhere before it."""
    cdef uint64_t word
    cdef Py_ssize_t found
    while at < end:
        word = _window(equal, at)
        found = first_set_bit((word & (word >> 1)) | END_OF_PAIRS)
        at += found
        if found < WINDOW - 1:
            return at
    return end


cdef inline uint8_t* _put_literal(const uint8_t* source, Py_ssize_t length, uint8_t* target) noexcept nogil:
    """Write a literal of LONGEST_RUN bytes at most. Fixed sizes become moves without a loop; what is too much is overwritten later."""
    target[0] = <uint8_t> (length - 1)
    if length <= SLACK:
        memcpy(target + 1, source, SLACK)
    else:
        memcpy(target + 1, source, LONGEST_RUN)
    return target + 1 + length


cdef inline uint8_t* _pack(const uint8_t* row, Py_ssize_t length, uint8_t* equal, uint8_t* target) noexcept nogil:
    """Encode a row (PS3.5 G.3.1): two bytes the same make a run where no literal is open, three where one is.

    Neither is ever longer than the other choice. ``equal`` gets a bit for each byte that is the same as the next one; a literal and
    the run behind it are then found without a branch, where both lie in one window: branches on noise are not foreseen.
    """
    cdef Py_ssize_t i = 0, literal_length, ones, literal_end, run
    cdef uint64_t word
    mark_equal(row, length, equal)
    while i < length:
        word = _window(equal, i) & ~END_OF_WINDOW
        literal_length = first_set_bit((word & (word >> 1)) | END_OF_PAIRS)
        literal_length = 0 if word & 1 else literal_length
        ones = first_set_bit(~(word >> literal_length))
        if literal_length + ones < WINDOW - 1:
            target[0] = <uint8_t> (literal_length - 1)
            memcpy(target + 1, row + i, SLACK)
            if literal_length > SLACK:
                memcpy(target + 1 + SLACK, row + i + SLACK, SLACK)
            target += literal_length + (literal_length != 0)
            i += literal_length
            target[0] = <uint8_t> (256 - ones)
            target[1] = row[i]
            target += 2
            i += ones + 1
            continue
        if not word & 1:
            literal_end = _find_triple(equal, i, length)
            while i < literal_end:
                run = min(<Py_ssize_t> LONGEST_RUN, literal_end - i)
                target = _put_literal(row + i, run, target)
                i += run
            if i == length:
                break
        run = _run_length(equal, i)
        target[0] = <uint8_t> (257 - run)
        target[1] = row[i]
        target += 2
        i += run
    return target
