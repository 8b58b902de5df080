"""A database on a PostgreSQL server: the same tables, the same answers, one sentence for what goes wrong."""

import json
import re
import subprocess
import sys
import time

import pytest
from histories import seeded
from hypothesis import given
from hypothesis import strategies as st
from postgres import USER, Cluster
from programs import Home, Piped, now_ms, run
from running import run as run_here
from world import DAYS, LEARNER, Clock, answer_card, answer_next, check_laws, deck_of, started

from srs import __version__
from srs.collection import Collection
from srs.errors import DatabaseError, NotFoundError, UsageError
from srs.intake import import_decks
from srs.model import ActKind, Rating
from srs.places import is_server, shown_database
from srs.settings import Settings
from srs.store import migrations
from srs.store.dialect import for_postgres

SECRET = "hunter2"  # noqa: S105 - of no account


# One SQL text for both


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("SELECT a FROM t WHERE b = :b AND c = ?", "SELECT a FROM t WHERE b = %(b)s AND c = %s"),
        ("SELECT ':b', \"?\", a % 2 -- ?", "SELECT ':b', \"?\", a %% 2 "),
        ("SELECT 'it''s :b', x'0aFF'", "SELECT 'it''s :b', CAST('\\x0aFF' AS bytea)"),
        ("SELECT a::int", "SELECT a::int"),
        ("SELECT max(a), min(b)", "SELECT max(a), min(b)"),
        ("SELECT max(a, :b)", "SELECT (CASE WHEN a >= %(b)s THEN a WHEN NOT a >= %(b)s THEN %(b)s END)"),
        ("FROM review r NOT INDEXED LEFT JOIN a", "FROM review r  LEFT JOIN a"),
        ("SELECT right, d.right FROM daily d", 'SELECT "right", d."right" FROM daily d'),
        (
            "SELECT group_concat(a /*pg ORDER BY r.id*/)",
            "SELECT string_agg(CAST(a AS text), ',' ORDER BY r.id)",
        ),
        (
            "CAST(group_concat(c, '') AS BLOB)",
            "string_agg(c, CAST('' AS bytea))",
        ),
        ("CAST(a * 2 AS INTEGER)", "CAST(trunc(a * 2) AS bigint)"),
        ("printf('%012X', a - :b)", "upper(lpad(to_hex(a - %(b)s), 12, '0'))"),
        ("CAST(a AS BLOB)", "convert_to(a, 'UTF8')"),
        (
            "json_type(a) = 'array'",
            (
                "(CASE substr(ltrim(a), 1, 1) WHEN '{' THEN 'object' WHEN '[' THEN 'array'"
                " ELSE 'other' END) = 'array'"
            ),
        ),
        ("hex(zeroblob(2))", "upper(encode(CAST('\\x0000' AS bytea), 'hex'))"),
    ],
)
def test_a_statement_is_translated(written, meant):
    """Each way of saying something that PostgreSQL says otherwise is told in its words."""
    assert for_postgres(written) == meant


@given(st.text(alphabet="ab:?%'\" -/*\n", max_size=30))
def test_a_text_inside_a_statement_stays_as_it_is(text):
    """Nothing in a literal is taken for a parameter, a comment or the end of the literal."""
    literal = "'" + text.replace("'", "''") + "'"
    assert for_postgres(f"SELECT {literal}") == f"SELECT {literal}".replace("%", "%%")


def test_a_mark_is_never_asked_for_twice():
    """A `?` whose value would be needed at two places is refused, where a name would be right."""
    with pytest.raises(ValueError, match="name it"):
        for_postgres("SELECT max(a, ?)")


