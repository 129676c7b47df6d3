"""An Ed25519 private key under a passphrase: PKCS#8 (RFC 5958), PBES2 (RFC 8018), in PEM.

Owns: the work that a guess costs: 600 000 rounds of PBKDF2 with HMAC-SHA-256, then AES-256-CBC.
`cryptography` writes the same form with 2048 rounds and lets nobody choose; it reads these, and so
does `openssl pkey`.
Refuses: with ValueError, a passphrase that does not open the key, and bytes that are no such key.
Units: rounds.
"""

from __future__ import annotations

import base64
import os
import textwrap

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

ROUNDS = 600_000  # OWASP's figure for PBKDF2 with HMAC-SHA-256; about half a second

ENCRYPTED = "ENCRYPTED PRIVATE KEY"
PLAIN = "PRIVATE KEY"
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256 = bytes.fromhex("06082a864886f70d02090500")  # with its parameter, NULL
_AES_256_CBC = bytes.fromhex("060960864801650304012a")


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    return bytes([tag, size] if size < 128 else [tag, 0x81, size]) + content


def _sequence(*parts: bytes) -> bytes:
    return _der(0x30, *parts)


def _octets(data: bytes) -> bytes:
    return _der(0x04, data)


def write(key: Ed25519PrivateKey, passphrase: bytes) -> str:
    """The key as PEM; encrypted unless the passphrase is empty."""
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    if not passphrase:
        return _pem(PLAIN, plain)
    salt, iv = os.urandom(16), os.urandom(16)
    secret = PBKDF2HMAC(hashes.SHA256(), 32, salt, ROUNDS).derive(passphrase)
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(AES(secret), CBC(iv)).encryptor()
    body = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    rounds = _der(0x02, ROUNDS.to_bytes(3, "big"))
    derivation = _sequence(_PBKDF2, _sequence(_octets(salt), rounds, _sequence(_HMAC_SHA256)))
    scheme = _sequence(_AES_256_CBC, _octets(iv))
    algorithm = _sequence(_PBES2, _sequence(derivation, scheme))
    return _pem(ENCRYPTED, _sequence(algorithm, _octets(body)))


def _pem(label: str, der: bytes) -> str:
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def read(pem: str, passphrase: bytes) -> Ed25519PrivateKey:
    """The key in a PEM; ValueError."""
    try:
        key = load_pem_private_key(pem.encode(), passphrase or None)
    except (TypeError, UnsupportedAlgorithm):
        raise ValueError("the passphrase does not fit") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("another kind of key")
    return key
