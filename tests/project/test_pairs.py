"""The two files of a chapter: `tools/pairs.py`."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = """\
---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A chapter

```{code-cell} ipython3
:tags: [parameters]

users = 600
```

Twice the same:

```{code-cell} ipython3
x = {  'a':1 }
```

```{code-cell} ipython3
print("the same")
```

```{code-cell} ipython3
print("the same")
```
"""


@pytest.fixture(scope="module")
def pairs() -> ModuleType:
    """The tool, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("pairs", ROOT / "tools/pairs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_same_source_gives_the_same_notebook(pairs: ModuleType) -> None:
    assert pairs.convert(SOURCE) == pairs.convert(SOURCE)


def test_a_notebook_has_no_outputs_and_a_python_kernel(pairs: ModuleType) -> None:
    notebook = json.loads(pairs.convert(SOURCE))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["outputs"] for cell in code] == [[]] * 4
    assert {cell["execution_count"] for cell in code} == {None}
    assert code[0]["metadata"]["tags"] == ["parameters"]
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"


def test_a_new_cell_changes_no_other_cells_id(pairs: ModuleType) -> None:
    longer = SOURCE.replace("Twice", "```{code-cell}\nnew = 1\n```\n\nTwice")
    before, after = (
        [cell["id"] for cell in json.loads(pairs.convert(text))["cells"]]
        for text in (SOURCE, longer)
    )
    assert len(set(before)) == len(before), "ids are unique, for equal cells too"
    assert set(before) < set(after)


def test_check_refuses_a_pair_out_of_step_and_a_notebook_without_source(
    pairs: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.md").write_text(SOURCE)
    assert pairs.main("check", tmp_path) == 1, "no notebook yet"
    assert pairs.main("write", tmp_path) == 0
    assert pairs.main("check", tmp_path) == 0
    (tmp_path / "one.md").write_text(SOURCE.replace("600", "700"))
    assert pairs.main("check", tmp_path) == 1
    assert "one.ipynb is not what one.md says" in capsys.readouterr().out
    (tmp_path / "one.md").rename(tmp_path / "two.md")
    assert pairs.main("write", tmp_path) == 1
    assert "one.ipynb has no one.md" in capsys.readouterr().out


def test_adopt_takes_formatted_cells_back_and_leaves_all_else(
    pairs: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "one.md").write_text(SOURCE)
    pairs.main("write", tmp_path)
    notebook = tmp_path / "one.ipynb"
    notebook.write_text(notebook.read_text().replace("x = {  'a':1 }", 'x = {\\"a\\": 1}'))
    assert pairs.main("adopt", tmp_path) == 0
    assert (tmp_path / "one.md").read_text() == SOURCE.replace("{  'a':1 }", '{"a": 1}')
    assert pairs.main("check", tmp_path) == 0


def test_adopt_refuses_a_cell_that_it_cannot_place(pairs: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text(SOURCE)
    pairs.main("write", tmp_path)
    notebook = tmp_path / "one.ipynb"
    notebook.write_text(notebook.read_text().replace('print(\\"the same', 'print(\\"changed', 1))
    assert pairs.main("adopt", tmp_path) == 1
    assert (tmp_path / "one.md").read_text() == SOURCE


def test_adopt_refuses_words_that_only_the_notebook_has(pairs: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text(SOURCE)
    pairs.main("write", tmp_path)
    notebook = tmp_path / "one.ipynb"
    edited = notebook.read_text().replace("Twice", "Thrice")
    notebook.write_text(edited)
    assert pairs.main("adopt", tmp_path) == 1
    assert notebook.read_text() == edited
