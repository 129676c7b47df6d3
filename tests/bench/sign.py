"""The bench topic `sign`: what a signature costs, in every variant and beside a textbook, and what
a verification does.

Owns: the count of big multiplications (both factors above 128 bits), the garbage, the times of all
variants in one run of one VM. Refuses: nothing; what cannot be had is a word in its place.
Units: bytes; times as a share of the textbook's in the same run, by medians; those of a
verification as its units of work say, 69 us of an RP2040 each.

Multiplications of the bigint variants are counted on CPython, in the source, with each `*` made a
call; those of machine code in the VM, where each is a call. Garbage is that of the 32-bit VM with
its collector off; machine code runs in the 64-bit VM alone, whose objects are up to twice as
large. micropython-lib's SHA-512 is that of PyPI's micropython-hashlib, which pip finds and cannot
install.
"""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path
from typing import Any

import vms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from terminal.evidence import sha512_limbs

ROOT = vms.ROOT
PATHS = (ROOT / "protocol", ROOT / "firmware", ROOT / "tests/unit", ROOT / "tests/bench")
VARIANTS = ("bigint_comb6", "bigint_comb8", "viper_comb6", "viper_comb8")
MESSAGE = bytes(range(256))  # about what is signed of a reading
SEED = b"TEST" * 8

_LIBRARY = "micropython-hashlib==2.4.0.post5"
_LIBRARY_SHA256 = "9139da0065478dcf9d6d8793cbd2a5a616375962e93231cf3d52e07cb6801c22"
_LIBRARY_FOLDER = ROOT / "build/micropython-hashlib"


class _Counter(ast.NodeTransformer):
    """Makes each product a call that counts."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Mult):
            return node
        called = ast.Call(ast.Name("_counted", ast.Load()), [node.left, node.right], [])
        return ast.copy_location(called, node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        if isinstance(node.op, ast.Mult):
            raise NotImplementedError("*= is not counted")
        self.generic_visit(node)
        return node


class _Count:
    """Modules whose big multiplications are counted."""

    def __init__(self) -> None:
        self.total = 0

    def _counted(self, first: Any, second: Any) -> Any:
        if isinstance(first, int) and min(first.bit_length(), second.bit_length()) > 128:
            self.total += 1
        return first * second

    def load(self, file: Path) -> dict[str, Any]:
        """The names of a module, run with its products counted."""
        tree = ast.fix_missing_locations(_Counter().visit(ast.parse(file.read_bytes())))
        names: dict[str, Any] = {"_counted": self._counted, "__name__": file.stem}
        exec(compile(tree, str(file), "exec"), names)
        return names


def _bigint_multiplications() -> dict[str, int]:
    import signing

    found = {}
    for variant, comb in (("bigint_comb6", signing.small()), ("bigint_comb8", signing.large())):
        count = _Count()
        evidence = ROOT / "firmware/terminal/evidence"
        arithmetic = count.load(evidence / "sign_bigint.py")
        signer = count.load(evidence / "ed25519.py")["Signer"]

        class Arithmetic:
            sha512_steps = staticmethod(arithmetic["sha512_steps"])
            multiply_steps = staticmethod(arithmetic["multiply_steps"])

        made = signer(SEED, Arithmetic, comb, signing.ones).prepare()
        count.total = 0
        made.sign(MESSAGE)
        found[variant] = count.total
    count = _Count()
    textbook = count.load(ROOT / "tests/bench/textbook.py")
    textbook["sign"](SEED, MESSAGE, lambda data: hashlib.sha512(data).digest())
    found["textbook"] = count.total
    return found


def _verification() -> dict[str, dict[str, int]]:
    """{"verify_" and the hash: what it costs}."""
    count = _Count()
    verify = count.load(ROOT / "firmware/terminal/evidence/verify.py")["verify_steps"]
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    question = key.public_key().public_bytes_raw(), MESSAGE, key.sign(MESSAGE)
    for _ in verify(*question, sha512_limbs.sha512_steps):
        pass
    script = "ONLY = ''\n" + _HEAD + _VERIFY + _GARBAGE
    garbage = _numbers(vms.run_wasm(script, *PATHS, heap=1 << 25, timeout=600))["verify"]
    units = _numbers(vms.run_micropython(_HEAD + _VERIFY + _UNITS, *PATHS))
    found = {
        f"verify_{name}": {
            "big_multiplications": count.total,
            "units": number,
            "ms_of_an_rp2040": number * _UNIT_US // 1000,
        }
        for name, number in units.items()
    }
    found["verify_sha512_limbs"]["garbage_bytes"] = garbage  # in the 32-bit VM
    return found


def _library() -> Path | None:
    """The folder of micropython-lib's hashlib, fetched once; None if it cannot be had."""
    if (_LIBRARY_FOLDER / "library_sha512.py").exists():
        return _LIBRARY_FOLDER
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:"]
    said = subprocess.run([*command, _LIBRARY], capture_output=True, text=True, check=False)
    address = re.search(r"from (https://\S+\.tar\.gz) does not", said.stderr + said.stdout)
    if not address:
        return None
    try:
        with urllib.request.urlopen(address[1], timeout=60) as answer:
            body = answer.read()
    except OSError:
        return None
    if hashlib.sha256(body).hexdigest() != _LIBRARY_SHA256:
        return None
    _LIBRARY_FOLDER.mkdir(parents=True, exist_ok=True)
    archive = _LIBRARY_FOLDER / "library.tar.gz"
    archive.write_bytes(body)
    with tarfile.open(archive) as tar:
        member = tar.extractfile("micropython-hashlib-2.4.0.post5/hashlib/_sha512.py")
        assert member is not None
        # MicroPython's bytes have no `hex` of that form, and nothing else of it is needed.
        (_LIBRARY_FOLDER / "library_sha512.py").write_bytes(member.read())
    return _LIBRARY_FOLDER


