from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from scipy import special
from torch import nn

from .harness import case, suite

RANDOM = np.random.default_rng(9)
attention = partial(case, "scaled_dot_product_attention", opset=18)


def random(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def operands(*batch: int) -> dict[str, np.ndarray]:
    """5 queries and 3 keys of 4 numbers, and values of 6."""
    return {"query": random(*batch, 5, 4), "key": random(*batch, 3, 4), "value": random(*batch, 3, 6)}


def attended(query: np.ndarray, key: np.ndarray, value: np.ndarray, mask: Any = 0.0) -> np.ndarray:
    if np.asarray(mask).dtype == np.bool_:
        mask = np.where(mask, 0, -np.inf)
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1]) + mask
    return special.softmax(scores, axis=-1) @ value


def of_torch(query: np.ndarray, key: np.ndarray, value: np.ndarray) -> np.ndarray:
    """One head, whose projections change nothing."""
    layer = nn.MultiheadAttention(4, 1, bias=False, batch_first=True, dtype=torch.float64)
    layer.load_state_dict({"in_proj_weight": torch.eye(4).repeat(3, 1), "out_proj.weight": torch.eye(4)})
    with torch.no_grad():
        return layer(torch.from_numpy(query), torch.from_numpy(key), torch.from_numpy(value))[0].numpy()


SOME = np.bool_([[True, False, True]] * 4 + [[False, True, False]])

CASES = [
    *[attention(**operands(*batch), want=attended) for batch in [(2,), (2, 3), (2, 3, 2)]],
    attention(query=random(2, 5, 4), key=random(2, 3, 4), value=random(2, 3, 4), want=of_torch),
    attention(**operands(2, 3), dynamic=True, want=attended),
    # Masks broadcast; a boolean one says which keys take part.
    attention(**operands(2, 3), attn_mask=SOME, want=attended),
    attention(**operands(2, 3), attn_mask=SOME[0], want=attended),
    attention(**operands(2, 3), attn_mask=SOME[None, :1], want=attended),
    attention(**operands(2, 3), attn_mask=RANDOM.random((2, 1, 5, 3)) < 2, want=attended),
    attention(**operands(2, 3), attn_mask=random(5, 3), want=attended),
    attention(**operands(2, 3), attn_mask=random(3, 1, 3), dynamic=True, want=attended),
    attention(**operands(2), attn_mask=np.where(SOME, 0, -np.inf).astype(np.float32), want=attended),
    # A mask of another float type, with a number that float16 has not.
    attention(**operands(2, 3), attn_mask=np.where(SOME, 0, -6e4).astype(np.float16), want=attended),
    # In float16 the products are too large, the result is not.
    attention(query=np.full((1, 1, 4), 200, np.float32), key=np.float32([[[200] * 4, [100] * 4]]),
              value=np.float32([[[1, 2], [3, 4]]]), want=np.float32([[[1, 2]]])),
]  # fmt: skip

test_cases = suite(CASES)
