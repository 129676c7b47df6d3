"""The board file that a sealed ESP32-S3 image freezes: ESP32-S3-DevKitC-1 with 8 MB of flash."""

NAME = "steelyard_esp32_s3"
MODEL = "Steelyard ESP32-S3"

# MicroPython: its port, its build for this board, what sys.implementation._mpy must say.
PORT = "esp32"
BUILD = "STEELYARD_ESP32_S3"
ARCH = "xtensawin"

# A TEST terminal's records say so, and `steelyard verify` refuses them without --allow-test.
TEST = False

# Neither strapping (0, 3, 45, 46), flash (26 to 37), USB (19, 20) nor console pins (43, 44).
CONVERTER = {"chip": "hx711", "dout": 4, "sck": 5, "gain": 128, "rate_hz": 10}

# Push buttons to ground; they may be missing.
KEYS = {"zero": 6, "tare": 7, "print": 15}

# High while something is wrong: a buzzer or a lamp, or None.
ALARM = 16

# Nothing measures what feeds the board.
SUPPLY = None

# What tells how warm the load cell is, or None.
THERMOMETER = None

# An accelerometer with two voltages, and how far the scale may lean in 1/1000; or None.
TILT = None

# High puts a resistor across an arm of the bridge, for the span check; a pin, or None.
SHUNT = None

# What remembers that the case was opened, also without a supply: high once it was; high clears it;
# or None: then nothing locks when it is opened.
CASE = {"latch": 11, "clear": 12}

# Twelve keys in four rows and three columns, for the digits that unlock it; or None.
KEYPAD = None

# How records are signed; the table of comb 8, 48 KB, is in the image. The key is in the partition
# "vfs", which is encrypted.
SIGNER = {"arithmetic": "viper", "comb": 8}

# Where records are kept: the partition "journal" (modules/terminal/drivers/partition_esp32.py).
JOURNAL = {"device": "raw_region", "flash": "partition_esp32"}

NETWORK = "wlan"
TCP_PORT = 4590

# 15 kg in steps of 5 g (keys in ../../README.md).
SCALE = {1: 1, 2: -3, 3: 15000, 4: 5}

# Frozen code lies in the flash and takes no heap; what the partition "vfs" has.
MPY_BUDGET_BYTES = 91136
STORAGE_BYTES = 393216
