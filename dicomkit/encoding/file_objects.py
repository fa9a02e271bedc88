"""Writing files (PS3.10 7) to file objects, which may take less than they are given."""

from __future__ import annotations

import errno
import io

from dicomkit.errors import TargetError

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["write_chunks"]


def write_chunks(target: Any, chunks: Iterable[bytes | memoryview]) -> None:
    """Write all of the bytes to a binary file object.

    Raises
    ------
    TargetError
        If it takes nothing: a raw one that does not block, and has no room now. What it took before is written.
    """
    # Objects of others often return nothing, and mean all of it; of a raw one it means the opposite.
    is_raw = isinstance(target, io.RawIOBase)
    for chunk in chunks:
        written = target.write(chunk)
        if (written is None and not is_raw) or written == len(chunk):
            continue
        view = memoryview(chunk)
        while len(view):
            if not written:
                raise TargetError(errno.EAGAIN, "the file object takes no more")
            view = view[written:]
            written = target.write(view) if len(view) else 0
