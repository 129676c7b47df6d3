"""The pieces of a release, while they come.

Owns: what came of the manifest, and the order of the pieces. Refuses: UPDATE_ORDER, a piece that
is not the next. Units: bytes. Loaded for as long as an update takes: a piece need not load more.
"""

from binascii import a2b_base64

from steelyard_wire import codes
from steelyard_wire.codes import Refused

from terminal import cold
from terminal.links.service import from_text, number


class Pieces:
    """Answers UPDATE in the place of rare.py, as service.do_update.

    size: of the signed manifest. upload: drivers.slot_files.Upload, once that was verified.
    """

    def __init__(self, service, size: int) -> None:
        self._service = service
        self.size = size
        self.manifest = bytearray()
        self.upload = None
        self.busy = False

    def __call__(self, _link, args):
        if args[0].upper() == "PUT" and len(args) == 3:
            return self._put(*self.piece(args))
        return cold.call("terminal.links.updating", "answer", self._service, args)

    def piece(self, args) -> tuple:
        """(offset, bytes) of a command."""
        return number(args[1]), from_text(a2b_base64, args[2], "a piece is base64")

    def _put(self, offset: int, data: bytes) -> list:
        upload = self.upload
        if upload is None or self.busy:
            raise Refused(codes.UPDATE_ORDER, "MANIFEST first")
        if offset != upload.have or offset + len(data) > upload.size:
            raise Refused(codes.UPDATE_ORDER, "have=%d" % upload.have)
        try:
            upload.put(data)
        except OSError:
            self.upload = None
            raise Refused(codes.NO_SPACE, "")
        return ["have=%d" % upload.have]
