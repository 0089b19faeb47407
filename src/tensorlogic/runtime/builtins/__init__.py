"""The builtins, one file a family. To add one, write a function with `@builtin` in its family."""

from tensorlogic.runtime.builtins import (
    activations,
    algebra,
    core,
    creation,
    elementwise,
    files,
    models,
    reductions,
    shapes,
)
from tensorlogic.runtime.python import Python
from tensorlogic.runtime.registry import CONSTANTS, FUNCTIONS, builtin

CONSTANTS["python"] = Python()

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "activations",
    "algebra",
    "builtin",
    "core",
    "creation",
    "elementwise",
    "files",
    "models",
    "reductions",
    "shapes",
]
