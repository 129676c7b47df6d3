"""The command table of the service line.

Owns: every command's name, level, whether it changes state, its argument count and help.
Refuses: a name that is not in the table, Refused(UNKNOWN_COMMAND); a call that does not fit its
row, Refused (ARGUMENT, CRC_REQUIRED). Who holds which level is for the links to say.
Units: none.
"""

from steelyard_wire.codes import ARGUMENT, CRC_REQUIRED, UNKNOWN_COMMAND, Refused
from steelyard_wire.line import Command

OPEN = 0
USER = 1
SERVICE = 2
FACTORY = 3
LEVELS = ("OPEN", "USER", "SERVICE", "FACTORY")

# name, level, changes state, fewest and most arguments, usage, help
COMMANDS = (
    ("HELP", OPEN, False, 0, 1, "HELP [name]", "list the commands, or explain one"),
    ("ID", OPEN, False, 0, 0, "ID", "who the terminal is"),
    ("STATUS", OPEN, False, 0, 0, "STATUS", "how the terminal is"),
    ("READ", OPEN, False, 0, 0, "READ", "the weight now; not registered"),
    ("FAULTS", OPEN, False, 0, 0, "FAULTS", "converter faults counted since the start"),
    ("TRACE", OPEN, False, 1, 1, "TRACE ms", "raw samples of the converter, for so long"),
    ("SESSION", OPEN, False, 0, 0, "SESSION", "begin a session: a new nonce"),
    ("RECORDS", OPEN, False, 0, 0, "RECORDS", "which records there are"),
    ("RECORD", OPEN, False, 1, 1, "RECORD n", "one signed record"),
    ("CONFIG", OPEN, False, 0, 1, "CONFIG [name]", "the parameters, or one"),
    ("TIME", OPEN, False, 0, 0, "TIME", "the clock"),
    ("NETWORK", OPEN, False, 0, 0, "NETWORK", "the state of the network"),
    ("REGISTER", USER, True, 0, 1, "REGISTER [nonce]", "sign and keep the weight now"),
    ("ZERO", USER, True, 0, 0, "ZERO", "set zero"),
    ("TARE", USER, True, 0, 1, "TARE [CLEAR]", "take the load as tare, or clear it"),
    (
        "CAL",
        SERVICE,
        True,
        1,
        4,
        "CAL BEGIN|ZERO|SPAN quantity unit [reference]|COMMIT|ABORT|STATUS",
        "calibrate, step by step",
    ),
    (
        "CONVERTER",
        SERVICE,
        True,
        1,
        1,
        "CONVERTER TEST|TEMPERATURE|RECALIBRATE",
        "try the converter, or have it calibrate itself",
    ),
    (
        "SET",
        SERVICE,
        True,
        2,
        22,
        "SET name value ...",
        "change a parameter, or those of the scale",
    ),
    (
        "COMMISSION",
        SERVICE,
        True,
        8,
        8,
        "COMMISSION profile ring_mhz ring_max_mhz damping noise noise_floor rate_mhz settle_ms",
        "store what a commissioning found",
    ),
    ("SETTIME", SERVICE, True, 1, 1, "SETTIME utc", "set the clock, s since 1970"),
    ("WIFI", SERVICE, True, 1, 3, "WIFI SET ssid psk|CLEAR", "the network to join"),
    ("RESET", SERVICE, True, 0, 0, "RESET", "start again"),
    (
        "PROVISION",
        FACTORY,
        True,
        3,
        3,
        "PROVISION serial entropy linkkey",
        "make the key; both secrets are 32 bytes in base64",
    ),
)


def lookup(name: str) -> tuple[str, int, bool, int, int, str, str]:
    """The row of a command given in upper case; Refused(UNKNOWN_COMMAND) if there is none."""
    for row in COMMANDS:
        if row[0] == name:
            return row
    raise Refused(UNKNOWN_COMMAND, name)


def admit(command: Command) -> tuple[str, int, bool, int, int, str, str]:
    """The row that a parsed line fits; the caller still checks the level.

    Refused: UNKNOWN_COMMAND, ARGUMENT (their number), CRC_REQUIRED (a line with an id, that is a
    machine's, changes state only with a check sum).
    """
    row = lookup(command.name)
    if not row[3] <= len(command.args) <= row[4]:
        raise Refused(ARGUMENT, "usage: " + row[5])
    if row[2] and command.tag is not None and not command.has_crc:
        raise Refused(CRC_REQUIRED)
    return row
