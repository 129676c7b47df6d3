"""The program: `steelyard`, or `python -m steelyard`.

Owns: what ends it from outside. Ctrl-C is answered from the first moment, and a closed window or a
`kill` lets it clean up. Refuses: nothing. Units: none.
"""

from __future__ import annotations

import signal
import sys


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


def main() -> None:
    """Run the command line and exit with its code."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), _end)
    try:
        # Here, so that Ctrl-C during the second that it takes has an answer too.
        from steelyard.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("steelyard: interrupted\n")
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
