"""Steelyard's host toolkit: flash, provision, calibrate, read and verify weighing terminals."""

import os

__version__ = "0.1.0"

# Before numpy is imported anywhere. Its matrices are small here, and the threads of its algebra
# spin while they wait: ten terminals at once would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
