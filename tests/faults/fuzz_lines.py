"""Lines of anybody's making for the service line, and what the specification says of each.

Owns: the generator, from noise to commands that would do harm if they were authorised; the
reading of protocol/README.md that answers are judged by: its command table, the form of lines and
replies, the limit of 512 bytes.
Refuses: with AssertionError, a line without its one final reply, a reply that is none, INTERNAL,
and an OK for anything but a documented command that may be given there.
Units: bytes.
"""

from __future__ import annotations

import hmac
import random
import re
from binascii import crc_hqx
from pathlib import Path

_README = Path(__file__).resolve().parents[2] / "protocol" / "README.md"
_ROW = re.compile(r"(?m)^\| `([A-Z]+)` \| (OPEN|USER|OPERATOR|SERVICE|FACTORY) \| (yes|no) \|")
LEVELS = {name: level for name, level, _ in _ROW.findall(_README.read_text("utf-8"))}
LIMIT = 512
_COMMAND = re.compile(rb"(?:@([1-9][0-9]{0,8}) +)? *([A-Za-z]{1,16})(?: .*)?", re.DOTALL)
_REPLY = re.compile(rb"(?:@([1-9][0-9]{0,8}) )?(OK|ERROR|PROGRESS)(?: (.*))?", re.DOTALL)
_ENDS = re.compile(rb"(?m)^(?:@\d+ )?(?:OK|ERROR) [^\n]*\n")

# Answered with OK whoever asks.
_OPEN = """HELP/HELP ZERO/HELP cal/ID/STATUS/READ/READ g/READ lb/READ jin/FAULTS/SESSION/RECORDS/
RECORD 0/RECORD 1/CONFIG/CONFIG max/CONFIG registration/TIME/NETWORK""".replace("\n", "").split(
    "/"
)
# Done, each of them, if whoever asks may: the terminal has 2 kg on it and is calibrated.
_HARM = """REGISTER/REGISTER 00112233/VOID 1/CHECKPOINT/DAYCLOSE/ZERO/TARE/TARE CLEAR/
TARE 0.500 kg/EXTEND/STREAM 20 1/STREAM 20 2 00ff/STREAM 19 1/STREAM 20 61/STREAM x 1/
CAL BEGIN/CAL KEEP/CAL ZERO/CAL SPAN 2.500 kg/CAL SPAN 2.500 kg "F1 17"/CAL CELL 2.0 20 kg/
CAL GRAVITY 980665 979000/CAL TEMPERATURE 10 20 900 -1000 4000/CAL FIT LINE/CAL CHECK 2.000 kg/
CAL COMMIT/CAL COMMIT UNCHECKED/CAL ROLLBACK/CAL ABORT/CAL STATUS/CONVERTER TEST/
CONVERTER RECALIBRATE/SET max 30000/SET e 10/SET zero_range 0/SET registration 15/
SET direct_sale 1/SET tracking 1/SET unit lb/SET max 30000 e 10 min 200/
COMMISSION 1 9000 7800 50 215 199 80000 450/SETTIME 1800000000/WIFI SET evil "pass word 1"/
WIFI CLEAR/RESET/RETIRE - stolen/PROVISION SY-2 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=/
WITNESS w.example 01020304 1 1800000000 """.replace("\n", "").split("/")
_HARM[-1] += "A" * 86 + "=="
_WORDS = r"""0 1 2 3 7 20 255 512 60000 4294967295 4294967296 9999999999 -1 -0 +1 1.500 0.005 00.5
1. .5 1e9 0x10 2.000 kg g lb CLEAR BEGIN COMMIT UNCHECKED LINE SEGMENTS SET max e registration
"" "a b" "\"" "\\" "open -_ = a=b a= a== =a ~ * @ # ~0123456789ABCDEF \ ' %s {0} ../etc é 秤
00112233445566778899aabbccddeeff AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=""".split()
_WORDS += ["\U0001f4a9", "\u202e"]
# RFC 3629: stray, cut short, overlong, surrogate, beyond U+10FFFF.
_ILL = (
    b"\x80",
    b"\xc3",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xff",
)

# They last for as long as they are asked to.
_LASTING = ("TRACE", "STREAM")

