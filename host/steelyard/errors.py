"""What a person is told when something cannot be done.

Owns: the exit codes of the command line and the one exception that carries a sentence for people.
Refuses: nothing. Units: none.
"""

OK = 0
VERDICT = 1  # something was checked and did not pass
USAGE = 2
NO_DEVICE = 3
REFUSED = 4
BUG = 5
INTERRUPTED = 130  # as shells count: 128 + SIGINT
CLOSED = 141  # 128 + SIGPIPE: whoever read our output wants no more of it


class UserError(Exception):
    """Ends a command: `sentence` says what happened and what to do; `exit_code`: one of above."""

    def __init__(self, exit_code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
        self.sentence = sentence


class DeviceRefused(UserError):
    """The terminal answered ERROR. code, name and the sentence are the terminal's."""

    def __init__(self, code: int, name: str, sentence: str) -> None:
        super().__init__(REFUSED, f"the terminal refused: {sentence} [{code} {name}]")
        self.code = code
        self.name = name


class NoDevice(UserError):
    """There is no terminal at the address, or not one that we can talk to."""

    def __init__(self, sentence: str) -> None:
        super().__init__(NO_DEVICE, sentence)


class AtPrompt(NoDevice):
    """A board answers at the address, but at its MicroPython prompt."""

    def __init__(self, address: str, last_words: str) -> None:
        super().__init__(
            f"the board at {address} is at the MicroPython prompt: the terminal's program has"
            f" stopped{last_words}, or there is none yet. Start it with `steelyard reset"
            f" {address}`, or put it there with `steelyard flash`",
        )
