from collections.abc import Iterable
from typing import Any, final

__all__ = ["ElementIndex", "ScanLimits", "scan"]

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

@final
class ElementIndex:
    @property
    def source(self) -> Any: ...
    @property
    def strict(self) -> bool: ...
    @property
    def character_set(self) -> Any: ...
    @property
    def max_depth(self) -> int: ...
    @property
    def start_offset(self) -> int: ...
    @property
    def stop_offset(self) -> int: ...
    @property
    def end_offset(self) -> int: ...
    @property
    def error(self) -> Any: ...
    @property
    def buffer(self) -> memoryview: ...
    @property
    def has_anomalies(self) -> bool: ...
    @property
    def found_anomalies(self) -> list[tuple[str, int, int | None]]: ...
    def __len__(self) -> int: ...

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
