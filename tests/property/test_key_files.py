"""Key files: whose they are without a passphrase, what is in them for nobody else."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from disk import disk_full
from steelyard.errors import USAGE, UserError
from steelyard.keys import files, pkcs8
from steelyard.keys.files import PrivateKey
from steelyard.keys.passphrase import Passphrase
from steelyard_wire import statement

SECRET = "correct horse"


def _never() -> str:
    raise AssertionError("no passphrase is needed")


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a key under a passphrase: made once, it takes a while."""
    path = tmp_path_factory.mktemp("keys") / "anna.pem"
    files.make(path, "Anna Ärlig", "holder", lambda: SECRET)
    return path


def test_a_key_file_is_for_its_owner_alone_and_says_whose_it_is(encrypted: Path) -> None:
    assert stat.S_IMODE(encrypted.stat().st_mode) == 0o600
    public = files.public_half(encrypted)
    assert public == files.public_half(encrypted.with_suffix(".pub"), "holder", "release")
    assert (public.name, public.role, public.test) == ("Anna Ärlig", "holder", False)
    made = files.load(encrypted, lambda: SECRET, "holder")
    assert made.public == public and public.key_id == statement.key_id(public.key)
    Ed25519PrivateKey.from_private_bytes(_seed(encrypted, SECRET)).public_key().verify(
        made.sign(b"x"), b"x"
    )
    seed = _seed(encrypted, SECRET)
    for data in (encrypted.read_bytes(), encrypted.with_suffix(".pub").read_bytes()):
        assert seed not in data and seed.hex().encode() not in data
        assert base64.b64encode(seed)[:40] not in data
    assert "_key" not in repr(made)


def _seed(path: Path, passphrase: str) -> bytes:
    """The private half, as cryptography reads the file by itself."""
    key = load_pem_private_key(path.read_bytes(), passphrase.encode())
    assert isinstance(key, Ed25519PrivateKey)
    return key.private_bytes_raw()


