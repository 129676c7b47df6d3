"""The console cable: a PTY and a TCP port on the host's side, the VM's PTY on the other.

Owns: both PTYs, the listening socket, and what a soft reset looks like on the line.
Refuses: a second client on the TCP port, with one sentence. Units: bytes, seconds.

Ctrl-C is a wish that a running program is told of when it next waits for time: a signal strikes
the VM between any two instructions of its own C, where a board's never strikes, and has left it
with its heap locked. Only a program that never waits gets the signal, after `_PATIENCE_S`.

The host's PTY stays while VMs come and go, as a USB port's cable does. Lone line feeds of the
program leave as CR LF, as a board's console sends them.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import socket
import termios
import time
import tty

RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n"
_PROMPT = b">>> "
_CTRL_C = b"\x03"
_PATIENCE_S = 0.3
_MOST_UNSAID = 1 << 20
_LONE_LF = re.compile(rb"(?<!\r)\n")


def _vm_line() -> tuple[int, int]:
    master, slave = pty.openpty()
    mode = termios.tcgetattr(slave)
    mode[0] = mode[1] = 0
    mode[3] = (
        termios.ISIG | termios.NOFLSH
    )  # Ctrl-C interrupts the program, as on a board's console
    mode[6] = list(mode[6])
    mode[6][termios.VINTR] = b"\x03"
    mode[6][termios.VQUIT] = mode[6][termios.VSUSP] = b"\x00"
    termios.tcsetattr(slave, termios.TCSANOW, mode)
    return master, slave


class Console:
    """Bridges the VM's console with whoever holds the cable."""

    def __init__(self, port: int) -> None:
        self.vm, self.slave = _vm_line()
        os.set_blocking(self.vm, False)
        self._mode = termios.tcgetattr(self.slave)
        self.host, self._host_slave = pty.openpty()
        tty.setraw(self._host_slave)
        os.set_blocking(self.host, False)
        self.path = os.ttyname(self._host_slave)
        self.server = socket.create_server(("127.0.0.1", port))
        self.client: socket.socket | None = None
        self.in_raw_repl = False
        self._swallow = False
        self._last = b""
        self._early: bytes | None = b""  # typed before the program ran
        self._asked_s = 0.0  # when Ctrl-C was typed
        self.interruptible = True  # whether Ctrl-C is more than a byte
        self.interrupting = False  # and the program has not been told yet
        self._after_cr = False  # the last byte that the VM said
        self.typed = b""  # what the VM's line has no room for
        self.unsaid = b""  # what the client has not taken

    @property
    def address(self) -> str:
        """URL of the TCP side."""
        return f"socket://127.0.0.1:{self.server.getsockname()[1]}"

    def accept(self) -> None:
        """Take a client, or refuse it when there is one."""
        client, _ = self.server.accept()
        if self.client is not None:
            client.sendall(b"# this console has a client already; close it first\r\n")
            client.close()
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setblocking(False)
        self.client, self.unsaid = client, b""

    def drop_client(self) -> None:
        """The client is gone."""
        if self.client is not None:
            self.client.close()
            self.client = None

    def from_client(self) -> bytes:
        """Bytes that the TCP client sent; empty when it left."""
        if self.client is None:
            return b""
        try:
            data = self.client.recv(4096)
        except BlockingIOError:
            return b""
        except ConnectionError:
            data = b""
        if not data:
            self.drop_client()
        return data

    def to_vm(self, data: bytes) -> None:
        """The host types; while the board is still starting, its USB port keeps the bytes."""
        if self._early is None:
            self.typed += data
            self.flush_typed()
        else:
            self._early += data

    def flush_typed(self) -> None:
        """Pass on what was typed, as far as the VM's line has room and up to a Ctrl-C."""
        with contextlib.suppress(BlockingIOError):
            while self.typed and not self.interrupting:
                if not self.interruptible:
                    self.typed = self.typed[os.write(self.vm, self.typed) :]
                    continue
                if self.typed.startswith(_CTRL_C) and not self.at_prompt():
                    self.typed = self.typed[1:]
                    self.interrupting, self._asked_s = True, time.monotonic()
                    return
                end = self.typed.find(_CTRL_C, 1)
                text = self.typed if end < 0 else self.typed[:end]
                self.typed = self.typed[os.write(self.vm, text) :]

    def set_interrupt(self, on: bool) -> None:
        """Whether Ctrl-C interrupts the program, or is a byte as any other."""
        self.interruptible = on
        mode = termios.tcgetattr(self.slave)
        mode[6][termios.VINTR] = _CTRL_C if on else b"\x00"
        termios.tcsetattr(self.slave, termios.TCSANOW, mode)

    def interrupted(self) -> None:
        """The program was told of Ctrl-C; what was typed after it goes to whoever reads next."""
        self.interrupting = False
        self.flush_typed()

    def insist(self) -> float | None:
        """Seconds until a program that does not wait gets the signal; None: nobody asked."""
        if not self.interrupting:
            return None
        left = self._asked_s + _PATIENCE_S - time.monotonic()
        if left <= 0 or self.at_prompt():
            with contextlib.suppress(BlockingIOError):
                os.write(self.vm, _CTRL_C)
                self.interrupted()
        return max(left, 0.01)

    @property
    def holds(self) -> bool:
        """Whether bytes wait for the board to start."""
        return bool(self._early)

    def at_prompt(self) -> bool:
        """Whether the VM reads a line at its prompt: only then its line makes no signals."""
        return not termios.tcgetattr(self.slave)[3] & termios.ISIG

    def started(self) -> None:
        """The board's program runs or its prompt waits: it gets what was typed before."""
        early, self._early = self._early, None
        if early:
            self.to_vm(early)

    def from_vm(self) -> bool:
        """Pass on what the VM says; False if it has said nothing more."""
        try:
            data = os.read(self.vm, 4096)
        except BlockingIOError:
            return False
        if self._swallow:
            # The new VM shows its friendly banner on its way to the raw REPL; a board does not.
            self._last += data
            at = self._last.find(RAW_BANNER)
            if at < 0:
                return True
            data, self._swallow = self._last[at:], False
            self._last = b""
        self._note_mode(data)
        after_cr, self._after_cr = self._after_cr, data.endswith(b"\r")
        text = _LONE_LF.sub(b"\r\n", data)
        self.say(text[1:] if after_cr and data.startswith(b"\n") else text)
        return True

    def _note_mode(self, data: bytes) -> None:
        seen = self._last[-64:] + data
        raw, friendly = seen.rfind(RAW_BANNER), seen.rfind(_PROMPT)
        if raw != friendly:
            self.in_raw_repl = raw > friendly
        self._last = seen[-64:]

    def say(self, data: bytes) -> None:
        """Send to the host's side; what nobody reads overflows, as on a USB port."""
        try:
            os.write(self.host, data)
        except BlockingIOError:
            termios.tcflush(self._host_slave, termios.TCIFLUSH)
        if self.client is not None and len(self.unsaid) < _MOST_UNSAID:
            self.unsaid += data
            self.flush_said()

    def flush_said(self) -> None:
        """Send what the client has not taken yet, as far as it takes it."""
        if self.client is None:
            return
        try:
            while self.unsaid:
                self.unsaid = self.unsaid[self.client.send(self.unsaid) :]
        except BlockingIOError:
            return
        except ConnectionError:  # its end is found when it is read
            self.unsaid = b""

    def soft_reset(self) -> bool:
        """The program ended: announce it; True if main.py is to run in the next life."""
        self.say(b"MPY: soft reboot\r\n")
        if not self.in_raw_repl:
            self.power_on()
            return True
        self._begin_life()
        self._swallow = True
        self.to_vm(b"\x01")
        return False

    def power_on(self) -> None:
        """A new life in the friendly mode."""
        self._begin_life()
        self.in_raw_repl = self._swallow = False

    def _begin_life(self) -> None:
        # What the program before did not read is gone with its buffers, and so is the mode in
        # which a VM that was killed at its prompt left the line.
        termios.tcsetattr(self.slave, termios.TCSAFLUSH, self._mode)
        self._last = b""
        self._early = b""
        self.interruptible = True
        self.typed = b""
        self.interrupting = self._after_cr = False

    def close(self) -> None:
        """Let everything go."""
        self.drop_client()
        self.server.close()
        for descriptor in (self.vm, self.slave, self.host, self._host_slave):
            os.close(descriptor)
