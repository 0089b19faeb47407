"""Recurrent layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tensorlogic.lower.onnx.graph import Array, Graph, Tensor
from tensorlogic.lower.onnx.layers import ACTIVATIONS, Layer, States, Way
from tensorlogic.lower.onnx.lstm_steps import lstm_steps
from tensorlogic.lower.onnx.registry import implements
from tensorlogic.lower.onnx.sizes import BEYOND
from tensorlogic.mil.ops import recurrent as ops

# Where ONNX has the gates that stand in a program as input, forget, output, cell; and as reset, output, update.
_LSTM, _GRU, _RNN = (0, 2, 1, 3), (2, 0, 1), (0,)

# What ONNX's functions of two numbers take them to be.
_SCALES = {"Affine": (1.0, 0.0), "HardSigmoid": (0.2, 0.5)}


@implements(ops.lstm)
def lstm(
    g: Graph,
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
) -> States:
    names = (recurrent_activation, cell_activation, activation)
    ways = [Way(weight_ih, weight_hh, bias, None, peephole)]
    if direction == "bidirectional":
        if weight_ih_back is None or weight_hh_back is None:
            raise ValueError("a bidirectional lstm needs weights for the backward direction")
        ways.append(Way(weight_ih_back, weight_hh_back, bias_back, None, peephole_back))
    layer = Layer("LSTM", _LSTM, names, direction, output_sequence)
    if clip is not None or any(way.peephole is not None for way in ways):
        return lstm_steps(g, layer, x, (initial_h, initial_c), ways, clip)
    return _recurrent(g, layer, x, (initial_h, initial_c), ways)


@implements(ops.rnn)
def rnn(
    g: Graph,
    x: Tensor,
    initial_h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    direction: str,
    output_sequence: bool,
    activation: str,
) -> States:
    layer = Layer("RNN", _RNN, (activation,), _one_way(direction), output_sequence)
    return _recurrent(g, layer, x, (initial_h,), [Way(weight_ih, weight_hh, bias)])


@implements(ops.gru)
@implements(ops.gru_reset_after)
def gru(
    g: Graph,
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
) -> States:
    layer = Layer("GRU", _GRU, (recurrent_activation, activation), _one_way(direction), output_sequence)
    ways = [Way(weight_ih, weight_hh, bias, input_bias)]
    return _recurrent(g, layer, x, (initial_h,), ways, linear_before_reset=int(reset_after))


def _one_way(direction: str) -> str:
    if direction not in ("forward", "reverse"):
        raise ValueError(f"there is no direction {direction!r}")
    return direction


# What ONNX takes where nothing is said. OpenVINO has no fast kernel for layers that say it.
_DEFAULTS = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "RNN": ("Tanh",)}


def _recurrent(g: Graph, layer: Layer, x: Tensor, initial: States, ways: Sequence[Way], **attributes: Any) -> States:
    """One operator for all steps: the hidden states of all, or of the last, and then the last states."""
    names = [ACTIVATIONS[name] for name in layer.activations] * len(ways)
    sequence, *last = g.op(
        layer.kind,
        x,
        _joined([way.weight_ih for way in ways], layer.gates),
        _joined([way.weight_hh for way in ways], layer.gates),
        _joined([bias for way in ways for bias in (way.input_bias, way.bias)], layer.gates, len(ways)),
        None,
        *[_apart(g, state, len(ways)) for state in initial],
        outputs=1 + len(initial),
        activations=None if tuple(names) == _DEFAULTS[layer.kind] * len(ways) else names,
        activation_alpha=[_SCALES[name][0] for name in names if name in _SCALES] or None,
        activation_beta=[_SCALES[name][1] for name in names if name in _SCALES] or None,
        direction=layer.direction,
        hidden_size=ways[0].weight_hh.sizes[1],
        **attributes,
    )
    states = [_together(g, state, 0, len(ways)) for state in last]
    if not layer.output_sequence:
        return g.op("Unsqueeze", states[0], [0]), *states
    hidden = _together(g, sequence, 1, len(ways))
    return _backwards(g, hidden) if layer.direction == "reverse" else hidden, *states


def _joined(parts: Sequence[Tensor | None], gates: Sequence[int], ways: int = 0) -> Tensor | None:
    """A parameter of every direction as one constant, with its gates as ONNX orders them; zeros where one is left out.

    Where there are more parts than `ways`, those of a direction stand one behind the other.
    """
    like = next((part for part in parts if part is not None), None)
    if like is None:
        return None
    none = np.zeros(like.sizes, np.float16)
    stored = np.stack([none if part is None else _ordered(part, gates) for part in parts])
    stored = stored.reshape(ways or len(parts), -1, *like.sizes[1:])
    return replace(like, stored=stored, shape=stored.shape)


def _ordered(part: Tensor, gates: Sequence[int]) -> Array:
    if part.stored is None:
        raise NotImplementedError("its weights are computed by the program")
    pieces = np.split(np.asarray(part.stored), len(gates))
    return np.concatenate([pieces[gate] for gate in gates])


def _apart(g: Graph, state: Tensor, ways: int) -> Tensor:
    """From [b, D*H] to [D, b, H]."""
    if ways == 1:
        return g.op("Unsqueeze", state, [0])  # type: ignore[no-any-return]
    return g.op("Transpose", g.op("Reshape", state, [0, ways, -1]), perm=[1, 0, 2])  # type: ignore[no-any-return]


def _together(g: Graph, states: Tensor, axis: int, ways: int) -> Tensor:
    """From [..., D, b, H] to [..., b, D*H], where D is an axis of its own."""
    if ways == 1:
        return g.op("Squeeze", states, [axis])  # type: ignore[no-any-return]
    front = list(range(axis))
    side_by_side = g.op("Transpose", states, perm=[*front, axis + 1, axis, axis + 2])
    return g.op("Reshape", side_by_side, [0] * (axis + 1) + [-1])  # type: ignore[no-any-return]


def _backwards(g: Graph, sequence: Tensor) -> Tensor:
    """ONNX keeps the hidden states in the order of the input, a program in that in which they are computed."""
    return g.op("Slice", sequence, [-1], [-BEYOND], [0], [-1])  # type: ignore[no-any-return]
