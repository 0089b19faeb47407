"""The application and its commands."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tensorlogic import __version__
from tensorlogic.cli import (
    INTERRUPTED,
    advise,
    bench,
    cache,
    chat,
    check,
    compile,
    convert,
    devices,
    diff,
    explain,
    fmt,
    inspect,
    kernel,
    lsp,
    predict,
    repl,
    run,
    serve,
    test,
    verify,
)
from tensorlogic.cli.console import interruption


class Commands(TyperGroup):
    """The commands, which say what Ctrl-C has ended: Typer would exit without a word."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            sys.stdout.flush()
            print(interruption(error), file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="tl",
    cls=Commands,
    help="TensorLogic: tensors, logic, and Core ML models on any machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"tl {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None: ...


for command in (
    *(run.run, repl.repl, check.check, compile.compile, test.test, fmt.fmt, explain.explain, lsp.lsp),
    *(inspect.inspect, advise.advise, verify.verify, predict.predict, diff.diff, convert.convert, bench.bench),
    *(devices.devices, chat.chat, serve.serve),
):
    app.command()(command)
app.add_typer(cache.app, name="cache")
app.add_typer(kernel.app, name="kernel")
