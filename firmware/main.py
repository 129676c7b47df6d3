"""Runs after boot.py: the weighing terminal. A sealed one that ends, however, starts again.

A watchdog, which nothing can stop, runs on a sealed terminal, and on any while its firmware is on
trial: one that hangs is started again, and after three times no more.

The collector runs often: a module that is loaded while garbage lies between what stays leaves
holes, and of 139 KB that were free once the largest piece had 1.9 KB. A collection takes some
milliseconds, in which samples wait in their ring.
"""

while True:  # before anything else: see boot.py
    try:
        import micropython

        micropython.kbd_intr(-1)
        break
    except KeyboardInterrupt:
        pass

import gc  # noqa: E402 - after it
import os  # noqa: E402
import sys  # noqa: E402

import machine  # noqa: E402

SEALED = "state" in os.listdir("/") and "sealed.cbor" in os.listdir("/state")
if not SEALED:
    micropython.kbd_intr(3)
try:
    gc.threshold(4096)  # while modules are loaded

    import packed
    import slots

    if slots.begin(machine.reset) or SEALED:
        packed.watchdog = machine.WDT(timeout=8300)  # ms; 8388 is the most on rp2
    del slots, sys.modules["slots"]  # until it is needed again

    from terminal.app import main

    gc.collect()
    gc.threshold(32768)

    main(SEALED)
except Exception as error:  # noqa: BLE001 - whatever it was: the fixed part knows what now
    import slots

    slots.failed(error, machine.reset)
finally:
    if SEALED:
        machine.reset()
