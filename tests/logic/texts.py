"""Rules from short texts, for tests: `A(X, Z) <- B(X, Y), not C(Y), Z == Y + 1`, read with Python's own parser."""

from __future__ import annotations

import ast
import re

from tensorlogic.logic import Aggregate, Atom, Comparison, Knowledge, Not, Operation, Rule, Signature, Variable

_SIGNS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.Pow: "**",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_AGGREGATES = ("count", "sum", "min", "max", "avg")


def rule(text: str, origin=None) -> Rule:
    head, _, body = text.partition("<-")
    return Rule(atom(head), literals(body), origin)


def literals(text: str) -> tuple:
    return tuple(map(_part, ast.parse(f"[{text.strip()}]", mode="eval").body.elts)) if text.strip() else ()


def atom(text: str) -> Atom:
    return _part(ast.parse(text.strip(), mode="eval").body)


def _part(node):
    match node:
        case ast.Call(ast.Name(name), [argument]) if name in _AGGREGATES:
            return Aggregate(name, _part(argument))
        case ast.Call(ast.Name(name), arguments):
            return Atom(name, tuple(map(_part, arguments)))
        case ast.UnaryOp(ast.Not(), operand):
            return Not(_part(operand))
        case ast.UnaryOp(ast.USub(), ast.Constant(value)):
            return -value
        case ast.UnaryOp(ast.USub(), operand):
            return Operation("-", (_part(operand),))
        case ast.BinOp(left, sign, right):
            return Operation(_SIGNS[type(sign)], (_part(left), _part(right)))
        case ast.Compare(left, [sign], [right]):
            return Comparison(_SIGNS[type(sign)], _part(left), _part(right))
        case ast.Constant(value):
            return value
        case ast.Name(name):
            return Variable(name) if re.fullmatch(r"[A-Z]\d*", name) else name
    raise ValueError(ast.dump(node))


def knowledge(text: str) -> Knowledge:
    """One line each: `entity Person = a b`, `relation R(x: int, y)`, a fact or a rule, whose origin is its line."""
    made = Knowledge()
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines()))):
        if entity := re.fullmatch(r"entity (\w+)(?: = (.*))?", line):
            made.entity(entity[1], entity[2].split() if entity[2] else None)
        elif relation := re.fullmatch(r"relation (\w+)\((.*)\)", line):
            parameters = [each.partition(":") for each in relation[2].split(",")]
            made.declare(Signature(relation[1], tuple((n.strip(), t.strip() or None) for n, _, t in parameters)))
        else:
            made.add(rule(line, number))
    return made


def shown(answers: list[dict]) -> list[str]:
    return [" ".join(f"{name}={value!r}" for name, value in each.items()) for each in answers]
