"""Engines run programs. Each says what it computes on and what it cannot do, and prepares what it can.

Third parties register more through the entry-point group ``tensorlogic.engines``: an object with the methods of
`Engine` under the engine's name.
"""

from tensorlogic.engines.choosing import ON_REQUEST, REFERENCE, Candidate, Prepared, candidates, missing, prepare
from tensorlogic.engines.protocol import PRECISIONS, Content, Engine, Missing, Session, State
from tensorlogic.engines.registry import engine, engine_names

__all__ = [
    "ON_REQUEST",
    "PRECISIONS",
    "REFERENCE",
    "Candidate",
    "Content",
    "Engine",
    "Missing",
    "Prepared",
    "Session",
    "State",
    "candidates",
    "engine",
    "engine_names",
    "missing",
    "prepare",
]
