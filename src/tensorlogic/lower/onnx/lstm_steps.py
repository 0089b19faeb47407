"""LSTMs that are written step by step.

A cell state with bounds is none of ONNX's LSTM, which has bounds for its gates; peepholes are left out by OpenVINO.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.lower.onnx.layers import ACTIVATIONS, Layer, States, Way


def lstm_steps(g: Graph, layer: Layer, x: Tensor, initial: States, ways: Sequence[Way], clip: float | None) -> States:
    """The hidden states of all steps, or of the last, and then the last hidden and cell state."""
    count = len(ways)
    parts = zip(*[g.op("Split", state, axis=1, num_outputs=count, outputs=count) for state in initial], strict=True)
    backward = [layer.direction == "reverse", True]
    both = [_scan(g, layer, x, *each, clip) for each in zip(parts, ways, backward, strict=False)]
    h, c, sequence = [g.op("Concat", *each, axis=-1) for each in zip(*both, strict=True)]
    return sequence if layer.output_sequence else g.op("Unsqueeze", h, [0]), h, c


def _scan(g: Graph, layer: Layer, x: Tensor, state: States, way: Way, backward: bool, clip: float | None) -> States:
    projected = g.op("MatMul", x, _transposed(way.weight_ih))
    if way.bias is not None:
        projected = g.op("Add", projected, way.bias)
    step = Graph(g)
    h, c = _step(step, layer, way, clip, *[step.input(x.dtype, None) for _ in range(3)])
    # In both directions, the states stand in the order of x.
    turned = backward and layer.direction == "bidirectional"
    return g.op(  # type: ignore[no-any-return]
        "Scan",
        *state,
        projected,
        outputs=3,
        body=step.proto([h, c, step.same(h)]),
        num_scan_inputs=1,
        scan_input_directions=[int(backward)],
        scan_output_directions=[int(turned)],
    )


def _step(g: Graph, layer: Layer, way: Way, clip: float | None, h: Tensor, c: Tensor, projected: Tensor) -> States:
    gate, cell, output = (ACTIVATIONS[name].replace("Affine", "Identity") for name in layer.activations)
    gates = g.op("Add", projected, g.op("MatMul", h, _transposed(way.weight_hh)))
    i, f, o, z = g.op("Split", gates, axis=-1, num_outputs=4, outputs=4)
    if way.peephole is not None:
        look_i, look_f, look_o = g.op("Split", way.peephole, axis=0, num_outputs=3, outputs=3)
        i, f = g.op("Add", i, g.op("Mul", look_i, c)), g.op("Add", f, g.op("Mul", look_f, c))
    c = g.op("Add", g.op("Mul", g.op(gate, f), c), g.op("Mul", g.op(gate, i), g.op(cell, z)))
    if clip is not None:
        c = g.op("Clip", c, -clip, clip)
    if way.peephole is not None:
        o = g.op("Add", o, g.op("Mul", look_o, c))
    return g.op("Mul", g.op(gate, o), g.op(output, c)), c


def _transposed(weight: Tensor) -> Tensor:
    if weight.stored is None:
        raise NotImplementedError("its weights are computed by the program")
    stored = np.ascontiguousarray(np.asarray(weight.stored).T)
    return replace(weight, stored=stored, shape=stored.shape)
