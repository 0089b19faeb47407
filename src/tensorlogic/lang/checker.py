"""Parsed tree to checked tree: statements, functions, the whole program."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial, singledispatch
from itertools import groupby
from types import MappingProxyType

from tensorlogic.errors.codes import (
    DUPLICATE_NAME,
    MISPLACED_STATEMENT,
    NESTED_TOO_DEEPLY,
    UNDEFINED_NAME,
    WRONG_ARGUMENTS,
    WRONG_TYPE,
)
from tensorlogic.lang import checked, tree, types
from tensorlogic.lang.context import Context, Surroundings
from tensorlogic.lang.cycles import check_cycles
from tensorlogic.lang.equations import System, kinds, target_name
from tensorlogic.lang.holding import struct_of
from tensorlogic.lang.knowledge import Clause, asked, constant, related
from tensorlogic.lang.learning import OPTIONS, assigned, embedding, options, settings
from tensorlogic.lang.occurrences import Field
from tensorlogic.lang.relations import entities, foundation, relations
from tensorlogic.lang.resolve import matched, resolve, resolve_element, resolve_member, typed
from tensorlogic.lang.scopes import Scope
from tensorlogic.lang.source import Span

MOST_LOOPS = 20
"""Python refuses more loops inside one another."""
Imports = Mapping[str, checked.Exported]
NOTHING: Imports = MappingProxyType({})


def check_program(program: tree.Program, context: Context) -> checked.Program:
    """The checked tree of a program; it means nothing when the context has problems afterwards."""
    structs = _declare_structs(program, context)
    functions = _declare_functions(program, context)
    base = _declare_relations(program, context)
    context.resume()
    check_cycles(program, context)
    # The top level comes first, so that functions see all of its variables.
    body = _statements([s for s in program.statements if not isinstance(s, _ELSEWHERE)], context)
    definitions = tuple(_definition(node, function, context) for node, function in functions)
    main, trials = _main(program, context), _trials(program, context)
    variables = context.top.outermost()
    whole = checked.Block(Span(0, len(program.source.text)), (*base, *body))
    drops = any(struct.drops for struct in context.structs.values())
    if program.lasting or drops:  # what is dropped when the program ends must last until then
        context.shared.update(variables.values())
    if program.lasting:
        whole = _giving_value(whole, checked.Function("input", context.unit, (), None), context)
    return checked.Program(
        program.source,
        context.unit,
        whole,
        definitions,
        structs,
        tuple(context.extended.values()),
        main,
        trials,
        shared=frozenset(context.shared),
        drops=drops,
        lasting=program.lasting,
        exports={**context.imports, **variables, **context.extended, **context.declared},
    )


_ELSEWHERE = (
    *(tree.Function, tree.Struct, tree.Impl, tree.Main, tree.Trial, tree.Import),
    *(tree.Entity, tree.Relation),
)
"""The statements of the top level that do not run in order."""


def _declare_structs(program: tree.Program, context: Context) -> tuple[checked.Struct, ...]:
    """All structs are known before the fields of one are read, as they may be of another."""
    nodes = [s for s in program.statements if isinstance(s, tree.Struct)]
    structs = tuple(checked.Struct(node.name.id, context.unit) for node in nodes)
    for node, struct in zip(nodes, structs, strict=True):
        _declare(node.name, struct, context)
        context.structs[struct.name] = struct
    for node, struct in zip(nodes, structs, strict=True):
        with _type_parameters(node.parameters, context):
            struct.fields = _parameters(node.fields, "fields", context)
            _note_fields(struct, node.fields, context)
    return structs


def _note_fields(owner: checked.Struct | checked.Function, nodes: Collection[tree.Parameter], context: Context) -> None:
    for node in nodes:
        context.occurrences.declare(_name(node).span, Field(owner, node.name))


def _name(node: tree.Parameter) -> tree.Name:
    return tree.Name(node.span.first(len(node.name)), node.name)


Declared = checked.Function | checked.Struct | checked.Entity | checked.Relation


def _declare(name: tree.Name, declared: Declared, context: Context) -> None:
    if name.id in context.declared:
        message = f"a {_kind(context.declared[name.id])} `{name.id}` is declared above"
        context.problems.report(DUPLICATE_NAME, message, name.span)
    context.declared[name.id] = declared
    context.occurrences.declare(name.span, declared)


def _kind(declared: Declared) -> str:
    return "kind of entity" if isinstance(declared, checked.Entity) else type(declared).__name__.lower()


@contextmanager
def _type_parameters(names: Collection[tree.Name], context: Context) -> Iterator[None]:
    outside = context.type_parameters
    context.type_parameters = outside | {name.id for name in names}
    yield
    context.type_parameters = outside


def _parameters(nodes: Collection[tree.Parameter], what: str, context: Context) -> tuple[checked.Parameter, ...]:
    seen: set[str] = set()
    for node in nodes:
        if node.name in seen:
            context.problems.report(DUPLICATE_NAME, f"there are two {what} `{node.name}`", node.span)
        seen.add(node.name)
    return tuple(checked.Parameter(n.name, None if n.type is None else context.type(n.type)) for n in nodes)


def _declare_relations(program: tree.Program, context: Context) -> tuple[checked.Statement, ...]:
    declared: list[checked.Entity | checked.Relation] = []
    for kind in (entities, relations):
        for name, symbol in kind(program, context):
            _declare(name, symbol, context)
            declared.append(symbol)
    return tuple(foundation(program, declared))


Functions = list[tuple[tree.Function, checked.Function]]


def _declare_functions(program: tree.Program, context: Context) -> Functions:
    """The functions of a file, and those of its structs."""
    functions = []
    for node in program.statements:
        if isinstance(node, tree.Function):
            function = _function(node, node.name.id, context)
            _declare(node.name, function, context)
            functions.append((node, function))
        elif isinstance(node, tree.Impl):
            functions += _declare_methods(node, context)
    return functions


def _declare_methods(node: tree.Impl, context: Context) -> Functions:
    struct = context.struct(tree.Name(node.type.span, node.type.name))
    if struct is None:
        return []
    if struct.unit != context.unit:
        message = f"`{struct.name}` is a struct of another file"
        context.problems.report(MISPLACED_STATEMENT, message, node.type.span, "Its functions stand in that file.")
    struct = context.extend(struct)
    if node.trait is not None:
        _check_trait(node, node.trait, context)
        struct.drops = True
    functions = []
    with _type_parameters(node.parameters, context):
        for method in node.methods:
            function = _function(method, f"{struct.name}::{method.name.id}", context)
            if function.name in context.own_methods:
                message = f"a function `{function.name}` is declared above"
                context.problems.report(DUPLICATE_NAME, message, method.name.span)
            context.own_methods.add(function.name)
            struct.methods[method.name.id] = function
            context.methods.add(method.name.id)
            context.occurrences.declare(method.name.span, function)
            functions.append((method, function))
    return functions


def _check_trait(node: tree.Impl, trait: tree.Name, context: Context) -> None:
    if trait.id != "Drop":
        context.problems.report(UNDEFINED_NAME, f"there is no trait `{trait.id}`", trait.span, "There is `Drop`.")
    elif [(m.name.id, [p.name for p in m.parameters]) for m in node.methods] != [("drop", ["self"])]:
        message = "`Drop` has one function, `fn drop(self)`"
        context.problems.report(WRONG_ARGUMENTS, message, trait.span)


def _function(node: tree.Function, name: str, context: Context) -> checked.Function:
    parameters = _parameters(node.parameters, "parameters", context)
    result = None if node.result is None else context.type(node.result, of_result=True)
    return checked.Function(name, context.unit, parameters, result)


def _definition(node: tree.Function, function: checked.Function, context: Context) -> checked.Definition:
    context.here = here = Surroundings(Scope(node.span), function, node.span.start)
    parameters = _declare_parameters(node, function, context)
    body = checked.Block(node.body.span, _statements(node.body.statements, context))
    if function.result is None or function.result.base != "void":
        body = _giving_value(body, function, context)
    places = tuple(p.span for p in node.parameters)
    return checked.Definition(node.span, function, parameters, places, body, frozenset(here.assigned))


def _declare_parameters(
    node: tree.Function, function: checked.Function, context: Context
) -> tuple[checked.Variable, ...]:
    own = context.structs.get(function.name.partition("::")[0])
    variables = tuple(context.declare(_name(parameter), inner=False) for parameter in node.parameters)
    for variable, (name, type) in zip(variables, function.parameters, strict=True):
        context.occurrences.excuse(variable)
        context.hold(variable, own if name == "self" else type and type.struct)
    _note_fields(function, node.parameters, context)
    return variables


def _giving_value(block: checked.Block, function: checked.Function, context: Context) -> checked.Block:
    """A function's body whose last expression is its value, or its last assignment if it promises one."""
    if not block.statements:
        return block
    *before, last = block.statements
    match last:
        case checked.Evaluate(span, checked.Helped(place, "show", parts)):
            last = checked.Return(span, function, checked.Helped(place, "ask", parts))
        case checked.Evaluate(span, value):
            last = checked.Return(span, function, typed(value, function.result))
        case checked.Assign(span, target) if function.result is not None:
            context.occurrences.excuse(target)
            before, last = [*before, last], checked.Return(span, function, checked.Read(span, target))
        case checked.If(span, condition, then, otherwise) if otherwise is not None:
            then, otherwise = (_giving_value(each, function, context) for each in (then, otherwise))
            last = checked.If(span, condition, then, otherwise)
        case checked.Choose(span, value, ways):
            giving = [replace(way, body=_giving_value(way.body, function, context)) for way in ways]
            last = checked.Choose(span, value, tuple(giving))
        case checked.Block():
            last = _giving_value(last, function, context)
    return checked.Block(block.span, (*before, last))


