"""Key files: who, for what, the public half in clear; the private half under a passphrase.

Owns: their form: some lines of text, then a PEM that `openssl pkey` reads; NAME.pem for the owner
alone, NAME.pub for everybody. How they are written: never over another file, and on the disk
before anybody hears of it.
Refuses: with UserError, names and passphrases against the rules, files of another form, a
passphrase that does not open one. No message has anything of a secret in it.
Units: none.

A key that proves nothing has a name that begins with TEST; of such a key the passphrase may be
empty or short.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from steelyard_wire import commands, statement

from steelyard.errors import USAGE, UserError
from steelyard.keys import pkcs8
from steelyard.saved import sync_folder

HOLDER, RELEASE, STATION = "holder", "release", "station"
# What opens a terminal, in the order of the levels.
ACCESS = tuple(level.lower() for level in commands.LEVELS[1:])
ROLES = (HOLDER, RELEASE, STATION, *ACCESS)
SHORTEST = 8  # characters of a passphrase
_FIRST = "steelyard key, form 1"
_BEGIN = "-----BEGIN "


@dataclass(frozen=True)
class PublicKey:
    """name: of whoever has the private half. role: what for. key: 32 bytes."""

    name: str
    role: str
    key: bytes

    @property
    def key_id(self) -> bytes:
        """How statements name it, 8 bytes."""
        return statement.key_id(self.key)

    @property
    def test(self) -> bool:
        """Whether it proves nothing."""
        return statement.says_test(self.name)


@dataclass(frozen=True)
class PrivateKey:
    """A key that can sign."""

    public: PublicKey
    _key: Ed25519PrivateKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._key.sign(message)


def check_name(name: str, test: bool, what: str = "a name") -> None:
    """UserError for a name that a statement could not carry, or that says something else."""
    if not 0 < len(name.encode(errors="replace")) <= 64 or name != name.strip():
        raise UserError(USAGE, f"{what} has 1 to 64 bytes, and no blank at its ends")
    if not name.isprintable():
        raise UserError(USAGE, f"{what} has characters that are seen, and no others")
    if test and not statement.says_test(name):
        raise UserError(USAGE, f"{what} of a TEST key begins with TEST: {name} does not")
    if not test and statement.says_test(name):
        raise UserError(USAGE, f"{what} begins with TEST for TEST keys alone (--test)")


def check_passphrase(passphrase: str, test: bool) -> None:
    """UserError for one that is too short."""
    if len(passphrase) < SHORTEST and not test:
        raise UserError(USAGE, f"a passphrase has {SHORTEST} characters at least; no key was made")


def _bytes(passphrase: str) -> bytes:
    # Whatever was typed, also where the terminal's encoding is another.
    return passphrase.encode(errors="surrogateescape")


def _head(public: PublicKey) -> str:
    rows = {
        "name": public.name,
        "role": public.role,
        "key id": public.key_id.hex(),
        "public key": public.key.hex(),
        "test key": "yes, it proves nothing" if public.test else "no",
    }
    return "\n".join([_FIRST, *(f"{name}: {rows[name]}" for name in rows)]) + "\n"


def make(
    path: Path, name: str, role: str, passphrase: Callable[[], str], test: bool = False
) -> PublicKey:
    """A new key in `path` and its public half beside it, with the ending .pub; UserError.

    passphrase: asked for when it is sure that the files can be made.
    """
    check_name(name, test)
    public_path = path.with_suffix(".pub")
    if path == public_path:
        raise UserError(
            USAGE, f"{path} is the name of a public key; the private one needs another"
        )
    for one in (path, public_path):
        if one.exists():
            raise UserError(USAGE, f"{one} is there already, and is never written over")
    said = passphrase()
    check_passphrase(said, test)
    key = Ed25519PrivateKey.generate()
    public = PublicKey(name, role, key.public_key().public_bytes_raw())
    _create(path, _head(public) + pkcs8.write(key, _bytes(said)), 0o600)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        _create(public_path, _head(public) + pem.decode(), 0o644)
    except UserError:
        path.unlink()  # it has signed nothing
        raise
    return public


def _create(path: Path, text: str, mode: int) -> None:
    """A new file, on the disk when this returns; UserError, and nothing left of it."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise UserError(USAGE, f"cannot make {path}: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise UserError(USAGE, f"cannot write {path}: {error.strerror}") from None


def _parts(path: Path) -> tuple[PublicKey, str]:
    """The public half, and the PEM; UserError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(USAGE, f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        text = ""
    head, _, pem = text.partition(_BEGIN)
    first, *lines = head.splitlines() or [""]
    rows = dict(line.split(": ", 1) for line in lines if ": " in line)
    try:
        public = PublicKey(rows["name"], rows["role"], bytes.fromhex(rows["public key"]))
        Ed25519PublicKey.from_public_bytes(public.key)
        whole = first == _FIRST and rows["key id"] == public.key_id.hex()
        check_name(public.name, public.test)
    except (KeyError, ValueError, UserError):
        whole = False
    if not whole or public.role not in ROLES:
        raise UserError(USAGE, f"{path} is no key file as `steelyard keys` makes it")
    return public, _BEGIN + pem


def public_half(path: Path, *roles: str) -> PublicKey:
    """The public key in a file, which may be the private one's; roles: what it may be for."""
    public, _ = _parts(path)
    if roles and public.role not in roles:
        wanted = " or ".join(roles)
        raise UserError(
            USAGE, f"{path} is a key for {public.role}; here one for {wanted} is meant"
        )
    return public


def load(path: Path, passphrase: Callable[[], str], *roles: str) -> PrivateKey:
    """The private key in a file; the passphrase is asked for if it is encrypted; UserError."""
    public = public_half(path, *roles)
    pem = _parts(path)[1]
    encrypted = pem.startswith(f"{_BEGIN}{pkcs8.ENCRYPTED}-")
    if not encrypted and not pem.startswith(f"{_BEGIN}{pkcs8.PLAIN}-"):
        raise UserError(USAGE, f"{path} has no private key; that is in the file ending in .pem")
    if not encrypted and not public.test:
        raise UserError(USAGE, f"{path} is not encrypted: such a key may be anybody's")
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UserError(USAGE, f"{path} can be read by others. First: chmod 600 {path}")
    said = passphrase() if encrypted else ""
    try:
        key = pkcs8.read(pem, _bytes(said))
    except ValueError:
        raise UserError(
            USAGE, f"the passphrase does not open {path}. Nothing was signed; try again"
        ) from None
    if key.public_key().public_bytes_raw() != public.key:
        raise UserError(USAGE, f"{path}: its private key is not that of the public key in it")
    return PrivateKey(public, key)
