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
TARE_KEPT = 31
NEXT_LOAD = 32
TRIGGER = 33
EXTENDED = 34
NOISE = 35
CHECK_FAILED = 36
JOURNAL_FULL = 40
JOURNAL_FAULT = 41
NO_RECORD = 42
SIGNER_FAULT = 43
STORAGE = 44
RECEIPT = 45
RETIRED = 46
HISTORY = 47
KEY_USES = 48
LOCKED = 49
NO_NETWORK = 50
STATEMENT = 51
WAIT = 52
SEALED = 53
BUSY = 60
NO_ROOT = 70
NOT_SIGNED = 71
DOWNGRADE = 72
UNFIT = 73
DAMAGED = 74
UPDATE_ORDER = 75
NO_SPACE = 76
INTERNAL = 99

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
ST_WARM_UP = 65536
ST_EXTENDED = 131072
ST_EXTRAPOLATED = 262144

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
    "WARM_UP",
    "EXTENDED",
    "EXTRAPOLATED",
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
        from steelyard_wire.sentences import error_name, error_text

        text = str(self.code) + " " + error_name(self.code) + ": " + error_text(self.code)
        return text + " (" + self.detail + ")" if self.detail else text


def fault_name(fault: int) -> str:
    """The name of a fault code, or its number as text if it is not in the table."""
    return FAULTS[fault] if 0 <= fault < len(FAULTS) else str(fault)


def status_names(bits: int) -> list[str]:
    """Names of the bits set, lowest first; bits without a name are left out."""
    return [name for bit, name in enumerate(STATUSES) if bits >> bit & 1]
