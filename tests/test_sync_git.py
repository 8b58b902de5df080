"""`srs sync --git` on real repositories: one commit of its own files, and never a merge half done."""

import json
import os
import subprocess

import pytest
from programs import Home, run
from test_sync import Laptop, files
from test_sync_command import answer, home_of

from srs.errors import FileProblems, NotFoundError, UsageError
from srs.sync_git import Repository

ENV = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_EMAIL": "me@example.org",
    "GIT_AUTHOR_NAME": "Me",
    "GIT_COMMITTER_EMAIL": "me@example.org",
    "GIT_COMMITTER_NAME": "Me",
}


def git(folder, *arguments):
    """Git, as a person uses it; what it says."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENV, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


@pytest.fixture
def remote(tmp_path):
    """A bare repository that everybody pushes to."""
    folder = tmp_path / "remote.git"
    folder.mkdir()
    git(folder, "init", "--bare", "--initial-branch=main", ".")
    return folder


class Cloned(Laptop):
    """A computer with its own clone."""

    def __init__(self, tmp_path, device, remote):
        super().__init__(tmp_path, device, tmp_path / f"{device}-clone")
        git(tmp_path, "clone", "--quiet", str(remote), str(self.shared))
        git(self.shared, "symbolic-ref", "HEAD", "refs/heads/main") if not files(self.shared)[1:] else None

    def repository(self):
        """Its clone, as a sync opens it."""
        return Repository(str(self.shared), ENV)

    def git_sync(self, **how):
        """What `srs sync --git` does; what git did."""
        repository = self.repository()
        repository.pull()
        report = self.sync(**how)
        repository.push(report.own_files, "srs: lines")
        return repository.report

    def assert_settled(self):
        """Nothing is under way, and nothing of its own is left uncommitted."""
        assert not list((self.shared / ".git").glob("MERGE_HEAD"))
        assert git(self.shared, "status", "--porcelain") == ""


@pytest.fixture
def pair(tmp_path, remote):
    """Two clones of one person that know each other."""
    laptop, desk = Cloned(tmp_path, "laptop", remote), Cloned(tmp_path, "desk", remote)
    laptop.answer("c0")
    desk.answer("c1")
    laptop.git_sync()
    desk.git_sync(as_name="me")
    laptop.git_sync(as_name="me")
    return laptop, desk


def test_lines_travel_through_a_repository(pair, remote):
    """Two clones come into step through pushes and pulls, with one commit for each sync that had lines."""
    laptop, desk = pair
    assert laptop.memories() == desk.memories()
    before = int(git(remote, "rev-list", "--count", "main"))
    laptop.answer("c2")
    done = laptop.git_sync()
    assert (done.pulled, done.committed, done.pushed, done.offline) == (True, True, True, None)
    assert int(git(remote, "rev-list", "--count", "main")) == before + 1
    done = desk.git_sync()
    assert not done.committed
    assert laptop.memories() == desk.memories()
    assert int(git(remote, "rev-list", "--count", "main")) == before + 1
    for each in pair:
        each.assert_settled()


def test_only_its_own_files_are_committed(pair):
    """What else is changed, new or staged in the repository stays as it is and out of the commit."""
    laptop, _ = pair
    (laptop.shared / "notes.md").write_text("mine")
    (laptop.shared / "staged.md").write_text("mine")
    git(laptop.shared, "add", "staged.md")
    laptop.answer("c2")
    laptop.git_sync()
    assert git(laptop.shared, "show", "--name-only", "--format=", "HEAD") == "laptop.jsonl"
    assert git(laptop.shared, "status", "--porcelain").split("\n") == ["A  staged.md", "?? notes.md"]


def test_hooks_and_signatures_do_not_get_in_the_way(pair):
    """Hooks are not run, nobody is asked for a passphrase, and files that are ignored are committed."""
    laptop, desk = pair
    for name in ("pre-commit", "commit-msg", "pre-push", "post-merge"):
        hook = laptop.shared / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\ntouch ../ran; exit 1\n")
        hook.chmod(0o755)
    git(laptop.shared, "config", "commit.gpgSign", "true")
    git(laptop.shared, "config", "gpg.program", "/bin/false")
    (laptop.shared / ".git" / "info" / "exclude").write_text("*.jsonl\n")
    laptop.answer("c2")
    desk.answer("c3")
    desk.git_sync()
    assert laptop.git_sync().pushed
    assert not (laptop.shared.parent / "ran").exists()


def test_offline_is_no_error(pair, remote):
    """When the other side cannot be reached, lines are committed here and go out another time."""
    laptop, desk = pair
    away = remote.rename(remote.with_name("away.git"))
    laptop.answer("c2")
    done = laptop.git_sync()
    assert done.committed
    assert not done.pushed
    assert "does not appear to be a git repository" in done.offline
    away.rename(remote)
    desk.answer("c3")
    desk.git_sync()
    assert laptop.git_sync().pushed
    desk.git_sync()
    assert laptop.memories() == desk.memories()
    laptop.assert_settled()


def test_a_push_that_comes_second_is_tried_again(pair):
    """When somebody else pushed between pull and push, the two are merged and pushed."""
    laptop, desk = pair
    laptop.answer("c2")
    desk.answer("c3")
    repository = laptop.repository()
    repository.pull()
    report = laptop.sync()
    desk.git_sync()
    repository.push(report.own_files, "srs: lines")
    assert repository.report.pushed
    desk.git_sync()
    laptop.git_sync()
    assert laptop.memories() == desk.memories()
    laptop.assert_settled()


def test_a_conflict_in_another_file_is_taken_back_whole(pair):
    """Where other files cannot be merged, all is as it was, and git's own words say why."""
    laptop, desk = pair
    for each in pair:
        (each.shared / "deck.toml").write_text(f"by {each.device}\n")
        git(each.shared, "add", "deck.toml")
        git(each.shared, "commit", "-m", "a deck")
    desk.answer("c3")
    desk.git_sync()
    before = git(laptop.shared, "rev-parse", "HEAD")
    with pytest.raises(FileProblems, match=r"git cannot merge what others pushed: CONFLICT .*deck.toml"):
        laptop.git_sync()
    assert git(laptop.shared, "rev-parse", "HEAD") == before
    assert (laptop.shared / "deck.toml").read_text() == "by laptop\n"
    laptop.assert_settled()


