"""Blocks and checkpoints against an independent implementation's golden cases."""

import check
from steelyard_wire import block, cose, note
from steelyard_wire.codes import ARGUMENT, SYNTAX


def test_golden_blocks_both_ways():
    for case in check.vectors("block")["blocks"]:
        assert block.encode(case["fields"]) == case["payload"]
        assert block.decode(case["payload"]) == case["fields"]
        signed = cose.to_be_signed(case["payload"], aad=cose.BLOCK_AAD)
        assert signed == case["to_be_signed"]
        assert signed != cose.to_be_signed(case["payload"])
        assert cose.split(case["envelope"]).payload == case["payload"]
        assert len(case["payload"]) <= block.MAX_PAYLOAD


def test_refused_blocks():
    cases = check.vectors("block")["refused"]
    assert len(cases) > 15
    for case in cases:
        check.refused(ARGUMENT, block.encode, case["fields"])
        check.refused(SYNTAX, block.decode, case["payload"])
    good = check.vectors("block")["blocks"][0]["payload"]
    for payload in (b"", b"\x80", good + b"\x00", good[:-1], bytes(block.MAX_PAYLOAD + 1)):
        check.refused(SYNTAX, block.decode, payload)


def test_the_largest_block_fits():
    fields = dict(check.vectors("block")["blocks"][0]["fields"])
    fields[block.READINGS] = [[(1 << 24) - 1, -(1 << 31), (1 << 19) - 1]] * block.MOST
    fields[block.FW] = ["x" * 32, bytes(8)]
    fields[block.UP] = (1 << 48) - 1
    assert len(block.encode(fields)) <= block.MAX_PAYLOAD


def test_checkpoints_have_the_published_text():
    dev = check.vectors("record")["test"][0]["device_id"]
    cases = check.vectors("checkpoint")["checkpoints"]
    assert len(cases) == 3
    for case in cases:
        assert note.checkpoint(dev, case["size"], case["root"]) == case["text"].encode()
        assert case["note"].startswith(case["text"])
    assert case["text"].split("\n")[0] == note.origin(dev)
