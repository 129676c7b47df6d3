"""What a network link may do: levels, the session code, no id twice."""

import check
from steelyard_wire import codes, commands, line
from steelyard_wire.auth import receipt_mac, session_mac
from terminal.links.session import KeyedSession, OpenSession

_KEY = bytes(range(32))


def _random(count):
    return bytes([0xA5] * count)


def _command(tag, text, key=_KEY, nonce=None):
    body = "@%d %s" % (tag, text)
    mac = session_mac(key, _random(16) if nonce is None else nonce, body.encode())
    return line.parse((body + " ~" + mac).encode())


def _session(key=_KEY):
    session = KeyedSession(_random, lambda: key)
    session.open()
    return session


def _refusal(session, command, level=commands.SERVICE):
    return check.raises(codes.Refused, session.authorise, command, level).code


def test_a_command_with_the_right_code_passes_once():
    session = _session()
    command = _command(1, "ZERO")
    session.authorise(command, commands.USER)
    assert _refusal(session, command) == codes.AUTH
    session.authorise(_command(5, "ZERO"), commands.USER)
    assert _refusal(session, _command(4, "ZERO")) == codes.AUTH


def test_wrong_key_text_nonce_or_no_code_is_refused():
    session = _session()
    assert _refusal(session, _command(1, "ZERO", key=bytes(32))) == codes.AUTH
    assert _refusal(session, _command(1, "ZERO", nonce=bytes(16))) == codes.AUTH
    assert _refusal(session, line.parse(b"@1 ZERO")) == codes.AUTH
    good = _command(1, "ZERO")
    other = line.parse(b"@1 TARE ~" + good.mac.encode())
    assert _refusal(session, other) == codes.AUTH


def test_nothing_without_a_session_or_a_key():
    closed = KeyedSession(_random, lambda: _KEY)
    assert _refusal(closed, _command(1, "ZERO")) == codes.AUTH
    assert _refusal(_session(key=b""), _command(1, "ZERO")) == codes.NOT_PROVISIONED


def test_factory_commands_never_pass_the_network():
    assert _refusal(_session(), _command(1, "ZERO"), commands.FACTORY) == codes.LEVEL


def test_the_cable_of_an_unsealed_terminal_may_do_everything():
    OpenSession(_random).authorise(line.parse(b"PROVISION a b c"), commands.FACTORY)


def test_receipts_have_the_published_codes():
    found = check.vectors("session")
    dev = check.vectors("record")["test"][0]["device_id"]
    key = found["key"][0]
    assert len(found["receipts"]) > 5
    for case in found["receipts"]:
        assert receipt_mac(key, dev, case["n"], case["root"]) == case["code"], case["n"]
    root = bytes(32)
    for wrong in (
        (key[:31], dev, 0, root),
        (key, dev[:7], 0, root),
        (key, dev, -1, root),
        (key, dev, 1 << 32, root),
        (key, dev, 0, root[:31]),
    ):
        check.refused(codes.ARGUMENT, receipt_mac, *wrong)
