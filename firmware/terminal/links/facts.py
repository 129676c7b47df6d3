"""What a terminal says once in a while: the replies to ID, STATUS and FAULTS, a weight in
another unit.

Owns: their words (protocol/README.md). Refuses: nothing. Units: as in the protocol.
Loaded when somebody asks.
"""

import gc

from steelyard_wire import codes, line
from steelyard_wire.quantity import format_quantity
from steelyard_wire.units import convert, interval

from terminal import cold
from terminal.links.state import as_hex
from terminal.operations import VERSION


def identity(terminal, halted: int) -> list:
    """Who it is. halted: the code that stopped it, or 0."""
    identity = terminal.identity
    board = terminal.board
    state = "halted" if halted else "provisioned" if identity else "bare"
    return [
        "protocol=%d" % codes.PROTOCOL,
        "product=steelyard",
        "serial=" + (line.quote(identity.serial) if identity else "-"),
        "dev=" + (as_hex(identity.dev) if identity else "-"),
        "suite=%s" % (identity.suite if identity else "-"),
        "key=" + (as_hex(identity.public_key) if identity else "-"),
        "model=" + line.quote(board.MODEL),
        "board=" + board.NAME,
        "fw=" + VERSION,
        "swid=" + as_hex(terminal.software_id),
        "state=" + state,
        "sealed=%d" % terminal.sealed,
        "test=%d" % (identity.test if identity else terminal.test),
        "cal=%d" % (terminal.calibration.generation if terminal.calibration else 0),
        "converter=" + board.CONVERTER["chip"],
    ]


def status(terminal, halted: int) -> list:
    """How it is: counters since the start, the clock, what is left."""
    clock = terminal.clock
    converter = terminal.converter
    config = terminal.config
    journal = terminal.journal
    utc = clock.utc()

    def fill(what, journal):
        return cold.call("terminal.evidence.fill", what, journal)

    gc.collect()
    return [
        "boot=%d" % terminal.boot_counter,
        "up_ms=%d" % clock.up_ms(),
        "n=%d" % terminal.journal.next_n,
        "journal=" + fill("state", journal),
        "journal_percent=%d" % fill("percent", journal),
        "journal_free=%d" % fill("free", journal),
        "journal_erases=%d" % fill("erases", journal),
        "samples=%d" % converter.frames,
        "rate_mhz=%d" % converter.rate_mhz,
        "nominal_mhz=%d" % (terminal.board.CONVERTER["rate_hz"] * 1000),
        "profile=%d" % config.profile,
        "settle_ms=%s" % (config.settle_ms or "-"),
        "fallback=%d" % terminal.weigher.filter.ripple,
        "fallbacks=%d" % terminal.faults[-1],
        "gaps=%d" % converter.gaps,
        "dropped=%d" % terminal.ring.dropped,
        "alarm=" + (terminal.alarm.name or "-"),
        "celsius=" + _celsius(terminal.thermometer and terminal.thermometer.celsius()),
        "cell_celsius=" + _celsius(terminal.weigher.celsius),
        "faults=%d" % (converter.bad_frames + converter.silences),
        "halted=%d" % halted,
        "heap_free=%d" % gc.mem_free(),
        "utc=%s" % ("-" if utc is None else utc),
        "ts=%d" % clock.status,
    ]


def _celsius(hundredths: "int | None") -> str:
    return "-" if hundredths is None else format_quantity(hundredths, -2)


def faults(terminal) -> list:
    """How often each fault began since the start."""
    converter = terminal.converter
    return [
        "NO_DATA=%d" % converter.silences,
        "BAD_FRAME=%d" % converter.bad_frames,
        "GAP=%d" % converter.gaps,
        "DROPPED=%d" % terminal.ring.dropped,
        "RESETS=%d" % converter.resets,
    ] + [
        "%s=%d" % (codes.FAULTS[fault], terminal.faults[fault])
        for fault in range(len(codes.FAULTS))
        if fault >= codes.FAULT_SETTLING or codes.FAULT_OVERLOAD <= fault <= codes.FAULT_UNDERLOAD
    ]


def converted(reading, config, unit: int) -> tuple:
    """(value, gross, tare, preset, net, d, exp10) of a reading in another unit."""
    size = config.exp10, config.unit, unit
    step, places = interval(reading.e, *size)
    weights = (reading.net, reading.tare, reading.preset)
    net, tare, preset = convert(weights, *size, step, places)
    return net, net + tare + preset, tare, preset, net, step, places
