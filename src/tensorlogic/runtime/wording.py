"""What Python and torch say about a failure, in the words of the language."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from tensorlogic.errors import Code
from tensorlogic.errors.codes import (
    NO_MEMBER,
    RUN_FAILED,
    TOO_LARGE,
    UNDEFINED_NAME,
    WRONG_ARGUMENTS,
    WRONG_SHAPE,
    WRONG_TYPE,
)
from tensorlogic.runtime.kinds import NAMES, with_article
from tensorlogic.runtime.sizes import in_units


class Wording(NamedTuple):
    """How a kind of failure is told.

    The groups `a` and `b` of a pattern are Python types, and become kinds of values; `size` is a number of bytes. What
    was given can be named as `{given}`.
    """

    kind: type[Exception]
    pattern: str
    message: str
    help: str | None = None
    code: Code = RUN_FAILED


_A, _B = r"['\"]?(?P<a>[\w.]+)['\"]?", r"['\"]?(?P<b>[\w.]+)['\"]?"

WORDINGS: Final = (
    Wording(
        TypeError,
        rf"can only concatenate {_A} \(not {_B}\)",
        "`+` does not take {a} and {b}",
        "Turn a value into text with str(…).",
        WRONG_TYPE,
    ),
    Wording(
        TypeError,
        rf"unsupported operand type\(s\) for (?P<op>\S+?)(?: or pow\(\))?: {_A} and {_B}",
        "`{op}` does not take {a} and {b}",
        code=WRONG_TYPE,
    ),
    Wording(
        TypeError,
        rf"'(?P<op>\S+)' not supported between instances of {_A} and {_B}",
        "`{op}` does not take {a} and {b}",
        code=WRONG_TYPE,
    ),
    Wording(
        TypeError,
        rf"bad operand type for unary (?P<op>.): {_A}",
        "`{op}` does not take {a}",
        code=WRONG_TYPE,
    ),
    Wording(
        TypeError,
        rf"can't multiply sequence by non-int of type {_A}",
        "`*` repeats a text or a list a whole number of times, not by {a}",
        code=WRONG_TYPE,
    ),
    Wording(TypeError, "string formatting|format string", "`%` does not take a string", code=WRONG_TYPE),
    Wording(
        RuntimeError,
        "leaf Variable that requires grad .*in-place operation",
        "the elements of a learnable tensor are changed only where no gradients are followed",
        "Write it between the braces of no_grad { … }.",
    ),
    Wording(TypeError, rf"{_A} object is not subscriptable", "{a} has no elements", code=WRONG_TYPE),
    Wording(
        TypeError,
        rf"{_A} object does not support item assignment",
        "the elements of {a} cannot be assigned to",
        code=WRONG_TYPE,
    ),
    Wording(
        TypeError,
        rf"indices must be integers(?: or slices)?, not {_B}",
        "an index is an int or a slice, not {b}",
        code=WRONG_TYPE,
    ),
    Wording(IndexError, "(list|string|range object).* index out of range", "the index is out of range"),
    Wording(
        IndexError,
        r"too many indices for tensor of dimension (?P<axes>\d+)",
        "there are more indices than axes, which are {axes}",
    ),
    Wording(
        IndexError,
        r"Dimension out of range .* \[(?P<low>-?\d+), (?P<high>-?\d+)\], but got (?P<axis>-?\d+)",
        "there is no axis {axis}; the axes of this tensor are {low} to {high}",
    ),
    Wording(
        RuntimeError,
        "Boolean value of Tensor with (more than one|no) value",
        "a tensor is true or false only if it has one element",
        "Use any(…) or all(…).",
        WRONG_TYPE,
    ),
    Wording(
        RuntimeError,
        r"size of tensor a \((?P<left>\d+)\) must match the size of tensor b \((?P<right>\d+)\)"
        r" at non-singleton dimension (?P<axis>\d+)",
        "the shapes do not fit: {left} and {right} in axis {axis}",
        code=WRONG_SHAPE,
    ),
    Wording(
        TypeError,
        r"can't assign an? (?P<b>\w+) to a torch\.",
        "the elements of a tensor are numbers, not {b}",
        code=WRONG_TYPE,
    ),
    Wording(
        RuntimeError,
        r"expand\(.*\{(?P<left>\[.*?\])\}, size=(?P<right>\[.*?\])\)",
        "the shapes do not fit: {left} does not become {right}",
        code=WRONG_SHAPE,
    ),
    Wording(
        RuntimeError,
        r"Target sizes: (?P<right>\[.*?\])\.  Tensor sizes: (?P<left>\[.*?\])",
        "the shapes do not fit: {left} does not become {right}",
        code=WRONG_SHAPE,
    ),
    Wording(
        RuntimeError,
        r"value tensor of shape (?P<left>\[.*?\]) cannot be broadcast to indexing result of shape (?P<right>\[.*?\])",
        "the shapes do not fit: {left} does not become {right}",
        code=WRONG_SHAPE,
    ),
    Wording(
        RuntimeError,
        r"mat1 and mat2 shapes cannot be multiplied \((?P<rows>\w+) and (?P<columns>\w+)\)",
        "the shapes do not fit in a matrix product: {rows} and {columns}",
        code=WRONG_SHAPE,
    ),
    Wording(
        RuntimeError,
        r"not implemented for '(Long|Int|Short|Char|Byte|Bool)'|[Ee]xpected a floating point|either a floating point",
        "this takes a tensor of floats, not one of integers or truth values",
        "Write 1.0 for 1, or convert it: … as float32.",
        WRONG_TYPE,
    ),
    Wording(
        RuntimeError,
        "cannot be converted to type .* without overflow",
        "a number is too large for the elements of this tensor",
    ),
    Wording(
        Exception,
        "Overflow when unpacking|index-sized integer|Stride calculation overflowed",
        "a number is too large for a tensor, a size or an index",
    ),
    Wording(
        RuntimeError,
        r"each tensor to be equal size, but got (?P<left>\[.*?\]) at entry \d+ and (?P<right>\[.*?\])",
        "the tensors must have one shape, not {left} and {right}",
        code=WRONG_SHAPE,
    ),
    Wording(
        RuntimeError,
        r"got (?P<name>weight|bias) of shape (?P<shape>\[.*?\]) and normalized_shape = (?P<wanted>\[.*?\])",
        "`{name}` must have the shape of the last axes, {wanted}, not {shape}",
        code=WRONG_SHAPE,
    ),
    Wording(
        RuntimeError,
        r"element is out of DATA bounds, id=(?P<index>-?\d+) axis_dim=(?P<size>\d+)",
        "there is no element {index} among {size}",
    ),
    Wording(Exception, "out of range in self", "an index is out of range"),
    Wording(
        RuntimeError,
        "multinomial distribution|probability tensor|prob_dist",
        "these are no probabilities: they are finite, not negative, and one at least is above 0",
    ),
    Wording(RuntimeError, "Class values must be", "an index is negative, or not below the number of classes"),
    Wording(
        RuntimeError,
        "index k out of range|k not in range|n_sample > prob",
        "this asks for more elements than there are",
    ),
    Wording(RuntimeError, "non-empty list|at least one tensor", "this takes one tensor at least", code=WRONG_ARGUMENTS),
    Wording(
        RuntimeError,
        "same (dtype|type)|type .* should be the same|dtypes? to match|to have (the )?dtype|type of self",
        "the tensors must be of one type; these are {given}",
        "Convert one: … as float32.",
        WRONG_TYPE,
    ),
    Wording(
        Exception,
        "[Zz]ero-dimensional|tensor has no dimensions|a 0-d tensor",
        "this does not take a tensor without axes",
        code=WRONG_SHAPE,
    ),
    Wording(
        RuntimeError,
        "(must|should) have at least (2|two) dimensions|expected a matrix|batches of square matrices",
        "this takes matrices, with [rows, columns] as the last two axes; square ones where they are to be inverted",
        code=WRONG_SHAPE,
    ),
    Wording(RuntimeError, "singular", "the matrix has no inverse"),
    Wording(
        RuntimeError,
        r"tried to allocate (?P<size>\d+) bytes",
        "this needs {size}, more memory than the machine has",
        code=TOO_LARGE,
    ),
    Wording(
        RuntimeError, "std::bad_alloc|Storage size calculation overflowed", "there is not enough memory", code=TOO_LARGE
    ),
    Wording(ZeroDivisionError, "", "division by zero"),
    Wording(ValueError, "math domain error|expected a (positive|nonnegative) input", "this has no real value"),
    Wording(ValueError, "Exceeds the limit", "this number has too many digits to be shown"),
    Wording(ValueError, "cannot convert float NaN to integer", "what is not a number has no integer"),
    Wording(OverflowError, "", "this number is too large"),
    Wording(MemoryError, "", "there is not enough memory", code=TOO_LARGE),
    Wording(
        RecursionError,
        "",
        "the calls inside one another are too many",
        "Does a function call itself without end?",
    ),
    Wording(
        NameError,
        r"'(?P<name>\w+)·",
        "`{name}` has no value yet",
        "The statement that gives it one did not run before.",
        UNDEFINED_NAME,
    ),
    Wording(KeyError, r"^'?(?P<name>.*?)'?$", "there is no field `{name}`", code=NO_MEMBER),
)


_CALLEE = re.compile(r"^[\w.]+(?:\(.*?\):?|:) +")
"""The function of torch that speaks."""
_OF_PYTHON = re.compile(
    r"torch|Tensor|NoneType|[Pp]arameter|positional|argument|attribute|object|iterable|unpack|INTERNAL|\w_\w|\w\(\)|::"
    r"|\b(?:None|True|False|tuple|str|dict|dtype|self|dims?|impl|Half|Float|Double|Byte|Char|Short|Int|Long|Bool|cfloat)\b"
    r"|^(?:tuple|index|range)\b.*out of range"
)
"""Words that only mean something to those who know Python, or how torch is written."""


def reword(error: Exception, given: str) -> tuple[Code, str, str | None]:
    """The code, the message and the help for an exception that came of what was given."""
    said = str(error)
    for wording in WORDINGS:
        if isinstance(error, wording.kind) and (found := re.search(wording.pattern, said)):
            words = {name: _WORDS.get(name, str)(word) for name, word in found.groupdict().items()}
            return wording.code, wording.message.format(**words, given=given), wording.help
    plain = _CALLEE.sub("", said.strip().partition("\n")[0]).removesuffix(".")
    if not plain or _OF_PYTHON.search(plain):
        return WRONG_TYPE, f"this does not take {given}", None
    return RUN_FAILED, plain[0].lower() + plain[1:], None


def _kind(python_type: str) -> str:
    return with_article(NAMES.get(python_type, python_type))


def _bytes(number: str) -> str:
    return in_units(int(number))


def _shape(by: str) -> str:
    return f"[{by.replace('x', ', ')}]"


_WORDS: Final[dict[str, Callable[[str], str]]] = {
    "a": _kind,
    "b": _kind,
    "size": _bytes,
    "rows": _shape,
    "columns": _shape,
}
"""What the groups of a pattern become."""
