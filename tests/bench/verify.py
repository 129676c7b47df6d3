"""The bench topic `verify`: a terminal's records verified, chained and stored, beside bare PyNaCl.

Owns: a seeded chain of readings and blocks. Refuses: nothing.
Units: records and readings a second of one core; the ratio is of the same run.
"""

from __future__ import annotations

import hashlib
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import cbor2
from nacl.signing import SigningKey
from steelyard.audit import audit
from steelyard.opened import KeyEntry, Rejected
from steelyard.scratch import scratch
from steelyard.signatures import open_blocks
from steelyard.store import Store
from steelyard_wire.tree import Frontier

SEED = b"TEST TEST TEST TEST TEST TEST #9"
RECORDS = 20_000
BLOCKS = 8_000
ROUNDS = 3


class Signer:
    """A terminal with a TEST key that signs with PyNaCl."""

    def __init__(self, remember: bool = True) -> None:
        self.remember = remember  # what was signed, for who verifies just that
        self.key = SigningKey(SEED)
        self.public = self.key.verify_key.encode()
        self.dev = b"TEST" + hashlib.sha256(self.public).digest()[:4]
        self.signed: list[tuple[bytes, bytes]] = []

    def seal(self, payload: bytes, aad: bytes) -> bytes:
        message = cbor2.dumps(["Signature1", b"\xa1\x01\x27", aad, payload])
        signature = self.key.sign(message).signature
        if self.remember:
            self.signed.append((message, signature))
        parts = [b"\xa1\x01\x27", {4: self.dev}, payload, signature]
        return cbor2.dumps(cbor2.CBORTag(18, parts))

    def records(self, count: int) -> Iterator[bytes]:
        """A boot and readings, each committing to what came before it."""
        frontier = Frontier()
        total = 0
        for n in range(count):
            weight = n * 7919 % 15000
            total += weight if n else 0
            fields: dict[int, object] = {
                1: 1,
                2: self.dev,
                3: n,
                4: frontier.root(),
                5: 1 if n else 0,
                6: [n, total, 0],
                7: 1,
                8: 1000 * n,
                9: 1767225600 + n,
                10: [2, 1],
            }
            if n:
                fields |= {11: [weight, -3, 1], 14: 1}
            fields |= {15: [1, b"calibrat"], 16: ["0.1.0", b"software"]}
            fields |= {18: [1000 * weight, 2150]} if n else {19: {1: self.public, 2: 0, 3: None}}
            raw = self.seal(cbor2.dumps(fields), b"steelyard/rec/1")
            frontier.append(raw)
            yield raw

    def blocks(self, count: int) -> list[bytes]:
        """Blocks of 60 readings."""
        made = []
        for k in range(count):
            rows = [[100 if at else 0, (k * 60 + at) * 31 % 15000, 1] for at in range(60)]
            fields = {
                1: 1,
                2: self.dev,
                3: 1,
                4: bytes(32),
                5: 1,
                6: k,
                7: 6000 * k,
                8: 1767225600,
                9: [2, 1],
                10: [-3, 1],
                11: [1, b"calibrat"],
                12: ["0.1.0", b"software"],
                13: rows,
            }
            made.append(self.seal(cbor2.dumps(fields), b"steelyard/blk/1"))
        return made


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _bare(terminal: Signer) -> None:
    verify = terminal.key.verify_key.verify
    for message, signature in terminal.signed:
        verify(message, signature)


def measure() -> dict[str, object]:
    """{"records_per_s", "ratio_to_bare_verify", "readings_per_s_as_blocks", ...}."""
    terminal = Signer()
    records = list(terminal.records(RECORDS))
    registry = {terminal.dev: KeyEntry(terminal.public, "TEST", True)}
    bare, full, alone = [], [], []
    with scratch() as folder:
        for which in range(ROUNDS):
            bare.append(_seconds(lambda: _bare(terminal)))
            full.append(_seconds(lambda at=which: _kept(folder / f"{at}.db", records, registry)))
            path = folder / f"alone{which}.db"
            alone.append(_seconds(lambda at=path: _kept(at, records, registry, 0)))
        peaks = [
            _peak(folder / f"peak{count}.db", records[:count], registry)
            for count in (8000, RECORDS)
        ]
    blocks = terminal.blocks(BLOCKS)

    def opened() -> None:
        if any(isinstance(found, Rejected) for found in open_blocks(blocks, registry)):
            raise ValueError("a block was rejected")

    of_blocks = min(_seconds(opened) for _ in range(ROUNDS))
    # Rounds alternate, and the best of each is taken: the machine is shared.
    return {
        "records_per_s": round(RECORDS / min(full)),
        "bare_verifies_per_s": round(RECORDS / min(bare)),
        "ratio_to_bare_verify": round(min(bare) / min(full), 3),
        "ratio_in_one_process": round(min(bare) / min(alone), 3),
        "readings_per_s_as_blocks": round(60 * BLOCKS / of_blocks),
        "peak_kb_8000_records": peaks[0],
        f"peak_kb_{RECORDS}_records": peaks[1],
    }


def _kept(
    path: Path,
    records: list[bytes],
    registry: dict[bytes, KeyEntry],
    processes: int | None = None,
) -> None:
    store = Store(path)
    with store.writer() as keep:
        found = audit(
            records,
            registry,
            allow_test=True,
            keep=lambda fields, raw: keep(fields, raw, True),
            processes=processes,
        )
    if not found.report.ok or found.report.count != len(records):
        raise ValueError(found.report.failures[:3])
    store.close()


def _peak(path: Path, records: list[bytes], registry: dict[bytes, KeyEntry]) -> int:
    tracemalloc.start()
    _kept(path, records, registry)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak // 1024
