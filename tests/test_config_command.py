"""`srs config` from the outside: streams, exit codes, the file it leaves behind."""

from __future__ import annotations

import json
import os
import sys
from types import SimpleNamespace

import pytest
import typer

from srs.cli.config import add_to
from srs.errors import SrsError
from srs.settings import SETTINGS

RUN = """
import typer
from srs.cli.config import add_to
app = typer.Typer()
app.callback()(lambda: None)
add_to(app)
app()
"""


@pytest.fixture
def config(tmp_path, capsys, monkeypatch):
    """A function that carries out `srs config ARGUMENTS` over `folder/config.toml`."""
    path = tmp_path / "folder" / "config.toml"
    monkeypatch.setenv("SRS_CONFIG", str(path))
    monkeypatch.setenv("TZ", "UTC")
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    app.callback()(lambda: None)
    add_to(app)

    def run(*arguments):
        code, told = 0, ""
        try:
            app(["config", *arguments], standalone_mode=False)
        except SrsError as error:
            hint = f"hint: {error.hint}\n" if error.hint else ""
            code, told = error.exit_code, f"error: {error.message}\n{hint}"
        captured = capsys.readouterr()
        return SimpleNamespace(returncode=code, stdout=captured.out, stderr=captured.err + told)

    run.path = path
    return run


def test_set_get_unset_and_path(config):
    """A setting that was set is given back; the new file and its folder are private; unset takes it out."""
    done = config("set", "learning_steps", "1m", "10m", "1h")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "learning_steps is now 1m 10m 1h\n")
    assert config.path.read_text() == 'learning_steps = "1m 10m 1h"\n'
    assert config.path.stat().st_mode & 0o777 == 0o600
    assert config.path.parent.stat().st_mode & 0o777 == 0o700
    assert config("get", "learning_steps").stdout == "1m 10m 1h\n"
    assert config("get", "minutes").stdout == "\n"
    assert config("get", "learning_steps", "--json").stdout == '[\n  "1m",\n  "10m",\n  "1h"\n]\n'
    assert config("set", "learning_steps", "60s 10m 60m").stderr == "learning_steps is 1m 10m 1h already\n"
    done = config("unset", "learning_steps")
    assert (done.returncode, done.stderr) == (0, "learning_steps is no longer set; its default is 1m 10m\n")
    assert config.path.read_text() == ""
    assert config("unset", "learning_steps").stderr.startswith("learning_steps is not set in ")
    assert config("path").stdout == f"{config.path}\n"
    assert [file.name for file in config.path.parent.iterdir()] == ["config.toml"]


def test_reading_makes_no_file(config):
    """Showing and getting settings leaves no file and no folder behind."""
    for arguments in ((), ("show",), ("get", "fuzz"), ("path",), ("--json",), ("unset", "fuzz")):
        assert config(*arguments).returncode == 0
    assert not config.path.parent.exists()


def test_show_lists_every_setting(config):
    """A pipe gets one line a setting, with tabs: name, value, default, and where it comes from."""
    config.path.parent.mkdir()
    config.path.write_text("# mine\nminutes = 15\nrollover = 4\n")
    rows = [line.split("\t") for line in config().stdout.splitlines()]
    assert [row[0] for row in rows] == [setting.name for setting in SETTINGS]
    by_name = {row[0]: row[1:] for row in rows}
    assert by_name["minutes"] == ["15", "", "line 2"]
    assert by_name["rollover"] == ["4", "4", "line 3"]
    assert by_name["learning_steps"] == ["1m 10m", "1m 10m", "default"]
    assert config("show").stdout == config().stdout


def test_show_as_json(config):
    """The JSON has the path, the zone in force, and for each setting value, default and line."""
    config.path.parent.mkdir()
    config.path.write_text("ascii = true\n")
    shape = json.loads(config("--json").stdout)
    assert {key: shape[key] for key in ("path", "exists", "time_zone")} == {
        "path": str(config.path),
        "exists": True,
        "time_zone": "UTC",
    }
    ascii_only = shape["settings"]["ascii"]
    assert (ascii_only["value"], ascii_only["default"], ascii_only["line"]) == (True, False, 1)
    assert shape["settings"]["minutes"]["value"] is None
    assert shape["settings"]["relearning_steps"]["value"] == ["10m"]
    assert shape["settings"]["desired_retention"]["line"] is None


