"""Equations for tests, written as in a program; what they give is compared with PyTorch, NumPy or numbers by hand."""

from __future__ import annotations

import ast
import re
from typing import Any

import torch

from tensorlogic.runtime.equations import Access, Apply, Equation, Fixed, Index, Number, solve
from tensorlogic.runtime.equations.notation import Expression

_ARROWS = {"<-": "sum", "max=": "max", "min=": "min", "avg=": "avg"}
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.Gt: ">", ast.Lt: "<"}


def equations(text: str) -> list[Equation]:
    """One equation a line."""
    return [equation(line.strip()) for line in text.strip().splitlines()]


def equation(line: str) -> Equation:
    left, arrow, right = re.split(r"\s(<-|max=|min=|avg=)\s", line)
    target = _expression(ast.parse(left, mode="eval").body)
    assert isinstance(target, Access)
    return Equation(target.tensor, target.indices, _ARROWS[arrow], _expression(ast.parse(right, mode="eval").body))


def _expression(node: ast.expr) -> Expression:
    match node:
        case ast.Constant(value=int() | float() as value):
            return Number(value)
        case ast.Name(id=name):
            return Access(name)
        case ast.Subscript(value=ast.Name(id=name), slice=place):
            places = place.elts if isinstance(place, ast.Tuple) else [place]
            return Access(name, tuple(map(_index, places)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=options):
            pairs = tuple((option.arg or "", _option(option.value)) for option in options)
            return Apply(name, tuple(map(_expression, arguments)), pairs)
        case ast.UnaryOp(operand=operand):
            return Apply("-", (_expression(operand),))
        case ast.BinOp(left=left, op=operator, right=right):
            return Apply(_OPERATORS[type(operator)], (_expression(left), _expression(right)))
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return Apply(_OPERATORS[type(operator)], (_expression(left), _expression(right)))
    raise AssertionError(ast.dump(node))


def _option(node: ast.expr) -> Any:
    names = [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]
    return names[0] if isinstance(node, ast.Name) else tuple(names) or ast.literal_eval(node)


def _index(node: ast.expr) -> Index | Fixed:
    match node:
        case ast.Name(id=name):
            return Index(name)
        case ast.BinOp(left=ast.Name(id=name), op=operator, right=ast.Constant(value=int() as offset)):
            return Index(name, offset if isinstance(operator, ast.Add) else -offset)
    return Fixed(ast.literal_eval(node))


def solved(text: str, /, sizes: dict[str, int] | None = None, **tensors: torch.Tensor) -> dict[str, torch.Tensor]:
    """The left sides of equations in a text."""
    return solve(equations(text), tensors, sizes)
