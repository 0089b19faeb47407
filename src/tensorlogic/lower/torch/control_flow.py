"""Choices and loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from tensorlogic.lower.torch.registry import implement_rows, implements
from tensorlogic.mil.ops import control_flow as ops

Body = Callable[..., tuple[Any, ...]]

implement_rows({ops.select: torch.where})


@implements(ops.cond)
def cond(pred: bool, true_branch: Body, false_branch: Body) -> tuple[Any, ...]:
    return true_branch() if pred else false_branch()


@implements(ops.while_loop)
def while_loop(loop_vars: tuple[Any, ...], condition: Body, body: Body) -> tuple[Any, ...]:
    while condition(*loop_vars)[0].item():
        loop_vars = body(*loop_vars)
    return loop_vars
