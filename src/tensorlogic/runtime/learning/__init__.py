"""Training: learnable tensors moved so that an objective becomes smaller.

`learn` runs the steps of a ``learn`` block, `by_hand` surrounds one that calls ``backward`` itself. Both take
`Options`, which `read_options` makes of the words of the block.
"""

from tensorlogic.runtime.learning.hand import Hand, by_hand
from tensorlogic.runtime.learning.history import History
from tensorlogic.runtime.learning.options import Choice, Options, read_options
from tensorlogic.runtime.learning.training import learn

__all__ = ["Choice", "Hand", "History", "Options", "by_hand", "learn", "read_options"]
