"""Row S4: lines of anybody's making change nothing, lose no sample and are all answered.

Owns: three links that are fuzzed at once, cut at any byte and mixed: a console and two network
connections, all without the key; the proof that planted mistakes are seen.
Refuses: a run in which anything changed; the message has the lines of its batch.
Units: lines. Set STEELYARD_SOAK=N for N seeds (`make soak`): 300 are 10^6 lines.
"""

from __future__ import annotations

import gc
import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from unittest import mock

import pytest
from board_loop import Connection, Port
from fuzz_lines import LEVELS, OK, Lines, code, count, finals, judge, pieces, with_sum
from fuzz_rig import KEYED, LOAD_G, SEALED, Access, Rig
from steelyard_wire import codes, commands
from terminal.links.console import ConsoleLink
from terminal.links.session import KeyedSession

SOAK = int(os.environ.get("STEELYARD_SOAK", "0"))
LINES = 3400 if SOAK else 1200
BATCH = 60
# What the console asks.
CONSOLES = {"keyed": KEYED, "sealed": SEALED}
_PATIENCE_MS = 1000


@dataclass
class Link:
    """One link, and what was sent to it in this batch."""

    port: Port | Connection
    levels: frozenset[str] = KEYED.levels
    stream: bytearray = field(default_factory=bytearray)
    sent: list[tuple[bytes, str]] = field(default_factory=list)

    def answered(self) -> bool:
        """Whether there is a reply for each line."""
        return count(self.port.said) >= len(self.sent)

    def unread(self) -> int:
        """Bytes that the terminal has not read yet."""
        return len((self.port.stream if isinstance(self.port, Port) else self.port).data)