def test_what_is_under_way_comes_first(pair):
    """In the middle of a merge nothing is done."""
    laptop, _ = pair
    head = git(laptop.shared, "rev-parse", "HEAD")
    (laptop.shared / ".git" / "MERGE_HEAD").write_text(f"{head}\n")
    with pytest.raises(FileProblems, match="a merge is under way") as caught:
        laptop.git_sync()
    assert caught.value.hint == "end it with git, then sync again"


def test_a_folder_that_is_no_repository(tmp_path):
    """Outside of a repository `--git` is a wrong use; without git it is said."""
    with pytest.raises(UsageError, match="cannot be used with `--git`: not a git repository"):
        Repository(str(tmp_path), ENV | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
    with pytest.raises(NotFoundError, match="there is no program `git`"):
        Repository(str(tmp_path), ENV | {"PATH": str(tmp_path)})


def test_a_repository_that_others_began(tmp_path, remote):
    """Repositories made with `git init` on each computer come together, too, also a folder within one."""
    laptops = []
    for name in ("laptop", "desk"):
        laptop = Cloned.__new__(Cloned)
        folder = tmp_path / f"{name}-own"
        (folder / "srs").mkdir(parents=True)
        Laptop.__init__(laptop, tmp_path, name, folder / "srs")
        git(folder, "init", "--initial-branch=main", ".")
        git(folder, "remote", "add", "origin", str(remote))
        laptop.answer("c0")
        laptops.append(laptop)
    for laptop in (*laptops, *laptops):
        laptop.git_sync(as_name="me")
    for laptop in laptops:
        laptop.git_sync()
    assert laptops[0].memories() == laptops[1].memories()
    assert git(remote, "ls-tree", "-r", "--name-only", "main").split() == [
        "srs/desk.jsonl",
        "srs/laptop.jsonl",
    ]


def test_without_a_remote_lines_are_committed(tmp_path):
    """A repository that goes nowhere gets its commit, under a name of srs where git has been told none."""
    laptop = Laptop(tmp_path, "laptop", tmp_path / "own")
    laptop.shared.mkdir()
    git(laptop.shared, "init", ".")
    laptop.answer("c0")
    env = {name: value for name, value in ENV.items() if "EMAIL" not in name and "_NAME" not in name}
    repository = Repository(str(laptop.shared), env)
    repository.pull()
    repository.push(laptop.sync().own_files, "srs: lines")
    assert repository.report.committed
    assert git(laptop.shared, "log", "--format=%an") == "srs"


def test_a_new_id_is_told_as_json(tmp_path, remote):
    """Where this computer got a new id because another one has its own, `--json` says which."""
    homes = []
    for name in ("one", "two"):
        home = home_of(tmp_path, "laptop", size=2)
        home = Home(home.folder.rename(tmp_path / name))
        git(tmp_path, "clone", "--quiet", str(remote), f"{name}-clone")
        git(tmp_path / f"{name}-clone", "symbolic-ref", "HEAD", "refs/heads/main")
        homes.append((home, tmp_path / f"{name}-clone"))
    away = remote.rename(remote.with_name("away.git"))
    for home, clone in homes:
        answer(home, 1)
        run(home, "sync", "--git", clone)
    away.rename(remote)
    told = [json.loads(run(home, "sync", "--git", clone, "--json").stdout)["new_id"] for home, clone in homes]
    assert told[0] is None
    assert told[1] == (homes[1][0].folder / "state" / "srs" / "device").read_text().strip()


@pytest.mark.parametrize("offline", [False, True], ids=["one after the other", "both at once"])
def test_two_computers_with_one_id_come_apart(tmp_path, remote, offline):
    """Where two write one file, as after a disk was copied, one gets a new id, and no answer is lost."""
    homes = []
    for name in ("one", "two"):
        home = home_of(tmp_path, "laptop", size=8)
        home = Home(home.folder.rename(tmp_path / name))
        git(tmp_path, "clone", "--quiet", str(remote), f"{name}-clone")
        git(tmp_path / f"{name}-clone", "symbolic-ref", "HEAD", "refs/heads/main")
        homes.append((home, tmp_path / f"{name}-clone"))
    for home, _ in homes:
        answer(home, 2)
    if offline:
        for home, clone in homes:
            away = remote.rename(remote.with_name("away.git"))
            run(home, "sync", "--git", clone)
            away.rename(remote)
    said = ""
    for _ in range(3):
        for home, clone in homes:
            answer(home, 1)
            said += run(home, "sync", "--git", clone, "--as", "me").stderr
    assert "error" not in said
    assert said.count("Another computer has the device id of this one") == offline
    for home, clone in homes * 2:
        run(home, "sync", "--git", clone, "--as", "me")
    ids = {(home.folder / "state" / "srs" / "device").read_text() for home, _ in homes}
    assert len(ids) == 2 or not offline
    first, second = (sorted(home.rows("SELECT id FROM review")) for home, _ in homes)
    assert first == second
    assert len(first) == 10
