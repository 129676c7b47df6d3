"""State files: what was saved comes back, or nothing does; never something else."""

import hashlib

from check import raises, refused
from steelyard_wire import codes
from storage import Scratch, read, write
from terminal.drivers.files import Files
from terminal.evidence import settings

_EIO = 5


def test_a_map_comes_back_and_a_missing_one_is_none():
    with Scratch() as folder:
        files = Files(folder + "/state")
        assert settings.load(files, "config") is None
        value = {1: 5, 2: "kg", 3: None, 4: [1, -2, b"\x00\xff"], 5: {1: True}}
        settings.save(files, "config", value)
        assert settings.load(files, "config") == value
        settings.save(files, "config", {1: 6})
        assert settings.load(Files(folder + "/state"), "config") == {1: 6}
        assert settings.load(files, "calibration") is None
        assert not files.exists("config.new")


def test_the_file_has_the_documented_form():
    with Scratch() as folder:
        settings.save(Files(folder + "/state"), "boot", {1: 2})
        # {1: 2} in CBOR (RFC 8949 appendix A: a1 01 02 begins {1: 2, 3: 4}'s form)
        body = b"\xa1\x01\x02"
        digest = hashlib.sha256(b"steelyard/state/1boot\x00" + body).digest()[:8]
        assert read(folder + "/state/boot.cbor") == body + digest


def test_remove_forgets():
    with Scratch() as folder:
        files = Files(folder + "/state")
        settings.remove(files, "wifi")
        settings.save(files, "wifi", {1: "ssid"})
        settings.remove(files, "wifi")
        assert settings.load(files, "wifi") is None


def test_every_damaged_byte_and_every_length_is_refused():
    with Scratch() as folder:
        files = Files(folder + "/state")
        settings.save(files, "config", {1: 5, 2: "kg"})
        path = folder + "/state/config.cbor"
        whole = read(path)
        for at in range(len(whole)):
            bad = bytearray(whole)
            bad[at] ^= 1 << (at & 7)
            write(path, bad)
            refused(codes.STORAGE, settings.load, files, "config")
            write(path, whole[:at])
            refused(codes.STORAGE, settings.load, files, "config")
        write(path, whole + b"\x00")
        refused(codes.STORAGE, settings.load, files, "config")


def test_a_file_under_another_name_is_refused():
    with Scratch() as folder:
        files = Files(folder + "/state")
        settings.save(files, "config", {1: 5})
        files.rename("config.cbor", "calibration.cbor")
        refused(codes.STORAGE, settings.load, files, "calibration")


def test_what_is_no_map_is_refused():
    with Scratch() as folder:
        files = Files(folder + "/state")
        for body in (b"\x80", b"\xf6", b"\xa1\x01", b""):
            digest = hashlib.sha256(b"steelyard/state/1x\x00" + body).digest()[:8]
            files.write("x.cbor", body + digest)
            refused(codes.STORAGE, settings.load, files, "x")


def test_an_unfinished_save_is_not_taken_up():
    with Scratch() as folder:
        files = Files(folder + "/state")
        settings.save(files, "other", {1: 9})
        files.rename("other.cbor", "config.new")
        assert settings.load(files, "config") is None
        settings.save(files, "config", {1: 1})
        assert settings.load(files, "config") == {1: 1}


class _Failing(Files):
    """File access in which one operation fails with an I/O error."""

    broken = ""

    def _try(self, operation):
        if operation == self.broken:
            raise OSError(_EIO)

    def read(self, name):
        self._try("read")
        return super().read(name)

    def write(self, name, data):
        if self.broken == "half":
            super().write(name, data[: len(data) // 2])
            return
        self._try("write")
        super().write(name, data)

    def rename(self, old, new):
        self._try("rename")
        super().rename(old, new)

    def remove(self, name):
        self._try("remove")
        super().remove(name)


def test_a_save_that_fails_leaves_the_old_map():
    with Scratch() as folder:
        files = _Failing(folder + "/state")
        settings.save(files, "config", {1: 1})
        for broken in ("write", "half", "rename", "read"):
            files.broken = broken
            refused(codes.STORAGE, settings.save, files, "config", {1: 2})
            files.broken = ""
            assert settings.load(files, "config") == {1: 1}
        files.broken = "read"
        refused(codes.STORAGE, settings.load, files, "config")
        files.broken = "remove"
        refused(codes.STORAGE, settings.remove, files, "config")


def test_a_map_that_is_there_already_is_not_written_again():
    with Scratch() as folder:
        files = _Failing(folder + "/state")
        settings.save(files, "config", {1: 1})
        files.broken = "write"
        settings.save(files, "config", {1: 1})


def test_a_missing_file_differs_from_a_folder_that_cannot_be_read():
    with Scratch() as folder:
        write(folder + "/state", b"")  # a file where the folder should be
        files = Files(folder + "/state")
        raises(OSError, files.write, "config.cbor", b"")
        refused(codes.STORAGE, settings.save, files, "config", {1: 1})
