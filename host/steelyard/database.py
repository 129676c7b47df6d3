"""Where the records of this host are: a file of SQLite, or a PostgreSQL server.

Owns: the names that a user may give a database, opening it, and what he is told when it fails.
Refuses: with UserError, a name that is none. Units: seconds.

A password may be in the address of a server. It is in no sentence of ours: the address is shown
without it, and words of the driver that repeat it are left out.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from steelyard.errors import USAGE, UserError

VARIABLE = "STEELYARD_DATABASE"
FOLDER_VARIABLE = "STEELYARD_FOLDER"
_FILE = "steelyard.sqlite3"
_SERVERS = ("postgresql", "postgres")
_PATIENCE_S = 10  # a server that is switched off does not answer at all
_SECRET_OPTIONS = ("password", "sslpassword")
_FORMS = f"name a file in {VARIABLE}, or postgresql://USER@HOST/DATABASE"
# Where a server's words go on with the command, and with what people wrote.
_REST = re.compile(r"\n(?:LINE|DETAIL|HINT|CONTEXT)\b")
# What to do, by words of the driver; the first that fits.
_ADVICE: tuple[tuple[str, str], ...] = (
    ("locked", "another program is using it: end that one, then try again"),
    ("deadlock", "another program was changing the same: try again"),
    ("password", "give the right password, best in ~/.pgpass, or correct the user in {name}"),
    ("does not exist", "have it made on the server, or correct {name}"),
    ("permission denied", "have its owner grant this user the right, or name another in {name}"),
    ("must be owner", "have its owner open it once with this program: it needs new tables"),
    ("read-only", "name the server that can be written in {name}"),
    ("too many", "end programs that use it, then try again"),
    ("could not extend", "free space on the server"),
)


@dataclass(frozen=True)
class Place:
    """url: for SQLAlchemy. path: of the SQLite file. folder: where secrets and attachments lie."""

    url: URL
    path: Path | None
    folder: Path

    @property
    def name(self) -> str:
        """As people are told: without a password or options."""
        if self.path is not None:
            return str(self.path)
        shown = self.url.set(drivername="postgresql", query={})
        return shown.render_as_string(hide_password=True)

    def _secrets(self) -> list[str]:
        named = [self.url.password, *(self.url.query.get(name) for name in _SECRET_OPTIONS)]
        return [str(one) for one in named if one]


def data_folder() -> Path:
    """The user's folder for what this program keeps."""
    return Path(platformdirs.user_data_dir("steelyard"))


def place_of(named: Path | str | None = None) -> Place:
    """What a user named, by default in $STEELYARD_DATABASE, else a file in his data folder."""
    named = named or os.environ.get(VARIABLE) or data_folder() / _FILE
    if isinstance(named, Path) or "://" not in named:
        return _file(Path(named))
    try:
        url = make_url(named)
    except (ArgumentError, ValueError):
        raise UserError(USAGE, f"{VARIABLE} holds no address of a database: {_FORMS}") from None
    if url.get_backend_name() == "sqlite":
        if not url.database or url.query:
            raise UserError(USAGE, f"sqlite:/// is followed by a path and nothing else: {_FORMS}")
        return _file(Path(url.database))
    if url.get_backend_name() not in _SERVERS:
        raise UserError(USAGE, f"{url.get_backend_name()} is no database for this: {_FORMS}")
    if "@" in f"{url.host}{url.database}":  # the rest of a password, cut at the wrong place
        raise UserError(USAGE, f"in the address of {VARIABLE}, write an @ of a password as %40")
    if not url.database:
        raise UserError(USAGE, f"the address in {VARIABLE} names no database: {_FORMS}")
    url = url.set(drivername="postgresql+psycopg")
    if "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": str(_PATIENCE_S)})
    return Place(url, None, Path(os.environ.get(FOLDER_VARIABLE) or data_folder()))


def _file(path: Path) -> Place:
    return Place(URL.create("sqlite", database=str(path)), path, path.parent)


def engine_of(place: Place) -> Engine:
    """The way to it; nothing is opened yet."""
    if place.path is not None:
        return create_engine(place.url)
    # Parameters hold what people wrote. A server may have been started anew since the last use.
    return create_engine(place.url, hide_parameters=True, pool_pre_ping=True)


def trouble(place: Place, error: Exception) -> UserError:
    """What to say about an error of the driver, or of the file."""
    reason = str(getattr(error, "orig", None) or error)
    if any(secret in reason for secret in place._secrets()):
        reason = "the reason that its driver gives holds the password, and is left out"
    reason = " ".join(_REST.split(reason)[0].split()).rstrip(".")
    fits = _ADVICE
    if place.path is not None:
        advice = "free space, or name another file in {name}"
        fits = _ADVICE[:1]
    elif "connection" in reason or "resolve" in reason:
        advice = "start the server, or correct host and port in {name}"
    else:
        advice = "try again, or name another in {name}"
    advice = next((told for words, told in fits if words in reason), advice)
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    kept = "Whether the last change is in it is not known" if lost else "Nothing in it was changed"
    return UserError(
        USAGE,
        f"the database {place.name} cannot be used: {reason}. {kept};"
        f" {advice.format(name=VARIABLE)}",
    )
