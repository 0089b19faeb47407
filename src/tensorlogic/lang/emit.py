"""Checked expressions to Python expressions.

A name of the program gets a suffix that begins with ``·``, which no name of the program contains, so it
collides neither with Python's words nor with the helpers. Operators are Python's own where they mean the
same; the rest are calls of helpers, which the runtime gives to the code under the names in `HELPERS`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Final, TypeGuard, TypeVar, cast

from tensorlogic.lang import checked
from tensorlogic.lang.inference.facts import FLOAT, Fact, List, Scalar, Tensor, is_float, of_constant
from tensorlogic.lang.inference.operators import NUMBERS
from tensorlogic.lang.source import Span

HELPERS: Final = frozenset(
    {"close", "divide", "grown", "invert", "matmul", "multiply", "outer", "power", "remainder"}
    | {"array", "iterate", "slice", "member", "invoke", "store"}
    | {"accept", "argument", "cast", "declare"}
    | {"struct", "implement", "elements", "settle"}
    | {"same", "unmatched", "python_import"}
    | {"entity", "members", "relation", "form", "tell", "rule", "soft_rule"}
    | {"as_learnable", "enlist", "update", "choice", "options", "learn", "by_hand", "no_grad", "embedding"}
    | {"solve", "indicator", "state", "each"}
    | {"ask", "show", "prove", "infer", "inferred"}
    | {"bool", "float", "int", "str"}
)
CLASSES: Final = {"int": "int", "float": "float", "bool": "bool", "string": "str"}
"""The class whose values are of a scalar type as they are."""

_ARITHMETIC: Final[dict[str, type[ast.operator]]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "%": ast.Mod,
    "**": ast.Pow,
    "@": ast.MatMult,
}
_COMPARISONS: Final = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
}
_LOGIC: Final = {"and": ast.And, "or": ast.Or}
_CALLED: Final = {
    "*": "multiply",
    "/": "divide",
    "%": "remainder",
    "**": "power",
    "@": "matmul",
    "⊗": "outer",
    "≈": "close",
}
_SMALL: Final = 1 << 64
"""Whole numbers below this make no other one much longer."""
_PREFIXES: Final = {"-": ast.USub, "not": ast.Not}

Plain = int | float | str | tuple[int | str | None, ...] | None

AnyNode = TypeVar("AnyNode", ast.expr, ast.stmt, ast.arg, ast.keyword, ast.Name)


def function_name(function: checked.Callable) -> str:
    """What a function is called in Python."""
    if isinstance(function, checked.Builtin):
        return builtin_name(function.name)
    return f"{function.name}·f{function.unit}"


def struct_name(struct: checked.Struct) -> str:
    """What the class of a struct is called in Python."""
    return f"{struct.name}·s{struct.unit}"


def builtin_name(name: str) -> str:
    """What a builtin is called in Python."""
    return f"{name}·b"


def shared_name(variable: checked.Variable) -> str:
    """What a variable of the top level that is used from elsewhere is called in Python."""
    return f"{variable.name}·g{variable.unit}"


def module_name(name: str) -> str:
    """What a module of functions of tensors is called in compiled code."""
    return f"{name}·m"


def parameter_name(name: str) -> str:
    """What a parameter is called in Python."""
    return f"{name}·0"


def is_global(name: str) -> bool:
    """Whether a Python name is that of a variable of the top level."""
    return "·g" in name


class Writer:
    """Makes Python's nodes, each with the place in the program that it comes from."""

    def __init__(self, program: checked.Program) -> None:
        self.source = program.source
        self.facts = program.facts
        self.drops = program.drops
        self.owners: list[list[str]] = []
        """The Python names that end with the function, and with each block in it, where values are dropped."""
        self.fleeting: list[str] = []
        """Those that end with the statement."""
        self._shared = program.shared
        self._temporaries = 0

    def temporary(self, name: str = "kept") -> str:
        """A Python name that nothing else has."""
        self._temporaries += 1
        self.fleeting.append(f"{name}·t{self._temporaries}")
        return self.fleeting[-1]

    def at(self, span: Span, node: AnyNode) -> AnyNode:
        """The node, placed."""
        node.lineno, node.col_offset = self.source.position(span.start)
        node.end_lineno, node.end_col_offset = self.source.position(span.end)
        return node

    def known(self, node: checked.Expression) -> Fact:
        """What is known of a value."""
        return of_constant(node.value) if isinstance(node, checked.Constant) else self.facts.get(node)

    def variable(self, variable: checked.Variable) -> str:
        """What a variable is called in Python."""
        if variable in self._shared:
            return shared_name(variable)
        return f"{variable.name}·{variable.number}"

    def load(self, name: str, span: Span) -> ast.expr:
        """The value of a Python name."""
        return self.at(span, ast.Name(name, ast.Load()))

    def store(self, name: str, span: Span) -> ast.Name:
        """A Python name that gets a value."""
        return self.at(span, ast.Name(name, ast.Store()))

    def constant(self, value: Plain, span: Span) -> ast.expr:
        """A Python constant."""
        # A tuple of constants is one too, which typeshed does not know.
        return self.at(span, ast.Constant(cast(str, value)))

    def call(self, name: str, span: Span, /, *arguments: ast.expr, **options: ast.expr) -> ast.expr:
        """A call of a helper or function."""
        named = [self.at(span, ast.keyword(option, value)) for option, value in options.items()]
        return self.at(span, ast.Call(self.load(name, span), list(arguments), named))

    def held(
        self,
        helper: str,
        value: ast.expr,
        what: str,
        declared: checked.Type,
        span: Span,
        sizes: str | None = None,
    ) -> ast.expr:
        """A call of a helper that holds a value against its declared type."""
        facts = [self.constant(what, span), *self.type(declared, span)]
        known = [] if sizes is None or declared.dimensions is None else [self.load(sizes, span)]
        return self.call(helper, span, value, *facts, *known)

    def type(self, declared: checked.Type, span: Span) -> list[ast.expr]:
        """A type as helpers take it: its base, or the class of a struct, and the dimensions."""
        if declared.struct is not None:
            return [self.load(struct_name(declared.struct), span), self.constant(None, span)]
        return [self.constant(declared.base, span), self.constant(declared.dimensions, span)]

    def keep(self, value: ast.expr, span: Span) -> tuple[ast.expr, ast.expr]:
        """The value, kept where it is evaluated, and the same value again."""
        name = self.temporary()
        return self.at(span, ast.NamedExpr(self.store(name, span), value)), self.load(name, span)

    def assign(self, name: str, value: ast.expr, span: Span) -> ast.stmt:
        """An assignment to a Python name."""
        return self.at(span, ast.Assign([self.store(name, span)], value))


