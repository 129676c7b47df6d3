"""What the service line can ask of the converter (protocol/README.md, section 5: CONVERTER).

Owns: the words TEST, TEMPERATURE, RECALIBRATE. Refuses: what this converter cannot, and a
recalibration that would change the weights of a calibrated scale. Units: raw codes.
"""

from steelyard_wire import codes
from steelyard_wire.codes import Refused


def ask(terminal, what: str) -> str:
    """A word in answer; the weight is gone meanwhile, a few conversions long."""
    converter = terminal.converter
    if what == "TEST":
        return "fault=" + codes.fault_name(converter.self_test())
    if what == "TEMPERATURE":
        raw = converter.temperature()
        return "raw=%s" % ("-" if raw is None else raw)
    if what != "RECALIBRATE":
        raise Refused(codes.ARGUMENT, "TEST, TEMPERATURE or RECALIBRATE")
    if not hasattr(converter, "recalibrate"):
        raise Refused(codes.ARGUMENT, "this chip keeps no calibration of its own")
    if terminal.calibration:
        raise Refused(codes.ARGUMENT, "calibrated: its weights would change")
    converter.recalibrate()
    return "fault=NONE"
