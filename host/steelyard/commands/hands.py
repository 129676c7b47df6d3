"""What a person does with their hands between two steps of a command."""

from __future__ import annotations

from collections.abc import Callable

from steelyard.errors import INTERRUPTED, USAGE, UserError
from steelyard.output import errors

Prompt = Callable[[str], None]
Ask = Callable[[str], str]


def by_word(stays: str, instead: str) -> Ask:
    """Asks something; what is typed before Enter.

    stays: what is so when it is given up. instead: what to do where nobody can press Enter.
    """

    def ask(text: str) -> str:
        errors.print(text, end=" ", markup=False)
        try:
            answer = input().strip()
        except EOFError:
            errors.print()
            raise UserError(USAGE, f"nobody can press Enter here; {stays}. {instead}") from None
        if answer.lower() in ("q", "quit"):
            raise UserError(INTERRUPTED, f"given up; {stays}")
        return answer

    return ask


def by_hand(stays: str, instead: str) -> Prompt:
    """Asks for something to be done, and returns when Enter says that it was. As `by_word`."""
    word = by_word(stays, instead)

    def ask(text: str) -> None:
        word(f"{text}, then press Enter (q gives up).")

    return ask
