"""Questions that are answered with degrees of truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from tensorlogic.logic import Atom, Knowledge, KnowledgeError, Problem, Rule, Theory, Value
from tensorlogic.logic.terms import Literal, variables
from tensorlogic.runtime.degrees.domains import Domains
from tensorlogic.runtime.degrees.translating import Translator, refuse, temperature_name
from tensorlogic.runtime.equations import EquationError, Solver
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.sizes import check_length

if TYPE_CHECKING:
    from torch import Tensor

_GOAL = "?"
_ANSWER = 500
"""The bytes of a record with a degree, about."""


class Given(NamedTuple):
    """A relation that is a tensor of degrees: the constants that its indices stand for, and the tensor."""

    constants: tuple[tuple[int, ...], ...]
    tensor: Tensor


class _System(NamedTuple):
    solver: Solver
    origins: list[Any]
    tensors: dict[str, Tensor]
    tests: dict[str, Callable[[], Tensor]]


class Relaxation:
    """A question with all that it needs as equations, made once for all degrees and temperatures."""

    def __init__(self, theory: Theory) -> None:
        self.theory = theory
        self._rules = (theory.goal, *theory.rules)
        for rule in self._rules:
            refuse(rule)
        self._domains = Domains(theory, self._rules)
        self._systems: dict[Any, _System] = {}

    def answers(self, given: Mapping[str, Given]) -> list[tuple[tuple[Value, ...], Tensor]]:
        """What the variables of the goal's head may be, with degrees above 0; of none, always one answer."""
        head, values = self.theory.goal.head, self.theory.values.values
        degrees = self.degrees(given)
        if not head.terms:
            return [((), degrees)]
        places = (degrees.detach() > 0).nonzero()
        check_length(len(places), _ANSWER)
        constants = [self._domains.of((head.relation, place)).constants for place in range(len(head.terms))]
        rows = ([each[i] for each, i in zip(constants, row, strict=True)] for row in places.tolist())
        found = degrees[tuple(places.T)].unbind()
        return [(tuple(values[number] for number in row), each) for row, each in zip(rows, found, strict=True)]

    def degrees(self, given: Mapping[str, Given]) -> Tensor:
        """The degrees of the goal, with a dimension for each value of its head."""
        temperatures = {n: _temperature(rule) for n, rule in enumerate(self._rules) if rule.temperature is not None}
        system = self._system(frozenset(n for n, each in temperatures.items() if each == 0), frozenset(given))
        made = {name: make() for name, make in system.tests.items()}
        made |= {temperature_name(number): each for number, each in temperatures.items()}
        made |= {name: self._placed(name, each) for name, each in given.items()}
        try:
            solved = system.solver({**system.tensors, **made})
        except EquationError as error:
            origin = None if error.equation is None else system.origins[error.equation]
            raise KnowledgeError([Problem("degrees", error.message, error.help, origin)]) from error
        return solved[self.theory.goal.head.relation]

    def _system(self, cold: frozenset[int], given: frozenset[str]) -> _System:
        if (cold, given) not in self._systems:
            made = Translator(self.theory, self._rules, self._domains, given, cold).translation()
            solver = Solver(made.equations, made.sizes, [self.theory.goal.head.relation])
            tensors = {name: make() for name, make in made.tensors.items()}
            self._systems[cold, given] = _System(solver, made.origins, tensors, made.tests)
        return self._systems[cold, given]

    def _placed(self, name: str, given: Given) -> Tensor:
        """A tensor over the constants that the places of a relation may be; what it does not say is 0."""
        domains = [self._domains.of((name, place)) for place in range(len(given.constants))]
        if tuple(domain.constants for domain in domains) == given.constants:
            return given.tensor
        places = [
            torch.tensor([domain.places[number] for number in constants], dtype=torch.long)
            for domain, constants in zip(domains, given.constants, strict=True)
        ]
        whole = given.tensor.new_zeros([len(domain.constants) for domain in domains])
        return whole.index_put(torch.meshgrid(*places, indexing="ij"), given.tensor)


def _temperature(rule: Rule) -> Tensor:
    value: Any = rule.temperature() if callable(rule.temperature) else rule.temperature
    number = torch.tensor(float(value)) if isinstance(value, int | float) else value
    if not is_tensor(number) or number.numel() != 1 or not isfinite(number.item()) or number.item() < 0:
        help = "It is a number: 0 decides as deduction does, and the larger it is, the softer."
        raise KnowledgeError([Problem("degrees", "a temperature is a number from 0 on", help, rule.origin)])
    return number.reshape(())


def relaxation(knowledge: Knowledge, atom: Atom, where: tuple[Literal, ...]) -> Relaxation:
    """The question whether an atom and conditions hold; variables without a name are no part of the answers."""
    named = (each for each in variables(atom) if not each.name.startswith("_"))
    return Relaxation(knowledge.theory(Rule(Atom(_GOAL, tuple(dict.fromkeys(named))), (atom, *where))))
