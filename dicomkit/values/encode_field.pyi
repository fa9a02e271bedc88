from typing import Any

__all__ = ["encode_value_field"]

def encode_value_field(vr: str, value: Any, tag: int) -> bytes: ...
