from collections.abc import Iterable
from typing import final

from dicomkit._core.element_write import ElementWriter
from dicomkit.dataset import DataSet
from dicomkit.values.charset import CharacterSet

__all__ = ["DataSetWriter", "is_as_read", "was_read"]

def is_as_read(data_set: DataSet) -> bool: ...
def was_read(data_set: DataSet) -> bool: ...

@final
class DataSetWriter:
    def __init__(
        self,
        out: ElementWriter,
        *,
        undefined_lengths: bool | None = ...,
        character_set: CharacterSet | None = ...,
        kept: DataSet | None = ...,
        own_group: int | None = ...,
    ) -> None: ...
    @property
    def is_unencodable(self) -> bool: ...
    def set_stream(self, tag: int, vr: str, length: int, chunks: Iterable[bytes | memoryview]) -> None: ...
    def write_data_set(self, data_set: DataSet) -> None: ...
