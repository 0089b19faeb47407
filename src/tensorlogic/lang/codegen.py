"""Checked program to a Python module.

The module defines one Python function for each function of the program, and one for its top level. The
variables of the top level are locals of that one, unless other functions use them. Every node carries the
lines and columns of the program's own text, so that a failure anywhere is one at a place in the program.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import singledispatch
from typing import Final

from tensorlogic.lang import checked, types
from tensorlogic.lang.collection import uncollected
from tensorlogic.lang.emit import (
    CLASSES,
    Writer,
    emit,
    fits,
    function_name,
    is_global,
    lend,
    operation,
    parameter_name,
    struct_name,
    subscript,
)
from tensorlogic.lang.problems import Problems
from tensorlogic.lang.source import Span

START: Final = Span(0, 0)
SIZES: Final = "sizes"
"""The local variable that keeps what a named dimension is during one call."""


def program_name(unit: int) -> str:
    """What the function of a file's top level is called in Python."""
    return f"program·p{unit}"


def main_name(unit: int) -> str:
    """What a file's ``main`` is called in Python."""
    return f"main·m{unit}"


def trial_name(trial: checked.Trial, unit: int) -> str:
    """What a test or a benchmark is called in Python."""
    return f"{trial.name}·{trial.word}{unit}"


@uncollected
def generate(program: checked.Program) -> ast.Module:
    """A module that defines the functions of a program and, as `program_name`, what its top level does."""
    writer = Writer(program)
    functions = [_definition(d, function_name(d.function), writer) for d in program.definitions]
    functions += [_definition(t.definition, trial_name(t, program.unit), writer) for t in program.trials]
    if program.main is not None:
        functions.append(_definition(program.main, main_name(program.unit), writer))
    own = [v for v in program.shared if v.unit == program.unit]
    body = [*_global(own, writer), *_owning(program.body.statements, START, writer)]
    whole = _function(program_name(program.unit), (), body, writer, START)
    classes = [_class(struct, writer) for struct in program.structs]
    methods = [_implementation(struct, writer) for struct in (*program.structs, *program.extended)]
    return ast.Module([*classes, *functions, *methods, whole], [])


def _class(struct: checked.Struct, writer: Writer) -> ast.stmt:
    made = writer.call("struct", START, writer.constant(struct.name, START))
    return writer.assign(struct_name(struct), made, START)


def _implementation(struct: checked.Struct, writer: Writer) -> ast.stmt:
    """The types of a struct's fields, and its functions: known when all classes and functions are."""
    types = [
        writer.constant(None, START)
        if field.type is None
        else writer.at(START, ast.Tuple(writer.type(field.type, START), ast.Load()))
        for field in struct.fields
    ]
    functions: list[ast.expr] = [writer.load(function_name(f), START) for f in struct.methods.values()]
    filled = writer.call(
        "implement",
        START,
        writer.load(struct_name(struct), START),
        _dictionary([field.name for field in struct.fields], types, writer),
        _dictionary(struct.methods, functions, writer),
        writer.constant(struct.drops, START),
    )
    return writer.at(START, ast.Expr(filled))


def _dictionary(names: Iterable[str], values: list[ast.expr], writer: Writer) -> ast.expr:
    keys: list[ast.expr | None] = [writer.constant(name, START) for name in names]
    return writer.at(START, ast.Dict(keys, values))


def _owning(
    nodes: Sequence[checked.Statement], span: Span, writer: Writer, variables: Iterable[str] = ()
) -> list[ast.stmt]:
    """The statements of a block, at whose end its variables, of which some are known, let go of their values."""
    writer.owners.append(list(variables))
    body = list(_statements(nodes, writer))
    return _ending(body, writer.owners.pop(), span, writer)


def _ending(body: list[ast.stmt], names: Sequence[str], span: Span, writer: Writer) -> list[ast.stmt]:
    """Statements after which names let go of their values, the newest first, if anything is dropped then."""
    if not (writer.drops and names and body):
        return body
    targets: list[ast.expr] = [writer.store(name, span) for name in reversed(names)]
    gone = writer.at(span, ast.Assign(targets, writer.constant(None, span)))
    settled = writer.at(span, ast.Expr(writer.call("settle", span)))
    return [writer.at(span, ast.Try(body, [], [], [gone, settled]))]


def _own(variable: checked.Variable, owners: list[str], writer: Writer) -> None:
    """Note that a variable ends where `owners` do; those of the top level end with the program."""
    name = writer.variable(variable)
    if variable.unit is None and name not in owners:
        owners.append(name)


def _function(name: str, parameters: Iterable[str], body: Sequence[ast.stmt], writer: Writer, span: Span) -> ast.stmt:
    arguments = [writer.at(span, ast.arg(p)) for p in parameters]
    signature = ast.arguments(posonlyargs=[], args=arguments, kwonlyargs=[], kw_defaults=[], defaults=[])
    return writer.at(span, ast.FunctionDef(name, signature, _body(body, span, writer), []))


