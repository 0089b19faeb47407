"""What compiled code can reach: the helpers of the language, the builtins, and no Python."""

from __future__ import annotations

from importlib import import_module
from types import CodeType
from typing import Any, Final

from tensorlogic.lang.emit import builtin_name, module_name
from tensorlogic.runtime.arrays import array
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
from tensorlogic.runtime.embeddings import embedding
from tensorlogic.runtime.inference import ask, infer, inferred, prove, show
from tensorlogic.runtime.knowledge import entity, form, members, relation, rule, soft_rule, tell
from tensorlogic.runtime.lazy import functional, torch
from tensorlogic.runtime.learning.gradients import as_learnable, no_grad
from tensorlogic.runtime.members import invoke, member, store
from tensorlogic.runtime.operators import (
    close,
    divide,
    grown,
    invert,
    iterate,
    matmul,
    multiply,
    outer,
    power,
    remainder,
    same,
    unmatched,
)
from tensorlogic.runtime.python import python_import
from tensorlogic.runtime.solving import each, indicator, solve, state
from tensorlogic.runtime.structs import elements, implement, settle, struct
from tensorlogic.runtime.training import by_hand, choice, enlist, learn, options, update
from tensorlogic.runtime.types import accept, argument, cast, declare

HELPERS: Final[dict[str, Any]] = {
    function.__name__: function
    for function in (
        *(close, divide, grown, invert, matmul, multiply, outer, power, remainder),
        *(array, iterate, slice, member, invoke, store),
        *(accept, argument, cast, declare),
        *(struct, implement, elements, settle),
        *(same, unmatched, python_import),
        *(entity, members, relation, form, tell, rule, soft_rule),
        *(as_learnable, enlist, update, choice, options, learn, by_hand, no_grad, embedding),
        *(solve, indicator, state, each),
        *(ask, show, prove, infer, inferred),
        *(bool, float, int, str),
    )
}
"""By the names that `tensorlogic.lang.emit.HELPERS` lists."""

MODULES: Final[dict[str, Any]] = {module_name("torch"): torch, module_name("functional"): functional}
"""Where the functions are that builtins are for one tensor."""

# Compiled code names nothing without a suffix but the helpers, so it cannot say `__import__`. It is there for
# torch: C code that imports a module does so with the builtins of the Python code that called it.
_IMPORT_ONLY: Final = {"__import__": __import__}


def modules(code: CodeType) -> dict[str, Any]:
    """The modules that code calls functions of: themselves, as looking something up in a lazy one takes longer."""
    named = {name: module for name, module in MODULES.items() if _names(code, name)}
    return {name: import_module(module.__name__) for name, module in named.items()}


def _names(code: CodeType, name: str) -> bool:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return name in code.co_names or any(_names(each, name) for each in inner)


def namespace() -> dict[str, Any]:
    """The global names of a program that begins to run."""
    builtins = {builtin_name(name): value for name, value in (FUNCTIONS | CONSTANTS).items()}
    return {"__builtins__": _IMPORT_ONLY, **HELPERS, **MODULES, **builtins}
