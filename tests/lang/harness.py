"""A parsed tree as text that a test can write down, and what a program's text is found guilty of."""

from __future__ import annotations

from functools import singledispatch

import pytest

from tensorlogic.errors import Diagnostic, SourcePlace, TensorLogicError
from tensorlogic.lang import Source, check, parse, tree

BUILTINS = dict.fromkeys(("print", "range", "zeros", "relu", "print_all"))
CONSTANTS = frozenset({"pi"})


def parsed(text: str) -> str:
    """The statements of a program, one in each line, every node as ``(head part part)``."""
    return "\n".join(sexp(statement) for statement in parse(Source("t.tl", text)).statements)


def findings(text: str) -> list[Diagnostic]:
    """What is wrong with a program before it runs."""
    with pytest.raises(TensorLogicError) as caught:
        check(parse(Source("t.tl", text)), BUILTINS, constants=CONSTANTS)
    return list(caught.value.diagnostics)


def under_the_caret(diagnostic: Diagnostic) -> tuple[int, str]:
    """The line of a finding, and the text that its caret marks."""
    place = diagnostic.place
    assert isinstance(place, SourcePlace)
    return place.line, place.text[place.column - 1 : place.column - 1 + place.length]


def _list(head: str, *parts: object) -> str:
    return f"({' '.join([head, *map(str, parts)])})"


def _all(nodes: tuple[tree.Node, ...]) -> str:
    return " ".join(sexp(node) for node in nodes)


@singledispatch
def sexp(node: tree.Node) -> str:
    raise NotImplementedError(type(node).__name__)


@sexp.register(type(None))
def _nothing(node: None) -> str:
    return "_"


@sexp.register(tree.Literal)
def _literal(node: tree.Literal) -> str:
    return repr(node.value)


@sexp.register(tree.Name)
def _name(node: tree.Name) -> str:
    return node.id


@sexp.register(tree.Array)
def _array(node: tree.Array) -> str:
    return f"[{_all(node.items)}]"


@sexp.register(tree.Unary)
def _unary(node: tree.Unary) -> str:
    return _list(node.operator, sexp(node.operand))


@sexp.register(tree.Binary)
def _binary(node: tree.Binary) -> str:
    return _list(node.operator, sexp(node.left), sexp(node.right))


@sexp.register(tree.Cast)
def _cast(node: tree.Cast) -> str:
    return _list("as", sexp(node.operand), sexp(node.type))


@sexp.register(tree.Type)
def _type(node: tree.Type) -> str:
    if node.arguments:
        return f"{node.name}<{_all(node.arguments)}>"
    if node.dimensions is None:
        return node.name
    return f"{node.name}{['?' if d is None else d for d in node.dimensions]}".replace("'", "")


@sexp.register(tree.Member)
def _member(node: tree.Member) -> str:
    return _list(".", sexp(node.object), node.name.id)


@sexp.register(tree.Slice)
def _slice(node: tree.Slice) -> str:
    return f"{sexp(node.start)}:{sexp(node.stop)}"


@sexp.register(tree.Index)
def _index(node: tree.Index) -> str:
    return _list("index", sexp(node.object), _all(node.indices))


@sexp.register(tree.Call)
def _call(node: tree.Call) -> str:
    return _list("call", sexp(node.callee), *map(sexp, node.arguments))


@sexp.register(tree.Argument)
def _argument(node: tree.Argument) -> str:
    return sexp(node.value) if node.name is None else f"{node.name.id}: {sexp(node.value)}"


@sexp.register(tree.Block)
def _block(node: tree.Block) -> str:
    return f"{{{'; '.join(map(sexp, node.statements))}}}"


@sexp.register(tree.Evaluate)
def _evaluate(node: tree.Evaluate) -> str:
    return sexp(node.value)


@sexp.register(tree.Assign)
def _assign(node: tree.Assign) -> str:
    typed = () if node.type is None else (sexp(node.type),)
    return _list("let" if node.declares else "=", sexp(node.target), *typed, sexp(node.value))


@sexp.register(tree.Augment)
def _augment(node: tree.Augment) -> str:
    return _list(node.operator + "=", sexp(node.target), sexp(node.value))


@sexp.register(tree.Tensor)
def _tensor(node: tree.Tensor) -> str:
    attribute = () if node.attribute in (None, "frozen") else (node.attribute,)
    return _list("tensor", node.name.id, sexp(node.type), *attribute, sexp(node.value))


@sexp.register(tree.If)
def _if(node: tree.If) -> str:
    return _list("if", sexp(node.condition), sexp(node.then), sexp(node.otherwise))


@sexp.register(tree.For)
def _for(node: tree.For) -> str:
    return _list("for", node.variable.id, sexp(node.iterable), sexp(node.body))


@sexp.register(tree.While)
def _while(node: tree.While) -> str:
    return _list("while", sexp(node.condition), sexp(node.body))


@sexp.register(tree.Jump)
def _jump(node: tree.Jump) -> str:
    return node.word


