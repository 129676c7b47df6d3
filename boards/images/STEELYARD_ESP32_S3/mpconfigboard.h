// A sealed terminal on an ESP32-S3: no prompt, no compiler, nothing loaded from the flash.

#define MICROPY_HW_BOARD_NAME                   "Steelyard ESP32-S3"
#define MICROPY_HW_MCU_NAME                     "ESP32S3"

// No source is run, wherever it comes from; ../no_prompt.c stands where the prompt was.
#define MICROPY_ENABLE_COMPILER                 (0)
#define MICROPY_PY_BUILTINS_COMPILE             (0)
#define MICROPY_PY_BUILTINS_EVAL_EXEC           (0)
#define MICROPY_PY_BUILTINS_EXECFILE            (0)
#define MICROPY_HELPER_REPL                     (0)

// The service line is on the USB port of the chip and on Wi-Fi, and nowhere else.
#define MICROPY_HW_ENABLE_UART_REPL             (0)
#define MICROPY_HW_ENABLE_USB_RUNTIME_DEVICE    (0)
#define MICROPY_PY_BLUETOOTH                    (0)
#define MICROPY_PY_ESPNOW                       (0)

// MICROPY_HW_USB_CDC_DTR_RTS_BOOTLOADER is fixed by the port: a host can restart the chip into its
// download mode, which the eFuses of a sealed one refuse.
// MICROPY_KBD_EXCEPTION stays as it is: Ctrl-C ends main.py, and the terminal starts again.
