"""Whether an ONNX model is what it was made from: valid, and with the same results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import ModelProto, helper

from tensorlogic import engines
from tensorlogic.coreml import ModelFunction
from tensorlogic.errors import EngineError, codes, first_line
from tensorlogic.lower.signature import Signature
from tensorlogic.mil.declare import Op
from tensorlogic.mil.ops import random
from tensorlogic.models.inputs import make_inputs

Results = dict[str, Any]

_TOLERANCES = {"f32": 1e-3, "f16": 5e-2}
"""The largest relative difference that is due to rounding."""

_RANDOM = {op.name for op in vars(random).values() if isinstance(op, Op)}


def compare(
    path: Path, model: ModelProto, described: ModelFunction, signature: Signature, precision: str
) -> float | None:
    """The largest relative difference between what ONNX Runtime and PyTorch compute; None where nothing is to compare.

    `model` is the one in the file, perhaps without its weights. Raises `EngineError` when the file is not valid, cannot
    be run, or computes something else.
    """
    try:
        onnx.checker.check_model(str(path), full_check=True)
        session = _session(path)
    except Exception as error:
        raise _failed(f"is not valid: {first_line(error)}") from error
    if _is_random(described):
        return None
    inputs = _inputs(described)
    turns = 2 if signature.states else 1
    wanted = list(islice(_reference(described, signature, precision, inputs), turns))
    found = list(islice(_outputs(session, model, signature, inputs), turns))
    differences = {
        name: max(difference(f[name], w[name]) for f, w in zip(found, wanted, strict=True)) for name in wanted[0]
    }
    _refuse(differences, _TOLERANCES[precision])
    return max(differences.values())


def _is_random(described: ModelFunction) -> bool:
    """Whether the numbers are others each time."""
    body = described.file.program.functions[described.name].body
    return any(operation.type in _RANDOM for operation in body.walk())


def _refuse(differences: Mapping[str, float], tolerance: float) -> None:
    name = max(differences, key=lambda name: differences[name])
    if differences[name] > tolerance:
        raise _failed(f"differs from PyTorch in its output {name!r}, by {differences[name]:.2g} of the largest number")


def _failed(what: str) -> EngineError:
    cure = "Nothing was written. check=False, or --no-check, writes it all the same."
    return EngineError(codes.CHECK_FAILED, f"the ONNX model {what}", help=cure)


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _inputs(described: ModelFunction) -> Results:
    """A value for every input, as programs take them."""
    made = make_inputs(described.inputs, {}, None)
    return {
        feature.name: feature.type.encode(made[feature.name], feature.name)
        if feature.name in made
        else feature.type.filled()
        for feature in described.inputs
    }


def _reference(described: ModelFunction, signature: Signature, precision: str, inputs: Results) -> Iterator[Results]:
    """What PyTorch computes, one prediction after the other, with the states that each leaves."""
    session = engines.prepare(described.file.program, described.name, "torch", "cpu", precision).session
    state = session.make_state() if signature.states else None
    while True:
        results = session.run(inputs, state)
        kept = {} if state is None else {output: state.read(name) for name, output in signature.states.items()}
        yield {**{name: results[name] for name in signature.outputs}, **kept}


def _outputs(
    session: onnxruntime.InferenceSession, model: ModelProto, signature: Signature, inputs: Results
) -> Iterator[Results]:
    """The same with ONNX Runtime."""
    types = {value.name: value.type.tensor_type for value in model.graph.input}
    shapes = {name: tuple(size.dim_value for size in kind.shape.dim) for name, kind in types.items()}
    dtypes = {name: helper.tensor_dtype_to_np_dtype(kind.elem_type) for name, kind in types.items()}
    feed = {name: np.asarray(value, dtypes[name]) for name, value in inputs.items()}
    feed = {name: value if shapes[name] else value.reshape(()) for name, value in feed.items()}
    kept = {name: np.zeros(shapes[name], dtypes[name]) for name in signature.states}
    while True:
        try:
            results = dict(zip(signature.fetched, session.run(signature.fetched, {**feed, **kept}), strict=True))
        except Exception as error:
            raise _failed(f"fails in ONNX Runtime: {first_line(error)}") from error
        kept = {name: results[output] for name, output in signature.states.items()}
        yield results


def difference(found: Any, wanted: Any) -> float:
    """The largest difference as a part of the largest number wanted; ONNX Runtime puts a dictionary into a list."""
    if isinstance(wanted, dict):
        (table,) = found if isinstance(found, list) else (found,)
        same = table.keys() == wanted.keys()
        return difference([table[key] for key in wanted], list(wanted.values())) if same else np.inf
    if isinstance(wanted, str):
        return 0.0 if found == wanted else np.inf
    a, b = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    if a.shape != b.shape:
        return np.inf
    differing = (a != b) & ~(np.isnan(a) & np.isnan(b))
    if not differing.any():
        return 0.0
    size = np.abs(b[np.isfinite(b)]).max(initial=np.finfo(np.float32).tiny)
    return float(np.nan_to_num(np.abs(a - b)[differing] / size, nan=np.inf).max())
