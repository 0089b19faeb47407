"""What recurrent layers are made of."""

from __future__ import annotations

from dataclasses import dataclass

from tensorlogic.lower.onnx.graph import Tensor

States = tuple[Tensor, ...]

# In a recurrent layer the scaled tanh has the scales 1 and 1.
ACTIVATIONS = {
    "hard_sigmoid": "HardSigmoid",
    "linear": "Affine",
    "relu": "Relu",
    "scaled_tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "sigmoid_hard": "HardSigmoid",
    "tanh": "Tanh",
}


@dataclass(frozen=True, slots=True)
class Way:
    """The weights of a layer for one direction."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias: Tensor | None
    input_bias: Tensor | None = None
    peephole: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as ONNX knows it: how its gates are ordered and what is applied to them."""

    kind: str
    gates: tuple[int, ...]
    activations: tuple[str, ...]
    direction: str
    output_sequence: bool
