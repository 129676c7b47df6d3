"""What is kept of a factory's work: runs, their steps, what was attached, tests as rows.

Owns: the form of these, and the words for their states. Refuses: nothing; `store_factory` does.
Units: times in s since 1970; sizes in bytes; weights as decimal text, in the scale's unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Of a run; a step is STARTED, DONE or FAILED.
OPEN, DONE, FAILED, ABANDONED = "open", "done", "failed", "abandoned"
STARTED = "started"
RUN_STATES = (OPEN, DONE, FAILED, ABANDONED)


@dataclass(frozen=True)
class Run:
    """A plan carried through over one terminal. dev: device id; None before it has a key."""

    id: str
    serial: str
    dev: bytes | None
    address: str
    plan: str
    plan_digest: str
    operator: str
    station: str
    started: float
    ended: float | None
    state: str


@dataclass(frozen=True)
class Step:
    """One step of a run. detail: what it found, as JSON has it."""

    run: str
    name: str
    state: str
    started: float
    ended: float | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Attached:
    """A file that is kept under its hash (SHA-256, 64 hex digits), and what it belongs to."""

    digest: str
    name: str
    media: str
    size: int
    added: float
    what: str
    run: str | None
    test: str | None
    serial: str


@dataclass(frozen=True)
class Tested:
    """A test as its row has it. attachment: the digest of its record."""

    id: str
    run: str | None
    serial: str
    dev: bytes | None
    plan: str
    started: float
    passed: bool
    passed_guarded: bool
    attachment: str


@dataclass(frozen=True)
class Measured:
    """A measurement of a test as its row has it; value and limits None where there is none."""

    test: str
    phase: str
    name: str
    rule: str
    clause: str
    raw: Mapping[str, str]
    value: str | None
    low: str | None
    high: str | None
    guard_low: str | None
    guard_high: str | None
    passed: bool
    guarded: bool
