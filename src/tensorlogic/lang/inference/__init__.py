"""What can be known of a program's values without running it."""

from tensorlogic.lang.inference.flow import infer

__all__ = ["infer"]
