"""How many segments the journal takes of a large flash: what it keeps of each lies in RAM."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from steelyard import boards
from terminal.drivers import segment_setup

BLOCKS = 16  # of 4096 bytes, a segment
MOST = 96


@pytest.mark.parametrize(
    ("free_bytes", "held", "room"),
    [
        (14 << 20, 0, MOST),  # an ESP32-S3 with 16 MB
        (8 << 20, MOST - 1, 1),
        (8 << 20, MOST, 0),
        (8 << 20, MOST + 1, 0),  # of an older firmware
        ((10 + 2 * BLOCKS) * 4096, 3, 2),
        (10 * 4096, 3, 0),
    ],
)
def test_the_room_is_what_is_free_up_to_a_number_of_segments(
    free_bytes: int, held: int, room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = (4096, 4096, 0, free_bytes // 4096)
    monkeypatch.setattr(segment_setup.os, "statvfs", lambda _: free)
    device = SimpleNamespace(
        folder=f"{tmp_path}/journal", blocks=BLOCKS, places=dict.fromkeys(range(held))
    )
    assert segment_setup.room(device) == room


def test_no_stock_board_has_a_larger_flash_than_that() -> None:
    for name in boards.list_boards():
        assert boards.load(name).storage_bytes <= MOST * BLOCKS * 4096
