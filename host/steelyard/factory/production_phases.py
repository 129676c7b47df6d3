"""What a factory tries beside the weights: line, noise, rate, self-test, record, journal, radio.

Owns: how each is read, and its usual limits, which a plan may narrow or widen.
Refuses: UserError, a terminal that does not answer.
Units: as named; e is that near zero.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

from steelyard_wire import record
from steelyard_wire.codes import NO_NETWORK, ST_OVER

from steelyard import boards, opened
from steelyard.commissioning import signature
from steelyard.errors import REFUSED, DeviceRefused, NoDevice, UserError
from steelyard.factory.instrument import Instrument
from steelyard.factory.measurement import text
from steelyard.factory.sheet import Sheet, Wanted
from steelyard.factory.weighing_phases import Options
from steelyard.facts import calibration_of, interval_counts

_ROUND_TRIPS = 20
_LISTEN_S = 6.0
_TEST_S = 3.0  # of a converter
# Of the data sheet: an HX711's oscillator is 20 % off on some modules.
_RATE = (Fraction(8, 10), Fraction(12, 10))
_NOISE_E = "0.2"  # peak to peak of the indication (metrology.md, W12)
_COUNTS_PER_E = "10"  # likewise, of the converter
_PEAKS = 6  # peak to peak of a normal distribution, in sigma: 99.7 % are within
_ERASES = "10000"  # a tenth of what NOR flash bears
_JOURNAL = "50"  # per cent of the room, before anybody has weighed with it
_RSSI = "-75"  # dBm
KEY_VARIABLE = "STEELYARD_WIFI_KEY"


def _number(options: Options, name: str, **usual: str) -> Wanted:
    """A number within bounds: the usual ones, or as the plan says for this name."""
    said = options.more.get(name, {})
    return Wanted(name, "number", {**usual, **{key: str(value) for key, value in said.items()}})


def _same(name: str, should: str) -> Wanted:
    return Wanted(name, "same", {"should": should})


# --- line, noise, rate, self-test ----------------------------------------------------------------


def communication_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Commands and their replies."""
    yield _number(options, "replies lost", unit=f"of {_ROUND_TRIPS}", high="0")
    yield _number(options, "slowest reply", unit="s", high="2")


