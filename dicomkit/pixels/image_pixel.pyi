from dicomkit.dataset import DataSet

__all__ = ["read_image_pixel"]

def read_image_pixel(data_set: DataSet) -> tuple[int, int, int, int, int, int, int, str, int, int] | None: ...
