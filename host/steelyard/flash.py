"""Puts the firmware on a board and proves that it is there.

Owns: the order of the steps, and what must be true before and after each of them.
Refuses: with `FlashFailed`, whose `exit_code` is 3 when the board cannot be reached and 4 when it
is the wrong one, is full, or ends with other software than was copied. Text is for people.
Units: sizes in bytes, times in seconds.

1. Survey: what the board is and which of the files it has. Nothing has been changed yet.
2. Refuse another architecture, .mpy format or MicroPython version, and a lack of space.
3. Take main.py away, remove what is left over, copy what differs, main.py last. A board that loses
   its supply or its cable in between starts to the REPL, never into half a program; the same
   command continues where it stopped.
4. Survey again: every file as it should be. Restart. The terminal's own software identification
   must be the one computed here.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from steelyard.boards import Board
from steelyard.errors import NO_DEVICE, REFUSED, UserError
from steelyard.fitting import misfit, release_of
from steelyard.image import Image, build
from steelyard.link import Link
from steelyard.remote import Remote, RemoteError, Survey
from steelyard.scratch import room_needed, scratch
from steelyard.virtual import prepare_virtual

__all__ = ["FlashFailed", "Report", "flash", "prepare_virtual"]

_MAIN = "/main.py"
# After the pack, so that what starts is newer than what it starts.
_LATE = ("/boot.py",)
_RESERVE_BLOCKS = 2
_START_S = 30.0
_SEALED = (
    "The terminal at {port} is sealed: there is no prompt on it. Give it new firmware with"
    " `steelyard update {port} FILE`, or open it for the bench with"
    " `steelyard unseal {port} --reason WHY`."
)
_CONTINUE = " Nothing is lost: run the same command again, it continues where it stopped."

Ask = Callable[[str], Mapping[str, str]]
Progress = Callable[[int, int, str], None]
Look = Callable[[], None]


class FlashFailed(UserError):
    """The board is not flashed."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(exit_code, sentence)


@dataclass(frozen=True)
class Plan:
    """What differs between an image and a board, in the order in which it is made equal."""

    copies: list[str]
    removals: list[str]
    old_folders: list[str]
    needed_bytes: int
    free_bytes: int

    @property
    def is_empty(self) -> bool:
        """Whether the board has exactly the files of the image."""
        return not (self.copies or self.removals or self.old_folders)


@dataclass(frozen=True)
class Report:
    """What was done. software_id: 32 bytes in hex; state: as in the reply to ID, "" if not asked.

    copied, removed: paths on the board (of a dry run: what would be). chip: its number in hex.
    """

    board: str
    port: str
    machine: str
    chip: str
    micropython: str
    files: int
    copied: list[str]
    removed: list[str]
    bytes_copied: int
    software_id: str
    state: str
    dry_run: bool


def check_board(image: Image, survey: Survey) -> None:
    """Refuse a board that the image is not for; FlashFailed names both sides."""
    sentence = misfit(image, survey)
    if sentence:
        raise FlashFailed(f"{sentence} Nothing was changed.", REFUSED)


