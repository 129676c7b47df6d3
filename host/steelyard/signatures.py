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

from steelyard.opened import KeyEntry, Rejected, signed_payload

_CHUNK = 250
_AHEAD = 3  # chunks for each process
_FEW = 3000  # for so few it is not worth to start processes

_registry: Mapping[bytes, KeyEntry] = {}


def outcome_of(raw: bytes, registry: Mapping[bytes, KeyEntry]) -> str:
    """Whether the signature of a record holds."""
    try:
        signed_payload(raw, cose.AAD, registry)
    except Rejected as rejected:
        return f"{rejected.check}:{rejected.detail}"
    return ""


def _begin(registry: Mapping[bytes, KeyEntry]) -> None:
    global _registry
    _registry = registry


def _check(raws: list[bytes]) -> list[str]:
    return [outcome_of(raw, _registry) for raw in raws]


def outcomes(
    raws: Iterable[bytes], registry: Mapping[bytes, KeyEntry], processes: int | None = None
) -> Iterator[tuple[bytes, str]]:
    """Each envelope with its outcome, in order, read a few chunks ahead.

    processes: how many; None for one less than there are processors, 0 for none.
    """
    source = iter(raws)
    first = list(islice(source, _FEW))
    count = (os.cpu_count() or 1) - 1 if processes is None else processes
    if len(first) < _FEW or count < 1:
        for raw in chain(first, source):
            yield raw, outcome_of(raw, registry)
        return
    pool = ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_begin, initargs=(dict(registry),)
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
