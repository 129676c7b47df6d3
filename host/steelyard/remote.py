"""A board's REPL through mpremote, run as a subprocess: scripts, copies, what is on the board.

Owns: the command lines, the script that surveys a board, and what mpremote's failures mean.
Refuses: with `RemoteError`; its `exit_code` is 3 when nothing (any more) answers and 4 when the
board answers but cannot, `full` says whether for want of space. Its text is for people.
Units: sizes in bytes, times in seconds.
"""

import ast
import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

from steelyard_wire import identify

from steelyard.errors import NO_DEVICE, REFUSED, UserError

# The slowest single step is the copy of the pack over a UART: some 20 s. Nothing may wait for
# ever: on a port that disappears mpremote can.
_SILENCE_S = 45.0
_ENTER_S = 15.0  # a board comes to its prompt sooner, or not at all
_LOOK_S = 0.5
_MARK = "@steelyard "
_HERE = f"{_MARK}here"

# Runs on the board: which of all boards it is, as the chip's maker has numbered it.
CHIP = """
def say(*words):
    print("@steelyard", repr(words))
try:
    import binascii, machine
    say("chip", binascii.hexlify(machine.unique_id()).decode())
except (ImportError, AttributeError):
    pass
"""
# And: what it is, what space it has, which of our files it has.
SURVEY = """
import os, sys
from hashlib import sha256
WHICH
what = sys.implementation
say("is", what.name, tuple(what.version), getattr(what, "_mpy", 0), what._machine, sys.version)
try:
    import network
    say("port", sys.platform, hasattr(network, "WLAN"))
except ImportError:
    say("port", sys.platform, False)
disk = os.statvfs("/")
say("disk", disk[0], disk[2], disk[3])
buffer = bytearray(1024)
view = memoryview(buffer)
def look(path):
    state = sha256()
    size = 0
    with open(path, "rb") as file:
        while True:
            count = file.readinto(buffer)
            if not count:
                break
            state.update(view[:count])
            size += count
    say("file", path, size, state.digest())
def walk(folder):
    say("folder", folder)
    for entry in os.ilistdir(folder):
        path = folder + "/" + entry[0]
        if entry[1] == 0x4000:
            walk(path)
        else:
            look(path)
top = os.listdir("/")
for name in top:
    if name in NAMES:
        look("/" + name)
for name in ("steelyard_wire", "terminal"):
    if name in top:
        walk("/" + name)
say("end")
"""

# The fixed part and the packs; what an update leaves behind that was given up; what a firmware
# from before there were packs had.
OURS = ["active", "active.new", *(f"{slot}.{end}" for slot in "ab" for end in ("pack", "new"))]
OURS += ["board.py", *(path[1:] for path in identify.FIXED)]
SURVEY = SURVEY.replace("WHICH", CHIP).replace("NAMES", repr(OURS))


class RemoteError(UserError):
    """mpremote failed; full: because the board's file system has no space left."""

    def __init__(self, sentence: str, exit_code: int, full: bool = False) -> None:
        super().__init__(exit_code, sentence)
        self.full = full


class _NotEntered(RemoteError):
    """The board did not come to its prompt; no command was given yet."""


@dataclass
class Survey:
    """What a board says of itself. files: path -> (size, SHA-256) of those that are ours.

    version: as sys.implementation.version; mpy: sys.implementation._mpy (0: loads no .mpy);
    block_bytes, blocks, free_blocks: of the file system. chip: its number in hex, "" without one.
    """

    name: str = ""
    version: tuple[int | str, ...] = ()
    mpy: int = 0
    machine: str = ""
    version_text: str = ""
    platform: str = ""
    wlan: bool = False
    block_bytes: int = 0
    blocks: int = 0
    free_blocks: int = 0
    files: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    chip: str = ""

    @property
    def mpy_version(self) -> int:
        """Version of the .mpy format that it loads."""
        return self.mpy & 0xFF

    @property
    def mpy_sub_version(self) -> int:
        """Sub-version, which counts for machine code only."""
        return self.mpy >> 8 & 3

    @property
    def arch_number(self) -> int:
        """Architecture, an index of board_rules.ARCHITECTURES."""
        return self.mpy >> 10 & 0xF

    def platform_text(self) -> str:
        """The part of the software identification that is not a file."""
        return identify.platform_text(
            self.name, self.version, self.mpy, self.machine, self.version_text
        )


def parse_survey(output: str) -> Survey:
    """The last whole survey in what a board printed; RemoteError when there is none."""
    found = Survey()
    chip, complete = "", False
    for text in output.splitlines():
        if not text.startswith(_MARK):
            continue
        try:
            match ast.literal_eval(text[len(_MARK) :]):
                case "is", name, version, mpy, machine, version_text:
                    found = Survey(name, version, mpy, machine, version_text)
                    complete = False
                case "chip", str(chip):
                    pass
                case "port", platform, wlan:
                    found.platform, found.wlan = platform, wlan
                case "disk", block_bytes, blocks, free_blocks:
                    found.block_bytes, found.blocks = block_bytes, blocks
                    found.free_blocks = free_blocks
                case "file", path, size, digest:
                    found.files[path] = (size, digest)
                case "folder", path:
                    found.folders.append(path)
                case ("end",):
                    complete = True
        except (ValueError, SyntaxError):
            break  # a torn line: what follows is not to be trusted
    if not complete:
        raise RemoteError("The board did not finish its answer. Try again.", NO_DEVICE)
    found.chip = chip
    return found


