"""`steelyard commission`: fit the filter to the platform, with one load put on and taken off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text
from steelyard_wire import record
from steelyard_wire.quantity import unit_name

from steelyard.access import after_signing, judge, opened
from steelyard.client import Identity, Terminal
from steelyard.commands import Address, Json
from steelyard.commands.doctor import listen
from steelyard.commands.hands import Prompt, by_hand
from steelyard.commissioning import Commissioned, Unfit, commission, transient
from steelyard.diagnosis import ZERO_AWAY
from steelyard.errors import REFUSED, USAGE, VERDICT, UserError
from steelyard.facts import calibration_of, interval_counts
from steelyard.output import errors, show
from steelyard.output import rows as as_rows
from steelyard.replay import PROFILES
from steelyard.store import Store
from steelyard.trace import Trace, save

ATTEMPTS = 3
_STAYS = "the terminal is as it was"


def _change(
    terminal: Terminal, ask: Prompt, before: str, now: str, seconds: float, rises: bool
) -> Trace:
    """A trace with a load change in it; asked for again when it cannot be used."""
    for attempt in range(ATTEMPTS):
        ask(before)
        errors.print(f"{now} NOW, in one go, and let go of it", markup=False)
        trace = listen(terminal, seconds, "listening to the platform")
        try:
            found = transient(trace)
            if (found.size > 0) != rises:
                raise Unfit("the load changed the wrong way")
            return trace
        except Unfit as unfit:
            again = "Once more" if attempt + 1 < ATTEMPTS else "That was the last attempt"
            errors.print(f"{unfit}. {again}", markup=False)
    raise UserError(
        REFUSED,
        f"no usable load change in {ATTEMPTS} attempts; {_STAYS}. `steelyard doctor"
        f" {terminal.address}` says whether the wiring is right",
    )


def commission_terminal(
    terminal: Terminal, ask: Prompt, seconds: float, keep: Path | None = None
) -> Commissioned:
    """Both load changes by hand, and what they say. ask: returns when what it says is done.

    seconds: how long each change is listened to. keep: folder for the traces.
    """
    third = _a_third(terminal.config())

    def change(rises: bool) -> Trace:
        before = (
            f"Take everything off and have a load of {third} or more at hand"
            if rises
            else "Leave it there until the platform is still, and be ready to take it off"
        )
        now = "Put it on" if rises else "Take it off"
        return _change(terminal, ask, before, now, seconds, rises)

    return judged(terminal, change, keep)


def judged(
    terminal: Terminal, change: Callable[[bool], Trace], keep: Path | None = None
) -> Commissioned:
    """What two load changes say. change(rises): a trace with a load put on, or taken off."""
    told = terminal.config()
    calibration = calibration_of(terminal, told)
    if calibration is None:
        raise UserError(
            REFUSED,
            "a load says nothing without a calibration. First: steelyard calibrate"
            f" {terminal.address} --weight 10kg",
        )
    put_on, take_off = change(True), change(False)
    if keep is not None:
        save(put_on, keep / "put-on.csv")
        save(take_off, keep / "take-off.csv")
    config = {name: int(value) for name, value in told.items()}
    try:
        return commission(
            put_on, take_off, config, calibration, interval_counts(calibration, told)
        )
    except Unfit as unfit:
        raise UserError(REFUSED, f"{unfit}; {_STAYS}. Begin again") from None


def _a_third(config: Mapping[str, str]) -> str:
    """A third of Max, rounded to one digit, for people."""
    third = float(Decimal(config["max"]).scaleb(int(config["exp10"]))) / 3
    return f"{third:.1g} {unit_name(int(config['unit']))}"


def as_data(found: Commissioned) -> dict[str, Any]:
    """What was found, for a program."""
    return {
        "profile": found.profile,
        "expected_settling_s": _short(found.settling.get(found.profile)),
        "ring_hz": round(found.ring_hz, 3) or None,
        "ring_loaded_hz": round(found.ring_loaded_hz, 3) or None,
        "ring_max_hz": round(found.ring_max_hz, 3) or None,
        "damping": round(found.damping, 4) or None,
        "noise_counts": round(found.noise, 2),
        "noise_floor_counts": round(found.noise_floor, 2) or None,
        "rate_hz": round(found.rate_hz, 3),
        "load_share": round(found.load_share, 3),
        "zero_away": round(found.zero_away, 4),
        "settling_s": {name: _short(time) for name, time in found.settling.items()},
    }


def _short(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def for_people(shown: dict[str, Any]) -> Group:
    """What was found, with the settling time of every filter that was tried."""
    ring = "does not ring visibly"
    if shown["ring_hz"]:
        ring = f"{shown['ring_hz']:.2f} Hz empty, {shown['ring_loaded_hz']:.2f} Hz loaded"
        if shown["ring_max_hz"]:
            ring += f", {shown['ring_max_hz']:.2f} Hz under Max"
        ring += f"; damping {shown['damping']:.3f}"
    expected = shown["expected_settling_s"]
    settles = "does not settle" if expected is None else f"settles in {expected:.2f} s"
    table = Table("filter", "settles within e/2", box=None)
    for name, time in shown["settling_s"].items():
        mark = " (chosen)" if name == shown["profile"] else ""
        table.add_row(f"{name}{mark}", "not at rest" if time is None else f"{time:.2f} s")
    noise = f"{shown['noise_counts']:.1f} counts"
    if shown["noise_floor_counts"]:
        noise += f", of which the floor's shaking leaves {shown['noise_floor_counts']:.1f}"
    away = shown["zero_away"]
    zero = "where it was calibrated"
    if abs(away) > ZERO_AWAY:
        zero = (
            f"{away:+.1%} of the calibration's weight away. Was the platform empty? If it was,"
            " calibrate anew: `steelyard doctor` would take its cell for overloaded"
        )
    facts = {
        "platform": ring,
        "zero": zero,
        "noise": noise,
        "rate": f"{shown['rate_hz']:.2f} samples a second",
        "load": f"{shown['load_share']:.0%} of Max",
        "profile": f"{shown['profile']}: {settles}",
        "stored": shown["verdict"],
    }
    return Group(as_rows(facts), Text(), table)


def keep_found(terminal: Terminal, store: Store, found: Commissioned) -> dict[str, Any]:
    """Have it stored; the record of it, whose signature holds."""
    n = terminal.commission(found.values)
    with after_signing(f"`steelyard verify {terminal.address}` fetches it"):
        report = judge(store, [terminal.record(n)], allow_test=True, set_up=False)
    fields = report.records[0] if report.records else {}
    data = fields.get(record.DATA, {})
    wanted = " ".join(map(str, found.values))
    if not report.ok or (data.get(1), data.get(3)) != ("commission", wanted):
        raise UserError(
            VERDICT,
            "the terminal did not sign the commissioning that was made. Do not trust it: have it"
            " examined",
        )
    return {"record": n, "verdict": f"signed and verified, record {n}"}


def _check(identity: Identity, address: str) -> None:
    if not identity.provisioned:
        raise UserError(
            REFUSED,
            "the terminal has no key to sign its commissioning with. First: steelyard provision"
            f" {address} --serial SY-0001",
        )


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(name="commission")
    def command(
        address: Address,
        profile: Annotated[
            str,
            typer.Option(
                help="Store this filter, whatever settles first: default, ringing, stiff, dosing,"
                " vibrating, animal."
            ),
        ] = "",
        seconds: Annotated[
            float, typer.Option(min=8, max=60, help="How long to listen to each load change.")
        ] = 12.0,
        yes: Annotated[
            bool, typer.Option("--yes", help="Ask for no Enter: a machine moves the load.")
        ] = False,
        look: Annotated[bool, typer.Option("--look", help="Show it; store nothing.")] = False,
        keep: Annotated[
            Path | None, typer.Option(help="Folder for both traces, for `steelyard replay`.")
        ] = None,
        as_json: Json = False,
    ) -> int:
        """Fit the filter to the platform: put one load on and take it off, once each.

        From the two load changes come the frequency and damping of its ringing, empty and under
        load, the noise at rest and the true sample rate. Both are run through every filter; the
        one that settles first is chosen and stored, with a signed record. Calibrate first.

        Example: steelyard commission /dev/ttyACM0
        """
        if profile and profile not in PROFILES:
            there = ", ".join(PROFILES)
            raise UserError(USAGE, f"there is no profile {profile!r}; there are: {there}")
        if keep is not None and not keep.is_dir():
            raise UserError(USAGE, f"there is no folder {keep}. Make it, or name another")
        ask = by_hand(_STAYS, "Run it in a terminal, or with --yes where a machine moves the load")
        store = Store()
        with opened(address, store) as (terminal, identity):
            _check(identity, address)
            found = commission_terminal(
                terminal, (lambda text: None) if yes else ask, seconds, keep
            )
            if profile:
                found = Commissioned(**{**vars(found), "profile": profile})
            shown = as_data(found)
            shown |= {"record": None, "verdict": "no: only looked at"}
            if not look:
                shown |= keep_found(terminal, store, found)
        show(shown, as_json, for_people(shown))
        return 0
