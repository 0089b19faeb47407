"""Relations that depend on a negation, or an aggregate, of themselves: their rules have no meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tensorlogic.errors.codes import RULE_CYCLE
from tensorlogic.lang import tree
from tensorlogic.lang.context import Context
from tensorlogic.lang.knowledge import AGGREGATES, related
from tensorlogic.lang.source import Span


class _Use(NamedTuple):
    """That a relation depends on another one; `how` is ``not``, ``an aggregate of`` or empty."""

    head: str
    used: str
    how: str
    span: Span


def check_cycles(program: tree.Program, context: Context) -> None:
    """Report every negation and every aggregate that the rules of a file close a cycle with."""
    uses = [use for node in program.statements if isinstance(node, tree.Rule) for use in _uses(node, context)]
    graph: dict[str, list[str]] = {}
    for use in uses:
        graph.setdefault(use.head, []).append(use.used)
    for use in uses:
        path = _path(use.used, use.head, graph) if use.how else []
        if path:
            what = "a negation" if use.how == "not" else "an aggregate"
            message = f"`{use.head}` depends on {what} of itself: {use.head} <- {use.how} {' <- '.join(path)}"
            help = f"Let {use.used} not depend on {use.head}: what is negated or counted must be known before."
            context.problems.report(RULE_CYCLE, message, use.span, help)


def _uses(rule: tree.Rule, context: Context) -> Iterator[_Use]:
    head = related(rule.head, context)
    if head is None:
        return
    terms = (each.value for each in rule.head.arguments)
    how = "an aggregate of" if any(map(_is_aggregate, terms)) else ""
    for node in rule.body:
        is_negated = isinstance(node, tree.Unary) and node.operator in ("not", "!")
        used = related(node.operand if isinstance(node, tree.Unary) else node, context)
        if used is not None:
            yield _Use(head.name, used.name, "not" if is_negated else how, node.span)


def _is_aggregate(term: tree.Expression) -> bool:
    return isinstance(term, tree.Call) and isinstance(term.callee, tree.Name) and term.callee.id in AGGREGATES


def _path(start: str, end: str, graph: Mapping[str, list[str]]) -> list[str]:
    """A shortest way from a relation to one that it depends on; empty if there is none."""
    ways = {start: [start]}
    for name in (queue := [start]):
        if name == end:
            return ways[end]
        for following in graph.get(name, ()):
            if following not in ways:
                ways[following] = [*ways[name], following]
                queue.append(following)
    return []