def _explain(port: str, output: str, errors: str) -> RemoteError:
    """What mpremote's words mean for the person at the cable."""
    text = f"{output}\n{errors}"
    if "failed to access" in text:
        return RemoteError(
            f"{port} cannot be opened: there is no such port, or another program uses it."
            " `steelyard ports` lists the ports.",
            NO_DEVICE,
        )
    if "No space left" in text or "ENOSPC" in text or "Errno 28" in text:
        return RemoteError("The board's file system is full.", REFUSED, full=True)
    lost = ("SerialException", "SerialTimeout", "Input/output error", "Broken pipe")
    gone = ("disconnected", "Connection re", "No such device", "unpack requires")
    if any(word in text for word in lost + gone):
        return RemoteError(f"The connection to {port} was lost.", NO_DEVICE)
    if "raw repl" in text:
        return (RemoteError if _HERE in output else _NotEntered)(
            f"Nothing that speaks MicroPython answers at {port}. boards/README.md says how"
            " MicroPython gets onto a board.",
            NO_DEVICE,
        )
    last = [line for line in text.splitlines() if line.strip()]
    return RemoteError(f"The board refused: {last[-1] if last else 'no reason given'}", REFUSED)


class Remote:
    """The board at `port`. on_line(text) is called with every line that mpremote prints.

    may_come: asked before the second try, whether a board that did not come to its prompt could.
    look: called twice a second while the board is waited for; what it raises ends that.
    """

    def __init__(
        self,
        port: str,
        on_line: Callable[[str], None] = lambda text: None,
        may_come: Callable[[], bool] = lambda: True,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self.port = port
        self._look = look
        self._on_line = on_line
        self._may_come = may_come

    def run(self, *steps: list[str], resume: bool = True) -> str:
        """Run mpremote commands one after the other on one connection; what they printed.

        resume: without it the board is interrupted and restarted first, and stays at the REPL.
        """
        try:
            return self._run(steps, resume)
        except _NotEntered:
            # A board may miss the key that asks for its prompt. Nothing was done yet.
            if not self._may_come():
                raise
            return self._run(steps, resume)

    def _run(self, steps: tuple[list[str], ...], resume: bool) -> str:
        command = [sys.executable, "-m", "mpremote", "connect", self.port]
        if resume:
            command.append("resume")
        for step in (["exec", f"print({_HERE!r})"], *steps):
            command += ["+", *step]
        environment = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8")
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        ) as process:
            try:
                output, errors = self._collect(process)
            finally:
                # Also on Ctrl-C: nothing stays behind that holds the port.
                process.kill()
        if process.returncode:
            raise _explain(self.port, output, errors)
        return output.partition(_HERE)[2].partition("\n")[2]

    def _collect(self, process: subprocess.Popen[bytes]) -> tuple[str, str]:
        lines: queue.Queue[tuple[bool, str | None]] = queue.Queue()

        def pump(stream: IO[bytes], is_error: bool) -> None:
            for raw in stream:
                lines.put((is_error, raw.decode("utf-8", "replace")))
            lines.put((is_error, None))

        streams = [(process.stdout, False), (process.stderr, True)]
        for stream, is_error in streams:
            if stream is not None:
                threading.Thread(target=pump, args=(stream, is_error), daemon=True).start()
        texts: dict[bool, list[str]] = {False: [], True: []}
        open_streams = 2
        entered = False
        heard = time.monotonic()
        while open_streams:
            patience_s = _SILENCE_S if entered else _ENTER_S
            try:
                is_error, text = lines.get(timeout=min(_LOOK_S, patience_s))
                heard = time.monotonic()
            except queue.Empty:
                self._look()
                if time.monotonic() < heard + patience_s:
                    continue
                process.kill()
                raise (RemoteError if entered else _NotEntered)(
                    f"{self.port} has been silent for {patience_s:.0f} s.", NO_DEVICE
                ) from None
            if text is None:
                open_streams -= 1
                continue
            texts[is_error].append(text)
            if _HERE in text:
                entered = True
            else:
                self._on_line(text.rstrip())
        process.wait()
        return "".join(texts[False]), "".join(texts[True])

    def survey(self, *steps: list[str], resume: bool = True) -> Survey:
        """Run `steps`, then ask what is on the board."""
        return parse_survey(self.run(*steps, ["exec", SURVEY], resume=resume))

    def chip(self) -> str:
        """The number of its chip in hex, as `Survey.chip`; what ran there is stopped for it."""
        said = self.run(["exec", CHIP + 'say("is", "", (), 0, "", "")\nsay("end")'], resume=False)
        return parse_survey(said).chip

    def reset(self, resume: bool = True) -> None:
        """Restart the board as its reset button does; it then runs main.py."""
        with contextlib.suppress(RemoteError):
            # The port may vanish before mpremote has said good-bye; what counts is what answers.
            self.run(["reset"], resume=resume)
