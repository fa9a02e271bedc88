__all__ = ["find_fragments"]

def find_fragments(
    data: memoryview, position: int, context_id: int, smallest: int, largest: int
) -> tuple[list[memoryview], int]: ...
