from typing import final

__all__ = ["FileBlock", "read_block"]

@final
class FileBlock:
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

def read_block(descriptor: int, size: int) -> FileBlock: ...
