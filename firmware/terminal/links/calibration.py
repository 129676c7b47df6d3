"""The command CAL, step by step (protocol/README.md, section 5).

Owns: its words. Refuses: what the session refuses, and words that it has not.
Units: as in the protocol. Loaded when somebody calibrates.
"""

from steelyard_wire import commands
from steelyard_wire.quantity import format_quantity, parse_quantity, unit_id

from terminal.links import state

_STEPS = ("KEEP", "ZERO", "SPAN", "UNDO", "CELL", "GRAVITY", "TEMPERATURE", "FIT", "CHECK")
_METHODS = ("SEGMENTS", "LINE", "CELL")


def answer(terminal, args: list):
    """The words of the reply, or steps that give them."""
    step = args[0].upper()
    count = len(args)
    if step == "STATUS":
        return _status(terminal)
    if step == "COMMIT" and (count == 1 or count == 2 and args[1].upper() == "UNCHECKED"):
        return _signed(terminal, terminal.change("commit_calibration", count > 1))
    if step == "ROLLBACK" and count == 1:
        return _signed(terminal, terminal.change("roll_back"))
    terminal.drain()
    if step == "BEGIN" and count == 1:
        terminal.begin_calibration()
    elif step == "ABORT" and count == 1:
        terminal.session = None
    elif step not in _STEPS:
        raise commands.wrong("CAL")
    else:
        return _step(terminal, terminal.calibration_session(), step, args[1:])
    return []


def _step(terminal, session, step: str, args: list) -> list:
    count = len(args)
    if step == "ZERO" and not count:
        return ["counts=%d" % session.zero()]
    if step == "SPAN" and 2 <= count <= 3:
        load = parse_quantity(args[0]) + (unit_id(args[1]),)
        return ["counts=%d" % session.span(*load, args[2] if count > 2 else None)]
    if step == "UNDO" and not count:
        return ["captured=%d" % session.undo()]
    if step == "CELL" and count == 3:
        capacity = parse_quantity(args[1]) + (unit_id(args[2]),)
        return ["counts=%d" % session.cell(parse_quantity(args[0]), capacity)]
    if step == "KEEP" and not count:
        session.keep()
        return []
    if step == "GRAVITY" and count == 2 and args[0].isdigit() and args[1].isdigit():
        session.gravity(int(args[0]), int(args[1]))
        return []
    if step == "TEMPERATURE" and count == 5:
        numbers = [parse_quantity(word) for word in args]
        if not [places for _, places in numbers if places]:
            session.temperature(*[mantissa for mantissa, _ in numbers])
            return []
    exp10 = terminal.config.exp10 - 2
    if step == "FIT" and count == 1 and args[0].upper() in _METHODS[:2]:
        errors = session.fit(_METHODS.index(args[0].upper()))
        return ["errors=" + ",".join([format_quantity(error, exp10) for error in errors])]
    if step == "CHECK" and count == 2:
        error, most = session.check(*parse_quantity(args[0]), unit_id(args[1]))
        return ["error=" + format_quantity(error, exp10), "most=" + format_quantity(most, exp10)]
    raise commands.wrong("CAL")


def _signed(terminal, steps):
    n, _ = yield from steps
    return ["n=%d" % n, "generation=%d" % terminal.calibration.generation]


def _status(terminal) -> list:
    calibration = terminal.calibration
    stage = "open" if terminal.session else "calibrated" if calibration else "none"
    old = terminal.old_calibration()
    said = [
        "generation=%d" % (calibration.generation if calibration else 0),
        "digest=" + state.as_hex(terminal.calibration_digest()),
        "state=" + stage,
        "old=%d" % (old.generation if old else 0),
        "staged=" + (terminal.session.stage() if terminal.session else "-"),
    ]
    if calibration is None:
        names = ("zero", "span", "weight", "method", "points", "gravity", "check", "residual")
        names += ("temperature", "shunt")
        return said + [name + "=-" for name in names]
    exp10 = calibration.exp10
    points = calibration.points
    check = calibration.check
    temperature = calibration.temperature
    return said + [
        "zero=%d" % (points[0][0] + 8 >> 4),
        "span=%d" % (points[-1][0] + 8 >> 4),
        "weight=" + format_quantity(points[-1][1], exp10),
        "method=" + _METHODS[calibration.method],
        "points=" + ",".join(["%d:%s" % (x, format_quantity(y, exp10)) for x, y in points]),
        "gravity=" + ("%d,%d" % tuple(calibration.gravity) if calibration.gravity else "-"),
        "check="
        + (
            format_quantity(check[0], exp10) + "," + format_quantity(check[1], exp10 - 2)
            if check
            else "-"
        ),
        "residual=" + format_quantity(calibration.residual, exp10 - 2),
        "temperature=" + (",".join([str(x) for x in temperature]) if temperature else "-"),
        "shunt=%s" % ("-" if calibration.shunt is None else calibration.shunt),
    ]
