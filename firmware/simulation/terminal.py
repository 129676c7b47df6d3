"""A virtual terminal as a program: the real firmware on the real VM, in a simulated world.

    python terminal.py --flash FILE [--seed N] [--speed X] [--scenario FILE] ...

Prints one line of JSON with the addresses when it is ready, serves until Ctrl-C or SIGTERM, and
leaves no process behind. The flash file is created when it is missing; killing the program is a
power cut. `steelyard sim` is the comfortable way to start it.

Owns: the command line, the world's command port, scenarios. Refuses: with one sentence and exit
code 2 (usage), 3 (no VM, flash in use). Units: as in commands.py.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import selectors
import signal
import socket
import sys
import time
from collections import deque
from pathlib import Path

from commands import Commands
from console import Console
from load_cell import CLASSES, Cell, LoadCell, of_class
from quantity import CommandError
from radio import Radio
from sockets import reserve_port, watch
from vm_process import NoVirtualMachine, find_micropython
from wiring import Wiring
from world import FlashInUse, World

_PATIENCE_S = 3.0
_RATE_ERROR_PPM = 30000
_STANDS = "error the board is busy or at its REPL: time did not pass"
SERVICE_PORT = 4590  # boards/virtual.py TCP_PORT
_AT = re.compile(r"at\s+(\d+(?:\.\d+)?)\s*s\s*:\s*(.+)")


class WorldPort:
    """The second address: command lines in, `ok ...` or `error ...` out."""

    def __init__(self, world: World, commands: Commands, port: int) -> None:
        self._world = world
        self._commands = commands
        self._server = socket.create_server(("127.0.0.1", port))
        self._open: dict[socket.socket, bytes] = {}
        self._lines: dict[socket.socket, deque[str]] = {}  # not carried out yet
        self._slow: dict[socket.socket, tuple[int, str]] = {}  # board time, answer
        self._unsaid: dict[socket.socket, bytes] = {}  # what a client has not taken yet
        self._holders: set[socket.socket] = set()  # who said `hold`
        self._held: float | None = None  # the speed before the first of them did
        self._passed = (0, 0.0)  # board time, and the real time at which it last moved
        world.selector.register(self._server, selectors.EVENT_READ, self._accept)

    @property
    def address(self) -> str:
        """URL of the world's command line."""
        return f"socket://127.0.0.1:{self._server.getsockname()[1]}"

    def _accept(self) -> None:
        client, _ = self._server.accept()
        self._open[client] = b""
        self._lines[client] = deque()
        self._unsaid[client] = b""
        client.setblocking(False)
        self._watch(client)

    def _watch(self, client: socket.socket) -> None:
        # Who does not take its answers is not listened to, and nobody waits for it.
        write = bool(self._unsaid[client])
        events = selectors.EVENT_WRITE if write else selectors.EVENT_READ
        serve = self._flush if write else self._read
        watch(self._world.selector, client, 0)
        watch(self._world.selector, client, events, lambda: serve(client))

    def _flush(self, client: socket.socket) -> None:
        self._say(client)
        self._watch(client)
        self._carry_out(client)

    def _say(self, client: socket.socket) -> None:
        """Send what the client has not taken yet, as far as it takes it."""
        text = self._unsaid[client]
        try:
            while text:
                text = text[client.send(text) :]
        except BlockingIOError:
            pass  # the rest goes when there is room
        except OSError:
            text = b""  # it has gone, which is found when it is read
        self._unsaid[client] = text

    def _read(self, client: socket.socket) -> None:
        try:
            data = client.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            watch(self._world.selector, client, 0)
            self._let_go(client)
            for by_client in (self._open, self._lines, self._slow, self._unsaid):
                by_client.pop(client, None)
            client.close()
            return
        *lines, self._open[client] = (self._open[client] + data).split(b"\n")
        self._lines[client] += [line.decode("utf-8", "replace") for line in lines]
        self._carry_out(client)

    def _carry_out(self, client: socket.socket) -> None:
        # What follows an `advance` waits for it, as a person at the bench would.
        lines = self._lines[client]
        while lines and client not in self._slow and not self._unsaid[client]:
            line = lines.popleft().strip()
            if line:
                self._answer(client, line)

    def _answer(self, client: socket.socket, line: str) -> None:
        ordered_us = self._world.ordered_us
        try:
            said = self._hold(client, line) if line.startswith("hold") else None
            text = f"ok {self._commands.run(line) if said is None else said}".rstrip()
        except CommandError as error:
            text = f"error {error}"
        if self._world.ordered_us > max(ordered_us, self._world.now_us):
            # `advance` answers when the time has passed.
            self._slow[client] = (self._world.ordered_us, text)
            self._passed = (self._world.now_us, time.monotonic())
        else:
            self._send(client, text)

    def _hold(self, client: socket.socket, line: str) -> str | None:
        """`hold`: time stands still until whoever said it says `hold off`, or is gone."""
        if line == "hold off":
            self._let_go(client)
        elif line == "hold":
            if not self._holders:
                self._held = self._world.speed
            self._holders.add(client)
            self._world.set_speed(0)
        else:
            return None
        return ""

    def _let_go(self, client: socket.socket) -> None:
        if client in self._holders:
            self._holders.remove(client)
            if not self._holders:
                self._world.set_speed(self._held)

    def _send(self, client: socket.socket, text: str) -> None:
        self._unsaid[client] += text.encode() + b"\n"
        self._say(client)
        if self._unsaid[client]:
            self._watch(client)

    def settle(self) -> float | None:
        """Answer what waited for board time; seconds until the patience with one ends."""
        if not self._slow:
            return None
        if self._world.now_us != self._passed[0]:
            self._passed = (self._world.now_us, time.monotonic())
        left = self._passed[1] + _PATIENCE_S - time.monotonic()
        if left <= 0:
            self._world.advance_no_further()
        for client, (until_us, text) in list(self._slow.items()):
            if left <= 0 or self._world.now_us >= until_us:
                del self._slow[client]
                self._send(client, text if left > 0 else _STANDS)
                self._carry_out(client)
        return max(left, 0.0)


