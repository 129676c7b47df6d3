# An ESP32-S3 module with 8 MB of flash or more (ESP32-S3-WROOM-1-N8). PSRAM is not used.
set(IDF_TARGET esp32s3)

# The partition table lies beside this file; Kconfig knows no path relative to a fragment.
set(STEELYARD_PARTITIONS ${CMAKE_BINARY_DIR}/sdkconfig.partitions)
file(WRITE ${STEELYARD_PARTITIONS}
    "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${MICROPY_BOARD_DIR}/partitions.csv\"\n")

set(SDKCONFIG_DEFAULTS
    boards/sdkconfig.base
    boards/sdkconfig.usb
    ${MICROPY_BOARD_DIR}/sdkconfig.board
    ${STEELYARD_PARTITIONS}
)

set(MICROPY_SOURCE_BOARD ${MICROPY_BOARD_DIR}/../no_prompt.c)
set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
