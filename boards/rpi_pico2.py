"""Raspberry Pi Pico 2 (RP2350), HX711 on GP2 and GP3: wired as a Pico, see README.md."""

NAME = "rpi_pico2"
MODEL = "Steelyard Pico 2"

# MicroPython: its port, its build for this board (not the one for the RISC-V processors), what
# sys.implementation._mpy must say.
PORT = "rp2"
BUILD = "RPI_PICO2"
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

# How records are signed: "viper" is machine code, "bigint" runs everywhere; comb 6 is a table of
# 6 KB in RAM, 8 one of 48 KB in the file system.
SIGNER = {"arithmetic": "viper", "comb": 8}

# Where records are kept: pages of files in the flash, or "append_file", without the flash.
JOURNAL = {"device": "segment_files", "flash": "flash_rp2"}

NETWORK = None
TCP_PORT = 4590

# 15 kg in steps of 5 g (keys in README.md).
SCALE = {1: 1, 2: -3, 3: 15000, 4: 5}

# Code needs about 1.45 times its .mpy size in RAM, of which there is twice a Pico's.
MPY_BUDGET_BYTES = 262144
# What the stock build gives the file system: 4 MB without the first.
STORAGE_BYTES = 3145728
