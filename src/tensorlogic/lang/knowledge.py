"""Relations, rules and queries: what their names mean, and whether every variable can get a value.

In an atom a name is a variable when it is one upper-case letter, with or without digits, or a parameter of a relation
of the same clause; the name of a variable of the program is its value, in a fact first of all; any other name is a
constant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tensorlogic.errors.codes import AMBIGUOUS_NAME, UNSAFE_VARIABLE, WRONG_ARGUMENTS, WRONG_TYPE
from tensorlogic.lang import checked, tree
from tensorlogic.lang.context import Context
from tensorlogic.lang.resolve import resolve
from tensorlogic.lang.source import Span

AGGREGATES: Final = frozenset({"count", "sum", "min", "max", "avg"})
COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%", "**"})
VARIABLE = re.compile(r"[A-Z][0-9]*")


def constant(span: Span, value: int | float | bool | str) -> checked.Expression:
    """A constant that stands there."""
    return checked.Constant(span, value)


def form(kind: str, span: Span, *parts: checked.Expression | int | float | str) -> checked.Helped:
    """A part of a clause, such as an atom or a variable."""
    made = (part if isinstance(part, checked.Expression) else constant(span, part) for part in parts)
    return checked.Helped(span, "form", (constant(span, kind), *made))


def function(node: tree.Expression, names: Iterable[str], context: Context) -> checked.Lambda:
    """An expression as a function of what it names so."""
    with context.here.scope.block(node.span):
        variables = [context.declare(tree.Name(node.span.first(0), name), inner=True) for name in names]
        for variable in variables:
            context.occurrences.excuse(variable)
        return checked.Lambda(node.span, tuple(variables), resolve(node, context))


def related(call: tree.Expression, context: Context) -> checked.Relation | checked.Entity | None:
    """The relation that a call names, if it names one; a kind of entity is a relation of one value."""
    if not isinstance(call, tree.Call) or not isinstance(call.callee, tree.Name):
        return None
    symbol = context.find(call.callee.id)
    return symbol if isinstance(symbol, checked.Relation | checked.Entity) else None


class Clause:
    """A fact, a rule or a query while it is checked."""

    def __init__(self, parts: Iterable[tree.Expression], context: Context, *, is_fact: bool = False) -> None:
        self._context, self._is_fact = context, is_fact
        nodes = [node for part in parts for node in every_node(part)]
        relations = (related(node, context) for node in nodes)
        self._parameters = {name for r in relations if isinstance(r, checked.Relation) for name, _ in r.parameters}
        self._wildcards = 0
        self._computed: list[checked.Expression] = []
        """What gives the variables their values that stand for arithmetic in atoms."""
        self._uses: list[tuple[str, Span]] = []
        """The variables that must get a value, where they stand."""
        self._bound: set[str] = set()
        self._defines: list[tuple[set[str], set[str]]] = []
        """Variables that get a value once others have one."""

    def is_variable(self, name: str) -> bool:
        """Whether a name is a variable of the clause; in a fact, what the program gave a value is that value."""
        if self._is_fact and isinstance(self._context.find(name), checked.Variable):
            return False
        return VARIABLE.fullmatch(name) is not None or name == "_" or name in self._parameters

    def fact(self, call: tree.Call, relation: checked.Relation | checked.Entity) -> checked.Expression:
        """A fact, in which every term is a value."""
        self._check(call, relation)
        terms = [self._term(each.value) for each in call.arguments]
        self._need(each.value for each in call.arguments)
        self.check_safety("A fact holds of values; a rule says what holds of others.")
        return checked.Helped(call.span, "tell", (constant(call.span, relation.name), *terms))

    def rule(self, node: tree.Rule) -> checked.Expression:
        """A rule, whose head holds where its body does."""
        head = self._atom(node.head, self._head_term)
        body = [self._literal(part) for part in node.body]
        self._need(each.value for each in node.head.arguments)
        self.check_safety("Let a relation in the body say what it is.")
        place, parts = checked.Place(node.span), (head, *body, *self._computed)
        if node.temperature is None:
            return checked.Helped(node.span, "rule", (place, *parts))
        temperature = checked.Lambda(node.temperature.span, (), resolve(node.temperature, self._context))
        return checked.Helped(node.span, "soft_rule", (place, temperature, *parts))

    def query(self, node: tree.Query, helper: str, *options: str) -> checked.Expression:
        """A question, with what its answers must fulfil."""
        self._bind(each.value for each in node.atom.arguments)
        self._warn_of_meanings(each.value for each in node.atom.arguments)
        atom = self._atom(node.atom, self._part)
        where = [self._literal(part) for part in _conditions(node.where)]
        self.check_safety("Only the variables of the relation have values here.")
        given = (constant(node.span, each) for each in options)
        return checked.Helped(node.span, helper, (*given, atom, *where, *self._computed))

    def _warn_of_meanings(self, terms: Iterable[tree.Expression]) -> None:
        """Report terms that look like variables of the program, and are those of the question."""
        for term in terms:
            if not isinstance(term, tree.Name) or term.id not in self._parameters:
                continue
            if isinstance(self._context.find(term.id), checked.Variable):
                message = f"`{term.id}` is asked for, as a parameter is called so: it is not the program's `{term.id}`"
                help = "Give one of the two another name."
                self._context.problems.report(AMBIGUOUS_NAME, message, term.span, help, severity="warning")

    def check_safety(self, help: str) -> None:
        """Report the variables that nothing gives a value."""
        waiting = self._defines
        while ready := [each for each in waiting if each[0] <= self._bound]:
            self._bound.update(*(defined for _, defined in ready))
            waiting = [each for each in waiting if each not in ready]
        for name, span in dict.fromkeys(self._uses):
            if name not in self._bound:
                self._context.problems.report(
                    UNSAFE_VARIABLE, f"nothing gives the variable `{name}` a value", span, help
                )

    def _literal(self, node: tree.Expression) -> checked.Expression:
        """A part of a body: an atom, one that must not hold, a comparison, or a test of the program's own."""
        match node:
            case tree.Call(callee=tree.Name()) if not self._is_test(node):
                self._bind(each.value for each in node.arguments)
                return self._atom(node, self._part)
            case tree.Unary(operator="not" | "!", operand=tree.Call(callee=tree.Name()) as inner) if not self._is_test(
                inner
            ):
                return form("not", node.span, self._atom(inner, self._part))
            case tree.Binary(operator=operator) if operator in COMPARISONS and self._is_plain(node.left, node.right):
                return self._comparison(node)
        return self._test(node)

    def _is_test(self, node: tree.Call) -> bool:
        """Whether a call is one of a function."""
        assert isinstance(node.callee, tree.Name)
        symbol = self._context.find(node.callee.id)
        return symbol is not None and not isinstance(symbol, checked.Relation | checked.Entity)

    def _is_plain(self, *nodes: tree.Expression) -> bool:
        """Whether variables stand in terms only by themselves and in arithmetic."""
        return all(isinstance(node, tree.Name) or not self._names(node) or self._is_sum(node) for node in nodes)

    def _is_sum(self, node: tree.Expression) -> bool:
        match node:
            case tree.Binary(operator=operator, left=left, right=right):
                return operator in ARITHMETIC and self._is_plain(left, right)
            case tree.Unary(operator="-", operand=operand):
                return self._is_plain(operand)
        return False

    def _comparison(self, node: tree.Binary) -> checked.Expression:
        if node.operator == "==":
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(one, tree.Name) and self.is_variable(one.id):
                    self._defines.append(({name for name, _ in self._names(other)}, {one.id}))
        self._need((node.left, node.right))
        left, right = self._term(node.left), self._term(node.right)
        return form("comparison", node.span, node.operator, left, right)

    def _test(self, node: tree.Expression) -> checked.Expression:
        """A condition of the program's own, whose parameters are the variables in it."""
        self._need((node,))
        names = list(dict.fromkeys(name for name, _ in self._names(node)))
        return form("test", node.span, function(node, names, self._context), *names)

    def _atom(self, node: tree.Call, term: Callable[[tree.Expression], checked.Expression]) -> checked.Expression:
        assert isinstance(node.callee, tree.Name)
        symbol = self._context.lookup(node.callee)
        if isinstance(symbol, checked.Relation | checked.Entity):
            self._check(node, symbol)
        elif symbol is None:
            self._context.no_relation(node.callee)
        else:
            message = f"`{node.callee.id}` is no relation"
            self._context.problems.report(WRONG_TYPE, message, node.callee.span)
        return form("atom", node.span, node.callee.id, *(term(each.value) for each in node.arguments))

    def _check(self, node: tree.Call, relation: checked.Relation | checked.Entity) -> None:
        """Report terms that do not fit the relation."""
        self._context.lookup(node.callee) if isinstance(node.callee, tree.Name) else None
        report = self._context.problems.report
        wanted = 1 if isinstance(relation, checked.Entity) else len(relation.parameters)
        if len(node.arguments) != wanted:
            values = "value" if wanted == 1 else "values"
            help = f"It is {relation}." if isinstance(relation, checked.Relation) else None
            message = f"`{relation.name}` has {wanted} {values}, {len(node.arguments)} given"
            report(WRONG_ARGUMENTS, message, node.span, help)
        for each in node.arguments:
            if each.name is not None:
                report(WRONG_ARGUMENTS, "the terms of a relation have no names here", each.span)

    def _head_term(self, node: tree.Expression) -> checked.Expression:
        match node:
            case tree.Call(callee=tree.Name(id=name), arguments=[tree.Argument(name=None, value=value)]) if (
                name in AGGREGATES
            ):
                return form("aggregate", node.span, name, self._term(value))
        return self._part(node)

    def _part(self, node: tree.Expression) -> checked.Expression:
        """A term of an atom; arithmetic is done beside it, as atoms have none."""
        if not self._is_sum(node) or not self._names(node):
            return self._term(node)
        variable = self._fresh(node.span)
        self._computed.append(form("comparison", node.span, "==", variable, self._term(node)))
        return variable

    def _fresh(self, span: Span) -> checked.Expression:
        """A variable without a name."""
        self._wildcards += 1
        return form("variable", span, f"_{self._wildcards}")

    def _term(self, node: tree.Expression) -> checked.Expression:
        """A variable, arithmetic over variables, or a value."""
        match node:
            case tree.Name():
                return self._name(node)
            case tree.Binary(operator=operator) if operator in ARITHMETIC and self._names(node):
                return form("operation", node.span, operator, self._term(node.left), self._term(node.right))
            case tree.Unary(operator="-") if self._names(node):
                return form("operation", node.span, "-", self._term(node.operand))
        if self._names(node):
            help = "Compute it in the body of a rule: Y == X + 1."
            self._context.problems.report(WRONG_TYPE, "only arithmetic is done with variables here", node.span, help)
            return constant(node.span, 0)
        return resolve(node, self._context)

    def _name(self, node: tree.Name) -> checked.Expression:
        if node.id == "_":
            return self._fresh(node.span)
        if self.is_variable(node.id):
            return form("variable", node.span, node.id)
        symbol = self._context.find(node.id)
        if isinstance(symbol, checked.Variable):
            return resolve(node, self._context)
        return constant(node.span, node.id)

    def _names(self, node: tree.Expression) -> list[tuple[str, Span]]:
        """The variables in a part, where they stand."""
        names = (each for each in every_node(node) if isinstance(each, tree.Name) and each.id != "_")
        return [(each.id, each.span) for each in names if self.is_variable(each.id)]

    def _bind(self, nodes: Iterable[tree.Expression]) -> None:
        """The variables that stand there by themselves get a value there, others need one."""
        for node in nodes:
            if isinstance(node, tree.Name):
                self._bound.add(node.id)
            else:
                self._need((node,))

    def _need(self, nodes: Iterable[tree.Expression]) -> None:
        for node in nodes:
            self._uses += self._names(node)