# Names of databases


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://anna:hunter2@host/srs", "postgresql+psycopg://anna@host/srs"),
        ("postgresql://anna:p@hunter2@host:5432/srs", "postgresql://anna@host:5432/srs"),
        ("postgres:///srs?host=/run&password=hunter2&user=a", "postgres:///srs?host=/run&user=a"),
        ("postgresql://host/srs?sslpassword=hunter2", "postgresql://host/srs"),
        ("postgresql://:hunter2@/srs", "postgresql://@/srs"),
        ("/home/a:b@c/cards.db", "/home/a:b@c/cards.db"),
    ],
)
def test_a_password_is_not_shown(url, shown):
    """What may be printed of a URL holds all but the password, and a path is printed whole."""
    assert shown_database(url) == shown
    assert SECRET not in shown


def test_only_postgresql_is_a_server():
    """A path is a file, a PostgreSQL URL a server, and any other URL is refused without its password."""
    assert not is_server("/a/b.db")
    assert is_server("postgresql+psycopg://a@b/c")
    for slip in ("mysql://a:hunter2@b/c", "postgres:/a:hunter2@b/c"):
        with pytest.raises(UsageError) as refused:
            is_server(slip)
        assert SECRET not in refused.value.message + refused.value.hint


# The tables


@pytest.fixture
def url(cluster):
    """A database with the tables of srs."""
    name = cluster.ready()
    yield cluster.url(name)
    cluster.drop([name])


@pytest.fixture
def nothing(cluster):
    """An empty database."""
    name = cluster.fresh()
    yield cluster.url(name)
    cluster.drop([name])


def opened(url, clock=None, **rest):
    """A learner's collection on a server."""
    made_of = {"settings": Settings(), "days": DAYS, "learner": LEARNER, "device": "laptop"}
    made_of |= {"now": clock or Clock(), "random_bits": seeded(1).getrandbits}
    return Collection.open(url, **(made_of | rest))


def test_the_tables_are_those_of_the_models(url):
    """Every column of the models is there, text ordered by its bytes, numbers of 64 bits; every index too."""
    with opened(url) as collection:
        columns = {
            (table, name): (kind, nullable, collation)
            for table, name, kind, nullable, collation in collection.rows(
                "SELECT table_name, column_name, data_type, is_nullable, collation_name"
                " FROM information_schema.columns WHERE table_schema = 'public'",
                {},
            )
        }
        indexes = {name for (name,) in collection.rows("SELECT indexname FROM pg_indexes", {})}
        schema = dict(collection.rows("SELECT name, value FROM meta", {}))
    kinds = {
        "INTEGER": "bigint",
        "BIGINT": "bigint",
        "FLOAT": "double precision",
        "VARCHAR": "character varying",
        "BLOB": "bytea",
    }
    from sqlalchemy.dialects.sqlite import dialect

    wanted = {}
    for table in migrations.TABLES:
        for column in table.columns:
            kind = kinds[column.type.compile(dialect())]
            collation = "C" if kind == "character varying" else None
            wanted[table.name, column.name] = (kind, "YES" if column.nullable else "NO", collation)
        assert {index.name for index in table.indexes} <= indexes
    assert columns == wanted
    assert schema == {"schema": str(migrations.SCHEMA), "written_by": __version__}


def test_an_empty_database_is_made_ready_by_who_may(nothing):
    """Reading leaves an empty database empty and says so; an import makes the tables."""
    with pytest.raises(NotFoundError, match="nothing is in the database"):
        opened(nothing)
    with opened(nothing, create=True) as collection:
        assert collection.rows("SELECT count(*) FROM card", {}) == [(0,)]


def test_two_programs_make_an_empty_database_ready_at_once(nothing):
    """Both find the tables, whoever was first."""
    script = (
        "import sys; from srs.store.opening import open_database;"
        f"open_database(sys.argv[1], {__version__!r}, create=True).close()"
    )
    programs = [subprocess.Popen([sys.executable, "-c", script, nothing]) for _ in range(3)]
    assert [program.wait(60) for program in programs] == [0, 0, 0]


