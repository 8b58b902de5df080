"""The settings file, time zones and places."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import platformdirs
import pytest
import rtoml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from srs import places, zones
from srs.days import StudyDays
from srs.errors import FileProblems, UsageError
from srs.model import MODES, Options
from srs.settings import (
    SETTINGS,
    Settings,
    SettingsProblems,
    lines_of,
    load_settings,
    parse_settings,
    set_value,
    setting_named,
    unset_value,
    zone_of,
)
from srs.settings_text import plain_values, statements

NAMES = [setting.name for setting in SETTINGS]

GOOD = [
    ("rollover = 0", "rollover", 0),
    ("rollover = 23", "rollover", 23),
    ("rollover = 0x0a", "rollover", 10),
    ('timezone = "Europe/Berlin"', "timezone", "Europe/Berlin"),
    ("new_per_day = 0", "new_per_day", 0),
    ("reviews_per_day = 9_999", "reviews_per_day", 9999),
    ("desired_retention = 0.7", "desired_retention", 0.7),
    ("desired_retention = 99e-2", "desired_retention", 0.99),
    ('learning_steps = "30s 1m 2h"', "learning_steps", (30, 60, 7200)),
    ('learning_steps = ["1m", "10m"]', "learning_steps", (60, 600)),
    ('learning_steps = [\n  "1m", # one\n  "23h",\n]', "learning_steps", (60, 82_800)),
    ('relearning_steps = ""', "relearning_steps", ()),
    ("relearning_steps = []", "relearning_steps", ()),
    ('relearning_steps = "86399s"', "relearning_steps", (86_399,)),
    ("maximum_interval = 1", "maximum_interval", 1),
    ("maximum_interval = 36500", "maximum_interval", 36_500),
    ("fuzz = false", "fuzz", False),
    ("order = 'forgotten'", "order", "forgotten"),
    ('order = """random"""', "order", "random"),
    ('order = "deck"', "order", "deck"),
    ('leech = "suspend"', "leech", "suspend"),
    ("minutes = 1", "minutes", 1),
    ("minutes = 600", "minutes", 600),
    ('rating_keys = "&é\\"\'"', "rating_keys", "&é\"'"),
    ('rating_keys = "&c\u030cxy"', "rating_keys", "&čxy"),
    *((f'mode = "{mode}"', "mode", mode) for mode in MODES),
    ('screen = "plain"', "screen", "plain"),
    ("ascii = true", "ascii", True),
    ("look_ahead_minutes = 0", "look_ahead_minutes", 0),
    ('sync = "~/Dropbox/srs"', "sync", "~/Dropbox/srs"),
    ("sync_git = true", "sync_git", True),
    ('"rollover" = 5', "rollover", 5),
    ('"\\u0072ollover" = 5', "rollover", 5),
]

BAD = [
    ("rollover = 24", 12, "E305", "`rollover` is a whole number from 0 to 23, not `24`", None),
    ('database = "postgres:/a@/srs"', 12, "E305", "`database` is the path of a file, or", "name it in full"),
    ("rollover = -1", 12, "E305", "not `-1`", None),
    ('rollover = "4"', 12, "E304", "not the text `4`", "without quotes"),
    ("rollover = 4.0", 12, "E304", "not `4.0`", None),
    ("rollover = true", 12, "E304", "not `true`", None),
    ("rollover = 04:00:00", 12, "E304", "not `04:00:00`", None),
    ("rollover.hour = 4", 17, "E304", "not a table", None),
    ("rolover = 4", 1, "E303", "`rolover` is not a setting", "`rollover`"),
    ("new-per-day = 4", 1, "E303", "`new-per-day` is not a setting", "`new_per_day`"),
    ("[review]", 1, "E303", "`[review]` is not a setting", "no table"),
    ("[rollover]", 1, "E304", "not a table", None),
    ('"\\u001b[31m" = 1', 1, "E303", "`\\x1b[31m` is not a setting", "srs config"),
    ('timezone = "Europe/Berln"', 12, "E305", "a time zone such as", "`Europe/Berlin`"),
    ('timezone = ""', 12, "E305", "not empty", "leave it out"),
    ('timezone = "../etc/passwd"', 12, "E305", "`../etc/passwd`", None),
    ('timezone = "/etc/localtime"', 12, "E305", "`/etc/localtime`", None),
    ("timezone = 1", 12, "E304", "not `1`", None),
    ("new_per_day = 10000", 15, "E305", "0 to 9999", None),
    ("reviews_per_day = -1", 19, "E305", "0 to 9999", None),
    ("desired_retention = 90", 21, "E305", "0.70 to 0.99", "90 % is written 0.9"),
    ("desired_retention = 0.69", 21, "E305", "`0.69`", None),
    ("desired_retention = 1", 21, "E305", "`1`", None),
    ("desired_retention = nan", 21, "E305", "`nan`", None),
    ('desired_retention = "0.9"', 21, "E304", "the text `0.9`", "without quotes"),
    ("learning_steps = 10", 18, "E304", "not `10`", "`10m`"),
    ('learning_steps = "10"', 18, "E305", "`10` in `learning_steps`", "`10m`"),
    ('learning_steps = "10m 1m"', 18, "E305", "so `1m` cannot follow `10m`", None),
    ('learning_steps = "10m 10m"', 18, "E305", "cannot follow", None),
    ('learning_steps = "1m, 10m"', 18, "E305", "`1m,`", "spaces"),
    ('learning_steps = "1d"', 18, "E305", "`1d`", "shorter than a day"),
    ('learning_steps = "24h"', 18, "E305", "`24h`", "shorter than a day"),
    ('learning_steps = "0s"', 18, "E305", "`0s`", None),
    ('learning_steps = "1.5h"', 18, "E305", "`1.5h`", None),
    ('learning_steps = "٣m"', 18, "E305", "`٣m`", None),
    ("learning_steps = [1, 10]", 18, "E304", "not `1`", "`1m`"),
    ("relearning_steps = {a = 1}", 20, "E304", "not a table", None),
    ("maximum_interval = 0", 20, "E305", "1 to 36500", None),
    ("maximum_interval = 36501", 20, "E305", "1 to 36500", None),
    ("fuzz = 1", 8, "E304", "`true` or `false`", None),
    ('fuzz = "true"', 8, "E304", "the text `true`", None),
    ("fuzz = True", 8, "E302", "TOML", "write `true`"),
    ("fuzz = yes", 8, "E302", "TOML", None),
    ('order = "dues"', 9, "E305", "`due`, `forgotten`, `random` or `deck`", "`due`"),
    ("order = due", 9, "E302", "TOML", 'order = "due"'),
    ("order = 1", 9, "E304", "not `1`", None),
    ('leech = "delete"', 9, "E305", "`mark` or `suspend`", None),
    ("minutes = 0", 11, "E305", "1 to 600", "unset minutes"),
    ("minutes = 601", 11, "E305", "1 to 600", None),
    ('rating_keys = "abc"', 15, "E305", "four different characters", None),
    ('rating_keys = "acdfg"', 15, "E305", "four different characters", None),
    ('rating_keys = "acda"', 15, "E305", "four different characters", None),
    ('rating_keys = "acd2"', 15, "E305", "no digits", None),
    ('rating_keys = "acd²"', 15, "E305", "no digits", None),
    ('rating_keys = "acdu"', 15, "E305", "another use", None),
    ('rating_keys = "acdｕ"', 15, "E305", "another use", None),
    ('rating_keys = "acd "', 15, "E305", "a space", None),
    ('rating_keys = "acd\\u001b"', 15, "E305", "\\x1b", None),
    ('rating_keys = "acd\\u202e"', 15, "E305", "\\u202e", None),
    ('rating_keys = ["a", "c", "d", "f"]', 15, "E304", "not a list", None),
    ('mode = "choise"', 8, "E305", "`reveal`, `choice`, `type` or `auto`, not `choise`", "`choice`"),
    ('mode = "quiz"', 8, "E305", "`reveal`, `choice`, `type` or `auto`", None),
    ("mode = true", 8, "E304", "`reveal`, `choice`, `type` or `auto`", None),
    ('screen = "dumb"', 10, "E305", "`full` or `plain`", None),
    ("ascii = 0", 9, "E304", "`true` or `false`", None),
    ("look_ahead_minutes = 1440", 22, "E305", "0 to 1439", None),
    ('sync = "srs"', 8, "E305", "the path of a folder", "name it in full"),
    ('sync = "/a\\nb"', 8, "E305", "the path of a folder", "name it in full"),
    ("sync = true", 8, "E304", "the path of a folder", None),
    ("rollover", 9, "E302", "TOML", "`name = value`"),
    ("rollover = 1\nrollover = 2", 1, "E302", "duplicate key", None),
    ("\tscreen =\t'dumb'", 11, "E305", "`full` or `plain`", None),
]


@pytest.mark.parametrize(("text", "name", "value"), GOOD, ids=[row[0] for row in GOOD])
def test_good_values_are_read(text, name, value):
    """Every form a setting may have is read as the value the engine works with."""
    read, problems = parse_settings(text.encode(), "c.toml")
    assert not problems
    assert getattr(read, name) == value
    assert type(getattr(read, name)) is type(value)


def test_the_modes_are_those_of_the_house():
    """`mode` takes the words of `srs.model`, which settings must not load; `reveal` where it is not set."""
    assert setting_named("mode").words == MODES
    assert Settings().mode == "reveal"


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("row", BAD, ids=[row[0] for row in BAD])
def test_bad_values_are_reported_with_their_place(row, newline):
    """A wrong line is one problem, with its line, column, code, message and hint, and changes nothing."""
    text, column, code, message, hint = row
    whole = f"# ü comment\n\n\n{text}\n"
    line = 4 + text.count("\n")
    read, problems = parse_settings(whole.replace("\n", newline).encode(), "c.toml")
    assert [(p.path, p.line, p.column, p.code) for p in problems] == [("c.toml", line, column, code)]
    assert message in problems[0].message
    assert str(problems[0]).isprintable()
    assert hint is None or hint in (problems[0].hint or "")
    assert problems[0].is_error
    assert read == Settings() or text.startswith("rollover = 1\n")


def test_all_problems_are_reported_at_once():
    """Wrong keys, wrong values and lines that are no TOML are told in one go, each with its own line."""
    text = "rolover = 3\nmode = reveal\nfuzz = True\nminutes = 0\nnew_per_day = 3\n[a]\nb = 1\n"
    read, problems = parse_settings(text.encode(), "c.toml")
    assert [(p.line, p.code) for p in problems] == [
        (1, "E303"),
        (2, "E302"),
        (3, "E302"),
        (4, "E305"),
        (6, "E303"),
    ]
    assert read.new_per_day == 3


def test_bytes_that_are_no_text_are_placed():
    """Bad UTF-8 is reported at its line and column in characters; a BOM is read over."""
    _, problems = parse_settings("\ufeff# é\nrollover = 4 # é".encode() + b"\xff\n", "c.toml")
    assert [(p.line, p.column, p.code) for p in problems] == [(2, 17, "E301")]
    assert "0xff" in problems[0].message
    read, problems = parse_settings("\ufeffrollover = 5\n".encode(), "c.toml")
    assert (read.rollover, problems) == (5, ())
    _, problems = parse_settings("rollover = 5\n".encode("utf-16"), "c.toml")
    assert [p.code for p in problems] == ["E301"]
    _, problems = parse_settings(b"#" * 1_000_001, "c.toml")
    assert [p.code for p in problems] == ["E301"]


@given(st.binary(max_size=200))
def test_any_bytes_are_settings_or_problems(data):
    """No bytes make the reader raise, and every problem stands inside the file."""
    _, problems = parse_settings(data, "c.toml")
    assert all(1 <= p.line <= data.count(b"\n") + 1 and p.column >= 1 for p in problems)


FRAGMENTS = st.sampled_from(
    [
        *NAMES,
        *(
            "=",
            " ",
            "\n",
            "\r\n",
            "\r",
            "#",
            '"',
            "'",
            '"""',
            "'''",
            "[",
            "]",
            "{",
            "}",
            ",",
            ".",
            "\\",
            "\t",
        ),
        *("1", "0", "-", "+", "_", "e", "0.9", "true", "false", '"due"', "'x'", '"1m 10m"', '["1m", "10m"]'),
        *("é", "\u202e", "\x1b", "inf", "nan", "07:30:00", "1979-05-27", "x = 1\n", "[a]\n", "\ufeff"),
    ]
)
VALUES = st.sampled_from(
    [
        *(
            "1",
            "-1",
            "-0",
            "00",
            "01",
            "1_0",
            "1.",
            ".5",
            "0.50",
            "-0.0",
            "1.5e3",
            "9" * 15,
            "9" * 16,
            "1 2",
            "",
        ),
        *(
            "true",
            "false",
            "True",
            '"a"',
            "'a'",
            '""',
            '"a" "b"',
            '"a\\t"',
            "'a\\t'",
            '"""a"""',
            "''''''",
            "'\t'",
        ),
        *(
            "[]",
            "[ ]",
            '["a"]',
            "[ \"a\" , 'b' ]",
            '["a",]',
            '["a,b"]',
            '["a" "b"]',
            "[1]",
            '[["a"]]',
            "[,]",
            "[\n]",
        ),
        *('"#"', '"é"', '"\u202e"', '"a', "{}", '"]"', '["]"]', "1979-05-27 07:30:00", "0x1f", "nan", "+1"),
    ]
)
PLAIN_LINES = st.builds(
    "{}{}={}{}{}".format,
    st.sampled_from([*NAMES, "a-b_C9", "1", "'a'", "a.b", "é", ""]),
    st.sampled_from(["", " ", "\t "]),
    st.sampled_from(["", " ", "\t"]),
    VALUES,
    st.sampled_from(["", " ", " # c", "#", "\t", " # [x]", "  ", "\t# é", " x", "\r", "# \x07"]),
)
TEXTS = st.lists(FRAGMENTS, max_size=25).map("".join)
LINES = st.builds(
    str.join, st.sampled_from(["\n", "\r\n", "\n\n"]), st.lists(PLAIN_LINES, min_size=1, max_size=2)
)


