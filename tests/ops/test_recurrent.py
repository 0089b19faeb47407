from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from .harness import Case, case, suite
from .references import ACTIVATIONS, gru_steps, lstm_steps, rnn_steps

STEPS, SAMPLES, INPUTS, HIDDEN = 4, 2, 3, 5
RANDOM = np.random.default_rng(6)


def random(*shape: int) -> np.ndarray:
    return (RANDOM.normal(size=shape) / 2).astype(np.float32)


X = random(STEPS, SAMPLES, INPUTS)
H, C = random(SAMPLES, HIDDEN), random(SAMPLES, HIDDEN)
WEIGHTS = {"weight_ih": random(4 * HIDDEN, INPUTS), "weight_hh": random(4 * HIDDEN, HIDDEN)}
BIAS, PEEPHOLE = {"bias": random(4 * HIDDEN)}, {"peephole": random(3 * HIDDEN)}
BACK = {f"{name}_back": random(*value.shape) for name, value in {**WEIGHTS, **BIAS, **PEEPHOLE}.items()}
BOTH = {"initial_h": random(SAMPLES, 2 * HIDDEN), "initial_c": random(SAMPLES, 2 * HIDDEN)}
FEW = ("weight_ih_back", "weight_hh_back")
NOT_INPUTS = (*(name for each in (WEIGHTS, BIAS, PEEPHOLE, BACK) for name in each), "input_bias")

Result = tuple[np.ndarray, np.ndarray, np.ndarray]


def one_way(names: list[str], reverse: bool = False, sequence: bool = False, **how: Any) -> Callable[..., Result]:
    def want(*arrays: np.ndarray) -> Result:
        named = dict(zip(names, arrays, strict=True))
        x, h, c = named.pop("x"), named.pop("initial_h"), named.pop("initial_c")
        states, h, c = lstm_steps(x[::-1] if reverse else x, h, c, **named, **how)
        return (states if sequence else h[None]), h, c

    return want


def both_ways(names: list[str], sequence: bool = False) -> Callable[..., Result]:
    """Backward, the state of a step stands where the step's input does."""

    def want(*arrays: np.ndarray) -> Result:
        named = dict(zip(names, arrays, strict=True))
        x, h, c = named.pop("x"), named.pop("initial_h"), named.pop("initial_c")
        back = {name.removesuffix("_back"): named.pop(name) for name in list(named) if name.endswith("_back")}
        states, h_there, c_there = lstm_steps(x, h[:, :HIDDEN], c[:, :HIDDEN], **named)
        reversed_states, h_back, c_back = lstm_steps(x[::-1], h[:, HIDDEN:], c[:, HIDDEN:], **back)
        h, c = np.hstack([h_there, h_back]), np.hstack([c_there, c_back])
        return (np.concatenate([states, reversed_states[::-1]], -1) if sequence else h[None]), h, c

    return want


def lstm(*given: dict[str, np.ndarray], states: dict[str, np.ndarray] | None = None, **how: Any) -> Case:
    """One case. In the program `sequence` and the activations have longer names."""
    arrays = {
        "x": X,
        **(states or {"initial_h": H, "initial_c": C}),
        **{k: v for each in given for k, v in each.items()},
    }
    longer = {
        "sequence": "output_sequence",
        "gate": "recurrent_activation",
        "cell": "cell_activation",
        "output": "activation",
    }
    plain = {longer.get(name, name): value for name, value in how.items()}
    direction = how.pop("direction", "forward")
    names = list(arrays)
    want = both_ways(names, **how) if direction == "bidirectional" else one_way(names, direction == "reverse", **how)
    return case("lstm", **arrays, **plain, const=NOT_INPUTS, want=want)


