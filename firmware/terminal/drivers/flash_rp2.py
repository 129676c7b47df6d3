"""The flash of an rp2 board that its littlefs lies in.

Owns: which object that is. Refuses: nothing. Units: none.
"""

import rp2


def flash(_wiring, _machine, _time):
    """Speaks the block protocol of vfs.AbstractBlockDev; the stock _boot.py mounts the same."""
    return rp2.Flash()
