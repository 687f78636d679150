"""Everything this project does, one session each: `nox -l` lists them, `nox -s NAME` does one.

All sessions share one environment, `.venv`, made from requirements.lock by hash.
It is made once, and again only when the lock, pyproject.toml or the interpreter changes.
Words after `--` go to the tool of the session: `nox -s tests -- tests/methods -k welch`.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "typecheck", "tests"]

ROOT = Path(__file__).parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = ENVIRONMENT / "knowntruth.stamp"
SUPPORTED = ((3, 11), (3, 14))

# One setting for every session. Without bytecode each kernel compiles its imports anew, at several
# times the cost of a chapter's own work; and no other environment may lend its packages.
SETTINGS: dict[str, str | None] = {
    "PYTHONDONTWRITEBYTECODE": None,
    "PYTHONHOME": None,
    "PYTHONPATH": None,
    "VIRTUAL_ENV": str(ENVIRONMENT),
    "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
}

# The pre-commit hooks are these commands too; a test holds the two equal.
LINT = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("python", "tools/pairs.py", "check"),
)


@nox.session
def book(session: nox.Session) -> None:
    """Build the site into _build/html; only what changed is executed."""
    run(session, "knowntruth", "build", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test; words after -- go to pytest."""
    run(session, "pytest", "-n", "2", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format, code cells included, and that notebook pairs are in step."""
    for command in LINT:
        run(session, *command)


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check types with mypy, strictly."""
    run(session, "mypy", *session.posargs)


@nox.session
def pair(session: nox.Session) -> None:
    """Write the .ipynb of each chapter from its .md source."""
    run(session, "python", "tools/pairs.py", "write")


@nox.session(name="format")
def format_(session: nox.Session) -> None:
    """Format the code, code cells in the chapters' .md sources included."""
    run(session, "python", "tools/pairs.py", "write")
    run(session, "ruff", "check", "--fix-only", "--quiet")
    run(session, "ruff", "format")
    run(session, "python", "tools/pairs.py", "adopt")


@nox.session
def reproduce(session: nox.Session) -> None:
    """Build the site twice, in two places, and compare every byte."""
    run(session, "python", "-m", "knowntruth.site.reproduce", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Time our work against named alternatives and print the ratios."""
    run(session, "python", "-m", "benchmarks", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Write requirements.lock from pyproject.toml; -- --upgrade takes newer versions."""
    # No header, address or folder of packages: the lock must read the same wherever it was made.
    session.run(
        find_uv(), "pip", "compile", "pyproject.toml", "--output-file", "requirements.lock",
        "--universal", "--python-version", "3.11", "--extra", "book", "--extra", "dev",
        "--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links",
        "--quiet", *session.posargs,
        external=True,
    )  # fmt: skip


def run(session: nox.Session, program: str, *words: str) -> None:
    """Run a program of the project's environment, which is made first where it has to be."""
    make_environment(session)
    session.run(str(BIN / program), *words, env=SETTINGS, external=True)


def make_environment(session: nox.Session) -> None:
    """Make `.venv` what requirements.lock says, unless its stamp tells that it is.

    The stamp says which Python and place it was made for, and from what. It goes first and is
    written last: what was interrupted, moved or copied is made from nothing again.
    """
    python, version = interpreter()
    contents = (ROOT / "requirements.lock").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    place = f"Python {version} in {ENVIRONMENT}\n"
    complete = f"{place}sha256 {hashlib.sha256(contents).hexdigest()}\n"
    stamp = STAMP.read_text(encoding="utf-8") if STAMP.is_file() and PYTHON.exists() else ""
    if stamp == complete:
        return
    session.log(f"making {ENVIRONMENT.name} from requirements.lock: once, until the lock changes")
    STAMP.unlink(missing_ok=True)
    if not stamp.startswith(place):
        call(session, "venv", "--quiet", "--clear", "--python", python, str(ENVIRONMENT))
    into = ("--python", str(PYTHON), "--quiet")
    # One package comes as source: what builds it is taken from the lock, by hash, as well.
    exact = ("--require-hashes", "--build-constraints", "requirements.lock", "requirements.lock")
    call(session, "pip", "sync", *into, "--compile-bytecode", *exact)
    # hatchling is in the lock, so nothing is fetched to build the project's own entry.
    call(session, "pip", "install", *into, "--no-deps", "--no-build-isolation", "--editable", ".")
    STAMP.write_text(complete, encoding="utf-8")


def interpreter() -> tuple[str, str]:
    """A supported Python and its version: the one that runs nox, where that is one."""
    if SUPPORTED[0] <= sys.version_info[:2] < SUPPORTED[1]:
        return sys.executable, platform.python_version()
    bounds = ",".join(f"{sign}{a}.{b}" for sign, (a, b) in zip((">=", "<"), SUPPORTED, strict=True))
    command = [find_uv(), "python", "find", bounds]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    if not found:
        sys.exit(f"Known Truth needs Python {bounds}; this is {platform.python_version()}.")
    return found, version_of(Path(found))


def version_of(python: Path) -> str:
    """The version of an interpreter; empty where there is none that runs."""
    command = [str(python), "-c", "import platform; print(platform.python_version())"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def call(session: nox.Session, *words: str) -> None:
    """Run uv."""
    session.run(find_uv(), *words, env=SETTINGS, external=True)


def find_uv() -> str:
    """The uv that started us, the one on the path, or the one installed beside nox."""
    beside = shutil.which("uv", path=str(Path(sys.executable).parent))
    found = os.environ.get("UV") or beside or shutil.which("uv")
    if not found:
        sys.exit("uv is missing: start with `make`, which brings it, or install uv beside nox.")
    return found
