"""Tensors that divide into blocks: a grid of them, each with a value of its own."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from tensorlogic.lower.torch.storage import Shape


def by_block(values: Tensor, shape: Shape) -> Callable[[int, int], Tensor]:
    """What gives elements `start` to `stop` of a tensor the values of their blocks.

    `values` is the grid, and has as many axes as `shape`. Where all these elements are in one block, its value comes
    alone, to be broadcast.
    """
    grid = values.shape
    if len(grid) != len(shape) or not all(count and size % count == 0 for size, count in zip(shape, grid, strict=True)):
        raise ValueError(f"a tensor of shape {list(shape)} does not divide into {list(grid)} blocks")
    last = max((axis for axis, count in enumerate(grid) if count > 1), default=-1)
    # Elements are in the same block as long as they differ behind the last axis that is divided.
    sizes = (*shape[:last], grid[last]) if last >= 0 else ()
    run = math.prod(shape) // math.prod(sizes) if math.prod(shape) else 1
    flat = values.flatten()

    def part(start: int, stop: int) -> Tensor:
        first, end = start // run, (stop - 1) // run + 1
        runs = torch.arange(first, end, device=values.device)
        chosen = flat[_block_numbers(runs, sizes, grid)]
        if end - first == 1:
            return chosen
        repeats = torch.full_like(runs, run)
        repeats[0] -= start - first * run
        repeats[-1] -= end * run - stop
        return chosen.repeat_interleave(repeats, output_size=stop - start)

    return part


def _block_numbers(places: Tensor, sizes: Shape, grid: Shape) -> Tensor:
    """The row-major numbers in `grid` of the blocks that places in a tensor of `sizes` are in."""
    numbers, stride = torch.zeros_like(places), 1
    for size, count in zip(reversed(sizes), reversed(grid[: len(sizes)]), strict=True):
        if count > 1:
            numbers += places % size // (size // count) * stride
        places, stride = places // size, stride * count
    return numbers
