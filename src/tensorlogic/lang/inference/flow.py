"""What is known before and after each statement, along every way through a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial, reduce, singledispatch
from typing import Final

from tensorlogic.lang import checked
from tensorlogic.lang.inference.declared import accepted, declaration, of_type
from tensorlogic.lang.inference.equations import shapes
from tensorlogic.lang.inference.facts import (
    BOOL,
    INT,
    NEVER,
    STRING,
    VOID,
    Fact,
    List,
    Scalar,
    Tensor,
    join,
    lasting,
)
from tensorlogic.lang.inference.operators import truth
from tensorlogic.lang.inference.problem import wrong_type
from tensorlogic.lang.inference.values import bind, fact
from tensorlogic.lang.inference.walk import Entered, Held, Known, Loop, State, Walk, meet, witnesses
from tensorlogic.lang.signatures import Signature
from tensorlogic.lang.source import Span
from tensorlogic.lang.types import with_article

MOST_LOOPS: Final = 3
"""Loops that are deeper inside one another are gone through once, with nothing known of what went before."""
MOST_TURNS: Final = 6
"""So often is a loop gone through; if there is more to find out then, nothing is known of what went before."""
_CALLED_BY_ITSELF: Final = "::drop"


def infer(program: checked.Program, signatures: Mapping[str, Signature | None]) -> Known:
    """Go through a checked program: the facts about its expressions, and the operations that cannot succeed."""
    known = Known(program, signatures)
    known.run = _call
    top = Walk(known, {}, certain=True, records=True)
    statements(program.body.statements, top)
    known.settled = _settled(top)
    facts = dict(known.facts) if program.lasting else known.facts
    if program.main is not None:
        _body(program.main, {}, known, certain=top.state is not None, records=True)
    for trial in program.trials:
        _body(trial.definition, {}, known, certain=False, records=True)
    _functions(known)
    known.facts = facts  # what later inputs declare anew has other facts, in the functions that stay
    return known


def _functions(known: Known) -> None:
    """Go through the functions with what all calls of each have in common, which their own calls add to."""
    for definition in known.program.definitions:
        if known.program.lasting or definition.function.name.endswith(_CALLED_BY_ITSELF):
            known.note_any(definition.function)
    _follow_calls(known)
    for function in known.definitions:
        if function not in known.called:
            known.note_any(function)
            _follow_calls(known)


def _follow_calls(known: Known) -> None:
    while known.waiting:
        function, _ = known.waiting.popitem()
        definition = known.definitions[function]
        _body(definition, _parameters(function, known.called[function]), known, certain=False, records=True)


def _settled(top: Walk) -> State:
    """The variables of the top level that get a value at one place only."""
    program, given = top.known.program, top.known.given
    if program.lasting or not top.known.complete:
        return {}
    return {variable: held for variable, held in (top.state or {}).items() if len(given[variable]) == 1}


def _parameters(function: checked.Function, called: tuple[Fact, ...]) -> dict[str, Fact]:
    """What is known of the parameters: what is declared, or else what all calls have in common."""
    pairs = zip(function.parameters, called, strict=True)
    return {p.name: given if p.type is None else of_type(p.type) for p, given in pairs}


def _call(definition: checked.Definition, bound: dict[str, Fact], span: Span, caller: Walk) -> Fact:
    certain = caller.certain and caller.state is not None
    calls = (*caller.calls, Entered(definition.function.name, span))
    return _body(definition, bound, caller.known, certain=certain, records=False, calls=calls)


def _body(
    definition: checked.Definition,
    bound: Mapping[str, Fact],
    known: Known,
    *,
    certain: bool,
    records: bool,
    calls: tuple[Entered, ...] = (),
) -> Fact:
    """Go through a function's body, and find out what it gives."""
    walk = Walk(known, {}, certain=certain, records=records, calls=calls)
    for variable, place in zip(definition.parameters, definition.places, strict=True):
        walk.keep(variable, lasting(bound[variable.name]), place)
    statements(definition.body.statements, walk)
    if walk.state is not None:
        walk.returns.append(VOID)
    return reduce(join, walk.returns) if walk.returns else NEVER


