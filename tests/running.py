"""The program run to its end in this process, with a home of its own: what a pipe would get, much quicker."""

import io
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import pytest

from srs.__main__ import run as run_program

_OF_A_PERSON = ("VISUAL", "EDITOR", "SRS_DB", "NO_COLOR", "COLUMNS", "XDG_CONFIG_HOME")


def run(home, *arguments, **more_env):
    """Run the program in its home; returns `returncode`, `stdout` and `stderr`."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in _OF_A_PERSON:
            patch.delenv(name, raising=False)
        for name, value in (home.env | more_env).items():
            patch.setenv(name, value)
        patch.chdir(home.folder)
        patch.setattr("sys.stdin", io.StringIO())
        code = run_program([str(argument) for argument in arguments])
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())
