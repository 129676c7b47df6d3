"""`steelyard witness`, `approve`, `audit`, `prove`: the upper half of the ladder."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import stat
from pathlib import Path

import pytest
from command_line import CommandLine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from steelyard.errors import OK, REFUSED, USAGE, VERDICT
from steelyard.store import Store
from terminals import Bench, Start, VirtualTerminal

NAME = "TEST.example/hall"


def _lines(text: str) -> tuple[str, dict[str, bytes]]:
    """Body and signatures by name of a signed note (C2SP signed-note)."""
    body, _, rest = text.partition("\n\n")
    found = {}
    for line in rest.splitlines():
        dash, name, data = line.split(" ")
        assert dash == "\u2014"
        found[name] = base64.b64decode(data, validate=True)
    return body + "\n", found


def test_a_note_that_anyone_can_check(bench: Bench, tmp_path: Path) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    identity = bench.terminal.identify()
    bench.terminal.close()
    path = tmp_path / "day.note"
    said = user("witness", port, "--name", NAME, "--allow-test", "--save", path, "--json").json()
    body, signatures = _lines(path.read_text(encoding="utf-8"))
    origin = f"steelyard/{identity.dev.hex()}"
    root = base64.b64encode(bytes.fromhex(said["root"])).decode()
    assert body == f"{origin}\n{said['size']}\n{root}\n"
    # The terminal's: 4 bytes of key id, then Ed25519 over the body.
    own = signatures[origin]
    wanted = hashlib.sha256(origin.encode() + b"\n\x01" + identity.key).digest()[:4]
    assert own[:4] == wanted
    Ed25519PublicKey.from_public_bytes(identity.key).verify(own[4:], body.encode())
    # The witness's: key id, time, Ed25519 over what C2SP tlog-cosignature says.
    (witness,) = Store(user.database).trust().witnesses.values()
    seen = signatures[NAME]
    id_of = hashlib.sha256(NAME.encode() + b"\n\x04" + witness.public_key).digest()[:4]
    assert seen[:4] == id_of == bytes.fromhex(said["key_id"])
    assert int.from_bytes(seen[4:12], "big") == said["time"]
    message = f"cosignature/v1\ntime {said['time']}\n{body}".encode()
    Ed25519PublicKey.from_public_bytes(witness.public_key).verify(seen[12:], message)
    # The terminal keeps it, and the key file is nobody else's business.
    bench.terminal.link.reopen()
    assert bench.terminal.records().stop == said["record"] + 1 == said["size"] + 1
    key_file = user.database.with_name("witness-key.json")
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert json.loads(key_file.read_text())["seed"] not in path.read_text()


def test_the_ladder_up_to_a_test_keys_end(bench: Bench) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    bench.load("place 2 kg")
    bench.terminal.register()
    bench.terminal.close()
    assert user("approve", port, "--json").json()["generation"] == 1
    assert user("witness", port, "--name", NAME, "--allow-test").code == OK
    said = user("verify", port, "--allow-test", "--json").json()
    # A TEST key stays on the first step, whatever else holds.
    assert said["level"] == 1
    names = {check["name"]: check for check in said["checks"]}
    assert names["witness"]["passed"] and "a witness saw the first" in names["witness"]["detail"]


def test_what_is_no_continuation_is_not_signed(states: Path, tmp_path: Path) -> None:
    for name in ("flash.bin", "kept.sqlite3", "link-keys.json"):
        shutil.copy(states / "calibrated" / name, tmp_path / name)
    flash, before = tmp_path / "flash.bin", tmp_path / "before.bin"
    user = CommandLine(tmp_path / "kept.sqlite3")
    shutil.copy(flash, before)
    with VirtualTerminal(flash) as terminal:
        assert user("witness", terminal.pty, "--name", NAME, "--allow-test").code == OK
        assert user("witness", terminal.pty, "--name", NAME, "--allow-test").code == OK
    shutil.copy(before, flash)
    # Another host, which has nothing but what the witness saw, and the key.
    other = CommandLine(tmp_path / "other" / "kept.sqlite3")
    other.database.parent.mkdir()
    for name in ("kept.sqlite3", "link-keys.json", "witness-key.json"):
        shutil.copy(tmp_path / name, other.database.with_name(name))
    with Store(other.database).session() as session:
        session.connection().exec_driver_sql("delete from records")
    with VirtualTerminal(flash) as terminal:
        for _ in range(2):
            said = other("witness", terminal.pty, "--name", NAME, "--allow-test")
            assert said.code == VERDICT
        assert "of this terminal" in said.out or "no part of this one" in said.out
    # Nothing more was signed.
    assert len(Store(other.database).trust().cosigned) == 1


def test_proofs_between_two_receipts(bench: Bench, tmp_path: Path) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    numbers = []
    for grams in (1000, 2000, 3000):
        bench.load(f"place {grams} g")
        numbers.append(bench.terminal.register()[0])
    serial = bench.terminal.identify().serial
    bench.terminal.close()
    assert user("pull", port, "--allow-test").code == OK
    path = tmp_path / "two.proof"
    first, _, last = numbers
    made = ("prove", serial, str(first), str(last), "--allow-test")
    said = user(*made, "--out", path, "--json").json()
    assert (said["readings"], said["net"], said["voids"]) == (2, 5000, 0)
    assert user("prove", path, "--allow-test").code == OK
    # It has two records and some hashes, and nothing of the sale between them.
    proof = json.loads(path.read_text())
    assert len(proof["consistency"]) + len(proof["inclusion"]) < 8
    proof["inclusion"][0] = bytes(32).hex()
    path.write_text(json.dumps(proof))
    assert user("prove", path, "--allow-test").code == VERDICT
    user("prove", serial, "1").refused(USAGE, "the numbers of two records")
    path.write_text("{}")
    user("prove", path).refused(USAGE, "is no proof as `steelyard prove` writes it")
    user("prove", serial, str(last), str(first)).refused(USAGE, "the older first")
    user("prove", "SY-NONE", "1", "2").refused(USAGE, "no terminal of that serial")


def test_an_audit_of_what_was_pulled(bench: Bench) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    bench.load("place 2 kg")
    n, _ = bench.terminal.register()
    bench.terminal.void(n)
    serial = bench.terminal.identify().serial
    bench.terminal.close()
    assert user("pull", port, "--allow-test").code == OK
    said = user("audit", serial, "--allow-test", "--json").json()
    assert said["ok"] and said["records"] == n + 2
    assert said["events"]["CALIBRATION"] == said["events"]["VOID"] == 1
    assert said["events"]["BOOT"] >= 2
    people = user("audit", serial, "--allow-test")
    assert people.code == OK and "calibration" in people.out and "not established" in people.out
    assert user("audit", serial).code == VERDICT


def test_names_and_keys_that_cannot_be_a_witness(start: Start, tmp_path: Path) -> None:
    bench = start("new")
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    bench.terminal.close()
    for name in ("", "two words", "a+b", "x" * 65):
        user("witness", port, "--name", name).refused(USAGE, "a witness's name has")
    user("witness", port, "--name", NAME).refused(REFUSED, "it has no key")
    user("approve", port).refused(REFUSED, "it has no key")
    user("witness", port, "--name", "another.example").refused(USAGE, "has the key of")
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    user("witness", port, "--name", NAME, "--key", bad).refused(USAGE, "cannot be used as the key")


@pytest.mark.parametrize("until", ["tomorrow", "2027-13-01"])
def test_an_approval_ends_on_a_date(bench: Bench, until: str) -> None:
    user = CommandLine(bench.store.path)
    bench.terminal.close()
    user("approve", bench.simulator.pty, "--until", until).refused(USAGE, "is no date")


def test_a_stream_and_a_void_by_command(bench: Bench, tmp_path: Path) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    bench.load("place 2 kg")
    n, _ = bench.terminal.register()
    bench.terminal.close()
    path = tmp_path / "block"
    asked = ("stream", port, "--count", "5", "--every", "0.2", "--save", path)
    said = user(*asked, "--allow-test", "--json").json()
    assert [row["value"] for row in said["readings"]] == ["2.000"] * 5
    assert said["n"] == n + 1 and len(base64.b64decode(path.read_text())) > 200
    people = user(*asked, "--allow-test")
    assert people.code == OK and "2.000, 2.000, 2.000" in people.out
    assert user(*asked).code == VERDICT  # a TEST key
    assert user("stream", port, "--count", "61").code == USAGE
    assert user("void", port, n, "--allow-test", "--json").json() == {
        "n": n + 1,
        "void": n,
        "serial": said["serial"],
        "ok": True,
    }
    user("void", port, n, "--allow-test").refused(4, "record", "did that")


def test_what_a_stream_wrote_is_verified_with_the_records_beside_it(
    bench: Bench, tmp_path: Path
) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    bench.terminal.close()
    blocks, day = tmp_path / "block", tmp_path / "day.records"
    lines = ""
    for _ in range(3):
        assert user("stream", port, "--count", "2", "--allow-test", "--save", blocks).code == OK
        lines += blocks.read_text()
    assert user("verify", port, "--allow-test", "--save", day).code == OK
    count = len(day.read_text().splitlines()) - 1
    blocks.write_text(lines)
    alone = user("verify", blocks, "--allow-test", "--json").json()
    assert (alone["level"], alone["records"], alone["blocks"]) == (1, 0, 3)
    assert user("verify", blocks).code == VERDICT  # a TEST key
    blocks.write_text(lines + day.read_text())
    mixed = user("verify", blocks, "--allow-test", "--json").json()
    assert (mixed["level"], mixed["records"], mixed["blocks"]) == (1, count, 3)
    (roots,) = [one for one in mixed["checks"] if one["name"] == "block root"]
    assert roots["passed"] and roots["count"] == 3
    # One of them left out in the middle is seen by its number, a repeated one is a failure.
    first, _, last = lines.splitlines()
    blocks.write_text(f"{first}\n{last}\n")
    said = user("verify", blocks, "--allow-test")
    assert said.code == OK and "1 before them, of the same starts, are not given" in " ".join(
        said.out.split()
    )
    blocks.write_text(f"{first}\n{last}\n{first}\n")
    assert user("verify", blocks, "--allow-test").code == VERDICT