def _body(statements: Iterable[ast.stmt], span: Span, writer: Writer) -> list[ast.stmt]:
    return list(statements) or [writer.at(span, ast.Pass())]


def _global(variables: Iterable[checked.Variable], writer: Writer) -> Iterator[ast.stmt]:
    if names := sorted(writer.variable(v) for v in variables):
        yield writer.at(START, ast.Global(names))


def _definition(node: checked.Definition, name: str, writer: Writer) -> ast.stmt:
    function = node.function
    parameters = [parameter_name(p.name) for p in function.parameters]
    body = [
        *_global(node.assigned, writer),
        *_prologue(node, writer),
        *_owning(node.body.statements, node.span, writer, parameters),
        *_epilogue(node, writer),
    ]
    return _function(name, parameters, body, writer, node.span)


def _prologue(node: checked.Definition, writer: Writer) -> Iterator[ast.stmt]:
    """What a function does first: hold its arguments against their types."""
    declared = [*(p.type for p in node.function.parameters), node.function.result]
    if any(t is not None and t.dimensions is not None for t in declared):
        sizes = writer.at(node.span, ast.Dict([], []))
        yield writer.assign(SIZES, sizes, node.span)
    for parameter, span in zip(node.function.parameters, node.places, strict=True):
        if parameter.type is not None:
            yield _check_parameter(parameter.name, parameter.type, node.function, span, writer)


def _check_parameter(
    name: str, declared: checked.Type, function: checked.Function, span: Span, writer: Writer
) -> ast.stmt:
    python_name = parameter_name(name)
    value = writer.load(python_name, span)
    held = writer.held("argument", value, f"`{name}` of `{function}`", declared, span, SIZES)
    check = writer.assign(python_name, held, span)
    if declared.dimensions is not None:
        return check
    other_class = _class_test(value, declared, ast.IsNot(), span, writer)
    return writer.at(span, ast.If(other_class, [check], []))


def _class_test(value: ast.expr, declared: checked.Type, operator: ast.cmpop, span: Span, writer: Writer) -> ast.expr:
    """Whether a value is of a scalar type as it is, decided without a call."""
    its_class = writer.at(span, ast.Attribute(value, "__class__", ast.Load()))
    struct = declared.struct
    name = CLASSES[types.KINDS[declared.base]] if struct is None else struct_name(struct)
    return writer.at(span, ast.Compare(its_class, [operator], [writer.load(name, span)]))


def _epilogue(node: checked.Definition, writer: Writer) -> Iterator[ast.stmt]:
    """A function that promises a value must not end without one."""
    declared = node.function.result
    if declared is not None and declared.base != "void":
        end = Span(node.span.end - 1, node.span.end)
        what = f"the value of `{node.function}`"
        sizes = None if declared.dimensions is None else SIZES
        held = writer.held("accept", writer.constant(None, end), what, declared, end, sizes)
        yield writer.at(end, ast.Return(held))


def _return(value: ast.expr, function: checked.Function, span: Span, writer: Writer) -> ast.stmt:
    declared = function.result
    if declared is None or declared.base == "void":
        return writer.at(span, ast.Return(value))
    what = f"the value of `{function}`"
    if declared.dimensions is not None:
        return writer.at(span, ast.Return(writer.held("accept", value, what, declared, span, SIZES)))
    stored, again = writer.keep(value, span)
    test = _class_test(stored, declared, ast.Is(), span, writer)
    held = writer.held("accept", again, what, declared, span)
    return writer.at(span, ast.Return(writer.at(span, ast.IfExp(test, again, held))))


def _statements(nodes: Iterable[checked.Statement], writer: Writer) -> Iterator[ast.stmt]:
    for node in nodes:
        try:
            yield from _whole(node, writer)
        except RecursionError:
            problems = Problems(writer.source)
            problems.too_deep(node.span)
            problems.raise_any()


def _whole(node: checked.Statement, writer: Writer) -> list[ast.stmt]:
    """A statement with the end of what it alone holds."""
    outside, writer.fleeting = writer.fleeting, []
    body = list(statement(node, writer))
    fleeting, writer.fleeting = writer.fleeting, outside
    return _ending(body, fleeting, node.span, writer)


def _condition(node: checked.Expression, writer: Writer) -> tuple[list[ast.stmt], ast.expr]:
    """A condition, and what must run before it so that what it alone holds ends before what it decides."""
    outside, writer.fleeting = writer.fleeting, []
    test = emit(node, writer)
    decided = writer.temporary("test")
    (*fleeting, _), writer.fleeting = writer.fleeting, outside
    before = _ending([writer.assign(decided, test, node.span)], fleeting, node.span, writer)
    return (before, writer.load(decided, node.span)) if writer.drops and fleeting else ([], test)


