"""Expressions: what their names mean and what their calls call."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from itertools import chain, repeat

from tensorlogic.errors.codes import DUPLICATE_NAME, RAGGED_ARRAY, WRONG_ARGUMENTS, WRONG_TYPE
from tensorlogic.lang import checked, tree
from tensorlogic.lang.context import Context
from tensorlogic.lang.signatures import Signature


@singledispatch
def resolve(node: tree.Expression, context: Context) -> checked.Expression:
    """The checked form of an expression."""
    raise NotImplementedError(type(node).__name__)


@resolve.register(tree.Literal)
def _literal(node: tree.Literal, context: Context) -> checked.Expression:
    return checked.Constant(node.span, node.value)


@resolve.register(tree.Name)
def _name(node: tree.Name, context: Context) -> checked.Expression:
    symbol = context.lookup(node.id)
    if symbol is None:
        context.undefined(node)
    elif context.is_function(symbol):
        message = f"`{node.id}` is a function, not a value"
        context.problems.report(WRONG_TYPE, message, node.span, f"Call it: {node.id}(…).")
    elif not isinstance(symbol, checked.Function):
        return checked.Read(node.span, symbol)
    return checked.Constant(node.span, 0)


@resolve.register(tree.Array)
def _array(node: tree.Array, context: Context) -> checked.Expression:
    _check_rows(node, context)
    return checked.Array(node.span, tuple(resolve(item, context) for item in node.items))


def _check_rows(array: tree.Array, context: Context) -> None:
    """Report the first row that is not like row 0, where that can be seen in the text."""
    shapes = [_visible_shape(item) for item in array.items]
    if not shapes or all(shape in (None, ()) for shape in shapes):
        return
    for index, (item, shape) in enumerate(zip(array.items, shapes, strict=True)):
        if shape is not None and shapes[0] is not None and shape != shapes[0]:
            message = f"row {index} of this array has shape {list(shape)}, row 0 has shape {list(shapes[0])}"
            context.problems.report(RAGGED_ARRAY, message, item.span, "All rows need the same length.")
            return


def _visible_shape(node: tree.Expression) -> tuple[int, ...] | None:
    if isinstance(node, tree.Array):
        inner = _visible_shape(node.items[0]) if node.items else ()
        return (len(node.items), *(inner or ()))
    return () if isinstance(node, tree.Literal) else None


@resolve.register(tree.Unary)
def _unary(node: tree.Unary, context: Context) -> checked.Expression:
    return checked.Unary(node.span, node.operator, resolve(node.operand, context))


@resolve.register(tree.Binary)
def _binary(node: tree.Binary, context: Context) -> checked.Expression:
    left, right = resolve(node.left, context), resolve(node.right, context)
    return checked.Binary(node.span, node.operator, left, right)


@resolve.register(tree.Cast)
def _cast(node: tree.Cast, context: Context) -> checked.Expression:
    return checked.Cast(node.span, resolve(node.operand, context), context.type(node.type))


@resolve.register(tree.Member)
def _member(node: tree.Member, context: Context) -> checked.Expression:
    return checked.Member(node.span, resolve(node.object, context), node.name.id)


@resolve.register(tree.Slice)
def _slice(node: tree.Slice, context: Context) -> checked.Expression:
    start = None if node.start is None else resolve(node.start, context)
    stop = None if node.stop is None else resolve(node.stop, context)
    return checked.Slice(node.span, start, stop)


@resolve.register(tree.Index)
def _index(node: tree.Index, context: Context) -> checked.Expression:
    match node.indices:
        case [tree.Literal(value=str(name))]:
            return checked.Member(node.span, resolve(node.object, context), name)
    return resolve_element(node, context)


def resolve_element(node: tree.Index, context: Context) -> checked.Index:
    """The checked form of an element as such, which also can be assigned to."""
    value = resolve(node.object, context)
    return checked.Index(node.span, value, tuple(resolve(i, context) for i in node.indices))


@resolve.register(tree.Call)
def _call(node: tree.Call, context: Context) -> checked.Expression:
    if isinstance(node.callee, tree.Member):
        return _method_call(node, node.callee, context)
    function = _callee(node.callee, context)
    arguments, options = _arguments(node, context)
    if function is None:
        return checked.Constant(node.span, 0)
    if isinstance(function, checked.Function):
        _check_arguments(function, node, context)
        arguments, options = _typed_arguments(function, arguments, options)
    return checked.Call(node.span, function, tuple(arguments), options)


def _method_call(node: tree.Call, callee: tree.Member, context: Context) -> checked.Expression:
    value = resolve(callee.object, context)
    symbol = context.lookup(callee.name.id)
    function = None if isinstance(symbol, checked.Variable) else symbol
    arguments, options = _arguments(node, context)
    return checked.MethodCall(node.span, value, callee.name.id, function, tuple(arguments), options)


def _callee(callee: tree.Expression, context: Context) -> checked.Callable | None:
    """What a call calls; None, and a problem, when it is nothing that can be called."""
    if not isinstance(callee, tree.Name):
        help = "Functions are called by their name."
        context.problems.report(WRONG_TYPE, "this is not a function", callee.span, help)
        resolve(callee, context)
        return None
    symbol = context.lookup(callee.id)
    if symbol is None:
        context.undefined(callee)
    elif isinstance(symbol, checked.Variable) or not context.is_function(symbol):
        message = f"`{callee.id}` is a value here, not a function"
        context.problems.report(WRONG_TYPE, message, callee.span)
    else:
        return symbol
    return None


def _arguments(node: tree.Call, context: Context) -> tuple[list[checked.Expression], dict[str, checked.Expression]]:
    arguments: list[checked.Expression] = []
    options: dict[str, checked.Expression] = {}
    for argument in node.arguments:
        value = resolve(argument.value, context)
        if argument.name is None and options:
            message = "a value without a name follows an option"
            context.problems.report(WRONG_ARGUMENTS, message, argument.span, "Put the options last.")
        elif argument.name is None:
            arguments.append(value)
        elif argument.name.id in options:
            message = f"`{argument.name.id}` is given twice"
            context.problems.report(DUPLICATE_NAME, message, argument.name.span)
        else:
            options[argument.name.id] = value
    return arguments, options


def _check_arguments(function: checked.Function, node: tree.Call, context: Context) -> None:
    """Report arguments that do not fit the parameters of a function."""
    options = {a.name.id: a.name.span for a in node.arguments if a.name is not None}
    signature = Signature(function.name, tuple(p.name for p in function.parameters))
    wrong = signature.mismatch(len(node.arguments) - len(options), list(options))
    if wrong is not None:
        span = node.span if wrong.option is None else options[wrong.option]
        context.problems.report(wrong.code, wrong.message, span, wrong.help)


def _typed_arguments(
    function: checked.Function, arguments: list[checked.Expression], options: dict[str, checked.Expression]
) -> tuple[list[checked.Expression], dict[str, checked.Expression]]:
    """The arguments, with literals of the types that the parameters declare."""
    declared = {p.name: p.type for p in function.parameters}
    by_position = chain(declared.values(), repeat(None))
    return (
        [typed(value, kind) for value, kind in zip(arguments, by_position, strict=False)],
        {name: typed(value, declared.get(name)) for name, value in options.items()},
    )


def typed(value: checked.Expression, declared: checked.Type | None) -> checked.Expression:
    """A value in a place of a declared type: an array literal is made of that type at once."""
    if declared is None or declared.dimensions is None:
        return value
    if isinstance(value, checked.Array):
        return replace(value, dtype=declared.base)
    if isinstance(value, checked.Unary):
        return replace(value, operand=typed(value.operand, declared))
    return value
