"""Tensor equations: rules in brackets, run as contractions.

`solve` and `Solver` take equations as data (`notation`), find out shapes (`extents`) and the order in which equations
depend on one another (`ordering`), and make a plan of PyTorch's operations once for each set of shapes (`planning`).
"""

from tensorlogic.runtime.equations.notation import Access, Apply, Equation, Expression, Fixed, Index, Number
from tensorlogic.runtime.equations.problems import EquationError
from tensorlogic.runtime.equations.solving import Solver, solve

__all__ = [
    "Access",
    "Apply",
    "Equation",
    "EquationError",
    "Expression",
    "Fixed",
    "Index",
    "Number",
    "Solver",
    "solve",
]
