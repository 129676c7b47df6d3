"""The virtual terminal: a MicroPython VM with chip models for pins (firmware/simulation)."""

NAME = "virtual"
MODEL = "Steelyard Virtual"

# MicroPython: its port, its build, what sys.implementation._mpy must say.
PORT = "unix"
BUILD = "standard"
ARCH = "x64"

# Its records say TEST, and `steelyard verify` refuses them without --allow-test.
TEST = True

CONVERTER = {"chip": "hx711", "dout": 2, "sck": 3, "gain": 128, "rate_hz": 80}

# Push buttons to ground; they may be missing.
KEYS = {"zero": 10, "tare": 11, "print": 12}

# High while something is wrong: a buzzer or a lamp, or None.
ALARM = 13

# What feeds the board, measured by the processor; below min_mv there is no weight.
SUPPLY = {"adc": 29, "permille": 3000, "min_mv": 2700}

# What tells how warm the load cell is, or None: the processor's own (RP2040 data sheet, 4.9.5).
THERMOMETER = {"adc": 4, "uv_at_0": 752467, "uv_per_k": -1721}

# An accelerometer with two voltages, and how far the scale may lean in 1/1000; or None.
TILT = {"x": 26, "y": 27, "uv_level": 1650000, "uv_per_g": 300000, "permille": 15}

# High puts a resistor across an arm of the bridge, for the span check; a pin, or None.
SHUNT = None

# What remembers that the case was opened, also without a supply: high once it was; high clears it;
# or None: then nothing locks when it is opened.
CASE = {"latch": 15, "clear": 23}

# Twelve keys in four rows and three columns, for the digits that unlock it; or None.
KEYPAD = {"rows": (30, 31, 32, 33), "columns": (34, 35, 36)}

# How records are signed: "viper" is machine code, "bigint" runs everywhere; comb 6 is a table of
# 6 KB in RAM, 8 one of 48 KB in the file system.
SIGNER = {"arithmetic": "bigint", "comb": 6}

# Where records are kept: pages of files in the flash, or "append_file", without the flash.
JOURNAL = {"device": "segment_files", "flash": "flash_rp2"}

NETWORK = "wlan"
TCP_PORT = 4590

# 15 kg in steps of 5 g (keys in README.md).
SCALE = {1: 1, 2: -3, 3: 15000, 4: 5}

# The flash file has the geometry of a Pico.
MPY_BUDGET_BYTES = 87040
STORAGE_BYTES = 1441792
