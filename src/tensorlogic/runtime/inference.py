"""Questions of a running program, and the ways to infer their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import DUPLICATE_NAME
from tensorlogic.runtime.display import text
from tensorlogic.runtime.knowledge import SHADOW, derived, known
from tensorlogic.runtime.lazy import degrees, logic
from tensorlogic.runtime.session import CURRENT

if TYPE_CHECKING:
    from tensorlogic.logic import Atom
    from tensorlogic.logic.terms import Literal

Answers = list[dict[str, Any]]
"""A record for each answer: the variables by their names, and what a way to infer adds."""


def ask(atom: Atom, *where: Literal) -> Answers:
    """``query Ancestor(alice, X)``: a record of the variables for each answer, in a fixed order."""
    with derived() as knowledge:
        return list(knowledge.ask(atom, where))


def show(atom: Atom, *where: Literal) -> None:
    """``Ancestor(alice, X)?``: print the answers."""
    _print(atom, ask(atom, *where))


def _print(atom: Atom, answers: Answers) -> None:
    out = CURRENT.get().out
    print(f"Query: {_written(atom)}", file=out)
    print(f"  Found {len(answers)} solution(s)" if answers else "  No solutions found", file=out)
    for number, answer in enumerate(answers, 1):
        lines = [f"    {name} = {text(value)}" for name, value in answer.items() if name != "proof"]
        print("\n".join([f"  Solution {number}:" + ("" if lines else " Yes"), *lines]), file=out)


def _written(atom: Atom) -> str:
    return f"{atom.relation}({', '.join(_name(term) for term in atom.terms)})"


def _name(term: Any) -> str:
    if isinstance(term, logic.Variable):
        return "_" if term.name.startswith("_") else str(term.name)
    return text(term)


def prove(atom: Atom) -> None:
    """``explain Ancestor(alice, X)?``: print a proof of each answer, as a tree."""
    proofs = [each["proof"] for each in symbolic(atom)]
    print("\n".join(proofs or [f"{_written(atom)} does not hold"]), file=CURRENT.get().out)


def _proof(atom: Atom, answer: Mapping[str, Any]) -> str:
    terms = (answer.get(term.name, term) if isinstance(term, logic.Variable) else term for term in atom.terms)
    with derived() as knowledge:
        proof = knowledge.explain(logic.Atom(atom.relation, tuple(terms)))
    return "\n".join(_lines(proof, ""))


def _lines(proof: Any, margin: str) -> Iterator[str]:
    """A proof, each conclusion above what it follows from."""
    reason = "" if proof.rule is None else f"  by line {proof.rule.origin[1]}"
    atom = proof.atom
    yield f"{margin}{_written(atom) if isinstance(atom, logic.Atom) else logic.terms.written(atom)}{reason}"
    for child in proof.children:
        if not isinstance(child.atom, logic.Atom) or not child.atom.relation.endswith(SHADOW):
            yield from _lines(child, margin + "    ")


def forward(atom: Atom, *where: Literal) -> Answers:
    """Derive the whole relation from the facts, with all that it depends on, then look up the answers."""
    with derived() as knowledge:
        knowledge.rows(atom.relation)
    return ask(atom, *where)


def symbolic(atom: Atom, *where: Literal) -> Answers:
    """The answers, each with its `proof`: a text, as ``explain`` prints it."""
    with derived():
        return [{**answer, "proof": _proof(atom, answer)} for answer in ask(atom, *where)]


def gradient(atom: Atom, *where: Literal) -> Answers:
    """The answers, each with its `degree`: how true it is, a tensor that gradients go through."""
    session = CURRENT.get()
    with known() as knowledge, session.remembering():
        key = "degrees", repr((atom, where))  # where 1, 1.0 and true are three
        relaxation = session.keep_of_knowledge(key, lambda: degrees.relaxation(knowledge, atom, where))
        given = {
            name: degrees.Given(
                tuple(knowledge.numbers(kind)[:size] for kind, size in zip(kinds, tensor.shape, strict=True)), tensor
            )
            for name, (tensor, kinds, _) in session.stated.items()
            if name in relaxation.theory.signatures
        }
        answers = relaxation.answers(given)
    names = [variable.name for variable in logic.terms.variables(relaxation.theory.goal.head)]
    if "degree" in names:
        raise SourceError(DUPLICATE_NAME, "a variable is called `degree`, as is how true an answer is")
    return [{**dict(zip(names, row, strict=True)), "degree": degree} for row, degree in answers]


METHODS: Final[dict[str, Callable[..., Answers]]] = {
    "forward": forward,
    "backward": ask,
    "symbolic": symbolic,
    "gradient": gradient,
}
"""The ways to infer: bottom-up, goal-directed, with proofs, with degrees."""


def infer(method: str, atom: Atom, *where: Literal) -> None:
    """``infer forward P(a, X)?``: print the answers that a way to infer finds."""
    answers = METHODS[method](atom, *where)
    _print(atom, answers)
    if method == "symbolic":
        print(
            "\n".join([each["proof"] for each in answers] or [f"{_written(atom)} does not hold"]),
            file=CURRENT.get().out,
        )


def inferred(method: str, atom: Atom, *where: Literal) -> Answers:
    """The same as a value: a record for each answer."""
    return METHODS[method](atom, *where)
