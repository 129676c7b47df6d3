"""A release of the firmware: what its manifest says, and how an update of one may be refused.

Owns: the states of a FIRMWARE record, what identifies the hardware that a release is for. Its
fields and signatures are those of a statement (`statement`, RELEASE).
Refuses: with Refused, see `check`. Units: bytes.

A terminal loads it for an update.
"""

import hashlib

from steelyard_wire import cbor, several, statement
from steelyard_wire.codes import ARGUMENT, DOWNGRADE, NOT_SIGNED, SYNTAX, UNFIT, Refused

PRODUCT = "steelyard"
MAX_MANIFEST = 1024  # bytes of the envelope

# What a FIRMWARE record says of a release (DATA key 5), by its index.
ANNOUNCED = 0
RUNNING = 1
FAILED = 2
STATES = ("ANNOUNCED", "RUNNING", "FAILED")

# What of a board file says which hardware it is, and which scale; SIGNER too, where a chip signs.
HARDWARE = (
    "CONVERTER",
    "KEYS",
    "ALARM",
    "SUPPLY",
    "THERMOMETER",
    "TILT",
    "SHUNT",
    "CASE",
    "JOURNAL",
    "SCALE",
    "TEST",
)


def hardware(board: "dict[str, object]") -> bytes:
    """8 bytes: of the SHA-256 of what HARDWARE names, as a CBOR array. board: its literals."""
    values = [board.get(name) for name in HARDWARE]
    signer = board["SIGNER"]
    values.append(signer if isinstance(signer, dict) and "chip" in signer else None)
    return hashlib.sha256(cbor.encode(values)).digest()[:8]


def split(envelope: bytes) -> "tuple[bytes, list[tuple[bytes, bytes]], dict[str, object]]":
    """(payload, signatures, fields) of a signed manifest; Refused(NOT_SIGNED) if it is none."""
    try:
        payload, signatures = several.split(envelope)
        return payload, signatures, statement.decode(statement.RELEASE, payload)
    except Refused as refused:
        if refused.code in (SYNTAX, ARGUMENT):
            raise Refused(NOT_SIGNED, refused.detail)
        raise


def check(fields: "dict[str, object]", here: "dict[str, object]") -> None:
    """Whether a release is for this terminal.

    here: what the terminal is, by the names of the fields: board, hardware; mpy and micropython
    as sys.implementation has them; sequence, the highest that ran; minimum; calibrated.
    Refused: UNFIT, DOWNGRADE.
    """
    version = list(here["micropython"])[:2]  # type: ignore[call-overload]
    mpy = here["mpy"]
    wanted = list(fields["mpy"])  # type: ignore[call-overload]
    found = [mpy & 0xFF, mpy >> 8 & 3, mpy >> 10 & 0xF]  # type: ignore[operator]
    if fields["product"] != PRODUCT or fields["board"] != here["board"]:
        raise Refused(UNFIT, "it is for " + str(fields["board"]))
    if fields["hardware"] != here["hardware"]:
        raise Refused(UNFIT, "other parts, or another scale")
    # Bytecode alone runs on every architecture.
    if wanted[0] != found[0] or (wanted[2] and wanted != found):
        raise Refused(UNFIT, "mpy " + str(wanted))
    if not list(fields["oldest"]) <= version <= list(fields["newest"]):  # type: ignore[call-overload]
        raise Refused(UNFIT, "MicroPython")
    if here["calibrated"] and not fields["calibration"]:
        raise Refused(UNFIT, "it needs a new calibration")
    sequence = fields["sequence"]
    if sequence <= here["sequence"] or sequence < here["minimum"]:  # type: ignore[operator]
        raise Refused(DOWNGRADE, "release " + str(sequence) + " of " + str(here["sequence"]))