@given(TEXTS | LINES)
@settings(max_examples=800)
def test_the_quick_reader_agrees_with_rtoml(text):
    """What the reader of plain lines takes, rtoml reads the same, value and type; it never raises."""
    values = plain_values(text, statements(text))
    parse_settings(text.encode(), "c.toml")
    if values is not None:
        assert repr(values) == repr(rtoml.loads(text))


@pytest.mark.parametrize(
    "text", ["", "# only\n", "fuzz=true", "a = [ 'b' ] # c\r\nb = -0.5\r\n", "minutes = 15 "]
)
def test_the_quick_reader_takes_plain_files(text):
    """A plain file is read without rtoml, so the test above is not about nothing."""
    assert plain_values(text, statements(text)) == rtoml.loads(text)


def _toml_line(name):
    setting = next(s for s in SETTINGS if s.name == name)
    return GOOD_TEXTS[name].map(lambda text: f"{name} = {setting.toml(setting.read(text))}")


GOOD_TEXTS = {
    "rollover": st.integers(0, 23).map(str),
    "timezone": st.sampled_from(["Europe/Berlin", "America/New_York", "UTC", "Asia/Kathmandu"]),
    "new_per_day": st.integers(0, 9999).map(str),
    "reviews_per_day": st.integers(0, 9999).map(str),
    "desired_retention": st.floats(0.70, 0.99).map(str),
    "learning_steps": st.lists(st.integers(1, 86_399), unique=True, max_size=5).map(
        lambda steps: " ".join(f"{step}s" for step in sorted(steps))
    ),
    "relearning_steps": st.sampled_from(["", "1m", "10m 1h", "30s 90s 2h"]),
    "maximum_interval": st.integers(1, 36_500).map(str),
    "fuzz": st.sampled_from(["true", "false", "yes", "off"]),
    "order": st.sampled_from(["due", "forgotten", "random", "deck"]),
    "leech": st.sampled_from(["mark", "suspend"]),
    "minutes": st.integers(1, 600).map(str),
    "rating_keys": st.sampled_from(["&é\"'", "acdf", "\\=[]", "'\"#x", "+ěšč"]),
    "mode": st.sampled_from(MODES),
    "screen": st.sampled_from(["full", "plain"]),
    "ascii": st.sampled_from(["true", "false"]),
    "look_ahead_minutes": st.integers(0, 1439).map(str),
    "sync": st.sampled_from(["/media/stick/srs", '~/Dropbox/my "srs"', "C:\\srs", "\\\\nas\\srs", "/ö"]),
    "database": st.sampled_from(["/media/cards.db", '~/my "cards".db', "postgresql+psycopg://anna@host/srs"]),
    "learner": st.sampled_from(["anna", "Bo Béla", "O'Hara"]),
    "sync_git": st.sampled_from(["true", "false", "on", "no"]),
}
COMMENTS = st.sampled_from(["# rollover = 9", "", "  # a comment with é and \"quotes'", "#[table]", "\t"])
ODD_LINES = st.sampled_from(
    [
        'learning_steps = [ # why\n  \'1m\', # [not] "this\n  "10m",\n]',
        'order = """\\\n  deck"""',
        "'minutes' = 1_0 # box",
        '  rollover   =   0x5   # "4"',
        "timezone = '''Europe/Berlin'''",
        '"\\u0061scii" = true',
    ]
)


