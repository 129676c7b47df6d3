"""A whole terminal with 2 kg on the pan, its tasks, links and keys, driven through board time.

Owns: the wiring of the real parts to what stands in for hardware (fuzz_board, board_loop, a NOR
chip, a radio, a seeded random source), as app.py has it; a technician at a cable of their own;
what must not change while nobody authorised asks for it.
Refuses: nothing. Units: grams; milliseconds of board time.

The flash takes no time here: what an erase costs in samples, tests/system/test_sampling.py counts.
"""

from __future__ import annotations

import gc
import hashlib
import hmac
import random
import runpy
from base64 import b64encode
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest import mock

import signing
from board_loop import Connection, Loop, Port
from fuzz_board import NOISE, Converter, MemoryFiles, app_module
from sealing_parts import MAKER, NOW, by_one, device, take, trusting, verify
from simulation.nor import NorFlash
from steelyard_wire import statement
from steelyard_wire.line import LineBuffer
from terminal import checks, operations, sealing
from terminal.drivers.clock import Clock
from terminal.drivers.raw_region import RawRegion
from terminal.drivers.ring import SampleRing
from terminal.evidence import settings
from terminal.evidence.journal import Journal
from terminal.evidence.steps import finish
from terminal.links import console, service, tcp, wifi
from terminal.links.sealed import SealedSession
from terminal.links.session import KeyedSession, OpenSession

ROOT = Path(__file__).resolve().parents[2]
LOAD_G = 2000
BLOCKS = 128  # of the journal: eight segments
SERIAL = "SY-FUZZ-1"


@dataclass(frozen=True)
class Access:
    """A kind of link. session: what it asks, of a terminal and a source of random bytes. levels:
    those of which commands may be given there without a right that somebody else has. commands:
    what the technician types for it.
    """

    session: Callable[[operations.Terminal, Callable[[int], bytes]], object]
    levels: frozenset[str] = frozenset({"OPEN"})
    commands: tuple[str, ...] = ()
    sealed: bool = False


def _keyed(terminal: operations.Terminal, random_bytes: Callable[[int], bytes]) -> KeyedSession:
    return KeyedSession(random_bytes, lambda: terminal.link_key)


def _on_sealed(terminal: operations.Terminal, random_bytes: Callable[[int], bytes]) -> object:
    return SealedSession(random_bytes, lambda: terminal.link_key, terminal.clock.up_ms, True)


KEYED = Access(_keyed)
SEALED = Access(_on_sealed, frozenset({"OPEN", "USER"}), sealed=True)


