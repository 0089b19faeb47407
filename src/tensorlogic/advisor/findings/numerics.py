"""Numbers that fp16 and the Neural Engine do not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from tensorlogic.advisor.findings.view import FLOATS, Found, View, check
from tensorlogic.advisor.graph import Site
from tensorlogic.mil.program import Literal, Operand

LARGEST: Final = 65504.0
"""The largest number of fp16."""
SMALLEST: Final = 2.0**-14
"""The smallest normal number of fp16: what is smaller may become zero."""


SEARCHED: Final = 1 << 22
"""The most elements of a constant that is looked through: masks and norms have fewer, and large weights are small."""


def _found(sites: list[Site]) -> Iterator[Found]:
    if sites:
        yield Found(tuple(site.name for site in sites))


def _array(given: Literal | None) -> np.ndarray | None:
    """The numbers of a constant; None for what is no tensor of floats, or large."""
    floats = given is not None and getattr(given.type, "dtype", None) in FLOATS
    if given is None or not floats or not isinstance(given.data, np.ndarray) or given.data.size > SEARCHED:
        return None
    return given.data


def _least(given: Literal | None) -> float:
    """The smallest number of a constant; infinite where there is none."""
    array = _array(given)
    return float("inf") if array is None or not array.size else float(array.min())


def _operands(site: Site) -> Iterator[Operand]:
    for operands in site.operation.inputs.values():
        yield from operands


@check
def infinite_masks(view: View) -> Iterator[Found]:
    """A constant that is added or chosen is -inf in fp16."""
    adding = (site for site in view.graph.sites if site.type in ("add", "sub", "select", "where", "fill"))
    yield from _found([s for s in adding if any(_least(s.graph.constant(o)) < -LARGEST for o in _operands(s))])


@check
def large_constants(view: View) -> Iterator[Found]:
    """A constant is finite, and infinite in fp16."""
    yield from _found([s for s in view.graph.sites if any(_overflows(s.graph.constant(o)) for o in _operands(s))])


def _overflows(given: Literal | None) -> bool:
    array = _array(given)
    return array is not None and array.dtype == np.float32 and bool(((abs(array) > LARGEST) & np.isfinite(array)).any())


def _made_by(site: Site, parameter: str) -> Site | None:
    given = site.operand(parameter)
    sources = site.graph.sources(site)
    return next((each for each in sources if given in {name for name, _ in each.results}), None)


def _squares(site: Site) -> Site | None:
    """The operation whose square a sum or mean is taken of; the site of the squaring itself where it has none."""
    if site.type == "reduce_sum_square":
        return _made_by(site, "x") or site
    if site.type not in ("reduce_mean", "reduce_sum") or (square := _made_by(site, "x")) is None:
        return None
    itself = square.type == "mul" and square.operand("x") == square.operand("y")
    return (_made_by(square, "x") or square) if square.type in ("square", "pow") or itself else None


@check
def unscaled_squares(view: View) -> Iterator[Found]:
    """A mean or sum of squares of what was neither centred nor divided by its largest number."""
    squared = [(site, _squares(site)) for site in view.graph.sites if site.result and site.result.dtype in FLOATS]
    yield from _found([s for s, of in squared if of is not None and of.type not in ("sub", "real_div", "layer_norm")])


@check
def tiny_roots(view: View) -> Iterator[Found]:
    """An rsqrt whose guard against zero is smaller than fp16 holds."""
    yield from _found([site for site in view.graph.sites if site.type == "rsqrt" and _guard(site) < SMALLEST])


def _guard(site: Site) -> float:
    """What is added at least before the root is taken."""
    own = _least(site.constant("epsilon"))
    added = _made_by(site, "x")
    if added is None or added.type != "add":
        return own if own != float("inf") else 0
    around = [_least(added.constant(name)) for name in ("x", "y")]
    return max((value for value in (own, *around) if value != float("inf")), default=0)


@check
def many_tokens(view: View) -> Iterator[Found]:
    """A table of embeddings has more rows than 16 bits count."""
    yield from _found([site for site in view.graph.sites if site.type == "gather" and _rows(site) > view.limit])


def _rows(site: Site) -> int:
    table = site.tensor("x")
    return 0 if table is None or not table.dtype.is_float or not table.shape else table.shape[0] or 0


@check
def wide_slices(view: View) -> Iterator[Found]:
    """A slice of a long last axis that does not begin at its start."""
    yield from _found([s for s in view.graph.sites if s.type in ("slice_by_index", "slice_by_size") and _cuts(s, view)])


def _cuts(site: Site, view: View) -> bool:
    x, begin = site.tensor("x"), site.constant("begin")
    if x is None or not x.shape or not x.dtype.is_float or begin is None or not isinstance(begin.data, np.ndarray):
        return False
    return (x.shape[-1] or 0) > view.limit and begin.data.size > 0 and int(begin.data.reshape(-1)[-1]) != 0


@check
def gathers_by_place(view: View) -> Iterator[Found]:
    """A gather_nd with places that are computed."""
    yield from _found([s for s in view.graph.sites if s.type == "gather_nd" and _computed(s, "indices")])


def _computed(site: Site, parameter: str) -> bool:
    given = site.operand(parameter)
    return isinstance(given, str) and not site.graph.is_constant(given)
