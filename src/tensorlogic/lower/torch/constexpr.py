"""Compressed weights, expanded."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from tensorlogic.lower.torch.registry import implement_rows, implements
from tensorlogic.mil.ops import constexpr as ops

Ints = tuple[int, ...]

implement_rows({ops.constexpr_cast: lambda source_val, output_dtype: source_val.to(output_dtype)})


@implements(ops.constexpr_affine_dequantize)
def constexpr_affine_dequantize(quantized_data: Tensor, zero_point: Tensor, scale: Tensor, axis: int) -> Tensor:
    def along_axis(values: Tensor) -> Tensor:
        shape = [1] * quantized_data.dim()
        shape[axis] = -1
        return values.to(scale.dtype).reshape(shape) if values.dim() else values.to(scale.dtype)

    return along_axis(scale) * (quantized_data.to(scale.dtype) - along_axis(zero_point))


@implements(ops.constexpr_lut_to_dense)
def constexpr_lut_to_dense(indices: Tensor, lut: Tensor, shape: Ints) -> Tensor:
    bits = lut.numel().bit_length() - 1
    if lut.numel() != 1 << bits or bits > 8:
        raise ValueError(f"a palette of {lut.numel()} values has no width in bits")
    return lut[_unpacked(indices, bits, math.prod(shape)).to(lut.device)].reshape(shape)


@implements(ops.constexpr_sparse_to_dense)
def constexpr_sparse_to_dense(nonzero_data: Tensor, mask: Tensor, shape: Ints) -> Tensor:
    present = _unpacked(mask, 1, math.prod(shape)).bool().to(nonzero_data.device)
    if int(present.sum()) != nonzero_data.numel():
        raise ValueError(f"the mask has {int(present.sum())} bits set for {nonzero_data.numel()} values")
    dense = torch.zeros(present.shape, dtype=nonzero_data.dtype, device=nonzero_data.device)
    return dense.masked_scatter_(present, nonzero_data).reshape(shape)


def _unpacked(packed: Tensor, bits: int, count: int) -> Tensor:
    """`count` unsigned numbers of `bits` bits each, packed lowest bit first."""
    data = packed.cpu().numpy()
    if data.size * 8 < count * bits:
        raise ValueError(f"{data.size} bytes do not hold {count} numbers of {bits} bits")
    if bits == 8:
        return torch.from_numpy(data[:count].astype(np.int32))
    unpacked = np.unpackbits(data, bitorder="little")[: count * bits].reshape(count, bits)
    return torch.from_numpy(unpacked @ (1 << np.arange(bits, dtype=np.int32)))
