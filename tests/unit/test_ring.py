"""The sample ring: order, loss that shows, wrap."""

from steelyard_wire.codes import FAULT_BAD_FRAME, FAULT_GAP, FAULT_NONE
from terminal.drivers.ring import SampleRing


def _drain(ring):
    found = []
    while ring.take():
        found.append((ring.counts, ring.ticks, ring.fault))
    return found


def test_samples_come_out_in_order_with_their_stamps():
    ring = SampleRing(8)
    for k in range(5):
        ring.put(-8388608 + k, 1000 + k, FAULT_NONE)
    assert _drain(ring) == [(-8388608 + k, 1000 + k, FAULT_NONE) for k in range(5)]
    assert not ring.take()


def test_a_full_ring_drops_the_newest_and_the_next_one_says_so():
    ring = SampleRing(4)
    for k in range(6):  # a ring of four holds three
        ring.put(k, k, FAULT_NONE)
    assert ring.dropped == 3
    assert [row[0] for row in _drain(ring)] == [0, 1, 2]
    ring.put(6, 6, FAULT_NONE)
    ring.put(7, 7, FAULT_NONE)
    assert _drain(ring) == [(6, 6, FAULT_GAP), (7, 7, FAULT_NONE)]


def test_a_fault_after_a_loss_keeps_its_own_name():
    ring = SampleRing(2)
    ring.put(1, 1, FAULT_NONE)
    ring.put(2, 2, FAULT_NONE)
    assert _drain(ring) == [(1, 1, FAULT_NONE)]
    ring.put(0, 3, FAULT_BAD_FRAME)
    assert _drain(ring) == [(0, 3, FAULT_BAD_FRAME)]


def test_it_goes_round_many_times():
    ring = SampleRing(16)
    seen = []
    for k in range(1000):
        ring.put(k, k, FAULT_NONE)
        if k % 7 == 0:
            seen += [row[0] for row in _drain(ring)]
    seen += [row[0] for row in _drain(ring)]
    assert seen == list(range(1000))


def test_capacity_is_a_power_of_two():
    for capacity in (0, 1, 3, 100):
        try:
            SampleRing(capacity)
        except ValueError:
            continue
        raise AssertionError(capacity)
