"""The Sphinx extension of the book: enabled by name in `_config.yml`.

It adds the look, folds code, joins figures with their words, says where each page came
from, and finishes the built folder. What it decides is in `transforms` and `pages`.
"""

from __future__ import annotations

import html
import json
import re
import textwrap
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

import knowntruth
from knowntruth.runs import boxes, look
from knowntruth.runs.read import KEY

from . import pages, transforms

HERE = Path(__file__).parent
DESCRIPTION_LENGTH = 200
PREVIEW = "social-preview.png"
BINDER = "https://mybinder.org/v2/gh"
COLAB = "https://colab.research.google.com/github"
TAG = re.compile(r"<[^>]+>")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("config-inited", configure)
    app.connect("source-read", take_record)
    app.connect("doctree-read", add_provenance)
    # sphinx-thebe adds its settings at the usual priority: clean up behind it.
    app.connect("doctree-resolved", clean, priority=900)
    # The theme drops parts of its header that are empty at the usual priority: be there before it.
    app.connect("html-page-context", add_switch, priority=100)
    app.connect("html-page-context", add_context, priority=900)
    app.connect("build-finished", finish, priority=900)
    app.add_post_transform(transforms.JoinOutputs)
    app.add_post_transform(transforms.FoldCode)
    return {
        "version": knowntruth.__version__,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def configure(app: Sphinx, config: Config) -> None:
    """Add the look's files and the places of our buttons; what `_config.yml` sets stays."""
    config.html_static_path.extend([str(look.FOLDER), str(HERE / "assets")])
    config.templates_path.append(str(HERE / "templates"))
    options = config.html_theme_options
    # Jupyter Book's own default names its own repository.
    if "jupyter-book" in options.get("repository_url", ""):
        options["repository_url"] = ""
    options["article_header_end"] = ["kt-code-switch.html", "article-header-buttons.html"]
    options["footer_content_items"] = ["extra-footer.html"]
    options["use_download_button"] = False
    options["use_fullscreen_button"] = False
    config.html_context.setdefault("default_mode", "auto")
    app.add_js_file(look.THEME_SCRIPT, priority=1)
    for name in look.STYLES:
        app.add_css_file(name, priority=800)
    for name in ("icons.css", "book.css"):
        app.add_css_file(name, priority=810)
    for name in (*look.SCRIPTS, "book.js"):
        app.add_js_file(name, loading_method="defer")


def take_record(app: Sphinx, docname: str, source: list[str]) -> None:
    """Take the run's record out of an executed notebook, for `add_provenance`."""
    app.env.temp_data[KEY] = None
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    notebook = json.loads(source[0])
    app.env.temp_data[KEY] = notebook["metadata"].pop(KEY, None)
    notebook["metadata"].pop("papermill", None)
    source[0] = json.dumps(notebook)


def add_provenance(app: Sphinx, doctree: nodes.document) -> None:
    """Say under the title of a chapter where the page came from."""
    record = app.env.temp_data.get(KEY)
    if record:
        docname = app.env.docname
        up = "../" * docname.count("/")
        notebook = f"{up}_sources/{docname}.ipynb"
        transforms.provenance_box(
            doctree, record, notebook=notebook, links=launch_links(app, docname)
        )


def clean(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Remove what the book does not use."""
    transforms.without_thebe(doctree)


def launch_links(app: Sphinx, docname: str) -> str:
    """Return links that run the chapter on Binder and Colab, where a repository is configured."""
    options = app.config.html_theme_options
    address = options.get("repository_url", "").rstrip("/")
    host, _, name = address.partition("github.com/")
    if not host or not name:
        return ""
    branch = options.get("repository_branch") or "main"
    places = (
        ("Run it on Binder", f"{BINDER}/{name}/{branch}?labpath={docname}.ipynb"),
        ("Open it in Colab", f"{COLAB}/{name}/blob/{branch}/{docname}.ipynb"),
    )
    return "".join(f'<li><a href="{html.escape(url)}">{text}</a></li>' for text, url in places)


def add_switch(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give a page with code the switch that shows or hides it."""
    has_code = doctree is not None and any(doctree.findall(transforms.is_folded))
    context["kt_code_switch"] = boxes.CODE_SWITCH if has_code else ""


def add_context(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give a page its preview tags; take thebe's files off it."""
    # In place: the theme holds on to this list.
    scripts = context["script_files"]
    scripts[:] = [script for script in scripts if not _is_thebe(script)]
    context["css_files"][:] = [sheet for sheet in context["css_files"] if not _is_thebe(sheet)]
    if doctree is None:
        return
    title = html.unescape(TAG.sub("", str(context.get("title", ""))))
    tags = preview_tags(app, pagename, title, transforms.description(doctree))
    context["metatags"] = context.get("metatags", "") + tags


def _is_thebe(file: Any) -> bool:
    attributes = getattr(file, "attributes", {})
    return "thebe" in f"{getattr(file, 'filename', file)} {attributes.get('body', '')}".casefold()


def preview_tags(app: Sphinx, pagename: str, title: str, text: str) -> str:
    """Return the tags that a link to a page is previewed from."""
    base = (app.config.html_baseurl or "").rstrip("/")
    up = "../" * pagename.count("/")
    image = f"{base}/_static/{PREVIEW}" if base else f"{up}_static/{PREVIEW}"
    short = textwrap.shorten(text, DESCRIPTION_LENGTH, placeholder=" …")
    tags = [
        ("name", "description", short),
        ("property", "og:type", "article"),
        ("property", "og:site_name", app.config.html_title or app.config.project),
        ("property", "og:title", title),
        ("property", "og:description", short),
        ("property", "og:image", image),
        ("property", "og:image:alt", "Known Truth: an estimate, its interval, and the truth"),
        ("name", "twitter:card", "summary_large_image"),
    ]
    if base:
        tags.append(("property", "og:url", f"{base}/{pagename}.html"))
    return "".join(
        f'<meta {kind}="{name}" content="{html.escape(value)}">\n' for kind, name, value in tags
    )


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Finish the built folder once every page is written."""
    if exception is None and app.builder.format == "html":
        pages.finish(
            Path(app.outdir), root=app.config.root_doc, title=str(app.config.html_title or "")
        )
