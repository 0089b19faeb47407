"""Embeddings and learning: what their settings mean, and what a step of training reads and changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tensorlogic.errors.codes import DUPLICATE_NAME, UNKNOWN_OPTION, WRONG_ARGUMENTS, WRONG_TYPE
from tensorlogic.lang import checked, tree
from tensorlogic.lang.context import Context, did_you_mean
from tensorlogic.lang.knowledge import constant
from tensorlogic.lang.relations import entity_name
from tensorlogic.lang.resolve import resolve
from tensorlogic.lang.source import Span

EMBEDDED = {"embedding": ("entities", "auto"), "relation_embedding": ("relations", "all")}
"""What each kind of embedding calls what is embedded, and all of it."""
CHOICES = frozenset({"optimizer", "scheduler"})
OPTIONS = {
    "optimizer": "What moves the learnable tensors: sgd, adam or adamw.",
    "epochs": "How often all examples are gone through.",
    "scheduler": "The learning rate by the epoch.",
    "batch": "So many examples in a step; without it, all.",
    "seed": "Where random numbers begin.",
    "clip": "The largest norm of all gradients together.",
    "patience": "Ends after so many epochs without a smaller objective.",
    "checkpoint": "A SafeTensors file to keep the training in, and to go on from.",
    "verbose": "Whether to print lines in place of a bar.",
    "log": "A CSV file with a row for each epoch.",
    "plot": "A picture of the objective.",
}
"""The options of ``learn`` beside its objective, and what each is for."""


def settings(nodes: Collection[tree.Argument], known: Collection[str], context: Context) -> dict[str, tree.Expression]:
    """The settings by name; one that there is not, or that is given twice, is a problem."""
    found: dict[str, tree.Expression] = {}
    for node in nodes:
        assert node.name is not None
        if node.name.id not in known:
            help = did_you_mean(node.name.id, known) or f"There are {', '.join(known)}."
            context.problems.report(UNKNOWN_OPTION, f"there is no setting `{node.name.id}`", node.name.span, help)
        elif node.name.id in found:
            context.problems.report(DUPLICATE_NAME, f"`{node.name.id}` is given twice", node.name.span)
        found[node.name.id] = node.value
    return found


def embedding(node: tree.Embedding, context: Context) -> checked.Expression:
    """The value of an embedding."""
    what, everything = EMBEDDED[node.word]
    given = settings(node.settings, (what, "dimension", "init"), context)
    for name in (what, "dimension"):
        if name not in given:
            context.problems.report(WRONG_ARGUMENTS, f"`{node.name.id}` also needs `{name}`", node.name.span)
            return constant(node.span, 0)
    init = given.get("init", node.name)
    if not isinstance(init, tree.Name):
        context.problems.report(WRONG_TYPE, "a way to begin is a name, such as xavier", init.span)
        return constant(node.span, 0)
    way = constant(init.span, init.id if "init" in given else "random")
    dimension = resolve(given["dimension"], context)
    names = _embedded(given[what], everything, context)
    return checked.Helped(node.span, "embedding", (dimension, way, *(constant(node.span, name) for name in names)))


def _embedded(node: tree.Expression, everything: str, context: Context) -> list[str]:
    """The kind of entity whose members are embedded, or nothing and the names that are."""
    known = {**context.imports, **context.declared}
    match node:
        case tree.Members(names=names):
            return ["", *map(entity_name, names)]
        case tree.Name(id=name) if isinstance(context.find(name), checked.Entity):
            context.lookup(node)
            return [name]
        case tree.Name(id=name) if name == everything:
            kind = checked.Relation if everything == "all" else checked.Entity
            found = [each for each, symbol in known.items() if isinstance(symbol, kind)]
            return ["", *found] if everything == "all" or len(found) != 1 else found
    kinds = [each for each, symbol in known.items() if isinstance(symbol, checked.Entity)]
    help = did_you_mean(node.id, kinds) if isinstance(node, tree.Name) else None
    message = f"what is embedded is a kind of entity, names as in {{a, b}}, or `{everything}`"
    context.problems.report(WRONG_TYPE, message, node.span, help)
    return [""]


def options(given: dict[str, tree.Expression], span: Span, context: Context) -> checked.Expression:
    """The options of a ``learn`` block but its objective: names and values in turn."""
    parts: list[checked.Expression] = []
    for name, value in given.items():
        if name != "objective":
            parts += [
                constant(value.span, name),
                _choice(value, context) if name in CHOICES else resolve(value, context),
            ]
    return checked.Helped(span, "options", tuple(parts))


def _choice(node: tree.Expression, context: Context) -> checked.Expression:
    """``adam(lr: 0.01)``, or ``adam`` alone."""
    match node:
        case tree.Name(id=name):
            return checked.Helped(node.span, "choice", (constant(node.span, name),))
        case tree.Call(callee=tree.Name(id=name), arguments=arguments) if all(each.name for each in arguments):
            parts = [
                (constant(each.span, each.name.id), resolve(each.value, context)) for each in arguments if each.name
            ]
            flat = (part for pair in parts for part in pair)
            return checked.Helped(node.span, "choice", (constant(node.span, name), *flat))
    context.problems.report(WRONG_TYPE, "this is no optimizer or scheduler", node.span, "Write adam(lr: 0.01).")
    return constant(node.span, 0)


def assigned(node: checked.Statement) -> Iterator[checked.Variable]:
    """The variables that last beyond a statement and that it, or one inside it, gives values."""
    match node:
        case checked.Assign(target=target, declares=False):
            yield target
        case checked.System(unknowns=unknowns):
            yield from (each for each, _ in unknowns if isinstance(each, checked.Variable))
    for inner in _inside(node):
        yield from assigned(inner)


def _inside(node: checked.Statement) -> tuple[checked.Statement, ...]:
    match node:
        case checked.Block(statements=statements):
            return statements
        case checked.If(then=then, otherwise=otherwise):
            return (then,) if otherwise is None else (then, otherwise)
        case checked.For(body=body) | checked.While(body=body) | checked.Learn(body=body) | checked.NoGrad(body=body):
            return (body,)
        case checked.Choose(ways=ways):
            return tuple(way.body for way in ways)
    return ()
