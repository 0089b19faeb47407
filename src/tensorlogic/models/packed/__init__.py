"""Quantized weights that stay packed in memory, and are expanded piece by piece where they are used."""

from tensorlogic.models.packed.tensor import PackedTensor

__all__ = ["PackedTensor"]
