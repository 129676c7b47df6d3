"""The command table of the service line.

Owns: every command's name, level, whether it changes state and its argument count.
Refuses: a name that is not in the table, Refused(UNKNOWN_COMMAND); a call that does not fit its
row, Refused (ARGUMENT, CRC_REQUIRED). Who holds which level is for the links to say.
Units: none.
"""

from steelyard_wire.codes import ARGUMENT, CRC_REQUIRED, UNKNOWN_COMMAND, Refused
from steelyard_wire.line import Command

OPEN = 0
USER = 1
OPERATOR = 2
SERVICE = 3
FACTORY = 4
INSPECTOR = 5
LEVELS = ("OPEN", "USER", "OPERATOR", "SERVICE", "FACTORY", "INSPECTOR")

# name, level, changes state, fewest and most arguments
COMMANDS = (
    ("HELP", OPEN, False, 0, 1),
    ("ID", OPEN, False, 0, 0),
    ("STATUS", OPEN, False, 0, 0),
    ("READ", OPEN, False, 0, 1),
    ("FAULTS", OPEN, False, 0, 0),
    ("TRACE", OPEN, False, 1, 1),
    ("SESSION", OPEN, False, 0, 0),
    ("RECORDS", OPEN, False, 0, 0),
    ("RECORD", OPEN, False, 1, 1),
    ("RECEIPT", OPEN, True, 3, 3),
    ("CONFIG", OPEN, False, 0, 1),
    ("TIME", OPEN, False, 0, 0),
    ("NETWORK", OPEN, False, 0, 0),
    ("SEALS", OPEN, False, 0, 0),
    ("CHALLENGE", OPEN, False, 0, 0),
    ("GRANT", OPEN, True, 3, 3),
    ("LEAVE", OPEN, True, 0, 0),
    ("UNLOCK", OPEN, True, 1, 3),
    ("REGISTER", USER, True, 0, 1),
    ("VOID", USER, True, 1, 1),
    ("STREAM", USER, True, 2, 3),
    ("CHECKPOINT", USER, True, 0, 0),
    ("DAYCLOSE", USER, True, 0, 0),
    ("WITNESS", USER, True, 5, 5),
    ("ZERO", USER, True, 0, 0),
    ("TARE", USER, True, 0, 2),
    ("EXTEND", USER, True, 0, 0),
    ("STATEMENT", USER, True, 2, 2),
    ("SETTIME", OPERATOR, True, 1, 1),
    ("WIFI", OPERATOR, True, 1, 3),
    ("RESET", OPERATOR, True, 0, 0),
    ("CAL", SERVICE, True, 1, 6),
    ("CONVERTER", SERVICE, True, 1, 1),
    ("SET", SERVICE, True, 2, 22),
    ("COMMISSION", SERVICE, True, 8, 8),
    ("PROVISION", FACTORY, True, 3, 4),
    ("SEAL", FACTORY, True, 0, 0),
    ("UNSEAL", FACTORY, True, 1, 1),
    ("RETIRE", FACTORY, True, 2, 2),
    ("UPDATE", FACTORY, True, 1, 3),
)


def lookup(name: str) -> tuple[str, int, bool, int, int]:
    """The row of a command given in upper case; Refused(UNKNOWN_COMMAND) if there is none."""
    for row in COMMANDS:
        if row[0] == name:
            return row
    raise Refused(UNKNOWN_COMMAND, name)


def covers(granted: int, needed: int) -> bool:
    """Whether who was granted one level may do what needs another: an inspector what an operator
    may, and neither service nor factory an inspector's part."""
    if INSPECTOR in (granted, needed):
        return granted == needed or (granted == INSPECTOR and needed <= OPERATOR)
    return needed <= granted


def wrong(name: str) -> Refused:
    """The refusal of arguments that this command does not have."""
    from steelyard_wire.usage import USAGE

    return Refused(ARGUMENT, "usage: " + USAGE[name][0])


def admit(command: Command) -> tuple[str, int, bool, int, int]:
    """The row that a parsed line fits; the caller still checks the level.

    Refused: UNKNOWN_COMMAND, ARGUMENT (their number), CRC_REQUIRED (a line with an id, that is a
    machine's, changes state only with a check sum).
    """
    row = lookup(command.name)
    if not row[3] <= len(command.args) <= row[4]:
        raise wrong(row[0])
    if row[2] and command.tag is not None and not command.has_crc:
        raise Refused(CRC_REQUIRED)
    return row
