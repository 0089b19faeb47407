"""Small programs for an advisor to look at: one idea each, written with coremltools' builder or in PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.saving import save

Shape = tuple[int, ...]


def write(
    path: Path,
    build: Callable[..., Any],
    *shapes: Shape,
    opset: int = 15,
    precision: str = "FLOAT16",
    wide: Callable[[Any], bool] | None = None,
    dtype: type = np.float32,
    states: tuple[Shape, ...] = (),
) -> Path:
    """A package of what `build` makes of a builder and an input of each shape; `wide` chooses what stays fp32."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct
        from coremltools.converters import mil
        from coremltools.converters.mil.mil import types

        mb = mil.Builder

        kinds = {np.float32: types.fp32, np.float16: types.fp16, np.int32: types.int32}
        specs = [mb.TensorSpec(shape, kinds[dtype]) for shape in shapes]
        specs += [mb.StateTensorSpec(shape, types.fp16) for shape in states]
        target = getattr(ct.target, f"iOS{opset}")
        names = ", ".join(f"x{index}" for index in range(len(specs)))
        # coremltools takes the names of inputs from the function's own.
        function = eval(f"lambda {names}: build(mb, {names})", {"build": build, "mb": mb})
        program = mb.program(input_specs=specs, opset_version=target)(function)
        computed = precision if wide is None else ct.transform.FP16ComputePrecision(lambda op: not wide(op))
        save(program, path, computed, opset)
    return path


def trace(path: Path, module: Any, *shapes: Any, opset: int = 15, precision: str = "FLOAT16") -> Path:
    """A package of a PyTorch module; a size may be a range, and a list of shapes is a choice."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct
        import torch

        def size(given: Any) -> Any:
            return ct.RangeDim(given.start, given.stop - 1, given.start) if isinstance(given, range) else given

        def shape(given: Any) -> Any:
            return ct.EnumeratedShapes(given) if isinstance(given, list) else ct.Shape(tuple(map(size, given)))

        def example(given: Any) -> Any:
            sizes = given[0] if isinstance(given, list) else given
            return torch.rand([each.start if isinstance(each, range) else each for each in sizes])

        ct.convert(
            torch.jit.trace(module.eval(), tuple(map(example, shapes))),
            inputs=[ct.TensorType(f"x{index}", shape(each)) for index, each in enumerate(shapes)],
            minimum_deployment_target=getattr(ct.target, f"iOS{opset}"),
            compute_precision=ct.precision[precision],
            skip_model_load=True,
        ).save(str(path))
    return path


def weight(*shape: int, scale: float = 0.1) -> np.ndarray:
    """Numbers around zero, the same each time."""
    return (np.random.default_rng(0).standard_normal(shape) * scale).astype(np.float32)