def test_another_programs_database_is_left_alone(nothing, cluster):
    """A database with tables that are not ours is refused, and none is added."""
    name = re.search(r"@/(\w+)", nothing)[1]
    cluster.query("CREATE TABLE invoice (id int)", name=name)
    with pytest.raises(DatabaseError, match="is not an srs database"):
        opened(nothing, create=True)
    assert cluster.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name=name) == [(1,)]


def test_a_newer_database_is_left_alone(url, cluster):
    """A database of a newer srs is refused by readers and writers alike."""
    name = re.search(r"@/(\w+)", url)[1]
    cluster.query("UPDATE meta SET value = '99' WHERE name = 'schema'", name=name)
    with pytest.raises(DatabaseError, match="nothing was touched"):
        opened(url)


# Learners


def test_a_learner_who_comes_later_has_every_card(url, tmp_path):
    """Who first looks after an import of another has all live cards, new; a second look adds nothing."""
    with opened(url) as collection:
        import_decks(collection, [deck_of(tmp_path, "d0", 7).path])
    for _ in range(2):
        with opened(url, learner="anna") as collection:
            assert collection.rows("SELECT count(*) FROM memory WHERE learner = 'anna'", {}) == [(7,)]
            assert started(collection).next(collection.now()) is not None


@pytest.mark.file_beside
@pytest.mark.parametrize("on", ["file", "server"])
def test_an_import_moves_everybodys_cards(on, url, tmp_path):
    """What an import adds, renames, moves or takes away, it does so for all; answers are kept."""
    place = tmp_path / "cards.db" if on == "file" else url
    clock = Clock()
    deck = deck_of(tmp_path, "d0", 4)
    with opened(place, clock, create=True) as mine, opened(place, clock, learner="anna") as hers:
        import_decks(mine, [deck.path])
        with opened(place, clock, learner="anna"):
            pass  # she looks for the first time
        key = answer_card(hers, "d0/c1", Rating.EASY).answer.card
        deck.cards[1].was = ("c1",)
        deck.cards[1].id = "renamed"
        deck.cards = [deck.cards[3], deck.cards[1], deck.cards[0], *deck_of(tmp_path, "d0", 6).cards[4:]]
        deck.write()
        assert not import_decks(mine, [deck.path]).problems
        assert hers.find("d0/renamed").key == key
        assert hers.find("d0/renamed").memory.reps == 1
        found = hers.rows(
            "SELECT c.id, m.position = c.position, m.shelf, c.retired FROM memory m JOIN card c"
            " ON c.key = m.card WHERE m.learner = 'anna' ORDER BY c.id",
            {},
        )
    assert [row[0] for row in found] == ["c0", "c2", "c3", "c4", "c5", "renamed"]
    assert all(placed and shelf == retired for _, placed, shelf, retired in found if not retired)
    assert [name for name, _, shelf, _ in found if shelf] == ["c2"]


def test_everything_of_a_learner_is_that_learners(url, tmp_path):
    """What one learner answers, suspends and undoes changes no row of another."""
    clock = Clock()
    with opened(url, clock) as mine:
        import_decks(mine, [deck_of(tmp_path, "d0", 6).path])
        with opened(url, clock, learner="anna") as hers:
            review = started(hers)
            for rating in (Rating.GOOD, Rating.AGAIN, Rating.EASY):
                answer_next(review, clock, rating)

            def her_rows():
                return [
                    hers.rows(f"SELECT * FROM {table} WHERE learner = 'anna' ORDER BY 1, 2", {})
                    for table in ("review", "act", "memory", "options")
                ]

            before = her_rows()
            review = started(mine)
            for rating in (Rating.GOOD, Rating.AGAIN, Rating.EASY):
                answer_next(review, clock, rating)
            mine.act(ActKind.SUSPEND, mine.find("d0/c5").key)
            mine.undo()
            mine.undo()
            assert her_rows() == before
        check_laws(mine)


# The program


@pytest.fixture
def home(tmp_path, nothing):
    """A home whose database is on the server."""
    made = Home(tmp_path)
    made.more_env = {"SRS_DB": nothing, "SRS_LEARNER": "anna"}
    return made


