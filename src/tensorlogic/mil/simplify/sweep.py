"""One walk over a function, from its first operation to its last, in which every rule sees every operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tensorlogic.mil.program import Block, Function, Operand, Operation, Value
from tensorlogic.mil.simplify.scope import Evaluate, Rule, Scope, is_alias
from tensorlogic.mil.types import DType, TensorType


@dataclass(frozen=True)
class Swept:
    """What a sweep made, and whether it found anything to do."""

    body: Block
    changed: bool


def sweep(
    function: Function,
    computed: Callable[[DType], DType],
    evaluate: Evaluate | None,
    rules: Mapping[str, Sequence[Rule]],
    last: Sequence[Rule],
) -> Swept:
    """Apply the rules for each type of operation, and then `last`, the rules for all."""
    operations = list(function.body.walk())
    blocks = [function.body, *(block for each in operations for block in each.blocks)]
    defined = [function.inputs, *(block.inputs for block in blocks), *(each.outputs for each in operations)]
    types = {value.name: value.type for values in defined for value in values}
    uses, kept = _uses(blocks, operations)
    sweeper = _Sweeper(Scope(function.opset, computed, evaluate, types, uses, kept), rules, last)
    return Swept(sweeper.block(function.body), sweeper.changed)


def _uses(blocks: Sequence[Block], operations: Sequence[Operation]) -> tuple[Counter[str], frozenset[str]]:
    """How often each value is used, and which ones are what a block yields."""
    yielded = [name for block in blocks for name in block.outputs]
    uses = Counter(yielded)
    for operation in operations:
        uses.update(operation.names)
    return uses, frozenset(yielded)


@dataclass
class _Sweeper:
    scope: Scope
    rules: Mapping[str, Sequence[Rule]]
    last: Sequence[Rule]
    changed: bool = False
    replaced: dict[str, Operand] = field(default_factory=dict)
    """Values that another one stands for from here on."""

    def block(self, block: Block) -> Block:
        scope = self.scope
        scope.types.update({value.name: value.type for value in block.inputs})
        taken = _taken(block, scope)
        emitted: list[Operation] = []
        around, scope.local, scope.seen = scope.local, set(), scope.seen.new_child()
        for operation in block.operations:
            self._visit(self._current(operation, taken), emitted)
        scope.local, scope.seen = around, scope.seen.parents
        return replace(block, operations=tuple(emitted))

    def _current(self, operation: Operation, taken: Mapping[str, Value]) -> Operation:
        """The operation with the values of now, under the names that its results are to have."""
        operation = self._with_replaced(operation)
        if any(value.name in taken for value in operation.outputs):
            for value in operation.outputs:
                if value.name in taken:
                    self._stand_for(value.name, taken[value.name].name)
            outputs = tuple(taken.get(value.name, value) for value in operation.outputs)
            operation = replace(operation, outputs=outputs)
        if operation.blocks:
            operation = replace(operation, blocks=tuple(self.block(each) for each in operation.blocks))
        return operation

    def _with_replaced(self, operation: Operation) -> Operation:
        if self.replaced.keys().isdisjoint(operation.names):
            return operation
        inputs = {
            parameter: tuple(self.replaced.get(each, each) if isinstance(each, str) else each for each in operands)
            for parameter, operands in operation.inputs.items()
        }
        return replace(operation, inputs=inputs)

    def _visit(self, operation: Operation, emitted: list[Operation]) -> None:
        for rule in (*self.rules.get(operation.type, ()), *self.last):
            found = rule(operation, self.scope)
            if found is not None:
                self._exchange(operation, found)
                for each in found:
                    self._visit(self._with_replaced(each), emitted)
                return
        if not is_alias(operation) or not self._is_replaced(operation):
            emitted.append(operation)
            for value in operation.outputs:
                self.scope.types[value.name] = value.type
                self.scope.producers[value.name] = operation
                self.scope.local.add(value.name)

    def _exchange(self, operation: Operation, found: Sequence[Operation]) -> None:
        self.changed = True
        self.scope.uses.subtract(operation.names)
        for each in found:
            self.scope.uses.update(each.names)

    def _is_replaced(self, operation: Operation) -> bool:
        """Let what goes into an identity stand for what comes out. False where its name must stay."""
        (operand,), (value,) = operation.inputs["x"], operation.outputs
        if operand == value.name:  # it is computed under this name already
            return True
        if value.name in self.scope.kept:
            return False
        self._stand_for(value.name, operand)
        return True

    def _stand_for(self, name: str, operand: Operand) -> None:
        self.changed = True
        self.replaced[name] = operand
        if isinstance(operand, str):
            self.scope.uses[operand] += self.scope.uses[name] - 1


def _taken(block: Block, scope: Scope) -> dict[str, Value]:
    """For values that the block yields through an identity: the output under whose name to compute them at once."""
    made = {value.name: operation for operation in block.operations for value in operation.outputs}
    taken: dict[str, Value] = {}
    for operation in block.operations:
        source = operation.inputs["x"][0] if is_alias(operation) else None
        if isinstance(source, str) and source in made and source not in scope.kept and source not in taken:
            (output,) = operation.outputs
            (had,) = (value for value in made[source].outputs if value.name == source)
            if output.name in block.outputs and _takes_name(made[source], had, output, scope):
                taken[source] = output
    return taken


def _takes_name(producer: Operation, had: Value, output: Value, scope: Scope) -> bool:
    """Whether the result of `producer` can be the output itself, in its type."""
    if producer.type == "const" or not (isinstance(had.type, TensorType) and isinstance(output.type, TensorType)):
        return had.type == output.type
    return scope.computed(had.type.dtype) == scope.computed(output.type.dtype)
