"""The commands, a file each: arguments in, a result out, printed by steelyard.output."""

from typing import Annotated

import typer

Address = Annotated[
    str,
    typer.Argument(
        help="Where the terminal is: /dev/ttyACM0, /dev/pts/3, COM3 or socket://HOST:PORT.",
        metavar="ADDRESS",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]
Wait = Annotated[
    float, typer.Option(min=0, help="How many seconds the load may take to come to rest.")
]
AllowTest = Annotated[
    bool,
    typer.Option("--allow-test", help="Accept the TEST key of a virtual terminal."),
]
UNKNOWN_HINT = (
    "This host does not know the terminal. Where it is connected by its cable, `steelyard"
    " provision ADDRESS --serial SERIAL` with its own serial number takes over its key."
)
ALLOW_TEST_HINT = "The key of a virtual terminal says TEST; to accept it, add --allow-test."
