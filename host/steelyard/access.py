"""Opening a terminal with what this host knows of it.

Owns: finding the link key that belongs to the terminal at an address, and pulling its records.
Refuses: see link and store. Units: none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.progress import track
from steelyard_wire import commands

from steelyard import sealing
from steelyard.client import Identity, Terminal
from steelyard.errors import REFUSED, DeviceRefused, UserError
from steelyard.memory import remember
from steelyard.opened import Fields, decoded, payload_of
from steelyard.output import errors
from steelyard.spool import Spool
from steelyard.store import Store
from steelyard.trust import Trust
from steelyard.verify import Report, verify_stream


def authenticate(terminal: Terminal, identity: Identity, store: Store | None = None) -> None:
    """Give the link its key if this host has it; over TCP it is needed to change anything, and
    over the cable of a sealed terminal for what an operator may."""
    if ("://" in terminal.address or identity.sealed) and identity.dev:
        own = store or Store()
        terminal.link.set_key(own.link_key(identity.dev))
        if store is None:
            own.close()


@contextmanager
def opened(
    address: str, store: Store | None = None, transcript: Path | None = None
) -> Iterator[tuple[Terminal, Identity]]:
    """A terminal, identified, with its link key if this host has it. transcript: of all lines."""
    with Terminal(address, transcript=transcript) as terminal:
        identity = terminal.identify()
        authenticate(terminal, identity, store)
        granted: list[bool] = []

        def prove(refused: DeviceRefused) -> None:
            needed = next(
                (name for name in commands.LEVELS if name in str(refused).split("(")[-1]), ""
            )
            sealing.prove(terminal, identity.dev, sealing.key_of_user(needed.lower()))
            granted.append(True)

        if identity.sealed:
            terminal.link.prove = prove
        try:
            yield terminal, identity
        finally:
            if granted:  # or the next at this cable would have it
                with suppress(UserError):
                    terminal.leave()


def require_key(identity: Identity, address: str) -> None:
    """UserError unless the terminal has a key, and so records."""
    if not identity.provisioned:
        raise UserError(
            REFUSED,
            "the terminal has signed nothing yet: it has no key. First:"
            f" steelyard provision {address} --serial SY-0001",
        )


def fetch(
    terminal: Terminal, numbers: Sequence[int], show_progress: bool = False
) -> Iterator[bytes]:
    """These records of a terminal, one by one. show_progress: on a screen, a bar."""
    shown = track(
        numbers,
        "reading records",
        console=errors,
        transient=True,
        disable=not (show_progress and errors.is_terminal),
    )
    return (terminal.record(n) for n in shown)


def history(
    terminal: Terminal, dev: bytes, store: Store, show_progress: bool = False
) -> Iterator[bytes]:
    """All records of a terminal, oldest first: those that it has, and before them those that it
    was allowed to remove, as this host has them."""
    numbers = terminal.records()
    for _, raw in store.exported(dev, last=numbers.start - 1):
        yield raw
    yield from fetch(terminal, numbers, show_progress)


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
    store: Store, envelopes: Iterable[bytes], allow_test: bool, set_up: bool = True
) -> Report:
    """Verify records against this host's registry and memory, and keep those that are signed.

    set_up: False while a terminal is being set up, before a station has certified it.
    """
    found: list[Fields] = []
    trust = store.trust() if set_up else Trust()
    report = judge_stream(store, envelopes, allow_test, told=found.append, trust=trust)
    report.records = found
    return report


def judge_stream(
    store: Store,
    envelopes: Iterable[bytes],
    allow_test: bool,
    all_of: bytes | None = None,
    told: Callable[[Fields], object] | None = None,
    trust: Trust | None = None,
) -> Report:
    """The same of any number of records; their fields go to `told` and nowhere else.

    all_of: these are all records that the terminal with this device id has. trust: in place of
    what this host trusts.
    """
    registry = store.registry()
    with Spool() as spool:
        trust = trust or store.trust()
        report = verify_stream(envelopes, registry, spool, allow_test, trust, told)
        remember(report, spool, store, all_of)
        passes = report.passes()
        with store.writer() as write:
            for dev, n, raw in spool.records():
                if dev in registry:
                    write(decoded(payload_of(raw)), raw, passes(n))
    return report
