"""What goes into the golden cases of protocol/vectors: fields of records, and lines.

Owns: the inputs and, for lines, what they mean; written by hand, after protocol/README.md.
Refuses: nothing.
Units: as in protocol/README.md. Everything secret here says TEST and proves nothing.
"""

import hashlib
from copy import deepcopy

SEED = b"TEST TEST TEST TEST TEST TEST #1"
LINK_KEY = b"TEST link key, proves nothing #1"
NONCE = bytes(range(16))
UTC = 1767225600  # 2026-01-01T00:00:00Z
CALIBRATION = hashlib.sha256(b"TEST calibration").digest()[:8]
SOFTWARE = hashlib.sha256(b"TEST software").digest()[:8]

Fields = dict[int, object]


def scenario(public_key: bytes) -> list[Fields]:
    """Fields of a terminal's first records, without V, DEV, N and ROOT; see README 'Records'."""
    uncalibrated = [0, bytes(8)]
    calibrated = [1, CALIBRATION]
    common: Fields = {7: 1, 16: ["0.1.0", SOFTWARE]}
    no_time: Fields = {9: None, 10: [0, None]}
    set_time: Fields = {10: [2, 1]}
    return [
        common
        | no_time
        | {5: 0, 6: [0, 0, 0], 8: 1250, 15: uncalibrated}
        | {19: {1: public_key, 2: 0, 3: NONCE}},
        common
        | set_time
        | {5: 7, 6: [0, 0, 0], 8: 60000, 9: UTC, 15: uncalibrated, 19: {1: None, 2: UTC}},
        common
        | set_time
        | {5: 3, 6: [0, 0, 0], 8: 90500, 9: UTC + 30, 15: uncalibrated}
        # 84213 counts at zero and 1684213 at 15 kg, in 1/16; checked with 5 kg: off by 0.12 g.
        | {
            19: {1: 1, 2: 0, 3: [[1347408, 0], [26947408, 15000]], 4: [-3, 1]}
            | {5: "TEST weight F1 0017", 6: [979346, 978374], 7: [5000, 12], 8: 0, 9: None}
            # Taken at 21.5 degrees; 61.234 counts and 9.87 ppm of the span for each kelvin.
            | {10: [2150, 61234, 9870, 600, 500, 4000], 11: 34359738, 12: [-3, 4]}
        },
        common
        | set_time
        | {5: 1, 6: [1, 1500, 0], 8: 120000, 9: UTC + 60, 11: [1500, -3, 1], 14: 0x0001}
        | {15: calibrated, 17: bytes.fromhex("00112233445566778899aabbccddeeff")}
        | {18: [244213, 2150]},
        common
        | set_time
        | {5: 1, 6: [2, 2750, 0], 8: 150000, 9: UTC + 90, 11: [1250, -3, 1], 12: [250, -3, 0]}
        | {14: 0x0011, 15: calibrated, 18: [244213, None]},
        common
        | set_time
        | {5: 4, 6: [2, 2750, 0], 8: 180000, 9: UTC + 120, 15: calibrated}
        | {19: {1: "filter_length", 2: 8, 3: 16}},
        common
        | set_time
        | {5: 5, 6: [2, 2750, 0], 8: 240000, 9: None, 10: [0, None]}
        # TILT, CASE_OPEN and the highest bit: each end of the set.
        | {14: 0x4440, 15: calibrated, 18: [-8388607, -4000]},
        common
        | set_time
        | {5: 4, 6: [2, 2750, 0], 8: 300000, 9: UTC + 240, 15: calibrated}
        | {19: {1: "commission", 2: "0 0 0 0 0 0", 3: "1 9000 6804 50 387 80123"}},
        common
        | set_time
        | {5: 1, 6: [3, 3500, 0], 8: 360000, 9: UTC + 300, 11: [750, -3, 1]}
        | {12: [500, -3, 0, 250, -3, 1], 14: 0x0011, 15: calibrated, 18: [244213, None]},
        *_about_records({**common, **set_time, 15: calibrated}),
    ]