def test_the_program_is_the_same_on_a_server(home, tmp_path):
    """Import, review, undo, due, search, statistics, the log out and in, parameters: each does its work."""
    deck = deck_of(tmp_path, "d0", 12)
    said = run(home, "import", deck.path)
    assert (said.returncode, said.stderr) == (0, "12 new cards. Start with: srs review\n")
    assert run(home, "due", "--count").stdout == "12\n"
    review = run(home, "review", "--plain", typed="\n3\n\n1\n\n4\nq\n")
    assert review.stdout.count("saved ") == 3
    assert run(home, "undo").returncode == 0
    assert "d0/c7" in run(home, "search", "c7").stdout
    shown = json.loads(run(home, "stats", "--json").stdout)
    assert shown
    exported = run(home, "log", "export")
    assert exported.stdout.count("\n") >= 3, exported.stderr
    for arguments in (("show", "d0/c0"), ("list",), ("decks",), ("log",), ("simulate", "--days", "5")):
        told = run(home, *arguments)
        assert told.returncode == 0, (arguments, told.stderr)
    assert run(home, "suspend", "d0/c3").returncode == 0
    other = run(home, "--learner", "bo", "due", "--count")
    assert other.stdout == "12\n"


def test_backups_of_a_server_are_the_servers(home):
    """`srs backup` says in a sentence what makes a copy of a database on a server."""
    said = run(home, "backup")
    assert said.returncode == 2
    assert "pg_dump" in said.stderr


NOBODY = "decode(repeat('00', 16), 'hex')"
DAMAGES = {
    "undone": "UPDATE review SET undone = 1 WHERE id = (SELECT id FROM review ORDER BY id LIMIT 1)",
    "follows": "UPDATE review SET follows = 0",
    "memories": "UPDATE memory SET stability = stability * 1.001 WHERE stability IS NOT NULL",
    "missing-memories": "DELETE FROM memory WHERE reps = 0",
    "orphans": f"""INSERT INTO memory (learner, card, entry, deck, position, state, reps, lapses, passed,
        suspended, flagged, shelf) VALUES ('anna', {NOBODY}, {NOBODY}, 'd0', 0, 0, 0, 0, 0, 0, 0, 1)""",
    "places": "UPDATE memory SET position = position + 1",
    "aliases": f"INSERT INTO alias (old, card) SELECT {NOBODY}, key FROM card LIMIT 1",
    "options": "DELETE FROM options",
    "strays": "UPDATE memory SET state = 9 WHERE reps = 0",
    "tags": f"INSERT INTO card_tag (tag, card) VALUES ('even', {NOBODY})",
    "needs": f"INSERT INTO card_need (card, deck, id) VALUES ({NOBODY}, 'd0', 'c0')",
    "decks": "DELETE FROM deck",
    "days": "UPDATE daily SET good = good + 1",
    "indexes": "DROP INDEX memory_due_day",
    "double-ids": "UPDATE act SET id = (SELECT id FROM review ORDER BY id LIMIT 1) WHERE kind = 'suspend'",
    "future": "UPDATE review SET study_day = study_day + 200, at = at + 17280000000",
}


