"""Faults that programs are put to: killed or refused at system calls, on full and on read-only disks."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache

import pytest
from programs import PROGRAM
from programs import run as run_program

UNSHARE = ["unshare", "--mount", "--map-root-user"]


PATIENCE = 300
"""Seconds; a program of which every system call is looked at is slow, the more so beside others."""


def run(home, *arguments, program):
    """Run a program that a fault slows down to its end."""
    return run_program(home, *arguments, program=program, patience=PATIENCE)


def may_trace():
    """Whether strace is here and may look at a program; some containers forbid it."""
    if not sys.platform.startswith("linux") or not shutil.which("strace"):
        return False
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, timeout=10, check=False)
    return tried.returncode == 0


needs_strace = pytest.mark.skipif(
    not may_trace(),
    reason="strace is missing or forbidden, so no fault can be injected (`apt install strace`)",
)


@cache
def may_mount():
    """Whether a file system of our own may be mounted where nobody else sees it."""
    if not shutil.which("unshare"):
        return False
    tried = subprocess.run(
        [*UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, timeout=10, check=False
    )
    return tried.returncode == 0


needs_mounts = pytest.mark.skipif(
    not may_mount(), reason="no file system may be mounted here, so no disk can be filled"
)


def as_a_person(*command):
    """A command run as somebody whom file modes bind: the superuser gives that privilege up."""
    if os.geteuid():
        return list(command)
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed: file modes do not bind the superuser")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]


# At system calls


def killing(call, number):
    """A command that runs another and kills it as it enters a system call for the nth time."""
    return [
        *("strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}"),
        *("-e", f"inject={call}:signal=SIGKILL:when={number}"),
    ]


def traced(home, arguments, *calls):
    """Run a command to its end; how often each system call is made by the thread that makes it most."""
    trace = home.folder / "trace"
    run(home, *arguments, program=[*_strace(trace, calls, ["--seccomp-bpf"]), *PROGRAM])
    made = Counter(re.findall(r"^(\d+) +(\w+)\(", trace.read_text(errors="replace"), re.MULTILINE))
    most = Counter()
    for (_, call), times in made.items():
        most[call] = max(most[call], times)
    return most


def random_moments(home, arguments, chance, number):
    """System calls drawn from all that a command makes once it has looked for its database: (call, nth)."""
    trace = home.folder / "trace"
    run(home, *arguments, program=["strace", "-f", "-q", "-o", str(trace), *PROGRAM])
    lines = trace.read_text(errors="replace").splitlines()
    main = lines[0].split()[0]
    made, drawn_from = Counter(), []
    for line in lines:
        found = re.match(rf"{main} +(\w+)\(", line)
        if not found:
            continue
        made[found[1]] += 1  # strace counts each kind of call by itself
        if drawn_from or "cards.db" in line:
            drawn_from.append((found[1], made[found[1]]))
    return chance.sample(drawn_from, number)


def injected(home, arguments, call, what):
    """Run a command with a fault at a system call; what it came to, and whether the fault came."""
    trace = home.folder / "trace"
    inject = ["-e", f"inject={call}:{what}"]
    done = run(home, *arguments, program=[*_strace(trace, [call], inject), *PROGRAM])
    told = trace.read_text(errors="replace")
    trace.unlink()
    return done, "killed by SIGKILL" in told or "(INJECTED)" in told


def _strace(trace, calls, more=()):
    return ["strace", "-f", "-q", "-o", str(trace), "-e", f"trace={','.join(calls)}", *more]


def spread(most, number):
    """So many numbers from 1 to the greatest, its ends among them; all where there are no more."""
    if most <= number:
        return list(range(1, most + 1))
    return sorted({1 + round(step * (most - 1) / (number - 1)) for step in range(number)})


# On disks

_ON_A_SMALL_DISK = """
set -e
home=$1 room=$2 kept=$3; shift 3
cp -a "$home" "$kept"
mount -t tmpfs -o size=32m none "$home"
cp -a "$kept"/. "$home"
cd "$home"
free=$(stat -f -c '%f' .)
dd if=/dev/zero of=full bs=4096 count=$((free - room)) status=none
set +e
"$@"
code=$?
rm full
rm -rf "$kept"
cp -a "$home" "$kept"
exit $code
"""

_READ_ONLY = """
set -e
home=$1; shift
mount --bind "$home" "$home"
mount -o remount,bind,ro "$home"
cd "$home"
exec "$@"
"""


def on_a_small_disk(home, arguments, room):
    """Run a command in a home whose disk has room for so many pages of 4096 bytes."""
    kept = home.folder.with_name(f"{home.folder.name}-kept")
    within = ["bash", "-c", _ON_A_SMALL_DISK, "-", str(home.folder), str(room), str(kept)]
    done = run(home, *arguments, program=[*UNSHARE, *within, *PROGRAM])
    shutil.rmtree(home.folder)
    kept.rename(home.folder)
    return done


def on_a_read_only_disk(home, arguments):
    """Run a command in a home on a disk that takes no writes."""
    within = ["bash", "-c", _READ_ONLY, "-", str(home.folder)]
    return run(home, *arguments, program=[*UNSHARE, *within, *PROGRAM])
