"""The service line from the host's side (protocol/README.md): one port, commands and replies.

Owns: the open port, the ids of our commands, the check sums, the session of a keyed link, and what
to make of anything else that comes in.
Refuses: with NoDevice, ports that are not there, in use, silent or not a terminal's; with
DeviceRefused, what the terminal refuses.
Units: timeouts in seconds.

Secrets (the arguments of PROVISION and WIFI) never reach the transcript or an error message.
"""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

import crcmod.predefined
import serial
from steelyard_wire import auth
from steelyard_wire import line as wire
from steelyard_wire.codes import CRC, PROTOCOL, Refused

from steelyard.errors import BUG, DeviceRefused, NoDevice, UserError

BAUD = 115200
SECRET_COMMANDS = ("PROVISION", "WIFI")
_RETRIES = 3  # of a command that changes nothing
_crc = crcmod.predefined.mkCrcFun("crc-ccitt-false")
_REPL_MARKS = (b">>> ", b"raw REPL; CTRL-B to exit")


def _open(address: str) -> serial.Serial:
    try:
        port = serial.serial_for_url(address, do_not_open=True, baudrate=BAUD, timeout=0.05)
        port.write_timeout = 5
        if "://" not in address:
            # An ESP32's reset and boot pins hang on these two lines: opening must not touch them.
            port.dtr = port.rts = False
            port.exclusive = True
        port.open()
    except (OSError, ValueError) as error:
        reason = str(error)
        if "exclusively lock" in reason or "Resource temporarily unavailable" in reason:
            raise NoDevice(
                f"{address} is in use by another program. Close it (a serial monitor, another"
                " steelyard) and try again"
            ) from None
        raise NoDevice(
            f"there is nothing to open at {address}. `steelyard ports` lists the serial ports;"
            " other forms are COM3 and socket://HOST:PORT"
        ) from None
    return port


def redact(text: str) -> str:
    """A command line without the secrets in it."""
    words = text.split(" ")
    at = 1 if words[0].startswith("@") else 0
    if len(words) > at and words[at].upper() in SECRET_COMMANDS:
        return " ".join([*words[: at + 1], "(arguments withheld)"])
    return text