def test_the_doctor_finds_and_repairs_on_a_server(url, home, cluster, tmp_path):
    """A database with answers is healthy; each damage by hand is told by name, repaired, and leaves it so."""
    home.more_env = {"SRS_DB": url, "SRS_LEARNER": "anna"}
    clock = Clock(now_ms() - 9 * 86_400_000)
    with opened(url, clock, learner="anna") as collection:
        import_decks(collection, [deck_of(tmp_path, "d0", 6).path])
        for _ in range(3):
            review = started(collection)
            for rating in (Rating.GOOD, Rating.EASY):
                answer_next(review, clock, rating)
            clock.advance(days=2)
        collection.act(ActKind.SUSPEND, collection.find("d0/c5").key)
    whole = re.search(r"@/(\w+)", url)[1]
    said = run(home, "doctor")
    assert (said.returncode, said.stdout, said.stderr) == (0, "All is well: 6 answers, 6 cards\n", "")
    for code, sql in DAMAGES.items():
        name = cluster.fresh(template=whole)
        cluster.query(sql, name=name)
        home.more_env["SRS_DB"] = cluster.url(name)
        told = json.loads(run_here(home, "doctor", "--json").stdout)
        assert (told["healthy"], code in {each["code"] for each in told["findings"]}) == (False, True), code
        done = json.loads(run_here(home, "doctor", "--fix", "--json").stdout)
        assert (done["healthy"], done["backup"]) == (True, None), (code, done)
        cluster.drop([name])


def test_the_settings_may_name_database_and_learner(home, url, tmp_path):
    """Without `--db` and SRS_DB the database of the settings is taken; its password is not shown."""
    secret = url.replace(f"{USER}@", f"{USER}:{SECRET}@")
    home.more_env = {"SRS_DB": "", "SRS_LEARNER": ""}
    (tmp_path / "config.toml").write_text(f'database = "{secret}"\nlearner = " Bo Béla "\n')
    deck = deck_of(tmp_path, "d0", 3)
    assert run(home, "import", deck.path).returncode == 0
    with opened(url, learner="Bo Béla") as collection:
        assert collection.rows("SELECT DISTINCT learner FROM memory", {}) == [("Bo Béla",)]
    told = run(home, "config")
    assert SECRET not in told.stdout
    assert f"{USER}@" in told.stdout


@pytest.mark.parametrize("name", ["", " ", "a\x1bb", "x" * 61])
def test_a_name_that_is_none_is_refused(home, name):
    """A learner's name has something to see and nothing that cannot be seen."""
    said = run(home, "--learner", name, "due")
    assert said.returncode == 2
    assert "learner" in said.stderr


def test_on_a_server_a_login_name_that_many_have_is_no_learner(home):
    """Two people must not melt into one because both are called root."""
    home.more_env |= {"SRS_LEARNER": "", "LOGNAME": "root"}
    said = run(home, "due")
    assert (said.returncode, said.stderr.count("\n")) == (2, 2)
    assert "say who you are" in said.stderr
    home.more_env |= {"LOGNAME": "greta"}
    assert run(home, "due").returncode == 3


def test_undoing_an_import_reads_each_answer_a_few_times(url, cluster, tmp_path):
    """The answer after each one taken back is found by its card, not by walking the log from there on."""
    name, rows = re.search(r"@/(\w+)", url)[1], 1_500
    lines = (
        f"d0/c{n % 30},3,2024-{1 + n // 150:02}-{1 + n % 28:02}T09:{n % 60:02}:{n % 59:02}Z"
        for n in range(rows)
    )
    csv = tmp_path / "history.csv"
    csv.write_text("card,rating,reviewed_at\n" + "\n".join(lines) + "\n")
    with opened(url) as collection:
        import_decks(collection, [deck_of(tmp_path, "d0", 30).path])
        assert collection.import_answers(csv).new == rows
    # A server counts what a connection read when that ends, and a moment later tells.
    sql = "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'review'"
    cluster.query("SELECT pg_stat_reset()", name=name)
    with opened(url) as collection:
        collection.undo()
        assert collection.rows("SELECT count(*) FROM review WHERE undone = 1", {}) == [(rows,)]
    assert until(lambda: cluster.query(sql, name=name)[0][0] or 0) < 150 * rows


def until(read):
    """A figure of a server as soon as it stays the same for a while."""
    last, found = -1, read()
    while found != last or not found:
        time.sleep(0.5)
        last, found = found, read()
    return found


# What goes wrong