@sexp.register(tree.Return)
def _return(node: tree.Return) -> str:
    return _list("return", sexp(node.value))


@sexp.register(tree.Function)
def _function(node: tree.Function) -> str:
    parameters = ", ".join(p.name if p.type is None else f"{p.name}: {sexp(p.type)}" for p in node.parameters)
    return _list("fn", f"{node.name.id}({parameters})", sexp(node.result), sexp(node.body))


@sexp.register(tree.Import)
def _import(node: tree.Import) -> str:
    return _list("import", node.path)


@sexp.register(tree.Main)
def _main(node: tree.Main) -> str:
    return _list("main", sexp(node.body))


@sexp.register(tree.Path)
def _path(node: tree.Path) -> str:
    return f"{node.owner.id}::{node.name.id}"


@sexp.register(tree.StructLiteral)
def _struct_literal(node: tree.StructLiteral) -> str:
    return _list("new", sexp(node.type), *map(sexp, node.fields))


@sexp.register(tree.Conditional)
def _conditional(node: tree.Conditional) -> str:
    return _list("?", sexp(node.condition), sexp(node.then), sexp(node.otherwise))


@sexp.register(tree.Match)
def _match(node: tree.Match) -> str:
    return _list("match", sexp(node.value), *map(sexp, node.arms))


@sexp.register(tree.Arm)
def _arm(node: tree.Arm) -> str:
    guard = () if node.guard is None else ("if", sexp(node.guard))
    return _list("=>", sexp(node.pattern), *guard, sexp(node.body))


@sexp.register(tree.Wildcard)
def _wildcard(node: tree.Wildcard) -> str:
    return "_"


@sexp.register(tree.Alternatives)
def _alternatives(node: tree.Alternatives) -> str:
    return "|".join(map(sexp, node.patterns))


@sexp.register(tree.StructPattern)
def _struct_pattern(node: tree.StructPattern) -> str:
    return _list(node.name.id, *(f"{field.name.id}: {sexp(field.pattern)}" for field in node.fields))


@sexp.register(tree.Struct)
def _struct(node: tree.Struct) -> str:
    fields = (f"{field.name}: {sexp(field.type)}" for field in node.fields)
    return _list("struct", node.name.id, *(name.id for name in node.parameters), *fields)


@sexp.register(tree.Impl)
def _impl(node: tree.Impl) -> str:
    trait = () if node.trait is None else (node.trait.id,)
    return _list("impl", *(name.id for name in node.parameters), *trait, sexp(node.type), *map(sexp, node.methods))


@sexp.register(tree.Trial)
def _trial(node: tree.Trial) -> str:
    return _list(node.word, node.name.id, sexp(node.body))


@sexp.register(tree.PythonImport)
def _python_import(node: tree.PythonImport) -> str:
    return _list("python", node.module, node.alias)


@sexp.register(tree.Query)
def _query(node: tree.Query) -> str:
    where = () if node.where is None else ("where", sexp(node.where))
    return _list("query", sexp(node.atom), *where)


@sexp.register(tree.Members)
def _members(node: tree.Members) -> str:
    return f"{{{_all(node.names)}}}"


@sexp.register(tree.Entity)
def _entity(node: tree.Entity) -> str:
    return _list("entity", node.name.id, sexp(node.members))


@sexp.register(tree.Relation)
def _relation(node: tree.Relation) -> str:
    parameters = (p.name if p.type is None else f"{p.name}: {sexp(p.type)}" for p in node.parameters)
    return _list("relation", f"{node.name.id}({', '.join(parameters)})", sexp(node.embed), sexp(node.path))


@sexp.register(tree.Rule)
def _rule(node: tree.Rule) -> str:
    return _list(
        "rule",
        sexp(node.head),
        *map(sexp, node.body),
        *([] if node.temperature is None else ["temperature:", sexp(node.temperature)]),
    )


@sexp.register(tree.Equation)
def _equation(node: tree.Equation) -> str:
    return _list(node.projection, sexp(node.target), sexp(node.value))


@sexp.register(tree.Explain)
def _explain(node: tree.Explain) -> str:
    return _list("explain", sexp(node.atom))


@sexp.register(tree.Inference)
def _inference(node: tree.Inference) -> str:
    return _list(node.method, sexp(node.query))


@sexp.register(tree.Inferred)
def _inferred(node: tree.Inferred) -> str:
    return _list("infer", sexp(node.inference))


@sexp.register(tree.Infer)
def _infer(node: tree.Infer) -> str:
    return _list("infer", *map(sexp, node.inferences))


@sexp.register(tree.Embedding)
def _embedding(node: tree.Embedding) -> str:
    return _list(node.word, node.name.id, *map(sexp, node.settings))


@sexp.register(tree.Learn)
def _learn(node: tree.Learn) -> str:
    return _list("learn", sexp(node.body), *map(sexp, node.settings))


@sexp.register(tree.NoGrad)
def _no_grad(node: tree.NoGrad) -> str:
    return _list("no_grad", sexp(node.body))
