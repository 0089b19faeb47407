"""The graph of operations as data for the page: nodes in their places, and what is told of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tensorlogic.advisor import Advice
from tensorlogic.advisor.eligibility import Reason, rules
from tensorlogic.advisor.graph import Site
from tensorlogic.advisor.placement import Placed
from tensorlogic.advisor.units import NAMES
from tensorlogic.mil.types import TensorType
from tensorlogic.report.layout import layout
from tensorlogic.report.wording import LONGEST_SENTENCE, TAKES, scaled, shown, sureness

_MOST_TENSORS = 12
"""How many operands of an operation are told of."""


def drawing(advice: Advice) -> dict[str, Any]:
    """Inputs, operations and outputs as nodes, with the rules that they speak of. A state is one for each use."""
    function = advice.subject.function
    states = function.states
    given = [value for value in function.inputs if value.name not in states]
    makers = {value.name: index for index, value in enumerate(given)}
    nodes = [_end("input", value.name, str(value.type)) for value in given]
    sources: list[list[int]] = [[] for _ in nodes]
    for placed in advice.placement.operations:
        taken = dict.fromkeys(_taken(placed.site))
        for name in [each for each in taken if each in states]:
            makers[name] = len(nodes)
            nodes.append(_end("state", name, str(states[name])))
            sources.append([])
        before = dict.fromkeys(makers[name] for name in taken if name in makers)
        makers |= {value.name: len(nodes) for value in placed.site.operation.outputs}
        nodes.append(_operation(placed))
        sources.append(list(before))
    for name in function.body.outputs:
        nodes.append(_end("output", name, str(advice.subject.graph.types.get(name, ""))))
        sources.append([makers[name]] if name in makers else [])
    return {"units": NAMES, "rules": _rules(advice), "nodes": list(_put(nodes, sources))}


def _put(nodes: Iterable[dict[str, Any]], sources: list[list[int]]) -> Iterator[dict[str, Any]]:
    found = layout(sources)
    for node, before, layer, place, lane in zip(nodes, sources, *found, strict=True):
        passed = [round(each, 2) for each in lane]
        yield {**node, "from": before, "layer": layer, "place": round(place, 2), "lane": passed}


def _taken(site: Site) -> Iterator[str]:
    """What an operation takes, also inside of its blocks."""
    yield from site.operation.names
    for block in site.operation.blocks:
        for operation in block.walk():
            yield from operation.names
        yield from block.outputs


def _end(kind: str, name: str, type: str) -> dict[str, Any]:
    return {"kind": kind, "name": shown(name), "type": shown(type)}


def _operation(placed: Placed) -> dict[str, Any]:
    return {
        **_end("operation", placed.site.name, placed.site.type),
        "unit": placed.unit,
        "region": placed.region,
        "takes": TAKES[placed.eligibility.verdict],
        "work": scaled(placed.work.flops, "FLOP"),
        "moves": scaled(placed.work.activations, "B"),
        "weights": scaled(placed.work.weights, "B"),
        "inputs": _tensors(placed.site.computed),
        "outputs": _tensors(placed.site.results),
        "reasons": [_reason(each) for each in placed.eligibility.reasons],
    }


def _tensors(tensors: tuple[tuple[str, TensorType], ...]) -> list[str]:
    told = [f"{shown(name)}: {tensor}" for name, tensor in tensors[:_MOST_TENSORS]]
    return told if len(tensors) <= _MOST_TENSORS else [*told, f"and {len(tensors) - _MOST_TENSORS:,} more"]


def _reason(reason: Reason) -> dict[str, str]:
    return {"rule": reason.rule, "text": shown(reason.text, LONGEST_SENTENCE)}


def _rules(advice: Advice) -> dict[str, Any]:
    """What is the same in all reasons of a rule."""
    said = {reason.rule for placed in advice.placement.operations for reason in placed.eligibility.reasons}
    return {
        rule.id: {"fix": rule.fix or "", "sure": sureness(rule.evidence), "sources": list(rule.evidence.addresses)}
        for rule in rules()
        if rule.id in said
    }
