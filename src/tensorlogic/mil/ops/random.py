"""Random numbers.

A seed of 0 or more gives the same numbers in every run, a negative one others in each. Which numbers a seed gives is
not documented for Core ML, and differs from it.
"""

from tensorlogic.mil.declare import IOS15, Const, Ints, ResultType, Tensor, op


@op(since=IOS15, pure=False)
def random_bernoulli(shape: Ints, result_type: ResultType, prob: Const[float] = 0.5, seed: Const[int] = -1) -> Tensor:
    """1 with the probability `prob`, elsewhere 0."""


@op(since=IOS15, pure=False)
def random_categorical(x: Tensor, mode: Const[str] = "logits", size: Const[int] = 1, seed: Const[int] = -1) -> Tensor:
    """`size` indices along the last axis of x, by its probabilities ("probs") or their logarithms ("logits")."""


@op(since=IOS15, pure=False)
def random_normal(
    shape: Ints,
    result_type: ResultType,
    mean: Const[float] = 0.0,
    stddev: Const[float] = 1.0,
    seed: Const[int] = -1,
) -> Tensor:
    """Numbers of a normal distribution."""


@op(since=IOS15, pure=False)
def random_uniform(
    shape: Ints,
    result_type: ResultType,
    low: Const[float] = 0.0,
    high: Const[float] = 1.0,
    seed: Const[int] = -1,
) -> Tensor:
    """Numbers from `low` on and below `high`, equally likely; `low` where both are the same."""
