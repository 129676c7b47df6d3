"""ESP32-C3 with 4 MB of flash (ESP32-C3-DevKitM-1), HX711 on GPIO4 and GPIO5; see README.md."""

NAME = "esp32_c3"
MODEL = "Steelyard ESP32-C3"

# MicroPython: its port, its build for this board, what sys.implementation._mpy must say.
PORT = "esp32"
BUILD = "ESP32_GENERIC_C3"
ARCH = "rv32imc"

# A TEST terminal's records say so, and `steelyard verify` refuses them without --allow-test.
TEST = False

# Neither strapping (2, 8, 9), flash (11 to 17), USB (18, 19) nor console pins (20, 21): the eight
# that are left are all used.
CONVERTER = {"chip": "hx711", "dout": 4, "sck": 5, "gain": 128, "rate_hz": 10}

# Push buttons to ground; they may be missing.
KEYS = {"zero": 6, "tare": 7, "print": 10}

# High while something is wrong: a buzzer or a lamp, or None.
ALARM = 3

# Nothing measures what feeds the board: the converter of an ESP32 is not good enough.
SUPPLY = None

# What tells how warm the load cell is, or None.
THERMOMETER = None

# An accelerometer with two voltages, and how far the scale may lean in 1/1000; or None.
TILT = None

# High puts a resistor across an arm of the bridge, for the span check; a pin, or None.
SHUNT = None

# What remembers that the case was opened, also without a supply: high once it was; high clears it;
# or None: then nothing locks when it is opened.
CASE = {"latch": 0, "clear": 1}

# Twelve keys in four rows and three columns, for the digits that unlock it; or None.
KEYPAD = None

# How records are signed: "viper" is machine code, "bigint" runs everywhere; comb 6 is a table of
# 6 KB in RAM, 8 one of 48 KB in the file system.
SIGNER = {"arithmetic": "viper", "comb": 8}

# Where records are kept: pages of files in the flash, or "append_file", without the flash.
JOURNAL = {"device": "segment_files", "flash": "flash_esp32"}

# Its RAM holds either the firmware or Wi-Fi (README.md); the service line is on USB.
NETWORK = None
TCP_PORT = 4590

# 15 kg in steps of 5 g (keys in README.md).
SCALE = {1: 1, 2: -3, 3: 15000, 4: 5}

# Code needs about 1.45 times its .mpy size in RAM, of which MicroPython has 203 KB here.
MPY_BUDGET_BYTES = 89088
# What the stock build gives the file system: all but the first 2 MB, here of 4.
STORAGE_BYTES = 2097152
