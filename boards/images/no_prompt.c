// What a sealed image runs where stock MicroPython shows its prompt.
//
// Owns: both doors behind which code can be typed, pyexec_friendly_repl and pyexec_raw_repl (Ctrl-A;
// mpremote's). Refuses: to be built with the compiler, which would bring them from
// shared/runtime/pyexec.c. Units: milliseconds.
//
// main.c of ports/rp2 and ports/esp32 calls one of the two when main.py has ended, whatever it ended
// with. The terminal's main.py does not end; if it does, the board starts again, after a while in
// which its last words can be read.

#include "py/mphal.h"
#include "shared/runtime/pyexec.h"

#if MICROPY_ENABLE_COMPILER
#error "an image with a compiler has a prompt"
#endif

#ifdef ESP_PLATFORM
#include "esp_system.h"
#else
#include "hardware/watchdog.h"
#endif

#define READABLE_MS (2000)

static void start_again(void) {
    mp_hal_delay_ms(READABLE_MS);
    #ifdef ESP_PLATFORM
    esp_restart();
    #else
    watchdog_reboot(0, 0, 0);
    for (;;) {
    }
    #endif
}

int pyexec_friendly_repl(void) {
    start_again();
    return 0;
}

int pyexec_raw_repl(void) {
    start_again();
    return 0;
}
