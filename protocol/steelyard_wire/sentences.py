"""What each error code means to a person.

Owns: its name and its sentence. Refuses: nothing; a code without a row is INTERNAL.
Units: none.

A terminal loads it for a refusal, and lets go of it.
"""

from steelyard_wire import codes

# What happened, and what to do. Short: the device carries them too.
ERRORS = (
    (codes.SYNTAX, "SYNTAX", "Malformed line. See HELP."),
    (codes.UNKNOWN_COMMAND, "UNKNOWN_COMMAND", "No such command. See HELP."),
    (codes.ARGUMENT, "ARGUMENT", "Wrong arguments. See HELP."),
    (codes.CRC, "CRC", "Check sum wrong. Send again."),
    (codes.LINE_TOO_LONG, "LINE_TOO_LONG", "Line over 512 bytes. Send less."),
    (codes.LEVEL, "LEVEL", "Not allowed here. Ask for a GRANT, or use the cable."),
    (codes.AUTH, "AUTH", "Session code missing or wrong. Open a SESSION."),
    (codes.CRC_REQUIRED, "CRC_REQUIRED", "A machine must add a check sum."),
    (codes.NOT_PROVISIONED, "NOT_PROVISIONED", "No key yet. Provision first."),
    (codes.ALREADY_PROVISIONED, "ALREADY_PROVISIONED", "It has its key. Nothing changed."),
    (codes.NOT_CALIBRATED, "NOT_CALIBRATED", "Not calibrated. Calibrate first."),
    (codes.MOTION, "MOTION", "The load moves. Wait until stable."),
    (codes.OVERLOAD, "OVERLOAD", "Overload. Take load off."),
    (codes.UNDERLOAD, "UNDERLOAD", "Underload. Check the platform."),
    (codes.CONVERTER_FAULT, "CONVERTER_FAULT", "No good samples. See FAULTS."),
    (codes.ZERO_RANGE, "ZERO_RANGE", "Too far from zero. Clear the platform."),
    (codes.NO_LOAD_CHANGE, "NO_LOAD_CHANGE", "Zero and span too close. Check the load."),
    (codes.NOT_READY, "NOT_READY", "Too few samples yet. Repeat in a second."),
    (codes.CALIBRATION_ORDER, "CALIBRATION_ORDER", "Wrong order. BEGIN, ZERO, SPAN, COMMIT."),
    (codes.NEGATIVE, "NEGATIVE", "Negative weight. Zero, or clear the tare."),
    (codes.BELOW_ZERO_TARE, "BELOW_ZERO_TARE", "Nothing to tare. Put the container on."),
    (codes.SPAN, "SPAN", "Unsuitable span. Take 10 to 100 % of Max."),
    (codes.TARE_KEPT, "TARE_KEPT", "The tare in use stays. Clear it, unloaded."),
    (codes.NEXT_LOAD, "NEXT_LOAD", "Registered, or no load. Put the next on."),
    (codes.TRIGGER, "TRIGGER", "Not registered this way. See CONFIG registration."),
    (codes.EXTENDED, "EXTENDED", "Extended display. Repeat in 5 s."),
    (codes.NOISE, "NOISE", "Too much noise to calibrate. Run the doctor."),
    (codes.CHECK_FAILED, "CHECK_FAILED", "A check failed: no weight. See STATUS, alarm."),
    (codes.JOURNAL_FULL, "JOURNAL_FULL", "Journal full, not registered. Call service."),
    (codes.JOURNAL_FAULT, "JOURNAL_FAULT", "Journal failed, not registered. Call service."),
    (codes.NO_RECORD, "NO_RECORD", "No such record. See RECORDS."),
    (codes.SIGNER_FAULT, "SIGNER_FAULT", "Signer failed its test. Call service."),
    (codes.STORAGE, "STORAGE", "Settings damaged or not writable. Call service."),
    (codes.RECEIPT, "RECEIPT", "Receipt of another history. Verify the records."),
    (codes.RETIRED, "RETIRED", "Retired. This key signs no more."),
    (codes.HISTORY, "HISTORY", "Records are gone that the key signed. Call service."),
    (codes.KEY_USES, "KEY_USES", "Uses of the key are counted. Register first."),
    (codes.LOCKED, "LOCKED", "Case opened: locked, no weight. See SEALS."),
    (codes.NO_NETWORK, "NO_NETWORK", "No network on this board. Use the cable."),
    (codes.STATEMENT, "STATEMENT", "Statement, token or signature not accepted."),
    (codes.WAIT, "WAIT", "Too many wrong codes. Wait."),
    (codes.SEALED, "SEALED", "Not in this state of the seal. See SEALS."),
    (codes.BUSY, "BUSY", "Busy. Repeat later."),
    (codes.NO_ROOT, "NO_ROOT", "No root to trust here. Flash over the cable."),
    (codes.NOT_SIGNED, "NOT_SIGNED", "Not signed by those who may. Get the release anew."),
    (codes.DOWNGRADE, "DOWNGRADE", "Not newer than what ran here. Get a newer release."),
    (codes.UNFIT, "UNFIT", "A release for another terminal. Get the one for this."),
    (codes.DAMAGED, "DAMAGED", "Not what was signed. Send it again."),
    (codes.UPDATE_ORDER, "UPDATE_ORDER", "Wrong order. See UPDATE STATUS."),
    (codes.NO_SPACE, "NO_SPACE", "No space for a release. Pull the records first."),
    (codes.INTERNAL, "INTERNAL", "Internal error. Report it."),
)


def _error(code: int) -> tuple[int, str, str]:
    for row in ERRORS:
        if row[0] == code:
            return row
    return ERRORS[-1]


def error_name(code: int) -> str:
    """The name of an error code."""
    return _error(code)[1]


def error_text(code: int) -> str:
    """The sentence of an error code."""
    return _error(code)[2]
