"""ESP32-S3 with 8 MB of flash (ESP32-S3-DevKitC-1 N8), HX711 on GPIO4 and GPIO5; see README.md."""

NAME = "esp32_s3"
MODEL = "Steelyard ESP32-S3"

# MicroPython: its port, its build for this board, what sys.implementation._mpy must say.
PORT = "esp32"
BUILD = "ESP32_GENERIC_S3"
ARCH = "xtensawin"

# A TEST terminal's records say so, and `steelyard verify` refuses them without --allow-test.
TEST = False

# Neither strapping (0, 3, 45, 46), flash (26 to 37), USB (19, 20) nor console pins (43, 44).
CONVERTER = {"chip": "hx711", "dout": 4, "sck": 5, "gain": 128, "rate_hz": 10}

# Push buttons to ground; they may be missing.
KEYS = {"zero": 6, "tare": 7, "print": 15}

# High while something is wrong: a buzzer or a lamp, or None.
ALARM = 16

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
CASE = {"latch": 11, "clear": 12}

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
# What the stock build gives the file system: all but the first 2 MB, here of 8.
STORAGE_BYTES = 6291456