def of_torch(x: np.ndarray, h: np.ndarray, c: np.ndarray, *weights: np.ndarray) -> Result:
    """PyTorch's layer, whose gates stand in the order input, forget, cell, output."""
    layer = nn.LSTM(INPUTS, HIDDEN, bidirectional=True, dtype=torch.float64)
    order = [0, 1, 3, 2]
    for suffix, (ih, hh, bias) in zip(("", "_reverse"), (weights[:3], weights[3:]), strict=True):
        for name, value in {"weight_ih": ih, "weight_hh": hh, "bias_ih": bias, "bias_hh": 0 * bias}.items():
            gates = np.concatenate([np.split(value, 4)[gate] for gate in order])
            layer.load_state_dict({f"{name}_l0{suffix}": torch.from_numpy(gates)}, strict=False)
    start = [torch.from_numpy(np.stack(np.split(state, 2, axis=1))) for state in (h, c)]
    with torch.no_grad():
        sequence, last = layer(torch.from_numpy(x), tuple(start))
    last_h, last_c = (np.hstack(list(state.numpy())) for state in last)
    return sequence.numpy(), last_h, last_c


def given(*names: str) -> dict[str, np.ndarray]:
    return {name: BACK[name] for name in names}


Layer = Callable[..., tuple[np.ndarray, np.ndarray]]

LONGER = {"sequence": "output_sequence", "gate": "recurrent_activation", "output": "activation"}


