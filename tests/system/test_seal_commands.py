"""From the bench to a sealed, verified terminal and through a repair, as its people type it."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import serial
import zxingcpp
from command_line import CommandLine
from company import OPENERS, Company, day
from steelyard.errors import OK, REFUSED, USAGE, VERDICT
from terminals import SERIAL, Bench


@pytest.fixture
def company(bench: Bench, tmp_path: Path) -> Company:
    """Everybody with their keys; this host believes in their root."""
    folder = tmp_path / "desk"
    folder.mkdir()
    made = Company(folder, CommandLine(bench.store.path))
    made.make_keys()
    made.found()
    bench.terminal.set_time(made.now())
    bench.terminal.close()
    return made


def _issue_device(company: Company) -> Path:
    out = company.path("device.statement")
    made = ("--key", company.path("works.pem"), "--production", "P-26-1", "--seal", "A1")
    made += ("--approval", "CPA 2026F001")
    access = [it for _, name in OPENERS for it in ("--access", company.path(f"{name}.pub"))]
    company.keys("device", SERIAL, *made, *access, "--out", out)
    return out


def _verify(company: Company, port: str, code: str, repair: str = "") -> None:
    """What the office does: look, state it, have the terminal take it."""
    assert company.user("time", port, "--set").code == OK
    found = company.user("status", port, "--json").json()
    seals = company.user("seals", port, "--json")
    locks = ("--lock", _json(seals)["openings"])
    numbers = [it for one in _json(seals)["seals"].split(",") for it in ("--seal", one)]
    out = company.path(f"{code}.statement")
    more = ("--repair", repair) if repair else ()
    company.keys(
        "verification",
        SERIAL,
        *(
            "--key",
            company.path("office.pem"),
            "--out",
            out,
            "--code",
            code,
            *numbers,
            *more,
            *locks,
        ),
        *("--calibration", found["calibration digest"]),
        *("--software", found["software_id"], "--from", day(-1), "--until", day(300)),
    )
    said = company.user("install", port, out)
    assert said.code == OK, said


def _refuse_what_would_not_unlock(company: Company, at: tuple[str, ...]) -> None:
    company.keys("make", "service", "TEST other", "--out", company.path("other.pem"), "--test")
    for name, code, why in (
        ("inspector", "R-1", "this needs a key for service"),
        ("service", "", "--code"),
        ("other", "R-1", "does not name that key"),
    ):
        given = ("--key", company.path(f"{name}.pem"), "--code", code)
        company.said("token", *at, *given).refused(USAGE, why)


def test_what_does_not_fit_a_terminal_is_said_in_words(bench: Bench, company: Company) -> None:
    user, port = company.user, bench.simulator.pty
    assert user("install", port, _issue_device(company)).code == OK
    assert user("seal", port).code == OK
    assert user("time", port, "--set").code == OK
    found = user("status", port, "--json").json()
    seals = _json(user("seals", port, "--json"))
    out = company.path("wrong.statement")
    made = ("--key", company.path("office.pem"), "--code", "V-1", "--seal", "A1", "--lock", "1")
    made += ("--calibration", seals["calibration digest"], "--from", day(-1), "--until", day(300))
    company.keys("verification", SERIAL, *made, "--software", found["software_id"], "--out", out)
    said = user("install", port, out)
    said.refused(REFUSED, "did not take", "made before the case was opened", "steelyard seals")


def _scan(picture: Path) -> str:
    found = zxingcpp.read_barcodes((matplotlib.image.imread(picture) * 255).astype(np.uint8))
    assert [code.format for code in found] == [zxingcpp.BarcodeFormat.QRCode]
    return str(found[0].text)


def _json(said):
    import json

    return json.loads(said.out)


def test_C1_C2_C3_C6_sealed_opened_repaired_verified_again(bench: Bench, company: Company) -> None:
    user, port = company.user, bench.simulator.pty
    user("seal", port).refused(REFUSED, "no device statement that names the seals")
    said = user("install", port, _issue_device(company))
    assert said.code == OK and "root TEST root" in said.out and "station TEST works" in said.out
    assert user("seal", port).code == OK
    said = user("seals", port, "--json")
    assert (said.code, _json(said)["wrong"]) == (VERDICT, "") and "not verified" in said.out
    user("calibrate", port, "--step", "begin").refused(REFUSED, "STEELYARD_KEY=service.pem")
    with company.holding("inspector"):
        wrong = user("calibrate", port, "--step", "begin")
    wrong.refused(REFUSED, "needs a key for service", "one for inspector")
    user("seal", port).refused(REFUSED, "sealed already")
    user("flash", "--board", "virtual", "--port", port).refused(REFUSED, "sealed")
    _verify(company, port, "V-1")
    assert user("seals", port).code == OK
    # Opened while nothing fed it.
    for command in ("cut power", "open case", "close case", "restore power"):
        bench.world(command)
    bench.world("advance 5 s")
    said = user("seals", port, "--json")
    locked = _json(said)
    assert said.code == VERDICT and locked["locked"] and "OPENED" not in locked["wrong"]
    record, lock = locked["lock"].removeprefix("record ").split(", lock ")
    user("read", port, "--allow-test").refused(REFUSED, "LOCKED")
    assert "steelyard unlock" in user("status", port, "--json").json()["next"]
    at = (SERIAL, "--record", record, "--lock", lock)
    service = ("--key", company.path("service.pem"), "--code", "R-1")
    picture = company.path("token.png")
    made = company.keys("token", *at, *service, "--qr", picture)
    _refuse_what_would_not_unlock(company, at)
    wrong = user("unlock", port, "--digits", "123456789012", "--code", "R-1")
    wrong.refused(REFUSED, "digits are wrong")
    # A scanner on the serial line reads the QR code, whatever else it is soldered to.
    token = made.out.strip()
    scanned = _scan(picture)
    assert scanned == f"UNLOCK {token}"
    with serial.serial_for_url(bench.simulator.console, timeout=10) as line:
        line.write(f"{scanned}\r".encode())
        assert line.read_until(b"\n").startswith(b"OK n=")
    bench.terminal.await_start()
    for text in (token, scanned):
        user("unlock", port, "--token", text).refused(REFUSED, "not locked")
    said = user("seals", port, "--json")
    assert "was opened since then" in _json(said)["wrong"] and _json(said)["repair code"] == "R-1"
    _verify(company, port, "V-2", repair="R-1")
    assert user("seals", port).code == OK
    # And once more, by digits, told on the telephone.
    for command in ("open case", "advance 2 s", "close case"):
        bench.world(command)
    locked = _json(user("seals", port, "--json"))
    record, lock = locked["lock"].removeprefix("record ").split(", lock ")
    digits = company.keys("digits", SERIAL, "--record", record, "--lock", lock, "--json").json()
    assert user("unlock", port, "--digits", digits["digits"], "--code", "R-2").code == OK
    with company.holding("factory"):
        assert user("unseal", port, "--reason", "for the bench").code == OK
    assert user("status", port, "--json").json()["sealed"] is False
    trail = user("events", port, "--allow-test", "--json").out
    for words in ("opened: locked", "R-1", "R-2", "for the bench", "service", "factory", "digits"):
        assert words in trail, trail


def test_C4_the_name_plate_says_what_the_scale_is(bench: Bench, company: Company) -> None:
    user, port = company.user, bench.simulator.pty
    said = user("plate", port)
    assert said.code == VERDICT and "missing: approval" in said.out
    user("install", port, _issue_device(company))
    user("scale", port, "--class", "III", "--range", "3kg/1g", "--range", "15kg/5g")
    values = _json(user("config", port, "--json"))
    said = user("plate", port)
    assert said.code == OK
    numbers = [[int(values[name]) for name in pair] for pair in (("max_1", "e_1"), ("max", "e"))]
    assert (
        numbers == [[3000, 1], [15000, 5]] and values["exp10"] == "-3" and values["class"] == "3"
    )
    # R 76-1, Table 3: Min of class III is 20 e of the first range.
    for line in (
        "No. SY-TEST-1",
        "class III",
        "Max 3.000 kg   e = d = 0.001 kg",
        "Max 15.000 kg   e = d = 0.005 kg",
        "Min 0.020 kg",
        "type approval CPA 2026F001",
        "production code P-26-1",
    ):
        assert line in said.out, said.out
    assert len([line for line in said.out.splitlines() if line.startswith("Max")]) == 2