@st.composite
def _files(draw):
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6))
    lines = [draw(_toml_line(name)) + draw(st.sampled_from(["", " # kept", "\t#"])) for name in names]
    odd = draw(ODD_LINES)
    taken = {name for line in lines for name in rtoml.loads(line)}
    if not taken & set(rtoml.loads(odd)):
        lines.append(odd)
    lines += draw(st.lists(COMMENTS, max_size=4))
    lines = draw(st.permutations(lines))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = newline.join(lines).replace("\r\n", "\n").replace("\n", newline)
    return draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", newline]))


def _other_lines(text, name):
    found = [s for s in statements(text) if s.name == name]
    for statement in reversed(found):
        start = text.rfind("\n", 0, statement.start) + 1
        end = text.find("\n", statement.value_end)
        text = text[:start] + ("" if end < 0 else text[end + 1 :])
    return [line.rstrip("\r") for line in text.split("\n") if line.strip()]


@given(st.data(), _files(), st.sampled_from(NAMES))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_set_then_read_gives_the_value_and_touches_no_other_line(data, text, name):
    """After `set` the file says the value, every other setting, comment, line ending and BOM as before."""
    setting = next(s for s in SETTINGS if s.name == name)
    typed = data.draw(GOOD_TEXTS[name])
    before, problems = parse_settings(text.encode(), "c.toml")
    assert not problems
    after = set_value(text, name, typed)
    read, problems = parse_settings(after.encode(), "c.toml")
    assert not problems
    assert getattr(read, name) == setting.read(typed) == setting.read(setting.text(setting.read(typed)))
    assert all(getattr(read, n) == getattr(before, n) for n in NAMES if n != name)
    body = text.removeprefix("\ufeff")
    assert _other_lines(after.removeprefix("\ufeff"), name) == _other_lines(body, name)
    assert after.startswith("\ufeff") == text.startswith("\ufeff")
    assert "\r\n" not in text or after.count("\n") == after.count("\r\n")
    assert set_value(after, name, typed) == after


