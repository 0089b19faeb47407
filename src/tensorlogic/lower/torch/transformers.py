"""Attention."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorlogic.lower.torch.registry import implements
from tensorlogic.mil.ops import transformers as ops


@implements(ops.scaled_dot_product_attention)
def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None) -> Tensor:
    if attn_mask is not None:
        attn_mask = attn_mask if attn_mask.dtype == torch.bool else attn_mask.to(query.dtype)
        attn_mask = attn_mask.expand(*query.shape[:-1], key.shape[-2])
    return F.scaled_dot_product_attention(query, key, value, attn_mask)
