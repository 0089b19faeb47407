"""Expressions: what their names mean and what their calls call."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from itertools import chain, repeat

from tensorlogic.errors.codes import DUPLICATE_NAME, RAGGED_ARRAY, WRONG_ARGUMENTS, WRONG_TYPE
from tensorlogic.lang import checked, tree
from tensorlogic.lang.context import Context
from tensorlogic.lang.occurrences import Field


@singledispatch
def resolve(node: tree.Expression, context: Context) -> checked.Expression:
    """The checked form of an expression."""
    raise NotImplementedError(type(node).__name__)


@resolve.register(tree.Literal)
def _literal(node: tree.Literal, context: Context) -> checked.Expression:
    return checked.Constant(node.span, node.value)


@resolve.register(tree.Name)
def _name(node: tree.Name, context: Context) -> checked.Expression:
    symbol = context.lookup(node)
    if symbol is None:
        context.undefined(node)
    elif isinstance(symbol, checked.Struct):
        message = f"`{node.id}` is a struct, not a value"
        context.problems.report(WRONG_TYPE, message, node.span, f"Make one: {node.id} {{ … }}.")
    elif context.is_function(symbol):
        message = f"`{node.id}` is a function, not a value"
        context.problems.report(WRONG_TYPE, message, node.span, f"Call it: {node.id}(…).")
    elif isinstance(symbol, checked.Relation):
        message = f"`{node.id}` is a relation, not a value"
        context.problems.report(WRONG_TYPE, message, node.span, f"Ask it: query {symbol}.")
    elif isinstance(symbol, checked.Entity):
        return checked.Helped(node.span, "members", (checked.Constant(node.span, symbol.name),))
    elif not isinstance(symbol, checked.Function):
        return checked.Read(node.span, symbol)
    return checked.Constant(node.span, 0)


@resolve.register(tree.Path)
def _path(node: tree.Path, context: Context) -> checked.Expression:
    name = f"{node.owner.id}::{node.name.id}"
    context.problems.report(WRONG_TYPE, f"`{name}` is a function, not a value", node.span, f"Call it: {name}(…).")
    return checked.Constant(node.span, 0)


@resolve.register(tree.StructLiteral)
def _struct_literal(node: tree.StructLiteral, context: Context) -> checked.Expression:
    struct = context.struct(tree.Name(node.type.span, node.type.name))
    declared = {} if struct is None else {field.name: field.type for field in struct.fields}
    values: dict[str, checked.Expression] = {}
    for given in node.fields:
        assert given.name is not None
        name, value = given.name.id, resolve(given.value, context)
        if name in values:
            context.problems.report(DUPLICATE_NAME, f"`{name}` is given twice", given.name.span)
        elif struct is not None and name not in declared:
            context.no_field(struct, given.name)
        elif struct is not None:
            context.occurrences.use(given.name.span, Field(struct, name))
        values[name] = typed(value, declared.get(name))
    missing = [name for name in declared if name not in values]
    if struct is None:
        return checked.Constant(node.span, 0)
    if missing:
        message = f"`{struct.name}` also needs {', '.join(f'`{name}`' for name in missing)}"
        context.problems.report(WRONG_ARGUMENTS, message, node.span)
    return checked.Make(node.span, struct, values)


@resolve.register(tree.Match)
def _match(node: tree.Match, context: Context) -> checked.Expression:
    value = resolve(node.value, context)
    arms = []
    for arm in node.arms:
        with context.here.scope.block(arm.span):
            pattern, guard = matched(arm, context)
            if isinstance(arm.body, tree.Block):
                help = "Give the value in each arm; a block can stand where the value of the match is not used."
                context.problems.report(WRONG_TYPE, "a block has no value here", arm.body.span, help)
            else:
                arms.append(checked.Arm(arm.span, pattern, guard, resolve(arm.body, context)))
    return checked.Match(node.span, value, tuple(arms))


@resolve.register(tree.Conditional)
def _conditional(node: tree.Conditional, context: Context) -> checked.Expression:
    """A ``match`` of nothing, whose first arm has the condition for its guard."""
    condition, then, otherwise = (resolve(each, context) for each in (node.condition, node.then, node.otherwise))
    anything = checked.Anything(node.condition.span)
    arms = checked.Arm(then.span, anything, condition, then), checked.Arm(otherwise.span, anything, None, otherwise)
    return checked.Match(node.span, checked.Constant(node.condition.span, 0), arms)


def matched(arm: tree.Arm, context: Context) -> tuple[checked.Pattern, checked.Expression | None]:
    """The pattern of an arm, whose names are declared in the scope that is open, and its guard."""
    pattern = _pattern(arm.pattern, context)
    return pattern, None if arm.guard is None else resolve(arm.guard, context)


@singledispatch
def _pattern(node: tree.Pattern, context: Context) -> checked.Pattern:
    return checked.Anything(node.span)


@_pattern.register(tree.Literal)
def _literal_pattern(node: tree.Literal, context: Context) -> checked.Pattern:
    return checked.Equals(node.span, node.value)


@_pattern.register(tree.Name)
def _binding(node: tree.Name, context: Context) -> checked.Pattern:
    return checked.Binds(node.span, context.declare(node, inner=True))


@_pattern.register(tree.Alternatives)
def _alternatives(node: tree.Alternatives, context: Context) -> checked.Pattern:
    for each in node.patterns:
        if not isinstance(each, tree.Literal | tree.Wildcard):
            help = "Write an arm for each."
            context.problems.report(WRONG_TYPE, "only values stand between `|`", each.span, help)
    return checked.AnyOf(node.span, tuple(_pattern(each, context) for each in node.patterns))


@_pattern.register(tree.StructPattern)
def _struct_pattern(node: tree.StructPattern, context: Context) -> checked.Pattern:
    struct = context.struct(node.name)
    known = () if struct is None else [field.name for field in struct.fields]
    fields = []
    for each in node.fields:
        if struct is not None and each.name.id not in known:
            context.no_field(struct, each.name)
        elif struct is not None:
            context.occurrences.use(each.name.span, Field(struct, each.name.id))
        fields.append((each.name.id, _pattern(each.pattern, context)))
    return checked.Anything(node.span) if struct is None else checked.Fields(node.span, struct, tuple(fields))


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
    declared, operand = context.type(node.type), resolve(node.operand, context)
    if declared is not None and declared.struct is not None:
        message = f"nothing can be cast to the struct `{declared}`"
        context.problems.report(WRONG_TYPE, message, node.type.span)
        return operand
    return operand if declared is None else checked.Cast(node.span, operand, declared)


@resolve.register(tree.Member)
def resolve_member(node: tree.Member, context: Context) -> checked.Member:
    """The checked form of a member, which also can be assigned to."""
    value = resolve(node.object, context)
    context.member(value, node.name)
    return checked.Member(node.span, value, node.name.id)


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
    symbol = context.find(node.callee.id) if isinstance(node.callee, tree.Name) else None
    if isinstance(symbol, checked.Variable) and symbol not in context.plain:
        return _prediction(node, context)
    function = _callee(node.callee, context)
    arguments, options = _arguments(node, context)
    if function is None:
        return checked.Constant(node.span, 0)
    _check_arguments(function, node, context)
    if isinstance(function, checked.Function):
        arguments, options = _typed_arguments(function, arguments, options)
    return checked.Call(node.span, function, tuple(arguments), options)


def _prediction(node: tree.Call, context: Context) -> checked.Expression:
    """``classifier(x)``: what can be called and is no function of the program is a model that it has loaded."""
    model = resolve(node.callee, context)
    arguments, options = _arguments(node, context)
    return checked.Call(node.span, checked.Builtin("predict"), (model, *arguments), options)


def _method_call(node: tree.Call, callee: tree.Member, context: Context) -> checked.Expression:
    value = resolve(callee.object, context)
    function = context.function_behind_dot(value, callee.name)
    arguments, options = _arguments(node, context)
    return checked.MethodCall(node.span, value, callee.name.id, function, tuple(arguments), options)


def _callee(callee: tree.Expression, context: Context) -> checked.Callable | None:
    """What a call calls; None, and a problem, when it is nothing that can be called."""
    if isinstance(callee, tree.Path):
        return context.function_of(callee)
    if not isinstance(callee, tree.Name):
        help = "Functions are called by their name."
        context.problems.report(WRONG_TYPE, "this is not a function", callee.span, help)
        resolve(callee, context)
        return None
    symbol = context.lookup(callee)
    if symbol is None:
        context.undefined(callee)
    elif isinstance(symbol, checked.Struct):
        message, help = f"`{callee.id}` is a struct, not a function", f"Make one: {callee.id} {{ … }}."
        context.problems.report(WRONG_TYPE, message, callee.span, help)
    elif isinstance(symbol, checked.Relation | checked.Entity):
        message, help = f"`{callee.id}` is a relation, not a function", f"Ask it: {callee.id}(…)?"
        context.problems.report(WRONG_TYPE, message, callee.span, help)
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


def _check_arguments(function: checked.Callable, node: tree.Call, context: Context) -> None:
    """Report arguments that do not fit the parameters of a function."""
    options = {a.name.id: a.name.span for a in node.arguments if a.name is not None}
    if isinstance(function, checked.Function):
        for name, span in options.items():
            context.occurrences.use(span, Field(function, name))
    signature = context.signature(function)
    values = sum(a.name is None for a in node.arguments)
    wrong = None if signature is None else signature.mismatch(values, list(options))
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
