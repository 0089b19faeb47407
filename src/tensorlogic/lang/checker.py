"""Parsed tree to checked tree: statements, functions, the whole program."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import singledispatch
from types import MappingProxyType

from tensorlogic.errors.codes import (
    DUPLICATE_NAME,
    MISPLACED_STATEMENT,
    NESTED_TOO_DEEPLY,
    WRONG_TYPE,
)
from tensorlogic.lang import checked, tree, types
from tensorlogic.lang.context import Context, Surroundings
from tensorlogic.lang.resolve import resolve, resolve_element, typed
from tensorlogic.lang.scopes import Scope
from tensorlogic.lang.source import Span

MOST_LOOPS = 20
"""Python refuses more loops inside one another."""
Imports = Mapping[str, checked.Variable | checked.Function]
_NOTHING: Imports = MappingProxyType({})


def check(
    program: tree.Program,
    known: Collection[str],
    *,
    constants: Collection[str] = (),
    imports: Imports = _NOTHING,
    unit: int = 0,
) -> checked.Program:
    """The checked tree of a program, or a `SourceError` with everything that is wrong with its names.

    `known` are the builtin functions and `constants` the builtin values, `imports` is what other files
    declare, and `unit` a number that keeps the names of this file apart from theirs.
    """
    context = Context(program, known, constants, imports, unit)
    body, definitions, main = _program(program, context)
    context.problems.raise_any()
    variables = context.top.outermost()
    if program.library:
        context.shared.update(variables.values())
    exports = {**imports, **variables, **context.functions}
    shared = frozenset(context.shared)
    return checked.Program(program.source, unit, body, definitions, main, shared, exports)


def _program(
    program: tree.Program, context: Context
) -> tuple[checked.Block, tuple[checked.Definition, ...], checked.Definition | None]:
    """The top level comes first, so that functions see all of its variables."""
    functions = [s for s in program.statements if isinstance(s, tree.Function)]
    mains = [s for s in program.statements if isinstance(s, tree.Main)]
    for function in functions:
        _declare_function(function, context)
    for extra in mains[1:]:
        context.problems.report(DUPLICATE_NAME, "there is another `main` above", extra.span)
    elsewhere = (tree.Function, tree.Main, tree.Import)
    body = _statements([s for s in program.statements if not isinstance(s, elsewhere)], context)
    definitions = tuple(_definition(f, context) for f in functions)
    main = _main(mains[0], context) if mains else None
    return checked.Block(Span(0, len(program.source.text)), body), definitions, main


def _declare_function(node: tree.Function, context: Context) -> None:
    name = node.name.id
    if name in context.functions:
        message = f"a function `{name}` is declared above"
        context.problems.report(DUPLICATE_NAME, message, node.name.span)
    parameters = tuple(
        checked.Parameter(p.name, None if p.type is None else context.type(p.type)) for p in node.parameters
    )
    result = None if node.result is None else context.type(node.result, of_result=True)
    context.functions[name] = checked.Function(name, context.unit, parameters, result)


def _definition(node: tree.Function, context: Context) -> checked.Definition:
    function = context.functions[node.name.id]
    context.here = here = Surroundings(Scope(), function, node.span.start)
    for parameter in node.parameters:
        if here.scope.find(parameter.name) is not None:
            message = f"there are two parameters `{parameter.name}`"
            context.problems.report(DUPLICATE_NAME, message, parameter.span)
        here.scope.declare(parameter.name, parameter.span.start, inner=False)
    body = checked.Block(node.body.span, _statements(node.body.statements, context))
    if function.result is None or function.result.base != "void":
        body = _giving_value(body, function)
    places = tuple(p.span for p in node.parameters)
    return checked.Definition(node.span, function, places, body, frozenset(here.assigned))


def _giving_value(block: checked.Block, function: checked.Function) -> checked.Block:
    """A function's body whose last expression is its value."""
    if not block.statements:
        return block
    *before, last = block.statements
    match last:
        case checked.Evaluate(span, value):
            last = checked.Return(span, function, typed(value, function.result))
        case checked.If(span, condition, then, otherwise) if otherwise is not None:
            then, otherwise = _giving_value(then, function), _giving_value(otherwise, function)
            last = checked.If(span, condition, then, otherwise)
        case checked.Block():
            last = _giving_value(last, function)
    return checked.Block(block.span, (*before, last))


def _main(node: tree.Main, context: Context) -> checked.Definition:
    function = checked.Function("main", context.unit, (), checked.Type("void", None))
    context.here = here = Surroundings(Scope(), function, math.inf)
    body = checked.Block(node.body.span, _statements(node.body.statements, context))
    return checked.Definition(node.span, function, (), body, frozenset(here.assigned))


def _statements(nodes: Collection[tree.Statement], context: Context) -> tuple[checked.Statement, ...]:
    return tuple(_guarded(node, context) for node in nodes)


def _guarded(node: tree.Statement, context: Context) -> checked.Statement:
    """Check one statement; a long chain of operators is a deep tree, and may be too deep for Python."""
    try:
        return statement(node, context)
    except RecursionError:
        context.problems.too_deep(node.span)
        return checked.Block(node.span, ())


