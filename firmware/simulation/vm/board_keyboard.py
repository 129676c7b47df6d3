"""The `micropython` module of the virtual board: the VM's own, with a kbd_intr that works.

Owns: which byte interrupts the program. Refuses: nothing. Units: none.

The VM's own kbd_intr(-1) has the operating system kill it; on a board the byte is read as any
other.
"""

import micropython

for _name in dir(micropython):
    globals()[_name] = getattr(micropython, _name)


def kbd_intr(character):
    """Which byte raises KeyboardInterrupt, -1 for none."""
    import board_time

    board_time.ask(board_time.INTERRUPT_KEY, character)
