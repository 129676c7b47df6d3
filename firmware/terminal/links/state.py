"""What a terminal says of itself: the replies to ID, STATUS, FAULTS and READ (protocol/README.md).

Owns: their words. Refuses: nothing; there is no number where there is no weight.
Units: as in the protocol: quantities as decimal text with a unit, times in ms and s.
"""

import gc
from binascii import hexlify

from steelyard_wire import codes, line
from steelyard_wire.quantity import LEGAL, format_quantity, unit_name

from terminal import cold
from terminal.operations import VERSION


def as_hex(data: bytes) -> str:
    """Bytes as text."""
    return hexlify(data).decode()


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
        "key=" + (as_hex(identity.public_key) if identity else "-"),
        "model=" + line.quote(board.MODEL),
        "board=" + board.NAME,
        "fw=" + VERSION,
        "swid=" + as_hex(terminal.software_id),
        "state=" + state,
        "test=%d" % (identity.test if identity else terminal.test),
        "cal=%d" % (terminal.calibration.generation if terminal.calibration else 0),
        "converter=" + board.CONVERTER["chip"],
    ]


def status(terminal, halted: int) -> list:
    """How it is: counters since the start, the clock, what is left."""
    clock = terminal.clock
    converter = terminal.converter
    config = terminal.config
    utc = clock.utc()
    gc.collect()
    return [
        "boot=%d" % terminal.boot_counter,
        "up_ms=%d" % clock.up_ms(),
        "n=%d" % terminal.journal.next_n,
        "journal_free=%d" % terminal.journal.free(),
        "samples=%d" % converter.frames,
        "rate_mhz=%d" % converter.rate_mhz,
        "nominal_mhz=%d" % (terminal.board.CONVERTER["rate_hz"] * 1000),
        "profile=%d" % config.profile,
        "settle_ms=%s" % (config.settle_ms or "-"),
        "fallback=%d" % terminal.weigher.filter.ripple,
        "fallbacks=%d" % terminal.faults[-1],
        "gaps=%d" % converter.gaps,
        "dropped=%d" % terminal.ring.dropped,
        "faults=%d" % (converter.bad_frames + converter.silences),
        "halted=%d" % halted,
        "heap_free=%d" % gc.mem_free(),
        "utc=%s" % ("-" if utc is None else utc),
        "ts=%d" % clock.status,
    ]


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


def _tenths(reading) -> int:
    """The gross weight in tenths of d, in fine units."""
    tenth = reading.e * 10 or 1
    whole = (abs(reading.fine) + tenth // 2) // tenth * tenth
    return -whole if reading.fine < 0 else whole


def _converted(reading, config, unit: int) -> tuple:
    """(value, gross, tare, preset, net, d, exp10) of a reading in another unit."""
    size = config.exp10, config.unit, unit
    step, places = cold.call("steelyard_wire.units", "interval", reading.e, *size)
    net, tare, preset = cold.call(
        "steelyard_wire.units",
        "convert",
        (reading.net, reading.tare, reading.preset),
        *size,
        step,
        places,
    )
    return net, net + tare + preset, tare, preset, net, step, places


def reading(terminal, unit: "int | None" = None) -> list:
    """The weight now, in the unit of the configuration or another."""
    terminal.drain()
    weigher = terminal.weigher
    reading = weigher.reading
    config = terminal.config
    stale = terminal.stale()
    valid = reading.valid() and not stale
    status = reading.status
    extended = terminal.extended()
    if stale:
        status = status & ~codes.ST_STABLE | codes.ST_FAULT
    if extended:
        status |= codes.ST_EXTENDED
    flags = ",".join(codes.status_names(status))
    exp10 = config.exp10
    said = reading.indicated, reading.gross, reading.tare, reading.preset, reading.net, reading.e
    if unit is None:
        unit = config.unit
    elif valid and unit != config.unit:
        *said, exp10 = _converted(reading, config, unit)

    def number(mantissa: int, places: int, there: bool = True) -> str:
        return format_quantity(mantissa, places) if valid and there else "-"

    # In direct sale a tare hides gross (4.13.3), and what would tell it.
    gross = not (config.direct_sale and reading.status & codes.ST_NET)
    return [
        "value=" + number(said[0], exp10),
        "unit=" + unit_name(unit),
        "legal=%d" % (unit_name(unit) in LEGAL),
        "gross=" + number(said[1], exp10, gross),
        "tare=" + number(said[2], exp10),
        "preset=" + number(said[3], exp10),
        "net=" + number(said[4], exp10),
        "d=" + number(said[5], exp10),
        "status=0x%04X" % status,
        "flags=" + (flags or "-"),
        "fault=" + codes.fault_name(codes.FAULT_NO_DATA if stale else reading.fault),
        "fine=" + number(_tenths(reading), config.exp10 - 2, extended and gross),
        "tap=" + number(weigher.tap() if valid else 0, config.exp10 - 2, gross),
        "age_ms=%d" % terminal.reading_age_ms(),
        "n=%d" % terminal.journal.next_n,
    ]