def _main(program: tree.Program, context: Context) -> checked.Definition | None:
    mains = [s for s in program.statements if isinstance(s, tree.Main)]
    for extra in mains[1:]:
        context.problems.report(DUPLICATE_NAME, "there is another `main` above", extra.span)
    return _procedure("main", mains[0], context) if mains else None


def _trials(program: tree.Program, context: Context) -> tuple[checked.Trial, ...]:
    trials: dict[tuple[str, str], checked.Trial] = {}
    for node in program.statements:
        if isinstance(node, tree.Trial):
            if (node.word, node.name.id) in trials:
                message = f"a {node.word} `{node.name.id}` is above"
                context.problems.report(DUPLICATE_NAME, message, node.name.span)
            definition = _procedure(node.name.id, node, context)
            trials[node.word, node.name.id] = checked.Trial(node.span, node.word, definition)
    return tuple(trials.values())


def _procedure(name: str, node: tree.Main | tree.Trial, context: Context) -> checked.Definition:
    """A function without parameters or value, which sees everything at the top level."""
    function = checked.Function(name, context.unit, (), checked.Type("void"))
    context.here = here = Surroundings(Scope(node.span), function, math.inf)
    body = checked.Block(node.body.span, _statements(node.body.statements, context))
    return checked.Definition(node.span, function, (), (), body, frozenset(here.assigned))


