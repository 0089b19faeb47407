"""What is known at one place of a program, and what was found on the way there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from tensorlogic.lang import checked
from tensorlogic.lang.inference.facts import Fact, join
from tensorlogic.lang.inference.problem import ImpossibleError
from tensorlogic.lang.signatures import Signature
from tensorlogic.lang.source import Span

MOST_STEPS = 100_000
"""So many expressions are gone through again; then loops and calls are no longer followed."""

MOST_NOTES = 12
"""So often is a function gone through for what its calls have in common; then nothing is known of its parameters."""

LONGEST = 40
"""So many characters of an operand are shown at most."""


class Held(NamedTuple):
    """What is known of a variable's value, and where it got it."""

    fact: Fact
    place: Span


class Witness(NamedTuple):
    """A value that a problem is about, and where it comes from."""

    words: str
    place: Span


class Entered(NamedTuple):
    """A call whose body is gone through."""

    function: str
    place: Span


class Finding(NamedTuple):
    """An operation that cannot succeed, and whether it will be tried for certain."""

    problem: ImpossibleError
    span: Span
    witnesses: tuple[Witness, ...]
    certain: bool
    calls: tuple[Entered, ...]
    """The calls that lead to it, the outermost first."""


State = dict[checked.Variable, Held]


@dataclass
class Loop:
    """The ways out of a loop, and back to its beginning."""

    breaks: list[State] = field(default_factory=list)
    continues: list[State] = field(default_factory=list)

    @property
    def is_left(self) -> bool:
        """Whether a turn may end before its end."""
        return bool(self.breaks or self.continues)


class Known:
    """What all walks through one program share."""

    def __init__(self, program: checked.Program, signatures: Mapping[str, Signature | None]) -> None:
        self.program = program
        self.signatures = signatures
        self.definitions = {d.function: d for d in program.definitions}
        self.findings: dict[tuple[Span, str], Finding] = {}
        self.facts: dict[checked.Expression, Fact] = {}
        """Of each expression what is true however its function is called."""
        self.places: dict[Span, Fact] = {}
        """The same of the variables, where they get a value."""
        self.given: defaultdict[checked.Variable, set[Span]] = defaultdict(set)
        """Where variables get values."""
        self.settled: State = {}
        """The variables of the top level that keep the value that they are given first."""
        self.changing = frozenset[checked.Variable]().union(*(d.assigned for d in _procedures(program)))
        """The variables of the top level that functions give values."""
        self.reopened = program.lasting and any(map(self._is_earlier, program.exports.values()))
        """Whether functions of earlier inputs may give any variable of the top level a value."""
        self.results: dict[tuple[checked.Function, bool, tuple[Fact, ...]], Fact] = {}
        self.called: dict[checked.Function, tuple[Fact, ...]] = {}
        """What all calls of a function have in common: facts about its parameters."""
        self.notes: Counter[checked.Function] = Counter()
        """How often that became less."""
        self.waiting: dict[checked.Function, None] = {}
        """The functions whose bodies are to be gone through for that."""
        self.steps = 0
        """How many expressions were gone through again, for another turn or another call."""
        self.complete = True
        """Whether every statement was gone through."""
        self.run: Callable[[checked.Definition, dict[str, Fact], Span, Walk], Fact]
        """Goes through the body of a function for one call of it."""

    def _is_earlier(self, symbol: checked.Exported) -> bool:
        if isinstance(symbol, checked.Struct):
            return symbol not in self.program.structs
        return isinstance(symbol, checked.Function) and symbol not in self.definitions

    def note(self, function: checked.Function, given: tuple[Fact, ...]) -> None:
        """A function is called with values of which this is known."""
        before = self.called.get(function)
        joined = given if before is None else tuple(map(join, before, given))
        if joined == before or function not in self.definitions:
            return
        self.notes[function] += 1
        self.called[function] = joined if self.notes[function] < MOST_NOTES else (None,) * len(given)
        self.waiting[function] = None

    def note_any(self, function: checked.Function) -> None:
        """A function may be called with anything."""
        self.note(function, (None,) * len(function.parameters))

    def note_method(self, name: str) -> None:
        """The functions of this name of all structs may be called with anything."""
        for struct in self.program.structs:
            if name in struct.methods:
                self.note_any(struct.methods[name])


def _procedures(program: checked.Program) -> Iterator[checked.Definition]:
    yield from program.definitions
    yield from (trial.definition for trial in program.trials)
    if program.main is not None:
        yield program.main


