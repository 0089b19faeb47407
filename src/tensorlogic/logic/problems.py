"""What can be wrong with relations and rules, as data."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple


class Problem(NamedTuple):
    """What is wrong, and how it is put right.

    `kind` is one of: arity, unsafe, type, cycle, unknown, closed, value (a number that cannot be computed), file, limit
    (more facts than there is memory for). `origin` is that of the rule.
    """

    kind: str
    message: str
    help: str | None = None
    origin: Hashable = None


class KnowledgeError(Exception):
    """Facts, a rule or a query that make no sense, with all that is wrong about them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.message for problem in self.problems))


class Interrupted(KeyboardInterrupt):
    """A query that was interrupted: how many facts of each relation it had derived, and in how many rounds."""

    def __init__(self, facts: Mapping[str, int], rounds: int) -> None:
        self.facts = dict(facts)
        self.rounds = rounds
        each = ", ".join(f"{count:,} of {name}" for name, count in self.facts.items())
        derived = f"{sum(self.facts.values()):,} facts derived"
        super().__init__(f"interrupted in round {rounds:,}: {derived}" + (f" ({each})" if each else ""))
