# Kernels for the processor that runs them. A function whose result is ``dispatched`` is void, and compiled twice where GCC, glibc and
# x86-64 come together: for AVX2 and for any processor; the loader picks one. Elsewhere it is an ordinary function.
# Results never depend on which: nothing dispatched uses fused multiply-add, which -ffp-contract=off keeps out as well.

cdef extern from *:
    """
    #if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) \
        && !defined(__SANITIZE_THREAD__) && !defined(DICOMKIT_ONE_TARGET)
    #define DICOMKIT_DISPATCHED __attribute__((target_clones("avx2", "default"), optimize("no-trapping-math")))
    #else
    #define DICOMKIT_DISPATCHED
    #endif
    """
    ctypedef void dispatched "DICOMKIT_DISPATCHED void"