def statements(nodes: Iterable[checked.Statement], walk: Walk) -> None:
    """Go through statements, one after the other."""
    for node in nodes:
        if walk.state is None:
            return
        mark = walk.mark()
        try:
            _statement(node, walk)
        except RecursionError:
            walk.forget(mark)


@singledispatch
def _statement(node: checked.Statement, walk: Walk) -> None:
    """Statements that change nothing."""


@_statement.register(checked.Block)
def _block(node: checked.Block, walk: Walk) -> None:
    statements(node.statements, walk)


@_statement.register(checked.Evaluate)
def _evaluate(node: checked.Evaluate, walk: Walk) -> None:
    fact(node.value, walk)


@_statement.register(checked.System)
def _system(node: checked.System, walk: Walk) -> None:
    fact(node.solution, walk)
    known = shapes(node, walk)
    for unknown, _ in node.unknowns:
        if isinstance(unknown, checked.Variable):
            place = next(each.span for each in node.accesses if each.name == unknown.name and each.value is None)
            walk.keep(unknown, known.get(unknown.name), place)


@_statement.register(checked.NoGrad)
def _no_grad(node: checked.NoGrad, walk: Walk) -> None:
    statements(node.body.statements, walk)


@_statement.register(checked.Learn)
def _learn(node: checked.Learn, walk: Walk) -> None:
    """A step runs again and again, with what those before left and with other data."""
    fact(node.options, walk)
    assert walk.state is not None
    for variable in (*node.changed, *node.own, *(node.data if node.divides else ())):
        walk.state[variable] = Held(None, node.span)
    with walk.perhaps():
        statements(node.body.statements, walk)
        if node.objective is not None and walk.state is not None:
            fact(node.objective, walk)
    assert walk.state is not None
    for variable in (*node.changed, *node.data):
        walk.state[variable] = Held(None, node.span)


@_statement.register(checked.Assign)
def _assign(node: checked.Assign, walk: Walk) -> None:
    given = fact(node.value, walk)
    work = partial(accepted, given, f"`{node.target.name}`", node.type)
    held = walk.attempt(node.span, lambda: witnesses(walk, (node.value, given)), work)
    walk.keep(node.target, lasting(held), _name(node.target, None if node.declares else node.span.start))


@_statement.register(checked.AssignElement)
def _assign_element(node: checked.AssignElement, walk: Walk) -> None:
    fact(node.target, walk)
    fact(node.value, walk)


@_statement.register(checked.AugmentElement)
def _augment_element(node: checked.AugmentElement, walk: Walk) -> None:
    fact(node.target, walk)
    fact(node.value, walk)


@_statement.register(checked.AssignField)
def _assign_field(node: checked.AssignField, walk: Walk) -> None:
    fact(node.target.object, walk)
    fact(node.value, walk)


@_statement.register(checked.Tensor)
def _tensor(node: checked.Tensor, walk: Walk) -> None:
    given = Scalar("int", 0) if node.value is None else fact(node.value, walk)
    work = partial(declaration, given, f"`{node.target.name}`", node.type)
    seen = () if node.value is None else ((node.value, given),)
    held = walk.attempt(node.span, lambda: witnesses(walk, *seen), work)
    walk.keep(node.target, held, _name(node.target))


def _name(variable: checked.Variable, start: int | None = None) -> Span:
    """Where the name of a variable stands, in its declaration unless told."""
    start = variable.declared if start is None else start
    return Span(start, start + len(variable.name))


@_statement.register(checked.If)
def _if(node: checked.If, walk: Walk) -> None:
    _truth(node.condition, walk)
    otherwise = () if node.otherwise is None else node.otherwise.statements
    _ways([partial(statements, node.then.statements), partial(statements, otherwise)], walk)


@_statement.register(checked.Choose)
def _choose(node: checked.Choose, walk: Walk) -> None:
    value = fact(node.value, walk)
    _ways([partial(_way, way, value) for way in node.ways], walk)


def _truth(node: checked.Expression, walk: Walk) -> None:
    """Hold a condition against what can be one."""
    value = fact(node, walk)
    walk.attempt(node.span, lambda: witnesses(walk, (node, value)), partial(truth, value))


def _way(way: checked.Way, value: Fact, walk: Walk) -> None:
    bind(way.pattern, value, walk)
    if way.guard is not None:
        fact(way.guard, walk)
    statements(way.body.statements, walk)


