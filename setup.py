"""The compiled part of dicomkit: one extension for each ``.pyx``, with the same directives."""

import runpy
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

# Dictionary tables (PS3.6) become C tables and typed stubs before anything is compiled.
runpy.run_path("dicomkit/dictionary/generate_tables.py", run_name="__main__")

setup(
    ext_modules=cythonize(
        [
            Extension(
                ".".join(source.with_suffix("").parts),
                [str(source)],
                # No fused multiply-add: results must not depend on the compiler's mood.
                extra_compile_args=["-O3", "-ffp-contract=off", "-fno-strict-aliasing", "-Wno-unused-function"],
            )
            for source in sorted(Path("dicomkit").rglob("*.pyx"))
        ],
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