# What must come of a line, beyond what every line must.
OK = "OK"
REFUSED = "ERROR"
TOO_LONG = "ERROR 5 LINE_TOO_LONG"
ANY = ""


def with_sum(body: bytes) -> bytes:
    """A line with its check sum, of section 3; binascii has the polynomial."""
    return body + b" *%04X" % crc_hqx(body, 0xFFFF)


def code(key: bytes, nonce: bytes, body: bytes) -> bytes:
    """The code of section 4."""
    said = b"steelyard/mac/1" + nonce + body
    return hmac.new(key, said, "sha256").hexdigest()[:16].upper().encode()


class Lines:
    """Draws lines.

    replays: what was authorised once; nonces: one that is none, that of a session.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.replays: list[bytes] = []
        self.nonces = [bytes(16)]
        self._kinds = (
            (self._open, 16),
            (self._harm, 30),
            (self._replayed, 4),
            (self._any_words, 14),
            (self._mutated, 20),
            (self._noise, 10),
            (self._long, 3),
            (self._trace, 3),
        )

    def draw(self) -> tuple[bytes, str]:
        """(a line without its end, which may have ends of lines in it; what must come of it)."""
        kinds, weights = zip(*self._kinds, strict=True)
        return self._chance.choices(kinds, weights)[0]()

    def end(self) -> bytes:
        """The end of a line."""
        return self._chance.choice((b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n"))

    def _tag(self) -> bytes:
        chance = self._chance
        return b"@%d " % chance.choice((1, 2, 77, 999999999, chance.randint(1, 999999)))

    def _typed(self, text: str) -> bytes:
        """As somebody might type it: in any case, with more blanks."""
        name, _, rest = text.partition(" ")
        roll = self._chance.random()
        if roll < 0.2:
            name = name.lower()
        elif roll < 0.3:
            name = "".join(self._chance.choice((c, c.lower())) for c in name)
        blanks = " " * self._chance.choice((1, 1, 1, 2, 5))
        return (name + (blanks + rest if rest else "")).encode()

    def _open(self) -> tuple[bytes, str]:
        line = self._typed(self._chance.choice(_OPEN))
        roll = self._chance.random()
        if roll < 0.4:
            line = self._tag() + line
        return with_sum(line) if roll < 0.3 or roll > 0.8 else line, OK

    def _harm(self) -> tuple[bytes, str]:
        """As a machine asks that has no key: what is missing or wrong is the code alone."""
        line = self._typed(self._chance.choice(_HARM))
        roll = self._chance.random()
        if roll < 0.15:
            return line, REFUSED
        line = self._tag() + line
        if roll < 0.5:
            key = self._chance.randbytes(32) if roll < 0.4 else bytes(32)
            line += b" ~" + code(key, self._chance.choice(self.nonces), line)
        elif roll < 0.7:
            line += b" ~%016X" % self._chance.choice(
                (0, 1, 2**64 - 1, self._chance.getrandbits(64))
            )
        return with_sum(line) if roll < 0.95 else line, REFUSED

    def _replayed(self) -> tuple[bytes, str]:
        if not self.replays:
            return self._harm()
        return self._chance.choice(self.replays), REFUSED

    def _word(self) -> str:
        chance = self._chance
        roll = chance.random()
        if roll < 0.6:
            return chance.choice(_WORDS)
        if roll < 0.75:
            return str(chance.getrandbits(chance.choice((1, 8, 31, 32, 33, 64))))
        if roll < 0.85:
            return chance.randbytes(chance.randint(0, 40)).hex()
        # No digits beyond ASCII: CPython's isdigit() takes them, MicroPython's does not.
        letters = 'aZ09"\\=~*@# \t\x7fäß€☃'
        return "".join(chance.choice(letters) for _ in range(chance.randint(1, 30)))

    def _any_words(self) -> tuple[bytes, str]:
        """A documented name with arguments of any kind and number."""
        chance = self._chance
        name = chance.choice(
            [*(name for name in LEVELS if name not in _LASTING), "FOO", "SETT", "C"]
        )
        words = [self._word() for _ in range(chance.choice((0, 1, 1, 2, 3, 5, 8, 22, 25)))]
        line = " ".join([name, *words]).encode()
        if chance.random() < 0.5:
            line = self._tag() + line
        line = with_sum(line) if chance.random() < 0.6 else line
        return line, ANY if LEVELS.get(name) == "OPEN" else REFUSED

    def _mutated(self) -> tuple[bytes, str]:
        chance = self._chance
        line = bytearray(chance.choice((self._open, self._harm, self._any_words))()[0])
        sum_is_right = chance.random() < 0.5
        if sum_is_right and line[-6:-4] == b" *":
            del line[-6:]
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(line) + 1)
            roll = chance.randrange(7)
            if roll == 0:
                line[at : at + 1] = bytes([chance.randrange(256)])
            elif roll == 1 and at < len(line):
                line[at] ^= 1 << chance.randrange(8)
            elif roll == 2:
                del line[at : at + chance.randint(1, 4)]
            elif roll == 3:
                line[at:at] = chance.choice(
                    (b" ", b"@", b"~", b"*", b'"', b"\\", b"=", b"\0", b"\x15")
                )
            elif roll == 4:
                line[at:at] = chance.choice(_ILL)
            elif roll == 5:
                line[at:at] = line[: chance.randint(0, 20)]
            else:
                line[at:] = chance.choice((self._open, self._harm))()[0]
        line = bytes(line)
        return with_sum(line) if sum_is_right else line, ANY

    def _noise(self) -> tuple[bytes, str]:
        chance = self._chance
        roll = chance.random()
        size = chance.choice((1, 2, 5, 20, 100, 400))
        if roll < 0.4:
            line = chance.randbytes(size)
        elif roll < 0.7:
            line = bytes(chance.randrange(32, 127) for _ in range(size))
        elif roll < 0.85:
            line = bytes(chance.randrange(32) for _ in range(size))
        else:
            line = b"".join(chance.choice((b"A", b" ", "é".encode(), *_ILL)) for _ in range(size))
        return with_sum(line) if chance.random() < 0.3 else line, ANY

    def _long(self) -> tuple[bytes, str]:
        """Of the longest that may be, and longer."""
        size = self._chance.choice((511, 512, 513, 514, 600, 1024, 3000))
        line = self._chance.choice((self._open, self._harm))()[0]
        if self._chance.random() < 0.5:
            return line.ljust(size, self._chance.choice((b" ", b"x", b"\x00", b"\xff"))), ANY
        # Behind 512 bytes that are dropped: a command, which must be dropped with them.
        return b"x" * size + b" " + line, ANY

    def _trace(self) -> tuple[bytes, str]:
        return b"TRACE %d" % self._chance.choice((1, 20, 100, 300, 600000)), ANY


def pieces(line: bytes, fate: str) -> list[tuple[bytes, str]]:
    """The lines of what is sent with its end, without those that are empty, and their fates."""
    found = [piece for piece in re.split(rb"[\r\n]", line) if piece]
    if len(found) != 1:
        fate = ANY
    return [(piece, TOO_LONG if len(piece) > LIMIT else fate) for piece in found]


def count(said: bytes | bytearray) -> int:
    """How many commands have ended, by a glance at what was said."""
    return len(_ENDS.findall(said))


def finals(said: bytes) -> list[bytes]:
    """The replies that end a command, without their check sums, of all that was said."""
    *lines, rest = said.split(b"\r\n")
    assert rest == b"", rest
    found = []
    for line in lines:
        body, _, given = line.rpartition(b" *")
        assert given == b"%04X" % crc_hqx(body, 0xFFFF) and len(line) <= 1024, line
        match = _REPLY.fullmatch(body)
        assert match, line
        if match[2] != b"PROGRESS":
            found.append(body)
    return found


def judge(line: bytes, fate: str, reply: bytes, levels: frozenset[str]) -> None:
    """AssertionError unless this reply may come of this line on a link that has these levels."""
    tag, kind, rest = _REPLY.fullmatch(reply).groups()
    pair = (line, reply)
    if tag is not None:
        assert line.startswith(b"@" + tag + b" "), pair
    command = _COMMAND.fullmatch(line)
    level = command and LEVELS.get(command[2].decode().upper())
    if kind == b"OK":
        assert level in levels and command[1] == tag, pair
    else:
        assert not rest.startswith(b"99 "), pair
    if fate == REFUSED and level in levels:
        return
    said = (kind + b" " + (rest or b"")).decode()
    assert said.startswith(fate), pair
