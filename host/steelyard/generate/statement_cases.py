"""What goes into the golden statements: fields by name, by hand after protocol/README.md.

Owns: the good ones with their signers, and each way in which one is none. A tuple stands for
what is made of somebody's key: ("key", name) its public half, ("id", name) its id, ("test", name)
and ("real", name) the device id.
Refuses: nothing. Units: as in protocol/README.md, section 15.
"""

import hashlib
from collections.abc import Iterator

from steelyard.generate import vector_cases as cases

KINDS = ("ROOT", "STATION", "DEVICE", "VERIFICATION", "REVOCATION", "UNLOCK", "RELEASE")
ROOT, STATION, DEVICE, VERIFICATION, REVOCATION, UNLOCK, RELEASE = range(7)
SIGNERS = ("anna", "ben", "cleo", "dora", "station", "office", "service", "terminal")

Fields = dict[str, object]
CHIP_KEY = bytes(range(64))  # x and y of a suite 2 key, as far as a statement looks at it
DAY = 86400
_COMMITMENT = hashlib.sha256(b"steelyard/link/1" + cases.LINK_KEY).digest()

_ROOT: Fields = {
    "version": 1,
    "name": "TEST root",
    "made": cases.UTC,
    "threshold": 2,
    "holders": [("key", "anna"), ("key", "ben"), ("key", "cleo")],
    "release_threshold": 2,
    "release": [("key", "anna"), ("key", "ben"), ("key", "dora")],
}
_STATION: Fields = {
    "number": 1,
    "name": "TEST station 1",
    "key": ("key", "station"),
    "roles": 1,
    "serials": [["SY-0001", "SY-0999"], ["SX-01", "SX-01"]],
    "from": cases.UTC,
    "until": cases.UTC + 365 * DAY,
}
_DEVICE: Fields = {
    "number": 1,
    "dev": ("test", "terminal"),
    "suite": 1,
    "key": ("key", "terminal"),
    "serial": "SY-0001",
    "model": "steelyard virtual",
    "hardware": 0,
    "made": cases.UTC + DAY,
    "production": "TEST P-26-001",
    "seals": ["TEST S-1", "TEST S-2"],
    "access": [
        [2, 0, _COMMITMENT],
        [3, 1, ("key", "service")],
        [4, 1, ("key", "station")],
        [5, 1, ("key", "office")],
    ],
    "approval": "TEST CPA 2026F001",
}
_VERIFICATION: Fields = {
    "number": 1,
    "dev": ("test", "terminal"),
    "calibration": [1, cases.CALIBRATION],
    "software": cases.SOFTWARE,
    "production": "TEST P-26-001",
    "repair": None,
    "code": "TEST V-26-1",
    "seals": ["TEST S-1", "TEST S-2"],
    "from": cases.UTC + 2 * DAY,
    "until": cases.UTC + 732 * DAY,
    "body": "TEST weights office, \u00d6stersund",
    "lock": 0,
}
_REVOCATION: Fields = {
    "version": 1,
    "made": cases.UTC + 3 * DAY,
    "entries": [
        [0, ("test", "terminal"), 41, "TEST stolen"],
        [1, ("id", "station"), None, "TEST key lost"],
        [2, ("id", "service"), None, "TEST left the firm"],
    ],
}
_UNLOCK: Fields = {
    "dev": ("test", "terminal"),
    "n": 42,
    "counter": 0,
    "kind": 1,
    "code": "TEST R-26-7",
    "seals": ["TEST S-3"],
}

_RELEASE: Fields = {
    "version": "0.2.0",
    "sequence": 7,
    "minimum": 3,
    "product": "steelyard",
    "board": "rpi_pico",
    "hardware": bytes(range(8)),
    "mpy": [6, 3, 4],
    "oldest": [1, 27],
    "newest": [1, 29],
    "made": cases.UTC,
    "size": 198000,
    "contents": hashlib.sha256(b"TEST contents").digest(),
    "calibration": 1,
}