class Walk:
    """One way through the statements of a program or of a function's body."""

    def __init__(
        self, known: Known, state: State, *, certain: bool, records: bool, calls: tuple[Entered, ...] = ()
    ) -> None:
        self.known = known
        self.calls = calls
        self.state: State | None = state
        """None where no way leads to."""
        self.certain = certain
        self.records = records
        self.silent = False
        self.loops: list[Loop] = []
        self.returns: list[Fact] = []

    @property
    def is_left(self) -> bool:
        """Whether a way that was gone already leads past what comes next."""
        return bool(self.returns or (self.loops and self.loops[-1].is_left))

    def look_up(self, variable: checked.Variable) -> Fact:
        """What is known of a variable's value."""
        held = self.held(variable)
        return None if held is None else held.fact

    def held(self, variable: checked.Variable) -> Held | None:
        """The same, with the place."""
        if variable in self.known.changing or (self.known.reopened and variable.unit is not None):
            return None
        here = (self.state or {}).get(variable)
        return self.known.settled.get(variable) if here is None else here

    def keep(self, variable: checked.Variable, fact: Fact, place: Span) -> None:
        """A variable gets a value."""
        if self.state is not None:
            self.state[variable] = Held(fact, place)
        if self.records:
            self.known.places[place] = fact
            self.known.given[variable].add(place)

    def attempt(self, span: Span, seen: Callable[[], tuple[Witness, ...]], work: Callable[[], Fact]) -> Fact:
        """What `work` finds out; when it is `ImpossibleError`, that is a finding, and nothing is known."""
        return self.tried(span, seen, work)[1]

    def tried(self, span: Span, seen: Callable[[], tuple[Witness, ...]], work: Callable[[], Fact]) -> tuple[bool, Fact]:
        """Whether it is possible, and what `work` finds out."""
        try:
            return True, work()
        except ImpossibleError as problem:
            certain = self.certain and self.state is not None
            self._found(Finding(problem, span, seen(), certain, self.calls))
            if self.silent:
                self.state = None  # it ends here; otherwise what follows is looked at too
            return False, None

    def _found(self, finding: Finding) -> None:
        if self.state is None or not (self.records or finding.certain):
            return
        key = (finding.span, finding.problem.message)
        before = self.known.findings.get(key)
        if before is None or finding.certain:
            self.known.findings[key] = finding

    @property
    def is_tired(self) -> bool:
        """Whether enough was gone through again."""
        return self.known.steps >= MOST_STEPS

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """What is done in this context may never be done."""
        outside, self.certain = self.certain, False
        state = self.state
        yield
        self.certain = outside
        self.state = self.state or state

    @contextmanager
    def silently(self) -> Iterator[None]:
        """What is found in this context is not told."""
        outside = self.records, self.certain, self.silent
        self.records, self.certain, self.silent = False, False, True
        yield
        self.records, self.certain, self.silent = outside

    def mark(self) -> tuple[bool, bool, int]:
        """What `forget` needs to go on from here."""
        return self.records, self.silent, len(self.loops)

    def forget(self, mark: tuple[bool, bool, int]) -> None:
        """Go on knowing nothing, where a statement since `mark` was too deep for Python."""
        self.records, self.silent, loops = mark
        self.certain, self.state = False, {}
        del self.loops[loops:]
        self.returns.append(None)
        self.known.complete = False

    def copy(self) -> State | None:
        """The state, to come back to."""
        return None if self.state is None else dict(self.state)


def meet(one: State | None, other: State | None) -> State | None:
    """What is known where two ways come together."""
    if one is None or other is None:
        return other if one is None else one
    met: State = {}
    for variable, a in one.items():
        b = other.get(variable)
        if a is b:  # mostly nothing happened to it
            met[variable] = a
        elif b is not None:
            both = join(a.fact, b.fact)
            met[variable] = a if a.fact == both else Held(both, b.place)
    return met


def witnesses(walk: Walk, *operands: tuple[checked.Expression, Fact]) -> tuple[Witness, ...]:
    """The operands with what is known of them, each where it was declared or made; a constant shows what it is."""
    seen = [each for each in operands if each[1] is not None and not isinstance(each[0], checked.Constant)]
    return tuple(dict.fromkeys(_witness(walk, node, known) for node, known in seen))


def _witness(walk: Walk, node: checked.Expression, known: Fact) -> Witness:
    text = walk.known.program.source.text[node.span.start : node.span.end]
    place = node.span
    if isinstance(node, checked.Read) and isinstance(node.symbol, checked.Variable):
        held = walk.held(node.symbol)
        place = place if held is None else held.place
    return Witness(f"`{text}` is {known}" if len(text) < LONGEST and "\n" not in text else f"this is {known}", place)
