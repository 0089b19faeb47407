"""How large the weights are, and how they are stored."""

from __future__ import annotations

from collections.abc import Iterator

from tensorlogic.advisor.findings.view import MEGABYTE, Found, View, check, names
from tensorlogic.advisor.graph import is_free
from tensorlogic.advisor.units import speed
from tensorlogic.mil.program import Operation
from tensorlogic.mil.types import TensorType


@check
def large_weights(view: View) -> Iterator[Found]:
    """The expanded weights are more than a chip's systems are known to take."""
    if view.subject.expanded > view.limit:
        yield Found((), {"megabytes": _megabytes(view.subject.expanded), "most": _megabytes(view.limit)})


def _megabytes(bytes: float) -> str:
    return f"{bytes / MEGABYTE:,.0f}"


@check
def weight_bound(view: View) -> Iterator[Found]:
    """Reading the weights is expected to take longer than computing, and they are not compressed."""
    stored, expanded = view.subject.stored, view.subject.expanded
    its = speed(view.chip, "ane")
    flops = sum(each.work.flops for each in view.placement.operations)
    reading, computing = stored / its.bandwidth, flops / its.flops
    if expanded >= view.limit and stored >= 0.9 * expanded and reading > computing:
        share = reading / (reading + computing)
        yield Found((), {"megabytes": _megabytes(stored), "share": f"{share:.0%}"})


def _expanded(view: View, type: str) -> list[Operation]:
    operations = view.subject.function.body.walk()
    return [each for each in operations if is_free(each) and each.type.removeprefix("ios18.") == type]


def _given(view: View, operation: Operation, parameter: str) -> TensorType | None:
    given = operation.operands(parameter)
    return view.graph.tensor(given[0]) if given else None


def _cut_axes(tensor: TensorType | None, rank: int) -> list[int]:
    """The axes along which scales or palettes differ; `rank` is that of the weight."""
    return [at for at, size in enumerate((tensor.shape or ())[:rank]) if size != 1] if tensor else []


def _found(operations: list[Operation]) -> Iterator[Found]:
    if operations:
        yield Found(tuple(operation.name for operation in operations))


@check
def blockwise(view: View) -> Iterator[Found]:
    """Weights with scales for blocks, not only for whole channels."""
    scaled = _expanded(view, "constexpr_blockwise_shift_scale")
    yield from _found([each for each in scaled if _in_blocks(view, each)])


def _in_blocks(view: View, operation: Operation) -> bool:
    scale, data = _given(view, operation, "scale"), _given(view, operation, "data")
    cut = _cut_axes(scale, len(data.shape or ())) if data else []
    return len(cut) > 1 or any(at > 0 for at in cut)


@check
def eight_bit_palettes(view: View) -> Iterator[Found]:
    """Palettes whose entries are 8-bit numbers."""
    yield from _found([each for each, lut in _palettes(view) if lut.dtype.bits == 8 or _is_scaled(view, each)])


def _is_scaled(view: View, palette: Operation) -> bool:
    """Whether the entries of a palette are numbers with a scale."""
    given = palette.operands("lut") or ()
    maker = view.graph.maker(given[0]) if given and isinstance(given[0], str) else None
    return maker is not None and maker.type.endswith("shift_scale")


@check
def crossed_palettes(view: View) -> Iterator[Found]:
    """Palettes for blocks along several axes."""
    yield from _found([each for each, lut in _palettes(view) if len(_cut_axes(lut, _leading(lut))) > 1])


@check
def palettes_for_channels(view: View) -> Iterator[Found]:
    """A palette for every output channel."""
    found = []
    for operation, lut in _palettes(view):
        indices = _given(view, operation, "indices")
        channels = (indices.shape or (0,))[0] if indices else 0
        if channels and channels > 1 and (lut.shape or (0,))[0] == channels and _leading(lut) > 0:
            found.append(operation)
    yield from _found(found)


def _palettes(view: View) -> list[tuple[Operation, TensorType]]:
    operations = _expanded(view, "constexpr_lut_to_dense")
    pairs = ((operation, _given(view, operation, "lut")) for operation in operations)
    return [(operation, lut) for operation, lut in pairs if lut is not None]


def _leading(lut: TensorType) -> int:
    """How many axes of a palette count blocks: all but the entries and their length; none of an iOS 16 palette."""
    return max(0, len(lut.shape or ()) - 2)


@check
def int8_activations(view: View) -> Iterator[Found]:
    """Activations are quantized."""
    found = [each for each in view.placement.operations if each.site.type in ("quantize", "dequantize")]
    if found:
        yield Found(names(found))


@check
def int8_activations_unsupported(view: View) -> Iterator[Found]:
    """Activations are quantized, and the chip has no 8-bit arithmetic."""
    if not view.chip.w8a8:
        yield from int8_activations(view)
