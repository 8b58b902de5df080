"""Where things live: the database, the settings, the device's name, copied decks.

Paths are texts, not `pathlib.Path` (9 ms to import). On Linux the XDG folders are worked out here and
equal what `platformdirs` says, which is asked everywhere else and costs 15 ms.
"""

# ruff: noqa: PTH101, PTH103, PTH105, PTH108, PTH111, PTH118, PTH120, PTH123 - see above
# ruff: noqa: PTH104, PTH110, PTH116, PTH117, PTH119, PTH122 - see above

from __future__ import annotations

import os
import sys

from srs.errors import FileProblems, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

APP = "srs"
_XDG = {
    "data": ("XDG_DATA_HOME", "~/.local/share"),
    "config": ("XDG_CONFIG_HOME", "~/.config"),
    "state": ("XDG_STATE_HOME", "~/.local/state"),
}
_DEVICE_BITS = 64
_HEX = frozenset("0123456789abcdef")
_WAITS = 50
_WAIT_SECONDS = 0.02


def database_path(configured: str | None = None) -> str:
    """The learner's database: `SRS_DB`, else the one configured, else `srs.db` in the user data folder."""
    named = _named("SRS_DB") or (os.path.expanduser(configured) if configured else None)
    return named or os.path.join(data_dir(), "srs.db")


SERVERS = ("postgresql+psycopg://", "postgresql://", "postgres://")
"""What the address of a database on a server begins with."""


def is_server(database: str) -> bool:
    """Whether a database is the URL of one on a PostgreSQL server, and not the path of a file.

    Raises:
        UsageError: it is a URL of something else.
    """
    scheme, colon, _ = database.partition("://")
    if not colon and database.partition(":")[0] + "://" in SERVERS and ":" in database:
        raise UsageError(  # the address is not repeated: a password may be in it
            "the address of a database on a server begins with its kind and `://`",
            "as `postgresql+psycopg://USER@HOST/DATABASE`",
        )
    if not colon or os.sep in scheme or "/" in scheme:
        return False
    if scheme + colon not in SERVERS:
        raise UsageError(
            f"srs knows no database of the kind `{scheme}`",
            "SQLite: the path of a file; PostgreSQL: `postgresql+psycopg://USER@HOST/DATABASE`",
        )
    return True


def shown_database(database: str) -> str:
    """A database as it may be printed: without the password of a URL."""
    scheme, colon, rest = database.partition("://")
    if not colon:
        return database
    import re  # noqa: PLC0415 - the usual database is a file

    address, mark, options = rest.partition("?")
    user, at, host = address.rpartition("@")
    kept = [part for part in options.split("&") if part and "password" not in part.lower()]
    name = re.sub(":.*", "", user, flags=re.DOTALL)
    return f"{scheme}://{name}{at}{host}" + (mark + "&".join(kept) if kept else "")


def config_path() -> str:
    """The settings file: `SRS_CONFIG`, else `config.toml` in the user config folder."""
    return _named("SRS_CONFIG") or os.path.join(_folder("config"), "config.toml")


def data_dir() -> str:
    """The folder of what cannot be made again: the database, copied decks."""
    return _folder("data")


def decks_dir() -> str:
    """The folder of decks that were copied here, because they came along with srs."""
    return os.path.join(data_dir(), "decks")


def media_dir() -> str:
    """The folder of images and sounds that came with Anki packages."""
    return os.path.join(data_dir(), "media")


def backups_dir(database: str) -> str:
    """The folder of the backups of one database, named after its file and where that is."""
    from hashlib import sha256  # noqa: PLC0415 - the quick commands make no backups

    whole = os.path.normcase(os.path.realpath(database))
    stem = os.path.splitext(os.path.basename(whole))[0] or "database"
    place = sha256(whole.encode(errors="surrogateescape")).hexdigest()[:8]
    return os.path.join(data_dir(), "backups", f"{stem}-{place}")


def state_dir() -> str:
    """The folder of what belongs to this computer alone: its device id, reports of bugs."""
    return _folder("state")


def device_id(folder: str, random_bits: Callable[[int], int]) -> str:
    """This device's id, 16 hex digits, made at the first call and kept in `folder`/device.

    Two processes that ask at once for the first time get the same id. Raises FileProblems when the
    file cannot be written, or holds something else.
    """
    path = os.path.join(folder, "device")
    known = _read_id(path)
    if known is not None:
        return known
    fresh = f"{random_bits(_DEVICE_BITS):016x}"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _create(path, f"{fresh}\n".encode())
    except FileExistsError:
        pass  # another process was first: its id counts
    except OSError as error:
        raise FileProblems(f"the id of this device cannot be kept in {path}: {error.strerror}") from error
    kept = _read_id(path)
    if kept is None:
        raise FileProblems(f"the id of this device vanished from {path}", "try again")
    return kept