_HEAD = f"""
import gc, sys, time
import textbook
from signing import large, ones, sha512, small
from terminal.evidence import sign_bigint
from terminal.evidence.ed25519 import Signer

SEED, MESSAGE = {SEED!r}, {MESSAGE!r}

def signer(arithmetic, comb):
    return Signer(SEED, arithmetic, comb, ones).prepare().sign
"""
_BIGINT = """
WORK = [("bigint_comb6", signer(sign_bigint, small()))]
WORK.append(("bigint_comb8", signer(sign_bigint, large())))
HASHES = [("sha512_limbs", sha512)]
"""
_VIPER = """
from terminal.evidence import field_viper, sha512_viper, sign_viper
from terminal.evidence.steps import finish
WORK.append(("viper_comb6", signer(sign_viper, small())))
WORK.append(("viper_comb8", signer(sign_viper, large())))
HASHES.append(("sha512_viper", lambda data: finish(sha512_viper.sha512_steps((data,)))))
"""
_LIBRARY_HASH = """
import library_sha512
HASHES.append(("sha512_micropython_lib", lambda data: bytes(library_sha512.sha512(data).digest())))
"""
_TEXTBOOK = """
textbook_hash = HASHES[-1][1]
WORK.append(("textbook", lambda message: textbook.sign(SEED, message, textbook_hash)))
"""
# Each once for warmth; every signature is the same.
_SAME = """
assert len(set(work(MESSAGE) for _, work in WORK)) == 1
assert len(set(bytes(work(MESSAGE)) for _, work in HASHES)) == 1
"""
_GARBAGE = """
for name, work in WORK + HASHES:
    if ONLY not in name:
        continue
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    work(MESSAGE)
    print(name, gc.mem_alloc() - before)
    gc.enable()
"""
_TIMES = """
times = {}
for _ in range(ROUNDS):
    for name, work in WORK + HASHES:
        gc.collect()
        begin = time.ticks_us()
        work(MESSAGE)
        times.setdefault(name, []).append(time.ticks_diff(time.ticks_us(), begin))
for name, found in times.items():
    print(name, sorted(found)[len(found) // 2])
"""
_CALLS = """
counted = [0]
plain = field_viper.multiply
def multiply(*call):
    counted[0] += 1
    plain(*call)
sign_viper.multiply = multiply
for name, work in WORK:
    if name.startswith("viper"):
        counted[0] = 0
        work(MESSAGE)
        print(name, counted[0])
"""
_VERIFY = """
from terminal.evidence import sha512_limbs
from terminal.evidence.steps import finish
from terminal.evidence.verify import verify_steps
made = Signer(SEED, sign_bigint, small(), ones).prepare()
QUESTION = made.public_key, MESSAGE, made.sign(MESSAGE)
WORK = []
HASHES = [("verify", lambda message: finish(verify_steps(*QUESTION, sha512_limbs.sha512_steps)))]
"""
_UNITS = """
from terminal.evidence import sha512_viper
for hashing in (sha512_limbs, sha512_viper):
    print(hashing.__name__.split(".")[-1], sum(verify_steps(*QUESTION, hashing.sha512_steps)))
"""
_ROUNDS = 21
_UNIT_US = 69


def _numbers(output: str) -> dict[str, int]:
    return {name: int(value) for name, value in (line.split() for line in output.splitlines())}


def measure() -> dict[str, object]:
    """{variant: {"big_multiplications", "garbage_bytes", "time_ratio_to_textbook"}} and hashes."""
    library = _library()
    extra = [library] if library else []
    last = _LIBRARY_HASH if library else ""
    of_32 = _HEAD + _BIGINT + last + _TEXTBOOK + _SAME + _GARBAGE
    of_32 = "ONLY = ''\n" + of_32
    garbage = _numbers(vms.run_wasm(of_32, *PATHS, *extra, heap=1 << 25, timeout=600))
    of_64 = _HEAD + _BIGINT + _VIPER + last + _TEXTBOOK + _SAME
    of_machine_code = "ONLY = 'viper'\n" + of_64 + _GARBAGE
    garbage.update(_numbers(vms.run_micropython(of_machine_code, *PATHS, *extra)))
    rounds = f"ROUNDS = {_ROUNDS}\n"
    times = _numbers(vms.run_micropython(of_64 + rounds + _TIMES, *PATHS, *extra, timeout=600))
    products = _bigint_multiplications()
    products.update(_numbers(vms.run_micropython(of_64 + _CALLS, *PATHS, *extra, timeout=600)))
    found: dict[str, object] = {
        name: {
            "big_multiplications": products[name],
            "garbage_bytes": garbage[name],
            "garbage_measured_in": "64-bit VM" if "viper" in name else "32-bit VM",
            "time_ratio_to_textbook": round(times[name] / times["textbook"], 4),
        }
        for name in (*VARIANTS, "textbook")
    }
    found.update(_verification())
    slowest = "sha512_micropython_lib" if library else "sha512_limbs"
    for name in times:
        if name.startswith("sha512"):
            ratio = round(times[name] / times[slowest], 4)
            found[name] = {"garbage_bytes": garbage[name], f"time_ratio_to_{slowest[7:]}": ratio}
    if not library:
        found["sha512_micropython_lib"] = "not to be had: pip finds no micropython-hashlib"
    return found