class Rig:
    """`with Rig(seed) as rig:` a calibrated terminal with 2 kg at rest on it.

    console: what it asks; a network link is always KEYED. commands: what the
    technician types once it is calibrated. pins: of the keys by their name, else never pressed.
    """

    def __init__(
        self,
        seed: int,
        console: Access = KEYED,
        commands: Sequence[str] = (),
        pins: dict[str, Callable[[], int]] | None = None,
    ) -> None:
        self.random = random.Random(seed)
        self.loop = Loop()
        self.link_key = self.random.randbytes(32)
        self.pins = pins or {}
        self.resets = 0
        self.access = console
        self._commands = (*commands, *console.commands)
        self._patches = ExitStack()

    def __enter__(self) -> Rig:
        with ExitStack() as patches:
            app = self._stand_in(patches)
            self.board = app.board
            self._make()
            self._start(app)
            self._set_up()
            self._patches = patches.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.close()
        self._patches.close()

    # --- what a board has ------------------------------------------------------------------------

    def _stand_in(self, patches: ExitStack) -> ModuleType:
        app = app_module()
        board = SimpleNamespace(**runpy.run_path(str(ROOT / "boards" / "virtual.py")))
        names = {number: name for name, number in board.KEYS.items()}

        def pin(number: int, *_: object) -> Callable[[], int]:
            return self.pins.get(names[number], lambda: 1)

        pin.IN = pin.PULL_UP = 1
        for module in (app, console, service, tcp, wifi):
            patches.enter_context(mock.patch.object(module, "asyncio", self.loop))
        for name, value in (("board", board), ("machine", SimpleNamespace(Pin=pin))):
            patches.enter_context(mock.patch.object(app, name, value))
        patches.enter_context(
            mock.patch.object(gc, "mem_free", lambda: 100000, create=True)  # CPython has none
        )
        # STATUS collects, on a board 190 KB: here all that pytest has.
        gc.collect()
        gc.freeze()
        patches.callback(gc.unfreeze)
        return app

    def _make(self) -> None:
        flash = NorFlash(bytearray(b"\xff" * (BLOCKS * 4096)), BLOCKS)
        self.files = MemoryFiles()
        self.terminal = operations.Terminal(
            self.board,
            self.files,
            Journal(RawRegion(flash, 0, BLOCKS)),
            Clock(self.loop),
            signing.signers(self.random.randbytes),
            b"software" * 4,
            True,
        )
        self.ring = self.terminal.ring = SampleRing(256)
        self.converter = self.terminal.converter = Converter(self.ring, self.random)
        self.loop.interrupt = self.converter.advance

    def _reset(self) -> None:
        self.resets += 1

    def _start(self, app: ModuleType) -> None:
        terminal, loop = self.terminal, self.loop
        wlan = SimpleNamespace(
            isconnected=lambda: True,
            ifconfig=lambda: ("192.0.2.7",),
            status=lambda what: -60,
        )
        network = wifi.Network(
            wlan,
            lambda: settings.load(self.files, "wifi"),
            lambda credentials: settings.save(self.files, "wifi", credentials),
            self.board.TCP_PORT,
        )
        terminal.open()
        finish(terminal.start_steps(1))
        self.service = service.Service(terminal, network, self._reset)
        random_bytes = self.random.randbytes
        self._server = tcp.TcpServer(
            self.service,
            lambda: self._net(terminal, random_bytes),
            self.board.TCP_PORT,
            terminal.clock.up_ms,
        )
        self.console = self._cable(self.access.session(terminal, random_bytes))
        self._technician = self._cable(OpenSession(random_bytes))
        loop.create_task(app._weigh(terminal))
        for task in (app._watch_keys, app._check):
            loop.create_task(task(terminal))
        loop.create_task(self._server.start())
        loop.run(20)

    def _net(self, terminal: operations.Terminal, random_bytes: Callable[[int], bytes]) -> object:
        if self.access.sealed:
            return SealedSession(
                random_bytes, lambda: terminal.link_key, terminal.clock.up_ms, False
            )
        return _keyed(terminal, random_bytes)

    def _cable(self, session: object) -> Port:
        port = Port(self.loop)
        wires = SimpleNamespace(
            stdin=SimpleNamespace(buffer=port), stdout=SimpleNamespace(buffer=port)
        )
        poller = SimpleNamespace(poll=lambda: port, POLLIN=1)
        with (
            mock.patch.object(console, "sys", wires),
            mock.patch.object(console, "select", poller),
        ):
            port.link = console.ConsoleLink(self.service, session)
        self.loop.create_task(port.link.run())
        return port

    def _set_up(self) -> None:
        secrets = [b64encode(key).decode() for key in (self.random.randbytes(32), self.link_key)]
        self.ask("PROVISION %s %s %s" % (SERIAL, *secrets))
        for grams, steps in ((0, ("CAL BEGIN", "CAL ZERO")), (10000, ("CAL SPAN 10.000 kg",))):
            self.load(grams)
            for step in steps:
                self.ask(step)
        self.ask("CAL COMMIT UNCHECKED")
        # Its noise is known: where it is learned, a sample is held now and then, and for as long
        # the load is not at rest.
        self.ask("COMMISSION 0 0 0 0 %d %d 80000 450" % (NOISE, NOISE))
        for command in self._commands:
            self.ask(command)
        if self.access.sealed:
            self._seal()
        self.load(0)
        self.load(LOAD_G)

    def _seal(self) -> None:
        terminal = self.terminal
        trusting(terminal, [["SY-FUZZ-1", "SY-FUZZ-9"]])
        take(terminal, statement.DEVICE, by_one(statement.DEVICE, device(terminal), MAKER))
        finish(sealing.seal_steps(terminal))
        terminal.clock.set(NOW)
        verify(terminal)

    # --- whoever is there ------------------------------------------------------------------------

    def load(self, grams: int, milliseconds: int = 2000) -> None:
        """Put another load on, and wait until it is at rest."""
        self.converter.load_g = grams
        self.loop.run(milliseconds)

    def connect(self) -> Connection:
        """A client comes."""
        connection = Connection(self.loop)
        self.loop.create_task(self.loop.accept(connection, connection))
        return connection

    def ask(self, line: str) -> dict[str, str]:
        """The technician types a line that is not refused; the words key=value of its reply."""
        port = self._technician
        port.said.clear()
        port.feed(line.encode() + b"\r")
        for _ in range(1000):
            if port.said.endswith(b"\r\n"):
                break
            self.loop.run(10)
        said = port.said.decode()
        assert said.startswith("OK"), (line, said)
        return dict(word.split("=", 1) for word in said.split() if "=" in word)

    def receipt(self) -> None:
        """A host has kept all records."""
        journal = self.terminal.journal
        n, root = journal.next_n, journal.root()
        said = b"steelyard/receipt/1" + self.terminal.identity.dev + n.to_bytes(4, "big") + root
        code = hmac.new(self.link_key, said, hashlib.sha256).hexdigest()[:32]
        assert self.ask(f"RECEIPT {n} {root.hex()} {code}") == {"receipted": str(n)}

    # --- what must be as it was ------------------------------------------------------------------

    def legal(self) -> str:
        """A digest of the legally relevant parameters, of the key, and of every file there is."""
        terminal = self.terminal
        identity, origin = terminal.identity, terminal.weigher.origin
        return _digest(
            terminal.config.to_map(),
            terminal.calibration.to_map(),
            (identity.public_key, identity.serial, identity.dev, terminal.link_key),
            (origin.offset, origin.reference, origin.waiting),
            sorted(self.files.there.items()),
            (terminal.session, terminal.clock.status, terminal.boot_counter, self.resets),
            (terminal.weigher.blank, terminal.alarm.locked, terminal.recorder.retired),
            (terminal.unsettled, terminal.journal.receipted),
        )

    def used(self) -> str:
        """A digest of what those may change who may use the scale: tare, records, extension."""
        terminal = self.terminal
        tare, journal = terminal.weigher._tare, terminal.journal
        return _digest(
            (tare.fine, tare.value, tare.preset, tare.active),
            (journal.next_n, journal.root(), journal.totals),
            (terminal.extended(), terminal.blocks),
        )

    def buffers(self) -> list[LineBuffer]:
        """Those of the console and of the connections that are open."""
        links = [self.console.link, *self._server._open]
        return [link._lines for link in links]

    def check_parameters(self) -> None:
        """AssertionError unless the hourly check finds what was there at the start."""
        assert finish(checks.check_steps(self.terminal, self._measure_steps)) == ""

    def _measure_steps(self) -> Generator[None, None, bytes]:
        yield
        return self.terminal.software_id

    def check_samples(self) -> None:
        """AssertionError if a sample was lost, or is not weighed yet."""
        self.loop.run(25)
        terminal = self.terminal
        assert self.ring.dropped == 0, f"{self.ring.dropped} samples lost"
        assert not any(terminal.faults), terminal.faults
        waiting = self.ring._head - self.ring._tail & self.ring._mask
        assert waiting <= 1 and not terminal.stale(), waiting


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
