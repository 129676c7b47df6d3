"""ESP32 with 4 MB of flash (ESP32-DevKitC), HX711 on GPIO32 and GPIO33; wiring in README.md."""

NAME = "esp32"
MODEL = "Steelyard ESP32"

# MicroPython: its port, its build for this board, what sys.implementation._mpy must say.
PORT = "esp32"
BUILD = "ESP32_GENERIC"
ARCH = "xtensawin"

# A TEST terminal's records say so, and `steelyard verify` refuses them without --allow-test.
TEST = False

# Neither strapping nor flash nor console pins. Most modules tie RATE low: 10 samples/s.
CONVERTER = {"chip": "hx711", "dout": 32, "sck": 33, "gain": 128, "rate_hz": 10}

# Push buttons to ground; they may be missing.
KEYS = {"zero": 25, "tare": 26, "print": 27}

# High while something is wrong: a buzzer or a lamp, or None.
ALARM = 14

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
CASE = {"latch": 22, "clear": 23}

# Twelve keys in four rows and three columns, for the digits that unlock it; or None.
KEYPAD = None

# How records are signed: "viper" is machine code, "bigint" runs everywhere; comb 6 is a table of
# 6 KB in RAM, 8 one of 48 KB in the file system.
SIGNER = {"arithmetic": "viper", "comb": 8}

# Where records are kept: pages of files in the flash, or "append_file", without the flash.
JOURNAL = {"device": "segment_files", "flash": "flash_esp32"}

NETWORK = "wlan"
TCP_PORT = 4590

# 15 kg in steps of 5 g (keys in README.md).
SCALE = {1: 1, 2: -3, 3: 15000, 4: 5}

# Code needs about 1.45 times its .mpy size in RAM. TLS and MQTT, when they come, leave it 51200.
MPY_BUDGET_BYTES = 91136
# What the stock build gives the file system.
STORAGE_BYTES = 2097152