# Of each kind the first is the plainest; what follows goes to the ends of the rules.
GOOD: tuple[tuple[int, Fields, tuple[str, ...]], ...] = (
    (ROOT, _ROOT, ("anna", "ben")),
    (STATION, _STATION, ("ben", "cleo")),
    (DEVICE, _DEVICE, ("station",)),
    (VERIFICATION, _VERIFICATION, ("office",)),
    (REVOCATION, _REVOCATION, ("anna", "cleo")),
    (UNLOCK, _UNLOCK, ("service",)),
    (RELEASE, _RELEASE, ("anna", "dora")),
    # The next root: of the old holders and of the new ones.
    (
        ROOT,
        {**_ROOT, "version": 2, "holders": [("key", name) for name in ("anna", "ben", "dora")]},
        ("anna", "ben", "dora"),
    ),
    (
        ROOT,
        {
            **_ROOT,
            "version": 2**32 - 1,
            "name": "T" * 64,
            "made": 2**40 - 1,
            "threshold": 7,
            "holders": [("key", name) for name in SIGNERS[:7]],
            "release_threshold": 1,
            "release": [("key", "dora")],
        },
        SIGNERS[:7],
    ),
    (
        STATION,
        {**_STATION, "key": ("key", "office"), "roles": 2, "serials": [], "until": cases.UTC},
        ("anna",),
    ),
    (STATION, {**_STATION, "roles": 3, "serials": [["S" * 32, "T" * 32]] * 8}, ("anna", "ben")),
    (
        DEVICE,
        {
            **_DEVICE,
            "dev": hashlib.sha256(CHIP_KEY).digest()[:8],
            "suite": 2,
            "key": CHIP_KEY,
            "serial": "S" * 32,
            "hardware": 2,
            "seals": ["S" * 32] * 4,
            "access": [[1 + at % 5, 1, bytes([at]) * 32] for at in range(8)],
        },
        ("station",),
    ),
    (
        DEVICE,
        {**_DEVICE, "dev": ("real", "terminal"), "seals": [], "access": [], "approval": None},
        ("station",),
    ),
    (
        VERIFICATION,
        {**_VERIFICATION, "repair": "R", "seals": [], "until": cases.UTC + 2 * DAY},
        ("office",),
    ),
    (REVOCATION, {**_REVOCATION, "version": 2, "entries": []}, ("anna", "ben")),
    (
        REVOCATION,
        {**_REVOCATION, "entries": [[0, bytes(7) + bytes([at]), at, "x"] for at in range(30)]},
        ("anna", "ben"),
    ),
    (UNLOCK, {**_UNLOCK, "counter": 2**32 - 1, "kind": 2, "code": None, "seals": []}, ("office",)),
)


Wrong = list[tuple[str, object]]


def _each(name: str, *values: object) -> Wrong:
    return [(name, value) for value in values]


