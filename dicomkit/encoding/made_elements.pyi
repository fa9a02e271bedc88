from dicomkit.dataset import DataSet

__all__ = ["was_replaced"]

def was_replaced(data_set: DataSet, tag: int) -> bool: ...
