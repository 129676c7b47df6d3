"""The host's receipts: what is in its database and may be removed when its room is needed.

Owns: the file "receipt" of the settings. Refuses: with `Refused(code)`, a code that the link key
does not give (AUTH), more records than there are and another history than the journal's (RECEIPT).
Units: none. Loaded for a receipt.
"""

from steelyard_wire import codes
from steelyard_wire.auth import receipt_mac
from steelyard_wire.codes import Refused

from terminal.evidence import settings


def take(terminal, n: int, root: bytes, code: str) -> int:
    """Records 0..n-1, whose tree has this root, are kept elsewhere; how many are by now."""
    if terminal.identity is None:  # one that has stopped may have one, and nothing that signs
        raise Refused(codes.NOT_PROVISIONED, "")
    journal = terminal.journal
    if code.upper() != receipt_mac(terminal.link_key, terminal.identity.dev, n, root):
        raise Refused(codes.AUTH, "")
    if n > journal.next_n:
        raise Refused(codes.RECEIPT, "there are " + str(journal.next_n) + " records")
    # A receipt repeats what those before it said; an older one says nothing new.
    if n > journal.receipted:
        if journal.root_at(n) != root:
            raise Refused(codes.RECEIPT, "another root")
        settings.save(terminal.files, "receipt", {1: n, 2: root})
        journal.take_receipt(n)
    return journal.receipted