class Link:
    """One open service line. A context manager.

    address: /dev/tty..., /dev/pts/N, COM3 or socket://host:port. link_key: 32 bytes for links that
    need it (TCP), or None. transcript: file to which all lines are added, without secrets.
    """

    def __init__(
        self,
        address: str,
        link_key: bytes | None = None,
        transcript: Path | None = None,
        timeout: float = 5.0,
    ) -> None:
        self.address = address
        self._key = link_key
        self._timeout = timeout
        self._transcript = transcript
        self._port = _open(address)
        self._tag = 0
        self._pending = b""
        self._seen = b""  # the end of what came since the last command, to tell what is there
        self._nonce: bytes | None = None
        # Whatever was half typed on the line before us is ended, and answered before we listen.
        self._write(b"\r\n")

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def set_key(self, key: bytes | None) -> None:
        """Use this link key from now on."""
        self._key = key
        self._nonce = None

    def _log(self, mark: str, text: str) -> None:
        if self._transcript is not None:
            with self._transcript.open("a", encoding="utf-8") as file:
                file.write(f"{time.time():.3f} {mark} {redact(text)}\n")

    def _write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except (OSError, serial.SerialException):
            raise self._gone() from None

    def _gone(self) -> NoDevice:
        if b"ERROR 60 BUSY" in self._pending or b"ERROR 60 BUSY" in self._seen:
            return NoDevice(
                f"the terminal at {self.address} has as many connections as it can serve. Close"
                " one, then run the same command again"
            )
        return NoDevice(
            f"the connection to {self.address} broke. Check the cable, then run the same command"
            " again: what the terminal had acknowledged is kept"
        )

    def command(
        self, name: str, *args: str, changes: bool = False, timeout: float | None = None
    ) -> wire.Reply:
        """Send one command and wait for its reply; lines that are not its reply are passed over.

        changes: the command changes state, so it is sent once and authenticated if there is a key.
        """
        for attempt in range(1 if changes else _RETRIES):
            try:
                return self._once(name, args, changes, timeout or self._timeout)
            except DeviceRefused as refused:
                # A line that was damaged on its way was not carried out: send it again.
                if refused.code != CRC or attempt == _RETRIES - 1:
                    raise
        raise UserError(BUG, "no reply and no refusal")

    def _once(self, name: str, args: tuple[str, ...], changes: bool, timeout: float) -> wire.Reply:
        if changes and self._key is not None and self._nonce is None and name != "PROVISION":
            self._nonce = bytes.fromhex(self._once("SESSION", (), False, timeout).values["nonce"])
        self._tag += 1
        text = " ".join([f"@{self._tag}", name, *map(wire.quote, args)])
        if changes and self._key is not None and self._nonce is not None:
            text += " ~" + auth.session_mac(self._key, self._nonce, text.encode())
        raw = text.encode()
        self._log(">", text)
        self._write(raw + b" *%04X\r\n" % _crc(raw))
        reply = self._wait(timeout)
        if reply.kind == "ERROR":
            sentence = reply.words[2] if len(reply.words) > 2 else ""
            raise DeviceRefused(int(reply.words[0]), reply.words[1], sentence)
        return reply

    def _wait(self, timeout: float) -> wire.Reply:
        """The reply with our id; NoDevice that says what came instead."""
        deadline = time.monotonic() + timeout
        self._seen = b""
        while time.monotonic() < deadline:
            for line in self._lines():
                self._seen = (self._seen + line + b"\n")[-4000:]
                reply = self._parse(line)
                if reply is not None:
                    return reply
            seen = self._seen + self._pending
            if self._at_repl(seen):
                raise NoDevice(
                    f"the terminal's program at {self.address} has stopped: it is at the"
                    f" MicroPython prompt. Start it with `steelyard reset {self.address}`"
                    + (" (it printed a traceback)" if b"Traceback" in seen else "")
                )
        raise NoDevice(self._silence(self._seen + self._pending))

    def _parse(self, line: bytes) -> wire.Reply | None:
        try:
            reply = wire.parse_reply(line)
        except Refused:
            return None  # not a reply: a traceback, an echo, noise
        if reply.tag != self._tag or reply.kind not in ("OK", "ERROR"):
            return None
        self._log("<", line.decode("utf-8", "replace"))
        return reply

    def _at_repl(self, data: bytes) -> bool:
        return any(mark in data for mark in _REPL_MARKS)

    def _silence(self, seen: bytes) -> str:
        if not seen.strip():
            return (
                f"{self.address} does not answer. Is it the terminal's port, does it have power,"
                " and is the firmware on it (`steelyard flash`)?"
            )
        if b"@%d " % self._tag in seen and b" OK" not in seen:
            return (
                f"{self.address} sends back what it gets: an echo, not a terminal. Is it the"
                " right port (`steelyard ports`)?"
            )
        return (
            f"{self.address} answers, but not as a Steelyard terminal. Is it the right port"
            " (`steelyard ports`) and the right speed?"
        )

    def _lines(self) -> list[bytes]:
        try:
            data = self._port.read(1)
            waiting = self._port.in_waiting if data else 0
            if waiting:
                data += self._port.read(waiting)
        except (OSError, serial.SerialException):
            raise self._gone() from None
        *lines, self._pending = (self._pending + data).split(b"\n")
        self._pending = self._pending[-4000:]
        return [line.rstrip(b"\r") for line in lines]

    def check_protocol(self, reply: wire.Reply) -> None:
        """NoDevice unless the reply to ID names our protocol version."""
        version = reply.values.get("protocol", "?")
        if version != str(PROTOCOL) or reply.values.get("product") != "steelyard":
            raise NoDevice(
                f"the terminal at {self.address} speaks protocol version {version}, this program"
                f" version {PROTOCOL}. Take the steelyard release that fits, or flash the terminal"
            )

    def restart(self) -> None:
        """Restart the terminal from whatever it is doing: service line or REPL.

        From the REPL by Ctrl-D (soft reset); a running terminal by RESET.
        """
        self._write(b"\r\x02\x04")
        time.sleep(0.5)
        try:
            self._port.reset_input_buffer()
        except (OSError, serial.SerialException):
            raise self._gone() from None
        self._pending = b""
        self._nonce = None
