"""SHA-256, HMAC-SHA-256, comparison, and the session code made of them."""

import check
from steelyard_wire import auth, digest, line
from steelyard_wire.codes import ARGUMENT


def test_sha256():
    for case in check.vectors("hmac")["sha256"]:
        data = case["data"]
        assert digest.sha256(data) == case["digest"]
        assert digest.sha256(data[:1], b"", data[1:]) == case["digest"]


def test_hmac_sha256():
    for case in check.vectors("hmac")["hmac"]:
        data = case["data"]
        assert digest.hmac_sha256(case["key"], data) == case["mac"]
        assert digest.hmac_sha256(case["key"], data[:3], data[3:]) == case["mac"]


def test_equal():
    assert digest.equal(b"", b"")
    assert digest.equal(b"abc", b"abc")
    for other in (b"abx", b"Abc", b"ab", b"abcd", b""):
        assert not digest.equal(b"abc", other)


def test_session_code():
    content = check.vectors("session")
    key = content["key"][0]
    for case in content["lines"]:
        assert auth.session_mac(key, case["nonce"], case["text"].encode()) == case["mac"], case
        command = line.parse(case["line"].encode())
        assert command.mac == case["mac"]
        assert command.signed_text == case["text"].encode()


def test_session_code_refuses_other_lengths():
    check.refused(ARGUMENT, auth.session_mac, bytes(31), bytes(16), b"")
    check.refused(ARGUMENT, auth.session_mac, bytes(32), bytes(15), b"")
    check.refused(ARGUMENT, auth.session_mac, b"", bytes(16), b"")
