"""Every case there is: one file of them for each family of operations."""

from __future__ import annotations

import importlib
import pkgutil

from tensorlogic.mil import ops

from .harness import Case, ProgramCase

FAMILIES = [family.name for family in pkgutil.iter_modules(ops.__path__)]


def every_case() -> list[Case | ProgramCase]:
    modules = [importlib.import_module(f".test_{family}", __package__) for family in FAMILIES]
    return [each for module in modules for each in module.CASES]
