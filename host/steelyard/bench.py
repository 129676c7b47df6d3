"""Figures of this build, kept in build/bench.json: one object for each topic.

Owns: the file and the registry of topics. A topic is a function that measures, and returns plain
numbers under keys that carry the unit ("wall_s", "mpy_bytes_total"), or words for outcomes.
Refuses: with `BenchError`, an unknown topic and anything that is neither number nor text.
Units: in the keys.

    python -m steelyard.bench [topic ...]

No test limits a figure: what is compared is compared with a reference in the same run.
"""

import importlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

FILE = Path("build/bench.json")

# Topic -> module and function; imported when measured, so that one may use what another needs.
TOPICS = {
    "audit": ("bench.audit", "measure"),
    "demo": ("steelyard.demo", "measure"),
    "factory": ("bench.factory", "measure"),
    "faults": ("steelyard.fault_bench", "measure"),
    "filter": ("steelyard.filter_bench", "measure"),
    "powercut": ("bench.powercut", "measure"),
    "rates": ("steelyard.filter_bench", "measure_rates"),
    "sign": ("bench.sign", "measure"),  # in tests/, with the VMs that the tests have
    "size": ("steelyard.size", "measure"),
    "start": ("bench.start", "measure"),
    "verify": ("bench.verify", "measure"),
    "vm": ("steelyard.vm_bench", "measure"),
}


class BenchError(Exception):
    """There is no such topic, or it gave something else than numbers and words."""


def _check(topic: str, numbers: Mapping[str, object]) -> None:
    for key, value in numbers.items():
        if isinstance(value, dict):
            _check(f"{topic}.{key}", value)
        elif type(value) not in (int, float, str):
            raise BenchError(f"{topic}.{key} is {value!r}; figures are numbers, outcomes words")


def merge(topic: str, numbers: Mapping[str, object], file: Path | None = None) -> None:
    """Put `numbers` under `topic` into the file, in place of what the topic had."""
    _check(topic, numbers)
    file = file or FILE
    figures = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    figures[topic] = numbers
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_suffix(".new")
    made.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(made, file)


def measure(topic: str) -> Mapping[str, object]:
    """Measure one topic; BenchError if there is none of that name."""
    if topic not in TOPICS:
        raise BenchError(f"there is no topic {topic!r}; there are: {', '.join(sorted(TOPICS))}")
    module, function = TOPICS[topic]
    numbers: Mapping[str, object] = getattr(importlib.import_module(module), function)()
    return numbers


def main(arguments: list[str]) -> int:
    """Measure the topics named, or all; the exit code."""
    for topic in arguments or sorted(TOPICS):
        try:
            numbers = measure(topic)
            merge(topic, numbers)
        except BenchError as error:
            print(error, file=sys.stderr)
            return 2
        shown = {key: value for key, value in numbers.items() if not isinstance(value, dict)}
        if shown:
            print(f"{topic}: {json.dumps(shown)}")
        for key in sorted(numbers.keys() - shown.keys()):
            print(f"{topic}.{key}: {json.dumps(numbers[key])}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
