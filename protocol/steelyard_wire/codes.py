"""Numbers with a meaning: errors, faults, status bits, the protocol version.

Owns: every error code with its sentence, the fault codes of the weighing path, the status bits of
a reading (record key 14).
Refuses: nothing; `Refused` is how everything else refuses.
Units: none.
"""

PROTOCOL = 1

SYNTAX = 1
UNKNOWN_COMMAND = 2
ARGUMENT = 3
CRC = 4
LINE_TOO_LONG = 5
LEVEL = 6
AUTH = 7
CRC_REQUIRED = 8
NOT_PROVISIONED = 10
ALREADY_PROVISIONED = 11
NOT_CALIBRATED = 12
MOTION = 20
OVERLOAD = 21
UNDERLOAD = 22
CONVERTER_FAULT = 23
ZERO_RANGE = 24
NO_LOAD_CHANGE = 25
NOT_READY = 26
CALIBRATION_ORDER = 27
NEGATIVE = 28
BELOW_ZERO_TARE = 29
SPAN = 30
JOURNAL_FULL = 40
JOURNAL_FAULT = 41
NO_RECORD = 42
SIGNER_FAULT = 43
STORAGE = 44
NO_NETWORK = 50
BUSY = 60
INTERNAL = 99

# What happened, and what to do. Short: the device carries them too.
ERRORS = (
    (SYNTAX, "SYNTAX", "Malformed line. See HELP."),
    (UNKNOWN_COMMAND, "UNKNOWN_COMMAND", "No such command. See HELP."),
    (ARGUMENT, "ARGUMENT", "Wrong arguments. See HELP."),
    (CRC, "CRC", "Check sum wrong. Send again."),
    (LINE_TOO_LONG, "LINE_TOO_LONG", "Line over 512 bytes. Send less."),
    (LEVEL, "LEVEL", "Not allowed on this link. Use the cable."),
    (AUTH, "AUTH", "Session code missing or wrong. Open a SESSION."),
    (CRC_REQUIRED, "CRC_REQUIRED", "A machine must add a check sum."),
    (NOT_PROVISIONED, "NOT_PROVISIONED", "No key yet. Provision first."),
    (ALREADY_PROVISIONED, "ALREADY_PROVISIONED", "It has its key. Nothing changed."),
    (NOT_CALIBRATED, "NOT_CALIBRATED", "Not calibrated. Calibrate first."),
    (MOTION, "MOTION", "The load moves. Wait until stable."),
    (OVERLOAD, "OVERLOAD", "Overload. Take load off."),
    (UNDERLOAD, "UNDERLOAD", "Underload. Check the platform."),
    (CONVERTER_FAULT, "CONVERTER_FAULT", "No good samples. See FAULTS."),
    (ZERO_RANGE, "ZERO_RANGE", "Too far from zero. Clear the platform."),
    (NO_LOAD_CHANGE, "NO_LOAD_CHANGE", "Zero and span too close. Check the load."),
    (NOT_READY, "NOT_READY", "Too few samples yet. Repeat in a second."),
    (CALIBRATION_ORDER, "CALIBRATION_ORDER", "Wrong order. BEGIN, ZERO, SPAN, COMMIT."),
    (NEGATIVE, "NEGATIVE", "Negative weight. Zero, or clear the tare."),
    (BELOW_ZERO_TARE, "BELOW_ZERO_TARE", "Nothing to tare. Put the container on."),
    (SPAN, "SPAN", "Unsuitable span. Take 10 to 100 % of Max."),
    (JOURNAL_FULL, "JOURNAL_FULL", "Journal full, not registered. Call service."),
    (JOURNAL_FAULT, "JOURNAL_FAULT", "Journal failed, not registered. Call service."),
    (NO_RECORD, "NO_RECORD", "No such record. See RECORDS."),
    (SIGNER_FAULT, "SIGNER_FAULT", "Signer failed its test. Call service."),
    (STORAGE, "STORAGE", "Settings damaged or not writable. Call service."),
    (NO_NETWORK, "NO_NETWORK", "No network on this board. Use the cable."),
    (BUSY, "BUSY", "Busy. Repeat later."),
    (INTERNAL, "INTERNAL", "Internal error. Report it."),
)

FAULT_NONE = 0
FAULT_NO_DATA = 1
FAULT_OVERLOAD = 2
FAULT_UNDERLOAD = 3
FAULT_BAD_FRAME = 4
FAULT_GAP = 5
FAULT_SETTLING = 6
FAULT_RATE = 7
FAULT_FROZEN = 8
FAULT_JUMP = 9
FAULT_NOISY = 10
FAULT_QUIET = 11

# Index = fault code.
FAULTS = (
    "NONE",
    "NO_DATA",
    "OVERLOAD",
    "UNDERLOAD",
    "BAD_FRAME",
    "GAP",
    "SETTLING",
    "RATE",
    "FROZEN",
    "JUMP",
    "NOISY",
    "QUIET",
)

ST_STABLE = 1
ST_CENTRE_ZERO = 2
ST_OVER = 4
ST_UNDER = 8
ST_NET = 16
ST_TEMPERATURE = 32
ST_TILT = 64
ST_BROWN_OUT = 128
ST_CAL_EXPIRED = 256
ST_LOCKED = 512
ST_CASE_OPEN = 1024
ST_UNCALIBRATED = 2048
ST_GAP = 4096
ST_FAULT = 8192
ST_NEGATIVE = 16384
ST_NO_ZERO = 32768

# Index = bit number.
STATUSES = (
    "STABLE",
    "CENTRE_ZERO",
    "OVER",
    "UNDER",
    "NET",
    "TEMPERATURE",
    "TILT",
    "BROWN_OUT",
    "CAL_EXPIRED",
    "LOCKED",
    "CASE_OPEN",
    "UNCALIBRATED",
    "GAP",
    "FAULT",
    "NEGATIVE",
    "NO_ZERO",
)


class Refused(Exception):
    """What was asked is not done; nothing has changed.

    code: one of ERRORS. detail: what exactly, safe to show (no secrets, no control characters).
    """

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        text = str(self.code) + " " + error_name(self.code) + ": " + error_text(self.code)
        return text + " (" + self.detail + ")" if self.detail else text


def _error(code: int) -> tuple[int, str, str]:
    for row in ERRORS:
        if row[0] == code:
            return row
    return ERRORS[-1]


def error_name(code: int) -> str:
    """The name of an error code; a code that is not in the table is INTERNAL."""
    return _error(code)[1]


def error_text(code: int) -> str:
    """The sentence of an error code; a code that is not in the table is INTERNAL."""
    return _error(code)[2]


def fault_name(fault: int) -> str:
    """The name of a fault code, or its number as text if it is not in the table."""
    return FAULTS[fault] if 0 <= fault < len(FAULTS) else str(fault)


def status_names(bits: int) -> list[str]:
    """Names of the bits set, lowest first; bits without a name are left out."""
    return [name for bit, name in enumerate(STATUSES) if bits >> bit & 1]
