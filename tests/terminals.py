"""Virtual terminals for the tests: started as the program that users start, ended with the test.

Owns: what a test's bench has (a terminal, its client, a database), and how it begins.
Refuses: what the world refuses (SimulatorError).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from steelyard import boards, soldered
from steelyard.calibration import Work, calibrate_terminal
from steelyard.client import Terminal
from steelyard.provisioning import provision_terminal
from steelyard.remote import Remote
from steelyard.simulator import Simulator
from steelyard.store import Store
from steelyard.virtual import prepare_virtual

SERIAL = "SY-TEST-1"
STATES = ("new", "provisioned", "calibrated")
CHIP = soldered.SIGNERS["atecc608"]  # what signs in the state "chip", which is calibrated too


# Run on the board: the journal's last segment as `device`, and its next pages made void.
JOURNAL = """
import os
from terminal import cold
from terminal.drivers import flash_rp2, segment_files
device = segment_files.make(flash_rp2.flash(None, None, None), os.urandom, cold.call)
segment = device.segments()[-1]
page = bytearray(256)
"""
FILL_SEGMENT = (
    JOURNAL
    + """
for at in range(device.pages):
    device.read(segment, at, page)
    if page == b"\\xff" * 256:
        device.write(segment, at, bytes(256))
"""
)
# The firmware's main.py, with something before it; and the other way round, what is in a pack.
BEFORE_MAIN = "f = open('/main.py'); s = f.read(); f.close()\nf = open('/main.py', 'w')\n"
BEFORE_MAIN += "f.write({0!r} + s); f.close()\n"
FLIP_IN_PACK = """
f = open('/code{0}', 'rb'); at = f.tell() + {1}; f.close()
f = open('/a.pack', 'r+b'); f.seek(at); b = f.read(1); f.seek(at); f.write(bytes([b[0] ^ 1]))
f.close()
"""
# And so many blocks are left free in the file system; with a sign of life now and then.
BALLAST = """
with open("/ballast", "wb") as file:
    for at in range(os.statvfs("/")[3] - %d):
        file.write(bytes(4096))
        if at %% 16 == 0:
            print(at)
"""


class VirtualTerminal(Simulator):
    """One virtual terminal: `with VirtualTerminal(flash) as terminal: terminal.world("help")`."""

    def __init__(self, flash: Path, *options: str, speed: str = "max") -> None:
        # Exactly 80 a second, unless a test wants another rate: so that samples can be counted.
        super().__init__(flash, ["--speed", speed, "--rate-error-ppm", "0", *options])


class Bench:
    """A virtual terminal with the real firmware, a client at its console and a database."""

    def __init__(self, folder: Path, *options: str, speed: str = "max") -> None:
        self.folder = folder
        self.store = Store(folder / "kept.sqlite3")
        if (folder / "flash.bin.atecc608").exists():
            options = ("--signer", json.dumps(CHIP), *options)
        self._begin = lambda: VirtualTerminal(folder / "flash.bin", *options, speed=speed)
        self.simulator = self._begin()
        self.world = self.simulator.world
        self.terminal = self._ready()

    def _ready(self) -> Terminal:
        terminal = Terminal(self.simulator.console)
        terminal.wait_until_ready()
        return terminal

    def power_cycle(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Switch it off and on; meanwhile: what is done to its files."""
        self.terminal.close()
        self.simulator.close()
        meanwhile()
        self.simulator = self._begin()
        self.world = self.simulator.world
        self.terminal = self._ready()

    def roll_back(self, work: Callable[[], object]) -> None:
        """Work, and then put the flash back as it was before."""
        self.power_cycle()
        flash = self.folder / "flash.bin"
        before = flash.read_bytes()
        work()
        self.power_cycle(lambda: flash.write_bytes(before))

    def close_days(self, count: int) -> None:
        """So many records."""
        for _ in range(count):
            self.terminal.close_day()

    def run_on_board(self, script: str, loaded: bool = False) -> str:
        """Stop the firmware, run Python at the prompt, start the board again.

        loaded: with the firmware's modules as they were when it was stopped.
        """
        self.terminal.close()
        remote = Remote(self.simulator.pty)
        said = remote.run(["exec", script], resume=loaded)
        remote.reset()
        self.terminal = self._ready()
        return said

    def before_main(self, script: str) -> None:
        """Have the board run Python before its firmware, at every start."""
        self.run_on_board(BEFORE_MAIN.format("import gc\ngc.threshold(4096)\n" + script))

    def load(self, command: str) -> None:
        """Have the world change the load, and wait until the new one is at rest."""
        self.world(command)
        self.world("advance 1 s")  # the old load has left the filter
        self.terminal.wait_stable()

    def load_moves(self) -> None:
        """Shake the platform, until the terminal says that the load moves."""
        self.world("vibrate 500 g 1.5 Hz")  # what no filter takes for a load at rest
        while self.terminal.reading().stable:
            pass

    def refused(self, *command: str) -> int:
        """The code with which a command over the console is refused."""
        from steelyard.errors import DeviceRefused

        try:
            reply = self.terminal.link.command(*command, changes=True)
        except DeviceRefused as refused:
            return refused.code
        raise AssertionError(f"{command} was not refused: {reply.words}")

    def close(self) -> None:
        """End it; the files stay."""
        self.terminal.close()
        self.simulator.close()
        self.store.close()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


Start = Callable[..., Bench]


def make_states(folder: Path) -> None:
    """Make a folder of files for each of STATES, with the commands that users have."""
    place = folder / "new"
    place.mkdir()
    prepare_virtual(place / "flash.bin")
    Store(place / "kept.sqlite3").close()
    steps = [*zip(STATES, STATES[1:], strict=False), ("new", "chip"), ("chip", "chip")]
    for before, after in steps:
        if after != before:
            shutil.copytree(folder / before, folder / after)
        if before == "new" and after == "chip":
            flash = folder / after / "flash.bin"
            assert CHIP
            prepare_virtual(flash, soldered.with_signer(boards.load("virtual"), CHIP))
            flash.with_name("flash.bin.atecc608").touch()
        with Bench(folder / after) as bench:
            if before == "new":
                provision_terminal(bench.terminal, bench.store, SERIAL)
            else:

                def put(text: str, bench: Bench = bench) -> None:
                    bench.world("place 10 kg" if "weight" in text else "remove")
                    bench.world("advance 1 s")

                calibrate_terminal(
                    bench.terminal, bench.store, Work((("10.000", "kg"),), reference="F1 17"), put
                )
                bench.world("remove")
