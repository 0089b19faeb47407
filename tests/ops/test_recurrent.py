from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from .harness import Case, case, suite
from .references import ACTIVATIONS, lstm_steps

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
NOT_INPUTS = tuple(name for each in (WEIGHTS, BIAS, PEEPHOLE, BACK) for name in each)

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


TWO_WAYS = {"states": BOTH, "direction": "bidirectional"}

CASES = [
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