def _about_records(common: Fields) -> list[Fields]:
    """One of each type that is about records, keys and firmware; the last one retires the key."""
    shared: Fields = {**common, 6: [3, 3500, 1]}
    # Since a new firmware events are counted: a LOCK, and then FIRMWARE itself.
    counted: Fields = {**shared, 21: [0, 0, 0, 1, 1]}
    return [
        {**shared, 5: 2, 8: 370000, 9: UTC + 310, 11: [750, -3, 1], 19: {1: 8}},
        {**shared, 5: 6, 8: 380000, 9: UTC + 320, 19: {1: "SEAL", 2: 1, 3: 0, 4: None}},
        {**shared, 5: 6, 8: 390000, 9: UTC + 330, 19: {1: "REPAIR", 2: 0, 3: 1, 4: "R-17"}}
        | {21: [0, 0, 0, 1, 0], 22: b"TEST-key"},
        {**counted, 5: 8, 8: 400000, 9: UTC + 340}
        | {19: {1: "0.1.0", 2: SOFTWARE, 3: "0.2.0", 4: bytes(8)}},
        {**counted, 5: 10, 8: 410000, 9: UTC + 350},
        {**counted, 5: 9, 8: 420000, 9: UTC + 360}
        | {19: {1: "TEST market hall", 2: b"TEST", 3: 13, 4: UTC + 355, 5: bytes(range(64))}},
        {**counted, 5: 12, 8: 430000, 9: UTC + 370, 19: {1: "SUPPLY", 2: 3}},
        {**counted, 5: 11, 8: 440000, 9: UTC + 380, 19: {1: None, 2: "TEST board was broken"}},
    ]


def stream(dev: bytes, root: bytes, size: int) -> list[Fields]:
    """Fields of blocks, see README 'Blocks'; root: of the `size` records before them."""
    block: Fields = {1: 1, 2: dev, 3: size, 4: root, 5: 1, 6: 0, 7: 120000, 8: UTC, 9: [2, 1]}
    block |= {10: [-3, 1], 11: [1, CALIBRATION], 12: ["0.1.0", SOFTWARE]}
    few = [[0, 1500, 1], [100, 1501, 0], [100, None, 0x2000], [16777215, -(1 << 31), 0x5C000]]
    most = [[50 if at else 0, 15000 - at, 1] for at in range(60)]
    return [
        {**block, 13: few, 14: NONCE},
        {**block, 6: 1, 13: most},
        {**block, 6: 2, 8: None, 9: [0, None], 13: [[0, None, 0x40000]]},
    ]


# Samples in order: counts, time stamp in ms (it wraps at 2^30), fault.
SAMPLES = (
    (0, 1073741820, 0),
    (1, 1073741823, 0),
    (-1, 9, 0),
    (8388607, 21, 2),
    (-8388608, 34, 3),
    (-2, 65570, 11),
    (1193046, 131105, 0),
    (0, 131131, 1),
    (322123, 131143, 6),
)


# EV and WHO; 23 is unknown.
_COUNTS: tuple[tuple[int, object], ...] = (
    (21, [0, 0, 0, 0]),
    (21, [0, 0, -1, 0, 0]),
    (22, bytes(7)),
    (23, 0),
)


