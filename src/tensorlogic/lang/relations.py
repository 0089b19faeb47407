"""The kinds of entities and the relations that a file declares."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tensorlogic.errors.codes import UNDEFINED_NAME, WRONG_TYPE
from tensorlogic.lang import checked, tree, types
from tensorlogic.lang.context import Context, did_you_mean
from tensorlogic.lang.knowledge import constant

ANY = ("entity", "concept")
"""The types of parameters that any entity fits."""


def entities(program: tree.Program, context: Context) -> Iterator[tuple[tree.Name, checked.Entity]]:
    """The kinds of entities of a file, each with its name in the text."""
    for node in program.statements:
        if isinstance(node, tree.Entity):
            members = None if node.members is None else tuple(map(entity_name, node.members.names))
            yield node.name, checked.Entity(node.name.id, context.unit, members)


def entity_name(node: tree.Name | tree.Literal) -> str:
    """What an entity is called."""
    return node.id if isinstance(node, tree.Name) else str(node.value)


def relations(program: tree.Program, context: Context) -> Iterator[tuple[tree.Name, checked.Relation]]:
    """The relations of a file: those that it declares, then those that only its rules have."""
    for node in program.statements:
        if isinstance(node, tree.Relation):
            parameters = tuple((p.name, _type(p.type, context)) for p in node.parameters)
            yield node.name, checked.Relation(node.name.id, context.unit, parameters)
    for node in program.statements:
        if isinstance(node, tree.Rule) and isinstance(node.head.callee, tree.Name):
            name = node.head.callee
            if name.id not in context.declared and not isinstance(context.imports.get(name.id), checked.Relation):
                unnamed = tuple((f"_{i}", None) for i, _ in enumerate(node.head.arguments, 1))
                yield name, checked.Relation(name.id, context.unit, unnamed)


def _type(node: tree.Type | None, context: Context) -> str | None:
    """The type of a parameter of a relation as it is declared; None for any."""
    if node is None or node.name in ANY:
        return None
    known = {**context.imports, **context.declared}
    if isinstance(known.get(node.name), checked.Entity):
        context.occurrences.use(node.span.first(len(node.name)), known[node.name])
        return node.name
    kind = types.KINDS.get(types.ALIASES.get(node.name, node.name))
    if node.dimensions is not None or kind == "void":
        message = "a relation holds entities, numbers, texts and truth values"
        context.problems.report(WRONG_TYPE, message, node.span)
    elif kind is None:
        kinds = [name for name, symbol in known.items() if isinstance(symbol, checked.Entity)]
        help = did_you_mean(node.name, [*kinds, *types.SCALARS]) or f"Declare it: entity {node.name}."
        context.problems.report(UNDEFINED_NAME, f"there are no entities `{node.name}`", node.span, help)
    return kind


def foundation(
    program: tree.Program, declared: Collection[checked.Entity | checked.Relation]
) -> Iterator[checked.Statement]:
    """What makes the kinds of entities and the relations of a file known, before anything else runs."""
    nodes = {node.name.id: node for node in program.statements if isinstance(node, tree.Entity | tree.Relation)}
    for symbol in declared:
        node = nodes.get(symbol.name)
        span = program.statements[0].span if node is None else node.span
        name = constant(span, symbol.name)
        if isinstance(symbol, checked.Entity):
            members = (constant(span, member) for member in symbol.members or ())
            yield _helped("entity", name, constant(span, symbol.members is not None), *members)
        else:
            path = node.path if isinstance(node, tree.Relation) else None
            parts = (constant(span, part or "") for parameter in symbol.parameters for part in parameter)
            yield _helped("relation", name, constant(span, "" if path is None else path.value), *parts)


def _helped(helper: str, name: checked.Expression, *arguments: checked.Expression) -> checked.Statement:
    return checked.Evaluate(name.span, checked.Helped(name.span, helper, (name, *arguments)))
