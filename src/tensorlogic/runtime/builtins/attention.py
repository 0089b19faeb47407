"""Attention, masks, positions, and the keys and values that a decoder remembers.

A mask is 1 where a place may look and 0 where it may not.
"""

from __future__ import annotations

from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import RUN_FAILED, WRONG_SHAPE
from tensorlogic.lang.inference import layering
from tensorlogic.runtime.convert import as_int, as_ints, as_number, as_tensor
from tensorlogic.runtime.kinds import kind
from tensorlogic.runtime.lazy import torch
from tensorlogic.runtime.registry import builtin, builtin_named, gives
from tensorlogic.runtime.sizes import check_size


@builtin
def causal_mask(size: int) -> torch.Tensor:
    """1 where a place may look, at itself and those before it, else 0: float32 [size, size]."""
    check_size([as_int(size)] * 2, torch.float32)
    return torch.ones(as_int(size), as_int(size)).tril()


@builtin
def padding_mask(lengths: Any, size: int) -> torch.Tensor:
    """1 in the first places of each row, as many as `lengths` [rows] says, else 0: float32 [rows, size]."""
    tensor = as_tensor(lengths)
    check_size([len(tensor), as_int(size)], torch.float32)
    return (torch.arange(as_int(size)) < tensor[:, None]).float()


@builtin
def combine_masks(a: Any, b: Any) -> torch.Tensor:
    """1 where both masks are: their product."""
    return as_tensor(a) * as_tensor(b)


@builtin
@builtin_named("apply_attention_mask")
def apply_mask(scores: Any, mask: Any) -> torch.Tensor:
    """The scores where the mask is not 0, and -10000 elsewhere, which softmax makes 0."""
    tensor = as_tensor(scores)
    return torch.where(as_tensor(mask) != 0, tensor, torch.tensor(-1e4, dtype=tensor.dtype))


@builtin
@builtin_named("scaled_dot_product_attention")
@gives(layering.attended)
def attention(query: Any, key: Any, value: Any, mask: Any = None, causal: bool = False) -> torch.Tensor:
    """softmax(query @ key' / sqrt(size)) @ value: what the places of `query` find (Vaswani et al., 2017).

    All three are [..., places, size]; there may be more keys than queries, and as many values as keys. `mask` [...,
    places, places of key] is 0 where a place may not look; with `causal`, place i of the queries looks at the keys 0 to
    i only. With heads, [..., heads, places, size], those of the queries may be a multiple of those of keys and values,
    which are then shared (Ainslie et al., 2023).
    """
    q, k, v = as_tensor(query), as_tensor(key), as_tensor(value)
    allowed = None if mask is None else as_tensor(mask) != 0
    if causal and allowed is not None:
        allowed = allowed & torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril()
    shared = q.ndim > 2 and q.shape[-3] != k.shape[-3]
    found: torch.Tensor = torch.nn.functional.scaled_dot_product_attention(
        q, k, v, attn_mask=allowed, is_causal=causal and allowed is None, enable_gqa=shared
    )
    return found


@builtin
def attention_with_cache(
    query: Any, keys: Any, values: Any, output: Any, heads: int = 1, kv_heads: int | None = None
) -> torch.Tensor:
    """Attention of new places [new, heads * size] to all so far, `keys` and `values` [all, kv_heads * size].

    The new places are the last of all, and none looks at those behind it. There are as many heads of keys as of queries
    unless told. `output` [out, heads * size] is the projection of the result: [new, out].
    """
    heads = as_int(heads)
    shared = heads if kv_heads is None else as_int(kv_heads)
    q, k, v = _in_heads(query, heads), _in_heads(keys, shared), _in_heads(values, shared)
    new, past = q.shape[-2], k.shape[-2]
    mask = torch.ones(new, past).tril(past - new)
    found = attention(q, k, v, mask)
    return found.transpose(0, 1).reshape(new, -1) @ as_tensor(output).T


def _in_heads(x: Any, heads: int) -> torch.Tensor:
    """[places, heads * size] as [heads, places, size]."""
    tensor = as_tensor(x)
    if tensor.ndim != 2 or tensor.shape[1] % heads:
        raise SourceError(WRONG_SHAPE, f"{kind(tensor)} does not have {heads} heads side by side in its second axis")
    return tensor.reshape(len(tensor), heads, -1).transpose(0, 1)


@builtin
def positional_encoding(places: int, size: int) -> torch.Tensor:
    """Sines and cosines of the places: float32 [places, size].

    The element [p, i] is sin(p / 10000^(i / size)) for even i and the cosine of the same for odd i, as in the public
    implementation; Vaswani et al. (2017) take i - 1 in the exponent for odd i.
    """
    check_size([as_int(places), as_int(size)], torch.float32)
    index = torch.arange(as_int(size))
    angles = torch.arange(as_int(places))[:, None] / 10000 ** (index / as_int(size))
    return torch.where(index % 2 == 0, angles.sin(), angles.cos())


@builtin
def precompute_rope_cos(size: int, places: int, base: float = 10000.0) -> torch.Tensor:
    """The cosines of the angles of `rope`: float32 [places, size], each twice, for both of a pair."""
    return _angles(size, places, base).cos().repeat_interleave(2, -1)