@given(_files(), st.sampled_from(NAMES))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_unset_gives_the_default_and_touches_no_other_line(text, name):
    """After `unset` the default counts, and the other lines are as they were."""
    after = unset_value(text, name)
    read, problems = parse_settings(after.encode(), "c.toml")
    assert not problems
    assert getattr(read, name) == getattr(Settings(), name)
    body = text.removeprefix("\ufeff")
    assert _other_lines(after.removeprefix("\ufeff"), name) == _other_lines(body, name)
    assert unset_value(after, name) == after


def test_edits_keep_the_words_around_them():
    """A comment on the line stays with a new value; a new setting goes above a table, in its own line."""
    assert set_value("rollover = 4 # late\n", "rollover", "5") == "rollover = 5 # late\n"
    assert set_value("fuzz = true", "ascii", "on") == "fuzz = true\nascii = true\n"
    assert set_value("# a\r\n", "minutes", "15") == "# a\r\nminutes = 15\r\n"
    assert set_value("fuzz = true\n\n[x]\n", "minutes", "15") == "fuzz = true\nminutes = 15\n\n[x]\n"
    assert set_value("", "learning_steps", "60s  10m") == 'learning_steps = "1m 10m"\n'
    assert set_value("learning_steps = ['1m', '10m']\n", "learning_steps", "1m 10m").startswith(
        "learning_steps = ["
    )
    assert set_value("rollover = 99\nx = 1\n", "rollover", "4") == "rollover = 4\nx = 1\n"
    assert unset_value("a = 1\nnonsense = [\n1,\n]\nb = 2\n", "nonsense") == "a = 1\nb = 2\n"


