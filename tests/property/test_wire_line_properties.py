"""The service line against crcmod and random text, on values that hypothesis finds.

Owns: round trips of commands and replies, the check sum, damaged and random lines (the only
outcome besides a value is Refused).
Refuses: nothing.
Units: as in protocol/README.md.
"""

import contextlib
import re

import crcmod.predefined
import pytest
from hypothesis import given
from hypothesis import strategies as st
from steelyard_wire import codes, commands, line, sentences
from steelyard_wire.codes import Refused

CRC = crcmod.predefined.mkCrcFun("crc-ccitt-false")
NAMES = st.sampled_from([row[0] for row in commands.COMMANDS])
TAGS = st.none() | st.integers(1, 999_999_999)
ARGS = st.lists(
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20)
    | st.sampled_from(["", "~", "*1A2B", "~0123456789ABCDEF", 'a "b"', "\\", "a=b", '="', "@1"]),
    max_size=4,
)


def _command_line(tag, name, args, mac):
    body = "" if tag is None else f"@{tag} "
    body += " ".join([name, *map(line.quote, args)])
    return (body + (f" ~{mac}" if mac else "")).encode()


@given(st.binary(max_size=600))
def test_crc_is_that_of_crcmod(data):
    assert line.crc16(data) == CRC(data)


@given(TAGS, NAMES, ARGS, st.none() | st.just("0123456789ABCDEF"), st.booleans())
def test_command_lines_come_back(tag, name, args, mac, crc):
    raw = _command_line(tag, name, args, mac)
    if crc:
        raw += b" *%04X" % CRC(raw)
    command = line.parse(raw)
    assert (command.tag, command.name, command.args) == (tag, name, args)
    assert (command.mac, command.has_crc) == (mac, crc)
    assert command.signed_text == _command_line(tag, name, args, None)


def _admitted(raw):
    return commands.admit(line.parse(raw))


@given(
    st.binary(max_size=80)
    | st.text('@0123456789 ABCDREAD"\\~*=#abc\u00e4\n', max_size=60).map(str.encode)
    | st.tuples(NAMES, st.text(max_size=40)).map(lambda pair: " ".join(pair).encode())
)
def test_random_command_lines(raw):
    for data in (raw, raw + b" *%04X" % CRC(raw)):
        for decoder in (_admitted, line.parse_reply):
            with contextlib.suppress(Refused):
                decoder(data)


REPLY_WORDS = st.lists(
    st.tuples(
        st.none() | st.from_regex("[a-z][a-z0-9_]{0,8}", fullmatch=True),
        st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20),
    ),
    max_size=6,
    unique_by=lambda pair: object() if pair[0] is None else pair[0],
)


@given(TAGS, st.sampled_from(["OK", "ERROR", "PROGRESS"]), REPLY_WORDS)
def test_replies_come_back(tag, kind, words):
    sent = [
        line.quote(text) if key is None else f"{key}={line.quote(text)}" for key, text in words
    ]
    raw = line.reply(tag, kind, *sent)
    assert raw.endswith(b" *%04X\r\n" % CRC(raw[:-8]))
    reply = line.parse_reply(raw)
    assert (reply.tag, reply.kind) == (tag, kind)
    assert reply.words == [text if key is None else f"{key}={text}" for key, text in words]
    assert reply.values == {key: text for key, text in words if key is not None}


@given(st.sampled_from(sentences.ERRORS), st.text(max_size=300), TAGS)
def test_error_replies_never_refuse(row, detail, tag):
    reply = line.parse_reply(line.error(tag, Refused(row[0], detail)))
    assert (reply.tag, reply.words[:2]) == (tag, [str(row[0]), row[1]])
    assert reply.words[2].startswith(row[2])


@given(TAGS, REPLY_WORDS, st.data())
def test_every_flipped_bit_of_a_reply_shows(tag, words, data):
    raw = line.reply(tag, "OK", *[f"a{i}={line.quote(t)}" for i, (_, t) in enumerate(words)])[:-2]
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    flipped = bytearray(raw)
    flipped[bit // 8] ^= 1 << bit % 8
    # A check sum may be written in lower case; that bit carries nothing.
    if flipped.upper() != raw.upper() or bit // 8 < len(raw) - 4:
        with pytest.raises(Refused):
            line.parse_reply(bytes(flipped))


@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(1, 20))
def test_line_buffer_gives_every_line_that_fits(lines, limit):
    buffer = line.LineBuffer(limit)
    found = []
    for byte in b"\n".join(lines) + b"\n":
        try:
            text = buffer.push(byte)
        except Refused as error:
            text = error.code
        if text is not None:
            found.append(text)
    pieces = re.split(rb"[\r\n]+", b"\n".join(lines))
    expected = [x if len(x) <= limit else codes.LINE_TOO_LONG for x in pieces if x]
    assert found == expected
