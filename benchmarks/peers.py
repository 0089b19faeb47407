"""What runs the networks: TensorLogic and its peers, one row each."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.files import Files
from benchmarks.networks import Step
from benchmarks.result import OURS

Outputs = Sequence[np.ndarray]
Run = Callable[[Step], Outputs]


class Absent(Exception):  # noqa: N818 (it is no error)
    """A peer does not have what is asked for, and why."""


@dataclass(frozen=True)
class Subject:
    """A network at one batch size and precision, and the threads to run it with."""

    files: Files
    precision: str
    threads: int

    @cached_property
    def module(self) -> nn.Module:
        """The network in PyTorch, in the precision to measure."""
        source = self.files.module
        if source is None:
            raise Absent("its source is ONNX")
        return copy.deepcopy(source).bfloat16() if self.precision == "bf16" else source

    @property
    def memory(self) -> Step:
        """What the network is given after the inputs, to begin with."""
        return self.files.network.memory()


@dataclass(frozen=True)
class Peer:
    """Something that runs networks."""

    name: str
    prepare: Callable[[Subject], Run]
    """Everything before the first prediction. Raises `Absent` when there is nothing to measure."""


def carrying(call: Callable[[Step, Sequence[Any]], Sequence[Any]], memory: Sequence[Any]) -> Callable[[Step], Any]:
    """A run that gives each call, after its inputs, what the one before gave after its outputs."""
    carried = list(memory)

    def run(step: Step) -> Sequence[Any]:
        results = call(step, carried)
        count = len(results) - len(carried)
        carried[:] = results[count:]
        return results[:count]

    return run


def tensorlogic(engine: str = "auto") -> Callable[[Subject], Run]:
    """Our own, with the engine that was measured to be the fastest here or with the one that is named."""

    def prepare(subject: Subject) -> Run:
        from tensorlogic import load_model

        package = subject.files.package(subject.precision)
        options = {"device": "cpu", "precision": subject.precision, "engine": engine}
        model = load_model(package, tune=engine == "auto", **options)
        state = model.make_state()
        return lambda step: list(model.predict(*step, state=state).values())

    return prepare


def onnx_runtime(subject: Subject) -> Run:
    import onnxruntime

    if subject.precision == "bf16":
        raise Absent("it has no bfloat16 on a CPU")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = subject.threads
    session = onnxruntime.InferenceSession(subject.files.onnx(), options, providers=["CPUExecutionProvider"])
    names = [given.name for given in session.get_inputs()]
    if not subject.memory:
        return lambda step: session.run(None, dict(zip(names, step, strict=True)))
    held = onnxruntime.OrtValue.ortvalue_from_numpy
    results = [result.name for result in session.get_outputs()]

    def call(step: Step, carried: Sequence[Any]) -> Sequence[Any]:
        given = [*map(held, step), *carried]  # what is carried stays onnxruntime's: it is copied nowhere
        return session.run_with_ort_values(results, dict(zip(names, given, strict=True)))

    run = carrying(call, [held(each) for each in subject.memory])
    return lambda step: [value.numpy() for value in run(step)]


def openvino(subject: Subject) -> Run:
    import openvino

    options = {
        "INFERENCE_PRECISION_HINT": subject.precision,
        "INFERENCE_NUM_THREADS": subject.threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    request = openvino.Core().compile_model(subject.files.onnx(), "CPU", options).create_infer_request()

    def call(step: Step, carried: Sequence[Any]) -> Sequence[Any]:
        return list(request.infer([*step, *carried], share_inputs=True).values())

    return carrying(call, subject.memory)


def eager(subject: Subject) -> Run:
    return in_torch(subject.module, subject)


def compiled(subject: Subject) -> Run:
    if not any(map(shutil.which, filter(None, (os.environ.get("CXX"), "g++", "clang++")))):
        raise Absent("it needs a C++ compiler, and there is none")
    return in_torch(torch.compile(subject.module, dynamic=False), subject)


def in_torch(module: Callable[..., Any], subject: Subject) -> Run:
    floats = {"f32": torch.float32, "bf16": torch.bfloat16}[subject.precision]

    def given(arrays: Step) -> Iterator[torch.Tensor]:
        for tensor in map(torch.from_numpy, arrays):
            yield tensor.to(floats) if tensor.is_floating_point() else tensor

    def call(step: Step, carried: Sequence[Any]) -> Sequence[Any]:
        results = module(*given(step), *carried)
        return [results] if isinstance(results, torch.Tensor) else results

    run = carrying(call, list(given(subject.memory)))

    @torch.inference_mode()
    def as_arrays(step: Step) -> Outputs:
        return [result.float().numpy() for result in run(step)]

    return as_arrays


def ours(engines: Sequence[str]) -> list[Peer]:
    """TensorLogic as it chooses its engine itself, and with each of `engines`."""
    return [Peer(OURS, tensorlogic())] + [Peer(f"{OURS} ({name})", tensorlogic(name)) for name in engines]


PEERS = (
    Peer("onnxruntime", onnx_runtime),
    Peer("OpenVINO", openvino),
    Peer("PyTorch", eager),
    Peer("torch.compile", compiled),
)


def reference(subject: Subject) -> Run:
    """What the others are compared with: PyTorch in float32, or onnxruntime where ONNX is the source."""
    exact = replace(subject, precision="f32")
    return onnx_runtime(exact) if subject.files.module is None else eager(exact)