def test_edits_that_cannot_be_are_refused():
    """A wrong value or key, a file that is no TOML, or a setting written as a table stop the edit."""
    for name, typed in [("rollover", "24"), ("rollover", "4:00"), ("fuzz", "maybe"), ("rollove", "4")]:
        with pytest.raises(UsageError):
            set_value("", name, typed)
    with pytest.raises(UsageError, match="not a setting"):
        unset_value("", "nothing")
    with pytest.raises(SettingsProblems) as caught:
        set_value("order = due\n", "rollover", "5", "c.toml")
    assert [(p.path, p.line) for p in caught.value.problems] == [("c.toml", 1)]
    for text in ("[rollover]\n", "rollover.a = 1\n", "rollover.a = 1\nrollover.b = 1\n"):
        with pytest.raises(FileProblems):
            set_value(text, "rollover", "5")


@pytest.mark.parametrize(
    ("name", "typed", "hint"),
    [
        ("desired_retention", "90%", "`0.9`"),
        ("desired_retention", "0,85", "`0.85`"),
        ("order", "forgoten", "forgotten"),
        ("minutes", "none", "unset minutes"),
        ("timezone", "america/new york", "America/New_York"),
    ],
)
def test_what_was_meant_is_hinted(name, typed, hint):
    """A near miss on the command line is answered with what was probably meant."""
    with pytest.raises(UsageError) as caught:
        set_value("", name, typed)
    assert hint in (caught.value.hint or "")