@singledispatch
def emit(node: checked.Expression, writer: Writer) -> ast.expr:
    """The Python expression for a checked one."""
    raise NotImplementedError(type(node).__name__)


@emit.register(checked.Constant)
def _constant(node: checked.Constant, writer: Writer) -> ast.expr:
    return writer.constant(node.value, node.span)


@emit.register(checked.Read)
def _read(node: checked.Read, writer: Writer) -> ast.expr:
    symbol = node.symbol
    name = builtin_name(symbol.name) if isinstance(symbol, checked.Builtin) else writer.variable(symbol)
    return writer.load(name, node.span)


@emit.register(checked.Array)
def _array(node: checked.Array, writer: Writer) -> ast.expr:
    options = {} if node.dtype is None else {"dtype": writer.constant(node.dtype, node.span)}
    made = writer.call("array", node.span, _rows(node, writer), **options)
    return writer.call("elements", node.span, made) if writer.drops else made


_MAKERS: Final = (checked.Array, checked.Call, checked.Make, checked.Match, checked.MethodCall)
"""The expressions whose value may be held by nothing else."""


def lend(node: checked.Expression, writer: Writer) -> ast.expr:
    """The Python expression for a value that is only looked at: if nothing else holds it, the statement does."""
    value = emit(node, writer)
    return writer.keep(value, node.span)[0] if writer.drops and isinstance(node, _MAKERS) else value


def _rows(node: checked.Array, writer: Writer) -> ast.expr:
    """The items as a Python list, and the rows in it as lists."""
    items = [_rows(i, writer) if isinstance(i, checked.Array) else emit(i, writer) for i in node.items]
    return writer.at(node.span, ast.List(items, ast.Load()))