def load_scenario(path: Path, commands: Commands, world: World) -> None:
    """Plan a scenario: lines `at 3.5 s: place 1 kg`, or commands for the start."""
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        match = _AT.fullmatch(text)
        when, command = (float(match[1]), match[2]) if match else (0.0, text)

        def carry_out(command: str = command, number: int = number) -> None:
            try:
                commands.run(command)
            except CommandError as error:
                print(f"{path.name}:{number}: {error}", file=sys.stderr, flush=True)

        world.after(round(when * 1e6), carry_out)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="A virtual weighing terminal.")
    parser.add_argument("--flash", type=Path, required=True, help="flash file, made if missing")
    parser.add_argument("--tethered", action="store_true", help="end when standard input does")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (default 1)")
    parser.add_argument(
        "--speed", default="1", help="board s per real s, 0 holds, max (default 1)"
    )
    parser.add_argument(
        "--converter", type=json.loads, help="CONVERTER of the board file, as JSON (HX711)"
    )
    parser.add_argument(
        "--signer", type=json.loads, help="SIGNER of the board file, as JSON, where it is a chip"
    )
    parser.add_argument("--rate", type=int, default=80, help="RATE pin, or the driver's choice")
    parser.add_argument(
        "--rate-error-ppm", type=int, help="of the converter's clock (default: from the seed)"
    )
    parser.add_argument("--capacity-kg", type=float, default=20.0, help="of the load cell")
    parser.add_argument("--cell", choices=tuple(CLASSES), default="good", help="its class")
    parser.add_argument("--console-port", type=int, default=0)
    parser.add_argument("--world-port", type=int, default=0)
    parser.add_argument("--service-port", type=int, default=0)
    parser.add_argument("--scenario", type=Path, help="file of world commands")
    parser.add_argument("--ssid", default="market", help="name of the network in the air")
    parser.add_argument("--psk-env", default="", help="environment variable with its key")
    return parser.parse_args()


def rate_error_ppm(options: argparse.Namespace) -> int:
    """What was asked for, else what a module as it is bought has: 1 to 3 % (load_model.py)."""
    if options.rate_error_ppm is not None:
        return int(options.rate_error_ppm)
    chance = random.Random(f"module {options.seed}")
    return chance.choice((-1, 1)) * chance.randrange(_RATE_ERROR_PPM // 3, _RATE_ERROR_PPM)


def build(options: argparse.Namespace) -> tuple[World, Radio, Commands, WorldPort]:
    """The parts, wired."""
    held = reserve_port()
    vm_port = int(held.getsockname()[1])
    if sys.platform != "linux":
        held.close()
    wiring = Wiring(
        **({"converter": options.converter} if options.converter else {}),
        rate_hz=options.rate,
        rate_error_ppm=rate_error_ppm(options),
        tcp_ports={str(SERVICE_PORT): vm_port},
    )
    if options.signer:
        # A chip of its own: it stays what it is when another flash file is put beside it.
        memory = options.flash.with_name(f"{options.flash.name}.{options.signer['chip']}")
        memory.touch()
        wiring.chip, wiring.chip_memory = options.signer, str(memory.resolve())
    sheet = of_class(options.cell, Cell(capacity_kg=options.capacity_kg))
    cell = LoadCell(sheet, options.seed, options.rate, str(wiring.converter["chip"]))
    wifi = (options.ssid, os.environ.get(options.psk_env, "") if options.psk_env else "")
    world = World(options.flash, wiring, cell, Console(options.console_port), wifi)
    radio = Radio(world, held, vm_port, options.service_port)
    commands = Commands(world, radio)
    port = WorldPort(world, commands, options.world_port)
    return world, radio, commands, port


def tether(world: World) -> None:
    """End when whoever started us has: its end of our standard input closes, however it ended."""

    def listen() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            sys.exit(0)

    world.selector.register(sys.stdin, selectors.EVENT_READ, listen)


def main() -> int:
    """Run until told to stop."""
    options = parse_arguments()
    try:
        find_micropython()
        world, radio, commands, port = build(options)
        commands.run(f"speed {options.speed}")
        if options.scenario:
            load_scenario(options.scenario, commands, world)
    except (NoVirtualMachine, FlashInUse, OSError) as error:
        print(error, file=sys.stderr)
        return 3
    except CommandError as error:
        print(error, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if options.tethered:
            tether(world)
        world.power_on()
        addresses = {
            "pty": world.console.path,
            "console": world.console.address,
            "world": port.address,
            "service": radio.address,
            "pid": os.getpid(),
        }
        print(json.dumps(addresses), flush=True)
        while True:
            world.step(port.settle())
    except KeyboardInterrupt:
        return 0
    finally:
        radio.close()
        world.close()


if __name__ == "__main__":
    sys.exit(main())
