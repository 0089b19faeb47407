"""Where the nodes of a graph are drawn: in layers from top to bottom, with few crossings and short ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

_LANE: Final = 0.2
"""The width of a line that passes by, in widths of a node."""
_LONGEST: Final = 48
"""How many layers a line may pass between nodes; longer ones are drawn behind them."""
_SWEEPS: Final = 4


class Layout(NamedTuple):
    """For each node its layer, its place there in widths of a node, and where its line passes the layers after it."""

    layers: list[int]
    places: list[float]
    lanes: list[list[float]]


@dataclass(eq=False, slots=True)
class _Spot:
    """A node in its layer, or where a line passes one."""

    width: float
    above: list[_Spot] = field(default_factory=list)
    below: list[_Spot] = field(default_factory=list)
    order: float = 0
    place: float = 0


def layout(sources: Sequence[Sequence[int]]) -> Layout:
    """The layout of nodes, each given by the nodes that it follows; those come before it."""
    layers = _layers(sources)
    nodes = [_Spot(1.0) for _ in sources]
    lanes = _lanes(sources, layers, nodes)
    rows: list[list[_Spot]] = [[] for _ in range(max(layers, default=-1) + 1)]
    for node, (spot, layer) in enumerate(zip(nodes, layers, strict=True)):
        rows[layer].append(spot)
        for further, passing in enumerate(lanes[node], layer + 1):
            rows[further].append(passing)
    _order(rows)
    _settle(rows)
    left = min((spot.place for spot in nodes), default=0)
    passed = [[spot.place - left for spot in lane] for lane in lanes]
    return Layout(layers, [spot.place - left for spot in nodes], passed)


def _layers(sources: Sequence[Sequence[int]]) -> list[int]:
    """One below the lowest that it follows; what follows only what nobody else does stands right above its user."""
    layers: list[int] = []
    users: list[list[int]] = [[] for _ in sources]
    for node, before in enumerate(sources):
        layers.append(max((layers[each] + 1 for each in before), default=0))
        for each in before:
            users[each].append(node)
    alone: list[bool] = []
    for before in sources:
        alone.append(all(alone[each] and len(users[each]) == 1 for each in before))
    for node in reversed(range(len(layers))):
        if alone[node] and users[node]:
            layers[node] = min(layers[user] for user in users[node]) - 1
    return layers


def _lanes(sources: Sequence[Sequence[int]], layers: Sequence[int], nodes: Sequence[_Spot]) -> list[list[_Spot]]:
    """The spots that each node's line passes on its way to its users, all tied to each other."""
    lanes: list[list[_Spot]] = [[] for _ in nodes]
    for node, before in enumerate(sources):
        for each in before:
            span = layers[node] - layers[each]
            if span > _LONGEST:
                continue
            lane = lanes[each]
            lane += (_Spot(_LANE) for _ in range(span - 1 - len(lane)))
            _tie(lane[span - 2] if span > 1 else nodes[each], nodes[node])
    for spot, lane in zip(nodes, lanes, strict=True):
        for one, other in pairwise((spot, *lane)):
            _tie(one, other)
    return lanes


def _tie(above: _Spot, below: _Spot) -> None:
    above.below.append(below)
    below.above.append(above)


def _order(rows: Sequence[list[_Spot]]) -> None:
    """Put each spot of a row where its neighbours are on average, going down and up by turns."""
    for row in rows:
        _number(row)
    for _ in range(_SWEEPS):
        for row in rows:
            row.sort(key=lambda spot: _mean([each.order for each in spot.above], spot.order))
            _number(row)
        for row in reversed(rows):
            row.sort(key=lambda spot: _mean([each.order for each in spot.below], spot.order))
            _number(row)


def _number(row: Sequence[_Spot]) -> None:
    for order, spot in enumerate(row):
        spot.order = order - len(row) / 2


def _settle(rows: Sequence[Sequence[_Spot]]) -> None:
    """Move each spot to where its neighbours are, as far as the others of its row let it."""
    for row in rows:
        _move(row, [spot.order for spot in row])
    for _ in range(_SWEEPS):
        for row in rows:
            _move(row, [_mean([each.place for each in spot.above], spot.place) for spot in row])
        for row in reversed(rows):
            _move(row, [_mean([each.place for each in spot.below], spot.place) for spot in row])
    for row in rows:
        _move(row, [_mean([each.place for each in spot.above], spot.place) for spot in row])


def _move(row: Sequence[_Spot], wanted: Sequence[float]) -> None:
    """Move the spots of a row. One that is alone stands in the middle, lest a deep graph leans to a side."""
    if len(row) == 1:
        row[0].place = 0
        return
    for spot, place in zip(
        row, _apart(wanted, [spot.width for spot in row], [1 / spot.width for spot in row]), strict=True
    ):
        spot.place = place


def _apart(wanted: Sequence[float], widths: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones (by weighted squares) that keep the order and do not overlap."""
    steps = [0.0, *((one + other) / 2 for one, other in pairwise(widths))] if widths else []
    offsets = list(accumulate(steps))
    together: list[tuple[float, float, int]] = []
    for place, offset, weight in zip(wanted, offsets, weights, strict=True):
        start, count = place - offset, 1
        while together and together[-1][0] >= start:
            before, heavy, many = together.pop()
            start = (start * weight + before * heavy) / (weight + heavy)
            weight, count = weight + heavy, count + many
        together.append((start, weight, count))
    leftmost = (start for start, _, count in together for _ in range(count))
    return [place + offset for place, offset in zip(leftmost, offsets, strict=True)]


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise
