"""States: values that live from one prediction to the next. What was written last is what is read next."""

from tensorlogic.mil.declare import IOS18, State, Tensor, op


@op(since=IOS18, pure=False)
def read_state(input: State) -> Tensor:
    """The value of a state at this point of the program."""


@op(since=IOS18, pure=False)
def write_state(input: State, data: Tensor) -> None:
    """Give a state another value, of the same type."""


@op(since=IOS18, pure=False)
def coreml_update_state(state: State, value: Tensor) -> Tensor:
    """Give a state another value, and give that value."""
