"""The order in which relations are derived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tensorlogic.logic.problems import KnowledgeError, Problem
from tensorlogic.logic.terms import Atom, Not, Rule, is_aggregating


def uses(rule: Rule) -> Iterator[tuple[str, bool]]:
    """The relations that a rule reads, and whether it needs all of their rows before it says anything."""
    for literal in rule.body:
        if isinstance(literal, Not):
            yield literal.atom.relation, True
        elif isinstance(literal, Atom):
            yield literal.relation, is_aggregating(rule)


def by_head(rules: Iterable[Rule]) -> dict[str, list[Rule]]:
    """The rules of each relation."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.head.relation, []).append(rule)
    return found


def strata(rules: Mapping[str, list[Rule]]) -> list[tuple[str, ...]]:
    """Relations that depend on one another together, each group after those that it depends on.

    Raises `KnowledgeError` for every cycle through a negation or an aggregate.
    """
    graph = {name: [used for rule in each for used, _ in uses(rule)] for name, each in rules.items()}
    groups = components(graph)
    group_of = {name: group for group in groups for name in group}
    bad = [
        _cycle(rule, used, graph, group_of[used])
        for name, each in rules.items()
        for rule in each
        for used, whole in uses(rule)
        if whole and used in group_of[name]
    ]
    if bad:
        raise KnowledgeError(bad)
    return [group for group in groups if group[0] in rules]


def components(graph: Mapping[str, list[str]]) -> list[tuple[str, ...]]:
    """The strongly connected parts of a graph, each after those that it leads to (Tarjan, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    found: list[tuple[str, ...]] = []
    for root in graph:
        work = [] if root in index else [(root, iter(graph[root]))]
        while work:
            node, rest = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
                waiting.add(node)
            following = next((n for n in rest if n not in index or _lower(low, node, n, index, waiting)), None)
            if following is not None:
                work.append((following, iter(graph.get(following, ()))))
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                at = stack.index(node)
                found.append(tuple(stack[at:]))
                waiting.difference_update(stack[at:])
                del stack[at:]
    return found


def _lower(low: dict[str, int], node: str, other: str, index: dict[str, int], waiting: set[str]) -> bool:
    """Take note of an edge to a node that was met before, which is not to be followed again."""
    if other in waiting:
        low[node] = min(low[node], index[other])
    return False


def _cycle(rule: Rule, used: str, graph: Mapping[str, list[str]], group: tuple[str, ...]) -> Problem:
    """The cycle that `rule` closes by needing all of `used`."""
    head = rule.head.relation
    path = _path(used, head, graph, group)
    word = "an aggregate of" if is_aggregating(rule) else "not"
    shown = f"{head} <- {word} " + " <- ".join(path)
    return Problem(
        "cycle",
        f"{head} depends on {'an aggregate' if is_aggregating(rule) else 'a negation'} of itself: {shown}",
        f"Let {used} not depend on {head}: what is negated or counted must be known before.",
        rule.origin,
    )


def _path(start: str, end: str, graph: Mapping[str, list[str]], group: tuple[str, ...]) -> list[str]:
    """A shortest way from one relation to another within a group."""
    ways = {start: [start]}
    for name in (queue := [start]):
        for following in graph.get(name, ()):
            if following in group and following not in ways:
                ways[following] = [*ways[name], following]
                queue.append(following)
    return ways[end]
