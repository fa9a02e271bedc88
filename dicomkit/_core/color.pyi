from typing_extensions import Buffer

__all__ = ["convert_ybr_to_rgb"]

def convert_ybr_to_rgb(samples: Buffer, out: Buffer, is_partial_range: bool = False) -> None: ...