def refused_records(reading: Fields, boot: Fields) -> list[tuple[str, dict[object, object]]]:
    """(why, fields) that break one rule each; reading, boot: records 3 and 0 of the scenario."""
    cases: list[tuple[str, dict[object, object]]] = []

    def case(why: str, key: object, value: object, base: Fields = reading) -> None:
        fields: dict[object, object] = {name: deepcopy(item) for name, item in base.items()}
        if value is ...:
            del fields[key]
        else:
            fields[key] = value
        cases.append((why, fields))

    for key in (*range(1, 12), 14, 15, 16):
        case(f"READING without {key}", key, ...)
    for key, value in ((13, [199, -2, 0]), (20, 0), (20, 1 << 21), *_COUNTS):
        case(f"key {key}: {value}", key, value)
    case("text key", "n", 0)
    case("another format", 1, 2)
    case("DEV too short", 2, bytes(7))
    for n in (-1, 1 << 32, True):
        case(f"N: {n}", 3, n)
    for size in (31, 33):
        case(f"ROOT: {size} bytes", 4, bytes(size))
    case("ROOT as text", 4, "0" * 32)
    types: tuple[object, ...] = (13, [], {})
    for typ in types:
        case(f"type {typ}", 5, typ)
    case("TOT too short", 6, [1, 1500])
    case("TOT: readings negative", 6, [-1, 1500, 0])
    case("TOT: sum above 63 bits", 6, [1, 1 << 63, 0])
    case("TOT a number", 6, 1)
    case("BC null", 7, None)
    case("UP negative", 8, -1)
    case("UP above 48 bits", 8, 1 << 48)
    case("T as text", 9, "2026-01-01")
    case("T above 40 bits", 9, 1 << 40)
    case("T null, but a status", 9, None)
    for quality in ([5, 1], [2, -1]):
        case(f"TS: {quality}", 10, quality)
    for mantissa in (1 << 31, -(1 << 31) - 1):
        case("VAL: mantissa beyond 31 bits", 11, [mantissa, -3, 1])
    case("VAL: exponent 10", 11, [1500, 10, 1])
    case("VAL: unknown unit", 11, [1500, -3, 8])
    case("VAL: unit as text", 11, [1500, -3, "kg"])
    case("VAL: four items", 11, [1500, -3, 1, 0])
    case("NET without TARE", 14, 0x0011)
    case("TARE without NET", 12, [250, -3, 0])
    for tare in ([250, -3, 1, 250, -3, 0], [250, -3, 0, 250, -3, 0], [250, -3, 2]):
        case(f"TARE: {tare}", 12, tare, {**reading, 14: 0x0011})
    case("ST: unnamed bit", 14, 0x8001)
    case("CAL: READING uncalibrated", 15, [0, bytes(8)])
    case("CAL: digest too long", 15, [1, bytes(9)])
    for version in ("", "0" * 33):
        case(f"FW: version of {len(version)}", 16, [version, bytes(8)])
    for size in (0, 17):
        case(f"NONCE: {size} bytes", 17, bytes(size))
    for raw in ([1 << 31, None], [0, 32768]):
        case(f"RAW: {raw}", 18, raw)
    case("DATA in a READING", 19, {1: 0})
    case("BOOT without DATA", 19, ..., boot)
    case("BOOT with a weight", 11, [1500, -3, 1], boot)
    case("BOOT: key too short", 19, {1: bytes(31), 2: 0, 3: None}, boot)
    case("BOOT: DATA incomplete", 19, {1: bytes(32), 2: 0}, boot)
    case("BOOT: DATA with more", 19, {1: bytes(32), 2: 0, 3: None, 4: 0}, boot)
    case("BOOT: DATA an array", 19, [bytes(32), 0, None], boot)
    case("BOOT: reset cause null", 19, {1: bytes(32), 2: None, 3: None}, boot)
    return cases


# (text before the check sum, tag, name, arguments)
COMMANDS: list[tuple[str, int | None, str, list[str]]] = [
    ("HELP", None, "HELP", []),
    ("help read", None, "HELP", ["read"]),
    ("@1 ID", 1, "ID", []),
    ("@2 STATUS", 2, "STATUS", []),
    ("@3 READ", 3, "READ", []),
    ("@4 FAULTS", 4, "FAULTS", []),
    ("@5 SESSION", 5, "SESSION", []),
    ("@6 RECORDS", 6, "RECORDS", []),
    ("@7 RECORD 12", 7, "RECORD", ["12"]),
    ("@8 CONFIG", 8, "CONFIG", []),
    ("@9 CONFIG filter_length", 9, "CONFIG", ["filter_length"]),
    ("@10 TIME", 10, "TIME", []),
    ("@11 NETWORK", 11, "NETWORK", []),
    ("@12 REGISTER", 12, "REGISTER", []),
    (
        "@13 REGISTER 00112233445566778899aabbccddeeff",
        13,
        "REGISTER",
        ["00112233445566778899aabbccddeeff"],
    ),
    ("@14 ZERO", 14, "ZERO", []),
    ("@15 TARE", 15, "TARE", []),
    ("@16 TARE CLEAR", 16, "TARE", ["CLEAR"]),
    ("@17 CAL BEGIN", 17, "CAL", ["BEGIN"]),
    ("@18 CAL SPAN 15.000 kg", 18, "CAL", ["SPAN", "15.000", "kg"]),
    (
        '@19 CAL SPAN 15.000 kg "weight F1 0017"',
        19,
        "CAL",
        ["SPAN", "15.000", "kg", "weight F1 0017"],
    ),
    ("@20 SET filter_length 16", 20, "SET", ["filter_length", "16"]),
    ("@21 SETTIME 1767225600", 21, "SETTIME", ["1767225600"]),
    (
        '@22 WIFI SET "M\u00e4rkte 2" "a \\"b\\" \\\\c"',
        22,
        "WIFI",
        ["SET", "M\u00e4rkte 2", 'a "b" \\c'],
    ),
    ("@23 WIFI CLEAR", 23, "WIFI", ["CLEAR"]),
    ("@999999999 RESET", 999999999, "RESET", []),
    ("  READ  ", None, "READ", []),
    ('HELP ""', None, "HELP", [""]),
    ('HELP "~x"', None, "HELP", ["~x"]),
    ("HELP C:\\x", None, "HELP", ["C:\\x"]),
    ("HELP a=b", None, "HELP", ["a=b"]),
]

