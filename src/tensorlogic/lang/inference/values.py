"""What is known of the value of an expression."""

from __future__ import annotations

from functools import partial, reduce, singledispatch

from tensorlogic.lang import checked
from tensorlogic.lang.inference import arrays, operators
from tensorlogic.lang.inference.calls import Given, call_builtin, call_function
from tensorlogic.lang.inference.declared import accepted, of_field
from tensorlogic.lang.inference.facts import (
    STRING,
    Fact,
    List,
    Record,
    Scalar,
    Tensor,
    join,
    lasting,
    of_constant,
)
from tensorlogic.lang.inference.walk import Walk, witnesses
from tensorlogic.lang.types import DTYPES, KINDS


def fact(node: checked.Expression, walk: Walk, like: Fact = arrays.NO_NEIGHBOUR) -> Fact:
    """The fact about an expression; `like` is that about the other operand of its operator."""
    found = _array(node, walk, like) if isinstance(node, checked.Array) else _fact(node, walk)
    if walk.records:
        walk.known.facts[node] = found
    else:
        walk.known.steps += 1
    return found


@singledispatch
def _fact(node: checked.Expression, walk: Walk) -> Fact:
    return None


@_fact.register(checked.Helped)
def _helped(node: checked.Helped, walk: Walk) -> Fact:
    for each in node.arguments:
        fact(each, walk)
    return None


@_fact.register(checked.Lambda)
def _lambda(node: checked.Lambda, walk: Walk) -> Fact:
    """It is run later, and perhaps never."""
    before = walk.copy()
    with walk.perhaps():
        walk.state = {}
        fact(node.value, walk)
    walk.state = before
    return None


@_fact.register(checked.Constant)
def _constant(node: checked.Constant, walk: Walk) -> Fact:
    return of_constant(node.value)


@_fact.register(checked.Read)
def _read(node: checked.Read, walk: Walk) -> Fact:
    return walk.look_up(node.symbol) if isinstance(node.symbol, checked.Variable) else None


def _array(node: checked.Array, walk: Walk, like: Fact) -> Fact:
    items = [fact(leaf, walk) for leaf in arrays.leaves(node)]
    return walk.attempt(node.span, tuple, partial(arrays.array, node, items, like))


@_fact.register(checked.Unary)
def _unary(node: checked.Unary, walk: Walk) -> Fact:
    operand = fact(node.operand, walk)
    return walk.attempt(node.span, tuple, partial(operators.unary, node.operator, operand))


@_fact.register(checked.Binary)
def _binary(node: checked.Binary, walk: Walk) -> Fact:
    left, right = _operands(node, walk)
    work = partial(operators.binary, node.operator, left, right)
    return walk.attempt(node.span, lambda: witnesses(walk, (node.left, left), (node.right, right)), work)


def _operands(node: checked.Binary, walk: Walk) -> tuple[Fact, Fact]:
    if node.operator in ("and", "or"):
        left = fact(node.left, walk)
        with walk.perhaps():
            return left, fact(node.right, walk)
    if isinstance(node.left, checked.Array) and not isinstance(node.right, checked.Array):
        right = fact(node.right, walk)
        return fact(node.left, walk, right), right
    left = fact(node.left, walk)
    beside = arrays.NO_NEIGHBOUR if isinstance(node.left, checked.Array) else left
    return left, fact(node.right, walk, beside)


@_fact.register(checked.Cast)
def _cast(node: checked.Cast, walk: Walk) -> Fact:
    operand, declared = fact(node.operand, walk), node.type
    shape = operand.shape if isinstance(operand, Tensor) else None
    if declared.dimensions is not None:
        work = partial(accepted, Tensor(declared.base, shape), "the result", declared)
        return walk.attempt(node.span, lambda: witnesses(walk, (node.operand, operand)), work)
    if isinstance(operand, Tensor) and declared.base in DTYPES:
        return Tensor(declared.base, shape)
    is_plain = isinstance(operand, Scalar) and operand.exact
    return Scalar(KINDS[declared.base]) if is_plain or declared.base not in DTYPES else None


