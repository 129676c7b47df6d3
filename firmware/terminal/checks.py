"""Whether code and parameters still are what they were at the start (D 31, P5; metrology.md 6.3).

Owns: the comparison. Refuses: nothing; it names what differs. Units: none.
"""

from steelyard_wire.codes import Refused

from terminal.evidence import settings


def differs_steps(terminal, measure_steps):
    """ "CODE" or "PARAMETERS", or ""; yields between files.

    measure_steps() yields, and returns the software identification of what is on the flash.
    """
    try:
        found = yield from measure_steps()
    except OSError:
        found = b""
    if found != terminal.software_id:
        return "CODE"
    for name, there in (("config", terminal.config), ("calibration", terminal.calibration)):
        try:
            stored = settings.load(terminal.files, name)
        except Refused:
            return "PARAMETERS"
        # A configuration that was never changed is the board file's.
        if stored is None and (name == "config" or there is None):
            continue
        if there is None or stored != there.to_map():
            return "PARAMETERS"
    return ""
