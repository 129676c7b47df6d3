"""Registration by any sequence of loads, keys, faults and restarts: each load once, and right."""

from __future__ import annotations

import shutil
import tempfile

import terminal.changes  # noqa: F401 - else it is loaded for each change
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from steelyard_wire import codes, cose, record
from steelyard_wire.codes import Refused
from terminal.operations import COMMAND, ITSELF, KEY
from terminal_parts import calibrate, finish, provisioned, started

_D = 5
_LOAD = 100  # 20 e


class Registration(RuleBasedStateMachine):
    """Samples at 10 a second, 200 counts in a gram (terminal_parts)."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(registration=st.sampled_from([3, 4, 7, 11, 15]), direct=st.integers(0, 1))
    def power(self, registration: int, direct: int) -> None:
        self.registration = registration
        self.terminal = provisioned(self.folder)
        calibrate(self.terminal)
        finish(self.terminal.change("set_parameter", "registration", str(registration)))
        finish(self.terminal.change("set_parameter", "direct_sale", str(direct)))
        self.grams = 0.0
        self.loads = [0.0] * 3  # at the last samples
        self.k = 0
        self.next_n = self.terminal.journal.next_n
        self.unloaded = False  # since the last registration, start or change
        self.tared = 0.0

    def _feed(self, samples: int, grams: float, fault: int = 0) -> None:
        begin = self.grams
        for step in range(1, samples + 1):
            self.grams = begin + (grams - begin) * min(1.0, step / 3)
            self.loads = [*self.loads[1:], self.grams]
            counts = 50000 + round(self.grams * 200) + (self.k % 5 == 2)
            self.k += 1
            self.terminal.weigher.feed(counts, self.k * 100 & 0x3FFFFFFF, fault)
            reading = self.terminal.weigher.reading
            if reading.valid() and reading.status & codes.ST_STABLE and reading.net * 2 <= _LOAD:
                self.unloaded = True
            # As the program does between samples.
            if self.terminal.due():
                self._register(ITSELF)

    def _register(self, by: int) -> None:
        terminal = self.terminal
        reading = terminal.weigher.reading
        net, flags = reading.net, reading.status
        once = by == ITSELF or self.registration & 8
        try:
            n, envelope = finish(terminal.register_steps(None, by))
        except Refused as refused:
            assert terminal.journal.next_n == self.next_n
            ready = reading.valid() and flags & codes.ST_STABLE and net >= 0
            if refused.code == codes.NEXT_LOAD:
                assert once and (not self.unloaded or net < _LOAD)
            elif refused.code == codes.TRIGGER:
                assert not self.registration & by
            else:
                assert not ready or net + self.tared > 15000
            return
        self.next_n += 1
        assert n + 1 == self.next_n == terminal.journal.next_n
        assert self.registration & by and flags & codes.ST_STABLE
        said = record.decode(cose.split(envelope).payload)
        assert said[record.VAL] == [net, -3, 1]
        origin = terminal.weigher.origin.offset / 100
        # What the filter shows is the load of up to 0.2 s ago: one that began to move with the
        # last two samples by a few e may not have moved the number yet.
        assert min(abs(net - (load - origin - self.tared)) for load in self.loads) <= _D
        if once:
            assert self.unloaded and net >= _LOAD
        self.unloaded = False

    @rule(grams=st.integers(-120, 400) | st.integers(0, 15060), samples=st.integers(1, 30))
    def load(self, grams: int, samples: int) -> None:
        self._feed(samples, float(grams))

    @rule(samples=st.integers(1, 30))
    def wait(self, samples: int) -> None:
        self._feed(samples, self.grams)

    @rule(fault=st.sampled_from([codes.FAULT_NO_DATA, codes.FAULT_GAP, codes.FAULT_OVERLOAD]))
    def fault(self, fault: int) -> None:
        self._feed(1, self.grams, fault)

    @rule(by=st.sampled_from([KEY, COMMAND]))
    def register(self, by: int) -> None:
        self._register(by)

    @rule(what=st.sampled_from(["tare", "zero", "clear_tare"]))
    def key(self, what: str) -> None:
        try:
            getattr(self.terminal, what)()
        except Refused:
            return
        self._tared()

    @rule(grams=st.integers(1, 600))
    def preset(self, grams: int) -> None:
        try:
            self.terminal.preset_tare(grams, -3, 1)
        except Refused:
            return
        self._tared()

    def _tared(self) -> None:
        self.tared = self.terminal.weigher._tare.fine / 100
        reading = self.terminal.weigher.reading
        if reading.valid() and reading.status & codes.ST_STABLE and reading.net * 2 <= _LOAD:
            self.unloaded = True

    @rule()
    def restart(self) -> None:
        self.terminal = started(self.folder)
        self.next_n = self.terminal.journal.next_n
        self.unloaded = False
        self.tared = 0.0
        self._feed(1, self.grams)


Registration.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestRegistration = Registration.TestCase