def _ways(ways: list[Callable[[Walk], None]], walk: Walk) -> None:
    """Several ways to go on, one of which is taken."""
    before, after, certain = walk.state, None, walk.certain
    walk.certain = False
    for way in ways:
        walk.state = None if before is None else dict(before)
        way(walk)
        after = meet(after, walk.state)
    walk.state, walk.certain = after, certain and not walk.is_left


@_statement.register(checked.Jump)
def _jump(node: checked.Jump, walk: Walk) -> None:
    if walk.state is not None and walk.loops:
        (walk.loops[-1].breaks if node.word == "break" else walk.loops[-1].continues).append(walk.state)
    walk.state = None


@_statement.register(checked.Return)
def _return(node: checked.Return, walk: Walk) -> None:
    given = VOID if node.value is None else fact(node.value, walk)
    declared = node.function.result
    if node.value is not None and declared is not None and declared.base != "void":
        value, what = node.value, f"the value of `{node.function}`"
        given = walk.attempt(
            node.span, lambda: witnesses(walk, (value, given)), partial(accepted, given, what, declared)
        )
    if walk.state is not None:
        walk.returns.append(given)
    walk.state = None


@_statement.register(checked.While)
def _while(node: checked.While, walk: Walk) -> None:
    endless = node.condition is None or (isinstance(node.condition, checked.Constant) and node.condition.value is True)

    def once() -> None:
        if node.condition is not None:
            _truth(node.condition, walk)
        statements(node.body.statements, walk)

    _loop(once, walk, surely=endless, ends=not endless)


@_statement.register(checked.For)
def _for(node: checked.For, walk: Walk) -> None:
    whole = fact(node.iterable, walk)
    each = walk.attempt(node.iterable.span, lambda: witnesses(walk, (node.iterable, whole)), partial(_element, whole))

    def once() -> None:
        walk.keep(node.variable, each, _name(node.variable))
        statements(node.body.statements, walk)

    _loop(once, walk, surely=_has_elements(whole), ends=True)


def _element(whole: Fact) -> Fact:
    """The fact about what ``for`` goes through: of a tensor its rows, and of one of whole numbers these."""
    match whole:
        case Scalar("string"):
            return STRING
        case List(items, each):
            return lasting(reduce(join, items) if items else each)
        case Tensor(dtype, shape) if shape and dtype is not None:
            whole_numbers = len(shape) == 1 and dtype.startswith(("int", "uint"))
            if len(shape) == 1 and dtype == "bool":
                return BOOL
            return INT if whole_numbers else Tensor(dtype, shape[1:])
        case Scalar(base, value, exact=True):
            help = f"Use range({value or '…'}) to count." if base == "int" else None
            raise wrong_type(f"cannot go through the elements of {with_article(base)}", help)
    return None


def _has_elements(whole: Fact) -> bool:
    match whole:
        case List(items, _, filled):
            return filled or bool(items)
        case Tensor(shape=(int(size), *_)):
            return size > 0
    return False


def _loop(once: Callable[[], None], walk: Walk, *, surely: bool, ends: bool) -> None:
    """Go through the body of a loop until nothing new is found out about what is true before each turn.

    `surely` says that there is a first turn, `ends` that the loop can end other than by ``break``.
    """
    before, head = None, walk.copy() or {}
    with walk.silently():
        for _ in range(MOST_TURNS if len(walk.loops) < MOST_LOOPS else 0):
            before, head = head, _turn(once, head, walk)[0]
            if walk.is_tired or head == before:
                break
    if walk.is_tired or head != before:
        head = {}
    certain = walk.certain
    walk.certain = certain and surely
    head, loop = _turn(once, head, walk)
    walk.certain = certain and not walk.is_left
    after = head if ends else None
    for way in loop.breaks:
        after = meet(after, way)
    walk.state = after


def _turn(once: Callable[[], None], head: State, walk: Walk) -> tuple[State, Loop]:
    """One turn of a loop: what is true before the next one, and the ways out."""
    walk.state = dict(head)
    walk.loops.append(loop := Loop())
    once()
    walk.loops.pop()
    met = meet(head, walk.state)
    for way in loop.continues:
        met = meet(met, way)
    return met or {}, loop
