"""The service line: commands and replies as lines of text, for people and machines.

Owns: the grammar `[@id ]NAME[ argument...][ ~code][ *crc]`, quoting, the check sum, line
buffering.
Refuses: with Refused (SYNTAX, CRC, LINE_TOO_LONG; ARGUMENT for what cannot be quoted). What a
command means and who may give it is decided elsewhere (steelyard_wire.commands, links).
Units: lengths in bytes without the line end.
"""

from binascii import hexlify, unhexlify

from steelyard_wire.codes import (
    ARGUMENT,
    CRC,
    INTERNAL,
    LINE_TOO_LONG,
    SYNTAX,
    Refused,
)
from steelyard_wire.shim import const, utf8

MAX_COMMAND = 512
MAX_REPLY = 1024
KINDS = ("OK", "ERROR", "PROGRESS", "#")

_MAX_NAME = const(16)
_MAX_DETAIL = const(200)


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, start FFFF, not reflected; "123456789" gives 29B1."""
    crc = 0xFFFF
    for byte in data:
        # A whole byte at once and without a table: x**16 = x**12 + x**5 + 1 for this polynomial.
        mixed = crc >> 8 ^ byte
        mixed ^= mixed >> 4
        crc = (crc << 8 ^ mixed << 12 ^ mixed << 5 ^ mixed) & 0xFFFF
    return crc


class Command:
    """A parsed command line.

    tag: the machine's id or None. name: upper case. args: list of str, unquoted. mac: 16
    upper-case hex digits or None. signed_text: the bytes that the code covers. has_crc: whether
    one was there (it was right).
    """

    def __init__(
        self,
        tag: "int | None",
        name: str,
        args: list[str],
        mac: "str | None",
        signed_text: bytes,
        has_crc: bool,
    ) -> None:
        self.tag = tag
        self.name = name
        self.args = args
        self.mac = mac
        self.signed_text = signed_text
        self.has_crc = has_crc


class Reply:
    """A parsed reply: tag (int or None), kind (of KINDS), words, values of the key=value words."""

    def __init__(
        self, tag: "int | None", kind: str, words: list[str], values: dict[str, str]
    ) -> None:
        self.tag = tag
        self.kind = kind
        self.words = words
        self.values = values


def parse(line: bytes) -> Command:
    """A command line without its line end; Refused (SYNTAX, CRC, LINE_TOO_LONG) otherwise."""
    if len(line) > MAX_COMMAND:
        raise Refused(LINE_TOO_LONG)
    body, has_crc = _without_crc(bytes(line))
    code = _tail(body, b" ~", 16)
    if code is not None:
        body = body[:-18]
    tag, rest = _split_tag(body)
    words = [word for word, _ in _words(rest, "~*")]
    if not words or not 1 <= len(words[0]) <= _MAX_NAME or not _in_ranges(words[0], "azAZ"):
        raise Refused(SYNTAX, "command name")
    mac = None if code is None else hexlify(code).decode().upper()
    return Command(tag, words[0].upper(), words[1:], mac, body, has_crc)


def quote(arg: str) -> str:
    """`arg` as one argument or value of a line: as it is, or in quotes if it needs them.

    Refused(ARGUMENT) for control characters: a line cannot carry them.
    """
    if not _printable(arg):
        raise Refused(ARGUMENT, "control character")
    if arg and arg[0] not in "~*@#" and not _any_of(arg, ' "='):
        return arg
    return '"' + arg.replace("\\", "\\\\").replace('"', '\\"') + '"'


def reply(tag: "int | None", kind: str, *words: str) -> bytes:
    """A reply line with check sum and line end; the caller quotes what needs it.

    Refused(INTERNAL) if a word holds a control character or the line is longer than MAX_REPLY.
    """
    text = kind if tag is None else "@" + str(tag) + " " + kind
    for word in words:
        text += " " + word
    raw = text.encode()
    raw += b" *%04X" % crc16(raw)
    if not _printable(text) or len(raw) > MAX_REPLY:
        raise Refused(INTERNAL, "reply")
    return raw + b"\r\n"


def error(tag: "int | None", refused: Refused) -> bytes:
    """The reply to a refusal: ERROR, code, name, sentence with the detail. Never refuses."""
    try:
        from steelyard_wire.sentences import error_name, error_text

        name, text = error_name(refused.code), error_text(refused.code)
    except (ImportError, OSError, MemoryError):  # a board that cannot read its flash still answers
        name, text = "UNKNOWN", "See protocol/README.md."
    if refused.detail:
        detail = "".join([c if " " <= c < "\x7f" else "?" for c in refused.detail[:_MAX_DETAIL]])
        text += " (" + detail + ")"
    return reply(tag, "ERROR", str(refused.code), name, quote(text))


def parse_reply(line: bytes) -> Reply:
    """A reply line, with or without its line end; Refused (SYNTAX, CRC, LINE_TOO_LONG) otherwise.

    The check sum is required: anything else on the line is not a reply.
    """
    body = bytes(line)
    while body and body[-1] in b"\r\n":
        body = body[:-1]
    if len(body) > MAX_REPLY:
        raise Refused(LINE_TOO_LONG)
    body, has_crc = _without_crc(body)
    if not has_crc:
        raise Refused(CRC, "none")
    tag, rest = _split_tag(body)
    kind, _, rest = rest.partition(" ")
    if kind not in KINDS:
        raise Refused(SYNTAX, "reply kind")
    if kind == "#":
        return Reply(tag, kind, rest.split(), {})
    words: list[str] = []
    values: dict[str, str] = {}
    for word, equals in _words(rest, ""):
        words.append(word)
        if equals:
            if word[:equals] in values:
                raise Refused(SYNTAX, "repeated key")
            values[word[:equals]] = word[equals + 1 :]
    return Reply(tag, kind, words, values)


class LineBuffer:
    """Collects bytes to lines of at most `limit` bytes; LF, CR or CR LF end a line."""

    def __init__(self, limit: int) -> None:
        self._data = bytearray(limit)
        self._count = 0
        self._limit = limit
        self._skip = False

    def push(self, byte: int) -> "bytes | None":
        """Take one byte; the line without its end when that was its end, else None.

        Empty lines are dropped. Refused(LINE_TOO_LONG) once for a line over the limit, at the
        first byte too many; the rest of that line is dropped.
        """
        if byte == 10 or byte == 13:
            count = self._count
            self._count = 0
            self._skip = False
            return bytes(memoryview(self._data)[:count]) if count else None
        if self._skip:
            return None
        if self._count >= self._limit:
            self._count = 0
            self._skip = True
            raise Refused(LINE_TOO_LONG)
        self._data[self._count] = byte
        self._count += 1
        return None


def _tail(data: bytes, mark: bytes, digits: int) -> "bytes | None":
    """The bytes behind `mark` that `digits` hex digits at the end of `data` say, or None."""
    start = len(data) - digits
    if start < 2 or data[start - 2 : start] != mark:
        return None
    try:
        found = unhexlify(data[start:])
    except ValueError:
        return None
    # MicroPython's unhexlify passes over blanks.
    return found if len(found) * 2 == digits else None


def _without_crc(line: bytes) -> tuple[bytes, bool]:
    given = _tail(line, b" *", 4)
    if given is None:
        return line, False
    body = line[:-6]
    if crc16(body) != int.from_bytes(given, "big"):
        raise Refused(CRC)
    return body, True


def _split_tag(data: bytes) -> "tuple[int | None, str]":
    """The id and the text behind it."""
    try:
        text = utf8(data)
    except ValueError:
        raise Refused(SYNTAX, "UTF-8")
    if not _printable(text):
        raise Refused(SYNTAX, "control character")
    if not text.startswith("@"):
        return None, text
    digits, _, rest = text[1:].partition(" ")
    if not 1 <= len(digits) <= 9 or digits[0] == "0" or not _in_ranges(digits, "09"):
        raise Refused(SYNTAX, "id: 1..999999999")
    return int(digits), rest


def _printable(text: str) -> bool:
    for char in text:
        if char < " " or char == "\x7f":
            return False
    return True


def _any_of(text: str, chars: str) -> bool:
    for char in chars:
        if char in text:
            return True
    return False


def _in_ranges(word: str, ranges: str) -> bool:
    """Whether each character lies in one of the ranges: "09AZ" is digits and capitals."""
    for char in word:
        for index in range(0, len(ranges), 2):
            if ranges[index] <= char <= ranges[index + 1]:
                break
        else:
            return False
    return True


def _words(text: str, reserved: str) -> list[tuple[str, int]]:
    """Split at blanks, honouring quotes: (word, position of the "=" of key=value or 0).

    A quoted part begins a word or follows its first "=" and ends it. Plain words do not begin
    with a character of `reserved`.
    """
    words: list[tuple[str, int]] = []
    at = 0
    size = len(text)
    while at < size:
        if text[at] == " ":
            at += 1
            continue
        end = text.find(" ", at)
        end = size if end < 0 else end
        opening = text.find('"', at, end)
        word = text[at : end if opening < 0 else opening]
        equals = word.find("=")
        if word and word[0] in reserved:
            raise Refused(SYNTAX, "quote what begins with " + word[0])
        # "abc=" and "abc==" are words of base64; an empty value is written key="".
        pair = equals > 0 and (opening >= 0 or word[equals + 1 : equals + 2] not in ("", "="))
        if pair and not _in_ranges(word[:equals], "azAZ09__"):
            pair = False
        at = end
        if opening >= 0:
            if word and equals != len(word) - 1:
                raise Refused(SYNTAX, "quote inside a word")
            quoted, at = _unquote(text, opening + 1)
            word += quoted
        words.append((word, equals if pair else 0))
    return words


def _unquote(text: str, at: int) -> tuple[str, int]:
    """The quoted text whose first character is at `at`, and the position behind its quote."""
    out = ""
    while text[at : at + 1] != '"':
        if text[at : at + 1] == "\\":
            at += 1
            if text[at : at + 1] not in ('"', "\\"):
                raise Refused(SYNTAX, "escape")
        if at >= len(text):
            raise Refused(SYNTAX, "quote not closed")
        out += text[at]
        at += 1
    at += 1
    if text[at : at + 1] not in ("", " "):
        raise Refused(SYNTAX, "blank after quote")
    return out, at
