"""A PIO state machine on the bench, and an assembler for it: a stand-in for MicroPython's rp2.

Owns: the words of a program (RP2040 data sheet, 3.4) and what they do to two pins and a queue.
Refuses: what hx711_rp2 does not use (KeyError, AttributeError). Units: none; frames take no time.

`install(processor)` makes `import rp2` give this, with its state machines on that processor. That
the words do the same in hardware's logic is shown on another emulator (tests/system/test_pio.py).
"""

import sys

_QUEUE = 8
_JMP, _WAIT, _IN, _PUSH, _MOV, _IRQ, _SET = 0, 1, 2, 4, 5, 6, 7
_NAMES = {"x": 1, "pins": 0, "pin": 1, "x_dec": 2, "block": 0x20}
_NET = 1000  # the interrupt of state machine 0, beyond all pins


class _Word:
    """One instruction that can be given a side level and a delay."""

    def __init__(self, words, word):
        self._words = words
        self._at = len(words)
        words.append(word)

    def side(self, level):
        """Drive the side pin with it."""
        self._words[self._at] |= level << 12
        return self

    def __getitem__(self, delay):
        self._words[self._at] |= delay << 8
        return self


class Program:
    """words, wrap_target and wrap of an assembled program."""

    def __init__(self):
        self.words = []
        self.labels = {}
        self.wrap_target = 0
        self.wrap = 0

    def names(self):
        """What the function that is assembled may call."""

        def emit(opcode, operands):
            return _Word(self.words, opcode << 13 | operands)

        def begin():
            self.wrap_target = len(self.words)

        def end():
            self.wrap = len(self.words) - 1

        def label(name):
            self.labels[name] = len(self.words)

        found = dict(_NAMES)
        found.update(
            {
                "wrap_target": begin,
                "wrap": end,
                "label": label,
                "set": lambda to, value: emit(_SET, to << 5 | value),
                "wait": lambda level, what, at: emit(_WAIT, level << 7 | what << 5 | at),
                "nop": lambda: emit(_MOV, 0x42),
                "in_": lambda what, bits: emit(_IN, what << 5 | bits),
                "jmp": lambda when, to: emit(_JMP, when << 5 | self.labels[to]),
                "push": lambda blocking: emit(_PUSH, blocking),
                "rel": lambda number: 0x10 | number,
                "irq": lambda number: emit(_IRQ, number),
            }
        )
        return found


class PIO:
    """rp2.PIO, its constants."""

    OUT_LOW = 2
    SHIFT_LEFT = 0
    JOIN_RX = 2


def asm_pio(**settings):
    """rp2.asm_pio: assemble the decorated function."""
    if settings != {"sideset_init": 2, "in_shiftdir": 0, "fifo_join": 2}:
        raise KeyError(str(settings))

    def assemble(function):
        program = Program()
        names = function.__globals__
        kept = dict(names)
        names.update(program.names())
        try:
            function()
        finally:
            for name in program.names():
                if name not in kept:
                    del names[name]
            names.update(kept)
        return program

    return assemble


class StateMachine:
    """rp2.StateMachine on the processor, as far as hx711_rp2 uses it."""

    processor = None

    def __init__(self, number):
        self._irq = self.processor.net(_NET + number)
        self._program = None
        self._active = False
        self.processor.add(self)

    def init(self, program, freq, in_base, sideset_base):
        """Begin at the program's beginning, with an empty queue."""
        self._program = program
        self._dout = in_base
        self._sck = sideset_base
        self._queue = []
        self._at = self._x = self._isr = 0

    def active(self, on):
        """Run or stop."""
        self._active = bool(on)

    def irq(self, handler=None, trigger=0, hard=False):
        """Call `handler` when the program asks for it."""
        self._irq.handler = handler

    def rx_fifo(self):
        """Words in the queue."""
        return len(self._queue)

    def get(self):
        """The oldest word; one that waited for room follows."""
        word = self._queue.pop(0)
        self.advance(0)
        return word

    def next_us(self):
        """It acts when the chip does."""
        return 1 << 62

    def advance(self, now_us):
        """Run until an instruction waits."""
        while self._active and self._step():
            self._at = (
                self._at + 1 if self._at != self._program.wrap else self._program.wrap_target
            )

    def _step(self):
        word = self._program.words[self._at]
        self._sck.net.write(word >> 12 & 1)
        opcode, operands = word >> 13, word & 0xFF
        if opcode == _SET:
            self._x = operands & 31
        elif opcode == _WAIT:
            return self._dout.net.read() == operands >> 7
        elif opcode == _IN:
            self._isr = self._isr << 1 | self._dout.net.read()
        elif opcode == _JMP:
            if self._x:
                self._at = (operands & 31) - 1
            self._x = self._x - 1 & 0xFFFFFFFF
        elif opcode == _PUSH:
            if len(self._queue) >= _QUEUE:
                return False
            self._queue.append(self._isr)
            self._isr = 0
        elif opcode == _IRQ:
            self._irq.fell()
        return True


def install(processor):
    """Have `import rp2` give this module, for that processor."""
    StateMachine.processor = processor
    sys.modules["rp2"] = sys.modules[__name__]
