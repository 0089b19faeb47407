"""The builtins, one file a family. To add one, write a function with `@builtin` in its family."""

from tensorlogic.runtime.builtins import (
    activations,
    algebra,
    attention,
    candle,
    collections,
    core,
    creation,
    elementwise,
    files,
    graphs,
    indexing,
    layers,
    losses,
    models,
    normalization,
    reductions,
    sampling,
    shapes,
    text,
    tokenizer,
)
from tensorlogic.runtime.python import Python
from tensorlogic.runtime.registry import CONSTANTS, FUNCTIONS, builtin

CONSTANTS["python"] = Python()

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "activations",
    "algebra",
    "attention",
    "builtin",
    "candle",
    "collections",
    "core",
    "creation",
    "elementwise",
    "files",
    "graphs",
    "indexing",
    "layers",
    "losses",
    "models",
    "normalization",
    "reductions",
    "sampling",
    "shapes",
    "text",
    "tokenizer",
]
