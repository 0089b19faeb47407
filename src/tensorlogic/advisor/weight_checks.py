"""The checks that rows of ``facts/weights.toml`` name: how the weights that an operation takes are stored."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from tensorlogic.advisor.checks import Found, check
from tensorlogic.advisor.chips import Chip
from tensorlogic.advisor.cost import sizes
from tensorlogic.advisor.graph import Site, is_free
from tensorlogic.mil.program import Operation

_SCALED = {"constexpr_blockwise_shift_scale": "data", "constexpr_sparse_blockwise_shift_scale": "data_mask"}
"""What multiplies by scales, and its parameter that has an element for each of the weight."""
_PALETTES = ("constexpr_lut_to_dense", "constexpr_lut_to_sparse")


@check
def weight_in_blocks(site: Site, chip: Chip) -> Found:
    """A weight has scales for blocks, not only for whole channels."""
    for maker in _makers(site):
        if maker.type in _SCALED and (block := _block(site, maker)) and not _from_palette(site, maker):
            return {"name": maker.name, "block": block}
    return None


@check
def scaled_palette(site: Site, chip: Chip) -> Found:
    """A weight has a palette, and scales for blocks besides."""
    for maker in _makers(site):
        if maker.type in _SCALED and _block(site, maker) and _from_palette(site, maker):
            return {"name": maker.name}
    return None


@check
def crossed_palettes(site: Site, chip: Chip) -> Found:
    """A weight has palettes for blocks along several axes."""
    for maker in _makers(site):
        *blocks, _, _ = (1, 1, *sizes(site.graph.given(maker, "lut")))
        axes = sum(count > 1 for count in blocks)
        if axes > 1:
            return {"name": maker.name, "axes": axes}
    return None


@check
def quantized_palette(site: Site, chip: Chip) -> Found:
    """The entries of a weight's palette are integers, with a scale or without."""
    for maker in _makers(site):
        inner = (site.graph.given(each, "data") for each in _given(site, maker, "lut"))
        if any(entries and not entries.dtype.is_float for entries in (site.graph.given(maker, "lut"), *inner)):
            return {"name": maker.name}
    return None


def _makers(site: Site) -> Iterator[Operation]:
    """What expands the constants that an operation takes, the last step first; not what expands palettes."""
    waiting, seen = list(site.operation.names), set[str]()
    while waiting:
        maker = site.graph.maker(waiting.pop())
        if maker is None or maker.name in seen or maker.type == "const" or not is_free(maker):
            continue
        seen.add(maker.name)
        yield maker
        inner = (_given(site, maker, parameter) for parameter in maker.inputs if parameter != "lut")
        waiting += [each.name for given in inner for each in given]


def _given(site: Site, maker: Operation, parameter: str) -> list[Operation]:
    """What computes the operands of a parameter; constants that are stored as they are do not count."""
    names = (operand for operand in maker.operands(parameter) or () if isinstance(operand, str))
    makers = (site.graph.maker(name) for name in names)
    return [each for each in makers if each is not None and each.type != "const"]


def _from_palette(site: Site, maker: Operation) -> bool:
    given = (each for parameter in maker.inputs for each in _given(site, maker, parameter))
    return any(each.type in _PALETTES for each in given)


def _block(site: Site, maker: Operation) -> int:
    """How many numbers share a scale where they are a block; 0 where they are a channel or the whole weight."""
    axes, counts = sizes(site.graph.given(maker, _SCALED[maker.type])), sizes(site.graph.given(maker, "scale"))
    cut = [(size, count) for size, count in zip(axes, counts, strict=False) if count > 1]
    in_blocks = len(cut) > 1 or any(count < size for size, count in cut)
    return prod(axes) // prod(counts) if in_blocks else 0
