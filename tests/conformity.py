"""`make conformity`: each rule of R 76, D 31 and JJF 2184 beside the tests that show it.

Owns: the list of the rules (rows W, Z, S, C, F of metrology.md) and the table. A test shows the
rules whose numbers its name begins with: test_W14_nothing_above_max. Refuses: exit code 1 if one
failed, a test names a rule that is not here, or a rule that should be shown is not.
F1 to F12 are the factory's rows; F8 (a digital calibration certificate) is claimed by nobody.
Units: none.

    python tests/conformity.py [--json FILE]
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich import box
from rich.console import Console
from rich.table import Table

_NAME = re.compile(r"test_((?:[WZSCF]\d+_)+)(\w+)")
# Faults of signal.md, which have a table of their own; a test of F01 to F12 names none of them.
_FAULT = re.compile(r"F(1[3-9]|2[0-4])")
OPEN = "open"


@dataclass
class Rule:
    """One row. owner: what shows it: "here", or what there is not yet."""

    number: str
    text: str
    limit: str
    clause: str
    owner: str = "here"
    results: dict[str, str] = field(default_factory=dict)

    @property
    def result(self) -> str:
        """Of all its tests: open while there is none."""
        if not self.results:
            return OPEN
        return "failed" if "failed" in self.results.values() else "passed"


RULES = [
    Rule("W1", "configuration fits class, n, e, Min", "Tables 3, 4; 1-2-5", "3.2, 4.2.2.1"),
    Rule("W2", "linearity in both directions", "mpe", "3.5.1, A.4.4"),
    Rule("W3", "mpe by bands and partial ranges", "0.5, 1, 1.5 e, edges included", "3.3, 3.5.1"),
    Rule("W4", "repeatability", "spread within mpe", "3.6.1, A.4.10"),
    Rule("W5", "eccentricity", "mpe at Max/3", "3.6.2, A.4.7"),
    Rule("W6", "discrimination", "1.4 d shows d", "3.8.2.2"),
    Rule("W7", "creep and zero return", "0.5 e, 0.2 e; 0.5 e", "3.9.4"),
    Rule("W8", "temperature on zero and span", "1 e in 5 degrees; mpe", "3.9.2"),
    Rule("W9", "no result before warm", "mpe at 0, 5, 15, 30 min", "A.5.2, 5.3.5"),
    Rule("W10", "low supply", "right or blank", "3.9.3"),
    Rule("W11", "converter faults", "blank and alarm", "5.1"),
    Rule("W12", "resolution and noise", "10 counts in e; 0.2 e", "3.5.3.2, 4.5.2"),
    Rule("W13", "gravity", "mpe/3 over the zone", "4.1.2.6"),
    Rule("W14", "blank above the range", "Max + 9 e", "4.2.3"),
    Rule("W15", "tilt, where a sensor is fitted", "right or blank at 50/1000", "3.9.1.1"),
    Rule("W16", "interval of the (partial) range", "e_i up and down; e_1 at zero", "3.3, 4.10"),
    Rule("Z1", "zero and tracking together", "4 % of Max in all", "4.5.1"),
    Rule("Z2", "initial zero", "20 % of Max", "4.5.1"),
    Rule("Z3", "accuracy after zero and tare", "0.25 e", "4.5.2, 4.6.3"),
    Rule("Z4", "rate of tracking", "0.5 d in a second", "4.5.7"),
    Rule("Z5", "when tracking and automatic zero act", "at zero, stable; 5 s", "4.5.6, 4.5.7"),
    Rule("Z6", "centre of zero", "0.25 e", "4.5.5"),
    Rule("Z7", "no zero, no tare in motion", "stable only", "4.4.2, 4.6.8"),
    Rule("Z8", "gross - tare = net", "exactly, in steps of d", "4.6, 3.6.3"),
    Rule("Z9", "tare in direct sale", "grows; cleared at zero", "4.13.3"),
    Rule("Z10", "preset tare rounds", "to d", "4.7.1"),
    Rule("Z11", "registration when stable", "1 e, five disturbances", "4.4.2, A.4.12"),
    Rule("Z12", "an old value goes", "1 s", "4.4.1"),
    Rule("Z13", "negative weights", "shown to -20 d, never sold", "4.2.3"),
    Rule("Z14", "all outputs agree", "identical", "3.6.3"),
    Rule("Z15", "segment test", "all on, all off", "5.3.1", "stage of the display"),
    Rule("Z16", "digits, customer's side", "9.5 mm", "4.13.6", "stage of the display"),
    Rule("S1", "software identification tied to the content", "any byte", "D 31, 5.1.1"),
    Rule("S2", "integrity at each start and hourly", "any byte: locked", "D 31; 7.2 P5"),
    Rule("S3", "legal part separated, one interface", "import graph", "T.2.8.7; D 31, 5.2.1"),
    Rule("S4", "interfaces: only documented commands act", "10^6 lines", "5.3.6; D 31"),
    Rule("S5", "sealed parameters need a key", "every setter", "4.1.2.4; 7.2 P7"),
    Rule("S6", "event counters that nothing resets", "1 for each", "D 31, 3.1.21"),
    Rule("S7", "audit trail: chained, in order", "no gap, any bit", "D 31, 3.1.2"),
    Rule("S8", "a full journal blocks, a warning before", "80 %", "7.2 L8, D4"),
    Rule("S9", "no prompt, no raw prompt when sealed", "every way in", "7.2 P4"),
    Rule("S10", "update: signed, two slots, no downgrade", "a cut at each byte", "7.2 D1 to D4"),
    Rule("S11", "keys not readable", "image, line, host's files", "7.2 L5, T5"),
    Rule("S12", "keys: only what is documented", "10^6 sequences", "4.1.2.1"),
    Rule("S13", "faults announced, no trade meanwhile", "until it ends", "5.2, 4.13.9"),
    Rule("C1", "opened at any time, even off: locked", "latch", "JJF 2184-2025"),
    Rule("C2", "unlocked by a code for once, with role", "a year: 9000 of 10^12", "JJF 2184-2025"),
    Rule("C3", "codes and seals stored, shown, matched", "each named", "JJG 1204-2025"),
    Rule("C4", "name plate equals configuration", "exactly", "JJG 539, 6.4.2"),
    Rule("C5", "verification expires, warnings before", "60, 15, 0 days", "JJG 1204-2025"),
    Rule("C6", "a repair resets the verification", "until verified again", "JJG 1204-2025"),
    Rule("F1", "weights: certificate, error; else refused", "1/3 mpe, in date", "3.7.1"),
    Rule("F2", "guard band, both verdicts", "0.7 mpe, 0.2 e", "-"),
    Rule("F3", "load list, warnings", "change points, Max - 5 e", "A.4.4.1"),
    Rule("F4", "as found, adjust, as left; other weights", "in this order", "cg-18"),
    Rule("F5", "raw readings kept, verdict computed again", "equal", "R 76-2"),
    Rule("F6", "gravity", "9.807610187885896", "WELMEC"),
    Rule("F7", "uncertainty, worked example", "9.9 g, 4.1 g", "cg-18"),
    Rule("F9", "record of the sealing", "complete, or no release", "4.1.2.4"),
    Rule("F10", "decision rule stated", "text", "ISO 17025"),
    Rule("F11", "decimal arithmetic, no NaN", "exact edges", "-"),
    Rule("F12", "compatibility with the cell's papers", "golden cases", "R 60; Annex F"),
]


def _numbers(match: re.Match[str]) -> list[str]:
    return match[1].rstrip("_").split("_")


class _Collector:
    """What pytest tells: which rule each test names and how it went."""

    def __init__(self) -> None:
        self.rules = {rule.number: rule for rule in RULES}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the outcome: a test that failed anywhere failed."""
        name = report.nodeid.split("::")[-1]
        match = _NAME.match(name)
        if match is None or (report.when != "call" and report.passed):
            return
        # A skipped test shows nothing.
        for number in _numbers(match):
            if number in self.rules:
                found = "passed" if report.passed else "failed"
                self.rules[number].results[report.nodeid] = found