def failing(home, url, *arguments):
    """What the program says of a database it cannot use."""
    home.more_env = {"SRS_DB": url, "SRS_LEARNER": "anna"}
    said = run(home, *(arguments or ("due",)))
    assert said.stdout == ""
    assert SECRET not in said.stderr
    assert re.fullmatch(r"error: .+\nhint: .+\n", said.stderr), said.stderr
    return said


def test_a_server_that_is_down_is_said(home):
    """Nobody listening: one sentence, a hint, exit 4."""
    said = failing(home, f"postgresql+psycopg://anna:{SECRET}@127.0.0.1:1/srs")
    assert said.returncode == 4
    assert "cannot be reached" in said.stderr


def test_a_database_that_is_not_there_is_said(home, cluster):
    """The server is there and the database is not: how it is made."""
    said = failing(home, cluster.url("no_such"), "import", "x.toml")
    assert said.returncode == 4
    assert "createdb" in said.stderr


def test_an_address_that_cannot_be_read_is_said_without_it(home):
    """The driver's words about a bad URL would hold the password: they are not repeated."""
    said = failing(home, f"postgresql+psycopg://a:%zz{SECRET}@host/srs")
    assert said.returncode == 4


def test_a_wrong_password_and_missing_rights_are_said(home, tmp_path):
    """A server that asks for passwords: a wrong one, none, a role without rights, each in a sentence."""
    server = Cluster()
    try:
        server.query(f"CREATE ROLE anna LOGIN PASSWORD '{SECRET}'")
        ready = server.ready()
        (server.folder / "data" / "pg_hba.conf").write_text(
            "local all srs trust\nlocal all anna scram-sha-256\n"
        )
        server.query("SELECT pg_reload_conf()")
        url = server.url(ready, user="anna:wrong" + SECRET)
        said = failing(home, url)
        assert (said.returncode, "password" in said.stderr) == (4, True)
        said = failing(home, server.url(ready, user="anna"))
        assert (said.returncode, "password" in said.stderr) == (4, True)
        said = failing(
            home, server.url(ready, user=f"anna:{SECRET}"), "import", deck_of(tmp_path, "d", 1).path
        )
        assert (said.returncode, "you may not" in said.stderr) == (4, True)
        said = failing(home, server.url(ready, user="greta"))
        assert (said.returncode, "does not let you in" in said.stderr) == (4, True)
    finally:
        server.stop()


def test_a_connection_lost_in_a_session_loses_nothing_that_was_accepted(home, tmp_path):
    """The server stops between two answers: one sentence, exit 4, and every answer seen accepted is there."""
    server = Cluster("-c max_connections=20")
    try:
        home.more_env = {"SRS_DB": server.url(server.fresh()), "SRS_LEARNER": "anna"}
        assert run(home, "import", deck_of(tmp_path, "d0", 5).path).returncode == 0
        with Piped(home, "review", "--plain") as program:
            program.send("", "3")
            program.until("saved good")
            server.stop(remove=False)
            program.send("", "3", "", "3")
            code, said, told = program.end()
        assert code == 4, told
        assert "saved" not in said
        assert re.search(r"error: .*(lost|cannot be reached|starting or stopping)", told), told
        server.start()
        with opened(home.more_env["SRS_DB"], learner="anna") as collection:
            assert collection.rows("SELECT rating, undone FROM review", {}) == [(3, 0)]
    finally:
        server.stop()


def test_a_held_lock_is_waited_for_and_then_said(url, cluster, tmp_path):
    """A learner waits while another program writes for everybody, not for ever, and nothing is written."""
    import psycopg

    from srs.store.server import _SPACE

    with opened(url) as collection:
        import_decks(collection, [deck_of(tmp_path, "d0", 2).path])
        name = re.search(r"@/(\w+)", url)[1]
        with psycopg.connect(f"host={cluster.folder} user={USER} dbname={name}") as other:
            other.execute("SELECT pg_advisory_xact_lock(%s::int4, 0)", (_SPACE,))
            collection.database._link.execute("SET lock_timeout = '200ms'")
            with pytest.raises(DatabaseError, match="is locked by another program"):
                answer_card(collection, "d0/c0", Rating.GOOD)
        answer_card(collection, "d0/c0", Rating.GOOD)
        assert collection.rows("SELECT count(*) FROM review", {}) == [(1,)]


