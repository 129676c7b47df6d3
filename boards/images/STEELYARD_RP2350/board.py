"""The board file that a sealed RP2350 image freezes: Raspberry Pi Pico 2, wired as a Pico."""

NAME = "steelyard_rp2350"
MODEL = "Steelyard RP2350"

# MicroPython: its port, its build for this board, what sys.implementation._mpy must say.
PORT = "rp2"
BUILD = "STEELYARD_RP2350"
ARCH = "armv7emsp"

# A TEST terminal's records say so, and `steelyard verify` refuses them without --allow-test.
TEST = False

# Most modules tie RATE low: 10 samples/s. A state machine reads, whatever the processor does.
CONVERTER = {"chip": "hx711", "dout": 2, "sck": 3, "gain": 128, "rate_hz": 10, "reader": "pio"}

# Push buttons to ground; they may be missing.
KEYS = {"zero": 10, "tare": 11, "print": 12}

# High while something is wrong: a buzzer or a lamp, or None.
ALARM = 13

# VSYS, a third of it at GPIO29: the regulator makes 3.3 V of 1.8 V and more.
SUPPLY = {"adc": 29, "permille": 3000, "min_mv": 2000}

# What tells how warm the load cell is, or None: the processor's own (RP2350 data sheet, 12.4.6).
THERMOMETER = {"adc": 4, "uv_at_0": 752467, "uv_per_k": -1721}

# An accelerometer with two voltages, and how far the scale may lean in 1/1000; or None.
TILT = None

# High puts a resistor across an arm of the bridge, for the span check; a pin, or None.
SHUNT = None

# What remembers that the case was opened, also without a supply: high once it was; high clears it;
# or None: then nothing locks when it is opened.
CASE = {"latch": 14, "clear": 15}

# Twelve keys in four rows and three columns, for the digits that unlock it; or None.
KEYPAD = None

# How records are signed; the table of comb 8, 48 KB, is in the image. The key is in the file
# system, where a clip on the flash reads it; an ATECC608 ("chip", "sda", "scl") keeps it.
SIGNER = {"arithmetic": "viper", "comb": 8}

# Where records are kept: pages of files in the flash, or "append_file", without the flash.
JOURNAL = {"device": "segment_files", "flash": "flash_rp2"}

NETWORK = None
TCP_PORT = 4590

# 15 kg in steps of 5 g (keys in ../../README.md).
SCALE = {1: 1, 2: -3, 3: 15000, 4: 5}

# Frozen code lies in the flash and takes no heap; what is left of 4 MB behind 1 MB for the image.
MPY_BUDGET_BYTES = 89088
STORAGE_BYTES = 3145728