def _block(node: checked.Block, writer: Writer, variables: Iterable[str] = ()) -> list[ast.stmt]:
    return _body(_owning(node.statements, node.span, writer, variables), node.span, writer)


@singledispatch
def statement(node: checked.Statement, writer: Writer) -> Iterator[ast.stmt]:
    """The Python statements for a checked one."""
    raise NotImplementedError(type(node).__name__)


@statement.register(checked.Block)
def _inner_block(node: checked.Block, writer: Writer) -> Iterator[ast.stmt]:
    yield from _owning(node.statements, node.span, writer)


@statement.register(checked.Evaluate)
def _evaluate(node: checked.Evaluate, writer: Writer) -> Iterator[ast.stmt]:
    yield writer.at(node.span, ast.Expr(emit(node.value, writer)))


@statement.register(checked.Assign)
def _assign(node: checked.Assign, writer: Writer) -> Iterator[ast.stmt]:
    value = emit(node.value, writer)
    if node.type is not None:
        value = writer.held("accept", value, f"`{node.target.name}`", node.type, node.span)
    _own(node.target, writer.owners[-1 if node.declares else 0], writer)
    yield writer.assign(writer.variable(node.target), value, node.span)


@statement.register(checked.AssignField)
def _assign_field(node: checked.AssignField, writer: Writer) -> Iterator[ast.stmt]:
    target, span = node.target, node.span
    name, value = writer.constant(target.name, target.span), emit(node.value, writer)
    holder = lend(target.object, writer)
    if node.operator is not None:
        kept = writer.temporary()
        yield writer.assign(kept, holder, target.object.span)
        holder = writer.load(kept, target.span)
        before = writer.call("member", target.span, holder, name)
        value = operation(node.operator, before, value, span, writer, (None, writer.known(node.value)))
    yield writer.at(span, ast.Expr(writer.call("store", span, holder, name, value)))


@statement.register(checked.Choose)
def _choose(node: checked.Choose, writer: Writer) -> Iterator[ast.stmt]:
    kept, span = writer.temporary(), node.span
    yield writer.assign(kept, emit(node.value, writer), span)
    otherwise: list[ast.stmt] = [writer.at(span, ast.Expr(writer.call("unmatched", span, writer.load(kept, span))))]
    for way in reversed(node.ways):
        body = _block(way.body, writer)
        test = fits(way.pattern, way.guard, kept, writer)
        otherwise = body if test is None else [writer.at(way.span, ast.If(test, body, otherwise))]
    yield from otherwise


@statement.register(checked.PythonImport)
def _python_import(node: checked.PythonImport, writer: Writer) -> Iterator[ast.stmt]:
    names = [writer.constant(name, node.span) for name in (node.module, node.alias)]
    yield writer.at(node.span, ast.Expr(writer.call("python_import", node.span, *names)))


@statement.register(checked.AssignElement)
def _assign_element(node: checked.AssignElement, writer: Writer) -> Iterator[ast.stmt]:
    value, index = lend(node.target.object, writer), subscript(node.target, writer)
    element = writer.at(node.target.span, ast.Subscript(value, index, ast.Store()))
    yield writer.at(node.span, ast.Assign([element], emit(node.value, writer)))


@statement.register(checked.AugmentElement)
def _augment_element(node: checked.AugmentElement, writer: Writer) -> Iterator[ast.stmt]:
    target, span = node.target, node.target.span
    kept_value, value = writer.keep(emit(target.object, writer), span)
    kept_index, index = writer.keep(subscript(target, writer), span)
    before = writer.at(span, ast.Subscript(kept_value, kept_index, ast.Load()))
    after = writer.at(span, ast.Subscript(value, index, ast.Store()))
    known = writer.known(node.target), writer.known(node.value)
    changed = operation(node.operator, before, emit(node.value, writer), node.span, writer, known)
    yield writer.at(node.span, ast.Assign([after], changed))


@statement.register(checked.Tensor)
def _tensor(node: checked.Tensor, writer: Writer) -> Iterator[ast.stmt]:
    value = writer.constant(0, node.span) if node.value is None else emit(node.value, writer)
    made = writer.held("declare", value, f"`{node.target.name}`", node.type, node.span)
    if node.learnable:
        made = writer.call("as_learnable", node.span, made)
        if node.target.unit is not None:
            known = (writer.constant(each, node.span) for each in (node.target.name, node.target.unit))
            made = writer.call("enlist", node.span, made, *known)
    yield writer.assign(writer.variable(node.target), made, node.span)