def renew_device_id(folder: str, random_bits: Callable[[int], int]) -> str:
    """Give this device another id: another computer has the one it had. Raises FileProblems."""
    fresh = f"{random_bits(_DEVICE_BITS):016x}"
    write_private(os.path.join(folder, "device"), f"{fresh}\n".encode())
    return fresh


def device_name(folder: str) -> str:
    """What people call this device: the first line of `folder`/device-name, at first the computer's name."""
    import socket  # noqa: PLC0415 - only sync and merge ask

    path = os.path.join(folder, "device-name")
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read(1_000).splitlines()
    except OSError:
        lines = []
    name = "".join(c for c in lines[0] if c.isprintable()).strip()[:60] if lines else ""
    if not name:
        name = socket.gethostname().partition(".")[0][:60] or "computer"
        write_private(path, f"{name}\n".encode())
    return name


def write_private(path: str, data: bytes) -> None:
    """Replace a file in one step, so that a reader or a crash meets the old or the new one, whole.

    Folders are made (0700), a new file is for its owner alone (0600), an old one keeps its mode, and
    a link stays a link. Raises FileProblems.
    """
    target = os.path.realpath(path)
    try:
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        temporary = _temporary(target, data)
        try:
            if os.path.exists(target):
                os.chmod(temporary, os.stat(target).st_mode & 0o7777)
            os.replace(temporary, target)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise FileProblems(f"{path} cannot be written: {error.strerror}") from error


def _named(variable: str) -> str | None:
    value = os.environ.get(variable)
    # A shell leaves `~` alone inside quotes, and a folder named `~` is never meant.
    return os.path.expanduser(value) if value else None


def _folder(kind: str) -> str:
    return _xdg_folder(kind) or _platform_folder(kind)


def _xdg_folder(kind: str) -> str | None:
    if sys.platform != "linux" or hasattr(sys, "getandroidapilevel") or "ANDROID_DATA" in os.environ:
        return None
    variable, default = _XDG[kind]
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):
        if not os.path.isabs(os.environ.get("HOME", "/")):
            return None
        base = os.path.expanduser(default)
    return os.path.join(base, APP) if os.path.isabs(base) else None


def _platform_folder(kind: str) -> str:
    from platformdirs import PlatformDirs  # noqa: PLC0415 - 15 ms that Linux saves

    dirs = PlatformDirs(APP, appauthor=False)
    try:
        folders = {
            "data": lambda: dirs.user_data_dir,
            "config": lambda: dirs.user_config_dir,
            "state": lambda: dirs.user_state_dir,
        }
        return folders[kind]()
    except RuntimeError as error:
        variable = {"data": "SRS_DB", "config": "SRS_CONFIG"}.get(kind, "XDG_STATE_HOME")
        raise UsageError("your home folder could not be found", f"set HOME or {variable}") from error


def _read_id(path: str) -> str | None:
    """The id in the file; None where there is no file."""
    for turn in range(_WAITS):
        try:
            with open(path, "rb") as file:
                data = file.read(64)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise FileProblems(
                f"the id of this device cannot be read from {path}: {error.strerror}"
            ) from error
        text = data.decode("ascii", "replace")
        if len(text) == 17 and text[-1] == "\n" and _HEX.issuperset(text[:-1]):
            return text[:-1]
        if len(data) >= 17 or turn == _WAITS - 1:
            break
        # Where a file cannot be linked into place, its maker may be between opening and writing it.
        import time  # noqa: PLC0415 - rarely

        time.sleep(_WAIT_SECONDS)
    hint = "if it was not you who changed it, remove it: a new id is made, and this counts as a new device"
    raise FileProblems(f"{path} does not hold the id of this device", hint)


def _create(path: str, data: bytes) -> None:
    """Make a file that is never seen half written; raises FileExistsError if it is there already."""
    temporary = _temporary(path, data)
    try:
        if sys.platform == "win32":
            os.rename(temporary, path)  # on Windows a rename replaces nothing
        else:
            os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here (FAT, some network folders): opening it exclusively still has one winner.
        _write_new(path, data)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _temporary(path: str, data: bytes) -> str:
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        _write_new(temporary, data)
    except FileExistsError:
        # Left by a process that died and had the same number.
        os.unlink(temporary)
        _write_new(temporary, data)
    return temporary


def _write_new(path: str, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        os.unlink(path)
        raise