class LineFuzz:
    """Fuzzes one rig, batch by batch."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self.rig = rig
        self.chance = random.Random(seed)
        self.lines = Lines(self.chance)
        self.count = 0
        self.links = [
            Link(rig.console, rig.access.levels),
            Link(rig.connect()),
            Link(rig.connect()),
        ]
        self._authorise(self.links[1])

    def _say(self, link: Link, line: bytes) -> bytes:
        link.port.said.clear()
        link.port.feed(line + b"\n")
        self.rig.loop.run(500)
        return finals(link.port.said)[0]

    def _authorise(self, link: Link) -> None:
        """Commands of somebody who has the key, for those who listened to them."""
        if self.rig.terminal.extended():
            self.rig.loop.run(5000)  # R 76-1, 4.4.3: nothing is registered meanwhile
        nonce = bytes.fromhex(re.search(rb"nonce=(\w+)", self._say(link, b"SESSION"))[1].decode())
        self.lines.nonces.append(nonce)
        tag = 0
        for text in (b"TARE CLEAR", b"CHECKPOINT", b"ZERO", b"REGISTER"):
            busy = True
            while busy:  # it writes down that somebody tried the console
                tag += 1
                body = b"@%d %s" % (tag, text)
                line = with_sum(body + b" ~" + code(self.rig.link_key, nonce, body))
                reply = self._say(link, line)
                self.lines.replays.append(line)
                busy = b" BUSY " in reply
            if text == b"ZERO":
                assert b"ERROR 24 ZERO_RANGE" in reply  # 2 kg are beyond 2 % of 15 kg
            else:
                assert reply.startswith(b"@%d OK" % tag), reply
        del self.lines.replays[:-12]
        link.port.said.clear()
        self._before = self._now()

    def _now(self) -> tuple[str, ...]:
        """What must not change."""
        rig = self.rig
        anybody_uses = any("USER" in link.levels for link in self.links)
        return (rig.legal(),) if anybody_uses else (rig.legal(), rig.used())

    def batch(self) -> None:
        """Some lines on each link, in pieces and mixed; then look at everything."""
        if self.chance.random() < 0.2:
            self._authorise(self.chance.choice(self.links[1:]))
        try:
            for _ in range(BATCH):
                link = self.chance.choice(self.links)
                line, fate = self.lines.draw()
                link.stream += line + self.lines.end()
                link.sent += pieces(line, fate)
            self._feed()
            self._wait()
            self.rig.loop.run(self.chance.choice((0, 20)))  # for a reply too many
            for link in self.links:
                self._judge(link)
            self._look()
        except AssertionError as error:
            error.add_note(repr([link.sent for link in self.links]))
            raise
        for link in self.links:
            self.count += len(link.sent)
            link.sent.clear()
            link.port.said.clear()
        if self.chance.random() < 0.2:
            self._reconnect(self.chance.choice(self.links[1:]))

    def _feed(self) -> None:
        chance = self.chance
        while any(link.stream for link in self.links):
            link = chance.choice([link for link in self.links if link.stream])
            size = chance.choice((1, 7, 40, 128, 1000))
            link.port.feed(bytes(link.stream[:size]))
            del link.stream[:size]
            if chance.random() < 0.3:
                self.rig.loop.run(chance.randint(0, 30))

    def _wait(self) -> None:
        waited = 0
        now: list[int] = []
        while not all(link.answered() for link in self.links if link.sent):
            self.rig.loop.run(50)
            before = now
            now = [part for link in self.links for part in (link.unread(), count(link.port.said))]
            waited = 0 if now != before else waited + 50
            if waited == _PATIENCE_MS:
                self._give_up()
            assert waited < 2 * _PATIENCE_MS, "lines without a reply"

    def _give_up(self) -> None:
        """A trace of ten minutes: whoever types on, or goes away, has had enough."""
        for link in self.links:
            if link.answered() or not link.sent:
                continue
            done = count(link.port.said)
            line = link.sent[done][0]
            assert line.startswith(b"TRACE"), line
            if link is self.links[0]:
                link.port.feed(b"\r\nID\r")
                link.sent.append((b"ID", OK))
            else:
                del link.port.said[link.port.said.rfind(b"\n") + 1 :]
                self._judge(link, done)
                self._reconnect(link)
                link.sent.clear()

    def _reconnect(self, link: Link) -> None:
        """A client goes, in the middle of a line at times; another one comes."""
        link.port.feed(self.chance.choice((b"", b"TARE", b"x" * 300)))
        self.rig.loop.run(1)
        link.port.close()
        self.rig.loop.run(300)
        link.port = self.rig.connect()

    def _judge(self, link: Link, most: int | None = None) -> None:
        replies = finals(link.port.said)
        sent = link.sent[:most]
        for (line, fate), reply in zip(sent, replies, strict=False):
            judge(line, fate, reply, link.levels)
            nonce = re.search(rb"OK nonce=([0-9a-f]{32})$", reply)
            if nonce:
                self.lines.nonces[1:] = [bytes.fromhex(nonce[1].decode())]
        assert len(replies) == len(sent), (len(sent), replies)

    def _look(self) -> None:
        rig = self.rig
        rig.check_samples()
        assert self._now() == self._before, "something has changed"
        if len(self._before) == 1:  # there may be a tare
            assert rig.terminal.weigher.reading.gross == LOAD_G
            rig.ask("TARE CLEAR")
        said = rig.ask("READ")
        found = [said[word] for word in ("value", "gross", "net", "tare", "preset", "fault")]
        assert found == ["2.000", "2.000", "2.000", "0.000", "0.000", "NONE"], said
        assert said["flags"] in ("STABLE", "STABLE,EXTENDED"), said
        assert rig.terminal.tap is None
        assert all(len(buffer._data) == 512 for buffer in rig.buffers())


def _run(seed: int, lines: int, console: Access = KEYED) -> int:
    with Rig(seed, console) as rig:
        fuzz = LineFuzz(rig, seed)
        fuzz.batch()
        gc.collect()
        before = len(gc.get_objects())
        while fuzz.count < lines:
            fuzz.batch()
        # What is there after a batch is there after a thousand.
        gc.collect()
        assert len(gc.get_objects()) < before + 300
        rig.check_parameters()
        return fuzz.count


@pytest.mark.parametrize("asks", CONSOLES)
@pytest.mark.parametrize("seed", range(SOAK or 1))
def test_S4_lines_without_a_right_change_nothing(
    seed: int, asks: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("lines", _run(seed, LINES, CONSOLES[asks]))


def test_S4_the_specification_names_every_command() -> None:
    assert {row[0]: commands.LEVELS[row[1]] for row in commands.COMMANDS} == LEVELS


# As fast as they are read, and for longer than the ring holds samples; how many replies it has.
FLOODS = {
    "lines": (b"ZERO\n" * 600, 600),
    "empty lines": (b"\r\n" * 25000, 0),
    "no end of a line": (b"x" * 50000, 1),
    "empty lines in a trace": (b"TRACE 2000" + b"\n" * 50000, 1),
}


@pytest.mark.parametrize("where", ["console", "network"])
@pytest.mark.parametrize("flood", FLOODS)
def test_S4_a_flood_loses_no_sample(flood: str, where: str) -> None:
    sent, replies = FLOODS[flood]
    with Rig(1) as rig:
        port = rig.console if where == "console" else rig.connect()
        port.feed(sent + b"\nID\n")
        rig.loop.run(20000)
        rig.check_samples()
        found = finals(port.said)
        assert len(found) == replies + 1 and found[-1].startswith(b"OK protocol=")


class _NoCode(KeyedSession):
    """Planted mistake: who gives no id, a person, needs no code."""

    def authorise(self, command: object, level: int) -> None:
        if command.tag is not None:
            super().authorise(command, level)


class _Again(KeyedSession):
    """Planted mistake: a code is good for more than once."""

    def authorise(self, command: object, level: int) -> None:
        self._last = 0
        super().authorise(command, level)


async def _unread(self: ConsoleLink, byte: int) -> None:
    """Planted mistake: what is no UTF-8 is passed over."""
    try:
        text = self._lines.push(byte)
    except codes.Refused:
        text = b"x" * 600  # the rest of it is answered once
    if text and text.isascii():
        await self._service.handle(text, self)


@pytest.mark.parametrize(
    ("where", "name", "mistake"),
    [
        ("fuzz_rig", "KeyedSession", _NoCode),
        ("fuzz_rig", "KeyedSession", _Again),
        ("terminal.links.console.ConsoleLink", "_byte", _unread),
    ],
)
def test_a_planted_mistake_is_seen(where: str, name: str, mistake: object) -> None:
    with mock.patch(f"{where}.{name}", mistake), pytest.raises(AssertionError):
        _run(1, 10000)
