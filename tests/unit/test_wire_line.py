"""The service line: grammar, check sum, quoting, replies, buffering."""

import check
from steelyard_wire import codes, line, sentences
from steelyard_wire.codes import Refused


def test_crc16():
    for case in check.vectors("crc")["cases"]:
        assert line.crc16(case["text"].encode()) == int(case["crc"], 16)


def test_command_lines():
    for case in check.vectors("line")["commands"]:
        command = line.parse(case["line"].encode())
        assert command.tag == case["tag"], case
        assert command.name == case["name"], case
        assert command.args == case["args"], case
        assert command.mac is None
        assert command.has_crc == case["has_crc"], case


def test_signed_text_ends_before_the_code():
    command = line.parse(b"@5 ZERO ~0123456789abcdef")
    assert command.signed_text == b"@5 ZERO"
    assert command.mac == "0123456789ABCDEF"
    assert (command.name, command.args, command.has_crc) == ("ZERO", [], False)
    assert line.parse(b"@5 ZERO").signed_text == b"@5 ZERO"


def test_a_length_of_512_bytes_is_the_limit():
    longest = b"HELP " + b"x" * (line.MAX_COMMAND - 5)
    assert len(longest) == 512
    assert line.parse(longest).args == ["x" * 507]
    check.refused(codes.LINE_TOO_LONG, line.parse, longest + b"x")


def test_quote_is_undone_by_parse():
    for arg in ("a", "", "a b", 'a"b', "a\\b", "\\", '"', "~x", "*12", "@1", "#", "a=b", "\u6c34"):
        assert line.parse(("HELP " + line.quote(arg)).encode()).args == [arg], arg
    assert line.quote("plain\\text") == "plain\\text"
    assert line.quote("two words") == '"two words"'
    for arg in ("a\nb", "\x00", "\x7f", "\t"):
        check.refused(codes.ARGUMENT, line.quote, arg)


def test_replies_both_ways():
    for case in check.vectors("line")["replies"]:
        raw = case["line"].encode()
        assert line.reply(case["tag"], case["kind"], *case["sent"]) == raw + b"\r\n", case
        for end in (b"", b"\n", b"\r\n"):
            reply = line.parse_reply(raw + end)
            assert (reply.tag, reply.kind) == (case["tag"], case["kind"]), case
            assert reply.words == case["words"], case
            assert reply.values == case["values"], case


def test_refused_replies():
    for case in check.vectors("line")["refused_replies"]:
        check.refused(case["code"], line.parse_reply, case["line"].encode())


def test_replies_have_1024_bytes_at_most():
    # "OK " and " *1A2B" take 9 of them.
    raw = line.reply(None, "OK", "x" * (line.MAX_REPLY - 9))
    assert len(raw) == 1024 + 2
    assert line.parse_reply(raw).kind == "OK"
    check.refused(codes.INTERNAL, line.reply, None, "OK", "x" * (line.MAX_REPLY - 8))


def test_a_reply_carries_no_control_characters():
    for word in ("a\r\nOK", "\x00", "\x7f"):
        check.refused(codes.INTERNAL, line.reply, None, "OK", word)


def test_error_replies():
    reply = line.parse_reply(line.error(17, Refused(codes.MOTION)))
    assert (reply.tag, reply.kind) == (17, "ERROR")
    assert reply.words == ["20", "MOTION", sentences.error_text(20)]
    reply = line.parse_reply(line.error(None, Refused(codes.ARGUMENT, 'not "a\r\nb"')))
    assert reply.words[2] == sentences.error_text(3) + ' (not "a??b")'
    for detail in ('"' * 2000, "\\" * 2000, "\u6c34" * 2000, "x" * 2000):
        line.parse_reply(line.error(999999999, Refused(codes.ARGUMENT, detail)))


def _push(buffer, data):
    found = []
    for byte in data:
        try:
            text = buffer.push(byte)
        except Refused as error:
            found.append(error.code)
        else:
            if text is not None:
                found.append(text)
    return found


def test_line_ends():
    buffer = line.LineBuffer(16)
    assert _push(buffer, b"a\nb\r\nc\rd\n\n\r\n\re") == [b"a", b"b", b"c", b"d"]
    assert _push(buffer, b"f\n") == [b"ef"]


def test_an_overlong_line_is_refused_once_and_dropped():
    buffer = line.LineBuffer(4)
    assert _push(buffer, b"1234\n") == [b"1234"]
    assert _push(buffer, b"12345678901234567890") == [codes.LINE_TOO_LONG]
    assert _push(buffer, b"more\nnext\n") == [b"next"]
    assert _push(buffer, b"12345\r\nab\r\n") == [codes.LINE_TOO_LONG, b"ab"]
