"""What a terminal says of itself: the reply to READ (protocol/README.md).

Owns: their words. Refuses: nothing; there is no number where there is no weight.
Units: as in the protocol: quantities as decimal text with a unit, times in ms and s.
"""

from binascii import hexlify

from steelyard_wire import codes
from steelyard_wire.quantity import LEGAL, format_quantity, unit_name

from terminal import cold


def as_hex(data: bytes) -> str:
    """Bytes as text."""
    return hexlify(data).decode()


def _tenths(reading) -> int:
    """The gross weight in tenths of d, in fine units."""
    tenth = reading.e * 10 or 1
    whole = (abs(reading.fine) + tenth // 2) // tenth * tenth
    return -whole if reading.fine < 0 else whole


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
        *said, exp10 = cold.call("terminal.links.facts", "converted", reading, config, unit)

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
