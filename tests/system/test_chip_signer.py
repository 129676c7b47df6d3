"""A terminal whose key is in an ATECC608: its records, and what its owner may try.

Owns: the chip model on the virtual board's pins, with the real driver in the real VM. What is
expected comes from `cryptography` and from what the chip has counted.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
import stranger
from command_line import CommandLine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from steelyard import soldered
from steelyard.errors import OK, REFUSED, VERDICT
from steelyard.virtual import prepare_virtual
from steelyard_wire import codes
from terminals import CHIP, Bench, Start

USES = 160  # where the model keeps how often the key was used


@pytest.fixture
def bench(start: Start) -> Bench:
    """Provisioned and calibrated, with a chip."""
    return start("chip")


def _uses(bench: Bench) -> int:
    memory = (bench.folder / "flash.bin.atecc608").read_bytes()
    return int.from_bytes(memory[USES:], "big")


def _key(memory: bytes) -> bytes:
    """The public half of what the chip keeps, by `cryptography`."""
    private = ec.derive_private_key(int.from_bytes(memory[128:160], "big"), ec.SECP256R1())
    return private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )[1:]


def _all(bench: Bench) -> list[bytes]:
    return [bench.terminal.record(n) for n in bench.terminal.records()]


def _pulled(bench: Bench) -> int:
    """How many records `pull` takes from it and finds right."""
    bench.terminal.close()
    pull = ("pull", bench.simulator.pty, "--allow-test", "--json")
    found = CommandLine(bench.store.path)(*pull).json()
    bench.terminal.link.reopen()
    assert found["ok"]
    return int(found["records"])


def test_its_records_hold_for_everybody(bench: Bench, tmp_path: Path) -> None:
    for kg in (1, 2, 3):
        bench.load(f"place {kg} kg")
        bench.terminal.register(bytes([kg]) * 8)
    assert stranger.verify(_all(bench), bench.terminal.identify().key) == []
    assert _all(bench)[-1][3:6] == bytes.fromhex("a10126")
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    bench.terminal.close()
    found = user("pull", port, "--allow-test", "--json").json()
    assert found["ok"] and found["level"] == 1
    (said,) = [check for check in found["checks"] if check["name"] == "uses"]
    assert said["passed"] and not said["detail"]  # each use of the key left a record
    # And a block of readings.
    assert user("stream", port, "--count", "3", "--allow-test").code == OK
    bench.terminal.link.reopen()
    n, _ = bench.terminal.close_day()
    assert _uses(bench) == n + 2  # the records, and the block


def test_the_key_is_not_in_the_flash(bench: Bench) -> None:
    memory = (bench.folder / "flash.bin.atecc608").read_bytes()
    private = memory[128:160]
    assert any(private) and private not in (bench.folder / "flash.bin").read_bytes()


def test_yesterdays_flash_is_found_out(bench: Bench) -> None:
    # Threat 9: it stops, and what it has can still be read.
    before = bench.terminal.records().stop + 1  # and the start that it goes back to
    bench.roll_back(lambda: bench.close_days(17))
    assert bench.terminal.status()["halted"] == str(codes.HISTORY)
    assert bench.terminal.records().stop == before
    # No key on the case signs either.
    bench.load("place 1 kg")
    bench.world("press print")
    bench.world("advance 1 s")
    assert bench.terminal.records().stop == before
    assert stranger.verify(_all(bench), bench.terminal.identify().key) == []
    assert _pulled(bench) == before
    assert bench.terminal.link.command("RECORDS").values["receipted"] == str(before)


def test_a_few_records_rolled_back_show_in_the_next_one(bench: Bench) -> None:
    # Fewer than the supply may cost: it goes on, and the count says that the key was used. Again
    # and again they are more than that.
    bench.roll_back(lambda: bench.close_days(6))
    user = CommandLine(bench.store.path)
    bench.terminal.close()
    found = user("verify", bench.simulator.pty, "--allow-test", "--json").json()
    (said,) = [check for check in found["checks"] if check["name"] == "uses"]
    assert said["passed"] and said["detail"].startswith("6 lost before ")
    bench.terminal.link.reopen()
    for _ in range(3):
        bench.roll_back(lambda: bench.close_days(14))
    records = _all(bench)
    key = bench.terminal.identify().key
    bench.terminal.close()
    last = user("verify", bench.simulator.pty, "--allow-test")
    assert last.code == VERDICT and "no record says for what" in " ".join(last.out.split())
    assert stranger.verify(records, key) == ["uses"]
    bench.terminal.link.reopen()


def test_a_wiped_board_gets_no_second_life_from_its_chip(bench: Bench, tmp_path: Path) -> None:
    flash = bench.folder / "flash.bin"

    def wipe() -> None:
        flash.unlink()
        prepare_virtual(flash, soldered.virtual_board(soldered.converter("hx711"), CHIP))

    bench.power_cycle(wipe)
    assert bench.terminal.identify().state == "bare"
    bench.terminal.close()
    said = CommandLine(tmp_path / "other.sqlite3")(
        "provision", bench.simulator.pty, "--serial", "SY-2"
    )
    said.refused(REFUSED, "signed before: take a new chip")
    bench.terminal.link.reopen()


def test_without_its_chip_it_stops(bench: Bench) -> None:
    memory = bench.folder / "flash.bin.atecc608"
    kept = memory.read_bytes()
    # A new chip in its place.
    bench.power_cycle(lambda: memory.write_bytes(b""))
    assert bench.terminal.status()["halted"] == str(codes.SIGNER_FAULT)
    # What it has can still be had, and receipted; and no key on the case signs.
    assert stranger.verify(_all(bench), _key(kept)) == []
    before = bench.terminal.records().stop
    bench.load("place 1 kg")
    bench.world("press print")
    bench.world("advance 2 s")
    assert bench.terminal.records().stop == before
    assert _pulled(bench) == before
    bench.power_cycle(lambda: memory.write_bytes(kept))
    assert bench.terminal.status()["halted"] == "0"


FAILS_ONCE = """
from terminal.evidence import es256
from steelyard_wire.codes import SIGNER_FAULT, Refused
plain = es256.Signer.sign_steps
def once(self, message):
    es256.Signer.sign_steps = plain
    raise Refused(SIGNER_FAULT, "TEST")
    yield
