// A sealed terminal on an RP2350: no prompt, no compiler, no drive, nothing loaded from the flash.

#define MICROPY_HW_BOARD_NAME                   "Steelyard RP2350"
#define MICROPY_HW_FLASH_STORAGE_BYTES          (PICO_FLASH_SIZE_BYTES - 1024 * 1024)

// No source is run, wherever it comes from; ../no_prompt.c stands where the prompt was.
#define MICROPY_ENABLE_COMPILER                 (0)
#define MICROPY_PY_BUILTINS_COMPILE             (0)
#define MICROPY_PY_BUILTINS_EVAL_EXEC           (0)
#define MICROPY_PY_BUILTINS_EXECFILE            (0)
#define MICROPY_HELPER_REPL                     (0)

// The service line is on USB, and nowhere else.
#define MICROPY_HW_ENABLE_UART_REPL             (0)
#define MICROPY_PY_OS_DUPTERM                   (0)
#define MICROPY_HW_USB_MSC                      (0)
#define MICROPY_HW_ENABLE_USB_RUNTIME_DEVICE    (0)

// A host that opens the port at 1200 bit/s does not lead into BOOTSEL.
#define MICROPY_HW_USB_CDC_1200BPS_TOUCH        (0)

// No second place that code is loaded from.
#define MICROPY_HW_ROMFS_BYTES                  (0)

// MICROPY_KBD_EXCEPTION stays as it is: Ctrl-C ends main.py, and the terminal starts again.
