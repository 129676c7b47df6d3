"""No command of `steelyard keys` tells a secret, and a passphrase is typed unseen."""

from __future__ import annotations

import base64
import os
import pty
import subprocess
from pathlib import Path

from command_line import PROGRAM, CommandLine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from steelyard.errors import OK

SECRET = "correct horse battery"


def _forms(path: Path) -> list[str]:
    """A private key in every form in which it could be told."""
    key = load_pem_private_key(path.read_bytes(), SECRET.encode())
    assert isinstance(key, Ed25519PrivateKey)
    seed = key.private_bytes_raw()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    encrypted = path.read_text().partition("-----BEGIN")[2].splitlines()[1]
    return [
        SECRET,
        seed.hex(),
        seed.hex().upper(),
        *(base64.b64encode(bytes(pad) + seed).decode()[4:-4] for pad in range(3)),
        pem.splitlines()[1],
        repr(seed)[2:-1],
        encrypted,
    ]


def test_no_secret_in_any_output(tmp_path: Path) -> None:
    user = CommandLine(tmp_path / "db.sqlite3")
    right, wrong, short = (tmp_path / name for name in ("right", "wrong", "short"))
    for path, text in ((right, SECRET), (wrong, "incorrect horse"), (short, "1234567")):
        path.write_text(text)
        path.chmod(0o600)
    said = [user("keys", "holder", "Anna", "--out", tmp_path / "x", "--passphrase-file", short)]
    for name in ("anna", "ben"):
        out = ("--out", tmp_path / f"{name}.pem", "--passphrase-file", right)
        said.append(user("keys", "holder", name, *out))
        said.append(user("keys", "holder", name, *out))  # is there already
    publics = [it for one in ("anna", "ben") for it in ("--holder", tmp_path / f"{one}.pub")]
    root = tmp_path / "root"
    said.append(user("keys", "root", "--name", "Berg", *publics, "--out", root, "--json"))
    for name, given in (("anna", wrong), ("anna", right), ("ben", right)):
        more = ("--key", tmp_path / f"{name}.pem", "--passphrase-file", given)
        said.append(user("keys", "sign", root, *more))
    said.append(user("keys", "sign", root, "--key", tmp_path / "ben.pem"))
    said.append(user("keys", "list", tmp_path / "anna.pem", tmp_path / "ben.pub"))
    said += [user("keys", "show", root), user("keys", "trust", root)]
    assert [one.code for one in said] == [2, 0, 2, 0, 2, 0, 2, 0, 0, 2, 0, 1, 2]
    assert "the passphrase does not open" in said[6].err
    assert "8 characters" in said[0].err and "nobody can type" in said[9].err
    forms = [form for name in ("anna", "ben") for form in _forms(tmp_path / f"{name}.pem")]
    for one in said:
        for form in (*forms, "1234567", "incorrect horse"):
            assert form not in one.out + one.err
    kept = (tmp_path / "db.sqlite3").read_bytes() + root.read_bytes()
    assert not [form for form in forms if form.encode() in kept]


def test_a_passphrase_is_typed_unseen_and_twice(tmp_path: Path) -> None:
    user = CommandLine(tmp_path / "db.sqlite3")
    main, side = pty.openpty()
    command = [*PROGRAM, "keys", "holder", "Anna", "--out", str(tmp_path / "anna.pem")]
    process = subprocess.Popen(
        command,
        env=user.environment,
        stdin=side,
        stdout=subprocess.PIPE,
        stderr=side,
        text=True,
        start_new_session=True,
    )
    os.close(side)
    seen = ""
    for question in ("Passphrase of holder Anna: ", "Once more: "):
        while not seen.endswith(question):
            seen += os.read(main, 1000).decode()
        os.write(main, f"{SECRET}\n".encode())
    out, _ = process.communicate(timeout=60)
    os.close(main)
    assert process.returncode == OK and "anna.pem" in out
    assert SECRET not in seen + out
    assert _forms(tmp_path / "anna.pem")
