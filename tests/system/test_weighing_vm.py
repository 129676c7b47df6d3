"""The weight path in the VM, fed from the host: it says what the same code says here."""

from __future__ import annotations

import numpy as np
import pytest
from steelyard.weighing_vm import Stream, two_points, weigh
from steelyard_wire import codes
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import Weigher

CALIBRATION = two_points(1, 50000, 1050000, 10000, (-3, 1))


def test_streams_come_back_sample_by_sample() -> None:
    counts = np.random.default_rng(3).normal(150000, 100, 300).astype(int)
    faults = np.zeros(300, dtype=int)
    faults[100] = codes.FAULT_GAP
    streams = [
        Stream(counts, 80000, {"profile": 2}, CALIBRATION, faults),
        Stream(counts[:50], 10000, {"e": 10}, CALIBRATION),
        Stream(counts[:200], 1280000),
    ]
    found = weigh(streams)
    for stream, weighed in zip(streams, found, strict=True):
        config = Config.from_map({})
        for name, value in stream.config.items():
            config = config.with_value(name, str(value))
        made = Calibration.from_map(dict(stream.calibration)) if stream.calibration else None
        weigher = Weigher(config, made, stream.rate_mhz)
        given = stream.faults if len(stream.faults) else [0] * len(stream.counts)
        for at, (sample, fault) in enumerate(zip(stream.counts, given, strict=True)):
            weigher.feed(int(sample), at, int(fault))
            reading = weigher.reading
            assert weighed.status[at] == reading.status
            assert weighed.fault[at] == reading.fault
            assert weighed.numeric[at] == reading.numeric
            if reading.numeric:
                assert weighed.fine[at] == reading.fine
    assert found[0].numeric[99] and not found[0].numeric[100]
    assert abs(found[0].indicated[-1] - 1000) <= 5
    assert sum(found[2].fresh) == 200 // 16


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="3 counts, but 2"):
        weigh([Stream([1, 2, 3], faults=[0, 0])])
