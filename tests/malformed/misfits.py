"""Compressed weights that cannot be what they say, one idea each, and the error that each must give."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tensorlogic.errors import Code, codes

from .compressed_package import PALETTE, Constant, Expression, Type, halves, numbers, weight

SIZE = 4
HUGE = 1 << 40
FAILED, MISMATCH, MALFORMED = codes.ENGINE_FAILED, codes.SIZE_MISMATCH, codes.BAD_OPERATION

INDICES = numbers("UINT4", 4, 4)
MASK = Constant("UINT1", (4, 4), np.uint8([0b0101_0101, 0b0000_1111]))
"""With eight bits set."""
FIRST_AXIS = Constant("INT32", (), np.int32(0))

Given = Constant | str


@dataclass(frozen=True)
class Misfit:
    """Expressions for a weight of 4 x 4, and what loading them must say."""

    name: str
    code: Code
    says: str
    expressions: tuple[Expression, ...]


def _palette(name: str, code: Code, says: str, **given: Given) -> Misfit:
    arguments = {"indices": INDICES, "lut": PALETTE, **given}
    return Misfit(name, code, says, (Expression("constexpr_lut_to_dense", arguments, weight(SIZE)),))


def _blocks(name: str, code: Code, says: str, declared: Type = ("FLOAT16", (4, 4)), **given: Given) -> Misfit:
    arguments = {"data": numbers("INT4", 4, 4), "scale": halves(4, 2), **given}
    expression = Expression("constexpr_blockwise_shift_scale", arguments, {"weight": declared})
    return Misfit(name, code, says, (expression,))


def _sparse(name: str, code: Code, says: str, **given: Given) -> Misfit:
    arguments = {"mask": MASK, "nonzero_data": halves(8), **given}
    return Misfit(name, code, says, (Expression("constexpr_sparse_to_dense", arguments, weight(SIZE)),))


def _sparse_palette(name: str, code: Code, says: str, then: Given = "there", **given: Given) -> Misfit:
    """The mask of the second expression is `then`."""
    arguments = {"indices_mask": MASK, "indices_nonzero_data": numbers("UINT4", 8), "lut": PALETTE, **given}
    results = {"there": ("UINT1", (4, 4)), "values": ("FLOAT16", (8,))}
    dense = Expression("constexpr_sparse_to_dense", {"mask": then, "nonzero_data": "values"}, weight(SIZE))
    return Misfit(name, code, says, (Expression("constexpr_lut_to_sparse", arguments, results), dense))


MISFITS = (
    _palette("palette too small", FAILED, "a palette of 8 values for indices of 4 bits", lut=halves(1, 1, 8, 1)),
    _palette("palette too large", FAILED, "a palette of 32 values for indices of 4 bits", lut=halves(1, 1, 32, 1)),
    _palette("palette empty", FAILED, "a palette of 0 values", lut=halves(1, 1, 0, 1)),
    _palette("palette of one axis", FAILED, "palettes of shape [16] for indices of shape [4, 4]", lut=halves(16)),
    _palette("three palettes for four rows", FAILED, "does not divide into [3, 1] blocks", lut=halves(3, 1, 16, 1)),
    _palette("no palettes", FAILED, "does not divide into [0, 1] blocks", lut=halves(0, 1, 16, 1)),
    _palette("vectors along no axis", FAILED, "vectors of 2 lie along no axis", lut=halves(1, 1, 16, 2)),
    _palette("vectors that lead beyond", MALFORMED, "the file declares tensor<fp16, [4, 4]>",
             lut=halves(1, 1, 16, 2), vector_axis=FIRST_AXIS),
    _palette("indices of floats", FAILED, "indices of type float", indices=halves(4, 4)),
    _palette("indices that may be negative", FAILED, "indices of type int8", indices=numbers("INT4", 4, 4)),
    _palette("indices too short", MISMATCH, "needs 8 bytes, but has 7",
             indices=replace(INDICES, data=INDICES.data[1:])),
    _palette("indices of a huge shape", MISMATCH, "bytes, but has 8", indices=replace(INDICES, shape=(HUGE, HUGE))),
    _palette("indices with padding", MISMATCH, "leaves 0 bits over, but the file says 4",
             indices=replace(INDICES, padding=4)),
    _palette("indices that move", MALFORMED, "'indices' must be a constant", indices="x"),
    _palette("argument of an earlier opset", MALFORMED, "no parameter 'shape'", shape=FIRST_AXIS),
    _blocks("three scales for four columns", FAILED, "does not divide into [4, 3] blocks", scale=halves(4, 3)),
    _blocks("scales of one axis", FAILED, "does not divide into [4] blocks", scale=halves(4)),
    _blocks("no scales", FAILED, "does not divide into [4, 0] blocks", scale=halves(4, 0)),
    _blocks("offsets unlike scales", FAILED, "[4, 1] offsets for [4, 2] scales", offset=numbers("INT4", 4, 1)),
    _blocks("another result", MALFORMED, "the file declares tensor<fp16, [2, 8]>", ("FLOAT16", (2, 8))),
    _blocks("result beyond memory", codes.TOO_LARGE, "memory", ("FLOAT16", (HUGE, HUGE))),
    _sparse("a value too few", FAILED, "8 bits set for 7 values", nonzero_data=halves(7)),
    _sparse("a value too many", FAILED, "8 bits set for 9 values", nonzero_data=halves(9)),
    _sparse("mask of four bits", FAILED, "a mask of 4 bits", mask=INDICES),
    _sparse("mask of a huge shape", MISMATCH, "bytes, but has 2", mask=replace(MASK, shape=(HUGE, HUGE))),
    _sparse_palette("an index too few", FAILED, "8 bits set for 7 values", indices_nonzero_data=numbers("UINT4", 7)),
    _sparse_palette("sparse vectors along no axis", FAILED, "vectors of 3 lie along no axis", lut=halves(1, 1, 16, 3)),
    _sparse_palette("another mask", FAILED, "7 bits set for 8 values",
                    then=replace(MASK, data=MASK.data & 0b0111_1101)),
)  # fmt: skip