def _table() -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("rule", "what it asks", "limit", "R 76-1", "tests", "result"):
        table.add_column(heading, overflow="fold")
    for rule in RULES:
        names = sorted({_NAME.match(test.split("::")[-1])[2] for test in rule.results})
        tests = "\n".join(name.replace("_", " ") for name in names) or "-"
        result = rule.result if rule.results or rule.owner == "here" else rule.owner
        table.add_row(rule.number, rule.text, rule.limit, rule.clause, tests, result)
    return table


def _unknown() -> list[str]:
    """Tests that name a rule which is not here."""
    known = {rule.number for rule in RULES}
    return [
        f"{file.name}: {match[0]} names no rule"
        for file in sorted(Path(__file__).parent.rglob("test_*.py"))
        for match in re.finditer(r"(?m)^def " + _NAME.pattern, file.read_text(encoding="utf-8"))
        for number in _numbers(match)
        if number not in known and not _FAULT.fullmatch(number)
    ]


def main(arguments: list[str]) -> int:
    """Run, print the table, say what is wrong; the exit code."""
    # The tests that name a rule, and no others.
    names = " or ".join(f"_{rule.number}_" for rule in RULES)
    options = ["-q", "--no-header", "--no-summary", "-n", "auto", "--dist", "worksteal"]
    code = pytest.main([*options, "-k", names, "tests"], plugins=[_Collector()])
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    console.print(_table())
    if arguments[:1] == ["--json"]:
        rows = [{**vars(rule), "results": rule.results, "result": rule.result} for rule in RULES]
        Path(arguments[1]).write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    wrong = _unknown()
    for rule in RULES:
        if rule.result == "failed":
            wrong.append(f"{rule.number} failed")
        elif rule.owner == "here" and rule.result == OPEN:
            wrong.append(f"{rule.number} has no test")
        elif rule.owner != "here" and rule.result != OPEN:
            wrong.append(f"{rule.number} has tests and is listed as open")
    for sentence in wrong:
        sys.stderr.write(f"conformity: {sentence}\n")
    shown = sum(rule.result == "passed" for rule in RULES)
    console.print(f"{shown} of {len(RULES)} rules shown, {len(RULES) - shown} open or failed")
    return 1 if wrong or code not in (0, 5) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
