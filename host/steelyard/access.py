"""Opening a terminal with what this host knows of it.

Owns: finding the link key that belongs to the terminal at an address, and pulling its records.
Refuses: see link and store. Units: none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.progress import track
from steelyard_wire import record

from steelyard.client import Identity, Terminal
from steelyard.errors import REFUSED, UserError
from steelyard.memory import remember
from steelyard.opened import Fields
from steelyard.output import errors
from steelyard.store import Store
from steelyard.verify import Report, verify


def authenticate(terminal: Terminal, identity: Identity, store: Store | None = None) -> None:
    """Give the link its key if this host has it; over TCP it is needed to change anything."""
    if "://" in terminal.address and identity.dev:
        own = store or Store()
        terminal.link.set_key(own.link_key(identity.dev))
        if store is None:
            own.close()


@contextmanager
def opened(address: str, store: Store | None = None) -> Iterator[tuple[Terminal, Identity]]:
    """A terminal, identified, with its link key if this host has it."""
    with Terminal(address) as terminal:
        identity = terminal.identify()
        authenticate(terminal, identity, store)
        yield terminal, identity


def require_key(identity: Identity, address: str) -> None:
    """UserError unless the terminal has a key, and so records."""
    if not identity.provisioned:
        raise UserError(
            REFUSED,
            "the terminal has signed nothing yet: it has no key. First:"
            f" steelyard provision {address} --serial SY-0001",
        )


def fetch(terminal: Terminal, numbers: Sequence[int], show_progress: bool = False) -> list[bytes]:
    """These records of a terminal. show_progress: on a screen, a bar."""
    shown = track(
        numbers,
        "reading records",
        console=errors,
        transient=True,
        disable=not (show_progress and errors.is_terminal),
    )
    return [terminal.record(n) for n in shown]


def history(
    terminal: Terminal, dev: bytes, store: Store, show_progress: bool = False
) -> list[bytes]:
    """All records of a terminal, oldest first: those that it has, and before them those that it
    was allowed to remove, as this host has them."""
    numbers = terminal.records()
    kept = store.numbered(dev) if numbers.start else {}
    before = [raw for n in sorted(kept) if n < numbers.start for raw in sorted(kept[n])]
    return before + fetch(terminal, numbers, show_progress)


@contextmanager
def after_signing(advice: str) -> Iterator[None]:
    """What fails in here fails when the terminal has signed already: say that nothing is lost."""
    try:
        yield
    except UserError as error:
        raise UserError(
            error.exit_code,
            f"{error.sentence}. The terminal has signed its record and keeps it: when this is"
            f" mended, {advice}",
        ) from None


def judge(
    store: Store, envelopes: list[bytes], allow_test: bool, all_of: bytes | None = None
) -> Report:
    """Verify records against this host's registry and memory, and keep those that are signed.

    all_of: these are all records that the terminal with this device id has.
    """
    registry = store.registry()
    opened: list[tuple[int, bytes]] = []

    def keep(fields: Fields, raw: bytes) -> None:
        if fields[record.DEV] in registry:
            opened.append((fields[record.N], raw))

    report = verify(envelopes, registry, allow_test, store.trust(), keep)
    remember(report, envelopes, store, all_of)
    # A record that is right by itself may be wrong in its chain: two of one number, another past.
    named = {check.n for check in report.failures}
    # Of failures that are only counted nobody knows which records they are.
    sure = not report.dropped
    store.add_records((raw, sure and n not in named) for n, raw in opened)
    return report
