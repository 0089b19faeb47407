"""Attention. Shapes: the leading axes of all operands are the same; l queries, s keys, e and v numbers in each."""

from tensorlogic.mil.declare import IOS18, Tensor, op


@op(since=IOS18)
def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None) -> Tensor:
    """softmax(query @ key.T / sqrt(e) + attn_mask) @ value, [..., l, v], for query [..., l, e] and value [..., s, v].

    A mask broadcasts to [..., l, s]; of booleans, it says which keys take part. What a query gets for which none
    does is open.
    """
