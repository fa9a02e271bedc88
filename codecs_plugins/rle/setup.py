"""The compiled part of dicomkit-rle."""

from Cython.Build import cythonize
from setuptools import Extension, setup

setup(
    ext_modules=cythonize(
        [Extension("dicomkit_rle.packbits", ["dicomkit_rle/packbits.pyx"], extra_compile_args=["-O3", "-fno-strict-aliasing"])],
        compiler_directives={
            "language_level": "3",
            "boundscheck": False,
            "wraparound": False,
            "initializedcheck": False,
            "cdivision": True,
            "embedsignature": False,
        },
    )
)