def test_the_table_and_the_class_agree():
    """Every row of SETTINGS is a setting of `Settings`, with the same default, and is told in one line."""
    assert tuple(NAMES) == Settings.__slots__
    for setting in SETTINGS:
        assert getattr(Settings(), setting.name) == setting.default
        assert len(setting.meaning) < 90
        if setting.default is not None:
            assert setting.read(setting.text(setting.default)) == setting.default
    assert repr(Settings(rollover=5)) == "Settings(rollover=5)"
    assert len({Settings(), Settings(), Settings(minutes=1)}) == 2


def test_options_are_the_settings_that_rule_an_interval():
    """The options are the settings' own; a deck's retention goes before the learner's."""
    assert Settings().options(None) == Options()
    chosen = Settings(learning_steps=(), relearning_steps=(5,), maximum_interval=9, fuzz=False)
    assert chosen.options(0.8) == Options(0.8, (), (5,), 9, fuzz=False)


def test_a_missing_file_is_all_defaults_and_a_bad_one_an_error(tmp_path):
    """No file means defaults; problems are raised together with exit code 1; a folder is a sentence."""
    assert load_settings(str(tmp_path / "no" / "config.toml")) == Settings()
    path = tmp_path / "config.toml"
    path.write_text("rolover = 1\n")
    with pytest.raises(SettingsProblems, match=r"config.toml:1:1: E303 `rolover`") as one:
        load_settings(str(path))
    assert one.value.hint == "did you mean `rollover`?"
    path.write_text("rolover = 1\nfuzz = 2\n")
    with pytest.raises(
        SettingsProblems, match=r"2 problems\n.*:1:1: E303.*\n  hint: .*\n.*:2:8: E304"
    ) as two:
        load_settings(str(path))
    assert (two.value.exit_code, len(two.value.problems)) == (1, 2)
    with pytest.raises(FileProblems, match="cannot be read"):
        load_settings(str(tmp_path))
    assert lines_of(b"\n# x\nfuzz = true\n'rollover' = 4") == {"fuzz": 3, "rollover": 4}


ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "America/Nuuk"]
MOMENTS = st.integers(
    int(datetime(1999, 1, 1, tzinfo=UTC).timestamp() * 1000),
    int(datetime(2037, 1, 1, tzinfo=UTC).timestamp() * 1000),
)


@pytest.fixture
def zone_variable():
    """A function that sets TZ, for Python and for the C library."""
    old = os.environ.get("TZ")

    def put(value):
        if value is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = value
        time.tzset()

    yield put
    put(old)


@given(now=MOMENTS, rollover=st.integers(0, 23), name=st.sampled_from(ZONES))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_today_is_that_of_study_days(zone_variable, now, rollover, name):
    """The quick day and its end are those of StudyDays, for a zone set by name and for the system's."""
    days = StudyDays(ZoneInfo(name), rollover)
    day = days.day(now)
    assert zones.today(name, now, rollover) == (day, days.end(day))
    zone_variable(name)
    assert zones.fast_day(now, rollover) in (None, (day, days.end(day)))
    assert zones.today(None, now, rollover) == (day, days.end(day))


@pytest.mark.parametrize("name", ZONES)
def test_today_holds_round_every_change_of_the_clocks(zone_variable, name):
    """Every half hour round both changes of 2026, at every rollover from 0 to 4, is as StudyDays says."""
    zone_variable(name)
    for month, last in ((3, 9), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1)):
        start = int(datetime(2026, month, last, tzinfo=UTC).timestamp() * 1000) - 36 * 3_600_000
        for rollover in range(5):
            days = StudyDays(ZoneInfo(name), rollover)
            for now in range(start, start + 72 * 3_600_000, 1_800_000):
                day = days.day(now)
                assert zones.today(None, now, rollover) == (day, days.end(day))


