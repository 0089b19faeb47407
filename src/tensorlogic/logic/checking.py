"""What must be true of a rule before it is run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from tensorlogic.errors import nearest
from tensorlogic.logic.plans import is_ready
from tensorlogic.logic.problems import Problem
from tensorlogic.logic.terms import (
    Aggregate,
    Atom,
    Comparison,
    Not,
    Rule,
    Signature,
    Value,
    Variable,
    variables,
    written,
)

TYPES: dict[str, type] = {"int": int, "float": float, "string": str, "bool": bool}
_ANY = (None, "entity", "concept")


def is_entity(type: str | None) -> bool:
    """Whether the type of a parameter is the name of an entity."""
    return type not in TYPES and type not in _ANY


def fits(value: Value, wanted: str | None) -> bool:
    """Whether a constant may stand for a parameter of a type, leaving open which members an entity has."""
    return wanted in _ANY or type(value) is TYPES.get(wanted or "", str)


def problems(
    rule: Rule, signatures: Mapping[str, Signature], closed: Mapping[str, Mapping[Value, int]]
) -> Iterator[Problem]:
    """All that is wrong with a rule. `closed` are the members of closed entities."""
    atoms = [part.atom if isinstance(part, Not) else part for part in (rule.head, *rule.body)]
    for atom in (part for part in atoms if isinstance(part, Atom)):
        yield from _of_atom(atom, rule, signatures, closed)
    known = [atom for atom in atoms if isinstance(atom, Atom) and atom.relation in signatures]
    yield from _clashes([a for a in known if len(a.terms) == len(signatures[a.relation].parameters)], rule, signatures)
    yield from _unsafe(rule)


def _of_atom(
    atom: Atom, rule: Rule, signatures: Mapping[str, Signature], closed: Mapping[str, Mapping[Value, int]]
) -> Iterator[Problem]:
    signature = signatures.get(atom.relation)
    if signature is None:
        near = nearest(atom.relation, signatures)
        cure = f"Did you mean {near}?" if near else f"Declare it: relation {atom.relation}(...)."
        yield Problem("unknown", f"there is no relation {atom.relation}", cure, rule.origin)
    elif len(atom.terms) != len(signature.parameters):
        yield arity(signature, len(atom.terms))._replace(origin=rule.origin)
    else:
        for term, (name, type) in zip(atom.terms, signature.parameters, strict=True):
            if not isinstance(term, Variable | Aggregate):
                wrong = misfit(term, type, f"{name} of {atom.relation}", closed)
                if wrong:
                    yield wrong._replace(origin=rule.origin)


def arity(signature: Signature, count: int) -> Problem:
    """That a relation was given a wrong number of values."""
    shown = f"{signature.name}({', '.join(name for name, _ in signature.parameters)})"
    wanted = len(signature.parameters)
    values = "value" if wanted == 1 else "values"
    return Problem("arity", f"{signature.name} has {wanted} {values}, not {count}", f"It is declared as {shown}.")


def misfit(value: Value, type: str | None, place: str, closed: Mapping[str, Mapping[Value, int]]) -> Problem | None:
    """Why a constant may not stand where a type is wanted, if so."""
    if not fits(value, type):
        shown = f'"{value}"' if isinstance(value, str) else written(value)
        return Problem("type", f"{place} is of type {type}, not {shown}")
    if type is not None and type in closed and value not in closed[type]:
        near = nearest(str(value), [str(member) for member in closed[type]])
        cure = f"Did you mean {near}?" if near else f"Its members are {', '.join(map(written, closed[type]))}."
        return Problem("closed", f"{written(value)} is no {type}, and {type} is closed", cure)
    return None


def _clashes(atoms: list[Atom], rule: Rule, signatures: Mapping[str, Signature]) -> Iterator[Problem]:
    """Variables that stand for a text in one place and for a number in another."""
    seen: dict[Variable, tuple[str, str, str]] = {}
    for atom in atoms:
        for term, (name, type) in zip(atom.terms, signatures[atom.relation].parameters, strict=True):
            if not isinstance(term, Variable) or type in _ANY:
                continue
            kind = "string" if is_entity(type) else str(type)
            before = seen.setdefault(term, (kind, str(type), f"{name} of {atom.relation}"))
            if before[0] != kind:
                message = (
                    f"{term.name} is of type {before[1]} as {before[2]}, of type {type} as {name} of {atom.relation}"
                )
                yield Problem("type", message, "No value is of both types: take two variables.", rule.origin)


def _unsafe(rule: Rule) -> Iterator[Problem]:
    """Variables that nothing gives a value."""
    counts = Counter(v for part in (rule.head, *rule.body) for v in variables(part))
    bound = {v for literal in rule.body if isinstance(literal, Atom) for v in variables(literal)}
    rest = [literal for literal in rule.body if not isinstance(literal, Atom)]
    while ready := [each for each in rest if is_ready(each, bound, _elsewhere(each, counts))]:
        for literal in ready:
            rest.remove(literal)
            if isinstance(literal, Comparison):
                bound.update(variables(literal))
    loose: dict[Variable, object] = {
        v: literal for literal in rest for v in variables(literal) if v in _elsewhere(literal, counts) | _own(literal)
    }
    loose |= dict.fromkeys(variables(rule.head), rule.head)
    for variable, place in loose.items():
        if variable not in bound:
            message = f"{variable.name} in {written(place)} may be anything"
            yield Problem("unsafe", message, f"Let a relation in the body say what {variable.name} is.", rule.origin)


def _elsewhere(literal: object, counts: Counter[Variable]) -> set[Variable]:
    inside = Counter(variables(literal))
    return {v for v in inside if counts[v] > inside[v]}


def _own(literal: object) -> set[Variable]:
    """The variables that must be bound although they stand nowhere else."""
    return set() if isinstance(literal, Not) else set(variables(literal))
