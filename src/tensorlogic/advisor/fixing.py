"""Changes that a tool can make: a program in fp16, fixed shapes; and what that does to the outputs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from tensorlogic.advisor.checks import float32
from tensorlogic.advisor.chips import DEFAULT, chip
from tensorlogic.advisor.finding import Finding
from tensorlogic.advisor.rewriting import ANEW, Plan, Shape, rewrite
from tensorlogic.advisor.subject import graph_of, open_function
from tensorlogic.coreml import Feature, ModelFunction
from tensorlogic.errors import BytePlace, EngineError, UnsupportedError, UsageError, codes
from tensorlogic.formats.mlpackage import MANIFEST
from tensorlogic.models.load import load_model

SUFFIX: Final = ".mlpackage"


class Fixed(NamedTuple):
    """A package that was written, what was changed, and by how much its outputs differ from those of its source."""

    source: Path
    target: Path
    changes: tuple[str, ...]
    differences: Mapping[str, float]
    """For each output the largest difference, as a part of its largest number, on made inputs: the source in f32, the
    target in the types that it declares."""

    @property
    def difference(self) -> float:
        """The largest of them."""
        return max(self.differences.values(), default=0.0)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "source": str(self.source),
            "target": str(self.target),
            "changes": list(self.changes),
            "differences": dict(self.differences),
            "difference": self.difference,
        }


def fix(
    path: str | os.PathLike[str],
    target: str | os.PathLike[str],
    findings: Sequence[Finding],
    shapes: Mapping[str, Shape] | None = None,
) -> Fixed:
    """Write the package at `path` to `target`, a new ``.mlpackage``, with every fixable one of `findings` fixed.

    fp32 becomes fp16 by coremltools' own passes. An input with several shapes gets the one in `shapes`, by its name,
    or its default. What coremltools converts it converts anew, for the system that the program asks for; features,
    labels and metadata stay those of the source.

    Nothing is written when an output becomes infinite, or differs by as much as its largest number, on made inputs.
    Raises the errors of `load_model`; `UsageError` where there is nothing to fix, for a target that cannot be written,
    a shape that an input does not take, and without coremltools; `UnsupportedError` for what coremltools does not
    rewrite; and `EngineError` when the outputs are others.
    """
    source, written = Path(path), Path(target)
    _check_target(written)
    described = _rewritable(source)
    plan = _plan(described, findings, shapes or {})
    with _unfinished(written) as temporary:
        rewrite(described, plan, temporary)
        changes = tuple(_changes(plan, described, _rewritable(temporary)))
        if not changes:
            message = "coremltools leaves the operations in fp32 that there are"
            raise UnsupportedError(codes.UNSUPPORTED_MODEL, message, BytePlace(str(source)), help=ANEW)
        differences = _compare(source, temporary)
    return Fixed(source, written, changes, differences)


def _changes(plan: Plan, before: ModelFunction, after: ModelFunction) -> Iterator[str]:
    """What was done, in words."""
    was, left = _in_float32(before), _in_float32(after)
    if plan.float16 and left < was:
        yield f"operations in fp32: {left}, of {was} before"
    for name, shape in plan.shapes.items():
        yield f"{name} has the shape {list(shape)}"


def _in_float32(described: ModelFunction) -> int:
    """How many operations the check of findings counts as fp32."""
    return sum(float32(site, chip(DEFAULT)) is not None for site in graph_of(described).sites)


def _check_target(target: Path) -> None:
    if target.suffix != SUFFIX:
        message = f"cannot write {target.name!r}: a fixed model is a package"
        raise UsageError(codes.CANNOT_WRITE, message, help=f"Let the name end in {SUFFIX}.")
    if target.exists():
        raise UsageError(codes.CANNOT_WRITE, f"{str(target)!r} exists already", help="Choose another name.")


def _rewritable(source: Path) -> ModelFunction:
    """The function, if it is the only one of a package."""
    found = open_function(source)
    place = BytePlace(str(source))
    if not (source / MANIFEST).is_file():
        help = "Fix the .mlpackage that it was compiled from, and compile that."
        raise UnsupportedError(codes.UNSUPPORTED_MODEL, "compiled models cannot be rewritten", place, help=help)
    if len(found.file.program.functions) > 1:
        help = "Convert each function anew, and join them with ct.utils.save_multifunction."
        message = "models with several functions cannot be rewritten"
        raise UnsupportedError(codes.UNSUPPORTED_MODEL, message, place, help=help)
    return found


_SHAPES: Final = ("ranges", "enumerated", "several-enumerated")


def _plan(described: ModelFunction, findings: Sequence[Finding], shapes: Mapping[str, Shape]) -> Plan:
    fixable = [finding for finding in findings if finding.fixable]
    moving = dict.fromkeys(name for finding in fixable if finding.id in _SHAPES for name in finding.where)
    features = {feature.name: feature for feature in described.inputs}
    for name in shapes:
        if name not in features:
            raise UsageError(codes.UNKNOWN_INPUT, f"the model has no input {name!r}", help=f"It has {list(features)}.")
    chosen = {name: _shape(features[name], shapes.get(name)) for name in (*moving, *shapes)}
    plan = Plan(any(finding.id not in _SHAPES for finding in fixable), chosen)
    if not plan.float16 and not plan.shapes:
        raise UsageError(codes.WRONG_ARGUMENTS, "nothing was found that could be fixed")
    return plan


def _shape(feature: Feature, given: Shape | None) -> Shape:
    """A shape that an input takes: the one that is given, or the default."""
    shape = tuple(given or feature.shape or ())
    takes = getattr(feature.type, "shapes", None)
    if shape and takes is not None and takes.accepts(shape):
        return shape
    message = f"the input {feature.name!r} does not take the shape {list(shape)}"
    raise UsageError(codes.WRONG_SHAPE, message, help=f"It is {feature.type}.")


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """A package to write, which gets the name `target` when the block ends well."""
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            temporary = Path(folder) / target.name
            yield temporary
            temporary.rename(target)
    except OSError as error:
        message = f"cannot write {str(target)!r}: {error.strerror or error}"
        raise UsageError(codes.CANNOT_WRITE, message) from None


def _compare(source: Path, target: Path) -> dict[str, float]:
    """The largest relative difference of each output but labels; with states, of two predictions."""
    from tensorlogic.models.conversion.checking import difference
    from tensorlogic.models.inputs import make_inputs

    after = load_model(target, "cpu", "f16", "torch")
    inputs = make_inputs(after.inputs, {}, None)
    wanted, found = (_outputs(model, inputs) for model in (load_model(source, "cpu", "f32", "torch"), after))
    names = [output.name for output in after.outputs if output.kind != "scalar"]
    differences = {
        name: max(difference(f[name], w[name]) for f, w in zip(found, wanted, strict=True)) for name in names
    }
    if wrong := [name for name, value in differences.items() if value >= 1]:
        message = f"the output {wrong[0]!r} would be another: it overflows in fp16, or differs by all that it is"
        help = "Nothing was written. tl verify names the operation where it begins."
        raise EngineError(codes.CHECK_FAILED, message, help=help)
    return differences


def _outputs(model: Any, inputs: Mapping[str, Any]) -> list[Any]:
    state = {"state": model.make_state()} if model.states else {}
    return [model.predict(dict(inputs), **state) for _ in range(2 if state else 1)]
