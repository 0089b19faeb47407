"""What the prompt does with what is typed: statements, and commands that begin with a colon."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from tensorlogic.cli.console import interruption
from tensorlogic.errors import TensorLogicError, UsageError, codes, nearest, render
from tensorlogic.runtime.assistance import help_about, names
from tensorlogic.runtime.display import text
from tensorlogic.runtime.interactive import Interaction, is_complete


class Conversation:
    """Runs what is typed, prints what it gives, and says what is wrong with it."""

    def __init__(self, interaction: Interaction) -> None:
        self.interaction = interaction

    def say(self, given: str) -> bool:
        """Run an input and print what it gives; whether it worked. `EOFError` is the wish to leave."""
        try:
            answer = self._command(given) if is_command(given) else self._value(given)
        except TensorLogicError as error:
            self._complain(render(error))
            return False
        except KeyboardInterrupt as error:
            self._complain(interruption(error))
            return False
        if answer is not None:
            print(answer)
        return True

    def read(self, lines: Iterable[str]) -> bool:
        """Run the statements of a text, each as soon as it is complete; whether all worked."""
        given, worked = "", True
        try:
            for line in lines:
                given += line
                if is_complete(given):
                    worked, given = self.say(given) and worked, ""
            return self.say(given) and worked
        except EOFError:
            return worked

    def _complain(self, message: str) -> None:
        sys.stdout.flush()
        print(message, file=sys.stderr)

    def _value(self, given: str) -> str | None:
        value = self.interaction.run(given)
        return None if value is None else text(value)

    def _command(self, given: str) -> str | None:
        word, _, rest = given.strip()[1:].partition(" ")
        if (command := COMMANDS.get(word)) is None:
            raise UsageError(codes.UNKNOWN_OPTION, f"there is no :{word}", help=f"There are {', '.join(_FORMS)}.")
        return command.do(self, rest.strip())

    def help(self, name: str) -> str:
        """What a name means, or without one what can be typed."""
        if not name:
            width = max(map(len, _FORMS))
            lines = [f"{form:{width}}  {c.says}" for form, c in zip(_FORMS, COMMANDS.values(), strict=True)]
            return "\n".join(["Write statements; the value of the last one is shown.", "", *lines])
        found = help_about(self.interaction, name)
        if found is None:
            meant = nearest(name, names(self.interaction))
            help = None if meant is None else f"Did you mean `{meant}`?"
            raise UsageError(codes.UNDEFINED_NAME, f"nothing is named `{name}`", help=help)
        return found

    def type(self, expression: str) -> str:
        """The kind of an expression's value."""
        return self.interaction.kind_of(expression)

    def load(self, path: str) -> None:
        """Run a program as if it were typed here."""
        self.interaction.run_file(Path(path.strip('"')).expanduser())

    def reset(self, _: str) -> None:
        """Forget everything."""
        self.interaction.reset()

    def quit(self, _: str) -> None:
        """Leave."""
        raise EOFError


def is_command(given: str) -> bool:
    """Whether an input is a command, and no part of a program."""
    return given.lstrip().startswith(":")


class Command(NamedTuple):
    """One command: what comes after its name, what it is for, what it does."""

    takes: str
    says: str
    do: Callable[[Conversation, str], str | None]


COMMANDS: Final = {
    "help": Command("[NAME]", "This, or what a builtin, a word or a name of yours means.", Conversation.help),
    "type": Command("EXPRESSION", "The type of a value, and the shape of a tensor.", Conversation.type),
    "load": Command("FILE", "Run a program as if it were typed here.", Conversation.load),
    "reset": Command("", "Forget all variables, functions and imports.", Conversation.reset),
    "quit": Command("", "Leave; so does Ctrl-D.", Conversation.quit),
}
_FORMS = [f":{name} {command.takes}".rstrip() for name, command in COMMANDS.items()]
