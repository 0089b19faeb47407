"""The names of types, and what they stand for."""

from __future__ import annotations

from typing import Final

FLOATS: Final = ("float16", "bfloat16", "float32", "float64")
INTEGERS: Final = ("int8", "int16", "int32", "int64", "uint8")
DTYPES: Final = (*FLOATS, *INTEGERS, "bool")
"""What the elements of a tensor can be."""

SCALARS: Final = ("int", "float", "bool", "string")
ALIASES: Final = {"f16": "float16", "f32": "float32", "f64": "float64", "i32": "int32", "i64": "int64"}
NAMES: Final = (*SCALARS, *DTYPES, *ALIASES, "void")

KINDS: Final = {
    **dict.fromkeys(("float", *FLOATS), "float"),
    **dict.fromkeys(("int", *INTEGERS), "int"),
    "bool": "bool",
    "string": "string",
    "void": "void",
}
"""The kind of scalar that a base type means when it has no dimensions."""


def becomes(dtype: str, base: str) -> bool:
    """Whether a tensor of one element type is taken where another is declared: numbers are where floats are."""
    return dtype == base or (base in FLOATS and dtype != "bool")


def with_article(kind: str) -> str:
    """``an int``, ``a string``; void is nothing that one can have several of."""
    if kind == "void":
        return "nothing"
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"