def test_the_quick_day_is_quick_on_an_ordinary_day(zone_variable):
    """Far from any change of the clocks the C library alone gives the day."""
    if not Path(zones.ZONE_FOLDER, "Europe/Berlin").exists():
        pytest.skip("no zone files for the C library here")
    zone_variable("Europe/Berlin")
    assert zones.fast_day(int(datetime(2026, 7, 1, 3, 30, tzinfo=UTC).timestamp() * 1000), 4) == (
        20_635,
        int(datetime(2026, 7, 2, 2, 0, tzinfo=UTC).timestamp() * 1000),
    )


@pytest.mark.parametrize("value", ["Europe/Berlin", ":Europe/Berlin", "", "UTC", "JST-9", "<+0330>-3:30"])
def test_the_variable_tz_is_read_as_the_library_does(zone_variable, value):
    """A name, a name after a colon, nothing, and POSIX rules give the offsets of `time.localtime`."""
    zone_variable(value)
    for seconds in range(1_700_000_000, 1_800_000_000, 5_000_011):
        shift = datetime.fromtimestamp(seconds, zone_of(Settings())).utcoffset()
        assert shift is not None
        assert shift.total_seconds() == time.localtime(seconds).tm_gmtoff


def test_a_rule_with_summer_time_is_read_as_the_library_does(zone_variable):
    """A POSIX rule with two changes a year holds for the day and its end too."""
    zone_variable("CET-1CEST,M3.5.0,M10.5.0/3")
    days = StudyDays(ZoneInfo("Europe/Berlin"), 4)
    for now in range(1_760_000_000_000, 1_800_000_000_000, 77_000_000):
        day = days.day(now)
        assert zones.today(None, now, 4) == (day, days.end(day))


def test_a_zone_that_is_none_warns_and_is_utc(zone_variable):
    """Where no zone can be found days follow UTC, which is said; a setting goes before all."""
    zone_variable("Nowhere/Land")
    with pytest.warns(zones.ZoneWarning, match="set `timezone`"):
        assert zone_of(Settings()) is UTC
    assert zone_of(Settings(timezone="Asia/Tokyo")) == ZoneInfo("Asia/Tokyo")
    with pytest.raises(ValueError, match="no time zone"):
        zones.today("Nowhere/Land", 0, 4)


@pytest.mark.parametrize(
    "kind", ["link", "relative", "posix", "copy", "copy and name", "name", "other folder"]
)
def test_the_system_zone_is_found_however_it_is_kept(kind, tmp_path, monkeypatch, zone_variable):
    """A link, a copied file, or a name in a file: each is read, and the quick day never contradicts it."""
    berlin = Path(zones.ZONE_FOLDER, "Europe/Berlin")
    if not berlin.exists():
        pytest.skip("no zone files for the C library here")
    zone_variable(None)
    localtime, named = tmp_path / "localtime", tmp_path / "timezone"
    monkeypatch.setattr(zones, "LOCALTIME", str(localtime))
    monkeypatch.setattr(zones, "TIMEZONE", str(named))
    other = tmp_path / "zoneinfo" / "Europe" / "Berlin"
    other.parent.mkdir(parents=True)
    other.write_bytes(berlin.read_bytes())
    if kind == "link":
        localtime.symlink_to(berlin)
    elif kind == "relative":
        localtime.symlink_to(os.path.relpath(berlin, tmp_path.resolve()))
    elif kind == "posix":
        localtime.symlink_to("/usr/share/zoneinfo/posix/Europe/Berlin")
        if not localtime.exists():
            pytest.skip("no posix folder here")
    elif kind == "other folder":
        localtime.symlink_to(other)
    elif kind != "name":
        localtime.write_bytes(berlin.read_bytes())
    if "name" in kind:
        named.write_text("Europe/Berlin\n")
    zone = zones.system_zone()
    assert str(zone) == ("local" if kind == "copy" else "Europe/Berlin")
    assert (
        datetime(2026, 7, 1, tzinfo=zone).utcoffset()
        == datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/Berlin")).utcoffset()
    )
    assert kind == "posix" or zones._library_agrees() == (kind in ("link", "relative", "copy"))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs itself is asked")
