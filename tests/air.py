"""A stranger's client of the service line over TCP: sockets, crcmod and hmac, none of our code.

Owns: one connection, and what the specification says of lines and codes (protocol/README.md).
Refuses: replies with a wrong check sum (AssertionError).
"""

from __future__ import annotations

import hmac
import re
import socket

import crcmod.predefined
from terminals import Bench

SSID, PSK = "market", "correct horse battery"
PSK_ENV = "STEELYARD_TEST_PSK"
_crc = crcmod.predefined.mkCrcFun("crc-ccitt-false")


def at(address: str, receive_buffer: int = 0) -> socket.socket:
    """A plain connection to a `socket://` address."""
    host, _, port = address.removeprefix("socket://").partition(":")
    line = socket.socket()
    if receive_buffer:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    line.settimeout(30)
    line.connect((host, int(port)))
    return line


def checked(body: str) -> str:
    """A line with its check sum."""
    return f"{body} *{_crc(body.encode()):04X}"


class Air:
    """One connection; `key` is the link key, if this client has one."""

    def __init__(self, address: str, key: bytes = b"") -> None:
        self.line = at(address)
        self._replies = self.line.makefile("rb")
        self._key = key
        self._id = 0
        self.nonce = b""

    def __enter__(self) -> Air:
        return self

    def __exit__(self, *_: object) -> None:
        self._replies.close()
        self.line.close()

    def send(self, text: str) -> None:
        """One line as it is."""
        self.line.sendall(text.encode() + b"\r\n")

    def reply(self) -> str:
        """The next reply without its check sum, which must be right."""
        raw = self._replies.readline()
        body, _, check = raw.rstrip(b"\r\n").rpartition(b" *")
        assert raw.endswith(b"\r\n") and check == b"%04X" % _crc(body), raw
        return body.decode()

    def ended(self) -> bool:
        """Wait for the other side to say something or to close; True if it closed."""
        try:
            return not self._replies.readline()
        except ConnectionError:
            return True

    def ask(self, text: str) -> str:
        """A line as it is, and its reply."""
        self.send(text)
        return self.reply()

    def session(self) -> None:
        """Begin a session; ids start again."""
        self.nonce = bytes.fromhex(self.ask("SESSION").removeprefix("OK nonce="))
        assert len(self.nonce) == 16
        self._id = 0

    def signed(self, text: str) -> str:
        """The next line of this session, with id, code and check sum."""
        self._id += 1
        body = f"@{self._id} {text}"
        message = b"steelyard/mac/1" + self.nonce + body.encode()
        body += " ~" + hmac.digest(self._key, message, "sha256")[:8].hex().upper()
        return checked(body)

    def do(self, text: str) -> str:
        """A command with a code; its reply without the id."""
        if not self.nonce:
            self.session()
        answer = self.ask(self.signed(text))
        assert answer.startswith(f"@{self._id} "), answer
        return answer.partition(" ")[2]


def error(reply: str) -> int:
    """The code of an error reply, 0 for OK."""
    if re.match(r"(@\d+ )?OK\b", reply):
        return 0
    found = re.match(r"(?:@\d+ )?ERROR (\d+) ", reply)
    assert found, reply
    return int(found[1])


def join(bench: Bench, psk: str = "") -> str:
    """Have a terminal join the network in the air; the address of its service port."""
    bench.terminal.set_wifi(SSID, psk)
    bench.world("advance 3 s")
    assert bench.terminal.network()["state"] == "joined"
    return bench.simulator.service