def _statements(nodes: Collection[tree.Statement], context: Context) -> tuple[checked.Statement, ...]:
    return tuple(_checked(nodes, context))


def _checked(nodes: Collection[tree.Statement], context: Context) -> Iterator[checked.Statement]:
    for are_equations, group in groupby(nodes, lambda node: isinstance(node, tree.Equation)):
        if are_equations:
            equations = [node for node in group if isinstance(node, tree.Equation)]
            yield _guarded(equations[0], context, partial(_system, equations))
        else:
            yield from (_guarded(node, context, statement) for node in group)


Check = Callable[[tree.Statement, Context], checked.Statement]


def _guarded(node: tree.Statement, context: Context, check: Check) -> checked.Statement:
    """Check one statement; a long chain of operators is a deep tree, and may be too deep for Python."""
    try:
        return check(node, context)
    except RecursionError:
        context.problems.too_deep(node.span)
        return checked.Block(node.span, ())


@singledispatch
def statement(node: tree.Statement, context: Context) -> checked.Statement:
    """The checked form of a statement inside the top level or a function."""
    message = "functions, structs, imports, tests and `main` stand at the top level of a file"
    context.problems.report(MISPLACED_STATEMENT, message, node.span)
    return checked.Block(node.span, ())


@statement.register(tree.Block)
def _block(node: tree.Block, context: Context) -> checked.Block:
    with context.here.scope.block(node.span):
        return checked.Block(node.span, _statements(node.statements, context))


@statement.register(tree.Evaluate)
def _evaluate(node: tree.Evaluate, context: Context) -> checked.Statement:
    if isinstance(node.value, tree.Match):
        return _choose(node.value, context)
    if isinstance(node.value, tree.Query):
        return _helped(asked(node.value, "show", context))
    if isinstance(node.value, tree.Call) and (relation := related(node.value, context)) is not None:
        return _helped(Clause((node.value,), context, is_fact=True).fact(node.value, relation))
    return checked.Evaluate(node.span, resolve(node.value, context))


def _helped(value: checked.Expression) -> checked.Statement:
    return checked.Evaluate(value.span, value)


@statement.register(tree.Rule)
def _rule(node: tree.Rule, context: Context) -> checked.Statement:
    return _helped(Clause((node.head, *node.body), context).rule(node))