@emit.register(checked.Helped)
def _helped(node: checked.Helped, writer: Writer) -> ast.expr:
    return writer.call(node.helper, node.span, *(emit(each, writer) for each in node.arguments))


@emit.register(checked.Place)
def _place(node: checked.Place, writer: Writer) -> ast.expr:
    place = writer.source.place(node.span)
    return writer.constant((place.file, place.line, place.column, place.length, place.text), node.span)


@emit.register(checked.Data)
def _data(node: checked.Data, writer: Writer) -> ast.expr:
    return writer.constant(node.value, node.span)


@emit.register(checked.Lambda)
def _lambda(node: checked.Lambda, writer: Writer) -> ast.expr:
    names = [writer.at(node.span, ast.arg(writer.variable(each))) for each in node.parameters]
    signature = ast.arguments(posonlyargs=[], args=names, kwonlyargs=[], kw_defaults=[], defaults=[])
    return writer.at(node.span, ast.Lambda(signature, emit(node.value, writer)))


@emit.register(checked.Unary)
def _unary(node: checked.Unary, writer: Writer) -> ast.expr:
    operand = emit(node.operand, writer)
    if node.operator in _PREFIXES:
        return writer.at(node.span, ast.UnaryOp(_PREFIXES[node.operator](), operand))
    return writer.call("invert", node.span, operand)


@emit.register(checked.Binary)
def _binary(node: checked.Binary, writer: Writer) -> ast.expr:
    if node.operator in _LOGIC:
        both = [emit(node.left, writer), emit(node.right, writer)]
        return writer.at(node.span, ast.BoolOp(_LOGIC[node.operator](), both))
    left, right = _operands(node, writer)
    known = writer.known(node.left), writer.known(node.right)
    return operation(node.operator, left, right, node.span, writer, known)


def _operands(node: checked.Binary, writer: Writer) -> tuple[ast.expr, ast.expr]:
    """Both operands; an array literal beside another value is made like that value."""
    left, right = node.left, node.right
    if isinstance(left, checked.Array) == isinstance(right, checked.Array):
        return lend(left, writer), lend(right, writer)
    if isinstance(right, checked.Array):
        other, again = writer.keep(emit(left, writer), left.span)
        return other, writer.call("array", right.span, _rows(right, writer), like=again)
    assert isinstance(left, checked.Array)
    rows = _rows(left, writer)
    other, again = writer.keep(emit(right, writer), right.span)
    return writer.call("array", left.span, rows, like=other), again


def operation(
    operator: str,
    left: ast.expr,
    right: ast.expr,
    span: Span,
    writer: Writer,
    known: tuple[Fact, Fact] = (None, None),
) -> ast.expr:
    """An operator between two values, of which something may be known."""
    if operator in _COMPARISONS:
        return writer.at(span, ast.Compare(left, [_COMPARISONS[operator]()], [right]))
    if operator == "-" or _is_as_in_python(operator, *known):
        return writer.at(span, ast.BinOp(left, _ARITHMETIC[operator](), right))
    if operator == "+":
        return _if_not_too_large(left, right, span, writer)
    if _multiplies_integers(operator, *known) and isinstance(right, ast.Name | ast.Constant):
        return _while_small(operator, left, right, span, writer)
    return writer.call(_CALLED[operator], span, left, right)


def _is_as_in_python(operator: str, left: Fact, right: Fact) -> bool:
    """Whether Python's operator means the same, and makes nothing large: ``x / 2.0``, ``i + 1``."""
    match operator, left, right:
        case "@", Tensor(dtype), Tensor(other):
            return dtype is not None and dtype == other
        case "/", _, _:
            return is_float(left) or is_float(right)
        case "%" | "**", Tensor(), Tensor() | Scalar():
            return True
        case "**", _, Scalar("int", 0 | 1 | 2 | 3 | 4):
            return is_float(left)
        case "+", _, _:
            return _is_number(left) or _is_number(right)
        case ("*", Scalar("int"), Scalar("int", int(one))) | ("*", Scalar("int", int(one)), Scalar("int")):
            return abs(one) < _SMALL
        case "*", _, _:
            return any(isinstance(fact, Tensor) or fact == FLOAT for fact in (left, right))
    return False


def _is_number(fact: Fact) -> bool:
    return isinstance(fact, Tensor) or (isinstance(fact, Scalar) and fact.base in NUMBERS)


