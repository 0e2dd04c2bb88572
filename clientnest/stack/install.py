"""Makes `.venv` hold exactly what `uv.lock` says. Run by the Makefile with the system's Python, before anything exists.

Stands alone: standard library only, and nothing newer than Python 3.6 is evaluated, so that an old Python gets a
sentence instead of a SyntaxError. Does nothing, in a few milliseconds, when the lock is as it was the last time.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / ".installed.json"
TOOLS = ROOT / ".cache" / "uv"
UV = "uv>=0.8,<1"
OLDEST_UV = (0, 8)
PYTHONS = ((3, 13), (3, 12), (3, 11))
NEEDED_MB = 2500


class Stop(Exception):
    """Installing cannot go on: what is wrong, and what to do about it."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.message, self.advice = message, advice


def main() -> int:
    """Install what is missing; the exit code is 0 when the environment is as the lock says."""
    parser = argparse.ArgumentParser(description="Make .venv hold what uv.lock says.")
    parser.add_argument("--group", action="append", default=[], help="a dependency group beside what running needs")
    parser.add_argument("--dev", dest="group", action="append_const", const="dev", help="what tests and checks need")
    groups = set(parser.parse_args().group)
    if holds(groups):
        return 0
    try:
        with only_one():
            if not holds(groups):  # another terminal may have installed it meanwhile
                install(groups)
    except Stop as stop:
        sys.stderr.write(f"\n{stop.message}\n  {stop.advice}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInstalling was interrupted; `make install` goes on from here.\n")
        return 130
    return 0


def holds(groups: "set[str]") -> bool:
    """Whether the environment is complete, for this lock, in this place, with these groups."""
    noted = read_stamp()
    return (
        noted.get("fingerprint") == fingerprint()
        and groups <= set(noted["groups"])
        and (ENVIRONMENT / "bin" / "python").exists()  # false too for a link to a Python that was removed
    )


def read_stamp() -> "dict[str, Any]":
    """What the last complete installation noted; empty where there was none."""
    try:
        noted: dict[str, Any] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return noted


def fingerprint() -> str:
    """What has to be the same for the environment to be right: the lock, the project, and the folder it lies in."""
    digest = hashlib.sha256(os.fsencode(ROOT))
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def only_one() -> "IO[str]":
    """Hold a lock while installing, so that two terminals do not install into one folder."""
    try:
        TOOLS.parent.mkdir(parents=True, exist_ok=True)
        lock = (TOOLS.parent / "install.lock").open("w")
    except OSError as error:
        raise Stop(
            f"The folder {ROOT} cannot be written: {error.strerror}.",
            "Clone ClientNest into a folder of your own, or give yourself the right to write here.",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("Another terminal is installing; waiting for it.", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def install(groups: "set[str]") -> None:
    """Bring the environment to the lock; groups that were installed before stay."""
    python = find_python()
    check_room()
    uv = find_uv()
    previous = read_stamp()
    if previous.get("root", str(ROOT)) != str(ROOT):
        shutil.rmtree(ENVIRONMENT)  # its scripts name the folder it was made in
    kept = sorted(groups | set(previous.get("groups", ())))
    print("Installing what uv.lock lists; the first time takes a few minutes.", flush=True)
    command = [uv, "sync", "--locked", "--no-default-groups", "--python", python]
    for group in kept:
        command += ["--group", group]
    surroundings = dict(os.environ, UV_PROJECT_ENVIRONMENT=str(ENVIRONMENT))
    surroundings.pop("VIRTUAL_ENV", None)
    if subprocess.call(command, cwd=str(ROOT), env=surroundings) != 0:
        if not Path(python).is_absolute():
            raise Stop(
                "This machine has no Python that ClientNest runs on, and none could be fetched.",
                f"Install Python 3.11 to {python}, then: make run PYTHON=python{python}",
            )
        raise Stop(
            "The packages could not be installed; what uv said is above.",
            "Usual reasons: no way to pypi.org (set HTTPS_PROXY, or UV_DEFAULT_INDEX for a mirror), or a full disk. "
            "`make install` goes on from where it stopped.",
        )
    fresh = STAMP.with_name(STAMP.name + ".new")
    fresh.write_text(json.dumps({"fingerprint": fingerprint(), "groups": kept, "root": str(ROOT)}))
    fresh.replace(STAMP)


def find_python() -> str:
    """A Python this version runs on: the one at hand, another on the path, or else one that uv fetches."""
    if sys.version_info[:2] in PYTHONS:
        return sys.executable
    for major, minor in PYTHONS:
        found = shutil.which(f"python{major}.{minor}")
        if found:
            return found
    newest, oldest = (".".join(map(str, PYTHONS[index])) for index in (0, -1))
    here = ".".join(map(str, sys.version_info[:2]))
    print(f"This is Python {here}; ClientNest runs on {oldest} to {newest}. uv will try to fetch {newest} for itself.")
    return newest


def check_room() -> None:
    """Refuse to begin a first installation that the disk cannot hold."""
    free = shutil.disk_usage(str(ROOT)).free // 1024**2
    if free < NEEDED_MB and not ENVIRONMENT.is_dir():
        raise Stop(
            f"Only {free} MB are free on the disk of {ROOT}; installing needs about {NEEDED_MB} MB.",
            "Free some space, or clone ClientNest onto a larger disk.",
        )


def find_uv() -> str:
    """The installer: uv where it is on the path, else from PyPI into a small environment of its own."""
    own = TOOLS / "bin" / "uv"
    for program in (shutil.which("uv"), str(own)):
        if program and uv_version(program) >= OLDEST_UV:
            return program
    print("Fetching the installer uv from PyPI.", flush=True)
    shutil.rmtree(str(TOOLS), ignore_errors=True)
    # A Debian without python3-venv may still have pip, and the other way round.
    in_venv = run([sys.executable, "-m", "venv", str(TOOLS)]) or run(
        [str(TOOLS / "bin" / "python"), "-m", "pip", "install", UV]
    )
    if in_venv is None:
        return str(own)
    if run([sys.executable, "-m", "pip", "install", "--target", str(TOOLS), UV]) is None and own.exists():
        return str(own)
    if "ensurepip" in in_venv or "No module named venv" in in_venv:
        raise Stop(
            "This Python can make no virtual environment: its module venv or ensurepip is missing.",
            "On Debian or Ubuntu: sudo apt install python3-venv. Then repeat the command.",
        )
    raise Stop(
        "The installer uv could not be fetched from PyPI. pip said:\n    " + "\n    ".join(in_venv.splitlines()[-4:]),
        "Check the way to pypi.org (HTTPS_PROXY, pip.conf), or install uv yourself and put it on the path.",
    )


def run(command: "list[str]") -> "str | None":
    """Run it; None when it succeeded, else what it said."""
    answer = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False  # noqa: UP021
    )  # fmt: skip
    return None if answer.returncode == 0 else answer.stdout.strip() or "nothing"


def uv_version(program: str) -> "tuple[int, ...]":
    """Its version's first two numbers; (0, 0) where it does not run."""
    try:
        said = subprocess.check_output([program, "--version"], stderr=subprocess.DEVNULL).decode().split()
        return tuple(int(part) for part in said[1].split(".")[:2])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return (0, 0)


if __name__ == "__main__":
    sys.exit(main())
