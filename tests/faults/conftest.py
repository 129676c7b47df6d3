"""The sum of all cuts, lines and sequences of keys, told at the end of a run.

Owns: what `make soak` prints beside pytest's own line. Refuses: nothing. Units: cuts, lines,
sequences.
"""

from __future__ import annotations

import pytest

# What a test counts: what that is, and what did not come of it.
_COUNTED = {
    "cuts": ("power cuts", "lost nothing"),
    "lines": ("lines without a right", "changed nothing, lost no sample"),
    "sequences": ("sequences of keys with 2 kg on the pan", "did what is documented"),
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up what the tests said of themselves, in whichever process they ran."""
    for name in ("passed", "failed"):
        said = [
            entry
            for report in terminalreporter.stats.get(name, [])
            for entry in report.user_properties
        ]
        for counted, (what, good) in _COUNTED.items():
            numbers = [value for key, value in said if key == counted]
            if numbers:
                end = good if name == "passed" else "in runs that failed"
                terminalreporter.write_line(f"{what}: {sum(numbers)} {end}")
