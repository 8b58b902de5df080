"""Programs run to their end: seconds of the clock and of the processor, what they printed, peak memory."""

import os
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

_LOOK_EVERY = 0.002
_SYNCS = ("fsync", "fdatasync")


@dataclass
class Run:
    """One run of a program: seconds of the clock and of the processor, and what it printed."""

    wall: float
    cpu: float
    told: str = ""


def timed(command, env):
    """Run a program, and whatever it starts, to its end."""
    began, spent = time.perf_counter(), os.times()
    with TemporaryFile("w+", encoding="utf-8") as out, TemporaryFile("w+", encoding="utf-8") as talk:
        child = _started(command, env, out, talk)
        child.wait()
        wall, after = time.perf_counter() - began, os.times()
        _check(child, command, talk)
        out.seek(0)
        told = out.read()
    cpu = after.children_user + after.children_system - spent.children_user - spent.children_system
    return Run(wall, cpu, told)


def peak_mb(command, env):
    """The greatest memory of a program and of its children, each at its own worst moment, added up."""
    peaks = {}
    with TemporaryFile("w+", encoding="utf-8") as talk:
        child = _started(command, env, subprocess.DEVNULL, talk)
        while child.poll() is None:
            for process in _family(child.pid):
                peaks[process] = max(_high_water_kb(process), peaks.get(process, 0))
            time.sleep(_LOOK_EVERY)
        _check(child, command, talk)
    return sum(peaks.values()) / 1024


def syncs(command, env):
    """How often a program and its children have the disk confirm writes; None where nothing can trace it."""
    if shutil.which("strace") is None:
        return None
    with TemporaryDirectory() as folder:
        trace = Path(folder) / "trace"
        traced = ["strace", "-f", "-qq", "-e", f"trace={','.join(_SYNCS)}", "-o", str(trace), *command]
        timed(traced, env)
        calls = Counter(name for line in trace.open() for name in _SYNCS if f" {name}(" in line)
    return sum(calls.values())


def _started(command, env, out, talk):
    # Into files: a full pipe would make it wait for us.
    return subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=talk)


def processor_seconds(process):
    """The processor time of a process that has not been waited for, all its threads together."""
    return time.clock_gettime(~process << 3 | 2)  # clock_getcpuclockid(3), which Python does not have


def high_water_mb(process):
    """The greatest memory a process has had so far."""
    return _high_water_kb(process) / 1024


def _family(process):
    found = [process]
    for each in found:  # grows while it is walked
        try:
            found += map(int, Path(f"/proc/{each}/task/{each}/children").read_text().split())
        except OSError:
            continue
    return found


def _high_water_kb(process):
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    lines = (line.split() for line in status.splitlines())
    return next((int(line[1]) for line in lines if line[0] == "VmHWM:"), 0)


def _check(child, command, talk):
    if child.returncode:
        talk.seek(0)
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}: {talk.read().strip()}")
