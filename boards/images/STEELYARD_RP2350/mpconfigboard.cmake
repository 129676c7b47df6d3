# Raspberry Pi Pico 2, or another board of the same flash and pins.
set(PICO_BOARD "pico2")
set(PICO_PLATFORM "rp2350") # the Arm processors; OTP shuts the others out (docs/sealing.md)

set(MICROPY_SOURCE_BOARD ${MICROPY_BOARD_DIR}/../no_prompt.c)
set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
