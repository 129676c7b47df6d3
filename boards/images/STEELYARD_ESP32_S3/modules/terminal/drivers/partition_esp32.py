"""The partition of a sealed ESP32 image that holds nothing but records.

Owns: which partition that is. Refuses: with OSError, a partition table that has none of that name.
Units: none.

It is not encrypted, as the file system is: pages are programmed in place, into blocks that read as
erased, and flash encryption allows neither. Records are signed and no secret.
"""

import esp32

_ENODEV = 19


def flash(_wiring, _machine, _time):
    """Speaks the block protocol of vfs.AbstractBlockDev, for raw_region."""
    found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label="journal")
    if not found:
        raise OSError(_ENODEV)
    return found[0]
