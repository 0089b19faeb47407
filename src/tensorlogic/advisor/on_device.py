"""The real plan of a Mac beside what is expected: which operations agree. Not yet tried on Apple's hardware."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tensorlogic.advisor.advice import Advice
from tensorlogic.advisor.graph import FREE
from tensorlogic.advisor.placement import ComputeUnits, Placed
from tensorlogic.advisor.units import Unit
from tensorlogic.errors import EngineError, UsageError, codes

_UNITS: Final[dict[str, Unit]] = {
    "MLCPUComputeDevice": "cpu",
    "MLGPUComputeDevice": "gpu",
    "MLNeuralEngineComputeDevice": "ane",
}
"""The units by coremltools' classes of devices."""


@dataclass(frozen=True, slots=True)
class Preferred:
    """What Core ML says of an operation. It plans to run it there: a plan is not a trace of what ran."""

    type: str
    unit: Unit
    supported: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """An operation that Core ML prefers to run elsewhere than expected."""

    name: str
    type: str
    expected: Unit
    preferred: Unit
    eligible: str
    """Whether the Neural Engine takes it, as far as is known."""
    supported: bool
    """Whether Core ML says that the Neural Engine takes it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far what is expected and the plan of a Mac agree."""

    compared: int
    """The operations that both speak of."""
    share: float
    """The part of them that runs where it is expected; 0 where there are none."""
    share_of_flops: float
    """The part of their floating-point operations that runs where it is expected; 0 where there are none."""
    differences: tuple[Difference, ...]
    unplanned: tuple[str, ...]
    """Operations of the file that the plan says nothing of."""
    unexpected: tuple[str, ...]
    """Operations of the plan that the file does not have."""

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for ``--json``."""
        return asdict(self)


def agreement(advice: Advice, plan: Mapping[str, Preferred]) -> Agreement:
    """Compare what is expected with a plan, operations by their names."""
    operations = {placed.site.name: placed for placed in advice.placement.operations}
    both = [(placed, plan[name]) for name, placed in operations.items() if name in plan]
    same = [placed for placed, preferred in both if placed.unit == preferred.unit]
    return Agreement(
        compared=len(both),
        share=len(same) / max(1, len(both)),
        share_of_flops=_flops(same) / (_flops([placed for placed, _ in both]) or 1),
        differences=tuple(_difference(*each) for each in both if each[0].unit != each[1].unit),
        unplanned=tuple(name for name in operations if name not in plan),
        unexpected=tuple(name for name in plan if name not in operations),
    )


def _flops(operations: list[Placed]) -> float:
    return sum(placed.work.flops for placed in operations)


def _difference(placed: Placed, preferred: Preferred) -> Difference:
    site, eligible = placed.site, placed.eligibility.verdict
    return Difference(site.name, site.type, placed.unit, preferred.unit, eligible, "ane" in preferred.supported)


def on_device(
    path: str | os.PathLike[str], units: ComputeUnits = "all", function: str = "main"
) -> dict[str, Preferred]:
    """Core ML's own plan for a function of a model on this Mac, by the names of the operations' first results.

    Raises `UsageError` where this is no Mac or coremltools is not installed, and `EngineError` when Core ML makes no
    plan.
    """
    ct = _of_a_mac()
    with TemporaryDirectory() as folder, _as_engine_error(path):
        compiled = _compiled(ct, Path(path), Path(folder))
        plan = ct.models.compute_plan.MLComputePlan.load_from_path(str(compiled), ct.ComputeUnit[units.upper()])
        return preferred(plan, function)


def _of_a_mac() -> Any:
    """coremltools, as it is on a Mac."""
    if sys.platform == "darwin":
        return _coremltools()
    help = "Run it on a Mac with macOS 14.4 or later. Elsewhere, the advice is all there is: what is expected there."
    raise UsageError(codes.NO_DEVICE, "only a Mac has a plan of its own", help=help)


def _coremltools() -> Any:
    try:
        import coremltools
    except ImportError:
        message = "coremltools, which asks Core ML for its plan, is not installed"
        raise UsageError(codes.MISSING_PACKAGE, message, help="pip install coremltools") from None
    return coremltools


@contextmanager
def _as_engine_error(path: str | os.PathLike[str]) -> Iterator[None]:
    """Core ML refuses with errors of many kinds."""
    try:
        yield
    except Exception as error:
        message = f"Core ML makes no plan for {Path(path).name!r}: {error}"
        help = "Plans need macOS 14.4, and a model that this macOS can compile."
        raise EngineError(codes.ENGINE_FAILED, message, help=help) from error


def _compiled(ct: Any, path: Path, folder: Path) -> Path:
    if path.suffix == ".mlmodelc":
        return path
    return Path(ct.models.utils.compile_model(str(path), str(folder / f"{path.stem}.mlmodelc")))


def preferred(plan: Any, function: str = "main") -> dict[str, Preferred]:
    """What an ``MLComputePlan`` says of a function's operations; constants and what expands weights are left out."""
    if plan.model_structure.program is None:
        raise ValueError("it holds no ML Program")
    block = plan.model_structure.program.functions[function].block
    working = [each for each in block.operations if each.outputs and not _type(each).startswith(FREE)]
    usages = ((each, plan.get_compute_device_usage_for_mlprogram_operation(each)) for each in working)
    return {each.outputs[0].name: _preferred(_type(each), usage) for each, usage in usages if usage is not None}


def _type(operation: Any) -> str:
    """Compiled models write the opset before the type: ``ios18.conv``."""
    return str(operation.operator_name).rpartition(".")[2]


def _preferred(type: str, usage: Any) -> Preferred:
    supported = tuple(map(_unit, usage.supported_compute_devices))
    return Preferred(type, _unit(usage.preferred_compute_device), supported)


def _unit(device: Any) -> Unit:
    return _UNITS[device.__class__.__name__]
