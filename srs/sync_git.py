"""A shared folder that is a git repository: pull before a sync, one commit of the own files and a push after.

Every device writes its own files, so merges have nothing to disagree about; where they do all the same,
because of other files in the repository, the merge is taken back whole and told in git's own words. To be
offline is no error: what was committed is pushed another time.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from srs.errors import FileProblems, NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PUSHES = 4
"""How often a push is tried when other devices are quicker."""
SECONDS = 120.0
"""How long git may take for one thing."""
_REACHING = ("fetch", "push")
"""What may be broken off at any moment: it changes nothing here that another one does not mend."""
_FIXED = (
    *("-c", "core.autocrlf=false", "-c", "core.safecrlf=false", "-c", f"core.hooksPath={os.devnull}"),
    *("-c", "commit.gpgSign=false", "-c", "merge.verifySignatures=false", "-c", "core.fsmonitor=false"),
    *("-c", "advice.diverging=false", "-c", "gc.autoDetach=false", "-c", "push.gpgSign=false"),
)
_MERGE = ("--quiet", "--no-edit", "--no-verify", "--allow-unrelated-histories")
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_EDITOR": "true",
    "GIT_PAGER": "cat",
    "GCM_INTERACTIVE": "never",
}
_LEFT_OUT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")
_UNDER_WAY = {
    "MERGE_HEAD": "a merge",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
}


class GitFailedError(Exception):
    """Git did not do what it was asked; the message is what it said."""


@dataclass(slots=True)
class GitReport:
    """What was done with git: `offline` is what it said when the other side could not be reached."""

    pulled: bool = False
    committed: bool = False
    pushed: bool = False
    offline: str | None = None
    doubled: bool = False
    """Whether another computer wrote files of this device; they are as it wrote them."""


class Repository:
    """The git repository a folder is in."""

    def __init__(self, folder: str, env: Mapping[str, str], *, patience: float = SECONDS) -> None:
        """Find it; the other side that does not answer within `patience` seconds is offline.

        Raises:
            NotFoundError: there is no program `git`.
            UsageError: the folder is in no repository, or on no branch.
            FileProblems: something is under way there that has to be ended first.
        """
        self._folder = folder
        self._patience = patience
        self._env = {name: value for name, value in env.items() if name not in _LEFT_OUT} | _ENVIRONMENT
        self._env.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
        self.report = GitReport()
        self._own: Sequence[str] = ()
        try:
            git_folder = self._git("rev-parse", "--absolute-git-dir").strip()
        except GitFailedError as error:
            raise UsageError(
                f"{folder} cannot be used with `--git`: {error}", "make it a repository first: `git init`"
            ) from None
        for name, what in _UNDER_WAY.items():
            if os.path.exists(os.path.join(git_folder, name)):  # noqa: PTH110, PTH118 - names of git
                raise FileProblems(f"{what} is under way in {folder}", "end it with git, then sync again")
        try:
            self._branch = self._git("symbolic-ref", "--short", "HEAD").strip()
            remotes = self._git("remote").split()
        except GitFailedError as error:
            raise UsageError(
                f"{folder} cannot be used with `--git`: {error}", "it has to be on a branch"
            ) from None
        self._remote = "origin" if "origin" in remotes else next(iter(remotes), None)

    def pull(self, own: Sequence[str] = ()) -> None:
        """Bring in what others pushed; `own` are the files of this device.

        Where another computer wrote these, too, they become what it wrote: `report.doubled`.

        Raises:
            FileProblems: it cannot be merged; all is as it was before.
        """
        self._own = own
        if self._remote and self._fetched():
            self._merge()
            self.report.pulled = True

    def has_unpushed(self, names: Sequence[str]) -> bool:
        """Whether files of the folder, or commits, are not on the other side, as far as is known here."""
        try:
            if names and self._git("status", "--porcelain", "--ignored", "--", *names).strip():
                return True
            return bool(self._remote) and self._git("rev-list", "--count", "@{upstream}..HEAD").strip() != "0"
        except GitFailedError:
            return True  # nothing was ever pushed

    def push(self, names: Sequence[str], message: str) -> None:
        """Commit some files of the folder, in one commit, and push.

        Raises:
            FileProblems: git does not want to; nothing is lost, and no merge is left half done.
        """
        self._own = names
        try:
            self._commit(names, message)
            self._push()
        except GitFailedError as error:
            raise FileProblems(
                f"git did not take the lines of this device: {error}",
                "they are in the folder; nothing is lost",
            ) from None

    def _commit(self, names: Sequence[str], message: str) -> None:
        if names:
            self._git("add", "--force", "--", *names)
        if not names or not self._git("status", "--porcelain", "--", *names).strip():
            return
        self._git(*self._who(), "commit", "--quiet", "--no-verify", "-m", message, "--only", "--", *names)
        self.report.committed = True

    def _who(self) -> list[str]:
        """A name to commit under, where the person has given git none."""
        if self._says("config", "user.email") or "GIT_AUTHOR_EMAIL" in self._env:
            return []
        return ["-c", "user.name=srs", "-c", "user.email=srs@localhost"]

    def _push(self) -> None:
        """Push, merging what others pushed meanwhile."""
        if not self._remote or not self._says("rev-parse", "--verify", "HEAD"):
            return
        for turn in range(PUSHES):
            try:
                self._git("push", "--quiet", "--no-verify", *self._to())
            except GitFailedError as error:
                told = str(error)
                if "rejected" not in told and "fetch first" not in told and "cannot lock ref" not in told:
                    self.report.offline = told
                    return
                if turn == PUSHES - 1:
                    raise
            else:
                self.report.pushed = True
                return
            if not self._fetched():
                return
            self._merge()

    def _to(self) -> list[str]:
        """Where to push, the first time."""
        has_other_side = self._says("rev-parse", "--abbrev-ref", "@{upstream}")
        return [] if has_other_side else ["--set-upstream", str(self._remote), "HEAD"]

    def _fetched(self) -> bool:
        """Look what the other side has; a branch that is new here goes with the one of its name there."""
        try:
            self._git("fetch", "--quiet")
        except GitFailedError as error:
            self.report.offline = str(error)
            return False
        theirs = f"{self._remote}/{self._branch}"
        if not self._says("rev-parse", "--abbrev-ref", "@{upstream}") and self._says(
            "rev-parse", "--verify", f"refs/remotes/{theirs}"
        ):
            if not self._says("rev-parse", "--verify", "HEAD"):
                # Nothing was ever committed here: what is there begins the branch.
                self._merge(theirs)
            self._says("branch", f"--set-upstream-to={theirs}")
        return True

    def _merge(self, theirs: str = "@{upstream}") -> None:
        """Merge the other side, or leave all as it was."""
        if not self._says("rev-parse", "--verify", theirs):
            return
        try:
            self._merge_all(theirs)
        except GitFailedError as error:
            raise FileProblems(
                f"git cannot merge what others pushed: {error}", "all is as it was; merge it by hand"
            ) from None

    def _merge_all(self, theirs: str) -> None:
        merge = (*self._who(), "merge", *_MERGE, theirs)
        try:
            self._git(*merge)
        except GitFailedError as error:
            if self._says("rev-parse", "--verify", "MERGE_HEAD"):
                self._end_with_theirs(error)
                return
            before = self.report.committed
            self._commit(self._own, "srs: lines of this device")
            if before == self.report.committed:
                raise
            # Nothing had been committed of files that came from elsewhere as well.
            try:
                self._git(*merge)
            except GitFailedError as again:
                if not self._says("rev-parse", "--verify", "MERGE_HEAD"):
                    raise
                self._end_with_theirs(again)

    def _end_with_theirs(self, stopped: GitFailedError) -> None:
        """End a merge that stopped at files of this device, which another computer wrote, or take it back."""
        try:
            names = self._git("diff", "--name-only", "--relative", "--diff-filter=U", "-z").split("\0")[:-1]
            mine = sorted(set(names) & set(self._own))
            if mine:
                self._git("checkout", "--theirs", "--", *mine)
                self._git("add", "--force", "--", *mine)
            # Refused where anything else is left unmerged.
            self._git(*self._who(), "commit", "--quiet", "--no-verify", "--no-edit")
        except GitFailedError:
            self._git("merge", "--abort")
            raise stopped from None
        self.report.doubled = True

    def _says(self, *arguments: str) -> bool:
        try:
            self._git(*arguments)
        except GitFailedError:
            return False
        return True

    def _git(self, *arguments: str) -> str:
        reaches = arguments[0] in _REACHING
        seconds = self._patience if reaches else SECONDS
        try:
            # In a session of its own, where a Ctrl-C of the terminal does not end it half way.
            process = subprocess.Popen(  # noqa: S603 - no shell, and only our own words and names of files
                ["git", *_FIXED, *arguments],  # noqa: S607 - the person's git, wherever it is
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise NotFoundError(
                "there is no program `git`", "install git, or sync without `--git`"
            ) from error
        with process:
            try:
                out, told = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                _break_off(process)
                raise GitFailedError(f"no answer within {max(1, round(seconds))} seconds") from None
            except BaseException:
                # Ctrl-C: what changes this repository is brought to its end first, it does not take long.
                if reaches:
                    _break_off(process)
                process.communicate(timeout=SECONDS)
                raise
        if process.returncode:
            raise GitFailedError(_words(told or out))
        return out.decode("utf-8", "replace")


def _break_off(process: subprocess.Popen[bytes]) -> None:
    """End git and what it has started to reach the other side."""
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _words(said: bytes) -> str:
    """The line of what git said that says most."""
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    for mark in ("! [", "CONFLICT", "fatal:", "error:"):
        for line in lines:
            if line.startswith(mark):
                return line.removeprefix("fatal:").removeprefix("error:").strip()
    return lines[0] if lines else "it said nothing"
