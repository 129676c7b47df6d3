"""Board time inside the VM, the interrupts that fall due in it, and the pipes to the world.

Owns: the microseconds since the world began, the devices that live in them, the two pipes.
Refuses: to go on when the world is gone: the VM ends, as a board does without power.
Units: microseconds.

Time moves in two ways. `charge` adds what an operation costs on the board (a pin, a page of flash,
a slice of a signature). `idle` asks the world to let time pass until something is due; the world
answers at once, with no time passed, when a byte from outside may be waiting. With an answer the
world may leave it some time for which it need not ask, as nothing that the world knows of falls
into it.
Messages are records of fixed length, smaller than a pipe's atomic write, so a KeyboardInterrupt
between a question and its answer cannot lose step: the number of the question returns in the
answer, and answers to questions that were given up are passed over.
"""

import struct

from micropython import heap_lock, heap_unlock

_REQUEST = "<IIqqi4x"  # number, operation, now, argument, value
# number, signals, now, word, supply, temperature, tilt x, y, keys, next, free
_ANSWER = "<IIqiHhhhHqq"
IDLE = 1
CONVERT = 2
RESET = 3
START = 4
STATION = 5
CLEAR_CASE = 6
INTERRUPT_KEY = 7

# Bits of the signals, the levels that the world holds beside the conversions.
DOUT_LOW = 1
DOUT_HIGH = 2
RADIO_UP = 4
JOINED = 8
NACK = 16
SDA_LOW = 32
CTRL_C = 64  # only with the answer to a VM that is idle: no interrupt handler is cut short
KEY_SHIFT = 8  # one bit for each key of the board, in the order zero, tare, print
CASE_OPENED = 1 << 15  # what its latch says
STALL_SHIFT = 16  # 8 bits: how many clock stalls were ordered so far
SHUNT = 1 << 16  # beside the gain of a conversion
RESET_SHIFT = 24  # 8 bits: how often the converter was set up anew by somebody else

now_us = 0
signals = 0
supply_mv = 5000  # what feeds the board
shunt = 0  # SHUNT while a resistor lies across the bridge
keypad = 0  # a bit for each contact of the keypad that is closed, four for a row
tilt_x = tilt_y = 0  # gravity along the platform, in 1/1000
air = 2000  # temperature of the board in 0.01 degrees
interrupts_off = False
heap_bytes = 0  # what the stand-ins had allocated when the program started, reported apart
devices = []  # objects with next_us, advance(now_us) and deliver()

in_interrupt = False  # a handler runs
_ctrl_c = False
_free_us = 0  # up to here time passes without a question
_number = 0
_to_world = None
_from_world = None
_request = bytearray(struct.calcsize(_REQUEST))
_answer = bytearray(struct.calcsize(_ANSWER))


def attach(requests, answers):
    """Take over the two pipe files."""
    global _to_world, _from_world
    _to_world = requests
    _from_world = answers


def ask(operation, argument=0, value=0):
    """Put a question to the world: (now, word, next) of its answer; takes the signals over."""
    global _ctrl_c, _free_us, _number, air, keypad, signals, supply_mv, tilt_x, tilt_y
    _number = (_number + 1) & 0xFFFFFFFF
    if operation == CONVERT and value:
        value |= shunt
    struct.pack_into(_REQUEST, _request, 0, _number, operation, now_us, argument, value)
    _to_world.write(_request)
    while True:
        if _from_world.readinto(_answer) != len(_answer):
            raise SystemExit
        number, given, now, word, supply_mv, air, tilt_x, tilt_y, keypad, following, _free_us = (
            struct.unpack(_ANSWER, _answer)
        )
        if given & CTRL_C:
            _ctrl_c = True  # also with the answer to a question that a signal cut short
        if number == _number:
            signals = given
            return now, word, following


def charge(microseconds):
    """An operation of the firmware took this long on the board, and interrupts in it longer."""
    global now_us
    if in_interrupt or interrupts_off:
        now_us += microseconds
        return
    end = now_us + microseconds
    for device in devices:
        if device.next_us() <= end:
            break
    else:
        now_us = end
        return
    while True:
        due = end
        for device in devices:
            due = min(due, device.next_us())
        begin = now_us = max(due, now_us)
        run_due()
        end += now_us - begin
        if due >= end or now_us >= end:
            break
    now_us = max(now_us, end)


def charge_masked(microseconds):
    """The same with interrupts off, as a sector erase on rp2: of the edges meanwhile one is kept,
    and delivered when they are on again.
    """
    global now_us
    now_us += microseconds
    if not in_interrupt and not interrupts_off:
        run_due()


def run_due():
    """Bring every device up to now; their interrupts run as they would on the board."""
    for device in devices:
        if device.next_us() <= now_us:
            device.advance(now_us)


def interrupts_on():
    """Interrupts are enabled again: what fell due meanwhile is delivered."""
    if in_interrupt:
        return
    for device in devices:
        device.deliver()


def interrupt(handler, argument):
    """Run a hard interrupt handler: it cannot allocate, and no other one interrupts it."""
    global in_interrupt
    in_interrupt = True
    heap_lock()
    try:
        handler(argument)
    finally:
        heap_unlock()
        in_interrupt = False


def idle(until_us):
    """The firmware has nothing to do before `until_us`: let the world decide what passes."""
    global _ctrl_c, now_us
    for device in devices:
        until_us = min(until_us, device.next_us())
    now_us = max(now_us, until_us if until_us < _free_us else ask(IDLE, until_us)[0])
    if _ctrl_c:
        _ctrl_c = False
        raise KeyboardInterrupt
    run_due()
    interrupts_on()


def sleep_us(microseconds):
    """Block for this long; interrupts go on."""
    end = now_us + microseconds
    while now_us < end:
        idle(end)
