from collections.abc import Iterable
from typing import Any, final

from dicomkit._core.element_index import ElementIndex

__all__ = ["ScanLimits", "scan"]

@final
class ScanLimits:
    def __new__(
        cls,
        *,
        max_depth: int,
        stop_first: int = ...,
        stop_last: int = ...,
        only_group: int = ...,
        strict: bool = ...,
        partial: bool = ...,
        settled: bool = ...,
        tags: Iterable[int] | None = ...,
    ) -> ScanLimits: ...

def scan(
    buffer: object,
    start: int = ...,
    stop: int | None = ...,
    *,
    is_implicit_vr: bool = ...,
    is_big_endian: bool = ...,
    limits: ScanLimits,
    source: Any = ...,
    character_set: Any = ...,
) -> ElementIndex | None: ...
