"""``tl kernel``: the language in Jupyter."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from tensorlogic.cli.permissions import ENVIRONMENT, PYTHON, READ, WRITE, allowed

app = typer.Typer(help="Use the language in Jupyter notebooks.", no_args_is_help=True)

_NAME = Annotated[str, typer.Option(help="What Jupyter calls the kernel.")]


@app.command()
def install(
    user: Annotated[bool, typer.Option("--user", help="For the current user: what is done without --prefix.")] = False,
    prefix: Annotated[
        Path | None, typer.Option(metavar="PATH", help="For the environment in this folder, such as .venv.")
    ] = None,
    name: _NAME = "tensorlogic",
    allow_python: PYTHON = False,
    allow_env: ENVIRONMENT = False,
    allow_read: READ = None,
    allow_write: WRITE = None,
) -> None:
    """Make the kernel known to Jupyter. What is allowed here is allowed to every notebook that uses it."""
    if user and prefix is not None:
        raise typer.BadParameter("--user and --prefix exclude each other.")
    flags = ["--allow-python"] * allow_python + ["--allow-env"] * allow_env
    flags += [f"--allow-read={path.resolve()}" for path in allow_read or ()]
    flags += [f"--allow-write={path.resolve()}" for path in allow_write or ()]
    command = [sys.executable, "-m", "tensorlogic", "kernel", "start", "{connection_file}", *flags]
    description = {"argv": command, "display_name": "TensorLogic", "language": "tensorlogic"}
    with TemporaryDirectory() as folder:
        (Path(folder) / "kernel.json").write_text(json.dumps(description, indent=2), encoding="utf-8")
        where = {"user": prefix is None, "prefix": None if prefix is None else str(prefix)}
        print(f"installed in {_specs().install_kernel_spec(folder, name, **where)}")


@app.command()
def uninstall(name: _NAME = "tensorlogic") -> None:
    """Make Jupyter forget the kernel."""
    from tensorlogic.errors import UsageError, codes

    try:
        print(f"removed {_specs().remove_kernel_spec(name)}")
    except KeyError:
        raise UsageError(codes.FILE_NOT_FOUND, f"Jupyter knows no kernel {name}") from None


@app.command(hidden=True)
def start(
    connection: Annotated[str, typer.Argument(help="The file that says where the front end is.")],
    allow_python: PYTHON = False,
    allow_env: ENVIRONMENT = False,
    allow_read: READ = None,
    allow_write: WRITE = None,
) -> None:
    """Run the kernel, as Jupyter does."""
    _package("ipykernel")
    from tensorlogic.cli import notebook

    notebook.start(connection, allowed(allow_python, allow_env, allow_read, allow_write))


def _specs() -> Any:
    """Where Jupyter keeps what it knows about kernels."""
    _package("ipykernel")
    return _package("jupyter_client.kernelspec").KernelSpecManager()


def _package(name: str) -> Any:
    from tensorlogic.errors import UsageError, codes

    try:
        return importlib.import_module(name)
    except ImportError as error:
        help = 'Install it: pip install "tensorlogic-lang[jupyter]".'
        raise UsageError(codes.MISSING_PACKAGE, "the Jupyter kernel needs the package ipykernel", help=help) from error
