"""The fragments of a data set in what one read brought (PS3.8 9.3.5): all but its first and last, without an object for each PDU."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from dicomkit._core.byteorder cimport load32

__all__ = ["find_fragments"]

cdef enum:
    HEADER_LENGTH = 12      # PDU type, reserved byte, PDU length, PDV length, presentation context ID, message control header
    P_DATA_TF = 4
    MOST_FRAGMENTS = 256    # found at a time: 16 KiB each fill more than is ever read at once
    COMMAND_OR_LAST = 3     # the two bits of the message control header (PS3.8 E.2)


def find_fragments(data not None, Py_ssize_t position, int context_id, uint32_t smallest, uint32_t largest):
    """Return the fragments that follow each other, as views, and where the first byte behind them is.

    A fragment is found while the P-DATA-TF that comes next is all there, has one PDV, of this presentation context, and of a data set that
    does not end with it. What is anything else, or wrong, is left to who reads PDU by PDU.

    Parameters
    ----------
    data
        What was received, of which the fragments are slices.
    position
        Where a PDU begins.
    context_id
        Of the data set that is arriving.
    smallest
        A fragment of fewer bytes is left to others, so that the work on what was received stays in proportion to it.
    largest
        The longest PDU that is allowed.

    Raises
    ------
    ValueError
        If ``position`` is outside of ``data``.
    """
    cdef const uint8_t[::1] received = data
    cdef Py_ssize_t starts[MOST_FRAGMENTS]
    cdef Py_ssize_t ends[MOST_FRAGMENTS]
    cdef Py_ssize_t length = received.shape[0]
    cdef Py_ssize_t count, i
    if not 0 <= position <= length:
        raise ValueError(f"there is no offset {position} in {length} bytes")
    if position == length:      # &received[0] needs a first element
        return [], position
    count = _find(&received[0], length, position, context_id, smallest, largest, starts, ends)
    return [data[starts[i]:ends[i]] for i in range(count)], ends[count - 1] if count else position


cdef Py_ssize_t _find(const uint8_t* data, Py_ssize_t length, Py_ssize_t position, int context_id, uint32_t smallest, uint32_t largest,
                      Py_ssize_t* starts, Py_ssize_t* ends) noexcept nogil:
    cdef Py_ssize_t count = 0
    cdef int64_t pdu_length, pdv_length     # of 32 bits, and sums of them
    cdef const uint8_t* header
    while count < MOST_FRAGMENTS and length - position >= HEADER_LENGTH:
        header = data + position
        pdu_length = load32(header + 2, True)
        pdv_length = load32(header + 6, True)
        if (header[0] != P_DATA_TF or pdu_length > largest or pdv_length + 4 != pdu_length or header[10] != context_id
                or header[11] & COMMAND_OR_LAST or pdv_length - 2 < smallest):
            break
        if pdv_length - 2 > length - position - HEADER_LENGTH:
            break
        starts[count] = position + HEADER_LENGTH
        position += HEADER_LENGTH + pdv_length - 2
        ends[count] = position
        count += 1
    return count
