"""Rules that hand on what they are asked for.

`Ancestor(X, Z) <- Parent(X, Y), Ancestor(Y, Z)` answers whatever its last atom does. A query of all of Alice's
descendants asks it for those of her children, of theirs, and so on; all of these answers are answers to the query, so
nobody has to hand them back up: without that, a query along a chain takes the square of its length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tensorlogic.logic.terms import Atom, Comparison, Not, Rule, Variable, variables


def shortened(made: list[Rule], goal: str) -> list[Rule]:
    """Directed rules in which the relation that `goal` asks for keeps the answers of those that it hands on to.

    Only where the goal asks for one thing, and nobody else asks for any of that relation.
    """
    for seed in made:
        name = seed.head.relation[1:]
        if not seed.body and "/" in name and seed.head.relation[0] == "?":
            readers = [rule for rule in made for atom in _atoms(rule) if atom.relation == name]
            tails = [rule for rule in readers if rule.head.relation == name and _is_tail(rule, name)]
            others = [rule for rule in readers if rule not in tails]
            if tails and len(others) == 1 and others[0].head.relation == goal:
                return [_opened(rule, name) if rule is others[0] else rule for rule in made if rule not in tails]
    return made


def _atoms(rule: Rule) -> Iterator[Atom]:
    for literal in rule.body:
        if isinstance(literal, Atom | Not):
            yield literal.atom if isinstance(literal, Not) else literal


def _is_tail(rule: Rule, name: str) -> bool:
    """Whether a rule's answers are those of its last atom, which is of the same relation, for all that it asks for."""
    *before, last = rule.body
    if not (
        isinstance(last, Atom) and last.relation == name and all(isinstance(each, Atom | Comparison) for each in before)
    ):
        return False  # it was asked for more than the rule has answers to
    counts = Counter(v for part in (rule.head, *rule.body) for v in variables(part))
    pairs = zip(rule.head.terms, last.terms, name.partition("/")[2], strict=True)
    return all(a == b and isinstance(a, Variable) and counts[a] == 2 for a, b, letter in pairs if letter == "f")


def _opened(rule: Rule, name: str) -> Rule:
    """The goal's rule, which takes the answers to whatever was asked."""
    letters = name.partition("/")[2]
    return rule._replace(
        body=tuple(
            literal._replace(
                terms=tuple(
                    Variable(f"?{i}") if letter == "b" else term
                    for i, (term, letter) in enumerate(zip(literal.terms, letters, strict=True))
                )
            )
            if isinstance(literal, Atom) and literal.relation == name
            else literal
            for literal in rule.body
        )
    )
