"""What is soldered to a virtual board. Owns: the pins. Refuses: nothing. Units: as named."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Wiring:
    """What is soldered to the virtual board (its board file says the same).

    converter: as CONVERTER of the board file. rate_hz: what a RATE pin says, if the chip has one.
    """

    converter: dict[str, object] = field(
        default_factory=lambda: {"chip": "hx711", "dout": 2, "sck": 3}
    )
    rate_hz: int = 80
    rate_error_ppm: int = 0
    keys: tuple[int, ...] = (10, 11, 12)
    keypad_rows: tuple[int, ...] = (30, 31, 32, 33)
    keypad_columns: tuple[int, ...] = (34, 35, 36)
    case: int = 15
    case_clear: int = 23
    shunt: int = 14
    blocks: int = 352
    chip: dict[str, object] | None = None  # of the key: as SIGNER of the board file
    chip_memory: str = ""  # file of what it keeps
    tcp_ports: dict[str, int] = field(default_factory=dict)