def make_plan(image: Image, survey: Survey) -> Plan:
    """What to copy and remove, and the space for it.

    The bytes needed are an upper bound for littlefs: whole blocks for every file, and room for the
    largest file beside the old one, which it replaces only when it is complete.
    """
    placed = image.placed()
    digests = _digests(placed)
    differing = [path for path in digests if survey.files.get(path, (0, b""))[1] != digests[path]]
    copies = sorted(path for path in differing if path not in (*_LATE, _MAIN))
    copies += [path for path in (*_LATE, _MAIN) if path in differing]
    removals = sorted(set(survey.files) - set(digests))
    # Of a firmware from before there were packs.
    old_folders = sorted(survey.folders, reverse=True)
    if (copies or removals) and copies != [_MAIN]:
        # main.py goes first and comes back last, whether it has changed or not.
        copies = [path for path in copies if path != _MAIN] + [_MAIN]
        if _MAIN in survey.files:
            removals.insert(0, _MAIN)
    block = survey.block_bytes or 4096

    def blocks(size: int) -> int:
        return -(-size // block)

    new = [blocks(len(placed[path])) for path in copies]
    old = sum(
        blocks(survey.files[path][0]) for path in {*copies, *removals} if path in survey.files
    )
    needed = sum(new) - old + max(new, default=0)
    if new:
        needed += _RESERVE_BLOCKS
    return Plan(
        copies,
        removals,
        old_folders,
        max(needed, 0) * block,
        survey.free_blocks * block,
    )


def _check_space(plan: Plan) -> None:
    if plan.needed_bytes > plan.free_bytes:
        raise FlashFailed(
            f"The board's file system is too full: {plan.needed_bytes} bytes are needed and"
            f" {plan.free_bytes} are free. Remove what is not needed (mpremote fs rm …), then run"
            " the same command again. Nothing was changed.",
            REFUSED,
        )


def _digests(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {path: hashlib.sha256(body).digest() for path, body in files.items()}


def _differences(placed: Mapping[str, bytes], survey: Survey) -> list[str]:
    digests = _digests(placed)
    both = {*digests, *survey.files}
    return sorted(p for p in both if survey.files.get(p, (0, b""))[1] != digests.get(p))


def copy(remote: Remote, image: Image, plan: Plan) -> None:
    """Make the board's files those of the image; FlashFailed, RemoteError, UserError."""
    placed = image.placed()
    with room_needed("The files of the board are as they were"), scratch() as folder:
        steps = [["fs", "rm", *(f":{path}" for path in plan.removals)]] if plan.removals else []
        steps += [["fs", "rmdir", f":{path}"] for path in plan.old_folders]
        for path in plan.copies:
            local = folder / path[1:].replace("/", "-")
            local.write_bytes(placed[path])
            steps.append(["fs", "cp", "--force", str(local), f":{path}"])
        last = [steps.pop()] if plan.copies else []
        survey = remote.survey(*steps)
        wrong = [path for path in _differences(placed, survey) if path != _MAIN]
        if not wrong and last:
            wrong = _differences(placed, remote.survey(*last))
    if wrong:
        raise FlashFailed(
            f"{', '.join(wrong)}: the board reads back something else than was copied. Its flash"
            " memory may be worn out; run the same command again.",
            REFUSED,
        )


def _progress_lines(plan: Plan, progress: Progress) -> Callable[[str], None]:
    names = iter(plan.copies)
    done = 0

    def line(text: str) -> None:
        # mpremote announces each copy with the command that it carries out.
        nonlocal done
        if text.startswith("cp "):
            done += 1
            progress(done, len(plan.copies), next(names, ""))

    return line


def ask_id(port: str) -> Mapping[str, str]:
    """The key=value words of the terminal's reply to ID; NoDevice while it does not answer."""
    with Link(port, timeout=3) as link:
        return link.command("ID").values


def _is_sealed(ask: Ask, port: str) -> bool:
    """Whether a sealed terminal answers there, where nobody gave a prompt."""
    try:
        return ask(port).get("sealed") == "1"
    except UserError:
        return False


def wait_for(
    ask: Ask, port: str, seconds: float = _START_S, look: Look = lambda: None
) -> Mapping[str, str]:
    """The terminal's reply to ID, once it has started."""
    end = time.monotonic() + seconds
    while True:
        try:
            return ask(port)
        except UserError as error:
            if time.monotonic() > end or error.exit_code != NO_DEVICE:
                raise FlashFailed(
                    f"All files are on the board, but the terminal did not answer at {port} within"
                    f" {seconds:.0f} s: {error}. What it prints can be seen with"
                    f" `mpremote connect {port} repl`.",
                    error.exit_code,
                ) from None
        look()
        time.sleep(0.5)


def _check_identification(reply: Mapping[str, str], wanted: bytes) -> None:
    if reply.get("swid") != wanted.hex():
        raise FlashFailed(
            f"The terminal calls its software {reply.get('swid', 'nothing')}, computed here was"
            f" {wanted.hex()}: it does not run what was copied. Run the same command again.",
            REFUSED,
        )


def _carry_out(image: Image, plan: Plan, port: str, progress: Progress, look: Look) -> None:
    try:
        copy(Remote(port, _progress_lines(plan, progress), look=look), image, plan)
    except RemoteError as error:
        if error.full:
            raise FlashFailed(
                f"{error} The terminal will not start until it is flashed: make room (mpremote fs"
                " rm …) and run the same command again, it continues where it stopped.",
                REFUSED,
            ) from None
        raise FlashFailed(f"{error}{_CONTINUE}", error.exit_code) from None


def flash(
    board: Board,
    port: str,
    dry_run: bool = False,
    progress: Progress = lambda done, total, path: None,
    ask: Ask = ask_id,
    look: Look = lambda: None,
) -> Report:
    """Flash `board` at the address `port`; FlashFailed.

    ask: gives the words of the terminal's reply to ID; NoDevice while it does not answer.
    progress: called with (number of the file, files, path) before each copy. look: as Remote's.
    """
    with room_needed("The files of the board are as they were"):
        image = build(board)
    sealed = False

    def may_come() -> bool:
        nonlocal sealed
        sealed = _is_sealed(ask, port)
        return not sealed

    remote = Remote(port, may_come=may_come, look=look)
    try:
        survey = remote.survey(resume=False)
    except RemoteError as error:
        raise (
            FlashFailed(_SEALED.format(port=port), REFUSED)
            if sealed
            else FlashFailed(str(error), error.exit_code)
        ) from None
    plan = make_plan(image, survey)
    try:
        check_board(image, survey)
        _check_space(plan)
        if not dry_run and not plan.is_empty:
            _carry_out(image, plan, port, progress, look)
    except FlashFailed as failed:
        if failed.exit_code == REFUSED:
            remote.reset()
        raise
    remote.reset()
    wanted = image.software_id(survey.platform_text())
    state = ""
    if not dry_run:
        reply = wait_for(ask, port, look=look)
        _check_identification(reply, wanted)
        state = reply.get("state", "")
    return Report(
        board=board.name,
        port=port,
        machine=survey.machine,
        chip=survey.chip,
        micropython=release_of(survey),
        files=len(image.placed()),
        copied=plan.copies,
        removed=[path for path in plan.removals if path != _MAIN],
        bytes_copied=sum(len(image.placed()[path]) for path in plan.copies),
        software_id=wanted.hex(),
        state=state,
        dry_run=dry_run,
    )
