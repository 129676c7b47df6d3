"""Small files in one folder, for the settings.

Owns: reading, writing and renaming whole files of at most a few kilobytes.
Refuses: with OSError, as the file system does; a file that is not there is None, not an error.
Units: none.

`write` is durable when it returns, not atomic: `evidence.settings` writes beside and renames, and
`rename` is atomic (littlefs, POSIX). On CPython for tests.
"""

import os

_EIO = 5

# As in append_file: littlefs commits when the file is closed.
_fsync = getattr(os, "fsync", None)


class Files:
    """The files of `folder`, which is made with the first of them."""

    def __init__(self, folder: str = "/state") -> None:
        self._folder = folder
        above, _, self._name = folder.rpartition("/")
        self._above = above or "/"

    def _path(self, name: str) -> str:
        return self._folder + "/" + name

    def _has_folder(self) -> bool:
        # By what is there, not by the error of a failed attempt: a device error is not "none".
        return self._name in os.listdir(self._above)

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return self._has_folder() and name in os.listdir(self._folder)

    def read(self, name: str) -> "bytes | None":
        """The contents, or None if there is no such file."""
        if not self.exists(name):
            return None
        with open(self._path(name), "rb") as file:
            return file.read()

    def write(self, name: str, data: bytes) -> None:
        """Make or replace a file."""
        if not self._has_folder():
            os.mkdir(self._folder)
        with open(self._path(name), "wb") as file:
            if file.write(data) != len(data):
                raise OSError(_EIO)
            if _fsync is not None:
                file.flush()
                _fsync(file.fileno())

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, in place of the file that has it, in one step."""
        os.rename(self._path(old), self._path(new))

    def remove(self, name: str) -> None:
        """Remove a file; nothing happens if there is none."""
        if self.exists(name):
            os.remove(self._path(name))
