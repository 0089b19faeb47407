"""Python from inside a program, where its user allows it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tensorlogic.errors import SourceError
from tensorlogic.errors.codes import IMPORT_NOT_FOUND, NO_MEMBER, NOT_ALLOWED, RUN_FAILED, UNDEFINED_NAME
from tensorlogic.runtime.lazy import is_tensor
from tensorlogic.runtime.session import CURRENT
from tensorlogic.runtime.values import adopt


class Python:
    """The value ``python``: its method calls what ``python import`` has made known."""

    __tl_members__ = frozenset({"call"})

    def __str__(self) -> str:
        return "<python>"

    def call(self, path: str, *arguments: Any) -> Any:
        """The value of a Python function, named with its module: ``python.call("np.sum", x)``.

        Tensors are given as NumPy arrays, and arrays come back as tensors.
        """
        _check_allowed()
        modules = CURRENT.get().python_modules
        alias, _, names = path.rpartition(".")
        while alias and alias not in modules:
            alias, _, name = alias.rpartition(".")
            names = f"{name}.{names}"
        if not alias:
            message = f'no Python module is imported as the beginning of "{path}"'
            raise SourceError(UNDEFINED_NAME, message, help="Import it: python import … as …")
        function = modules[alias]
        for name in names.split("."):
            function = _attribute(function, name)
        try:
            return adopt(function(*map(_as_array, arguments)))
        except Exception as error:
            raise SourceError(RUN_FAILED, f"{path} failed: {type(error).__name__}: {error}") from error


def python_import(module: str, alias: str) -> None:
    """``python import module as alias``."""
    _check_allowed()
    try:
        CURRENT.get().python_modules[alias] = import_module(module)
    except Exception as error:
        message = f"cannot import the Python module {module}: {error}"
        raise SourceError(IMPORT_NOT_FOUND, message) from error


def _check_allowed() -> None:
    if not CURRENT.get().permissions.python:
        help = "Allow it if you trust the program: tl run --allow-python."
        raise SourceError(NOT_ALLOWED, "this program is not allowed to run Python", help=help)


def _attribute(value: Any, name: str) -> Any:
    try:
        return getattr(value, name)
    except AttributeError as error:
        raise SourceError(NO_MEMBER, f"Python says: {error}") from None


def _as_array(value: Any) -> Any:
    return value.detach().cpu().numpy() if is_tensor(value) else value