def communication(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """Each command has its reply, at once and whole."""
    lost, slowest = 0, 0.0
    for _ in range(_ROUND_TRIPS):
        began = time.monotonic()
        try:
            instrument.terminal.identify()
        except NoDevice:
            lost += 1
        slowest = max(slowest, time.monotonic() - began)
    sheet.enter("replies lost", value=str(lost))
    sheet.enter("slowest reply", value=f"{slowest:.3f}")


def noise_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Noise against e, and what a count is of it."""
    yield _number(options, "noise of a sample, 6 sigma", unit="e", high="1")
    yield _number(options, "noise of the weight, peak to peak", unit="e", high=_NOISE_E)
    yield _number(options, "resolution", unit="counts in e", low=_COUNTS_PER_E)


def noise(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """The empty scale at rest: raw samples, and what the filter leaves of their noise."""
    terminal = instrument.terminal
    instrument.hands.put(Fraction(0))
    config = terminal.config()
    e = interval_counts(calibration_of(terminal, config), config)
    trace = instrument.hands.passing(_LISTEN_S, lambda: terminal.trace(_LISTEN_S))
    sigma = signature(trace.counts[trace.good].astype(float))
    share = sigma / e if e else float("inf")
    sheet.enter("noise of a sample, 6 sigma", value=_decimal(_PEAKS * share))
    found = []
    for _ in range(20):
        instrument.terminal.extend()
        reading = terminal.reading()
        if reading.fine is not None:
            found.append(Fraction(reading.fine))
        instrument.hands.wait(0.2)
    spread = (max(found) - min(found)) / instrument.e if found else Fraction(99)
    sheet.enter("noise of the weight, peak to peak", value=text(spread))
    sheet.enter("resolution", value=_decimal(e))


def _decimal(value: float) -> str:
    return f"{min(value, 1e9):.4f}"


def rate_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Samples in a second."""
    nominal = Fraction(int(instrument.terminal.status()["nominal_mhz"]), 1000)
    bounds = {"low": text(nominal * _RATE[0]), "high": text(nominal * _RATE[1])}
    yield _number(options, "sample rate", unit="Hz", **bounds)
    yield _number(options, "samples lost", high="0")


def rate(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """As fast as the board file says, without gaps."""
    terminal = instrument.terminal
    before = terminal.status()
    trace = instrument.hands.passing(_LISTEN_S, lambda: terminal.trace(_LISTEN_S))
    after = terminal.status()
    lost = sum(int(after[name]) - int(before[name]) for name in ("gaps", "dropped"))
    sheet.enter("sample rate", value=_decimal(trace.rate_hz))
    sheet.enter("samples lost", value=str(lost))


def self_test_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """The converter's own test, and the terminal's."""
    yield _same("converter", "NONE")
    yield _same("alarm", "-")
    yield _same("halted", "0")
    software = options.more.get("software")
    if software:
        yield _same("software", str(software))


def self_test(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """Nothing is wrong that the terminal could know of."""
    terminal = instrument.terminal
    asked = instrument.hands.passing(_TEST_S, lambda: terminal.ask_converter("TEST"))
    fault = asked.get("fault", "?")
    sheet.enter("converter", **{"is": fault})
    instrument.indication()  # it is weighing again
    status = terminal.status()
    sheet.enter("alarm", **{"is": status["alarm"]})
    sheet.enter("halted", **{"is": status["halted"]})
    if options.more.get("software"):
        sheet.enter("software", **{"is": terminal.identify().software_id.hex()})


# --- loads ---------------------------------------------------------------------------------------


def overload_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Beyond Max."""
    yield _same("beyond Max + 9 e", "nothing shown, OVER")
    yield _same("nothing is signed", "refused")


def overload(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """4.2.3: above Max + 9 e no weight is shown, and none is registered."""
    scale = instrument.scale
    instrument.hands.put(scale.most + 20 * scale.ranges[-1][1])
    said = ""
    for _ in range(20):
        reading = instrument.terminal.reading()
        shown = "nothing shown" if reading.value is None else f"{reading.value} shown"
        said = f"{shown}, {'OVER' if reading.status & ST_OVER else 'not OVER'}"
        if said == "nothing shown, OVER":
            break
        instrument.hands.wait(0.5)
    sheet.enter("beyond Max + 9 e", **{"is": said})
    try:
        n, _ = instrument.register()
        signed = f"record {n}"
    except UserError:
        signed = "refused"
    sheet.enter("nothing is signed", **{"is": signed})
    instrument.hands.put(Fraction(0))


def zero_return_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Zero before and after a load near Max."""
    yield Wanted("zero return", "zero return", {"load": "0"})


def zero_return(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """3.9.4.2 without the half hour: within half an e of where it was."""
    instrument.hands.put(Fraction(0))
    instrument.indication()
    instrument.terminal.zero()
    before = instrument.before_rounding(instrument.read(Fraction(0)))
    instrument.shown(instrument.near(instrument.scale.most))
    found = instrument.read(Fraction(0))
    sheet.enter("zero return", **found, before=text(before))


# --- evidence ------------------------------------------------------------------------------------


def signature_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """A weight that is registered with a nonce."""
    yield _same("signature", "right")
    yield _same("nonce", "of now")
    yield _same("weight", "as shown")


def sign(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """What is shown is what is signed, by this terminal's key, now."""
    terminal = instrument.terminal
    shown = instrument.shown(instrument.near(instrument.scale.most / 3))
    nonce = secrets.token_bytes(16)
    n, envelope = instrument.register(nonce)
    identity = terminal.identify()
    entry = opened.KeyEntry(identity.key, identity.serial, identity.test, identity.algorithm)
    fields: opened.Fields = {}
    with suppress(opened.Rejected):
        fields, _ = opened.open_record(envelope, {identity.dev: entry})
    right = fields.get(record.N) == n and fields.get(record.DEV) == identity.dev
    sheet.enter("signature", **{"is": "right" if right else "wrong"})
    sheet.enter("nonce", **{"is": "of now" if fields.get(record.NONCE) == nonce else "another"})
    sheet.enter("weight", **{"is": "as shown" if _weight(fields) == shown else "another"})


def _weight(fields: dict[int, Any]) -> Fraction | None:
    weight = fields.get(record.VAL)
    return None if weight is None else Fraction(10) ** int(weight[1]) * int(weight[0])


def journal_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Room for records, and none lost."""
    yield _same("journal", "OK")
    yield _number(options, "journal in use", unit="%", high=_JOURNAL)
    yield _number(options, "records missing", high="0")


def journal(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """Each record up to the newest can be had."""
    status = instrument.terminal.status()
    numbers = instrument.terminal.records()
    sheet.enter("journal", **{"is": status["journal"]})
    sheet.enter("journal in use", value=status["journal_percent"])
    sheet.enter("records missing", value=str(int(status["n"]) - len(numbers) - numbers.start))


def wear_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Blocks erased in its life."""
    yield _number(options, "blocks erased", high=_ERASES)


def wear(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """A new board has a new flash."""
    sheet.enter("blocks erased", value=instrument.terminal.status()["journal_erases"])


def _has_radio(instrument: Instrument) -> bool:
    return boards.load(instrument.terminal.identify().board).network == "wlan"


def radio_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """The signal at this bench; on a board without a radio, that there is none."""
    if _has_radio(instrument):
        yield _number(options, "signal", unit="dBm", low=_RSSI)
    else:
        yield _same("radio", "none")


def radio(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """Joins the network of the bench and hears it well; forgets it again.

    ssid: the plan names it; the key is in the variable that `key_variable` names.
    """
    terminal = instrument.terminal
    if not _has_radio(instrument):
        try:
            found = terminal.network()["state"]
        except DeviceRefused as refused:
            found = "none" if refused.code == NO_NETWORK else refused.name
        sheet.enter("radio", **{"is": found})
        return
    ssid = options.more.get("ssid")
    if ssid:
        key = os.environ.get(str(options.more.get("key_variable", KEY_VARIABLE)), "")
        terminal.set_wifi(str(ssid), key)
    try:
        sheet.enter("signal", value=_signal(instrument))
    finally:
        if ssid:
            terminal.clear_wifi()


def _signal(instrument: Instrument) -> str:
    for _ in range(60):
        found = instrument.terminal.network()
        if found["state"] == "joined" and found.get("rssi", "-") != "-":
            return found["rssi"]
        instrument.hands.wait(0.5)
    raise UserError(
        REFUSED,
        f"the terminal did not join a network in 30 s (it is {found['state']}, network"
        f" {found['ssid']}). Name the bench's network in the plan (ssid = ...), its key in the"
        f" variable {KEY_VARIABLE}",
    )
