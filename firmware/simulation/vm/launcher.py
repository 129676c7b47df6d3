"""Starts the virtual board inside the VM: flash, _boot, boot.py, main.py, then the VM's own REPL.

Owns: the order of a board's start, and the time model of what costs time inside C or bytecode.
Refuses: to start without the world's pipes. Units: none of its own.

The settings come from the world in one environment variable, as a literal map (see vm_process.py).
After the flash is mounted at "/" the host's file system is out of reach.
"""

import gc
import hashlib
import json
import os
import socket
import sys

_here = __file__[: __file__.rfind("/")]
_simulation = _here[: _here.rfind("/")]
sys.path[:] = [_here, _simulation, _simulation[: _simulation.rfind("/")], ".frozen"]

# First, so that asyncio takes this clock and these tasks.
import board_tasks
import time  # noqa: F401

sys.modules["_asyncio"] = board_tasks
sys.modules["micropython"] = __import__("board_keyboard")

import asyncio
import board_time
import front_panel
import machine
import network  # noqa: F401 - imported now, while its file can still be reached
import nor
import rp2

_FOREVER_US = 3600000000
# A board's TCP keeps a few KB for a peer that does not read, not the megabytes of a desktop.
_SO_SNDBUF = 7 if sys.platform == "linux" else 0x1001
_SEND_BUFFER = 8192
_VERIFICATION = "terminal.evidence.verify"
_UNIT_US = 69  # what the signer's unit of work takes on an RP2040 (trust.md 3.1)


class _FlashTime:
    """The time that the flash takes, with interrupts off as on rp2."""

    def on_program(self, us):
        """A page was programmed."""
        board_time.charge_masked(us)

    def on_erase(self, us):
        """A block was erased."""
        board_time.charge_masked(us)


def _run_on_board_time(tcp_ports):
    core = asyncio.core
    poll_now = core.IOQueue.wait_io_event
    listen = asyncio.start_server

    def wait_io_event(queue, dt):
        poll_now(queue, 0)
        task = core._task_queue.peek()
        due = task is not None and core.ticks_diff(task.ph_key, core.ticks()) <= 0
        if dt and not due:
            board_time.idle(board_time.now_us + (dt * 1000 if dt > 0 else _FOREVER_US))

    def start_server(connected, host, port, backlog=5, **more):
        async def connected_board(reader, writer):
            writer.s.setsockopt(socket.SOL_SOCKET, _SO_SNDBUF, _SEND_BUFFER)
            await connected(reader, writer)

        # Several virtual boards share one machine: the world chose a free port for each of theirs.
        own = tcp_ports.get(str(port), port)
        return listen(connected_board, "127.0.0.1", own, backlog, **more)

    core.IOQueue.wait_io_event = wait_io_event
    asyncio.start_server = start_server


def _charged(slices):
    while True:
        try:
            work = next(slices)
        except StopIteration as end:
            return end.value
        board_time.charge(work * _UNIT_US)
        yield work


def _charge_signatures():
    try:
        from terminal import cold
    except ImportError:
        return  # a bare board
    load = cold.call

    def call(module, function, *args):
        # A verification is loaded anew for each call.
        result = load(module, function, *args)
        return _charged(result) if module == _VERIFICATION else result

    cold.call = call
    try:
        from terminal.evidence import ed25519
    except ImportError:
        return  # a chip signs

    def charged(plain):
        return lambda signer, *message: _charged(plain(signer, *message))

    for name in ("sign_steps", "prepare_steps"):
        setattr(ed25519.Signer, name, charged(getattr(ed25519.Signer, name)))


def _power_on(settings):
    board_time.attach(
        open("/dev/fd/%d" % settings["requests"], "wb"),
        open("/dev/fd/%d" % settings["answers"], "rb"),
    )
    flash = open(settings["flash"], "r+b")
    board_time.now_us = board_time.ask(board_time.START)[0]
    # A converter's wires are the module of its name.
    wires = __import__(settings["converter"]["chip"] + "_wires")
    wires.solder(settings["converter"], settings["rate_hz"], settings["rate_error_ppm"])
    if settings["chip"]:
        wires = __import__(settings["chip"]["chip"] + "_wires")
        wires.solder(settings["chip"], settings["chip_memory"])
    for index, pin in enumerate(settings["keys"]):
        front_panel.Key(pin, index)
    front_panel.Matrix(settings["keypad_rows"], settings["keypad_columns"])
    front_panel.case_latch(settings["case"], settings["case_clear"])
    front_panel.shunt(settings["shunt"])
    machine._cause = settings["cause"]
    machine._chip = hashlib.sha256(settings["flash"].encode()).digest()[:8]
    _run_on_board_time(settings["tcp_ports"])
    rp2.chip = nor.NorFlash(flash, settings["blocks"], _FlashTime())
    nor.mount_root(rp2.chip)


def _run(path):
    try:
        with open(path) as file:
            source = file.read()
    except OSError:
        return
    # As pyexec.c does for each file: Ctrl-C interrupts it, whatever the one before had said.
    sys.modules["micropython"].kbd_intr(3)
    try:
        exec(compile(source, path, "exec"), {"__name__": "__main__", "__file__": path})
    except Exception as error:
        sys.print_exception(error)
    except KeyboardInterrupt as error:
        sys.print_exception(error)


_settings = json.loads(os.getenv("STEELYARD_SIM_BOARD"))
_power_on(_settings)
sys.path[:] = ["", "/lib", ".frozen"]
sys.argv[:] = []
gc.collect()
board_time.heap_bytes = gc.mem_alloc()


def _live():
    _run("/boot.py")
    if _settings["main"]:
        _charge_signatures()
        _run("/main.py")


for _step in (_live, lambda: [None for _ in range(100)]):
    try:
        _step()
    except KeyboardInterrupt:
        # Ctrl-C outside of a program asks for the prompt, which comes next. The second step lets
        # one that is still pending come out here and not in the first line typed at the prompt.
        continue
