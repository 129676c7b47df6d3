"""Steelyard's host toolkit: flash, provision, calibrate, read and verify weighing terminals."""

__version__ = "0.1.0"
