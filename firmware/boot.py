"""Runs first on every board, after the stock _boot.py has mounted the flash.

Of a sealed terminal no byte on the console is more than a byte from here on. MicroPython makes
Ctrl-C an interrupt again for each file that it runs, so main.py begins in the same way.
"""

while True:  # one that was typed before may still come out
    try:
        import micropython

        micropython.kbd_intr(-1)
        break
    except KeyboardInterrupt:
        pass

import os  # noqa: E402 - after it

if "state" not in os.listdir("/") or "sealed.cbor" not in os.listdir("/state"):
    micropython.kbd_intr(3)

import slots  # noqa: E402 - after it

slots.enter()
