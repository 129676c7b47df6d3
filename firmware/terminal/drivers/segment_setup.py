"""How segment files are made in a littlefs, and found in its flash.

Owns: what is written into the first page of each of their blocks.
Refuses: with OSError, as file system and flash do; ENOSPC when the settings need what is left.
Units: blocks of 4096 bytes, pages of 256. Loaded for a start and a new segment.

littlefs begins block i of a file with 1 + ctz(i) links of 4 bytes, block 0 with none (its SPEC.md,
CTZ skip-lists). At 32 stands a mark of ours: "SYsg", 8 bytes drawn for this segment, the block's
place in it, three zeros. The file has the same bytes, so the file tells what to look for.
"""

import os

from steelyard_wire.shim import const

_BLOCK = const(4096)
_PAGE = const(256)
_PAGES = const(15)  # of a block, without the first
_MARK = const(32)
_NAME = const(12)  # of a mark, without the place
_RESERVE = const(10)  # blocks that stay free: for the settings, and a folder that is copied
_MOST = const(96)  # segments: each keeps some 130 bytes of RAM, also in a flash of 16 MB
_GROWS = const(4)  # a release may have a quarter more than the firmware that runs
_PACKS = ("a.pack", "b.pack", "a.new", "b.new")  # see slots.py
_MAGIC = b"SYsg"
_SUFFIX = ".seg"
_ENOSPC = const(28)
_EIO = const(5)
_BLOCK_COUNT = const(4)  # ioctl


def _links(index: int) -> int:
    """Bytes of the links at the beginning of a file's block."""
    if not index:
        return 0
    size = 4
    while not index & 1:
        index >>= 1
        size += 4
    return size


def _has_folder(device) -> bool:
    # By what is there, not by the error of a stat: a device error taken for "none" would begin
    # again at 0.
    above, _, name = device.folder.rpartition("/")
    return name in os.listdir(above or "/")


def segments(device) -> "list[int]":
    """Numbers of the segments, ascending; what was not created to its end is removed."""
    device.damaged = False
    if not _has_folder(device):
        return []
    size = sum([_BLOCK - _links(index) for index in range(device.blocks)])
    wanted = {}
    for name in os.listdir(device.folder):
        stem = name[: -len(_SUFFIX)]
        if not name.endswith(_SUFFIX) or not stem.isdigit():
            continue
        segment = int(stem)
        path = device.path(segment)
        if os.stat(path)[6] != size:
            os.remove(path)  # the file system never saw its end
        elif segment not in device.places:
            with open(path, "rb") as file:
                wanted[file.read(_MARK + _NAME)[_MARK:]] = segment
    if wanted:
        _scan(device, wanted)
    return sorted(device.places)


def _scan(device, wanted) -> None:
    """Find the blocks of the segments whose marks are given."""
    mark = bytearray(_NAME + 4)
    places = {}
    for block in range(device.flash.ioctl(_BLOCK_COUNT, 0)):
        device.flash.readblocks(block, mark, _MARK)
        segment = wanted.get(bytes(mark[:_NAME]))
        if segment is None or mark[_NAME] >= device.blocks:
            continue
        row = places.setdefault(segment, [-1] * device.blocks)
        # Two blocks that say that they are the same are neither.
        row[mark[_NAME]] = block if row[mark[_NAME]] == -1 else -2
    for segment in wanted.values():
        if min(places.get(segment, (-1,))) < 0:
            device.damaged = True
        else:
            device.places[segment] = places[segment]


def room(device) -> int:
    """How many segments can still be created; beside them a release of the firmware has room."""
    root = device.folder.rpartition("/")[0]
    free = os.statvfs(root or "/")[3] - _RESERVE
    there = os.listdir(root or "/")
    packs = [os.stat(root + "/" + name)[6] for name in _PACKS if name in there]
    if packs:
        most = max(packs)
        # What is there beside the firmware that runs, has its room already.
        free -= max(0, most + most // _GROWS - (sum(packs) - most)) // _BLOCK
    return min(max(0, free) // device.blocks, max(0, _MOST - len(device.places)))


def create_steps(device, segment: int):
    """Generator: make a blank segment, a block at a time; OSError if it cannot be had."""
    if not device.room():
        raise OSError(_ENOSPC)
    if not _has_folder(device):
        os.mkdir(device.folder)
    mark = _MAGIC + device.random(8)
    path = device.path(segment)
    blank = b"\xff" * _PAGE
    file = open(path, "wb")  # noqa: SIM115 - a generator: closed below, or not to its end
    try:
        for index in range(device.blocks):
            links = _links(index)
            head = bytes(_MARK - links) + mark + bytes([index, 0, 0, 0])
            file.write(head + b"\xff" * (_PAGE - links - len(head)))
            for _ in range(_PAGES):
                file.write(blank)
            yield 0  # other tasks may run; there is nothing to wait for
        file.close()
        _scan(device, {mark: segment})
        if segment not in device.places:
            device.damaged = False
            raise OSError(_EIO)
    except GeneratorExit:
        file.close()  # too short: `segments` removes it
        raise
    except OSError:
        file.close()
        os.remove(path)
        raise
