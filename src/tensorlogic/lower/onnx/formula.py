"""Arithmetic in a graph, written as formulas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tensorlogic.lower.onnx.graph import Graph, Tensor
from tensorlogic.mil.types import DType


@dataclass(frozen=True, eq=False, slots=True)
class Formula:
    """A tensor of a graph. Operators add nodes; numbers are of the tensor's type."""

    g: Graph
    tensor: Tensor

    def op(self, kind: str, *operands: Any, **attributes: Any) -> Formula:
        """The result of one node whose first operand this is."""
        return Formula(self.g, self.g.op(kind, self.tensor, *[_operand(each) for each in operands], **attributes))

    def cast(self, dtype: DType) -> Formula:
        """In another type; of floats as integers, the whole part."""
        return Formula(self.g, self.g.cast(self.tensor, dtype))

    def __add__(self, other: Any) -> Formula:
        return self.op("Add", other)

    def __sub__(self, other: Any) -> Formula:
        return self.op("Sub", other)

    def __mul__(self, other: Any) -> Formula:
        return self.op("Mul", other)

    def __truediv__(self, other: Any) -> Formula:
        return self.op("Div", other)

    def __rsub__(self, other: Any) -> Formula:
        return Formula(self.g, self.g.op("Sub", other, self.tensor))

    __radd__ = __add__
    __rmul__ = __mul__

    def __ge__(self, other: Any) -> Formula:
        return self.op("GreaterOrEqual", other)

    def __le__(self, other: Any) -> Formula:
        return self.op("LessOrEqual", other)

    def __and__(self, other: Any) -> Formula:
        return self.op("And", other)


Number = float | Formula
"""One that is known, or that the graph computes."""


def at_least(number: Number, least: float) -> Number:
    """The larger of both."""
    return number.op("Max", least) if isinstance(number, Formula) else max(number, least)


def _operand(value: Any) -> Any:
    return value.tensor if isinstance(value, Formula) else value
