"""What must be true of a rule before it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tensorlogic.errors import nearest
from tensorlogic.logic.plans import is_ready
from tensorlogic.logic.problems import KnowledgeError, Problem
from tensorlogic.logic.terms import (
    Aggregate,
    Atom,
    Comparison,
    Not,
    Operation,
    Rule,
    Signature,
    Value,
    Variable,
    elsewhere,
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


def fits_of(
    rule: Rule, signatures: Mapping[str, Signature], closed: Mapping[str, Mapping[Value, int]]
) -> Iterator[tuple[int, Callable[[Value], None]]]:
    """The places of a head whose values must be looked at: the body does not say that they are of the declared type."""
    signature = signatures[rule.head.relation]
    for place, (term, (name, type)) in enumerate(zip(rule.head.terms, signature.parameters, strict=True)):
        if isinstance(term, Variable | Aggregate) and type not in _ANY and type not in _known(term, rule, signatures):
            yield place, _check(type, f"{name} of {signature.name}", closed)


def _check(type: str | None, place: str, closed: Mapping[str, Mapping[Value, int]]) -> Callable[[Value], None]:
    def check(value: Value) -> None:
        if wrong := misfit(value, type, place, closed):
            raise KnowledgeError([wrong])

    return check


def _known(term: object, rule: Rule, signatures: Mapping[str, Signature]) -> set[str | None]:
    """The types that the values of a head's term, or of an expression, have for certain."""
    if isinstance(term, int | float):
        return {name for name, type in TYPES.items() if isinstance(term, type) and not isinstance(term, bool)}
    if isinstance(term, Operation):
        kinds = [_known(operand, rule, signatures) & {"int", "float"} for operand in term.operands]
        is_whole = term.operator != "**" and all(kind == {"int"} for kind in kinds)
        return {"int" if is_whole else "float"} if all(kinds) and (is_whole or {"float"} in kinds) else set()
    if isinstance(term, Aggregate):
        of_result = {"count": {"int"}, "avg": {"float"}}.get(term.function)
        return _known(term.term, rule, signatures) if of_result is None else of_result  # type: ignore[return-value]
    pairs = [
        (each, type)
        for atom in rule.body
        if isinstance(atom, Atom)
        for each, (_, type) in zip(atom.terms, signatures[atom.relation].parameters, strict=True)
    ]
    found = {type for each, type in pairs if each == term and isinstance(each, Variable)}
    for i, literal in enumerate(rule.body):
        rest = rule._replace(body=rule.body[:i] + rule.body[i + 1 :])
        match literal:
            case Comparison("==", left, Operation() as value) if left == term:
                found |= _known(value, rest, signatures)
            case Comparison("==", Operation() as value, right) if right == term:
                found |= _known(value, rest, signatures)
    return found | {"string" for type in found if is_entity(type)}


def _unsafe(rule: Rule) -> Iterator[Problem]:
    """Variables that nothing gives a value."""
    bound = {v for literal in rule.body if isinstance(literal, Atom) for v in variables(literal)}
    rest = [literal for literal in rule.body if not isinstance(literal, Atom)]
    while ready := [each for each in rest if is_ready(each, bound, elsewhere(each, rule))]:
        for literal in ready:
            rest.remove(literal)
            if isinstance(literal, Comparison):
                bound.update(variables(literal))
    loose: dict[Variable, object] = {
        v: literal for literal in rest for v in variables(literal) if v in elsewhere(literal, rule) | _own(literal)
    }
    loose |= dict.fromkeys(variables(rule.head), rule.head)
    for variable, place in loose.items():
        if variable not in bound:
            message = f"{variable.name} in {written(place)} may be anything"
            yield Problem("unsafe", message, f"Let a relation in the body say what {variable.name} is.", rule.origin)


def _own(literal: object) -> set[Variable]:
    """The variables that must be bound although they stand nowhere else."""
    return set() if isinstance(literal, Not) else set(variables(literal))
