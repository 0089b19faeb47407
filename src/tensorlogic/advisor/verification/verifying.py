"""Running a model in f16, in f32, and beside what it was made from."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from tensorlogic.advisor.graph import is_free
from tensorlogic.advisor.subject import open_function
from tensorlogic.advisor.verification.lockstep import Ends, Lockstep, Way
from tensorlogic.advisor.verification.outputs import Agreement, agreement
from tensorlogic.advisor.verification.references import Reference, matched, open_reference
from tensorlogic.advisor.verification.result import Compared, Verification
from tensorlogic.advisor.verification.samples import Samples
from tensorlogic.advisor.verification.troubles import checked
from tensorlogic.errors import UsageError, codes
from tensorlogic.mil.program import Function
from tensorlogic.mil.types import FP16, TensorType

Progress = Callable[[str, int, int], None]
"""Told what is done now, and how many of how many steps are done."""


def verify(
    path: str | os.PathLike[str],
    against: str | os.PathLike[str] | None = None,
    data: str | os.PathLike[str] | None = None,
    *,
    function: str | None = None,
    flush: bool = False,
    allow_pickle: bool = False,
    progress: Progress = lambda what, done, of: None,
) -> Verification:
    """Run the model at `path` in f16 and in f32, operation by operation.

    f16 is what the file declares as fp16; of a model that computes nothing in fp16, it is all that is fp32: what a
    conversion would give. Inputs are those of the ``.npz`` file `data`, by name (see `Samples`), and states begin as
    zeros for each sample. Outputs are also compared with those of the model at `against`: ``.onnx``, a Core ML
    package, or ``.pt2``, which only `allow_pickle` permits. With `flush`, f16 numbers below 6.1e-5 become zero.

    Raises the errors of `load_model`, `UsageError` for inputs that do not fit, and `FormatError` for damaged files.
    """
    found = open_function(path, function)
    samples = Samples(found.inputs, None if data is None else Path(data))
    reference = None if against is None else open_reference(Path(against), allow_pickle)
    entry = found.file.program.functions[found.name]
    way = Way("f16" if _computes_in_f16(entry) else "all-f16", flush)
    lockstep = Lockstep(found.file.program, found.name, way)
    outputs, beside = _Agreements(), _Beside(reference)
    length = len(entry.body.operations)
    for index, inputs in enumerate(samples):
        ends = lockstep.run(inputs, partial(_tell, progress, index * length, samples.count * length))
        outputs.add(ends.f16, ends.f32)
        beside.add(inputs, ends)
    return Verification(
        str(path),
        found.name,
        way,
        samples.count,
        samples.made_up,
        checked(entry, lockstep.seen),
        outputs.all,
        beside.compared(str(against)),
    )


def _tell(progress: Progress, before: int, of: int, name: str, place: int) -> None:
    progress(name, before + place, of)


def _computes_in_f16(function: Function) -> bool:
    working = (each for each in function.body.walk() if not is_free(each) and each.type != "cast")
    types = (value.type for each in working for value in each.outputs)
    return any(isinstance(kind, TensorType) and kind.dtype == FP16 for kind in types)


class _Agreements:
    """How outputs agree, over all samples."""

    def __init__(self) -> None:
        self._found: dict[str, Agreement] = {}

    def add(self, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
        for name, wanted in theirs.items():
            new = agreement(name, ours[name], wanted)
            self._found[name] = self._found[name] | new if name in self._found else new

    @property
    def all(self) -> tuple[Agreement, ...]:
        return tuple(self._found.values())


class _Beside:
    """The outputs beside a reference's, over all samples."""

    def __init__(self, reference: Reference | None) -> None:
        self._reference = reference
        self._f16, self._f32 = _Agreements(), _Agreements()
        self._unmatched: tuple[str, ...] = ()

    def add(self, inputs: Mapping[str, Any], ends: Ends) -> None:
        """Compute the reference's outputs too."""
        if self._reference is None:
            return
        theirs = self._reference.outputs(inputs)
        pairs = matched(_shapes(ends.f32), _shapes(theirs))
        if not pairs:
            there = ", ".join(f"{name} {list(shape or ())}" for name, shape in _shapes(theirs).items())
            message = "none of the outputs has the name or the shape of one of the reference's"
            raise UsageError(codes.WRONG_SHAPE, message, help=f"The reference gives {there}.")
        self._unmatched = tuple(name for name in ends.f32 if name not in pairs)
        for found, agreements in ((ends.f16, self._f16), (ends.f32, self._f32)):
            agreements.add(found, {name: _shaped(theirs[other], found[name]) for name, other in pairs.items()})

    def compared(self, path: str) -> Compared | None:
        if self._reference is None:
            return None
        return Compared(path, self._f16.all, self._f32.all, self._unmatched)


def _shapes(outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(getattr(value, "shape", ())) for name, value in outputs.items()}


def _shaped(wanted: Any, found: Any) -> Any:
    """A reference's output in the shape of ours, where axes of size 1 are all that differs."""
    both = isinstance(wanted, torch.Tensor) and isinstance(found, torch.Tensor)
    return wanted.reshape(found.shape) if both and wanted.numel() == found.numel() else wanted
