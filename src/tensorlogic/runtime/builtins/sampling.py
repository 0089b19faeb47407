"""Choosing the next token.

`logits` say how likely each token is: [tokens], or [..., tokens], of which the last row counts where a token is drawn.
`seed` makes what is drawn repeatable.
"""

from __future__ import annotations

import math
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import RUN_FAILED, WRONG_ARGUMENTS
from tensorlogic.lang.inference import rules
from tensorlogic.runtime.convert import as_int, as_number, as_tensor
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, builtin_named, gives
from tensorlogic.runtime.session import CURRENT

_GREEDY = 1e-4
"""A temperature below this takes the best token."""
_ONE = 1e-2
"""How far from 1 the sum of probabilities may be."""


@builtin
def temperature(logits: Any, t: float) -> torch.Tensor:
    """logits / t, for a t above 0: below 1 what is likely becomes more likely, above 1 less."""
    if not as_number(t) > 0:
        raise SourceError(WRONG_ARGUMENTS, f"a temperature is above 0, not {t}")
    return as_tensor(logits) / as_number(t)


@builtin
@gives(rules.like("logits"))
def top_k(logits: Any, k: int) -> torch.Tensor:
    """The k largest along the last axis; the others become minus infinity, which softmax makes 0 (Fan et al., 2018)."""
    tensor = as_tensor(logits)
    if not 1 <= as_int(k) <= tensor.shape[-1]:
        raise SourceError(WRONG_ARGUMENTS, f"k is from 1 to {tensor.shape[-1]}, the number of tokens, not {k}")
    values, indices = tensor.topk(as_int(k))
    return torch.full_like(tensor, -math.inf).scatter(-1, indices, values)


@builtin
@gives(rules.like("logits"))
def top_p(logits: Any, p: float) -> torch.Tensor:
    """The fewest of the largest along the last axis whose probabilities come to p (Holtzman et al., 2019).

    The others become minus infinity, which softmax makes 0. p is from 0 to 1, and the best is always there.
    """
    tensor = as_tensor(logits)
    if not 0 <= as_number(p) <= 1:
        raise SourceError(WRONG_ARGUMENTS, f"p is from 0 to 1, not {p}")
    values, indices = tensor.sort(descending=True, stable=True)
    chances = values.softmax(-1)
    enough = chances.cumsum(-1) - chances >= as_number(p)
    enough[..., 0] = False
    return torch.full_like(tensor, -math.inf).scatter(-1, indices, values.masked_fill(enough, -math.inf))


@builtin
def sample(probabilities: Any) -> int:
    """An index, drawn with the probabilities [tokens], which are not negative and come to 1."""
    chances = as_tensor(probabilities).float()
    if chances.ndim != 1 or not math.isclose(float(chances.sum()), 1, abs_tol=_ONE) or bool((chances < 0).any()):
        raise SourceError(RUN_FAILED, "probabilities are one row of numbers that are not negative and come to 1")
    return int(torch.multinomial(chances, 1, generator=CURRENT.get().generator))


@builtin
@builtin_named("sample_temperature")
def temperature_sample(logits: Any, t: float = 1.0) -> int:
    """A token, drawn from softmax(logits / t); with a t below 0.0001 the best one."""
    row = _last(logits)
    return int(row.argmax()) if as_number(t) < _GREEDY else sample((row / as_number(t)).softmax(-1))


@builtin
def top_p_sample(logits: Any, p: float, t: float = 1.0) -> int:
    """A token, drawn from the fewest whose probabilities come to p, at the temperature t (see `top_p`)."""
    return sample(top_p(_last(logits) / as_number(t), p).softmax(-1))


@builtin
def top_k_sample(logits: Any, k: int, t: float = 1.0) -> int:
    """A token, drawn from the k best, at the temperature t (see `top_k`)."""
    return sample(top_k(_last(logits) / as_number(t), k).softmax(-1))


def _last(logits: Any) -> torch.Tensor:
    tensor = as_tensor(logits).float()
    return tensor.reshape(-1, tensor.shape[-1])[-1]


@builtin
def print_top_k(logits: Any, k: int = 5) -> None:
    """Write the k best tokens, the best first, one in each line: the token and its logit."""
    values, indices = _last(logits).topk(as_int(k))
    lines = [f"      Top {k} logits:"]
    lines += [f"        [{i:5d}] = {v:10.4f}" for v, i in zip(values.tolist(), indices.tolist(), strict=True)]
    CURRENT.get().out.write("\n".join(lines) + "\n")
