"""Operations that are faster together than one after another, with the same results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tensorlogic.lower.torch.conv import HALVES, Ints, conv, moved
from tensorlogic.lower.torch.registry import Arguments, fuses
from tensorlogic.lower.torch.states import Cell, coreml_update_state, shares
from tensorlogic.lower.torch.tensor_transformation import part_of, slice_update, write_part
from tensorlogic.mil.ops import activation, elementwise_binary, states, tensor_transformation
from tensorlogic.mil.ops import conv as convolutions

# Convolutions: cuDNN adds the bias and another tensor, and takes the positive part, before it writes the result.


@fuses(convolutions.conv, activation.relu, device="cuda")
def conv_relu(first: Arguments, second: Arguments) -> Tensor:
    if not _fits(first, None):
        return torch.relu(conv(**first))
    x, weight, bias, strides, padding, dilations, groups = _for_cudnn(**first)
    return torch.cudnn_convolution_relu(x, weight, bias, strides, padding, dilations, groups)


@fuses(convolutions.conv, elementwise_binary.add, activation.relu, device="cuda")
def conv_add_relu(first: Arguments, second: Arguments, third: Arguments) -> Tensor:
    (other,) = second.values()
    if not _fits(first, other):
        return torch.relu(conv(**first) + other)
    x, weight, bias, strides, padding, dilations, groups = _for_cudnn(**first)
    return torch.cudnn_convolution_add_relu(x, weight, other, 1.0, bias, strides, padding, dilations, groups)


def _fits(arguments: Arguments, other: Tensor | None) -> bool:
    """Whether it is a convolution of images in one type of half floats, and `other` needs no broadcasting."""
    x, weight, bias = arguments["x"], arguments["weight"], arguments["bias"]
    tensors = [each for each in (x, weight, bias, other) if each is not None]
    if x.dim() != 4 or x.dtype not in HALVES or any(each.dtype != x.dtype for each in tensors):
        return False
    return other is None or other.shape == _result_shape(**arguments)


def _result_shape(x: Tensor, weight: Tensor, groups: int, bias: Tensor | None, **how: Any) -> Ints:
    x, strides, padding, dilations = moved(x, weight, **how)
    axes = zip(x.shape[2:], weight.shape[2:], strides, padding, dilations, strict=True)
    return (
        x.shape[0],
        weight.shape[0],
        *((size + 2 * pad - dilation * (k - 1) - 1) // step + 1 for size, k, step, pad, dilation in axes),
    )


def _for_cudnn(x: Tensor, weight: Tensor, bias: Tensor | None, groups: int, **how: Any) -> tuple[Any, ...]:
    x, strides, padding, dilations = moved(x, weight, **how)
    # cuDNN is called in the order that x is in, and weights are in this one.
    return x.contiguous(memory_format=torch.channels_last), weight, bias, strides, padding, dilations, groups


# States: a part of one is written where it lies, as long as nobody would notice.


@fuses(tensor_transformation.slice_update, states.write_state, sees_alive=True)
def write_slice(first: Arguments, second: Arguments, alive: Sequence[Any]) -> tuple[()]:
    _write_slice(second["input"], alive, **first)
    return ()


@fuses(tensor_transformation.slice_update, states.coreml_update_state, sees_alive=True)
def update_slice(first: Arguments, second: Arguments, alive: Sequence[Any]) -> Tensor:
    return _write_slice(second["state"], alive, **first)


def _write_slice(cell: Cell, alive: Sequence[Any], x: Tensor, update: Tensor, **region: Any) -> Tensor:
    seen = [update, *alive, *(other.value for other in cell.others)]
    if x is not cell.value or cell.changed or any(shares(x, each) for each in seen):
        return coreml_update_state(cell, slice_update(x=x, update=update, **region))
    part, backwards = part_of(x, **region)
    if cell.undo is not None:
        cell.undo.append((part, part.clone()))
    write_part(part, backwards, update)
    return x
