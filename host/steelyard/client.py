"""A terminal as an object: the commands of the service line with types.

Owns: which command a wish needs and what its reply means. Refuses: see link; a reply that lacks
what the protocol promises is our bug or the terminal's (UserError, exit 5).
Units: as in the replies; quantities stay decimal text, counts and times are integers.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from steelyard_wire.codes import MOTION, NOT_READY
from steelyard_wire.line import Reply

from steelyard.client_records import Records
from steelyard.client_seals import Seals
from steelyard.errors import BUG, AtPrompt, DeviceRefused, NoDevice, UserError
from steelyard.link import Link
from steelyard.opened import ALGORITHMS
from steelyard.reading import Reading
from steelyard.trace import Trace, block_seconds, decode

_RESTART_S = 15.0
_TRACE_ATTEMPTS = 3


T = TypeVar("T")


@dataclass(frozen=True)
class Identity:
    """Reply to ID. dev and key are empty while the terminal has no key."""

    serial: str
    dev: bytes
    key: bytes
    algorithm: str
    model: str
    board: str
    firmware: str
    software_id: bytes
    state: str
    test: bool
    calibration: int
    converter: str
    sealed: bool = False

    @property
    def provisioned(self) -> bool:
        """Whether there is a key."""
        return bool(self.key)


def _bytes(values: Mapping[str, str], key: str) -> bytes:
    return b"" if values[key] == "-" else bytes.fromhex(values[key])


def when_still(action: Callable[[], T], seconds: float) -> T:
    """What `action` gives, repeated while the terminal refuses because the load still moves."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return action()
        except DeviceRefused as refused:
            if refused.code not in (MOTION, NOT_READY) or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class Terminal(Records, Seals):
    """A terminal at an address. A context manager. Arguments as link.Link."""

    def __init__(
        self,
        address: str,
        link_key: bytes | None = None,
        transcript: Path | None = None,
        timeout: float = 5.0,
    ) -> None:
        self.address = address
        self.link = Link(address, link_key, transcript, timeout)

    def close(self) -> None:
        """Give the port back."""
        self.link.close()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _values(self, *command: str) -> dict[str, str]:
        return self.link.command(*command).values

    # --- what it is ------------------------------------------------------------------------------

    def identify(self) -> Identity:
        """Who it is; NoDevice if it is not a terminal of our protocol version."""
        reply = self.link.command("ID")
        self.link.check_protocol(reply)
        values = reply.values
        try:
            return Identity(
                serial="" if values["serial"] == "-" else values["serial"],
                dev=_bytes(values, "dev"),
                key=_bytes(values, "key"),
                # A firmware from before there was a second suite does not say.
                algorithm=ALGORITHMS[int(values.get("suite", "1").replace("-", "0"))],
                model=values["model"],
                board=values["board"],
                firmware=values["fw"],
                software_id=_bytes(values, "swid"),
                state=values["state"],
                test=values["test"] == "1",
                calibration=int(values["cal"]),
                converter=values["converter"],
                sealed=values.get("sealed") == "1",
            )
        except (KeyError, ValueError, IndexError) as error:
            raise UserError(BUG, f"the terminal's ID is not as specified: {error}") from None

    def wait_until_ready(self, seconds: float = 15.0) -> Identity:
        """After a reset: who it is as soon as it answers."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.identify()
            except NoDevice:
                if time.monotonic() > deadline:
                    raise

    def status(self) -> dict[str, str]:
        """Reply to STATUS: counters and states by name."""
        return self._values("STATUS")

    def faults(self) -> dict[str, str]:
        """Counters of the converter's faults by name."""
        return self._values("FAULTS")

    def ask_converter(self, what: str) -> dict[str, str]:
        """Have the converter TEST itself, tell its TEMPERATURE or RECALIBRATE."""
        return self.link.command("CONVERTER", what, changes=True).values

    def trace(
        self, seconds: float, on_samples: Callable[[float], None] = lambda seconds: None
    ) -> Trace:
        """Raw samples for so long, as the converter's driver gave them.

        on_samples: gets the seconds that came so far. NoDevice if the line loses samples on their
        way; those that the terminal could not send in time are counted in the result.
        """
        for _ in range(_TRACE_ATTEMPTS):
            # A repeated command has another tag: what its first try brought is void.
            blocks: dict[int | None, list[str]] = {}
            passed = [0.0]

            def collect(
                reply: Reply,
                blocks: dict[int | None, list[str]] = blocks,
                passed: list[float] = passed,
            ) -> None:
                blocks.setdefault(reply.tag, []).extend(reply.words)
                passed[0] += sum(map(block_seconds, reply.words))
                on_samples(passed[0])

            reply = self.link.command("TRACE", str(round(seconds * 1000)), on_progress=collect)
            try:
                found = decode(blocks.get(reply.tag, []), int(reply.values["lost"]))
                if len(found) == int(reply.values["samples"]):
                    return found
            except KeyError:
                raise UserError(BUG, "the terminal's TRACE is not as specified") from None
            except ValueError:
                continue
        raise NoDevice(
            f"the line to {self.address} loses samples. Check the cable, the ground and the speed,"
            " then run the same command again"
        )

    # --- weights ---------------------------------------------------------------------------------

    def reading(self, unit: str = "") -> Reading:
        """An unsigned look at the weight, in the terminal's unit or another."""
        return Reading.of(self._values("READ", *([unit] if unit else [])))

    def extend(self) -> None:
        """Show tenths of d for five seconds, in which nothing is registered."""
        self.link.command("EXTEND", changes=True)

    def wait_stable(
        self, seconds: float = 20.0, on_moving: Callable[[Reading], None] = lambda reading: None
    ) -> Reading:
        """The first reading at rest; UserError if it does not come to rest in time.

        on_moving: gets each reading before it.
        """
        deadline = time.monotonic() + seconds
        while True:
            reading = self.reading()
            if reading.stable:
                return reading
            if time.monotonic() > deadline:
                raise DeviceRefused(MOTION, "MOTION", "the load did not come to rest in time")
            on_moving(reading)
            time.sleep(0.02)

    def register(self, nonce: bytes | None = None) -> tuple[int, bytes]:
        """Have the present weight signed and kept: (n, the record's bytes)."""
        args = () if nonce is None else (nonce.hex(),)
        return self.enveloped(self.link.command("REGISTER", *args, changes=True))

    def zero(self) -> None:
        """Set zero."""
        self.link.command("ZERO", changes=True)

    def tare(self, *what: str) -> None:
        """Take the load as tare; or a quantity and its unit; or CLEAR it."""
        self.link.command("TARE", *what, changes=True)

    # --- settings --------------------------------------------------------------------------------

    def config(self) -> dict[str, str]:
        """The parameters by name."""
        return self._values("CONFIG")

    def set_parameter(self, name: str, value: str, *more: str) -> int:
        """Change a parameter, or several that must fit each other; the number of the record."""
        return int(self.link.command("SET", name, value, *more, changes=True).values["n"])

    def commission(self, values: Iterable[int]) -> int:
        """Store what a commissioning found, in COMMISSION's order; the number of its record."""
        found = map(str, values)
        return int(self.link.command("COMMISSION", *found, changes=True).values["n"])

    def calibrate(self, *step: str) -> dict[str, str]:
        """One step of a calibration: CAL's arguments."""
        return self.link.command("CAL", *step, changes=True).values

    def calibrate_when_still(self, *step: str, seconds: float = 20.0) -> dict[str, str]:
        """The same for ZERO and SPAN, when the load has come to rest."""
        return when_still(lambda: self.calibrate(*step), seconds)

    def provision(self, serial: str, *secrets: bytes) -> tuple[int, bytes]:
        """Have it make its key; (0, the record that it signed with it).

        secrets: 32 bytes each of entropy, the link key, the unlock key.
        """
        texts = (base64.b64encode(part).decode() for part in secrets)
        reply = self.link.command("PROVISION", serial, *texts, changes=True, timeout=15)
        return self.enveloped(reply)

    def time(self) -> dict[str, str]:
        """Its clock and how far it can be trusted."""
        return self._values("TIME")

    def set_time(self, utc: int) -> int:
        """Set its clock; the number of the record of it."""
        return int(self.link.command("SETTIME", str(utc), changes=True).values["n"])

    def network(self) -> dict[str, str]:
        """The state of its Wi-Fi."""
        return self._values("NETWORK")

    def set_wifi(self, ssid: str, key: str) -> None:
        """The network that it is to join; the key is not shown again."""
        self.link.command("WIFI", "SET", ssid, key, changes=True)

    def clear_wifi(self) -> None:
        """Leave and forget the network."""
        self.link.command("WIFI", "CLEAR", changes=True)

    def reset(self) -> Identity:
        """Start it again, from the REPL too; who it is when it answers."""
        try:
            self.link.command("RESET", changes=True, timeout=2)
        except NoDevice:
            self.link.restart()
        return self.await_start()

    def await_start(self) -> Identity:
        """While it starts again: who it is when it answers."""
        deadline = time.monotonic() + _RESTART_S
        while True:
            time.sleep(0.5)
            try:
                self.link.reopen()
                return self.identify()
            except AtPrompt:
                if time.monotonic() > deadline:
                    raise NoDevice(
                        f"the board at {self.address} was restarted and is at the MicroPython"
                        " prompt again: there is no firmware on it, or it fails. Put it there:"
                        f" steelyard flash --board BOARD --port {self.address}"
                    ) from None
            except NoDevice:
                if time.monotonic() > deadline:
                    raise
