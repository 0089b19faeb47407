"""Recurrent layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import recurrent as ops

Activation = Callable[[Tensor], Tensor]

# In a recurrent layer the scaled tanh has the scales 1 and 1.
_ACTIVATIONS: dict[str, Activation] = {
    "hard_sigmoid": lambda x: (0.2 * x + 0.5).clamp(0, 1),
    "linear": lambda x: x,
    "relu": torch.relu,
    "scaled_tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


class Cell(NamedTuple):
    """One direction of an LSTM: its weights and what it applies to its gates."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias: Tensor | None
    peephole: Tensor | None
    gate: Activation
    cell: Activation
    output: Activation
    clip: float | None


@implements(ops.lstm)
def lstm(
    x: Tensor,
    initial_h: Tensor,
    initial_c: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    peephole: Tensor | None,
    weight_ih_back: Tensor | None,
    weight_hh_back: Tensor | None,
    bias_back: Tensor | None,
    peephole_back: Tensor | None,
    direction: str,
    output_sequence: bool,
    recurrent_activation: str,
    cell_activation: str,
    activation: str,
    clip: float | None,
) -> tuple[Tensor, Tensor, Tensor]:
    if direction not in ("forward", "reverse", "bidirectional"):
        raise ValueError(f"there is no direction {direction!r}")
    gate, cell, output = (_ACTIVATIONS[name] for name in (recurrent_activation, cell_activation, activation))
    forward = Cell(weight_ih, weight_hh, bias, peephole, gate, cell, output, clip)
    if direction != "bidirectional":
        return _scan(x.flip(0) if direction == "reverse" else x, initial_h, initial_c, forward, output_sequence)
    if weight_ih_back is None or weight_hh_back is None:
        raise ValueError("a bidirectional lstm needs weights for the backward direction")
    backward = Cell(weight_ih_back, weight_hh_back, bias_back, peephole_back, gate, cell, output, clip)
    (h_there, h_back), (c_there, c_back) = initial_h.chunk(2, dim=1), initial_c.chunk(2, dim=1)
    there = _scan(x, h_there, c_there, forward, output_sequence)
    sequence, h, c = _scan(x.flip(0), h_back, c_back, backward, output_sequence)
    sequence, h, c = (torch.cat(pair, -1) for pair in zip(there, (sequence.flip(0), h, c), strict=True))
    return sequence, h, c


def _scan(x: Tensor, h: Tensor, c: Tensor, cell: Cell, output_sequence: bool) -> tuple[Tensor, Tensor, Tensor]:
    """The steps in the order of x."""
    # The inputs' share of all gates at all steps is one product.
    projected = F.linear(x, cell.weight_ih, cell.bias)
    steps = []
    for gates in projected:
        h, c = _step(gates + F.linear(h, cell.weight_hh), c, cell)
        if output_sequence:
            steps.append(h)
    return torch.stack(steps) if output_sequence else h.unsqueeze(0), h, c


def _step(gates: Tensor, c: Tensor, cell: Cell) -> tuple[Tensor, Tensor]:
    i, f, o, z = gates.chunk(4, dim=-1)
    look_i, look_f, look_o = (None, None, None) if cell.peephole is None else cell.peephole.chunk(3)
    c = cell.gate(_looking(f, look_f, c)) * c + cell.gate(_looking(i, look_i, c)) * cell.cell(z)
    c = c if cell.clip is None else c.clamp(-cell.clip, cell.clip)
    return cell.gate(_looking(o, look_o, c)) * cell.output(c), c


def _looking(gate: Tensor, peephole: Tensor | None, c: Tensor) -> Tensor:
    return gate if peephole is None else gate + peephole * c