def _multiplies_integers(operator: str, left: Fact, right: Fact) -> bool:
    match operator, left, right:
        case ("*", Scalar("int"), Scalar("int")) | ("**", Scalar("int"), Scalar("int", 0 | 1 | 2 | 3 | 4)):
            return True
    return False


def _if_not_too_large(left: ast.expr, right: ast.expr, span: Span, writer: Writer) -> ast.expr:
    """A sum, of which the helper looks at the length where it may be a text or a list."""
    kept, again = writer.keep(writer.at(span, ast.BinOp(left, ast.Add(), right)), span)
    its_class = writer.at(span, ast.Attribute(kept, "__class__", ast.Load()))
    is_int = writer.at(span, ast.Compare(its_class, [ast.Is()], [writer.load("int", span)]))
    return writer.at(span, ast.IfExp(is_int, again, writer.call("grown", span, again)))


def _while_small(operator: str, left: ast.expr, right: ast.expr, span: Span, writer: Writer) -> ast.expr:
    """Python's operator while the left number is small; the helper, which is slower, says when it is too large."""
    kept, again = (left, left) if isinstance(left, ast.Name) else writer.keep(left, span)
    least, most = writer.constant(-_SMALL, span), writer.constant(_SMALL, span)
    is_small = writer.at(span, ast.Compare(least, [ast.Lt(), ast.Lt()], [kept, most]))
    here = writer.at(span, ast.BinOp(again, _ARITHMETIC[operator](), right))
    return writer.at(span, ast.IfExp(is_small, here, writer.call(_CALLED[operator], span, again, right)))


@emit.register(checked.Cast)
def _cast(node: checked.Cast, writer: Writer) -> ast.expr:
    return writer.call("cast", node.span, emit(node.operand, writer), *writer.type(node.type, node.span))


@emit.register(checked.Member)
def _member(node: checked.Member, writer: Writer) -> ast.expr:
    return writer.call("member", node.span, lend(node.object, writer), writer.constant(node.name, node.span))


@emit.register(checked.Index)
def _index(node: checked.Index, writer: Writer) -> ast.expr:
    value, index = lend(node.object, writer), subscript(node, writer)
    return writer.at(node.span, ast.Subscript(value, index, ast.Load()))


def subscript(node: checked.Index, writer: Writer) -> ast.expr:
    """What stands between the brackets."""
    indices = [_index_part(i, writer) for i in node.indices]
    if len(indices) == 1:
        return indices[0]
    return writer.at(node.span, ast.Tuple(indices, ast.Load()))


def _index_part(node: checked.Expression, writer: Writer) -> ast.expr:
    if not isinstance(node, checked.Slice):
        return emit(node, writer)
    start = writer.constant(None, node.span) if node.start is None else emit(node.start, writer)
    stop = writer.constant(None, node.span) if node.stop is None else emit(node.stop, writer)
    return writer.call("slice", node.span, start, stop)


@emit.register(checked.Make)
def _make(node: checked.Make, writer: Writer) -> ast.expr:
    values = {name: emit(value, writer) for name, value in node.values.items()}
    return writer.call(struct_name(node.struct), node.span, **values)


@emit.register(checked.Match)
def _match(node: checked.Match, writer: Writer) -> ast.expr:
    """The arms as one conditional expression, behind a condition that only keeps the value."""
    kept, span = writer.temporary(), node.span
    chosen = writer.call("unmatched", span, writer.load(kept, span))
    for arm in reversed(node.arms):
        value = emit(arm.value, writer)
        test = fits(arm.pattern, arm.guard, kept, writer)
        chosen = value if test is None else writer.at(arm.span, ast.IfExp(test, value, chosen))
    keeps = _keeping(kept, emit(node.value, writer), span, writer)
    return writer.at(span, ast.IfExp(keeps, chosen, writer.constant(None, span)))


def fits(pattern: checked.Pattern, guard: checked.Expression | None, value: str, writer: Writer) -> ast.expr | None:
    """Whether the value of a Python name matches a pattern and its guard; None if it always does."""
    test = _test(pattern, value, writer)
    if guard is None:
        return test
    condition = emit(guard, writer)
    return condition if test is None else writer.at(pattern.span, ast.BoolOp(ast.And(), [test, condition]))