_KEY = bytes(32)
_NUMBERS = (0, 2**32, -1, "1", True)
_COUNTS = (2**32, -1, "1", True)
_SHORT = ("", "x" * 33)
_MADE = _each("made", 2**40, -1)
_SEALS = _each("seals", ["s"] * 5, [""], "s", [["s"]], ["s" * 33], [b"s"])
_DATES: Wrong = [("until", 0), ("from", 2**40 - 1), ("until", 2**40)]
_DEV = _each("dev", bytes(7), "TEST1234")
_EIGHT = [bytes([at]) * 32 for at in range(8)]
# Fields with a value that keeps no rule, or contradicts the others.
_WRONG: dict[int, Wrong] = {
    ROOT: [
        *_each("version", *_NUMBERS),
        *_each("name", "", "n" * 65, b"n"),
        *_MADE,
        *_each("holders", _EIGHT, [_KEY, bytes(31)]),
        *_each("release", _EIGHT, [_KEY, bytes(31)], []),
    ],
    STATION: [
        *_each("number", *_NUMBERS),
        *_each("roles", 0, 4),
        *_each("serials", [], [["A"]], [["A", "B", "C"]], [["B", "A"]], [["A", "AA"]]),
        *_each("serials", [["A", ""]], [["A", "B"]] * 9, [["A", "B" * 33]], "A"),
        *_DATES,
        *_each("key", bytes(31), bytes(64)),
        ("name", ""),
    ],
    DEVICE: [
        *_each("number", *_NUMBERS),
        *_each("access", [[0, 1, _KEY]], [[6, 1, _KEY]], [[1, 2, _KEY]], [[1, 1, _KEY]] * 2),
        *_each("access", [[1, 1]], [[1, 0, _KEY], [1, 1, _KEY]], [[1, 1, bytes(31)]]),
        *_each("access", [[1, 1, bytes([at]) * 32] for at in range(9)]),
        *_each("approval", *_SHORT),
        *_each("suite", 0, 4),
        *_each("hardware", 3, -1),
        *_each("serial", *_SHORT),
        *_each("model", *_SHORT),
        *_each("production", *_SHORT),
        *_DEV,
        *_MADE,
        *_SEALS,
        ("key", bytes(33)),
    ],
    VERIFICATION: [
        *_each("number", *_NUMBERS),
        *_each("calibration", [0, bytes(8)], [1, bytes(7)], [1], [2**32, bytes(8)], 1),
        *_each("repair", *_SHORT),
        *_each("code", *_SHORT),
        *_each("production", *_SHORT),
        *_DEV,
        *_SEALS,
        *_DATES,
        ("software", bytes(32)),
        *_each("body", "", "b" * 65),
    ],
    REVOCATION: [
        *_each("version", *_NUMBERS),
        *_each("entries", [[3, bytes(8), 0, "why"]], [[0, bytes(7), 0, "why"]]),
        *_each("entries", [[0, bytes(8), 2**32, "why"]], [[0, bytes(8), 0, ""]]),
        *_each("entries", [[0, bytes(8), 0]], [[0, bytes(8), 0, "w" * 65]]),
        *_MADE,
    ],
    UNLOCK: [
        *_each("n", *_COUNTS),
        *_each("counter", *_COUNTS),
        *_each("kind", 3, -1),
        *_each("code", "", "x" * 33, 7),
        *_DEV,
        *_SEALS,
    ],
    RELEASE: [
        *_each("version", *_SHORT),
        *_each("sequence", *_NUMBERS, 2),
        *_each("minimum", *_COUNTS, 8),
        *_each("product", *_SHORT),
        *_each("board", *_SHORT),
        *_each("hardware", bytes(7), bytes(9)),
        *_each("mpy", [6, 3], [256, 3, 4], [6, 4, 4], [6, 3, 16]),
        *_each("oldest", [1], [1, 100], [1, 30]),
        *_each("newest", [1], [1, 100], [1, 26]),
        *_MADE,
        *_each("size", *_NUMBERS),
        *_each("contents", bytes(31), bytes(33)),
        *_each("calibration", 2, -1),
    ],
}


def malformed() -> Iterator[tuple[int, str, Fields]]:
    """Kind, what is wrong, fields."""
    for kind, good, _ in GOOD[:7]:
        for name, value in _WRONG[kind]:
            yield kind, f"{name}: {_short(value)}", {**good, name: value}
        for name in good:
            if (
                name not in ("repair", "code", "approval")
                or kind == VERIFICATION
                and name == "code"
            ):
                yield kind, f"{name}: null", {**good, name: None}
    anna, ben = ("key", "anna"), ("key", "ben")
    for name, threshold in (("holders", "threshold"), ("release", "release_threshold")):
        yield ROOT, f"{name}: one twice", {**_ROOT, name: [anna, ben, anna]}
        yield ROOT, f"{threshold}: half", {**_ROOT, name: [anna, ben], threshold: 1}
        yield ROOT, f"{threshold}: 1 of 3", {**_ROOT, threshold: 1}
        yield ROOT, f"{threshold}: 4 of 3", {**_ROOT, threshold: 4}
    yield ROOT, "holders: one, who is enough", {**_ROOT, "holders": [anna], "threshold": 1}
    yield DEVICE, "key: of suite 2", {**_DEVICE, "suite": 2}
    yield DEVICE, "key: of suite 1", {**_DEVICE, "key": CHIP_KEY}
    yield DEVICE, "key: of suite 3", {**_DEVICE, "suite": 3}
    yield DEVICE, "dev: of another key", {**_DEVICE, "dev": ("test", "chip")}
    last = [row[:2] + [0, "why"] for row in ([2, ("id", "service")],)]
    yield REVOCATION, "entries: of a key something is counted", {**_REVOCATION, "entries": last}
    twice = [[0, bytes(8), None, "a"], [0, bytes(8), 1, "b"]]
    yield REVOCATION, "entries: one twice", {**_REVOCATION, "entries": twice}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 40 else f"{text[:36]} ..."
