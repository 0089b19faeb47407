"""Programs that note what their expressions really give, beside what was known of it before they ran."""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from tensorlogic.errors import TensorLogicError
from tensorlogic.lang import Source, checked, generate, parse
from tensorlogic.lang.checker import NOTHING, check_program
from tensorlogic.lang.codegen import SIZES, main_name, program_name, trial_name
from tensorlogic.lang.context import Context
from tensorlogic.lang.emit import Writer, emit
from tensorlogic.lang.inference import infer
from tensorlogic.lang.inference.facts import Fact, List, Record, Scalar, Size, Tensor
from tensorlogic.lang.inference.walk import Finding
from tensorlogic.runtime.builtins import CONSTANTS, FUNCTIONS
from tensorlogic.runtime.calls import Signatures
from tensorlogic.runtime.kinds import dtype_name
from tensorlogic.runtime.lazy import is_tensor
from tensorlogic.runtime.loader import Unit
from tensorlogic.runtime.namespace import namespace
from tensorlogic.runtime.program import running
from tensorlogic.runtime.session import Session
from tensorlogic.runtime.structs import Struct

SIGNATURES = Signatures(FUNCTIONS)
_SEEN = "seen·x"
_CLASSES = {"int": int, "float": float, "bool": bool, "string": str, "void": type(None)}


def holds(fact: Fact, value: Any, sizes: dict[str, int]) -> bool:
    """Whether a fact is true of a value, where the named sizes are these."""
    match fact:
        case Scalar():
            return _is_scalar(fact, value) and _is_size(fact.value, value, sizes)
        case Tensor():
            return is_tensor(value) and _is_like(fact, value, sizes)
        case List(items, each, filled):
            if not isinstance(value, list | range) or (filled and not value):
                return False
            if items is not None:
                return len(items) == len(value) and all(map(partial(holds, sizes=sizes), items, value))
            return each is None or all(holds(each, item, sizes) for item in value[:3])
        case Record(struct):
            return isinstance(value, Struct) and type(value).__name__ == struct.name
    return True


def _is_scalar(fact: Scalar, value: Any) -> bool:
    if is_tensor(value):
        return not fact.exact and value.ndim == 0 and dtype_name(value.dtype) != "bool"
    return type(value) is _CLASSES[fact.base]


def _is_like(fact: Tensor, value: Any, sizes: dict[str, int]) -> bool:
    shape, content = fact.shape, fact.content
    return (
        fact.dtype in (None, dtype_name(value.dtype))
        and (shape is None or _are_sizes(shape, value.shape, sizes))
        and (content is None or _are_sizes(content, value.flatten().tolist(), sizes))
    )


def _are_sizes(known: tuple[Size, ...], real: Any, sizes: dict[str, int]) -> bool:
    return len(known) == len(real) and all(_is_size(*pair, sizes) for pair in zip(known, real, strict=True))


def _is_size(known: Size, real: Any, sizes: dict[str, int]) -> bool:
    return known is None or real == (sizes.get(known) if isinstance(known, str) else known)


class Lie(NamedTuple):
    """An expression whose value is not as a fact has it."""

    text: str
    fact: str
    value: str


class Experiment:
    """A program with its facts, compiled as if nothing had been found out about it."""

    def __init__(self, text: str) -> None:
        source = Source("t.tl", text)
        tree = parse(source)
        context = Context(tree, SIGNATURES, frozenset(CONSTANTS), NOTHING, 0)
        self.program = check_program(tree, context)
        context.problems.raise_any()
        self.known = infer(self.program, SIGNATURES)
        self.lies: list[Lie] = []
        self._nodes = list(self.known.facts)
        with _noting({node: number for number, node in enumerate(self._nodes)}):
            module = generate(self.program)
        self._unit = Unit(self.program, module, compile(ast.fix_missing_locations(module), "t.tl", "exec"))
        self._impossible = {f.span for f in self.findings if not f.calls and _is_of_value(f)}

    @property
    def findings(self) -> list[Finding]:
        """What the inference has found."""
        return list(self.known.findings.values())

    @property
    def is_refused(self) -> bool:
        """Whether the program has an error."""
        return any(each.certain for each in self.findings)

    def run(self) -> TensorLogicError | None:
        """Run everything that there is; gives back how the program itself failed, if it did."""
        names = namespace() | {_SEEN: self._see}
        exec(self._unit.code, names)
        failed = self._attempt(names, program_name(0))
        if self.program.main is not None and failed is None:
            failed = self._attempt(names, main_name(0))
        for trial in self.program.trials:
            self._attempt(names, trial_name(trial, 0))
        return failed

    def _attempt(self, names: dict[str, Any], name: str) -> TensorLogicError | None:
        try:
            with running([self._unit], Session(io.StringIO())):
                names[name]()
        except TensorLogicError as error:
            return error
        return None

    def _see(self, number: int, value: Any) -> Any:
        node = self._nodes[number]
        fact = self.known.facts[node]
        sizes = sys._getframe(1).f_locals.get(SIZES, {})
        if not holds(fact, value, sizes):
            self._lie(node, str(fact) if not isinstance(fact, List) else repr(fact), value)
        if node.span in self._impossible:
            self._lie(node, "impossible", value)
        return value

    def _lie(self, node: checked.Expression, fact: str, value: Any) -> None:
        text = self.program.source.text[node.span.start : node.span.end]
        shown = f"{dtype_name(value.dtype)}{list(value.shape)}" if is_tensor(value) else repr(value)
        self.lies.append(Lie(text, fact, shown[:80]))


def _is_of_value(finding: Finding) -> bool:
    """Whether a finding says that the expression at its place has no value, and not what becomes of the value."""
    message = finding.problem.message
    return not (message.startswith(("a tensor is true", "cannot go through")) or " must be " in message)


@contextmanager
def _noting(numbers: dict[checked.Expression, int]) -> Iterator[None]:
    """Have every expression that is emitted handed to a function, with its number."""
    before = {kind: emitted for kind, emitted in emit.registry.items() if kind is not object}

    def noted(emitted: Callable[..., ast.expr], node: checked.Expression, writer: Writer) -> ast.expr:
        value = emitted(node, writer)
        if isinstance(node, checked.Constant) or node not in numbers:
            return value
        number = writer.constant(numbers[node], node.span)
        return writer.call(_SEEN, node.span, number, value)

    for kind, emitted in before.items():
        emit.register(kind, partial(noted, emitted))
    try:
        yield
    finally:
        for kind, emitted in before.items():
            emit.register(kind, emitted)