def test_openssl_reads_it(encrypted: Path) -> None:
    secret = {**os.environ, "SECRET": SECRET}
    command = ["openssl", "pkey", "-noout", "-text", "-passin", "env:SECRET", "-in", encrypted]
    said = subprocess.run(command, env=secret, capture_output=True, text=True, check=True).stdout
    assert "ED25519 Private-Key" in said
    assert _seed(encrypted, SECRET).hex() in said.replace(":", "").replace(" ", "").replace(
        "\n", ""
    )
    command = ["openssl", "asn1parse", "-in", str(encrypted)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"INTEGER           :{pkcs8.ROUNDS:X}".lower() in said.lower().replace(":0", ":")
    for name in ("PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc"):
        assert name in said
    public = encrypted.with_suffix(".pub")
    command = ["openssl", "pkey", "-pubin", "-noout", "-text_pub", "-in", str(public)]
    assert (
        "ED25519 Public-Key"
        in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    )


@pytest.mark.parametrize("wrong", ["correct horsE", ""])
def test_a_wrong_passphrase_is_a_sentence(encrypted: Path, wrong: str) -> None:
    with pytest.raises(UserError, match="the passphrase does not open") as caught:
        files.load(encrypted, lambda: wrong)
    assert caught.value.exit_code == USAGE and "Nothing was signed" in caught.value.sentence
    assert SECRET not in str(caught.value) and (not wrong or wrong not in str(caught.value))
    with pytest.raises(UserError, match="here one for station is meant"):
        files.load(encrypted, _never, "station")


@pytest.mark.parametrize(
    ("name", "test", "said", "why"),
    [
        ("Anna", False, "", "8 characters"),
        ("Anna", False, "1234567", "8 characters"),
        ("Anna", True, "", "begins with TEST"),
        ("TEST Anna", False, SECRET, "for TEST keys alone"),
        ("", False, SECRET, "1 to 64 bytes"),
        (" Anna", False, SECRET, "no blank"),
        ("ä" * 33, False, SECRET, "1 to 64 bytes"),
        ("Anna\nrole: station", False, SECRET, "that are seen"),
        ("Anna\u202e", False, SECRET, "that are seen"),
    ],
)
def test_what_no_key_is_made_of(
    tmp_path: Path, name: str, test: bool, said: str, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        files.make(tmp_path / "a.pem", name, "holder", lambda: said, test)
    assert not list(tmp_path.iterdir())


def _test_key(path: Path, name: str = "TEST Anna", role: str = "holder") -> PrivateKey:
    files.make(path, name, role, lambda: "", test=True)
    return files.load(path, _never)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    _test_key(path)
    before = path.read_bytes()
    for name in ("a.pem", "a.key"):  # of the second the public half is there
        with pytest.raises(UserError, match="never written over"):
            files.make(tmp_path / name, "TEST Anna", "holder", _never, test=True)
    with pytest.raises(UserError, match="the private one needs another"):
        files.make(tmp_path / "b.pub", "TEST Anna", "holder", _never, test=True)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 2
    with disk_full(10), pytest.raises(UserError, match="cannot write"):
        files.make(tmp_path / "c.pem", "TEST Anna", "holder", lambda: "", test=True)
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(UserError, match="cannot make"):
        files.make(tmp_path / "no" / "c.pem", "TEST Anna", "holder", lambda: "", test=True)


def test_other_files_are_no_keys(tmp_path: Path, encrypted: Path) -> None:
    path = tmp_path / "a.pem"
    _test_key(path)
    good = path.read_text()
    other = tmp_path / "b.pem"
    _test_key(other, "TEST Ben")
    damaged = {
        "another name's public key": good.replace(
            files.public_half(path).key.hex(), files.public_half(other).key.hex()
        ),
        "no role": good.replace("role: holder", "role: king"),
        "TEST taken away": good.replace("name: TEST Anna", "name: Anna"),
        "nothing": "",
        "a letter": "Dear aunt,\n",
    }
    for content in damaged.values():
        path.write_text(content)
        with pytest.raises(UserError, match="is no key file|is not encrypted"):
            files.load(path, _never)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is no key file"):
        files.public_half(path)
    # The private half of somebody else's file.
    head, pem = good.split("-----", 1)[0], other.read_text().split("-----", 1)[1]
    path.write_text(f"{head}-----{pem}")
    with pytest.raises(UserError, match="its private key is not that"):
        files.load(path, _never)
    with pytest.raises(UserError, match=r"that is in the file ending in \.pem"):
        files.load(encrypted.with_suffix(".pub"), _never)
    path.write_text(good)
    path.chmod(0o640)
    with pytest.raises(UserError, match="can be read by others"):
        files.load(path, _never)
    with pytest.raises(UserError, match="cannot read"):
        files.load(tmp_path / "none.pem", _never)


def test_passphrases_come_from_files_and_descriptors(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("correct horse\r\nanother line\n")
    with pytest.raises(UserError, match="can be read by others"):
        Passphrase(path).ask("Anna")
    path.chmod(0o600)
    assert Passphrase(path).ask("Anna") == SECRET
    reader, writer = os.pipe()
    os.write(writer, b"through a pipe\n")
    os.close(writer)
    assert Passphrase(descriptor=reader).ask("Anna") == "through a pipe"
    os.close(reader)
    for source, why in (
        (Passphrase(), "nobody can type"),
        (Passphrase(tmp_path / "none"), "cannot be read"),
        (Passphrase(descriptor=reader), "cannot be read"),
    ):
        with pytest.raises(UserError, match=why):
            source.ask("Anna")
    with pytest.raises(UserError, match="either"):
        Passphrase(path, 3)
    typed = iter([SECRET, "correct house", SECRET, SECRET])
    with (
        mock.patch("sys.stdin.isatty", lambda: True),
        mock.patch("getpass.getpass", lambda _: next(typed)),
    ):
        with pytest.raises(UserError, match="the two differ"):
            Passphrase().ask("Anna", twice=True)
        assert Passphrase().ask("Anna", twice=True) == SECRET


def test_a_key_that_says_another_kind_is_no_station(tmp_path: Path) -> None:
    key = _test_key(tmp_path / "a.pem")
    assert replace(key.public, role="station") != key.public
    with pytest.raises(UserError, match="is a key for holder"):
        files.load(tmp_path / "a.pem", _never, "station")
