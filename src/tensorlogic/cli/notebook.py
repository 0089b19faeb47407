"""The language in Jupyter: a kernel whose cells are the inputs of one interaction."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, ClassVar

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

from tensorlogic import __version__
from tensorlogic.cli.console import interruption
from tensorlogic.errors import TensorLogicError, render
from tensorlogic.runtime.assistance import completions, help_about
from tensorlogic.runtime.display import text
from tensorlogic.runtime.interactive import Interaction, is_complete
from tensorlogic.runtime.session import Permissions, Session

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)?")


class TensorLogicKernel(Kernel):
    """Runs cells; what they print goes to the notebook as it comes."""

    permissions: ClassVar[Permissions] = Permissions()
    """What the cells may do: decided where the kernel is started."""

    implementation = "tensorlogic"
    implementation_version = __version__
    banner = f"TensorLogic {__version__}"
    language_info: ClassVar[dict[str, Any]] = {
        "name": "tensorlogic",
        "version": __version__,
        "mimetype": "text/x-tensorlogic",
        "file_extension": ".tl",
        "pygments_lexer": "tensorlogic",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._out: Any = sys.stdout
        self._interaction = Interaction(Session(self._out, Path.cwd(), self.permissions))
        sys.stdin = _Asking(self)  # as much of a file as `input` reads

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: dict[str, Any] | None = None,
        allow_stdin: bool = False,
        **_: Any,
    ) -> dict[str, Any]:
        """Run a cell."""
        self._allow_stdin = allow_stdin
        self._out.set_parent(self.get_parent())  # what is printed belongs to this cell
        try:
            value = self._interaction.run(code)
        except TensorLogicError as error:
            return self._failed(f"{type(error).__name__} {error.code.id}", error.diagnostics[0].message, render(error))
        except KeyboardInterrupt as error:
            return self._failed("KeyboardInterrupt", "", interruption(error))
        finally:
            self._out.flush()
        if value is not None and not silent:
            data = {"text/plain": text(value)}
            result = {"execution_count": self.execution_count, "data": data, "metadata": {}}
            self.send_response(self.iopub_socket, "execute_result", result)
        return {"status": "ok", "execution_count": self.execution_count, "payload": [], "user_expressions": {}}

    def _failed(self, name: str, message: str, shown: str) -> dict[str, Any]:
        error = {"ename": name, "evalue": message, "traceback": shown.splitlines()}
        self.send_response(self.iopub_socket, "error", error)
        return {"status": "error", "execution_count": self.execution_count, **error}

    async def do_complete(self, code: str, cursor_pos: int | None) -> dict[str, Any]:
        """The ways to go on at the cursor."""
        end = len(code) if cursor_pos is None else cursor_pos
        start, texts = completions(self._interaction, code[:end])
        return {"status": "ok", "matches": list(texts), "cursor_start": start, "cursor_end": end, "metadata": {}}

    async def do_inspect(
        self, code: str, cursor_pos: int | None, detail_level: int = 0, omit_sections: Any = ()
    ) -> dict[str, Any]:
        """Help about the name at the cursor, or the last one before it."""
        end = len(code) if cursor_pos is None else cursor_pos
        names = [found[0] for found in _NAME.finditer(code) if found.start() <= end]
        shown = help_about(self._interaction, names[-1]) if names else None
        data = {} if shown is None else {"text/plain": shown}
        return {"status": "ok", "found": bool(data), "data": data, "metadata": {}}

    async def do_is_complete(self, code: str) -> dict[str, Any]:
        """Whether a console should run the text, or wait for more lines."""
        return {"status": "complete"} if is_complete(code) else {"status": "incomplete", "indent": ""}


class _Asking:
    """The standard input of a cell: a line is asked of the user."""

    def __init__(self, kernel: TensorLogicKernel) -> None:
        self._kernel = kernel

    def readline(self) -> str:
        """A line."""
        return f"{self._kernel.raw_input()}\n"


def start(connection: str, permissions: Permissions) -> None:
    """Serve the front end that a connection file describes, until it ends the kernel."""
    TensorLogicKernel.permissions = permissions
    IPKernelApp.launch_instance(argv=["-f", connection], kernel_class=TensorLogicKernel)