@statement.register(tree.Explain)
def _explain(node: tree.Explain, context: Context) -> checked.Statement:
    return _helped(asked(tree.Query(node.span, node.atom, None), "prove", context))


@statement.register(tree.Infer)
def _infer(node: tree.Infer, context: Context) -> checked.Statement:
    inferred = [_helped(asked(each.query, "infer", context, each.method)) for each in node.inferences]
    return checked.Block(node.span, tuple(inferred))


def _system(nodes: Sequence[tree.Equation], first: tree.Statement, context: Context) -> checked.Statement:
    """Equations that follow one another, which are solved together."""
    system = System(nodes, context)
    solution, accesses = system.solved()
    targets = [target_name(node) for node in nodes]
    names = {name.id: name for name in reversed(targets)}
    unknowns = tuple(_unknown(name, system, context) for name in reversed(names.values()))
    for name in targets:
        context.assigned(name)
    for name in system.read:
        context.lookup(name)
    return checked.System(solution.span, unknowns, solution, accesses)


def _unknown(
    name: tree.Name, system: System, context: Context
) -> tuple[checked.Variable | checked.Relation, tuple[checked.Expression, ...]]:
    symbol = context.find(name.id)
    if isinstance(symbol, checked.Relation):
        context.occurrences.use(name.span, symbol)
        reads = checked.Data(name.span, tuple(system.relations))
        return symbol, (checked.Place(name.span), reads, *kinds(name, symbol, context))
    variable = _target(name, context)
    context.hold(variable, None)
    return variable, ()


def _choose(node: tree.Match, context: Context) -> checked.Statement:
    """A ``match`` whose value nothing uses, unless it is that of the function."""
    value = resolve(node.value, context)
    ways = []
    for arm in node.arms:
        with context.here.scope.block(arm.span):
            pattern, guard = matched(arm, context)
            body = arm.body.statements if isinstance(arm.body, tree.Block) else (_as_statement(arm.body),)
            ways.append(checked.Way(arm.span, pattern, guard, checked.Block(arm.span, _statements(body, context))))
    return checked.Choose(node.span, value, tuple(ways))


def _as_statement(value: tree.Expression) -> tree.Statement:
    return tree.Evaluate(value.span, value)


@statement.register(tree.PythonImport)
def _python_import(node: tree.PythonImport, context: Context) -> checked.Statement:
    return checked.PythonImport(node.span, node.module, node.alias)


@statement.register(tree.Embedding)
def _embedding(node: tree.Embedding, context: Context) -> checked.Statement:
    value = embedding(node, context)
    variable = _declared(node.name, context)
    context.learnables[variable] = None
    if variable.unit is not None:
        known = (constant(node.span, each) for each in (variable.name, variable.unit))
        value = checked.Helped(node.span, "enlist", (value, *known))
    return checked.Assign(node.span, variable, value, None, True)


@statement.register(tree.NoGrad)
def _no_grad(node: tree.NoGrad, context: Context) -> checked.Statement:
    return checked.NoGrad(node.span, _block(node.body, context))


@statement.register(tree.Learn)
def _learn(node: tree.Learn, context: Context) -> checked.Statement:
    given = settings(node.settings, ("objective", *OPTIONS), context)
    chosen = options(given, node.span, context)
    objective = given.get("objective")
    with _inside_learn(objective is not None, context), context.here.scope.block(node.span):
        own = [] if objective else [_own_word(name, node, context) for name in ("optimizer", "epochs")]
        body = checked.Block(node.body.span, _statements(node.body.statements, context))
        loss = None if objective is None else resolve(objective, context)
    named = [v for v in context.occurrences.variables(node.span) if not _is_declared_in(node.span, v, context)]
    changed = tuple(dict.fromkeys(assigned(body)))
    reached = [v for v in context.learnables if context.find(v.name) is v]
    epochs = resolve(given["epochs"], context) if "epochs" in given else None
    data = tuple(v for v in named if v not in context.learnables and v not in changed and v not in own)
    parameters = tuple(dict.fromkeys([*named, *reached]))
    divides = "batch" in given
    return checked.Learn(node.span, chosen, body, loss, parameters, data, changed, tuple(own), epochs, divides)


@contextmanager
def _inside_learn(by_itself: bool, context: Context) -> Iterator[None]:
    """Inside the steps of training, which no loop or function outside can be left from where they run by themselves."""
    here = context.here
    loops, function = here.loops, here.function
    if by_itself:
        here.loops, here.function = 0, None
    yield
    here.loops, here.function = loops, function