@builtin
def precompute_rope_sin(size: int, places: int, base: float = 10000.0) -> torch.Tensor:
    """The sines of the angles of `rope`: float32 [places, size], each twice, for both of a pair."""
    return _angles(size, places, base).sin().repeat_interleave(2, -1)


def _angles(size: int, places: int, base: float, offset: int = 0) -> torch.Tensor:
    """The angle of every place and pair: [places, size / 2]."""
    check_size([as_int(places), as_int(size)], torch.float32)
    frequencies = as_number(base) ** (-torch.arange(0, as_int(size), 2) / as_int(size))
    return torch.arange(offset, offset + as_int(places))[:, None] * frequencies


@builtin
def rope(x: Any, cos: Any = 0, sin: Any = None, offset: int = 0, base: float = 10000.0) -> torch.Tensor:
    """Rotary positions (Su et al., 2021): x [..., places, heads, size] with neighbouring pairs turned by their place.

    Pair i of place p is turned by the angle p / base^(2 i / size), in radians; the size is even. ``rope(x, 5)`` counts
    the places from 5, and ``rope(x, cos, sin)`` uses the tables of `precompute_rope_cos` and `precompute_rope_sin`,
    from `offset` on. `cndl_rope` turns the halves of the last axis instead, as models of Hugging Face do.
    """
    tensor = as_tensor(x)
    if tensor.ndim < 3 or tensor.shape[-1] % 2:
        raise SourceError(WRONG_SHAPE, f"rope takes [..., places, heads, even size], not {kind(tensor)}")
    places, size, first = tensor.shape[-3], tensor.shape[-1], as_int(offset)
    if sin is None:
        angles = _angles(size, places, base, first or as_int(cos)).repeat_interleave(2, -1)
        turned = angles.cos(), angles.sin()
    else:
        turned = tuple(as_tensor(each)[first : first + places] for each in (cos, sin))  # type: ignore[assignment]
    if len(turned[0]) < places:
        raise SourceError(WRONG_SHAPE, f"the tables have {len(turned[0])} places from {first} on, x has {places}")
    cosine, sine = (each[:, None].to(tensor.dtype) for each in turned)
    crossed = torch.stack([-tensor[..., 1::2], tensor[..., ::2]], -1).flatten(-2)
    return tensor * cosine + crossed * sine


class KVCache:
    """The keys and values of the layers of a decoder, which grow along their first axis."""

    __tl_members__ = frozenset({"set", "append", "get_k", "get_v", "layers"})

    def __init__(self, layers: int) -> None:
        self._entries: list[tuple[torch.Tensor, torch.Tensor] | None] = [None] * layers

    @property
    def layers(self) -> int:
        """How many layers there are."""
        return len(self._entries)

    def set(self, layer: int, keys: Any, values: Any) -> None:
        """Give a layer its keys and values, [places, …]."""
        self._entries[self._at(layer)] = as_tensor(keys), as_tensor(values)

    def append(self, layer: int, keys: Any, values: Any) -> None:
        """Add keys and values of new places behind those of a layer."""
        place = self._at(layer)
        before = self._entries[place]
        both = as_tensor(keys), as_tensor(values)
        if before is not None:
            both = torch.cat([before[0], both[0]]), torch.cat([before[1], both[1]])
        self._entries[place] = both

    def get_k(self, layer: int) -> torch.Tensor:
        """The keys of a layer."""
        return self._entry(layer)[0]

    def get_v(self, layer: int) -> torch.Tensor:
        """The values of a layer."""
        return self._entry(layer)[1]

    def _at(self, layer: int) -> int:
        index = as_int(layer)
        if not 0 <= index < len(self._entries):
            raise SourceError(RUN_FAILED, f"there is no layer {index} in a cache of {len(self._entries)}")
        return index

    def _entry(self, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
        entry = self._entries[self._at(layer)]
        if entry is None:
            raise SourceError(RUN_FAILED, f"layer {layer} has no keys and values yet")
        return entry

    def __str__(self) -> str:
        return f"<KVCache: {len(self._entries)} layers>"


@builtin_named("KVCache::new", "KVCache::new_f16", "KVCache::new_f32")
def kv_cache(layers: int) -> KVCache:
    """An empty cache of keys and values for so many layers, of tensors of any type.

    ``cache.append(layer, keys, values)`` adds new places along the first axis, ``cache.set(layer, keys, values)``
    replaces them, ``cache.get_k(layer)`` and ``cache.get_v(layer)`` give all so far, and ``cache.layers`` counts the
    layers.
    """
    count = as_int(layers)
    check_size([count], torch.int64)
    return KVCache(count)


@builtin_named("Tensor::create_cache")
def create_cache(places: int, sizes: Any) -> torch.Tensor:
    """An empty float32 tensor [0, sizes…], to which rows are added: ``cache = append(cache, rows)``.

    `places` says how many rows will be added at most; nothing is reserved for them.
    """
    rest = as_ints([sizes])
    check_size([as_int(places), *rest], torch.float32)
    return torch.zeros([0, *rest])
