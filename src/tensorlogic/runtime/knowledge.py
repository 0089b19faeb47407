"""Relations, rules and queries of a running program: what compiled code says in plain data, as calls of `logic`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tensorlogic.errors import Code, Diagnostic, SourceError, SourcePlace, UnsupportedError
from tensorlogic.errors.codes import (
    FILE_NOT_FOUND,
    RULE_CYCLE,
    RUN_FAILED,
    TOO_LARGE,
    UNDEFINED_NAME,
    UNSAFE_VARIABLE,
    UNSUPPORTED_SYNTAX,
    WRONG_ARGUMENTS,
    WRONG_TYPE,
)
from tensorlogic.runtime.display import text
from tensorlogic.runtime.kinds import kind, with_article
from tensorlogic.runtime.lazy import is_tensor, logic
from tensorlogic.runtime.session import CURRENT

if TYPE_CHECKING:
    from tensorlogic.logic import Atom, Value
    from tensorlogic.logic.terms import Literal

CODES: Final[dict[str, Code]] = {
    "arity": WRONG_ARGUMENTS,
    "unsafe": UNSAFE_VARIABLE,
    "type": WRONG_TYPE,
    "closed": WRONG_TYPE,
    "cycle": RULE_CYCLE,
    "unknown": UNDEFINED_NAME,
    "value": RUN_FAILED,
    "file": FILE_NOT_FOUND,
    "limit": TOO_LARGE,
}
"""The codes of the kinds of problems that `logic` finds."""


@contextmanager
def known() -> Iterator[Any]:
    """What the running program knows; problems are errors at the places of the rules that have them."""
    try:
        yield CURRENT.get().knowledge
    except logic.KnowledgeError as error:
        raise SourceError.of([_diagnostic(problem) for problem in error.problems]) from error


def _diagnostic(problem: Any) -> Diagnostic:
    place = None if problem.origin is None else SourcePlace(*problem.origin)
    return Diagnostic(CODES[problem.kind], problem.message, place, problem.help)


def entity(name: str, is_closed: bool, *members: str) -> None:
    """``entity Person = {alice, bob}``; an open one has no members."""
    with known() as knowledge:
        knowledge.entity(name, members if is_closed else None)


def members(name: str) -> list[Value]:
    """The entities of a kind, in order of first appearance."""
    with known() as knowledge:
        found: list[Value] = knowledge.members(name)
    return found


def relation(name: str, path: str, *parameters: str) -> None:
    """``relation Parent(x: Person, y: Person) from "facts.csv"``: a path or nothing, then names and types in turn."""
    pairs = zip(parameters[::2], parameters[1::2], strict=True)
    with known() as knowledge:
        knowledge.declare(logic.Signature(name, tuple((each, type or None) for each, type in pairs)))
        if path:
            knowledge.load(name, Path(CURRENT.get().readable(path)))


def tell(name: str, *values: Any) -> None:
    """A fact: `name` holds of values."""
    row = [_value(each) for each in values]
    with known() as knowledge:
        knowledge.tell(name, [row])


def _value(given: Any) -> Value:
    """A value that relations hold; a tensor of one element is its number."""
    value = given.item() if is_tensor(given) and given.numel() == 1 else given
    if not isinstance(value, str | int | float):
        raise SourceError(
            WRONG_TYPE, f"a relation holds texts, numbers and truth values, not {with_article(kind(value))}"
        )
    return value


def _test(condition: Callable[..., Any], *names: str) -> Any:
    def holds(*values: Value) -> bool:
        found = condition(*values)
        return bool((found > 0).all()) if is_tensor(found) else bool(found > 0)

    return logic.Test(holds, tuple(map(logic.Variable, names)))


_FORMS: Final[dict[str, Callable[..., Any]]] = {
    "variable": lambda name: logic.Variable(name),
    "atom": lambda name, *terms: logic.Atom(name, tuple(map(_term, terms))),
    "not": lambda atom: logic.Not(atom),
    "operation": lambda operator, *operands: logic.Operation(operator, tuple(map(_term, operands))),
    "comparison": lambda operator, left, right: logic.Comparison(operator, _term(left), _term(right)),
    "aggregate": lambda function, term: logic.Aggregate(function, _term(term)),
    "test": _test,
}


def form(name: str, *parts: Any) -> Any:
    """A part of a clause: a variable, an atom, ``not``, an operation, a comparison, an aggregate or a test."""
    return _FORMS[name](*parts)


def _term(part: Any) -> Any:
    return part if isinstance(part, logic.Variable | logic.Operation | logic.Aggregate) else _value(part)


def rule(origin: tuple[Any, ...], head: Atom, *body: Literal) -> None:
    """``head <- body``; `origin` is where it stands."""
    with known() as knowledge:
        knowledge.add(logic.Rule(head, body, origin))


def ask(atom: Atom, *where: Literal) -> list[dict[str, Value]]:
    """``query Ancestor(alice, X)``: a record of the variables for each answer, in a fixed order."""
    with known() as knowledge:
        found = knowledge.ask(atom, where)
    return [{name: value for name, value in each.items() if not name.startswith("_")} for each in found]


def show(atom: Atom, *where: Literal) -> None:
    """``Ancestor(alice, X)?``: print the answers."""
    answers = ask(atom, *where)
    print(f"Query: {_written(atom)}", file=CURRENT.get().out)
    print(f"  Found {len(answers)} solution(s)" if answers else "  No solutions found", file=CURRENT.get().out)
    for number, answer in enumerate(answers, 1):
        lines = [f"    {name} = {text(value)}" for name, value in answer.items()]
        print("\n".join([f"  Solution {number}:" + ("" if lines else " Yes"), *lines]), file=CURRENT.get().out)


def _written(atom: Atom) -> str:
    return f"{atom.relation}({', '.join(_name(term) for term in atom.terms)})"


def _name(term: Any) -> str:
    if isinstance(term, logic.Variable):
        return "_" if term.name.startswith("_") else str(term.name)
    return text(term)


def prove(atom: Atom) -> None:
    """``explain Ancestor(alice, X)?``: print a proof of each answer, as a tree."""
    answers = ask(atom)
    if not answers:
        print(f"{_written(atom)} does not hold", file=CURRENT.get().out)
    for answer in answers:
        terms = (answer.get(term.name, term) if isinstance(term, logic.Variable) else term for term in atom.terms)
        with known() as knowledge:
            proof = knowledge.explain(logic.Atom(atom.relation, tuple(terms)))
        if proof is not None:
            print("\n".join(_lines(proof, "")), file=CURRENT.get().out)


def _lines(proof: Any, margin: str) -> Iterator[str]:
    """A proof, each conclusion above what it follows from."""
    reason = "" if proof.rule is None else f"  by line {proof.rule.origin[1]}"
    atom = proof.atom
    yield f"{margin}{_written(atom) if isinstance(atom, logic.Atom) else logic.terms.written(atom)}{reason}"
    for child in proof.children:
        yield from _lines(child, margin + "    ")


def forward(atom: Atom, *where: Literal) -> None:
    """``infer forward P(a, X)?``: derive the whole relation from the facts, and print the answers."""
    with known() as knowledge:
        knowledge.rows(atom.relation)
    show(atom, *where)


def backward(atom: Atom, *where: Literal) -> None:
    """``infer backward P(a, X)?``: derive only what the question needs, and print the answers."""
    show(atom, *where)


def symbolic(atom: Atom, *where: Literal) -> None:
    """``infer symbolic P(a, X)?``: print the answers, and a proof of each."""
    show(atom, *where)
    prove(atom)


def gradient(atom: Atom, *where: Literal) -> None:
    """``infer gradient P(a, X)?``, which needs weights of facts."""
    raise UnsupportedError(UNSUPPORTED_SYNTAX, "`infer gradient` is not in the language yet")