def test_a_client_without_psycopg_is_told_what_to_install(home):
    """The driver is an extra: without it one sentence says its name."""
    script = "import sys; sys.modules['psycopg'] = None; from srs.__main__ import main; main()"
    said = run(home, "due", program=[sys.executable, "-c", script])
    assert said.returncode == 4
    assert "srs-flashcards[postgres]" in said.stderr


def test_the_module_of_a_server_is_loaded_for_a_server_alone(tmp_path):
    """A person with a file pays nothing for the driver."""
    script = (
        "import sys; sys.argv = ['srs', 'due', '--count']\n"
        "from srs.__main__ import run; run(['due', '--count'])\n"
        "assert 'psycopg' not in sys.modules and 'srs.store.dialect' not in sys.modules"
    )
    home = Home(tmp_path)
    home.fill(deck_of(tmp_path, "d0", 1).path)
    if not is_server(home.env["SRS_DB"]):
        assert run(home, program=[sys.executable, "-c", script]).returncode == 0


def test_the_quick_look_at_a_server_loads_its_driver_and_no_more(home, tmp_path):
    """What is due is asked through psycopg alone: nothing heavy is loaded."""
    assert run(home, "import", deck_of(tmp_path, "d0", 3).path).returncode == 0
    script = (
        "import sys\nfrom srs.__main__ import run\n"
        "assert run(['due', '--count']) == 0\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = run(home, program=[sys.executable, "-c", script])
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr
    loaded = set(done.stderr.split())
    assert "psycopg" in loaded
    assert not {"typer", "rich", "sqlmodel", "sqlalchemy", "fsrs", "numpy", "pydantic", "rtoml"} & loaded


# Plans


OF_LEARNERS = ("review", "act", "memory", "options", "daily", "daily_mark", "daily_stale", "twin", "arrival")


@pytest.fixture(scope="module")
def planning(cluster):
    """A server that writes down the plan of every statement."""
    del cluster  # only to be skipped where there is none
    server = Cluster(
        "-c fsync=off -c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0"
        " -c auto_explain.log_format=json -c enable_seqscan=off"
    )
    yield server
    server.stop()


WHO_LEARNS = re.compile(r"WITH RECURSIVE l \(learner\)|SELECT learner FROM")
"""What concerns everybody, as an import does, asks for the names of all, one step of an index each."""


def fill_many(collection, learners, lines):
    """Rows of many other learners, so that an index is worth its while."""
    bound = {"learners": learners, "lines": lines}
    whose = "SELECT 'l' || a AS learner, b FROM generate_series(1, :learners) a, generate_series(1, :lines) b"
    key = "decode(md5(w.b::text), 'hex')"
    zeros = "reps, lapses, suspended, flagged, shelf"
    with collection.database.transaction():
        for columns, values in (
            (
                "review (learner, id, card, at, study_day, rating, device, undone, follows)",
                f"{key}, {key}, w.b, w.b / 50, 3, 'd', 0, 0",
            ),
            (
                "act (learner, id, kind, card, at, study_day, payload, device, undone)",
                f"{key}, 'flag', {key}, w.b, 1, '{{}}', 'd', 0",
            ),
            (
                f"memory (learner, card, entry, deck, position, state, due_day, {zeros})",
                f"{key}, {key}, 'd0', w.b, 2 * (w.b / 100 - w.b / 200 * 2), 1, 0, 0, 0, 0, 0",
            ),
            ("options (learner, hash, body)", f"{key}, ''"),
        ):
            sql = f"INSERT INTO {columns} SELECT w.learner, {values} FROM ({whose}) w"
            collection.database.run(sql, bound)
    collection.rows("ANALYZE", {})


def plans(server):
    """The plans in the log of the server: (statement, plan)."""
    text = (server.folder / "log").read_text()
    found = []
    for start in re.finditer(r"plan:\n(?=\s*\{)", text):
        told, _ = json.JSONDecoder().raw_decode(text[start.end() :].replace("\n\t", "\n").lstrip())
        found.append((told["Query Text"], told["Plan"]))
    return found


def nodes(plan):
    """A plan and all plans within it."""
    yield plan
    for within in plan.get("Plans", ()):
        yield from nodes(within)


def test_every_index_of_a_learner_leads_with_the_learner():
    """The first column of each key and index of what somebody did or remembers says who."""
    of_theirs = [table for table in migrations.TABLES if table.name in OF_LEARNERS]
    assert len(of_theirs) == len(OF_LEARNERS)
    for led in (index for table in of_theirs for index in (table.primary_key, *table.indexes)):
        assert next(iter(led.columns)).name == "learner", led.name


def test_every_query_of_a_learner_leads_with_the_learner(planning, tmp_path):
    """In the plans of what the program asks, a walk over a learner's table is one of an index by learner."""
    clock = Clock()
    name = planning.ready()
    home = Home(tmp_path / "home")
    url = planning.url(name)
    home.more_env = {"SRS_DB": url, "SRS_LEARNER": LEARNER}
    deck = deck_of(tmp_path, "d0", 60)
    with opened(url, clock) as collection:
        import_decks(collection, [deck.path])
        fill_many(collection, 20, 1_000)
    history = tmp_path / "history.csv"
    history.write_text(
        "card,rating,reviewed_at\nd0/c5,3,2024-03-29T20:32:32Z\nd0/c5,4,2024-04-02T20:32:32Z\n"
    )
    (planning.folder / "log").write_text("")
    with opened(url, clock) as collection:
        for _ in range(3):
            review = started(collection)
            for rating in (Rating.GOOD, Rating.AGAIN, Rating.EASY, Rating.HARD):
                answer_next(review, clock, rating)
            collection.undo()
            collection.redo()
            clock.advance(days=3)
        collection.act(ActKind.SUSPEND, collection.find("d0/c9").key)
    for arguments in (
        ("due", "--json"),
        ("stats", "--all"),
        ("stats", "--json"),
        ("list",),
        ("show", "d0/c1"),
        ("search", "thing"),
        ("decks",),
        ("log",),
        ("simulate", "--days", "3"),
        ("log", "export"),
        ("bury", "d0/c2"),
        ("due-on", "d0/c1", "+3"),
        ("forget", "d0/c1"),
        ("undo",),
        ("resume", "d0/c9"),
        ("optimize", "--dry-run"),
        ("stats", "--by", "tag"),
        ("list", "--flagged"),
        ("export", "cards.json"),
        ("log", "import", history, "--zone", "UTC"),
        ("undo",),
        ("import", deck_of(tmp_path, "d0", 61).path),
        ("retire", "d0"),
    ):
        said = run_here(home, *arguments)
        assert said.returncode == 0, (arguments, said.stderr)
    seen = plans(planning)
    walks = bad = 0
    told = []
    for statement, plan in seen:
        if "learner" not in statement or WHO_LEARNS.match(statement):
            continue
        for node in nodes(plan):
            where = node.get("Relation Name") or node.get("Index Name", "").split("_pkey")[0].split("_")[0]
            if where not in OF_LEARNERS or "Scan" not in node["Node Type"]:
                continue
            if node["Node Type"] == "Bitmap Heap Scan":
                continue  # its index is walked by the node below it
            walks += 1
            if not re.search(r"\(\(?learner\)?(::text)? = ", node.get("Index Cond", "")):
                bad += 1
                told.append((node["Node Type"], where, node.get("Index Name"), statement))
    assert walks > 100
    assert not bad, sorted({(one[2], one[3][:300]) for one in told})