# (line as text or bytes, error code, why)
REFUSED_LINES: list[tuple[str | bytes, int, str]] = [
    ("", 1, "nothing"),
    ("   ", 1, "blanks only"),
    ("@12", 1, "no command"),
    ("@ ID", 1, "no id"),
    ("@0 ID", 1, "id below 1"),
    ("@012 ID", 1, "id with a leading zero"),
    ("@1000000000 ID", 1, "id above 999999999"),
    ("@-1 ID", 1, "id negative"),
    ("@x ID", 1, "id not a number"),
    ("@1ID", 1, "no blank after the id"),
    ("READ2", 1, "digit in the name"),
    ("ABCDEFGHIJKLMNOPQ", 1, "name of 17 letters"),
    ("\u00c4NDERE", 1, "name not ASCII"),
    ('HELP "READ', 1, "quote not closed"),
    ('HELP "READ\\', 1, "escape at the end"),
    ('HELP "a\\nb"', 1, "unknown escape"),
    ('HELP "READ"x', 1, "no blank after the quote"),
    ('HELP RE"AD"', 1, "quote inside a word"),
    ("HELP *12", 1, "argument that begins with *"),
    ("HELP ~12", 1, "argument that begins with ~"),
    ("ZERO ~0123456789ABCDE", 1, "code too short"),
    ("ZERO *GGGG", 1, "check sum not hex"),
    ("ZERO *12  ", 1, "check sum of blanks"),
    ("ZERO ~0123456789ABCD  ", 1, "code of blanks"),
    ("HELP\tREAD", 1, "tab"),
    (b"HELP \x00", 1, "control character"),
    (b"HELP \xff", 1, "not UTF-8"),
    (b"HELP \xc0\x80", 1, "overlong UTF-8"),
    (b"HELP \xed\xa0\x80", 1, "surrogate in UTF-8"),
    ("@1 ID *0000", 4, "wrong check sum"),
    ("HELP " + "x" * 508, 5, "513 bytes"),
    ("WEIGH", 2, "no such command"),
    ("REGISTERS", 2, "no such command"),
    ("ID x", 3, "argument too many"),
    ("RECORD", 3, "argument missing"),
    ("SET filter_length", 3, "argument missing"),
    ("CAL TEMPERATURE 1 2 3 4 5 6", 3, "argument too many"),
    ("PROVISION a b", 3, "argument missing"),
    ("@1 ZERO", 8, "a machine changes state without a check sum"),
    ("@1 CAL STATUS", 8, "a machine changes state without a check sum"),
]

# (tag, kind, words as sent, words as read, values)
REPLIES: list[tuple[int | None, str, list[str], list[str], dict[str, str]]] = [
    (None, "OK", [], [], {}),
    (17, "OK", ["n=3"], ["n=3"], {"n": "3"}),
    (
        18,
        "OK",
        ["value=1.500", "unit=kg", "status=0x0001", "flags=STABLE", "fault=NONE"],
        ["value=1.500", "unit=kg", "status=0x0001", "flags=STABLE", "fault=NONE"],
        {"value": "1.500", "unit": "kg", "status": "0x0001", "flags": "STABLE", "fault": "NONE"},
    ),
    (
        19,
        "OK",
        ['ssid="Halle 2"', 'key=""'],
        ["ssid=Halle 2", "key="],
        {"ssid": "Halle 2", "key": ""},
    ),
    (
        20,
        "OK",
        ["n=4", "0oRDoQEn", "AAA=", "AA=="],
        ["n=4", "0oRDoQEn", "AAA=", "AA=="],
        {"n": "4"},
    ),
    (
        21,
        "ERROR",
        ["20", "MOTION", '"It moves. Say \\"stable\\" \\\\ wait."'],
        ["20", "MOTION", 'It moves. Say "stable" \\ wait.'],
        {},
    ),
    (22, "PROGRESS", ["done=3", "of=10"], ["done=3", "of=10"], {"done": "3", "of": "10"}),
    (None, "#", ["free", 'text "as', "it=is"], ["free", "text", '"as', "it=is"], {}),
]

# (text before the check sum, code, why); a check sum is added
REFUSED_REPLIES: list[tuple[str, int, str]] = [
    ("OKAY", 1, "no such kind"),
    ("ok", 1, "kind in lower case"),
    ("@0 OK", 1, "id below 1"),
    ('OK a="b', 1, "quote not closed"),
    ("OK n=1 n=2", 1, "key twice"),
]
