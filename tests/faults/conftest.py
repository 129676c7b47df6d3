"""The sum of all cuts, told at the end of a run.

Owns: what `make soak` prints beside pytest's own line. Refuses: nothing. Units: cuts.
"""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up what the tests said of themselves, in whichever process they ran."""
    for name in ("passed", "failed"):
        reports = terminalreporter.stats.get(name, [])
        cuts = [
            value for report in reports for key, value in report.user_properties if key == "cuts"
        ]
        if cuts:
            what = "lost nothing" if name == "passed" else "in runs that failed"
            terminalreporter.write_line(f"power cuts: {sum(cuts)} {what}")
