"""Relations and rules of a running program: what compiled code says in plain data, as calls of `logic`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tensorlogic.errors import Code, Diagnostic, SourceError, SourcePlace
from tensorlogic.errors.codes import (
    FILE_NOT_FOUND,
    RULE_CYCLE,
    RUN_FAILED,
    TOO_LARGE,
    UNDEFINED_NAME,
    UNSAFE_VARIABLE,
    WRONG_ARGUMENTS,
    WRONG_TYPE,
)
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
    "degrees": RUN_FAILED,
}
"""The codes of the kinds of problems that `logic` finds, and those who reason with degrees."""

TRUE: Final = 0.5
"""What holds to a greater degree holds where nothing but true and false counts."""


@contextmanager
def known() -> Iterator[Any]:
    """What the running program knows; problems are errors at the places of the rules that have them."""
    try:
        yield CURRENT.get().knowledge
    except logic.KnowledgeError as error:
        raise SourceError.of([_diagnostic(problem) for problem in error.problems]) from error


@contextmanager
def derived() -> Iterator[Any]:
    """The same for what follows, also from the relations that equations give."""
    session = CURRENT.get()
    with known() as knowledge, session.remembering():
        while session.unsettled:
            name = session.unsettled.pop()
            constants = [knowledge.members(kind) for kind in session.stated[name].kinds]
            held = (session.stated[name].tensor > TRUE).nonzero().tolist()
            rows = [[each[i] for each, i in zip(constants, row, strict=True)] for row in held]
            knowledge.replace(name, rows)
        yield knowledge


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
        found = CURRENT.get().remembered((holds, *map(type, values), *values), lambda: condition(*values))
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


def rule(origin: tuple[Any, ...], head: Atom, *body: Literal, temperature: Callable[[], Any] | None = None) -> None:
    """``head <- body``; `origin` is where it stands."""
    with known() as knowledge:
        knowledge.add(logic.Rule(head, body, origin, temperature=temperature))
        for name, stated in CURRENT.get().stated.items():
            check_order(name.removesuffix(SHADOW), stated.reads, origin)


def soft_rule(origin: tuple[Any, ...], temperature: Callable[[], Any], head: Atom, *body: Literal) -> None:
    """``head <- body with temperature: t``, which is asked for whenever it is needed, as it may be learnt."""
    rule(origin, head, *body, temperature=temperature)


SHADOW: Final = "·"
"""What the name of a relation ends with that holds what equations say of the one before: a rule says so."""


def check_order(name: str, reads: Iterable[str], origin: Any) -> None:
    """Refuse a relation that equations compute from what rules derive from it: neither can be done first."""
    with known() as knowledge:
        for read in reads:
            if read != name and name in knowledge.depends(read):
                message = f"`{name}` is computed by an equation from `{read}`, which rules derive from `{name}`"
                help = "Write the recursion in rules alone, or in equations alone."
                raise SourceError(RULE_CYCLE, message, SourcePlace(*origin), help)
