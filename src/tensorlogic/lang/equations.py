"""Tensor equations that follow one another: what their names and indices mean.

A name between the brackets of an equation is an index, whatever else has that name. A part without indices is a value
of the program; where something is called there with an index of a relation, it is called for each entity that the index
stands for. What stands on the left of one of the equations is an unknown, and may stand on the right of all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from tensorlogic.errors.codes import UNSAFE_VARIABLE, WRONG_ARGUMENTS, WRONG_TYPE
from tensorlogic.lang import checked, tree, types
from tensorlogic.lang.context import Context
from tensorlogic.lang.knowledge import constant, every_node, function
from tensorlogic.lang.resolve import resolve

OPERATORS: Final = frozenset({"+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">="})
FORMS: Final = "An index is a name, a name plus or minus a number, or a number: X[t + 1, i]."
TAKEN: Final = "Take those places before the equation: rows = X[places]."


Part = tuple[Any, ...]
"""A part of an equation in plain data: what it is, and its own parts, such as ``("index", "t", 1)``."""


def parameters(symbol: checked.Relation | checked.Entity) -> tuple[tuple[str, str | None], ...]:
    """The names and types of what a relation holds of; a kind of entity is a relation of one value."""
    return ((symbol.name, symbol.name),) if isinstance(symbol, checked.Entity) else symbol.parameters


def kinds(node: tree.Name, symbol: checked.Relation | checked.Entity, context: Context) -> Iterator[checked.Expression]:
    """The kinds of entities that the indices of a relation stand for; one that holds of anything has none."""
    for name, type in parameters(symbol):
        if type is None or type in types.SCALARS:
            message = f"`{name}` of `{symbol.name}` is of no kind of entity, so it is no index of a tensor"
            help = f"Declare it: relation {symbol.name}({name}: Person, …)."
            context.problems.report(WRONG_TYPE, message, node.span, help)
        else:
            yield constant(node.span, type)


def target_name(node: tree.Equation) -> tree.Name:
    """The name of the tensor on the left."""
    target = node.target.object if isinstance(node.target, tree.Index) else node.target
    assert isinstance(target, tree.Name)
    return target


class System:
    """Equations that are solved together, while they are checked."""

    def __init__(self, nodes: Sequence[tree.Equation], context: Context) -> None:
        self._context = context
        self._nodes = nodes
        self._unknown = {target_name(node).id for node in nodes}
        self._given: dict[str, checked.Expression] = {}
        self.read: list[tree.Name] = []
        """The unknowns where equations read them, which mean something only once they are solved."""
        self._number = 0
        self._accesses: list[checked.Access] = []
        self._entities: dict[str, str] = {}
        """The kinds of entities that indices of the equation stand for."""
        self.relations: dict[str, None] = {}
        """The relations that are read as tensors."""

    def solved(self) -> tuple[checked.Expression, tuple[checked.Access, ...]]:
        """The solution, a record of the unknowns, and what was accessed on the way."""
        equations = [self._equation(node) for node in self._nodes]
        span = self._nodes[0].span.to(self._nodes[-1].span)
        for name in self._begun():
            self._given[name.id] = resolve(name, self._context)
        system = checked.Data(span.first(0), (tuple(self._given), *equations))
        return checked.Helped(span, "solve", (system, *self._given.values())), tuple(self._accesses)

    def _begun(self) -> Iterator[tree.Name]:
        """The unknowns of recurrences that begin with the value that a variable has before."""
        fixed = {target_name(node).id for node in self._nodes if any(map(_is_number, _indices(node.target)))}
        for node in self._nodes:
            name = target_name(node)
            moves = any(isinstance(index, tree.Binary) for index in _indices(node.target))
            if moves and name.id not in fixed and isinstance(self._context.find(name.id), checked.Variable):
                yield name

    def _equation(self, node: tree.Equation) -> Part:
        self._number += 1
        self._entities = dict(self._standing(node.target)) | dict(self._standing(node.value))
        value = self._expression(node.value)
        indices = self._indices(_indices(node.target))
        self._accessed(target_name(node), _indices(node.target), None)
        on_the_right = {*_index_names(node.value), *self._named(node.value)}
        for index in _indices(node.target):
            for name in _names(index):
                if name.id not in on_the_right:
                    message = f"the index `{name.id}` stands only on the left"
                    help = "Its size comes from a tensor on the right."
                    self._context.problems.report(UNSAFE_VARIABLE, message, name.span, help)
        place = self._context.problems.source.place(node.span)
        written = (place.file, place.line, place.column, place.length, place.text)
        return ("equation", written, target_name(node).id, node.projection, value, *indices)

    def _expression(self, node: tree.Expression) -> Part:
        match node:
            case tree.Literal(value=int() | float() as number):
                return ("number", number)
            case _ if not self._is_of_indices(node):
                return self._value(node)
            case tree.Name():
                return self._access(node, node, ())
            case tree.Index():
                return self._access(node.object, node, node.indices)
            case tree.Binary(operator=operator) if operator in OPERATORS:
                return ("apply", operator, self._expression(node.left), self._expression(node.right))
            case tree.Unary(operator="-"):
                return ("apply", "-", self._expression(node.operand))
            case tree.Call(callee=tree.Name()):
                return self._apply(node)
        help = "Arithmetic and functions such as relu stand around tensors with indices."
        self._context.problems.report(WRONG_TYPE, "this has no meaning in an equation", node.span, help)
        return ("number", 0)

    def _apply(self, node: tree.Call) -> Part:
        assert isinstance(node.callee, tree.Name)
        symbol = self._context.lookup(node.callee)
        if symbol is None:
            self._context.undefined(node.callee)
        elif not isinstance(symbol, checked.Builtin):
            message, help = f"`{node.callee.id}` is no function of equations", "Only builtin functions stand here."
            self._context.problems.report(WRONG_TYPE, message, node.callee.span, help)
        arguments = [self._expression(each.value) for each in node.arguments if each.name is None]
        options = [self._option(each.name, each.value) for each in node.arguments if each.name is not None]
        return ("apply", node.callee.id, *arguments, *options)

    def _option(self, name: tree.Name, value: tree.Expression) -> Part:
        """``over: q`` and ``over: [p, q]`` name indices; other options are numbers and texts."""
        if name.id != "over":
            if not isinstance(value, tree.Literal):
                self._context.problems.report(WRONG_TYPE, "an option is a number or a text here", value.span)
            return ("option", name.id, value.value if isinstance(value, tree.Literal) else 0)
        names = value.items if isinstance(value, tree.Array) else (value,)
        for each in names:
            if not isinstance(each, tree.Name):
                self._context.problems.report(WRONG_TYPE, "`over` names an index", each.span, "Write over: q.")
        return ("over", *(each.id for each in names if isinstance(each, tree.Name)))

    def _is_of_indices(self, node: tree.Expression) -> bool:
        """Whether a part has indices or unknowns in it."""
        match node:
            case tree.Name(id=name):
                return name in self._unknown
            case tree.Index(indices=indices):
                return not any(isinstance(index, tree.Slice) or _is_text(index) for index in indices)
        return any(map(self._is_of_indices, _parts(node)))

    def _standing(self, node: tree.Expression) -> Iterator[tuple[str, str]]:
        """The indices of relations in an expression, with the kinds of entities that they stand for."""
        if isinstance(node, tree.Index) and isinstance(node.object, tree.Name):
            symbol = self._context.find(node.object.id)
            if isinstance(symbol, checked.Relation | checked.Entity):
                for index, (_, kind) in zip(node.indices, parameters(symbol), strict=False):
                    if isinstance(index, tree.Name) and kind is not None and kind not in types.SCALARS:
                        yield index.id, kind
        for part in _parts(node):
            yield from self._standing(part)

    def _value(self, node: tree.Expression) -> Part:
        """A value of the program, which the equations know by a name that no program has."""
        name = node.id if isinstance(node, tree.Name) else f"·{len(self._given)}"
        indices = self._named(node)
        self._given[name] = self._of_entities(node, indices, 0)
        return ("access", name, *(("index", index, 0) for index in indices))

    def _named(self, node: tree.Expression) -> list[str]:
        """The indices that are named outside of brackets, in what is called, where they are entities."""
        calls = (each for each in every_node(node) if isinstance(each, tree.Call))
        names = (each.id for call in calls for each in every_node(call) if isinstance(each, tree.Name))
        return [name for name in dict.fromkeys(names) if name in self._entities]

    def _of_entities(self, node: tree.Expression, indices: Sequence[str], rank: int) -> checked.Expression:
        """A value or, where it names indices, one for each entity that these stand for, with so many dimensions."""
        if not indices:
            return resolve(node, self._context)
        computed = function(node, indices, self._context)
        entities = (constant(node.span, self._entities[index]) for index in indices)
        return checked.Helped(node.span, "each", (computed, constant(node.span, rank), *entities))

    def _access(self, tensor: tree.Expression, node: tree.Expression, indices: tuple[tree.Expression, ...]) -> Part:
        value = None
        name = tensor.id if isinstance(tensor, tree.Name) else f"·{len(self._given)}"
        entities = [] if isinstance(tensor, tree.Name) else self._named(tensor)
        if name not in self._unknown:
            made = self._of_entities(tensor, entities, len(indices)) if entities else self._tensor(tensor)
            value = self._given[name] = made
        elif isinstance(tensor, tree.Name):
            self.read.append(tensor)
        if not entities:
            self._accessed(tensor, indices, value, name)
        return ("access", name, *(("index", index, 0) for index in entities), *self._indices(indices))

    def _tensor(self, node: tree.Expression) -> checked.Expression:
        """A tensor with indices; a relation is one of 0 and 1 over its entities."""
        symbol = self._context.find(node.id) if isinstance(node, tree.Name) else None
        if isinstance(node, tree.Name) and isinstance(symbol, checked.Relation | checked.Entity):
            self._context.lookup(node)
            self.relations[node.id] = None
            return checked.Helped(
                node.span, "indicator", (constant(node.span, node.id), *kinds(node, symbol, self._context))
            )
        return resolve(node, self._context)

    def _accessed(
        self,
        tensor: tree.Expression,
        indices: tuple[tree.Expression, ...],
        value: checked.Expression | None,
        name: str = "",
    ) -> None:
        """Note an access; one with another number of indices than before is a problem."""
        name = tensor.id if isinstance(tensor, tree.Name) else name
        before = next((each for each in self._accesses if each.name == name), None)
        if before is not None and len(before.indices) != len(indices):
            message = f"`{name}` has {len(indices)} indices here, and {len(before.indices)} elsewhere"
            related = [(f"`{name}` with {len(before.indices)}", before.span)]
            self._context.problems.report(WRONG_ARGUMENTS, message, tensor.span, related=related)
        found = tuple(index.id if isinstance(index, tree.Name) else None for index in indices)
        self._accesses.append(checked.Access(name, found, self._number, value, tensor.span))

    def _indices(self, nodes: Collection[tree.Expression]) -> Iterator[Part]:
        for node in nodes:
            match node:
                case tree.Name(id=name):
                    yield ("index", name, 0)
                case tree.Binary(operator="+" | "-" as sign, left=tree.Name(id=name), right=tree.Literal(value=int(k))):
                    yield ("index", name, k if sign == "+" else -k)
                case tree.Literal(value=int(number)):
                    yield ("fixed", number)
                case tree.Unary(operator="-", operand=tree.Literal(value=int(number))):
                    yield ("fixed", -number)
                case _:
                    help = TAKEN if isinstance(node, tree.Index) else FORMS
                    self._context.problems.report(WRONG_TYPE, "this is no index of an equation", node.span, help)


def _indices(target: tree.Index | tree.Name) -> tuple[tree.Expression, ...]:
    return target.indices if isinstance(target, tree.Index) else ()


def _is_number(node: tree.Expression) -> bool:
    return isinstance(node, tree.Literal)


def _is_text(node: tree.Expression) -> bool:
    return isinstance(node, tree.Literal) and isinstance(node.value, str)


def _names(node: tree.Expression) -> Iterator[tree.Name]:
    """The names in an index."""
    if isinstance(node, tree.Name):
        yield node
    elif isinstance(node, tree.Binary):
        yield from _names(node.left)
        yield from _names(node.right)
    elif isinstance(node, tree.Index):
        for index in node.indices:
            yield from _names(index)


def _index_names(node: tree.Expression) -> Iterator[str]:
    """The names of the indices in an expression."""
    if isinstance(node, tree.Index):
        for index in node.indices:
            yield from (name.id for name in _names(index))
    for each in _parts(node):
        yield from _index_names(each)


def _parts(node: tree.Expression) -> Iterator[tree.Expression]:
    """The parts of an expression that may have indices."""
    match node:
        case tree.Binary(left=left, right=right):
            yield from (left, right)
        case tree.Unary(operand=inner) | tree.Cast(operand=inner) | tree.Member(object=inner):
            yield inner
        case tree.Array(items=items):
            yield from items
        case tree.Call(callee=callee, arguments=arguments):
            yield from (each.value for each in arguments if each.name is None or each.name.id != "over")
            if isinstance(callee, tree.Member):
                yield callee.object