@_fact.register(checked.Member)
def _member(node: checked.Member, walk: Walk) -> Fact:
    owner = fact(node.object, walk)
    match owner:
        case Tensor():
            return _of_tensor(owner, node.name)
        case Record(struct) if not walk.known.reopened:
            types = {field.name: field.type for field in struct.fields}
            return of_field(types.get(node.name))
    return None


def _of_tensor(owner: Tensor, name: str) -> Fact:
    if name == "shape":
        return List(None if owner.shape is None else tuple(Scalar("int", size) for size in owner.shape))
    if name == "ndim":
        return Scalar("int", None if owner.shape is None else len(owner.shape))
    return STRING if name in ("dtype", "device") else None


@_fact.register(checked.Index)
def _index(node: checked.Index, walk: Walk) -> Fact:
    value = fact(node.object, walk)
    parts = [_part(index, walk) for index in node.indices]
    work = partial(arrays.element, value, parts)
    return walk.attempt(node.span, lambda: witnesses(walk, (node.object, value)), work)


def _part(node: checked.Expression, walk: Walk) -> Fact | arrays.Part:
    if not isinstance(node, checked.Slice):
        return fact(node, walk)
    start = None if node.start is None else fact(node.start, walk)
    stop = None if node.stop is None else fact(node.stop, walk)
    return arrays.Part(start, stop, node.start is None, node.stop is None)


@_fact.register(checked.Make)
def _make(node: checked.Make, walk: Walk) -> Fact:
    types = {field.name: field.type for field in node.struct.fields}
    for name, value in node.values.items():
        given, what = fact(value, walk), f"`{name}` of `{node.struct.name}`"
        walk.attempt(value.span, tuple, partial(accepted, given, what, types.get(name)))
    return Record(node.struct)


@_fact.register(checked.Match)
def _match(node: checked.Match, walk: Walk) -> Fact:
    value = fact(node.value, walk)
    with walk.perhaps():
        found = [_arm(arm, value, walk) for arm in node.arms]
    return reduce(join, found) if found else None


def _arm(arm: checked.Arm, value: Fact, walk: Walk) -> Fact:
    bind(arm.pattern, value, walk)
    if arm.guard is not None:
        fact(arm.guard, walk)
    return fact(arm.value, walk)


def bind(pattern: checked.Pattern, value: Fact, walk: Walk) -> None:
    """The variables of a pattern get the value, or the parts of it."""
    match pattern:
        case checked.Binds():
            walk.keep(pattern.variable, lasting(value), pattern.span)
        case checked.Fields():
            types = {field.name: field.type for field in pattern.struct.fields}
            for name, inner in pattern.fields:
                bind(inner, of_field(types.get(name)), walk)


@_fact.register(checked.Call)
def _call(node: checked.Call, walk: Walk) -> Fact:
    return _called(node, node.function, [], walk)


@_fact.register(checked.MethodCall)
def _method_call(node: checked.MethodCall, walk: Walk) -> Fact:
    owner = fact(node.object, walk)
    function = node.function
    if isinstance(owner, Record):
        function = owner.struct.methods.get(node.name, function)
    # A value of which nothing is known may have a method of its own, one of an earlier input another by now.
    is_known = owner is not None and not (isinstance(owner, Record) and walk.known.reopened)
    if not is_known:
        walk.known.note_method(node.name)
        if isinstance(function, checked.Function):
            walk.known.note_any(function)
    return _called(node, function if is_known else None, [(node.object, owner)], walk)


def _called(
    node: checked.Call | checked.MethodCall, function: checked.Callable | None, before: list[Given], walk: Walk
) -> Fact:
    given = before + [(value, fact(value, walk)) for value in node.arguments]
    options = {name: (value, fact(value, walk)) for name, value in node.options.items()}
    if function is None:
        return None
    if isinstance(function, checked.Builtin):
        return call_builtin(function, node.span, given, options, walk)
    return call_function(function, node.span, given, options, walk)
