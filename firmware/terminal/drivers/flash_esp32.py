"""The flash partition of an ESP32 that its littlefs lies in.

Owns: which partition that is. Refuses: with OSError, a board that has none of that name.
Units: none.
"""

import esp32

_ENODEV = 19


def flash(_wiring, _machine, _time):
    """Speaks the block protocol of vfs.AbstractBlockDev; the stock _boot.py mounts the same."""
    found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label="vfs")
    if not found:
        raise OSError(_ENODEV)
    return found[0]
