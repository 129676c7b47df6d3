"""Whether the way from bridge to number still is what it was: a resistor across the bridge, put
there for a moment, makes what it made when the scale was calibrated (metrology.md 6.3).

Owns: the measurement, whatever lies on the scale. Refuses: with Refused(MOTION), a load that does
not lie still, or moved meanwhile; with the fault, a converter that has one.
Units: counts in 1/LENGTH. Loaded for a start and for a calibration.

While it runs there is no number. Generators that yield None to wait for samples, and "" now and
then, so that whoever waits for an answer knows that it comes.
"""

from steelyard_wire import codes
from steelyard_wire.codes import Refused

from terminal.care import MEASURING
from terminal.weighing.requests import NOT_BROKEN

_ATTEMPTS = 3
_PATIENCE_MS = 20000
_SPEAK_MS = 1000


def _rest_steps(terminal):
    """The mean of a load at rest, after everything that was sampled before."""
    clock = terminal.clock
    weigher = terminal.weigher
    weigher.restart()
    begin = said = clock.up_ms()
    while not weigher.at_rest():
        yield None
        now = clock.up_ms()
        if now - said >= _SPEAK_MS:
            said = now
            yield ""
        if now - begin >= _PATIENCE_MS:
            fault = weigher.reading.fault
            if fault not in NOT_BROKEN:
                raise Refused(codes.CONVERTER_FAULT, codes.fault_name(fault))
            raise Refused(codes.MOTION, "the span check needs a load that lies still")
    return weigher.filter.value


def measure_steps(terminal, calibration):
    """What the resistor adds; the load may move by a quarter of e of `calibration` meanwhile."""
    if terminal.checking == MEASURING:
        raise Refused(codes.BUSY, "the span check")
    weigher = terminal.weigher
    e = calibration.counts_of(weigher.config.ranges[0][1])
    left = terminal.checking
    terminal.checking = MEASURING
    weigher.blank |= codes.ST_WARM_UP
    try:
        for _ in range(_ATTEMPTS):
            before = yield from _rest_steps(terminal)
            terminal.shunt(1)
            added = yield from _rest_steps(terminal)
            terminal.shunt(0)
            after = yield from _rest_steps(terminal)
            if abs(after - before) * 4 <= e:
                left = 0
                return added - (before + after) // 2
        raise Refused(codes.MOTION, "the load moved during the span check")
    finally:
        terminal.shunt(0)
        terminal.checking = left
        terminal.weigher.restart()


def check_steps(terminal):
    """At a start: compare with the calibration; a span that is off by more than 0.5 e is none."""
    found = yield from measure_steps(terminal, terminal.calibration)
    calibration = terminal.calibration  # by now it may be one without
    if calibration.shunt is not None:
        e = calibration.counts_of(terminal.config.ranges[0][1])
        terminal.doubt(abs(found - calibration.shunt) * 2 > e)