@singledispatch
def statement(node: tree.Statement, context: Context) -> checked.Statement:
    """The checked form of a statement inside the top level or a function."""
    message = "functions, imports and `main` stand at the top level of a file"
    context.problems.report(MISPLACED_STATEMENT, message, node.span)
    return checked.Block(node.span, ())


@statement.register(tree.Block)
def _block(node: tree.Block, context: Context) -> checked.Block:
    with context.here.scope.block():
        return checked.Block(node.span, _statements(node.statements, context))


@statement.register(tree.Evaluate)
def _evaluate(node: tree.Evaluate, context: Context) -> checked.Statement:
    return checked.Evaluate(node.span, resolve(node.value, context))


@statement.register(tree.Assign)
def _assign(node: tree.Assign, context: Context) -> checked.Statement:
    value = resolve(node.value, context)
    if isinstance(node.target, tree.Index):
        return checked.AssignElement(node.span, resolve_element(node.target, context), value)
    declared = None if node.type is None else context.type(node.type)
    target = _declared(node.target, context) if node.declares else _target(node.target, context)
    return checked.Assign(node.span, target, typed(value, declared), declared)


def _target(name: tree.Name, context: Context) -> checked.Variable:
    if context.here.scope is context.top:
        _check_free(name, context)
    return context.target(name)


def _declared(name: tree.Name, context: Context) -> checked.Variable:
    variable = context.here.scope.declare(name.id, name.span.start, inner=True)
    if variable.unit is not None:
        _check_free(name, context)
    return variable


def _check_free(name: tree.Name, context: Context) -> None:
    if name.id in context.functions:
        message = f"`{name.id}` is a function of this file"
        context.problems.report(DUPLICATE_NAME, message, name.span)


@statement.register(tree.Augment)
def _augment(node: tree.Augment, context: Context) -> checked.Statement:
    value = resolve(node.value, context)
    if isinstance(node.target, tree.Index):
        element = resolve_element(node.target, context)
        return checked.AugmentElement(node.span, element, node.operator, value)
    before = resolve(node.target, context)
    changed = checked.Binary(node.span, node.operator, before, value)
    return checked.Assign(node.span, context.target(node.target), changed)


@statement.register(tree.Tensor)
def _tensor(node: tree.Tensor, context: Context) -> checked.Statement:
    declared = context.type(node.type)
    if declared.base not in (*types.DTYPES, "void"):
        help = f"Write a type such as float32[3]; for a plain value, let {node.name.id} = …"
        context.problems.report(WRONG_TYPE, f"`{declared}` is no tensor", node.type.span, help)
    declared = checked.Type(declared.base, declared.dimensions or ())
    if node.value is None and not all(isinstance(d, int) for d in declared.dimensions or ()):
        message = f"the size of `{declared}` is not known"
        context.problems.report(WRONG_TYPE, message, node.type.span, "Give it numbers, or a value.")
    value = None if node.value is None else typed(resolve(node.value, context), declared)
    return checked.Tensor(node.span, _declared(node.name, context), declared, value)


@statement.register(tree.If)
def _if(node: tree.If, context: Context) -> checked.Statement:
    condition = resolve(node.condition, context)
    then = _block(node.then, context)
    otherwise = None if node.otherwise is None else _block(node.otherwise, context)
    return checked.If(node.span, condition, then, otherwise)


@statement.register(tree.For)
def _for(node: tree.For, context: Context) -> checked.Statement:
    iterable = resolve(node.iterable, context)
    with context.here.scope.block(), _loop(node, context):
        variable = context.here.scope.declare(node.variable.id, node.variable.span.start, inner=True)
        return checked.For(node.span, variable, iterable, _block(node.body, context))


@statement.register(tree.While)
def _while(node: tree.While, context: Context) -> checked.Statement:
    condition = None if node.condition is None else resolve(node.condition, context)
    with _loop(node, context):
        return checked.While(node.span, condition, _block(node.body, context))


@contextmanager
def _loop(node: tree.Statement, context: Context) -> Iterator[None]:
    context.here.loops += 1
    if context.here.loops == MOST_LOOPS + 1:
        message = f"more than {MOST_LOOPS} loops are inside one another"
        context.problems.report(NESTED_TOO_DEEPLY, message, node.span, "Move the inner ones to a function.")
    try:
        yield
    finally:
        context.here.loops -= 1


@statement.register(tree.Jump)
def _jump(node: tree.Jump, context: Context) -> checked.Statement:
    if not context.here.loops:
        context.problems.report(MISPLACED_STATEMENT, f"`{node.word}` is not inside a loop", node.span)
    return checked.Jump(node.span, node.word)


@statement.register(tree.Return)
def _return(node: tree.Return, context: Context) -> checked.Statement:
    function = context.here.function
    value = None if node.value is None else resolve(node.value, context)
    if function is None:
        context.problems.report(MISPLACED_STATEMENT, "`return` is not inside a function", node.span)
        return checked.Block(node.span, ())
    if value is not None and function.result is not None and function.result.base == "void":
        context.problems.report(WRONG_TYPE, f"`{function.name}` returns nothing", value.span)
    return checked.Return(node.span, function, None if value is None else typed(value, function.result))
