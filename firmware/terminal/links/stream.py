"""STREAM: readings at an interval, in a block under one signature.

Owns: how they are taken. Refuses: with `Refused(code)`, a count or an interval out of range, a
terminal without a key. Units: ms. Loaded for a stream.
"""

from binascii import b2a_base64

from steelyard_wire import block, cose, record
from steelyard_wire.codes import ARGUMENT, ST_FAULT, ST_STABLE, Refused

_FASTEST_MS = 20
_SLOWEST_MS = 60000
_PART = 540  # bytes of an envelope in a line


def stream_steps(terminal, interval_ms: int, count: int, nonce: "bytes | None"):
    """Generator: take the readings, sign them, give the envelope in parts; the words of OK."""
    terminal.require_identity()
    if not 1 <= count <= block.MOST or not _FASTEST_MS <= interval_ms <= _SLOWEST_MS:
        raise Refused(ARGUMENT, "20 to 60000 ms, 1 to 60 readings")
    terminal.recorder.check_apart()  # rather than take them in vain
    clock = terminal.clock
    readings = []
    begin = last = clock.up_ms()
    common = terminal.common_fields()
    unit = [terminal.config.exp10, terminal.config.unit]
    while len(readings) < count:
        while clock.up_ms() < begin + interval_ms * len(readings):
            yield None
        now = clock.up_ms() if readings else begin
        readings.append([now - last] + _reading(terminal))
        last = now
    if common[record.CAL] != terminal.common_fields()[record.CAL]:
        raise Refused(ARGUMENT, "the calibration was changed meanwhile")
    fields = {
        block.V: block.FORMAT,
        block.DEV: terminal.identity.dev,
        block.N: terminal.journal.next_n,
        block.ROOT: terminal.journal.root(),
        block.BC: common[record.BC],
        block.SEQ: terminal.blocks,
        block.UP: begin,
        block.T: common[record.T],
        block.TS: common[record.TS],
        block.UNIT: unit,
        block.CAL: common[record.CAL],
        block.FW: common[record.FW],
        block.READINGS: readings,
    }
    if nonce:
        fields[block.NONCE] = nonce
    terminal.blocks += 1  # a number that was begun is not given again
    payload = block.encode(fields)
    alg = terminal.recorder.alg
    signed = cose.to_be_signed(payload, cose.protected(alg), cose.BLOCK_AAD)
    signature = yield from terminal.recorder.sign_steps(signed)
    envelope = cose.build(payload, signature, terminal.identity.dev, alg)
    for at in range(0, len(envelope), _PART):
        yield b2a_base64(envelope[at : at + _PART])[:-1].decode()
    return ["bytes=%d" % len(envelope), "readings=%d" % count]


def _reading(terminal) -> list:
    """Net mantissa, None without a weight, and the status bits."""
    terminal.drain()
    reading = terminal.weigher.reading
    if terminal.stale():
        return [None, reading.status & ~ST_STABLE | ST_FAULT]
    return [reading.net if reading.valid() else None, reading.status]