@pytest.mark.parametrize("home", [None, "/home/me", "/home/me/", "/", "relative", ""])
@pytest.mark.parametrize("xdg", [None, "", "/x/y", "/x/y/", "relative/path", "/"])
def test_places_are_those_of_platformdirs(monkeypatch, home, xdg):
    """The folders worked out here are the ones platformdirs names, whatever HOME and XDG_* hold."""
    for variable, value in [("HOME", home), *((f"XDG_{k}_HOME", xdg) for k in ("DATA", "CONFIG", "STATE"))]:
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)
    for variable in ("SRS_DB", "SRS_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    dirs = platformdirs.PlatformDirs("srs", appauthor=False)
    assert places.data_dir() == dirs.user_data_dir
    assert places.state_dir() == dirs.user_state_dir
    assert Path(places.config_path()) == Path(dirs.user_config_dir, "config.toml")
    assert Path(places.database_path()) == Path(dirs.user_data_dir, "srs.db")
    assert Path(places.decks_dir()) == Path(dirs.user_data_dir, "decks")


def test_the_environment_names_the_database_and_the_settings(monkeypatch):
    """SRS_DB and SRS_CONFIG go first, `~` is the home folder, and empty counts as not set."""
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("SRS_DB", "~/x.db")
    monkeypatch.setenv("SRS_CONFIG", "some/c.toml")
    assert places.database_path() == "/home/me/x.db"
    assert places.config_path() == "some/c.toml"
    monkeypatch.setenv("SRS_DB", "")
    assert Path(places.database_path()) == Path(places.data_dir(), "srs.db")


def test_a_device_keeps_its_id(tmp_path):
    """The id is made once, in a file for its owner alone, and stays whatever the random source says."""
    folder = tmp_path / "a" / "state"
    first = places.device_id(str(folder), lambda bits: (1 << bits) - 1)
    assert first == "f" * 16
    assert places.device_id(str(folder), lambda _: 0) == first
    assert (folder / "device").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in folder.iterdir()] == ["device"]


def test_a_damaged_device_id_is_never_replaced(tmp_path, monkeypatch):
    """A file that holds something else is a sentence, not a new device."""
    monkeypatch.setattr(places, "_WAIT_SECONDS", 0.0)
    for damage in (b"", b"abc\n", b"g" * 16 + b"\n", b"a" * 60, b"\xff" * 17):
        (tmp_path / "device").write_bytes(damage)
        with pytest.raises(FileProblems, match="does not hold the id"):
            places.device_id(str(tmp_path), lambda _: 1)
        assert (tmp_path / "device").read_bytes() == damage
    (tmp_path / "file").write_text("")
    with pytest.raises(FileProblems, match="cannot be kept"):
        places.device_id(str(tmp_path / "file" / "state"), lambda _: 1)


RACE = """
import os, sys, time
from srs import places
if sys.argv[2] == "no links":
    def refuse(*_): raise PermissionError(1, "Operation not permitted")
    os.link = refuse
while not os.path.exists(sys.argv[1] + "/go"):
    pass
for turn in range(40):
    print(places.device_id(f"{sys.argv[1]}/{turn}", lambda bits: int.from_bytes(os.urandom(bits // 8))))
"""


@pytest.mark.parametrize("links", ["links", "no links"])
def test_two_processes_get_one_device_id(tmp_path, links):
    """Processes that ask for the first time at once agree, also where files cannot be linked."""
    command = [sys.executable, "-c", RACE, str(tmp_path), links]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    (tmp_path / "go").touch()
    answers = [racer.communicate(timeout=30)[0].split() for racer in racers]
    assert [len(answer) for answer in answers] == [40, 40, 40]
    assert answers[0] == answers[1] == answers[2]
    assert len(set(answers[0])) == 40
    assert {file.name for turn in range(40) for file in (tmp_path / str(turn)).iterdir()} == {"device"}


def test_the_quick_look_imports_little():
    """Reading a plain settings file, the places and today loads none of the slow modules."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "from srs import places, settings, zones\n"
        "settings.parse_settings(b'rollover = 5 # night\\nnew_per_day = 30\\n', 'c')\n"
        "places.database_path(); places.config_path(); zones.fast_day(1_780_000_000_000, 4)\n"
        "heavy = {'dataclasses', 'rtoml', 'tzlocal', 'platformdirs', 'pathlib', 'json', 'zoneinfo'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
