"""pyproject.toml, environment.yml and requirements.lock say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
# conda-forge's name -> PyPI's, where they differ. The -base ones leave out a Qt window system and
# statsmodels respectively.
CONDA_NAMES = {
    "python-duckdb": "duckdb",
    "matplotlib-base": "matplotlib",
    "seaborn-base": "seaborn",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def declared() -> list[Requirement]:
    """Every direct dependency, extras included."""
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(text) for text in sum(extras, PROJECT["dependencies"])]


class Pin:
    """One entry of the lock: name, version, marker, hashes."""

    def __init__(self, entry: str) -> None:
        first, *others = entry.split("\\\n")
        requirement = Requirement(first)
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", f"not pinned: {first}"
        self.name = canonicalize_name(requirement.name)
        self.version = Version(specifier.version)
        self.marker = requirement.marker
        self.hashes = [line.strip() for line in others]

    def applies(self, python: str, platform: str) -> bool:
        """Whether this pin is for a Python on a platform."""
        return self.marker is None or holds(self.marker, python, platform)


def holds(marker: Marker, python: str, platform: str) -> bool:
    """Whether a marker is true for a Python (3.12, say) on a platform."""
    systems = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
    return marker.evaluate(
        {
            "python_version": python,
            "python_full_version": f"{python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "sys_platform": platform,
            "platform_system": systems[platform],
            "os_name": "nt" if platform == "win32" else "posix",
            "platform_machine": "AMD64" if platform == "win32" else "x86_64",
            "extra": "",
        }
    )


def pins() -> list[Pin]:
    """Every entry of the lock."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    text = re.sub(r"^ *#.*\n?", "", text, flags=re.MULTILINE)
    return [Pin(entry) for entry in re.split(r"\n(?=\S)", text) if entry.strip()]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_has_one_version_within_bounds_of_each_dependency(
    python: str, platform: str
) -> None:
    locked: dict[str, list[Version]] = {}
    for pin in pins():
        if pin.applies(python, platform):
            locked.setdefault(pin.name, []).append(pin.version)
    assert {name: found for name, found in locked.items() if len(found) > 1} == {}
    for requirement in declared():
        versions = locked.get(canonicalize_name(requirement.name), [])
        assert len(versions) == 1, f"{requirement.name} is not in the lock for {python}"
        assert versions[0] in requirement.specifier, f"{versions[0]} is not {requirement}"


def test_every_entry_of_the_lock_has_sha256_hashes_and_nothing_else() -> None:
    for pin in pins():
        assert pin.hashes, f"{pin.name} has no hash"
        for line in pin.hashes:
            assert re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line), f"{pin.name}: {line}"


def test_the_lock_has_nothing_that_only_an_older_pyproject_asked_for() -> None:
    direct = re.findall(
        r"^(\S+?)(?:\[.*?\])?==(?:.*\n(?!\S))*?.*# +(?:via\n(?: +#.*\n)*? +# +|via )knowntruth ",
        (ROOT / "requirements.lock").read_text("utf-8"),
        flags=re.MULTILINE,
    )
    assert {canonicalize_name(name) for name in direct} == {
        canonicalize_name(requirement.name) for requirement in declared()
    }


def test_supported_pythons_are_the_same_everywhere() -> None:
    bounds = Requirement(f"python{PROJECT['requires-python']}").specifier
    named = [
        text.rpartition(" ")[2] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)
    ]
    assert named == list(PYTHONS)
    assert [f"3.{minor}" for minor in range(20) if f"3.{minor}.0" in bounds] == named
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == named


def test_environment_yml_has_the_same_names_and_bounds_as_pyproject() -> None:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    from_pip = listed.pop()["pip"]
    assert from_pip.pop() == "-e .", "the package itself is installed last"
    environment = {}
    for text in listed + from_pip:
        requirement = Requirement(text)
        name = CONDA_NAMES.get(requirement.name, canonicalize_name(requirement.name))
        assert name not in environment, f"{name} stands there twice"
        environment[name] = requirement.specifier
    expected = {requirement.name: requirement.specifier for requirement in declared()}
    expected["python"] = Requirement(f"python{PROJECT['requires-python']}").specifier
    expected["pip"] = Requirement("pip").specifier
    assert environment == expected


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock", "environment.yml"])
def test_a_dependency_file_holds_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|file:|@ ", text)
