"""The service line from the host's side (protocol/README.md): one port, commands and replies.

Owns: an open port, the ids of our commands, the check sums, the session of a keyed link, and what
to make of anything else that comes in.
Refuses: with NoDevice, ports that are not there, in use, silent or not a terminal's; with
DeviceRefused, what the terminal refuses; with UserError, arguments that no line can carry.
Units: timeouts in seconds.

Secrets (the arguments of PROVISION and WIFI) never reach the transcript or an error message.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import crcmod.predefined
import serial
from steelyard_wire import auth
from steelyard_wire import line as wire
from steelyard_wire.codes import ARGUMENT, AUTH, CRC, LEVEL, PROTOCOL, Refused
from steelyard_wire.sentences import error_text

from steelyard.errors import BUG, USAGE, AtPrompt, DeviceRefused, NoDevice, UserError
from steelyard.port import open_port, read_what_came
from steelyard.transcript import SECRET_COMMANDS, add_line, redact

_RETRIES = 3  # of a command that changes nothing
_crc = crcmod.predefined.mkCrcFun("crc-ccitt-false")
_REPL_MARKS = (b">>> ", b"raw REPL; CTRL-B to exit")
# Ctrl-U. No line may hold a control character: whatever was half typed before us is refused now
# instead of carried out, and a MicroPython prompt clears its line.
_SPOIL = b"\x15\r\n"
_GRACE_S = 0.5  # in which the right reply may still follow a damaged one
_TAGS = 900_000_000  # of 999999999 in the protocol


class _Damaged(Exception):
    """The terminal could not read our line, or we could not read its reply."""


def _last_words(seen: bytes) -> str:
    """What a program that stopped said it died of, in brackets."""
    found = re.findall(rb"^(\w*(?:Error|Exception|Refused)\b.*?)\r?$", seen, re.MULTILINE)
    if b"Traceback" not in seen or not found:
        return ""
    return f" (it died of: {found[-1].decode('utf-8', 'replace')})"


def _quoted(name: str, arg: str) -> str:
    try:
        arg.encode()
        return wire.quote(arg)
    except (Refused, UnicodeEncodeError):
        which = "what is asked for" if name in SECRET_COMMANDS else repr(arg)
        raise UserError(
            USAGE,
            f"{which} holds characters that a command cannot carry (line ends, control characters,"
            " bytes that are no UTF-8). Leave them out",
        ) from None


def _refusal(reply: wire.Reply) -> UserError:
    try:
        code, name, sentence = int(reply.words[0]), reply.words[1], reply.words[2]
        general = f"{error_text(code)} ("
        if code == ARGUMENT and sentence.startswith(general):
            # HELP is for people at the line; here what is wrong with the argument says more.
            sentence = sentence.removeprefix(general).removesuffix(")")
        return DeviceRefused(code, name, sentence)
    except (IndexError, ValueError):
        return UserError(BUG, f"the terminal's refusal is not as specified: {reply.words}")


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
        # What is tried once when a level is asked.
        self.prove: Callable[[DeviceRefused], None] | None = None
        # Called while a reply is waited for that changes nothing; what it raises ends that.
        self.look: Callable[[], None] = lambda: None
        self._timeout = timeout
        self._transcript = transcript
        self._port = open_port(address)
        # Not from 1: a late reply to whoever had the port before us must not pass for ours.
        self._tag = secrets.randbelow(_TAGS)
        self._pending = b""
        self._seen = b""  # the end of what came since the last command, to tell what is there
        self._nonce: bytes | None = None
        self._answered = False
        self._progress: Callable[[wire.Reply], None] = lambda reply: None
        try:
            self._write(_SPOIL)
        except NoDevice:
            self._port.close()
            raise

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    def reopen(self) -> None:
        """After a restart: a USB port or a connection may be another one now."""
        self._port.close()
        self._port = open_port(self.address)
        self._pending = self._seen = b""
        self._nonce = None
        self._answered = False
        self._write(_SPOIL)

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
            add_line(self._transcript, f"{time.time():.3f} {mark} {redact(text)}")

    def _write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except (OSError, serial.SerialException):
            raise self._gone() from None

    def _gone(self) -> NoDevice:
        with suppress(OSError, serial.SerialException):  # there may be last words
            while byte := self._port.read(1):
                self._pending += byte
        seen = self._seen + self._pending
        if b"ERROR 60 BUSY" in seen:
            return NoDevice(
                f"the terminal at {self.address} has as many connections as it can serve. Close"
                " one, then run the same command again"
            )
        if b"has a client already" in seen:
            return NoDevice(
                f"{self.address} is in use by another program. Close it, then run the same command"
                " again"
            )
        return NoDevice(
            f"the connection to {self.address} broke. Check the cable, then run the same command"
            " again: what the terminal had acknowledged is kept"
        )

    def command(
        self,
        name: str,
        *args: str,
        changes: bool = False,
        timeout: float | None = None,
        on_progress: Callable[[wire.Reply], None] = lambda reply: None,
    ) -> wire.Reply:
        """Send one command and wait for its reply; lines that are not its reply are passed over.

        changes: the command changes state, so it is sent once and authenticated if there is a key.
        timeout: the longest silence. on_progress: gets each PROGRESS; of an attempt that was
        repeated it has another tag than the reply.
        """
        self._progress = on_progress
        for _ in range(1 if changes else _RETRIES):
            try:
                return self._once(name, args, changes, timeout or self._timeout)
            except _Damaged as damaged:
                what = damaged
            except DeviceRefused as refused:
                prove, self.prove = self.prove, None
                if refused.code != LEVEL or prove is None:
                    raise
                prove(refused)
                return self._once(name, args, changes, timeout or self._timeout)
        raise NoDevice(
            f"the line to {self.address} damages what it carries ({what}). Check the cable, the"
            " ground and the speed, then run the same command again"
            + ("; `steelyard verify ADDRESS` shows what was recorded" if changes else "")
        )

    def _once(self, name: str, args: tuple[str, ...], changes: bool, timeout: float) -> wire.Reply:
        if changes and self._key is not None and self._nonce is None and name != "PROVISION":
            self._nonce = bytes.fromhex(self._once("SESSION", (), False, timeout).values["nonce"])
        self._tag += 1
        text = " ".join([f"@{self._tag}", name, *(_quoted(name, arg) for arg in args)])
        if changes and self._key is not None and self._nonce is not None:
            text += " ~" + auth.session_mac(self._key, self._nonce, text.encode())
        raw = b"%b *%04X" % (text.encode(), _crc(text.encode()))
        if len(raw) > wire.MAX_COMMAND:
            raise UserError(
                USAGE,
                f"{name} with these arguments is {len(raw)} bytes long, and a terminal takes"
                f" {wire.MAX_COMMAND}. Say it shorter",
            )
        self._log(">", text)
        self._write(raw + b"\r\n")
        reply = self._wait(raw, timeout, changes)
        if reply.kind == "ERROR":
            refusal = _refusal(reply)
            if isinstance(refusal, DeviceRefused) and refusal.code == AUTH and self._key is None:
                refusal.sentence += (
                    ". This host has no key for the terminal's network line, which only the host"
                    " that provisioned it has: use the cable"
                )
            raise refusal
        return reply

    def _wait(self, sent: bytes, timeout: float, changes: bool) -> wire.Reply:
        """The reply with our id; NoDevice that says what came instead.

        A command is given up as damaged soon after a sign of it. But as long as nothing of ours
        was answered, the terminal may complain of what was on the line before us: then a command
        that changes something is waited for to the end.
        """
        deadline = time.monotonic() + timeout
        self._seen = b""
        damage = ""
        while time.monotonic() < deadline:
            if not changes:
                self.look()
            for line in self._lines():
                self._seen = (self._seen + line + b"\n")[-4000:]
                reply = self._parse(line)
                if reply is not None and reply.kind == "PROGRESS":
                    if reply.tag == self._tag:
                        self._progress(reply)
                        deadline = time.monotonic() + timeout
                    continue
                if reply is not None and reply.tag == self._tag:
                    self._log("<", line.decode("utf-8", "replace"))
                    self._answered = True
                    return reply
                if (
                    not damage
                    and (damage := self._damage(line, reply))
                    and (self._answered or not changes)
                ):
                    deadline = min(deadline, time.monotonic() + _GRACE_S)
            seen = self._seen + self._pending
            if self._at_repl(seen):
                raise AtPrompt(self.address, _last_words(seen))
        if damage:
            raise _Damaged(damage)
        raise NoDevice(self._silence(self._seen + self._pending, sent))

    def _parse(self, line: bytes) -> wire.Reply | None:
        try:
            reply = wire.parse_reply(line)
        except Refused:
            return None  # not a reply: a traceback, an echo, noise
        return reply if reply.kind in ("OK", "ERROR", "PROGRESS") else None

    def _damage(self, line: bytes, reply: wire.Reply | None) -> str:
        """What a line that is not our reply says of the cable; empty: nothing."""
        if reply is not None and reply.tag is None and reply.words[:1] == [str(CRC)]:
            return "the terminal got a wrong check sum"
        mark = b"@%d " % self._tag
        if reply is None and line.startswith((mark + b"OK", mark + b"ERROR")):
            return "a reply had a wrong check sum"
        return ""

    def _at_repl(self, data: bytes) -> bool:
        return any(mark in data for mark in _REPL_MARKS)

    def _silence(self, seen: bytes, sent: bytes) -> str:
        if not seen.strip():
            return (
                f"{self.address} does not answer. Is it the terminal's port, does it have power,"
                " and is the firmware on it (`steelyard flash`)?"
            )
        if sent in seen:
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
            data = read_what_came(self._port)
        except (OSError, serial.SerialException):
            raise self._gone() from None
        *lines, self._pending = (self._pending + data).split(b"\n")
        self._pending = self._pending[-4000:]
        return [line.rstrip(b"\r") for line in lines]

    def check_protocol(self, reply: wire.Reply) -> None:
        """NoDevice unless the reply to ID names our protocol version."""
        version = reply.values.get("protocol", "?")
        product = reply.values.get("product", "?")
        if product != "steelyard":
            raise NoDevice(
                f"what answers at {self.address} is no Steelyard terminal (it calls itself"
                f" {product}). Is it the right port (`steelyard ports`)?"
            )
        if version != str(PROTOCOL):
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
        while self._lines():
            pass  # what it said before
        self._pending = b""
        self._nonce = None