def test_show_is_aligned_on_a_terminal(config):
    """On a terminal the columns stand under each other and the path comes last."""
    pexpect = pytest.importorskip("pexpect")
    environment = os.environ | {"SRS_CONFIG": str(config.path), "TZ": "UTC", "PYTHONUTF8": "1"}
    child = pexpect.spawn(
        sys.executable, ["-c", RUN, "config"], env=environment, encoding="utf-8", timeout=20
    )
    child.expect(pexpect.EOF)
    lines = child.before.replace("\r\n", "\n").splitlines()
    assert {line.index("default") for line in lines[: len(SETTINGS)]} == {lines[0].index("default")}
    assert "system (UTC)" in lines[1]
    assert lines[-1].strip() == f"{config.path} (not there yet: all defaults)"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("get", "rolover"), 2, "error: `rolover` is not a setting\nhint: did you mean `rollover`?\n"),
        (("set", "rollover", "24"), 2, "error: `rollover` is a whole number from 0 to 23, not `24`\n"),
        (("set", "minutes", "-5"), 2, "error: `minutes` is a whole number from 1 to 600, not `-5`\n"),
        (("set", "order", "dew"), 2, "hint: did you mean `due`?\n"),
        (
            ("set", "mode", "typed"),
            2,
            "`reveal`, `choice`, `type` or `auto`, not `typed`\nhint: did you mean `type`?",
        ),
        (("set", "rating_keys", "\x1b[2J"), 2, "\\x1b[2J"),
        (("unset", "colour"), 2, "error: `colour` is not a setting\n"),
    ],
)
def test_wrong_use_is_a_sentence_with_exit_code_2(config, arguments, code, said):
    """A wrong name or value is told on stderr, and nothing is written."""
    done = config(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "\x1b" not in done.stderr
    assert not config.path.exists()


def test_a_bad_file_is_told_with_its_places(config):
    """Problems of the file come with line and column and exit code 1; the file stays as it is."""
    config.path.parent.mkdir()
    config.path.write_text("rolover = 1\nfuzz = 7\n")
    for arguments in ((), ("--json",), ("get", "rollover")):
        done = config(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"{config.path}:1:1: E303" in done.stderr
        assert f"{config.path}:2:8: E304" in done.stderr
    config.path.write_bytes(b"fuzz = true\n\xff\n")
    for arguments in ((), ("set", "fuzz", "false"), ("unset", "fuzz")):
        done = config(*arguments)
        assert done.returncode == 1
        assert f"{config.path}:2:1: E301" in done.stderr
    assert config.path.read_bytes() == b"fuzz = true\n\xff\n"


def test_a_bad_setting_can_be_mended_by_command(config):
    """`set` and `unset` work on the very lines that stop everything else."""
    config.path.parent.mkdir()
    config.path.write_text("rolover = 1 # oh\nfuzz = 7\n")
    assert config("set", "fuzz", "no").returncode == 0
    assert config("unset", "rolover").returncode == 0
    assert config.path.read_text() == "fuzz = false\n"
    assert config("get", "fuzz").stdout == "false\n"


def test_a_linked_file_stays_a_link_and_keeps_its_mode(config, tmp_path):
    """Settings kept elsewhere, as with dotfiles in git, are changed there; link and mode stay."""
    real = tmp_path / "dotfiles" / "srs.toml"
    real.parent.mkdir()
    real.write_text("# from git\n")
    real.chmod(0o644)
    config.path.parent.mkdir()
    config.path.symlink_to(real)
    assert config("set", "rating_keys", "-=[]").returncode == 0
    assert config.path.is_symlink()
    assert real.read_text() == '# from git\nrating_keys = "-=[]"\n'
    assert real.stat().st_mode & 0o777 == 0o644
    assert [file.name for file in real.parent.iterdir()] == ["srs.toml"]


def test_a_place_that_cannot_be_written_is_a_sentence(config):
    """Where the folder cannot be made, the sentence names the path and the exit code is 1."""
    config.path.parent.write_text("a file, not a folder")
    done = config("set", "fuzz", "no")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {config.path} cannot be written: ")
    assert done.stderr.count("\n") == 1


def test_help_says_what_each_setting_may_be(config):
    """`srs config set --help` lists every setting with what it may be, from the one table."""
    text = config("set", "--help").stdout
    for setting in SETTINGS:
        assert f"{setting.name} " in text
    assert "a whole number from 0 to 23" in text
