"""`steelyard keys` as its users have it: holders, a station, an office, whoever believes them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from command_line import CommandLine, Said, without_colours
from company import HOLDERS, Company, day, line
from forge import Forger
from steelyard.errors import OK, USAGE, VERDICT
from steelyard.store import Store
from terminals import SERIAL, Bench

COMMANDS = "holder make root station revoke sign show trust list".split()
COMMANDS += "device verification log token digits".split()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everybody's keys; copy it."""
    folder = tmp_path_factory.mktemp("keys")
    Company(folder, CommandLine(folder / "none")).make_keys()
    return folder


@pytest.fixture
def company(keys: Path, tmp_path: Path) -> Company:
    """Holders and stations with their keys, and an empty database."""
    shutil.copytree(keys, tmp_path / "desk")
    return Company(tmp_path / "desk", CommandLine(tmp_path / "home" / "steelyard.sqlite3"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_reads_well(name: str, tmp_path: Path) -> None:
    said = CommandLine(tmp_path / "db")("keys", name, "--help")
    text = without_colours(said.out)
    assert said.code == OK and f"Example: steelyard keys {name} " in text and "--json" in text


def test_the_help_lists_them_and_no_option_takes_a_secret(tmp_path: Path) -> None:
    user = CommandLine(tmp_path / "db")
    text = without_colours(user("keys", "--help").out)
    assert "keys COMMAND" in text.replace("[OPTIONS] ", "")
    for name in COMMANDS:
        assert f" {name} " in text
        options = without_colours(user("keys", name, "--help").out)
        assert "--passphrase " not in options and "--seed" not in options


# --- the way to a certified terminal ---------------------------------------------------------


def test_from_three_holders_to_a_terminal_that_is_stolen(
    bench: Bench, company: Company, tmp_path: Path
) -> None:
    company = Company(company.folder, CommandLine(bench.store.path))
    user, port = company.user, bench.simulator.pty
    bench.terminal.set_time(int(datetime.now(UTC).timestamp()))
    bench.load("place 2 kg")
    bench.terminal.register()
    state = bench.terminal.calibrate("STATUS")
    identity = bench.terminal.identify()
    bench.terminal.close()

    def verify(*more: object) -> dict[str, tuple[bool, bool]]:
        said = user("verify", port, "--allow-test", "--json", *more)
        found = json.loads(said.out)
        assert said.code == (OK if found["ok"] else VERDICT) and found["level"] <= 1
        return {check["name"]: (check["performed"], check["passed"]) for check in found["checks"]}

    assert "certificate" not in verify()
    company.found()
    assert verify()["certificate"] == (True, False)
    # What it signed is taken all the same, and it may forget it.
    said = user("pull", port, "--allow-test", "--json")
    assert said.code == VERDICT and json.loads(said.out)["receipted"] > 0
    made = ("--key", company.path("works.pem"), "--production", "P-1", "--seal", "S-1")
    access = ("--access", company.path("service.pub"))
    out = company.path("device.statement")
    said = company.keys("device", SERIAL, *made, *access, "--out", out, "--json")
    fields = said.json()["fields"]
    assert (fields["serial"], fields["dev"]) == (SERIAL, identity.dev.hex())
    assert sorted(row[:2] for row in fields["access"]) == [[2, 0], [3, 1]]  # link key, service
    assert fields["suite"] == 1 and fields["hardware"] == 0
    checks = verify()
    assert checks["certificate"] == (True, True) and "verification" not in checks
    found = ("--calibration", f"{identity.calibration}:{state['digest']}", "--code", "V-1")
    found += ("--software", identity.software_id.hex(), "--seal", "S-1", "--seal", "S-2")
    dates = ("--from", day(-1), "--until", day(700))
    key = ("--key", company.path("office.pem"), "--out", company.path("v.statement"))
    company.keys("verification", SERIAL, *key, *found, *dates)
    checks = verify("--seal", "S-2", "--seal", "S-1")
    assert checks["verification"] == (True, True) and checks["seals"] == (True, True)
    assert verify("--seal", "S-2", "--seal", "S-3")["seals"] == (True, False)
    # Stolen: what was signed up to record 2 still counts.
    listed = company.path("revoked.statement")
    why = ("--reason", "stolen", "--last", 2, "--out", listed)
    company.keys("revoke", "terminal", SERIAL, *why)
    company.sign("revoked.statement", "ben", "cleo")
    company.keys("trust", listed)
    said = user("verify", port, "--allow-test", "--json")
    failed = [check for check in json.loads(said.out)["checks"] if not check["passed"]]
    assert said.code == VERDICT
    assert {(check["name"], check["n"] > 2) for check in failed} == {("revocation", True)}
    told = user("verify", port, "--allow-test")
    assert "its last record that counts is 2" in line(told)
    refused = company.said("device", SERIAL, *made, "--out", company.path("again"))
    refused.refused(VERDICT, "is revoked by list 1 (stolen)")
    records = tmp_path / "day.records"
    user("verify", port, "--allow-test", "--save", records)
    _somebody_else_sees_the_same(company, records, CommandLine(tmp_path / "other.sqlite3"))


def _somebody_else_sees_the_same(company: Company, records: Path, other: CommandLine) -> None:
    """Who has nothing but the files and the fingerprint."""
    root = company.path("root.statement")
    names = ("works", "office", "device", "v", "revoked")
    bundle = [root, *(company.path(f"{name}.statement") for name in names)]
    trusted = other("keys", "trust", *bundle, "--fingerprint", company.fingerprint(root))
    assert trusted.code == OK, trusted
    theirs = json.loads(other("verify", records, "--allow-test", "--json").out)
    passed = {check["name"] for check in theirs["checks"] if check["passed"]}
    assert {"certificate", "verification", "signature"} <= passed and not theirs["ok"]


# --- holders ---------------------------------------------------------------------------------


def test_a_root_is_signed_by_two_of_three_and_confirmed(company: Company) -> None:
    root = company.root()
    anna = ("--holder", company.path("anna.pub"))
    company.said("root", "--name", "TEST root", *anna).refused(USAGE, "TEST keys alone")
    company.said("root", "--name", "Berg", *anna).refused(USAGE, "is a TEST key")
    for threshold in (1, 4):
        publics = [it for one in HOLDERS for it in ("--holder", company.path(f"{one}.pub"))]
        more = ("--threshold", threshold, "--test", "--out", company.path("x"))
        company.said("root", "--name", "TEST x", *publics, *more).refused(USAGE, "more than half")
    assert company.said("trust", root).code == VERDICT
    sign = ("sign", root, "--key", company.path("anna.pem"))
    for _ in range(2):  # the same holder twice is one
        said = company.keys(*sign, "--json")
        assert said.json()["own_holders_missing"] == 1
        # What is signed is shown in words, before.
        assert "You are about to sign: statement root TEST root, version 1" in said.err
        assert "vouches for TEST keys alone" in said.err and "2 of 3" in said.err
    said = company.said("trust", root)
    assert said.code == VERDICT and "have to sign it yet: 1" in line(said)
    company.sign("root.statement", "ben")
    company.said("trust", root).refused(USAGE, "nobody can confirm the root here")
    wrong = company.said("trust", root, "--fingerprint", "ab" * 32)
    assert wrong.code == VERDICT and "the fingerprint is another one" in line(wrong)
    assert company.said("list").out.startswith("this host trusts no root")
    print_ = company.fingerprint(root)
    for given in (print_, print_.replace(" ", "").upper(), print_.replace(" ", ":")):
        said = company.keys("trust", root, "--fingerprint", given)
    assert "known already" in line(said)
    assert "holder of root TEST root" in line(company.keys("show", root))


def test_the_next_root_and_an_older_list(company: Company) -> None:
    company.found()
    old = company.path("root.statement")
    new = company.root("--after", old, holders=("cleo", "ben", "dora"), name="second")
    company.sign("second.statement", "ben", "dora")
    assert "holders of version 1 that have to sign it yet: 1" in line(company.said("trust", new))
    company.sign("second.statement", "anna")
    company.keys("trust", new)
    said = company.said("trust", old)
    assert said.code == VERDICT and "version 2 has replaced it" in line(said)
    # Anna holds nothing any more, and the works were named by her and Cleo.
    assert "no " in company.said("list").out
    works = company.said("show", company.path("works.statement"))
    assert works.code == VERDICT and "1 holder of TEST root has signed it" in line(works)
    company.sign("works.statement", "ben")
    company.keys("trust", company.path("works.statement"))
    for number in (1, 2):
        out = company.path(f"list-{number}.statement")
        more = ("--reason", "TEST", "--out", out)
        company.keys("revoke", "access", company.path("service.pub"), *more)
        company.keys("trust", company.sign(out.name, "ben", "dora"))
    said = company.said("trust", company.path("list-1.statement"), "--json")
    assert said.code == VERDICT and "version 2 has replaced it" in line(said)


def test_a_revocation_list_grows(company: Company) -> None:
    company.found()
    draft = company.path("list.statement")
    why = ("--reason", "TEST")
    company.keys("revoke", "station", company.path("works.pub"), "--last", 7, *why, "--out", draft)
    company.keys("revoke", "terminal", "54455354aabbccdd", *why, "--list", draft)
    company.keys("revoke", "station", company.path("works.pub"), *why, "--list", draft)
    shown = json.loads(company.said("show", draft, "--json").out)["statements"][0]["fields"]
    assert shown["version"] == 1 and [row[2] for row in shown["entries"]] == [None, None]
    company.keys("trust", company.sign("list.statement", "anna", "ben"))
    # The next begins with the one that is in force.
    said = company.keys("revoke", "access", "00" * 8, *why, "--out", company.path("l"), "--json")
    assert said.json()["fields"]["version"] == 2 and len(said.json()["fields"]["entries"]) == 3
    for arguments, words in (
        (("king", "x"), "WHAT is"),
        (("terminal", "SY-9"), "is not known here"),
        (("station", company.path("service.pub")), "is a key for service"),
        (("access", "00" * 8, "--last", "1"), "nothing is counted"),
        (("access", "00" * 7), "is not known here"),
    ):
        company.said("revoke", *arguments, *why).refused(USAGE, words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("station Works --key {}/works.pub --makes DATES", "begins with TEST"),
        ("station TEST --key {}/works.pub DATES", "roles"),
        ("station TEST --key {}/anna.pub --makes DATES", "is a key for holder"),
        ("station TEST --key {}/works.pub --makes DATES", "serials"),
        ("station TEST --key {}/works.pub --makes --serials A..BB DATES", "no range"),
        ("station TEST --key {}/works.pub --verifies DATES --until 2025-01-01", "until"),
        ("station TEST --key {}/works.pub --verifies DATES --until 2027-1-1", "no date"),
        ("make king TEST", "ROLE is one of"),
        ("make station Works --passphrase-fd 99", "cannot be read"),
        ("sign {}/none --key {}/anna.pem", "cannot read"),
        ("device SY-9 --key {}/works.pem --production P", "knows no terminal SY-9"),
        ("log {}/none", "cannot read"),
        ("log {}/anna.pub", "no line of a station's log"),
        ("trust {}/anna.pub", "no file of statements"),
    ],
)
def test_what_is_refused_says_what_to_do(line: str, words: str, company: Company) -> None:
    line = line.replace("DATES", "--from 2026-01-01 --until 2027-01-01")
    given = line.replace("{}", str(company.folder)).split()
    company.user("keys", *given).refused(USAGE, words)


# --- a station -------------------------------------------------------------------------------


def _known(company: Company, seed: bytes, serial: str) -> Forger:
    """A terminal that this host has provisioned."""
    forger = Forger(seed, test=True)
    store = Store(company.user.database)
    store.add_terminal(forger.public_key, serial, "bench", test=True)
    store.close()
    return forger


def _device(company: Company, serial: str) -> Said:
    out = company.path(f"{serial}.statement")
    key = ("--key", company.path("works.pem"))
    return company.said("device", serial, *key, "--production", "P", "--out", out)


def test_a_station_and_its_log(company: Company) -> None:
    company.found()
    log, works = company.path("works.log"), ("--station", company.path("works.pub"))
    for number in range(1, 4):
        _known(company, bytes([number]) * 32, f"SY-TEST-{number}")
        assert _device(company, f"SY-TEST-{number}").code == OK
    _known(company, bytes([9]) * 32, "SY-TEST-10")
    _device(company, "SY-TEST-10").refused(VERDICT, "is no serial number of station TEST works")
    _known(company, bytes([8]) * 32, "SY-TEST-3")
    _device(company, "SY-TEST-3").refused(USAGE, "the number of several terminals")
    head, proof = company.path("head.note"), company.path("2.proof")
    said = company.keys("log", log, "--head", head)
    assert "device statement 3: SY-TEST-3" in said.out and "all of it is right" in line(said)
    company.keys("log", log, "--prove", 2, "--out", proof)
    company.said("log", log, "--prove", 4).refused(USAGE, "statements 1 to 3")
    # Whoever has the station's public key checks both, on another host too.
    other = CommandLine(company.folder / "other.sqlite3")
    other("keys", "log", proof).refused(USAGE, "knows no station")
    said = other("keys", "log", proof, *works)
    assert said.code == OK and "it is number 2 in the log of station" in line(said)
    assert other("keys", "log", log, *works, "--since", head).code == OK
    changed = json.loads(proof.read_text()) | {"number": 3}
    proof.write_text(json.dumps(changed))
    other("keys", "log", proof, *works).refused(USAGE, "the proof shows no statement 3")
    lines = log.read_text().splitlines(keepends=True)
    for content in (lines[:2], lines[1:], [lines[0], lines[2], lines[1]]):
        log.write_text("".join(content))
        said = company.said("log", log, "--json")
        assert said.code == VERDICT and json.loads(said.out)["wrong"]
        assert other("keys", "log", log, *works, "--since", head).code == VERDICT
        _known(company, bytes([4]) * 32, "SY-TEST-4")
        _device(company, "SY-TEST-4").refused(VERDICT, "was changed")
    log.write_text("".join(lines) + lines[0][:50])
    assert "an unfinished line" in line(company.keys("log", log))
    assert _device(company, "SY-TEST-4").code == OK
    assert json.loads(company.keys("log", log, "--json").out)["size"] == 4


def test_a_station_keeps_to_its_dates_and_role(company: Company) -> None:
    company.found()
    _known(company, bytes([1]) * 32, "SY-TEST-1")
    key = ("--key", company.path("office.pem"), "--out", company.path("x"))
    office = company.said("device", "SY-TEST-1", *key, "--production", "P")
    office.refused(VERDICT, "station TEST office may not make terminals")
    found = ("--calibration", "1:" + "ab" * 8, "--software", "cd" * 8, "--code", "V")
    dates = ("--from", day(0), "--until", day(1))
    company.said("verification", "SY-TEST-1", *key, *found, *dates).refused(
        VERDICT, "no device statement"
    )
    assert _device(company, "SY-TEST-1").code == OK
    for bad, words in (
        (("--calibration", "1"), "GENERATION:DIGEST"),
        (("--software", "12"), "16 digits"),
        (("--until", day(-1)), "until"),
    ):
        company.said("verification", "SY-TEST-1", *key, *found, *dates, *bad).refused(USAGE, words)
    ended = company.path("ended.statement")
    row = ("--makes", "--serials", "SY-TEST-0..SY-TEST-9", "--number", 2)
    dates = ("--from", "2026-01-01", "--until", str(date(2026, 1, 2)))
    key = ("--key", company.path("works.pub"), "--out", ended)
    company.keys("station", "TEST works", *key, *row, *dates)
    company.keys("trust", company.sign("ended.statement", "anna", "ben"))
    _known(company, bytes([2]) * 32, "SY-TEST-2")
    _device(company, "SY-TEST-2").refused(VERDICT, "from 2026-01-01 until 2026-01-02")
