"""The bench topic `audit`: memory and time of `steelyard audit` and `verify` over a long history.

Owns: exports of one terminal, each the beginning of the next. Refuses: nothing.
Units: kilobytes of the largest process, seconds.

    PYTHONPATH=tests:protocol python -m bench.audit 10000 100000 1000000
"""

from __future__ import annotations

import os
import sys
import time
from itertools import islice
from pathlib import Path

from bench.verify import Signer
from steelyard import records
from steelyard.scratch import scratch
from steelyard.store import Store

SIZES = (10_000, 100_000)


def _run(database: Path, *words: str) -> tuple[float, int]:
    """Wall seconds of a command that has to pass, and the peak of its largest process in kB."""
    begin = time.perf_counter()
    environment = dict(os.environ, STEELYARD_DATABASE=str(database))
    command = [sys.executable, "-m", "steelyard", *words, "--allow-test", "--json"]
    silent = os.open(os.devnull, os.O_WRONLY)
    actions = [(os.POSIX_SPAWN_DUP2, silent, 1)]
    pid = os.posix_spawn(command[0], command, environment, file_actions=actions)
    os.close(silent)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise ValueError(f"{words[0]} of {words[1]} did not pass")
    return time.perf_counter() - begin, usage.ru_maxrss


def measure(sizes: tuple[int, ...] = SIZES) -> dict[str, object]:
    """{"audit_100000_kb", "audit_100000_s", ...}; `stored`: of the database, not of a file."""
    found: dict[str, object] = {}
    terminal = Signer(remember=False)
    with scratch() as folder:
        database, file = folder / "kept.sqlite3", folder / "all.records"
        records.write(file, terminal.records(max(sizes)))
        store = Store(database)
        store.add_terminal(terminal.public, "SY-BENCH", "bench", test=True)
        store.close()
        for size in sizes:
            part = folder / f"{size}.records"
            records.write(part, islice(records.stream(file), size))
            # verify keeps the records, and then they are there for an audit by serial number.
            cases = (("audit", str(part)), ("verify", str(part)), ("audit", "SY-BENCH"))
            for name, words in zip(("audit", "verify", "audit_stored"), cases, strict=True):
                seconds, peak = _run(database, *words)
                found |= {f"{name}_{size}_s": round(seconds, 1), f"{name}_{size}_kb": peak}
            part.unlink()
    return found


if __name__ == "__main__":
    for key, value in measure(tuple(map(int, sys.argv[1:])) or SIZES).items():
        sys.stdout.write(f"{key:24} {value}\n")
