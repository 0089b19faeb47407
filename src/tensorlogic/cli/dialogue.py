"""A conversation with a language model: what is said, the answers, and commands that begin with a slash."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tensorlogic.cli.console import take_turns
from tensorlogic.errors import TensorLogicError, UsageError, codes, render

if TYPE_CHECKING:
    from tensorlogic.models.generation import Generating

_UNSEEN: Final = dict.fromkeys({*range(32), *range(127, 160)} - {ord("\n"), ord("\t")})
"""Control characters, which could tell a terminal to do anything: models are files of strangers."""


class Dialogue:
    """What was said so far, and the model that goes on with it."""

    def __init__(self, model: Generating, options: Mapping[str, Any], system: str | None = None) -> None:
        self.model = model
        self.options = options
        self._system = system
        self._said: list[tuple[str, str]] = []

    def answer(self, message: str) -> None:
        """Print the answer to a message while it is generated. Ctrl-C ends the answer; what was said of it stays."""
        begun = [] if self._system is None else [("system", self._system)]
        asked = [*self._said, ("user", message)]
        answer = ""
        try:
            for piece in self.model.stream([*begun, *asked], **self.options):
                print(piece.translate(_UNSEEN), end="", flush=True)
                answer += piece
        except KeyboardInterrupt:
            print("…", end="")
        print()
        self._said = [*asked, ("assistant", answer)]

    def say(self, given: str) -> None:
        """Do what a line asks for, and say what is wrong with it. `EOFError` is the wish to leave."""
        try:
            if given.startswith("/"):
                self._command(given)
            elif given.strip():
                self.answer(given)
        except TensorLogicError as error:
            sys.stdout.flush()
            print(render(error), file=sys.stderr)

    def _command(self, given: str) -> None:
        word, _, rest = given[1:].partition(" ")
        if (command := COMMANDS.get(word)) is None:
            raise UsageError(codes.UNKNOWN_OPTION, f"there is no /{word}", help=f"There are {', '.join(_FORMS)}.")
        command.do(self, rest.strip())

    def help(self, _: str) -> None:
        """What can be typed."""
        width = max(map(len, _FORMS))
        for form, command in zip(_FORMS, COMMANDS.values(), strict=True):
            print(f"{form:{width}}  {command.says}")

    def reset(self, _: str) -> None:
        """Forget what was said."""
        self._said = []

    def system(self, text: str) -> None:
        """Tell the model something that it knows in the whole conversation, which begins anew."""
        self._system, self._said = text or None, []

    def quit(self, _: str) -> None:
        """Leave."""
        raise EOFError


class Command(NamedTuple):
    """One command: what comes after its name, what it is for, what it does."""

    takes: str
    says: str
    do: Callable[[Dialogue, str], None]


COMMANDS: Final = {
    "help": Command("", "This.", Dialogue.help),
    "reset": Command("", "Begin anew: the model forgets what was said.", Dialogue.reset),
    "system": Command("TEXT", "Begin anew, and tell the model this first; nothing without TEXT.", Dialogue.system),
    "quit": Command("", "Leave; so does Ctrl-D.", Dialogue.quit),
}
_FORMS = [f"/{name} {command.takes}".rstrip() for name, command in COMMANDS.items()]


def converse(dialogue: Dialogue) -> None:
    """Talk in a terminal until the user leaves."""
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession()
    print(f"{dialogue.model.metadata.name}. /help tells more, Ctrl-C ends an answer, Ctrl-D leaves.")
    take_turns(lambda: dialogue.say(session.prompt("> ")))