@resolve.register(tree.Query)
def _query(node: tree.Query, context: Context) -> checked.Expression:
    return asked(node, "ask", context)


@resolve.register(tree.Inferred)
def _inferred(node: tree.Inferred, context: Context) -> checked.Expression:
    return asked(node.inference.query, "inferred", context, node.inference.method)


def asked(node: tree.Query, helper: str, context: Context, *options: str) -> checked.Expression:
    """A question that a helper answers, given options: ``ask``, ``show``, ``prove``, or ``infer`` and a method."""
    return Clause((node.atom, *_conditions(node.where)), context).query(node, helper, *options)


def _conditions(node: tree.Expression | None) -> Iterator[tree.Expression]:
    """The parts of a condition between ``and``."""
    if isinstance(node, tree.Binary) and node.operator == "and":
        yield from _conditions(node.left)
        yield from _conditions(node.right)
    elif node is not None:
        yield node


def every_node(node: tree.Expression) -> Iterator[tree.Expression]:
    """The parts of an expression that are evaluated, but for the names that are called."""
    yield node
    match node:
        case tree.Call(callee=callee, arguments=arguments):
            parts = [each.value for each in arguments]
            parts += [] if isinstance(callee, tree.Name | tree.Path) else [callee]
        case tree.Unary(operand=inner) | tree.Cast(operand=inner) | tree.Member(object=inner):
            parts = [inner]
        case tree.Binary(left=left, right=right):
            parts = [left, right]
        case tree.Index(object=inner, indices=indices):
            parts = [inner, *indices]
        case tree.Array(items=items):
            parts = list(items)
        case _:
            parts = []
    for part in parts:
        yield from every_node(part)
