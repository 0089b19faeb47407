"""Choices and loops."""

from typing import Any

from tensorlogic.mil.declare import IOS15, Body, Tensor, op


@op(since=IOS15)
def select(cond: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """a where cond holds, b elsewhere, with broadcasting."""


@op(since=IOS15, pure=False)
def cond(pred: bool, true_branch: Body, false_branch: Body) -> Any:
    """The results of one of two blocks."""


@op(since=IOS15, pure=False)
def while_loop(loop_vars: tuple[Any, ...], condition: Body, body: Body) -> Any:
    """Repeat `body` on the loop variables while `condition` of them holds."""
