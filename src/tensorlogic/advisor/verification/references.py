"""The source of a model, or another model, to hold its outputs against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch

from tensorlogic import engines
from tensorlogic.coreml import ModelFunction
from tensorlogic.engines.onnxruntime.session import NUMPY_TYPES
from tensorlogic.errors import BytePlace, EngineError, FormatError, TensorLogicError, UsageError, codes, first_line
from tensorlogic.formats.mapped import not_found
from tensorlogic.mil.types import TensorType
from tensorlogic.models.load import detect

Shape = Sequence[Any] | None
"""Sizes; what is no number may be any."""


class Reference(NamedTuple):
    """What gives outputs by name for inputs by name."""

    inputs: Mapping[str, Shape]
    run: Callable[[Mapping[str, Any]], Mapping[str, Any]]

    def outputs(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Its outputs for another model's inputs, which stand for its own by name, or else by order and shape.

        Raises `UsageError` where one of its inputs is not among them, and `EngineError` where it fails.
        """
        shapes = {name: np.shape(value) for name, value in inputs.items()}
        pairs = matched(self.inputs, shapes)
        lacking = [name for name in self.inputs if name not in pairs]
        if lacking:
            there = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
            message = f"the reference takes {lacking[0]!r} {_sizes(self.inputs[lacking[0]])}, which is no input here"
            raise UsageError(codes.UNKNOWN_INPUT, message, help=f"The model takes {there}.")
        try:
            results = self.run({name: inputs[other] for name, other in pairs.items()})
        except TensorLogicError:
            raise
        except Exception as error:
            raise EngineError(codes.ENGINE_FAILED, f"the reference failed: {first_line(error)}") from error
        return {name: _tensor(value) for name, value in results.items()}


def matched(names: Mapping[str, Shape], others: Mapping[str, Shape]) -> dict[str, str]:
    """Of `others`, what stands for each of `names`: the one of the same name, or else the next of the same shape."""
    pairs = {name: name for name, shape in names.items() if name in others and _is_alike(shape, others[name])}
    for name, shape in names.items():
        left = (other for other in others if other not in pairs.values() and _is_alike(shape, others[other]))
        other = pairs.get(name) or next(left, None)
        if other is not None:
            pairs[name] = other
    return pairs


def _is_alike(one: Shape, other: Shape) -> bool:
    if one is None or other is None:
        return True
    pairs = zip(one, other, strict=False)
    same = all(a == b or not isinstance(a, int) or not isinstance(b, int) for a, b in pairs)
    return (same and len(one) == len(other)) or [a for a in one if a != 1] == [b for b in other if b != 1]


def _sizes(shape: Shape) -> str:
    return "" if shape is None else str([size if isinstance(size, int) else "?" for size in shape])


def _tensor(value: Any) -> Any:
    return torch.from_numpy(value) if isinstance(value, np.ndarray) and value.dtype.kind in "fiub" else value


def open_reference(path: Path, allow_pickle: bool = False) -> Reference:
    """The model at `path`: ONNX, an exported program of PyTorch's, or a Core ML package, which is computed in f32.

    Nothing in a file is run but its operations. PyTorch reads a ``.pt2`` by means that can run code, which only
    `allow_pickle` permits. Raises `UsageError` for what is not read, and `FormatError` for a damaged file.
    """
    if not path.exists():
        raise not_found(path)
    if path.suffix == ".pt2" and not allow_pickle:
        message = f"PyTorch reads {path.name!r} by means that run whatever code somebody put into it"
        raise UsageError(codes.WRONG_ARGUMENTS, message, help=_UNSAFE)
    read = _READERS.get(path.suffix)
    if read is None:
        return _package(path)
    try:
        return read(path)
    except TensorLogicError:
        raise
    except Exception as error:
        message = f"the reference cannot be read: {first_line(error)}"
        raise FormatError(codes.NOT_A_MODEL, message, BytePlace(str(path))) from error


_UNSAFE: Final = (
    "If the file is your own, say --allow-pickle. If not, ask for ONNX: torch.onnx.export(model, inputs, 'model.onnx')."
)


def _onnx(path: Path) -> Reference:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    types = {each.name: NUMPY_TYPES.get(each.type) for each in session.get_inputs()}
    names = [each.name for each in session.get_outputs()]

    def run(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        feed = {name: np.asarray(value, types[name]) for name, value in inputs.items()}
        return dict(zip(names, session.run(names, feed), strict=True))

    return Reference({each.name: each.shape for each in session.get_inputs()}, run)


def _exported(path: Path) -> Reference:
    program = torch.export.load(path)
    module = program.module()
    taken = {node.name: node.meta["val"] for node in program.graph.nodes if node.op == "placeholder"}
    names = [name for name in program.graph_signature.user_inputs if isinstance(name, str)]

    def run(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        with torch.inference_mode():
            result = module(*(torch.as_tensor(inputs[name]).to(taken[name].dtype) for name in names))
        return dict(zip(map(str, program.graph_signature.user_outputs), _flat(result), strict=True))

    return Reference({name: tuple(taken[name].shape) for name in names}, run)


def _flat(result: Any) -> list[Any]:
    """The tensors of a tuple, list or dictionary, in order."""
    if isinstance(result, Mapping):
        result = tuple(result.values())
    return [each for part in result for each in _flat(part)] if isinstance(result, tuple | list) else [result]


def _weights(path: Path) -> Reference:
    message = f"{path.name!r} is a pickle: reading it would run whatever code somebody put into it"
    cure = "Export the model: torch.onnx.export(model, inputs, 'model.onnx'), or torch.export.save to a .pt2."
    raise UsageError(codes.UNSUPPORTED_MODEL, message, BytePlace(str(path)), help=cure)


_READERS: Final[dict[str, Callable[[Path], Reference]]] = {
    ".onnx": _onnx,
    ".pt2": _exported,
    **dict.fromkeys((".pt", ".pth", ".bin", ".ckpt", ".pkl"), _weights),
}


def _package(path: Path) -> Reference:
    found = detect(path)
    if not isinstance(found, ModelFunction):
        message = f"{path.name!r} holds weights, and no program"
        raise UsageError(codes.UNSUPPORTED_MODEL, message, help="Give ONNX, a .pt2, or a Core ML package.")
    program = found.file.program
    session = engines.prepare(program, found.name, engines.REFERENCE, "cpu", "f32").session
    taken = {value.name: value.type for value in program.functions[found.name].inputs}
    shapes = {name: kind.shape for name, kind in taken.items() if isinstance(kind, TensorType)}
    stateful = bool(program.functions[found.name].states)

    def run(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        return session.run(inputs, session.make_state()) if stateful else session.run(inputs)

    return Reference(shapes, run)
