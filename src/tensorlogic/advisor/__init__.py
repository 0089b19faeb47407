"""What is expected of a model on the Neural Engine, from the file alone. Nothing here prints."""

from tensorlogic.advisor.advice import Advice, advise

__all__ = ["Advice", "advise"]
