"""Signatures of many envelopes, checked in processes of their own while this one goes on.

Owns: the processes. Refuses: nothing; a signature that does not hold is an outcome.
Units: envelopes.

An outcome is "" for a signature that holds, else the name of the check that did not pass and,
after a colon, why. Nothing of a payload is looked into before its outcome is known.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing import get_context

from steelyard_wire import cose

from steelyard.opened import (
    Fields,
    KeyEntry,
    Rejected,
    decoded_block,
    payload_of,
    signed_payload,
)

_CHUNK = 250
_AHEAD = 3  # chunks for each process
_FEW = 3000  # for so few it is not worth to start processes

_registry: Mapping[bytes, KeyEntry] = {}
_aad = cose.AAD


def outcome_of(raw: bytes, registry: Mapping[bytes, KeyEntry], aad: bytes = cose.AAD) -> str:
    """Whether the signature of a record, or of a block, holds."""
    try:
        signed_payload(raw, aad, registry)
    except Rejected as rejected:
        return f"{rejected.check}:{rejected.detail}"
    return ""


def _begin(registry: Mapping[bytes, KeyEntry], aad: bytes) -> None:
    global _registry, _aad
    _registry, _aad = registry, aad


def _check(raws: list[bytes]) -> list[str]:
    return [outcome_of(raw, _registry, _aad) for raw in raws]


def outcomes(
    raws: Iterable[bytes],
    registry: Mapping[bytes, KeyEntry],
    processes: int | None = None,
    aad: bytes = cose.AAD,
) -> Iterator[tuple[bytes, str]]:
    """Each envelope with its outcome, in order, read a few chunks ahead.

    processes: how many; None for one less than there are processors, 0 for none.
    """
    source = iter(raws)
    first = list(islice(source, _FEW))
    count = (os.cpu_count() or 1) - 1 if processes is None else processes
    if len(first) < _FEW or count < 1:
        for raw in chain(first, source):
            yield raw, outcome_of(raw, registry, aad)
        return
    begin = (dict(registry), aad)
    pool = ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_begin, initargs=begin
    )
    try:
        yield from _through(pool, chain(first, source), count * _AHEAD)
    finally:
        pool.shutdown(cancel_futures=True)


def _through(
    pool: ProcessPoolExecutor, source: Iterator[bytes], ahead: int
) -> Iterator[tuple[bytes, str]]:
    waiting: deque[tuple[list[bytes], Future[list[str]]]] = deque()
    while True:
        while len(waiting) < ahead and (chunk := list(islice(source, _CHUNK))):
            waiting.append((chunk, pool.submit(_check, chunk)))
        if not waiting:
            return
        raws, found = waiting.popleft()
        yield from zip(raws, found.result(), strict=True)


def open_blocks(
    raws: Iterable[bytes], registry: Mapping[bytes, KeyEntry], processes: int | None = None
) -> Iterator[Fields | Rejected]:
    """The fields of each block of a stream, or why it is none."""
    for raw, outcome in outcomes(raws, registry, processes, cose.BLOCK_AAD):
        if outcome:
            yield Rejected(*outcome.split(":", 1))
            continue
        try:
            yield decoded_block(payload_of(raw))
        except Rejected as rejected:
            yield rejected