@statement.register(checked.System)
def _system(node: checked.System, writer: Writer) -> Iterator[ast.stmt]:
    kept, span = writer.temporary("solution"), node.span
    yield writer.assign(kept, emit(node.solution, writer), span)
    for unknown, kinds in node.unknowns:
        name = writer.constant(unknown.name, span)
        value = writer.at(span, ast.Subscript(writer.load(kept, span), name, ast.Load()))
        if isinstance(unknown, checked.Relation):
            yield writer.at(
                span, ast.Expr(writer.call("state", span, value, name, *(emit(each, writer) for each in kinds)))
            )
        else:
            _own(unknown, writer.owners[0], writer)
            yield writer.assign(writer.variable(unknown), value, span)


@statement.register(checked.NoGrad)
def _no_grad(node: checked.NoGrad, writer: Writer) -> Iterator[ast.stmt]:
    item = ast.withitem(writer.call("no_grad", node.span))
    yield writer.at(node.span, ast.With([item], _block(node.body, writer)))


@statement.register(checked.Learn)
def _learn(node: checked.Learn, writer: Writer) -> Iterator[ast.stmt]:
    span, options = node.span, emit(node.options, writer)
    parameters = _values({each.name: each for each in node.parameters}, span, writer)
    if node.objective is None:
        yield from _by_hand(node, options, parameters, writer)
        return
    names = [writer.variable(each) for each in node.changed]
    local = [name for name in names if not is_global(name)]
    if local:  # the names of the function outside, which need not have values there
        unbound = ast.If(
            writer.constant(False, span), [writer.assign(n, writer.constant(None, span), span) for n in local], []
        )
        yield writer.at(span, unbound)
    shared = [name for name in names if is_global(name)]
    kinds = [kind(given) for kind, given in ((ast.Nonlocal, local), (ast.Global, shared)) if given]
    step = writer.temporary("learn")
    writer.owners.append([])
    body = [*(writer.at(span, each) for each in kinds), *_statements(node.body.statements, writer)]
    body.append(writer.at(node.objective.span, ast.Return(emit(node.objective, writer))))
    writer.owners.pop()
    taken = [writer.temporary("epoch"), *(writer.variable(each) for each in node.data)]
    yield _function(step, taken, body, writer, span)
    data = _values({writer.variable(each): each for each in node.data}, span, writer)
    yield writer.at(span, ast.Expr(writer.call("learn", span, writer.load(step, span), options, parameters, data)))


def _by_hand(node: checked.Learn, options: ast.expr, parameters: ast.expr, writer: Writer) -> Iterator[ast.stmt]:
    span, (optimizer, epochs) = node.span, map(writer.variable, node.own)
    count = writer.constant(None, span) if node.epochs is None else emit(node.epochs, writer)
    yield writer.assign(epochs, count, span)
    item = ast.withitem(writer.call("by_hand", span, options, parameters), writer.store(optimizer, span))
    yield writer.at(span, ast.With([item], _block(node.body, writer)))


def _values(variables: Mapping[str, checked.Variable], span: Span, writer: Writer) -> ast.expr:
    """A dictionary of the values of variables."""
    keys: list[ast.expr | None] = [writer.constant(name, span) for name in variables]
    return writer.at(span, ast.Dict(keys, [writer.load(writer.variable(each), span) for each in variables.values()]))


@statement.register(checked.If)
def _if(node: checked.If, writer: Writer) -> Iterator[ast.stmt]:
    otherwise = [] if node.otherwise is None else _block(node.otherwise, writer)
    before, test = _condition(node.condition, writer)
    yield from before
    yield writer.at(node.span, ast.If(test, _block(node.then, writer), otherwise))


@statement.register(checked.For)
def _for(node: checked.For, writer: Writer) -> Iterator[ast.stmt]:
    target = writer.store(writer.variable(node.variable), node.span)
    elements = writer.call("iterate", node.iterable.span, emit(node.iterable, writer))
    body = _block(node.body, writer, [target.id])
    yield writer.at(node.span, ast.For(target, elements, body, []))


@statement.register(checked.While)
def _while(node: checked.While, writer: Writer) -> Iterator[ast.stmt]:
    before, test = _condition(node.condition or checked.Constant(node.span, True), writer)
    body = _block(node.body, writer)
    if before:
        end = writer.at(
            node.span, ast.If(test, [writer.at(node.span, ast.Pass())], [writer.at(node.span, ast.Break())])
        )
        body, test = [*before, end, *body], writer.constant(True, node.span)
    yield writer.at(node.span, ast.While(test, body, []))


@statement.register(checked.Jump)
def _jump(node: checked.Jump, writer: Writer) -> Iterator[ast.stmt]:
    yield writer.at(node.span, ast.Break() if node.word == "break" else ast.Continue())


@statement.register(checked.Return)
def _return_value(node: checked.Return, writer: Writer) -> Iterator[ast.stmt]:
    value = writer.constant(None, node.span) if node.value is None else emit(node.value, writer)
    yield _return(value, node.function, node.span, writer)