def _test(pattern: checked.Pattern, value: str, writer: Writer) -> ast.expr | None:
    span = pattern.span
    match pattern:
        case checked.Equals():
            return writer.call("same", span, writer.load(value, span), writer.constant(pattern.value, span))
        case checked.Binds():
            writer.fleeting.append(writer.variable(pattern.variable))
            return _keeping(writer.fleeting[-1], writer.load(value, span), span, writer)
        case checked.Fields():
            return _test_fields(pattern, value, writer)
        case checked.AnyOf():
            tests = [_test(each, value, writer) for each in pattern.patterns]
            some = [test for test in tests if test is not None]
            return None if len(some) < len(tests) else writer.at(span, ast.BoolOp(ast.Or(), some))
    return None


def _test_fields(pattern: checked.Fields, value: str, writer: Writer) -> ast.expr:
    span = pattern.span
    its_class = writer.at(span, ast.Attribute(writer.load(value, span), "__class__", ast.Load()))
    struct = writer.load(struct_name(pattern.struct), span)
    tests = [writer.at(span, ast.Compare(its_class, [ast.Is()], [struct]))]
    for name, inner in pattern.fields:
        part = writer.temporary()
        test = _test(inner, part, writer)
        if test is not None:
            read = writer.call("member", span, writer.load(value, span), writer.constant(name, span))
            tests += [_keeping(part, read, span, writer), test]
    return tests[0] if len(tests) == 1 else writer.at(span, ast.BoolOp(ast.And(), tests))


def _keeping(name: str, value: ast.expr, span: Span, writer: Writer) -> ast.expr:
    """A condition that is true, and gives a Python name its value."""
    stored = writer.at(span, ast.NamedExpr(writer.store(name, span), value))
    return writer.at(span, ast.Tuple([stored], ast.Load()))


@emit.register(checked.Call)
def _call(node: checked.Call, writer: Writer) -> ast.expr:
    return _called(node.function, node.arguments, node.options, node.span, writer)


def _called(
    function: checked.Callable,
    arguments: Sequence[checked.Expression],
    options: Mapping[str, checked.Expression],
    span: Span,
    writer: Writer,
) -> ast.expr:
    named = parameter_name if isinstance(function, checked.Function) else str
    given = emit if isinstance(function, checked.Function) else lend  # a function of the program is an owner
    values = [given(a, writer) for a in arguments]
    if _is_native(function, arguments, options, writer):
        return writer.at(span, ast.Call(_native(function, span, writer), values, []))
    named_values = {named(name): given(value, writer) for name, value in options.items()}
    return writer.call(function_name(function), span, *values, **named_values)


def _is_native(
    function: checked.Callable,
    arguments: Sequence[checked.Expression],
    options: Mapping[str, checked.Expression],
    writer: Writer,
) -> TypeGuard[checked.Builtin]:
    """Whether a builtin is called with one value that is known to be a tensor, and is a function of tensors then."""
    one = len(arguments) == 1 and not options and isinstance(writer.facts.get(arguments[0]), Tensor)
    return one and isinstance(function, checked.Builtin) and function.native is not None


def _native(function: checked.Builtin, span: Span, writer: Writer) -> ast.expr:
    module, _, name = str(function.native).partition(".")
    return writer.at(span, ast.Attribute(writer.load(module_name(module), span), name, ast.Load()))


@emit.register(checked.MethodCall)
def _method_call(node: checked.MethodCall, writer: Writer) -> ast.expr:
    function = node.function
    if function is not None and isinstance(writer.facts.get(node.object), Tensor | Scalar | List):
        return _called(function, (node.object, *node.arguments), node.options, node.span, writer)  # it has no methods
    value = lend(node.object, writer)
    fallback = writer.constant(None, node.span) if function is None else writer.load(function_name(function), node.span)
    arguments = writer.at(node.span, ast.Tuple([emit(a, writer) for a in node.arguments], ast.Load()))
    names: list[ast.expr | None] = [writer.constant(name, node.span) for name in node.options]
    options = writer.at(node.span, ast.Dict(names, [emit(v, writer) for v in node.options.values()]))
    name = writer.constant(node.name, node.span)
    return writer.call("invoke", node.span, value, name, fallback, arguments, options)
