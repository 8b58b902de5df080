"""The last committed version of a file, asked of git where there is a git and a work tree."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 5.0
"""Seconds after which git is not waited for any longer."""

# Set for a hook by git itself; they would name its repository in place of the file's.
_OF_ONE_REPOSITORY = frozenset(
    {
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"),
        *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_PREFIX", "GIT_NAMESPACE"),
    }
)


def committed(path: Path) -> bytes | None:
    """What a file held in the last commit; None where it was not in it, or nobody can tell.

    Only an object is read: no filter, pager, hook or network of the repository's settings comes in.
    """
    try:
        real = path.resolve()
        git = git_program()
        if git is None or not _in_a_work_tree(real.parent):
            return None
        done = subprocess.run(  # noqa: S603 - no shell, a path found once, and the file's name as one word
            [git, "cat-file", "blob", f"HEAD:./{real.name}"],
            cwd=real.parent,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, ValueError, RuntimeError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


@cache
def git_program() -> str | None:
    """Where git is, if it is installed."""
    return shutil.which("git")


@lru_cache(maxsize=1024)
def _in_a_work_tree(folder: Path) -> bool:
    """Whether a `.git` stands here or above; asking git costs a process, looking does not."""
    return any((above / ".git").exists() for above in (folder, *folder.parents))


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_ONE_REPOSITORY}
    return kept | {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