def simple(
    op: str, steps: Layer, weights: dict[str, np.ndarray], *, direction: str = "forward", opset: int = 15, **how: Any
) -> Case:
    """A layer with one state and direction. In the program `sequence` and the activations have longer names."""
    arrays = {"x": X, "initial_h": H, **weights}
    plain = {LONGER.get(name, name): value for name, value in how.items()}
    sequence = how.pop("sequence", False)

    def want(x: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        named = dict(zip(list(arrays)[2:], others[1:], strict=True))
        states, h = steps(x[::-1] if direction == "reverse" else x, others[0], **named, **how)
        return states if sequence else h[None], h

    const = (*weights,)
    return case(op, **arrays, **plain, direction=direction, const=const, want=want, opset=opset)


rnn = partial(simple, "rnn", rnn_steps)
gru = partial(simple, "gru", gru_steps)


def last_of(states: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return h[None], h


def of_torch_rnn(x: np.ndarray, h: np.ndarray, ih: np.ndarray, hh: np.ndarray, bias: np.ndarray) -> Any:
    return _run(nn.RNN(INPUTS, HIDDEN, dtype=torch.float64), x, h, ih, hh, bias, 0 * bias)


def of_torch_gru(x: np.ndarray, h: np.ndarray, ih: np.ndarray, hh: np.ndarray, *biases: np.ndarray) -> Any:
    """PyTorch's layer, whose gates stand in the order reset, update, output."""
    ordered = [np.concatenate([np.split(each, 3)[gate] for gate in (0, 2, 1)]) for each in (ih, hh, *biases[::-1])]
    return _run(nn.GRU(INPUTS, HIDDEN, dtype=torch.float64), x, h, *ordered)


def _run(layer: nn.Module, x: np.ndarray, h: np.ndarray, *weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    layer.load_state_dict({name: torch.from_numpy(each) for name, each in zip(names, weights, strict=True)})
    with torch.no_grad():
        sequence, last = layer(torch.from_numpy(x), torch.from_numpy(h[None]))
    return sequence.numpy(), last[0].numpy()


PLAIN = {"weight_ih": random(HIDDEN, INPUTS), "weight_hh": random(HIDDEN, HIDDEN)}
PLAIN_BIAS = {**PLAIN, "bias": random(HIDDEN)}
GATED = {"weight_ih": random(3 * HIDDEN, INPUTS), "weight_hh": random(3 * HIDDEN, HIDDEN)}
GATED_BIAS = {**GATED, "bias": random(3 * HIDDEN)}
GATED_BIASES = {**GATED_BIAS, "input_bias": random(3 * HIDDEN)}

SIMPLE = [
    rnn(PLAIN),
    rnn(PLAIN_BIAS, sequence=True),
    rnn(PLAIN_BIAS, direction="reverse"),
    rnn(PLAIN_BIAS, direction="reverse", sequence=True, opset=17),
    *[rnn(PLAIN_BIAS, output=name) for name in ACTIVATIONS if name != "hard_sigmoid"],
    case("rnn", x=X, initial_h=H, **PLAIN_BIAS, activation="sigmoid_hard", const=NOT_INPUTS,
         want=lambda *arrays: last_of(*rnn_steps(*arrays, output="hard_sigmoid"))),
    case("rnn", x=X, initial_h=H, **PLAIN_BIAS, output_sequence=True, const=NOT_INPUTS, dynamic=True,
         want=of_torch_rnn),
    gru(GATED),
    gru(GATED_BIAS, sequence=True),
    gru(GATED_BIAS, direction="reverse"),
    gru(GATED_BIAS, direction="reverse", sequence=True, opset=17),
    *[gru(GATED_BIAS, gate=name) for name in ACTIVATIONS],
    *[gru(GATED_BIAS, output=name) for name in ACTIVATIONS],
    gru(GATED, opset=18),
    gru(GATED_BIAS, reset_after=True, opset=18),
    gru(GATED_BIASES, reset_after=False, sequence=True, opset=18),
    gru({**GATED, "input_bias": random(3 * HIDDEN)}, reset_after=True, direction="reverse", opset=18),
    case("gru", x=X, initial_h=H, **GATED_BIASES, reset_after=True, output_sequence=True, const=NOT_INPUTS, opset=18,
         dynamic=True, want=of_torch_gru),
]  # fmt: skip


TWO_WAYS = {"states": BOTH, "direction": "bidirectional"}

CASES = [
    *SIMPLE,
    lstm(WEIGHTS),
    lstm(WEIGHTS, sequence=True),
    lstm(WEIGHTS, BIAS),
    lstm(WEIGHTS, BIAS, sequence=True),
    lstm(WEIGHTS, BIAS, PEEPHOLE),
    lstm(WEIGHTS, PEEPHOLE, sequence=True),
    # Backward alone, the states come in the order in which they are computed.
    lstm(WEIGHTS, BIAS, direction="reverse"),
    lstm(WEIGHTS, BIAS, direction="reverse", sequence=True),
    lstm(WEIGHTS, BIAS, PEEPHOLE, direction="reverse", sequence=True),
    lstm(WEIGHTS, given(*FEW), **TWO_WAYS),
    lstm(WEIGHTS, BIAS, given(*FEW, "bias_back"), **TWO_WAYS, sequence=True),
    lstm(WEIGHTS, BIAS, given(*FEW), **TWO_WAYS, sequence=True),
    lstm(WEIGHTS, BIAS, PEEPHOLE, BACK, **TWO_WAYS),
    lstm(WEIGHTS, BIAS, PEEPHOLE, BACK, **TWO_WAYS, sequence=True),
    # What is clipped is the cell state.
    lstm(WEIGHTS, BIAS, clip=0.25),
    lstm(WEIGHTS, BIAS, PEEPHOLE, clip=0.125, sequence=True),
    *[lstm(WEIGHTS, BIAS, gate=name) for name in ACTIVATIONS],
    *[lstm(WEIGHTS, BIAS, cell=name) for name in ACTIVATIONS],
    *[lstm(WEIGHTS, BIAS, output=name) for name in ACTIVATIONS],
    lstm(WEIGHTS, BIAS, PEEPHOLE, gate="hard_sigmoid", cell="relu", output="linear", sequence=True),
    case(
        "lstm", x=X, **BOTH, **WEIGHTS, **BIAS, **given(*FEW, "bias_back"), direction="bidirectional",
        output_sequence=True, const=NOT_INPUTS, want=of_torch,
    ),
]  # fmt: skip

test_cases = suite(CASES)
