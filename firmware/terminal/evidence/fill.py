"""How full a journal is, for whoever asks.

Owns: the share that is taken, and its name. Refuses: nothing. Units: bytes, pages of 256.
Loaded when somebody asks.
"""

from steelyard_wire.shim import const

_PAGE = const(256)
_WARN = const(80)


def free(journal) -> int:
    """Bytes left for records, about; a record takes whole pages."""
    pages = journal.device.pages
    try:
        left = journal.segments_left() * (pages - 2) + pages - journal.end
    except OSError:
        left = 0
    return left * _PAGE


def percent(journal) -> int:
    """How much of the room is taken by records that no host has receipted."""
    pages = journal.device.pages
    held = max(0, (len(journal.starts) - journal.freeable()) * pages - pages + journal.end)
    whole = held + free(journal) // _PAGE
    return 100 * held // whole if whole else 100


def erases(journal) -> int:
    """How many blocks were erased for records in the journal's life."""
    # Segments are never numbered anew.
    starts = journal.starts
    last = journal.spare if journal.spare >= 0 else starts[-1][0] if starts else -1
    return (last + 1) * journal.device.blocks


def state(journal) -> str:
    """FAULT, FULL, WARN (80 % taken) or OK."""
    if journal.fault:
        return "FAULT"
    share = percent(journal)
    return "FULL" if journal.full or share >= 100 else "WARN" if share >= _WARN else "OK"
