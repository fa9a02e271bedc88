# Kernels for the processor that runs them. A function whose result is ``dispatched`` is void, and compiled several times where GCC,
# glibc and x86-64 come together: for AVX-512, for AVX2 and for any processor; the loader picks one. Elsewhere it is an ordinary
# function. Results never depend on which: -ffp-contract=off keeps fused multiply-add out of all of them.
#
# no-trapping-math lets comparisons of floating point numbers be vectorised. It gives up the exception flags, which nobody reads, and
# changes no result.
#
# Sanitizers don't get on with the resolvers, which run before they are ready.

cdef extern from *:
    """
    #if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) \
        && !defined(__SANITIZE_THREAD__) && !defined(DICOMKIT_ONE_TARGET)
    #if __GNUC__ >= 12
    #define DICOMKIT_DISPATCHED __attribute__((target_clones("arch=x86-64-v4", "avx2", "default"), optimize("no-trapping-math")))
    #else
    #define DICOMKIT_DISPATCHED __attribute__((target_clones("avx2", "default"), optimize("no-trapping-math")))
    #endif
    #else
    #define DICOMKIT_DISPATCHED
    #endif
    """
    ctypedef void dispatched "DICOMKIT_DISPATCHED void"
