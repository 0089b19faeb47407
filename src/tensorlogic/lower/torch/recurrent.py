"""Recurrent layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import recurrent as ops

Activation = Callable[[Tensor], Tensor]
State = tuple[Tensor, ...]
Step = Callable[[Tensor, State], State]


def _hard_sigmoid(x: Tensor) -> Tensor:
    return (0.2 * x + 0.5).clamp(0, 1)


# In a recurrent layer the scaled tanh has the scales 1 and 1.
_ACTIVATIONS: dict[str, Activation] = {
    "hard_sigmoid": _hard_sigmoid,
    "linear": lambda x: x,
    "relu": torch.relu,
    "scaled_tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "sigmoid_hard": _hard_sigmoid,
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
) -> State:
    gate, cell, output = (_ACTIVATIONS[name] for name in (recurrent_activation, cell_activation, activation))
    forward = Cell(weight_ih, weight_hh, bias, peephole, gate, cell, output, clip)
    if direction != "bidirectional":
        return _lstm(forward, _in_order(x, direction), initial_h, initial_c, output_sequence)
    if weight_ih_back is None or weight_hh_back is None:
        raise ValueError("a bidirectional lstm needs weights for the backward direction")
    backward = Cell(weight_ih_back, weight_hh_back, bias_back, peephole_back, gate, cell, output, clip)
    (h_there, h_back), (c_there, c_back) = initial_h.chunk(2, dim=1), initial_c.chunk(2, dim=1)
    there = _lstm(forward, x, h_there, c_there, output_sequence)
    sequence, h, c = _lstm(backward, x.flip(0), h_back, c_back, output_sequence)
    return tuple(torch.cat(pair, -1) for pair in zip(there, (sequence.flip(0), h, c), strict=True))


def _lstm(cell: Cell, x: Tensor, h: Tensor, c: Tensor, output_sequence: bool) -> State:
    return _scan(F.linear(x, cell.weight_ih, cell.bias), (h, c), partial(_lstm_step, cell), output_sequence)


def _lstm_step(cell: Cell, projected: Tensor, state: State) -> State:
    h, c = state
    i, f, o, z = (projected + F.linear(h, cell.weight_hh)).chunk(4, dim=-1)
    look_i, look_f, look_o = (None, None, None) if cell.peephole is None else cell.peephole.chunk(3)
    c = cell.gate(_looking(f, look_f, c)) * c + cell.gate(_looking(i, look_i, c)) * cell.cell(z)
    c = c if cell.clip is None else c.clamp(-cell.clip, cell.clip)
    return cell.gate(_looking(o, look_o, c)) * cell.output(c), c


def _looking(gate: Tensor, peephole: Tensor | None, c: Tensor) -> Tensor:
    return gate if peephole is None else gate + peephole * c


@implements(ops.rnn)
def rnn(
    x: Tensor,
    initial_h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    direction: str,
    output_sequence: bool,
    activation: str,
) -> State:
    output = _ACTIVATIONS[activation]

    def step(projected: Tensor, state: State) -> State:
        return (output(projected + F.linear(state[0], weight_hh)),)

    return _scan(F.linear(_in_order(x, direction), weight_ih, bias), (initial_h,), step, output_sequence)


@implements(ops.gru)
@implements(ops.gru_reset_after)
def gru(
    x: Tensor,
    initial_h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    direction: str,
    output_sequence: bool,
    recurrent_activation: str,
    activation: str,
    reset_after: bool = False,
    input_bias: Tensor | None = None,
) -> State:
    gate, output = _ACTIVATIONS[recurrent_activation], _ACTIVATIONS[activation]
    weights = weight_hh.chunk(3)
    biases = (None, None, None) if bias is None else bias.chunk(3)
    reset_part, output_part, update_part = (
        partial(F.linear, weight=w, bias=b) for w, b in zip(weights, biases, strict=True)
    )

    def step(projected: Tensor, state: State) -> State:
        (h,), (r, o, z) = state, projected.chunk(3, dim=-1)
        r, z = gate(r + reset_part(h)), gate(z + update_part(h))
        o = output(o + (r * output_part(h) if reset_after else output_part(r * h)))
        return ((1 - z) * o + z * h,)

    return _scan(F.linear(_in_order(x, direction), weight_ih, input_bias), (initial_h,), step, output_sequence)


def _in_order(x: Tensor, direction: str) -> Tensor:
    """x in the order of the steps."""
    if direction not in ("forward", "reverse"):
        raise ValueError(f"there is no direction {direction!r}")
    return x.flip(0) if direction == "reverse" else x


def _scan(projected: Tensor, state: State, step: Step, output_sequence: bool) -> State:
    """Take a step for each input, whose share of the gates is one product for all; a state begins with what is hidden.

    Returns the hidden states of all steps, or of the last, and then the last state.
    """
    hidden = []
    for each in projected:
        state = step(each, state)
        if output_sequence:
            hidden.append(state[0])
    return torch.stack(hidden) if output_sequence else state[0].unsqueeze(0), *state
