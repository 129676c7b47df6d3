"""The `rp2` module of the virtual board, as far as its flash goes.

Owns: the chip that the launcher mounts. Refuses: nothing. Units: none.

The virtual board has a Pico's flash; what programs a Pico's programs this one.
"""

chip = None  # nor.NorFlash


def Flash():
    """The flash that the file system lies in (rp2.Flash)."""
    return chip
