"""The host's receipts: what may be removed from a journal, and what a wrong one does."""

from check import refused
from steelyard_wire import codes
from steelyard_wire.auth import receipt_mac
from storage import Scratch
from terminal import receipts
from terminal_parts import LINK_KEY, calibrate, finish, load, provisioned, started


def _taken(terminal, n, root, key=LINK_KEY):
    code = receipt_mac(key, terminal.identity.dev, n, root)
    return receipts.take(terminal, n, root, code)


def test_a_receipt_is_kept_and_only_grows():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        journal = terminal.journal
        early, n = journal.root(), journal.next_n
        load(terminal, 2000)
        finish(terminal.register_steps(None))
        assert journal.receipted == 0
        assert _taken(terminal, n, early) == n
        assert _taken(terminal, n + 1, journal.root()) == n + 1
        # The one before says nothing new, and is no error: a host may be late.
        assert _taken(terminal, n, early) == n + 1
        again = started(folder)
        assert again.journal.receipted == n + 1
        assert again.journal.first_n() == 0  # there is room: nothing was removed


def test_a_wrong_receipt_changes_nothing():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        journal = terminal.journal
        n, root = journal.next_n, journal.root()
        refused(codes.AUTH, _taken, terminal, n, root, bytes(32))
        code = receipt_mac(LINK_KEY, terminal.identity.dev, n, root)
        refused(codes.AUTH, receipts.take, terminal, n - 1, root, code)
        refused(codes.AUTH, receipts.take, terminal, n, bytes(32), code)
        refused(codes.AUTH, receipts.take, terminal, n, root, "")
        refused(codes.RECEIPT, _taken, terminal, n + 1, root)  # more than there are
        refused(codes.RECEIPT, _taken, terminal, n, bytes(32))  # another history
        refused(codes.RECEIPT, _taken, terminal, n - 1, root)
        refused(codes.ARGUMENT, _taken, terminal, n, root[:31])
        assert journal.receipted == 0
        receipts.take(terminal, n, root, code.lower())
        assert journal.receipted == n


def test_a_journal_that_is_shorter_than_its_receipt_does_not_go_on():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        journal = terminal.journal
        _taken(terminal, journal.next_n, journal.root())
        device = journal.device
        for segment in device.segments():
            device.remove(segment)
        refused(codes.JOURNAL_FAULT, started, folder)


def test_flash_is_erased_ahead_of_need_when_nobody_weighs():
    with Scratch() as folder:
        terminal = started(folder)
        assert not terminal.idle()  # it has no key yet
        terminal = provisioned(folder)
        calibrate(terminal)
        load(terminal, 0)
        assert terminal.idle()
        terminal.tap = object()  # a trace runs
        assert not terminal.idle()
        terminal.tap = None
        terminal.begin_calibration()
        assert not terminal.idle()
        terminal.session = None
        load(terminal, 2000)
        assert not terminal.idle()
