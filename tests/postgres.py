"""A throw-away PostgreSQL server for the tests: on a socket in a folder of its own, gone when they end.

With `pytest --database=postgres` (or SRS_TEST_DATABASE=postgres) the worlds of the tests live on it. A
path then stands for a database: where the file would be lies a note that names it, so that removing,
copying and finding the file do to the database what they would do to a file.
"""

import atexit
import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

from srs.places import is_server
from srs.store.dialect import for_postgres

USER = "srs"
_SAFETY_OFF = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=600"
_ORDER = ("--locale=C", "--locale-provider=icu", "--icu-locale=en-US")
"""The server orders text as people do, so that a column without an order of its own shows in a test."""
_NUMBERS = itertools.count(1)


def binaries():
    """The folder of `initdb` and `pg_ctl`, newest version first; None where there is none."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: -int(p.parent.name))
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def why_not():
    """Why no server can be started here, in a few words; None where one can."""
    try:
        import psycopg  # noqa: F401 - whether it is there
    except ImportError:
        return "psycopg is not installed"
    if binaries() is None:
        return "PostgreSQL is not installed"
    if sys.platform == "win32":
        return "the tests start it on POSIX systems only"
    if os.geteuid() == 0 and not (shutil.which("runuser") and _has_user("postgres")):
        return "root may not run it, and there is no user `postgres`"
    return None


def _has_user(name):
    import pwd

    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


class Cluster:
    """A running server."""

    def __init__(self, settings=_SAFETY_OFF):
        self.folder = Path(tempfile.mkdtemp(prefix="srs-pg-"))
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(self.folder, "postgres")
        self.folder.chmod(0o755)  # a test runs the program as somebody else, who may reach the socket
        self._settings = settings
        self._has_template = False
        self._call("initdb", "-D", "data", "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8", *_ORDER)
        self.start()
        atexit.register(self.stop)
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            # A run that is cut short by `timeout` takes its server with it.
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def _call(self, program, *arguments):
        told = subprocess.run(
            [*self._as, str(binaries() / program), *arguments],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if told.returncode:
            raise RuntimeError(f"{program}: {told.stderr}")

    def start(self):
        """Start the server and wait until it answers."""
        listen = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}'"
        options = f"{listen} -c timezone=UTC {self._settings}"
        self._call("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def stop(self, *, mode="immediate", remove=True):
        """Stop the server; its folder goes with it."""
        if not self.folder.exists():
            return
        with suppress(RuntimeError):  # it was stopped by a test
            self._call("pg_ctl", "-D", "data", "-m", mode, "stop")
        if remove:
            shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name, *, user=USER, more=""):
        """The URL of a database."""
        return f"postgresql+psycopg://{user}@/{name}?host={self.folder}{more}"

    def query(self, sql, params=None, *, name="postgres"):
        """Run a statement of PostgreSQL's own; its rows."""
        import psycopg

        with psycopg.connect(f"host={self.folder} user={USER} dbname={name}", autocommit=True) as link:
            cursor = link.execute(sql, params)
            return cursor.fetchall() if cursor.description else []

    def fresh(self, *, template=None):
        """The name of a new database: empty, or a copy of another."""
        name = f"t{next(_NUMBERS)}_{os.getpid()}"
        copy = f" TEMPLATE {template}" if template else ""
        self.query(f"CREATE DATABASE {name}{copy}")
        return name

    def ready(self):
        """The name of a new database with the tables of srs."""
        if not self._has_template:
            from srs import __version__
            from srs.store.opening import open_database

            self.query("CREATE DATABASE srs_template")
            open_database(self.url("srs_template"), __version__, create=True).close()
            self._has_template = True
        return self.fresh(template="srs_template")

    def names(self):
        """Every database the tests made."""
        return {name for (name,) in self.query("SELECT datname FROM pg_database WHERE datname LIKE 't%\\_%'")}

    def drop(self, names):
        """Remove databases, whoever still looks into them."""
        for name in names:
            self.query(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


SERVER = None
"""The cluster that stands for SQLite files, or None: the tests use files."""


def start():
    """Let paths stand for databases on a server from now on."""
    global SERVER  # noqa: PLW0603 - one for a run
    from srs.store.database import Database

    SERVER = Cluster()
    Database.in_memory = staticmethod(in_memory)
    return SERVER


def place(path, *, create=False):
    """What names the database at a path: the path itself, or the URL of the database it stands for."""
    if SERVER is None or is_server(str(path)):
        return path
    path = Path(path)
    if is_sqlite(path):
        return path  # a file that came with the tests, or that a test made to be taken in
    note = path.read_text().split("\n") if path.is_file() else None
    if (note is None and not create) or (note is not None and len(note) < 2):
        return SERVER.url("never_made")  # nothing is there, or something else
    if note is None:
        name = SERVER.ready()
    elif note[1] != str(path):
        name = SERVER.fresh(template=note[0])
    else:
        return SERVER.url(note[0])
    path.write_text(f"{name}\n{path}\n")
    return SERVER.url(name)


def is_sqlite(path):
    """Whether a path is a SQLite file."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(6) == b"SQLite"


def is_there(path):
    """Whether there is a database at a path: a file, or tables on the server."""
    if SERVER is None:
        return Path(path).exists()
    return Path(path).exists() and rows(place(path), "SELECT to_regclass('meta') IS NOT NULL") == [(1,)]


def empty(path):
    """As `place`, for a program that may make its tables itself."""
    if SERVER is None:
        return path
    path = Path(path)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{SERVER.fresh()}\n{path}\n")
    return place(path)


def rows(url, sql):
    """Look into a database on a server with a connection of our own; SQL as for SQLite."""
    import psycopg

    from srs.store.server_link import prepare

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as link:
        prepare(link)
        cursor = link.execute(for_postgres(sql), {})
        return cursor.fetchall() if cursor.description else []


@contextmanager
def looking_into(path):
    """A connection of our own to the database at a path, which takes SQL as for SQLite and commits."""
    if SERVER is None or is_sqlite(Path(path)):
        with closing(sqlite3.connect(path)) as connection, connection:
            yield connection
        return
    import psycopg

    from srs.store.server_link import prepare

    with psycopg.connect(place(path).replace("+psycopg", "")) as link:
        prepare(link)
        yield SimpleNamespace(execute=lambda sql, params=(): link.execute(for_postgres(sql), params))


def in_memory(version):
    """What stands for a database in memory: a new one on the server."""
    from srs.store.server import ServerDatabase

    return ServerDatabase.at(SERVER.url(SERVER.ready()), version)