def _is_declared_in(span: Span, variable: checked.Variable, context: Context) -> bool:
    of_here = variable.unit in (None, context.unit)
    return of_here and span.start <= variable.declared < span.end


def _own_word(name: str, node: tree.Learn, context: Context) -> checked.Variable:
    variable = context.declare(tree.Name(node.span.first(0), name), inner=True)
    context.occurrences.excuse(variable)
    return variable


_PLAIN = (checked.Constant, checked.Array, checked.Unary, checked.Binary, checked.Make)


@statement.register(tree.Assign)
def _assign(node: tree.Assign, context: Context) -> checked.Statement:
    value = resolve(node.value, context)
    if (learnable := _learnable(node.target, context)) is not None and not node.declares:
        return _helped(checked.Helped(node.span, "update", (learnable, value)))
    if isinstance(node.target, tree.Index):
        return checked.AssignElement(node.span, resolve_element(node.target, context), value)
    if isinstance(node.target, tree.Member):
        return checked.AssignField(node.span, resolve_member(node.target, context), None, value)
    declared = None if node.type is None else context.type(node.type)
    target = _declared(node.target, context) if node.declares else _target(node.target, context)
    if isinstance(value, _PLAIN):
        context.plain.add(target)
    context.hold(target, struct_of(value, context.held) if declared is None else declared.struct)
    return checked.Assign(node.span, target, typed(value, declared), declared, node.declares)


def _target(name: tree.Name, context: Context) -> checked.Variable:
    if context.here.scope is context.top:
        _check_free(name, context)
    return context.target(name)


def _declared(name: tree.Name, context: Context) -> checked.Variable:
    variable = context.declare(name, inner=True)
    if variable.unit is not None:
        _check_free(name, context)
    return variable


def _check_free(name: tree.Name, context: Context) -> None:
    if name.id in context.declared:
        message = f"`{name.id}` is a {_kind(context.declared[name.id])} of this file"
        context.problems.report(DUPLICATE_NAME, message, name.span)


def _learnable(target: tree.Target, context: Context) -> checked.Expression | None:
    """A tensor that stays the one that is trained when it is given other numbers."""
    if isinstance(target, tree.Name) and context.find(target.id) in context.learnables:
        return resolve(target, context)
    return None


@statement.register(tree.Augment)
def _augment(node: tree.Augment, context: Context) -> checked.Statement:
    value = resolve(node.value, context)
    if isinstance(node.target, tree.Index):
        element = resolve_element(node.target, context)
        return checked.AugmentElement(node.span, element, node.operator, value)
    if isinstance(node.target, tree.Member):
        return checked.AssignField(node.span, resolve_member(node.target, context), node.operator, value)
    before = resolve(node.target, context)
    changed = checked.Binary(node.span, node.operator, before, value)
    if _learnable(node.target, context) is not None:
        return _helped(checked.Helped(node.span, "update", (before, changed)))
    return checked.Assign(node.span, context.target(node.target), changed)


@statement.register(tree.Tensor)
def _tensor(node: tree.Tensor, context: Context) -> checked.Statement:
    declared = context.type(node.type) or checked.Type("void")
    if declared.base not in (*types.DTYPES, "void"):
        help = f"Write a type such as float32[3]; for a plain value, let {node.name.id} = …"
        context.problems.report(WRONG_TYPE, f"`{declared}` is no tensor", node.type.span, help)
    declared = checked.Type(declared.base, declared.dimensions or ())
    if node.value is None and not all(isinstance(d, int) for d in declared.dimensions or ()):
        message = f"the size of `{declared}` is not known"
        context.problems.report(WRONG_TYPE, message, node.type.span, "Give it numbers, or a value.")
    value = None if node.value is None else typed(resolve(node.value, context), declared)
    variable = _declared(node.name, context)
    if node.attribute == "learnable":
        context.learnables[variable] = None
    return checked.Tensor(node.span, variable, declared, value, node.attribute == "learnable")


@statement.register(tree.If)
def _if(node: tree.If, context: Context) -> checked.Statement:
    condition = resolve(node.condition, context)
    then = _block(node.then, context)
    otherwise = None if node.otherwise is None else _block(node.otherwise, context)
    return checked.If(node.span, condition, then, otherwise)


@statement.register(tree.For)
def _for(node: tree.For, context: Context) -> checked.Statement:
    iterable = resolve(node.iterable, context)
    with context.here.scope.block(node.span), _loop(node, context):
        variable = context.declare(node.variable, inner=True)
        context.occurrences.excuse(variable)
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
