"""The prompt in a terminal: history, several lines, completion, colours."""

from __future__ import annotations

from collections.abc import Iterable

import platformdirs
from prompt_toolkit import PromptSession
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, get_common_complete_suffix
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer

from tensorlogic import __version__
from tensorlogic.cli.console import take_turns
from tensorlogic.cli.conversation import COMMANDS, Conversation, is_command
from tensorlogic.runtime.assistance import completions
from tensorlogic.runtime.highlighting import TensorLogicLexer
from tensorlogic.runtime.interactive import Interaction, is_complete

_INDENT = "    "


def converse(conversation: Conversation) -> None:
    """Talk until the user leaves."""
    session = _session(conversation.interaction)
    print(f"TensorLogic {__version__}. :help tells more, Ctrl-D leaves.")
    take_turns(lambda: conversation.say(session.prompt("tl> ")))


def _session(interaction: Interaction) -> PromptSession[str]:
    return PromptSession(
        history=_history(),
        multiline=True,
        prompt_continuation="... ",
        key_bindings=_keys(),
        lexer=PygmentsLexer(TensorLogicLexer),
        completer=_Names(interaction),
        complete_while_typing=False,
    )


def _history() -> History:
    """What was typed before, in the user's folder for such things if there can be one."""
    try:
        folder = platformdirs.user_state_path("tensorlogic", appauthor=False, ensure_exists=True)
        with (folder / "history").open("a"):
            return FileHistory(str(folder / "history"))
    except OSError:
        return InMemoryHistory()


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _run_or_continue(event: KeyPressEvent) -> None:
        """Run what is complete; else go on in a further line."""
        buffer = event.current_buffer
        if is_command(buffer.text) or is_complete(buffer.text):
            buffer.validate_and_handle()
            return
        line = buffer.document.current_line_before_cursor
        buffer.newline(copy_margin=True)
        if line.rstrip().endswith(("{", "(", "[")):
            buffer.insert_text(_INDENT)

    @keys.add("tab")
    def _complete_or_indent(event: KeyPressEvent) -> None:
        """Complete a name; indent where there is none yet."""
        buffer = event.current_buffer
        if not buffer.document.current_line_before_cursor.strip():
            buffer.insert_text(_INDENT)
        elif buffer.complete_state:
            buffer.complete_next()
        elif common := _common(buffer):
            buffer.insert_text(common)
        else:
            buffer.start_completion()

    @keys.add("}")
    def _close(event: KeyPressEvent) -> None:
        """A brace that closes a block stands below the line that opened it."""
        buffer = event.current_buffer
        line = buffer.document.current_line_before_cursor
        if line and not line.strip():
            buffer.delete_before_cursor(min(len(line), len(_INDENT)))
        buffer.insert_text("}")

    return keys


def _common(buffer: Buffer) -> str:
    """How all ways to complete the text go on."""
    ways = buffer.completer.get_completions(buffer.document, CompleteEvent(completion_requested=True))
    return get_common_complete_suffix(buffer.document, list(ways))


class _Names(Completer):
    """Completes what stands before the cursor."""

    def __init__(self, interaction: Interaction) -> None:
        self._interaction = interaction

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        written = document.text_before_cursor
        if is_command(written) and " " not in written:
            found, start = [f":{name}" for name in COMMANDS if f":{name}".startswith(written)], 0
        else:
            start, texts = completions(self._interaction, written)
            found = list(texts)
        for text in found:
            yield Completion(text, start - len(written))
