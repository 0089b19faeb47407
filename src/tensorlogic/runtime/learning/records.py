"""What is kept of trainings beside their results: tables and pictures, as programs and ``tl run`` ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tensorlogic.runtime.learning.history import Epoch, History, Note, logged
from tensorlogic.runtime.learning.options import Options
from tensorlogic.runtime.learning.plotting import draw
from tensorlogic.runtime.session import CURRENT


@contextmanager
def recording(history: History, options: Options) -> Iterator[Note]:
    """What is told of the epochs of a training; those that the history has already are noted first.

    The pictures are drawn when the block ends, also where it fails. The session's files hold all trainings of a run.
    """
    session = CURRENT.get()
    session.trainings.append(history)
    with logged(options.log) as own, logged(session.log, len(session.trainings)) as common:

        def note(number: int, epoch: Epoch) -> None:
            own(number, epoch)
            common(number, epoch)

        for number, epoch in enumerate(history.epochs, 1):
            note(number, epoch)
        try:
            yield note
        finally:
            if options.plot is not None:
                draw(options.plot, [history])
            if session.plot is not None:
                draw(session.plot, session.trainings)
