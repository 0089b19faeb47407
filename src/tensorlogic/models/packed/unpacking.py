"""From the blocks of quantized types to floats: the layouts of ggml, whole batches of blocks at a time.

Each function takes blocks, uint8 [n, bytes of a block], and gives their elements, float32 [n, elements of a block]:
the same to the last bit as `gguf.quants`, which expands the types that have no function here.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from gguf.constants import GGML_QUANT_SIZES
from gguf.constants import GGMLQuantizationType as Kind
from torch import Tensor

from tensorlogic.errors import UnsupportedError, codes

AT_ONCE = 1 << 19
"""So many elements are expanded at a time: they stay in the processor's cache."""


def unpack(kind: Kind, rows: Tensor) -> Tensor:
    """The elements, float32 [n, elements], of packed rows, uint8 [n, bytes]."""
    block, width = GGML_QUANT_SIZES[kind]
    expand = _UNPACKING.get(kind)
    elements = rows.shape[1] // width * block
    if not rows.numel():
        return torch.empty(len(rows), elements, device=rows.device)
    if expand is None:
        return _by_gguf(kind, rows)
    return expand(rows.reshape(-1, width)).reshape(len(rows), elements)


def unpack_in_pieces(kind: Kind, rows: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """The same of rows [..., bytes] in any type of floats; besides the result it takes little memory."""
    block, width = GGML_QUANT_SIZES[kind]
    *outer, size = rows.shape
    result = torch.empty(math.prod(outer), size // width * block, dtype=dtype, device=rows.device)
    matrix = rows.reshape(math.prod(outer), size)
    for start, stop in pieces(*result.shape):
        result[start:stop] = unpack(kind, matrix[start:stop])
    return result.reshape(*outer, result.shape[1])


def pieces(rows: int, columns: int) -> list[tuple[int, int]]:
    """Where the pieces start and stop that a matrix is expanded in."""
    step = max(1, AT_ONCE // max(1, columns))
    return [(start, min(start + step, rows)) for start in range(0, rows, step)]


def _by_gguf(kind: Kind, rows: Tensor) -> Tensor:
    from gguf.quants import dequantize

    try:
        return torch.from_numpy(dequantize(rows.cpu().numpy(), kind)).to(rows.device)
    except NotImplementedError:
        message = f"tensors of the type {kind.name} cannot be expanded: the gguf package does not know how"
        raise UnsupportedError(codes.UNSUPPORTED_TYPE, message) from None


def _half(blocks: Tensor, start: int) -> Tensor:
    """The float16 at a byte of each block, as float32 [n, 1]."""
    return blocks[:, start : start + 2].view(torch.float16).float()


def _bits(packed: Tensor, width: int, group: int) -> Tensor:
    """The fields of `width` bits of each byte: of `group` bytes first all lowest fields, then the next; [n, fields]."""
    # Several bytes at once: what a shift brings in from the next byte, the mask takes away.
    words = (
        packed.clone(memory_format=torch.contiguous_format).view(torch.int32).reshape(len(packed), -1, 1, group // 4)
    )
    mask = ((1 << width) - 1) * 0x01010101
    fields = torch.cat([(words >> shift) & mask for shift in range(0, 8, width)], 2)
    return fields.flatten(1).view(torch.uint8)


def _nibbles(blocks: Tensor, start: int) -> Tensor:
    """The low nibbles of sixteen bytes, then the high ones; [n, 32]."""
    return _bits(blocks[:, start:], 4, 16)


def _fifth(blocks: Tensor, start: int) -> Tensor:
    """What the bits of four bytes, in order, add to nibbles; [n, 32]."""
    bits = torch.arange(256, device=blocks.device)[:, None] >> torch.arange(8, device=blocks.device) & 1
    words = (bits << 4).to(torch.uint8).view(torch.int64).flatten()
    return words[blocks[:, start : start + 4].int()].view(torch.uint8)


def _signed(unsigned: Tensor, offset: int) -> Tensor:
    return (unsigned.view(torch.int8) - offset).float()


def _q4_0(blocks: Tensor) -> Tensor:
    return _signed(_nibbles(blocks, 2), 8).mul_(_half(blocks, 0))


def _q4_1(blocks: Tensor) -> Tensor:
    return _nibbles(blocks, 4).float().mul_(_half(blocks, 0)).add_(_half(blocks, 2))


def _q5_0(blocks: Tensor) -> Tensor:
    return _signed(_nibbles(blocks, 6) | _fifth(blocks, 2), 16).mul_(_half(blocks, 0))


def _q5_1(blocks: Tensor) -> Tensor:
    return (_nibbles(blocks, 8) | _fifth(blocks, 4)).float().mul_(_half(blocks, 0)).add_(_half(blocks, 2))


def _q8_0(blocks: Tensor) -> Tensor:
    return blocks[:, 2:].view(torch.int8).float().mul_(_half(blocks, 0))


def _scaled(quants: Tensor, scales: Tensor, minima: Tensor | None = None) -> Tensor:
    """Elements [n, 256] times the scale of their group, minus its minimum: scales and minima [n, groups]."""
    grouped = quants.float().reshape(*scales.shape, -1).mul_(scales[..., None])
    return (grouped if minima is None else grouped.sub_(minima[..., None])).flatten(1)


def _q2_k(blocks: Tensor) -> Tensor:
    scales = blocks[:, :16]
    return _scaled(
        _bits(blocks[:, 16:80], 2, 32),
        _half(blocks, 80) * (scales & 15).float(),
        _half(blocks, 82) * (scales >> 4).float(),
    )


def _q3_k(blocks: Tensor) -> Tensor:
    lowest, highest = _bits(blocks[:, 96:104], 4, 8), _bits(blocks[:, 104:108], 2, 4)
    scales = _signed(lowest | (highest << 4), 32)
    high = _bits(blocks[:, :32], 1, 32)
    return _scaled((_bits(blocks[:, 32:96], 2, 32) | (high << 2)).view(torch.int8) - 4, _half(blocks, 108) * scales)


def _six_bits(packed: Tensor) -> tuple[Tensor, Tensor]:
    """Eight scales and eight minima of six bits each, from twelve bytes."""
    scales, minima, rest = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    return (
        torch.cat([scales & 63, (rest & 15) | ((scales >> 2) & 48)], 1).float(),
        torch.cat([minima & 63, (rest >> 4) | ((minima >> 2) & 48)], 1).float(),
    )


def _q4_k(blocks: Tensor) -> Tensor:
    scales, minima = _six_bits(blocks[:, 4:16])
    return _scaled(_bits(blocks[:, 16:], 4, 32), _half(blocks, 0) * scales, _half(blocks, 2) * minima)


def _q5_k(blocks: Tensor) -> Tensor:
    scales, minima = _six_bits(blocks[:, 4:16])
    quants = _bits(blocks[:, 48:], 4, 32) | (_bits(blocks[:, 16:48], 1, 32) << 4)
    return _scaled(quants, _half(blocks, 0) * scales, _half(blocks, 2) * minima)


def _q6_k(blocks: Tensor) -> Tensor:
    quants = _bits(blocks[:, :128], 4, 64) | (_bits(blocks[:, 128:192], 2, 32) << 4)
    scales = blocks[:, 192:208].view(torch.int8).float()
    return _scaled(quants.view(torch.int8) - 32, _half(blocks, 208) * scales)


_UNPACKING: dict[Kind, Callable[[Tensor], Tensor]] = {
    Kind.Q4_0: _q4_0, Kind.Q4_1: _q4_1, Kind.Q5_0: _q5_0, Kind.Q5_1: _q5_1, Kind.Q8_0: _q8_0,
    Kind.Q2_K: _q2_k, Kind.Q3_K: _q3_k, Kind.Q4_K: _q4_k, Kind.Q5_K: _q5_k, Kind.Q6_K: _q6_k,
}  # fmt: skip
