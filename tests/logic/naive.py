"""Programs of rules, and what follows from them by trying every assignment, or by asking clingo."""

from __future__ import annotations

import itertools

import clingo
from hypothesis import strategies as st

from tensorlogic.logic import Atom, Comparison, Knowledge, Not, Rule, Signature, Variable

X, Y, Z, W = (Variable(name) for name in "XYZW")
CONSTANTS = tuple("abcd")
LEVELS = 4
"""Relations p0 ... p3, of one or two values: a rule of one negates only those before it."""
ARITY = {"p0": 2, "p1": 2, "p2": 1, "p3": 2}
Facts = dict[str, set[tuple]]


TERMS = st.sampled_from((X, Y, Z, X, Y, Z, "a", "b"))


def atoms(relations, terms=TERMS):
    return st.sampled_from(relations).flatmap(
        lambda r: st.tuples(*[terms] * ARITY[r]).map(lambda values: Atom(r, values))
    )


@st.composite
def rules(draw) -> Rule:
    level = draw(st.integers(0, LEVELS - 1))
    names = [f"p{i}" for i in range(level + 1)]
    body = draw(st.lists(atoms(names), min_size=1, max_size=3))
    bound = sorted({t for atom in body for t in atom.terms if isinstance(t, Variable)})
    terms = st.sampled_from((*bound, "c"))
    if level and draw(st.booleans()):
        negated = draw(atoms(names[:-1], st.sampled_from((*bound, W, "d"))))
        body.insert(draw(st.integers(0, len(body))), Not(negated))
    if bound and draw(st.booleans()):
        sides = draw(terms), draw(st.sampled_from((*bound, "a")))
        body.append(Comparison(draw(st.sampled_from(("!=", "=="))), *sides))
    return Rule(Atom(names[-1], tuple(draw(st.tuples(*[terms] * ARITY[names[-1]])))), tuple(body))


@st.composite
def programs(draw) -> tuple[Facts, list[Rule]]:
    facts = {
        name: set(draw(st.lists(st.tuples(*[st.sampled_from(CONSTANTS)] * arity), max_size=6)))
        for name, arity in ARITY.items()
    }
    return facts, draw(st.lists(rules(), max_size=6))


def known(facts: Facts, rules: list[Rule], large: int) -> Knowledge:
    knowledge = Knowledge()
    knowledge.large = large
    for name, arity in ARITY.items():
        knowledge.declare(Signature(name, tuple((f"v{i}", None) for i in range(arity))))
        knowledge.tell(name, sorted(facts[name], key=repr))
    for rule in rules:
        knowledge.add(rule)
    return knowledge


def naive(facts: Facts, rules: list[Rule]) -> Facts:
    """The least fixpoint, level by level, from all assignments of constants to variables."""
    found = {name: set(rows) for name, rows in facts.items()}
    for name in ARITY:
        own = [rule for rule in rules if rule.head.relation == name]
        before = None
        while before != len(found[name]):
            before = len(found[name])
            for rule in own:
                found[name] |= set(_consequences(rule, found))
    return found


def _consequences(rule: Rule, found: Facts):
    for values in itertools.product(CONSTANTS, repeat=3):
        env = dict(zip((X, Y, Z), values, strict=True))
        if all(_holds(literal, env, found) for literal in rule.body):
            yield tuple(env.get(term, term) for term in rule.head.terms)


def _holds(literal, env, found: Facts) -> bool:
    if isinstance(literal, Comparison):
        left, right = env.get(literal.left, literal.left), env.get(literal.right, literal.right)
        return (left == right) == (literal.operator == "==")
    if isinstance(literal, Not):
        return not any(_holds(literal.atom, {**env, W: value}, found) for value in CONSTANTS)
    return tuple(env.get(term, term) for term in literal.terms) in found[literal.relation]


def by_clingo(facts: Facts, rules: list[Rule]) -> Facts:
    """The same from a solver of answer sets, of which there is one."""
    lines = [_text(Atom(name, row)) + "." for name, rows in facts.items() for row in sorted(rows)]
    for number, rule in enumerate(rules):
        body, extra = [], []
        for literal in rule.body:
            if isinstance(literal, Not) and W in literal.atom.terms:
                shared = [t for t in literal.atom.terms if isinstance(t, Variable) and t != W]
                helper = f"n{number}({', '.join(v.name for v in shared)})" if shared else f"n{number}"
                extra.append(f"{helper} :- {_text(literal.atom)}.")
                body.append(f"not {helper}")
            else:
                body.append(_text(literal))
        lines += [*extra, f"{_text(rule.head)} :- {', '.join(body)}."]
    control = clingo.Control(["--warn=none"])
    control.add("base", [], "\n".join(lines))
    control.ground([("base", [])])
    found: Facts = {name: set() for name in ARITY}
    with control.solve(yield_=True) as models:
        for symbol in next(iter(models)).symbols(atoms=True):
            if symbol.name in found:
                found[symbol.name].add(tuple(argument.name for argument in symbol.arguments))
    return found


def _text(part) -> str:
    if isinstance(part, Comparison):
        return f"{_text(part.left)} {part.operator.replace('==', '=')} {_text(part.right)}"
    if isinstance(part, Not):
        return f"not {_text(part.atom)}"
    if isinstance(part, Atom):
        return f"{part.relation}({', '.join(map(_text, part.terms))})"
    return part.name if isinstance(part, Variable) else part
