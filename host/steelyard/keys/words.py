"""Statements in words, for whoever is to sign or to believe one.

Owns: the sentences. Refuses: nothing. Units: dates are days in UTC.

What a stranger wrote is shown with every character that is not seen, or that moves others about,
as its number: nobody signs what is hidden.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from steelyard_wire import commands, statement
from steelyard_wire.record import is_test

from steelyard.keys.statements import Fields, Statement

HARDWARE = (
    "R40: whoever has the board can read the key",
    "SB: secure boot",
    "SE: secure boot, the key in a chip",
)
_ROLES = {1: "makes terminals", 2: "verifies terminals", 3: "makes and verifies terminals"}
NEVER = 2**40 - 1


def plain(text: str) -> str:
    """Text as one line in which nothing is hidden."""
    return "".join(mark if mark.isprintable() else f"\\u{{{ord(mark):x}}}" for mark in text)


def day(time: int) -> str:
    """A time as a date, or with its time of day if it is not the first or last second of one."""
    try:
        moment = datetime.fromtimestamp(time, UTC)
    except (ValueError, OverflowError, OSError):
        return "for ever" if time == NEVER else f"{time} s since 1970"
    whole = time % 86400 in (0, 86399)
    return f"{moment:%Y-%m-%d}" if whole else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def fingerprint(one: Statement) -> str:
    """What people compare of a root: SHA-256 of its payload, in groups of four."""
    digest = sha256(one.payload).hexdigest()
    return " ".join(digest[at : at + 4] for at in range(0, 64, 4))


def title(one: Statement) -> str:
    """What it is, in a line."""
    fields = one.fields
    if one.kind == statement.ROOT:
        return f"root {plain(fields['name'])}, version {fields['version']}"
    if one.kind == statement.STATION:
        return f"station {plain(fields['name'])}, number {fields['number']}"
    if one.kind == statement.REVOCATION:
        return f"revocation list, version {fields['version']}"
    dev = fields["dev"].hex()
    if one.kind == statement.DEVICE:
        return f"device statement {fields['number']}: {plain(fields['serial'])} ({dev})"
    if one.kind == statement.VERIFICATION:
        return f"verification statement {fields['number']} of terminal {dev}"
    return f"unlocking of terminal {dev} at record {fields['n']}"


def _keys(keys: list[bytes]) -> str:
    return ", ".join(statement.key_id(key).hex() for key in keys)


def _list(texts: list[str]) -> str:
    return ", ".join(map(plain, texts)) or "none"


def _entry(row: list[Any]) -> str:
    what, key, last, why = row
    name = f"{statement.REVOKED[what].lower()} {key.hex()}"
    counted = "record" if what == statement.TERMINAL else "statement"
    until = ""
    if what != statement.ACCESS:
        until = ", all of it" if last is None else f", after {counted} {last}"
    return f"{name}{until}: {plain(why)}"


def _device(fields: Fields) -> dict[str, str]:
    access = [
        f"{commands.LEVELS[level].lower()}: "
        + ("the shared key" if kind == statement.BY_HMAC else f"key {statement.key_id(key).hex()}")
        for level, kind, key in fields["access"]
    ]
    return {
        "serial": plain(fields["serial"]),
        "device": fields["dev"].hex(),
        "public key": fields["key"].hex(),
        "test key": "yes: it proves no weight" if is_test(fields["dev"]) else "no",
        "suite": ("", "1, Ed25519", "2, ES256")[fields["suite"]],
        "model": plain(fields["model"]),
        "hardware": HARDWARE[fields["hardware"]],
        "made": day(fields["made"]),
        "production": plain(fields["production"]),
        "type approval": plain(fields["approval"] or "none"),
        "planned seals": _list(fields["seals"]),
        "opened by": "; ".join(access) or "nobody",
    }


def _verification(fields: Fields) -> dict[str, str]:
    generation, digest = fields["calibration"]
    return {
        "device": fields["dev"].hex(),
        "calibration": f"generation {generation}, digest {digest.hex()}",
        "software": fields["software"].hex(),
        "production": plain(fields["production"]),
        "repair": plain(fields["repair"] or "none"),
        "verification": plain(fields["code"]),
        "seals": _list(fields["seals"]),
        "from": day(fields["from"]),
        "until": day(fields["until"]),
        "body": plain(fields["body"]),
    }


def words(one: Statement) -> dict[str, str]:
    """Everything that it says."""
    fields = one.fields
    said = {"statement": title(one)}
    if one.kind == statement.ROOT:
        test = statement.says_test(fields["name"])
        said |= {
            "made": day(fields["made"]),
            "holders": f"{fields['threshold']} of {len(fields['holders'])}: "
            + _keys(fields["holders"]),
            "releases": f"{fields['release_threshold']} of {len(fields['release'])}: "
            + _keys(fields["release"]),
            "vouches for": "TEST keys alone" if test else "terminals",
            "fingerprint": fingerprint(one),
        }
    elif one.kind == statement.STATION:
        ranges = ", ".join(f"{plain(first)} to {plain(last)}" for first, last in fields["serials"])
        said |= {
            "key": statement.key_id(fields["key"]).hex(),
            "public key": fields["key"].hex(),
            "role": _ROLES[fields["roles"]],
            "serial numbers": ranges or "any",
            "from": day(fields["from"]),
            "until": day(fields["until"]),
        }
    elif one.kind == statement.REVOCATION:
        said["made"] = day(fields["made"])
        said |= {f"entry {at}": _entry(row) for at, row in enumerate(fields["entries"], 1)}
    elif one.kind == statement.DEVICE:
        said |= _device(fields)
    elif one.kind == statement.VERIFICATION:
        said |= _verification(fields)
    else:
        kind = statement.UNLOCKINGS[fields["kind"]].lower()
        said |= {"device": fields["dev"].hex(), "at record": str(fields["n"]), "for": kind}
        said |= {
            "unlocked before": str(fields["counter"]),
            "code": plain(fields["code"] or "none"),
        }
        said["seals"] = _list(fields["seals"])
    return said
