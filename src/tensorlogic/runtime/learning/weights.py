"""The tensors that are trained: which they are, and those of 16 bits with their float32 copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import RUN_FAILED
from tensorlogic.runtime.lazy import is_tensor, torch
from tensorlogic.runtime.structs import Struct

FIRST_SCALE: Final = 2.0**15
"""The loss is multiplied by so much to begin with, where gradients are float16; less if those overflow."""
PATIENT_STEPS: Final = 2000
"""After so many steps without an overflow, the scale is doubled (Micikevicius et al., 2018)."""


def learnables(variables: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """The learnable tensors among values, also inside structs, records and lists: ``w``, ``net.w``, ``layers[0].w``."""
    found = {id(tensor): (name, tensor) for name, tensor in reversed(list(_tensors(variables))) if is_learnable(tensor)}
    return dict(reversed(found.values()))


def is_learnable(value: object) -> bool:
    """Whether a value is a tensor that training may change."""
    return is_tensor(value) and value.requires_grad and value.is_leaf


def _tensors(variables: Mapping[str, Any]) -> Iterator[tuple[str, torch.Tensor]]:
    waiting, seen = list(variables.items())[::-1], set[int]()
    while waiting:
        name, value = waiting.pop()
        if is_tensor(value):
            yield name, value
        elif id(value) not in seen:
            seen.add(id(value))
            waiting += reversed(list(_inside(name, value)))


def _inside(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Struct):
        value = value.values
    if isinstance(value, Mapping):
        yield from ((f"{name}.{key}", item) for key, item in value.items())
    elif isinstance(value, list):
        yield from ((f"{name}[{index}]", item) for index, item in enumerate(value))


def leaves(loss: torch.Tensor) -> list[torch.Tensor]:
    """The learnable tensors that a loss depends on, in the order in which its operations are met."""
    waiting, seen, found = [loss.grad_fn], set[object](), list[torch.Tensor]()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if (leaf := getattr(node, "variable", None)) is not None:
            found.append(leaf)
        waiting += [before for before, _ in reversed(node.next_functions)]
    return found


def propagate(loss: torch.Tensor, again: bool = False) -> None:
    """Add the gradient of a loss to those of its leaves; `again` if that is to be done once more."""
    try:
        torch.autograd.backward(loss, retain_graph=again)
    except RuntimeError as error:
        if "second time" not in str(error):
            raise
        message = "the gradients of this loss have been worked out already"
        raise SourceError(RUN_FAILED, message, help="Compute the loss anew before each backward(…).") from None


class Weights:
    """Learnable tensors by their names, and what an optimizer moves for them.

    Those of float16 and bfloat16 have float32 masters, so that steps smaller than their own precision add up. Where
    there is a float16, the loss is scaled so that small gradients do not become 0 in it.
    """

    def __init__(self, parameters: Mapping[str, torch.Tensor]) -> None:
        self.parameters = dict(parameters)
        self.masters = {n: p.detach().float() for n, p in self.parameters.items() if p.dtype in _short()}
        self.trained = self.parameters | self.masters
        self.scale = FIRST_SCALE if any(p.dtype == torch.float16 for p in self.parameters.values()) else 1.0
        self.good_steps = 0
        self.proven = False
        """Whether a step has been made with the scale: the first one looks for it."""
        self._scales = self.scale != 1.0
        self._tensors = list(self.parameters.values())
        self._pairs = [(self.parameters[name], master) for name, master in self.masters.items()]

    def differentiate(self, loss: torch.Tensor) -> bool:
        """Give the trained tensors their gradients; False where those overflowed, and no step may be made."""
        if not self._scales:
            self._clear()
            propagate(loss)
            self._hand_over(1.0)
            return True
        while not (fine := self._try(loss)) and not self.proven and self.scale > 1:
            self.scale /= 2
        self._rescale(fine)
        return fine

    def publish(self) -> None:
        """Give the parameters the values of their masters."""
        for parameter, master in self._pairs:
            parameter.data.copy_(master)

    def gradients(self) -> list[torch.Tensor]:
        """The gradients of the trained tensors that the loss depends on."""
        return [tensor.grad for tensor in self.trained.values() if tensor.grad is not None]

    def _clear(self) -> None:
        for tensor in self._tensors:
            tensor.grad = None

    def _try(self, loss: torch.Tensor) -> bool:
        self._clear()
        propagate(loss.float() * self.scale, again=not self.proven)
        self._hand_over(self.scale)
        return all(bool(gradient.isfinite().all()) for gradient in self.gradients())

    def _hand_over(self, scale: float) -> None:
        """Gradients of parameters as those of their masters, and all of them without the scale."""
        for parameter, master in self._pairs:
            master.grad = None if parameter.grad is None else parameter.grad.float()
        if scale != 1:
            for tensor in self.trained.values():
                if tensor.grad is not None:
                    tensor.grad.div_(scale)

    def _rescale(self, fine: bool) -> None:
        self.proven = True
        self.good_steps = self.good_steps + 1 if fine else 0
        if not fine:
            self.scale = max(1.0, self.scale / 2)
        elif self.good_steps % PATIENT_STEPS == 0:
            self.scale *= 2


def _short() -> tuple[torch.dtype, ...]:
    return torch.float16, torch.bfloat16