es256.Signer.sign_steps = once
"""


def test_who_could_not_sign_its_start_signs_nothing_after_it(bench: Bench) -> None:
    before = bench.terminal.records().stop
    bench.before_main(FAILS_ONCE)
    assert bench.terminal.status()["halted"] == str(codes.SIGNER_FAULT)
    bench.load("place 1 kg")
    bench.world("press print")
    bench.world("advance 2 s")
    assert bench.terminal.records().stop == before


def test_a_key_that_is_used_up(bench: Bench) -> None:
    memory = bench.folder / "flash.bin.atecc608"
    # As after years: records with a count just below the last. One start more, and it is over.
    kept = memory.read_bytes()
    newest = bench.terminal.records().stop
    bench.power_cycle(lambda: memory.write_bytes(kept[:USES] + (2097151).to_bytes(4, "big")))
    assert bench.terminal.status()["halted"] == str(codes.SIGNER_FAULT)
    assert bench.refused("REGISTER") == codes.SIGNER_FAULT
    assert _pulled(bench) == newest


def test_a_witness_signs_its_tree(bench: Bench, tmp_path: Path) -> None:
    user = CommandLine(bench.store.path)
    identity = bench.terminal.identify()
    port = bench.simulator.pty
    bench.terminal.close()
    path = tmp_path / "day.note"
    witness = ("witness", port, "--name", "TEST.example/hall", "--allow-test")
    assert user(*witness, "--save", path).code == OK
    body, _, lines = path.read_text(encoding="utf-8").partition("\n\n")
    own = base64.b64decode(lines.splitlines()[0].split(" ")[2])
    # C2SP signed-note, type 0x02: SHA-256 of the key in SPKI, and the signature in DER.
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + identity.key)
    spki = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert own[:4] == hashlib.sha256(spki).digest()[:4]
    key.verify(own[4:], body.encode() + b"\n", ec.ECDSA(SHA256()))


def test_another_hosts_database_does_not_take_the_wrong_algorithm(
    bench: Bench, tmp_path: Path
) -> None:
    # The registry says Ed25519: 64 bytes are no such key, and nothing is believed.
    with bench.store.session() as session:
        session.connection().exec_driver_sql("UPDATE terminals SET algorithm = 'Ed25519'")
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    bench.terminal.close()
    said = user("verify", port, "--allow-test", "--json")
    assert said.code == VERDICT and json.loads(said.out)["level"] == 0
    bench.terminal.link.reopen()
