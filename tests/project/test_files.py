"""What README, CONTRIBUTING and the other files promise is there."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import knowntruth

ROOT = Path(__file__).parents[2]
GUIDES = ("README.md", "CONTRIBUTING.md")
# Written in two pieces, or this file would be its own finding.
HOSTS = [
    "py" "pi.org",
    "python" "hosted.org",
    "ana" "conda.org",
    "npm" "js.org",
    "npm" "js.com",
    "deb." "debian.org",
    "/opt/" "pypi",
    "/opt/" "wheels",
]  # fmt: skip


def read(name: str) -> str:
    """The text of a file of the project."""
    return (ROOT / name).read_text("utf-8")


def targets() -> set[str]:
    """The Makefile's targets."""
    return set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))


def sessions() -> dict[str, ast.FunctionDef]:
    """The functions of noxfile.py that are sessions, by the session's name."""
    found = {}
    for node in ast.parse(read("noxfile.py")).body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            (decorator,) = node.decorator_list
            words = {word.arg: word.value for word in getattr(decorator, "keywords", ())}
            name = ast.literal_eval(words["name"]) if "name" in words else node.name
            found[name] = node
    return found


def code(name: str) -> list[str]:
    """Commands that a guide shows: lines of its shell blocks, and code within sentences."""
    text = read(name)
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [line for block in blocks for line in block.splitlines()] + inline


def tracked() -> list[str]:
    """Names of the files that git keeps, those about to be committed too."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_every_session_says_in_one_line_what_it_does() -> None:
    assert {"book", "tests", "lint", "typecheck", "pair", "reproduce", "bench"} <= set(sessions())
    for name, function in sessions().items():
        doc = ast.get_docstring(function) or ""
        assert re.fullmatch(r"[A-Z][^\n]*\.", doc), f"{name}: {doc!r}"


def test_make_has_a_target_for_every_session() -> None:
    called = set(re.findall(r"\$\(nox\) -s (\w+)", read("Makefile")))
    assert called == set(sessions())


@pytest.mark.parametrize("guide", GUIDES)
def test_make_and_nox_know_every_command_of_a_guide(guide: str) -> None:
    shown = "\n".join(code(guide))
    made = set(re.findall(r"\bmake ([a-z]+)", shown))
    assert made
    assert made <= targets()
    assert set(re.findall(r"\bnox -s (\w+)", shown)) <= set(sessions())


@pytest.mark.parametrize("guide", GUIDES)
def test_every_relative_link_of_a_guide_leads_somewhere(guide: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", read(guide))
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert missing == []


def test_paths_named_in_contributing_are_there() -> None:
    text = read("CONTRIBUTING.md")
    named = set(re.findall(r"`((?:src|tests|notebooks|tools|benchmarks)/[\w./]*)`", text))
    named.discard("notebooks/slug.md")
    named.discard("notebooks/slug.ipynb")
    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_readme_runs_chapters_with_parameters_that_they_have() -> None:
    from knowntruth import cases

    runs = [line for line in code("README.md") if line.startswith("knowntruth run ")]
    assert runs
    for line in runs:
        case = cases.get(line.split()[2])
        names = set(re.findall(r"-p (\w+)=", line))
        assert names <= set(case.parameters.model_fields), line


def test_version_is_the_same_everywhere() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    citation = yaml.safe_load(read("CITATION.cff"))
    newest = re.findall(r"^## \[(.+?)\]", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert knowntruth.__version__ == version
    assert str(citation["version"]) == version
    assert newest[0] == version


def test_citation_names_the_contributors_and_both_licences() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["authors"] == [{"name": "Known Truth contributors"}]
    declared = tomllib.loads(read("pyproject.toml"))["project"]["license"]
    assert " AND ".join(citation["license"]) == declared


def test_licence_holds_both_texts_in_full() -> None:
    text = read("LICENSE")
    for line in (
        "THE SOFTWARE IS PROVIDED",
        "Section 1 -- Definitions.",
        "Section 8 -- Interpretation.",
        "Creative Commons may be contacted at",
    ):
        assert line in text


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{name}: {host}"
        for name in tracked()
        for host in HOSTS
        if host.encode() in (ROOT / name).read_bytes()
    ]
    assert found == []


def test_nothing_built_is_tracked() -> None:
    built = ("_build/", ".venv/", ".make/", "dist/")
    assert [name for name in tracked() if name.startswith(built) or "__pycache__" in name] == []


def test_pre_commit_runs_the_commands_of_lint_and_fetches_nothing() -> None:
    (lint,) = (
        node.value
        for node in ast.parse(read("noxfile.py")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LINT"
    )
    (repo,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert repo["repo"] == "local"
    assert all(hook["language"] == "system" for hook in repo["hooks"])
    entries = [tuple(hook["entry"].removeprefix(".venv/bin/").split()) for hook in repo["hooks"]]
    assert entries == list(ast.literal_eval(lint))


def workflows() -> list[str]:
    """The names of the workflows."""
    return sorted(path.name for path in (ROOT / ".github/workflows").iterdir())


@pytest.mark.parametrize("name", workflows())
def test_a_workflow_reads_only_and_uses_pinned_actions(name: str) -> None:
    workflow: dict[str, Any] = yaml.safe_load(read(f".github/workflows/{name}"))
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    for job in workflow["jobs"].values():
        assert "timeout-minutes" in job
        for step in job["steps"]:
            assert re.fullmatch(r"actions/[\w-]+@v\d+", step.get("uses", "actions/none@v1"))
            for target in re.findall(r"^make (\w+)", step.get("run", ""), flags=re.MULTILINE):
                assert target in targets()


def test_only_main_is_published() -> None:
    jobs = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]
    writers = {name for name, job in jobs.items() if "write" in str(job.get("permissions"))}
    assert writers == {"publish"}
    assert "github.ref == 'refs/heads/main'" in jobs["publish"]["if"]
    assert jobs["publish"]["needs"] == "site"
    assert set(jobs["site"]["needs"]) == {"style", "tests"}


def test_no_test_is_skipped_and_no_warning_is_silenced_wholesale() -> None:
    settings = tomllib.loads(read("pyproject.toml"))["tool"]["pytest"]["ini_options"]
    first, *exceptions = settings["filterwarnings"]
    assert first == "error"
    for text in exceptions:
        action, message, category, module = [*text.split(":", 3), "", "", ""][:4]
        assert action == "ignore"
        assert category, f"which category? {text}"
        assert message or module, f"which message, or from where? {text}"
