"""Transcripts: every line that went over, without the secrets in it.

Owns: what a secret is on the line (the arguments of these commands), the file.
Refuses: with UserError, a file that cannot be written. Units: seconds since 1970.
"""

from __future__ import annotations

import os
from pathlib import Path

from steelyard.errors import USAGE, UserError

SECRET_COMMANDS = ("PROVISION", "WIFI", "UNLOCK")


def add_line(transcript: Path, line: str) -> None:
    """A line more in a transcript, whole or not at all; UserError where it cannot be written."""
    left = f"{line}\n".encode()
    try:
        # Unbuffered: what could not be written may not come later, nor half of it stay.
        with transcript.open("ab", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            try:
                while left:
                    left = left[file.write(left) :]
            except OSError:
                file.truncate(end)
                raise
    except OSError as error:
        raise UserError(
            USAGE,
            f"the transcript {transcript} cannot be written: {error.strerror}. What the terminal"
            " did is kept there; free space, then run the same command again",
        ) from None


def redact(text: str) -> str:
    """A command line without the secrets in it."""
    words = text.split(" ")
    at = 1 if words[0].startswith("@") else 0
    if len(words) > at and words[at].upper() in SECRET_COMMANDS:
        return " ".join([*words[: at + 1], "(arguments withheld)"])
    return text
