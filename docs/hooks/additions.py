"""Hooks of the documentation site: adds the pages that the code writes, the notebooks and what stands above docs/."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File
from reference import pages

ROOT = Path(__file__).parents[2]
ABOVE = {"README.zh.md": "zh.md", "CHANGELOG.md": "changelog.md"}
"""Pages that stand above docs/, and what they are called on the site."""

HIDDEN = {
    "index.md": ["navigation"],
    "coverage.md": ["toc"],
    "reference/indicators.md": ["toc"],
    "reference/phases.md": ["toc"],
}
"""Side columns that pages do without, for wide tables."""

_ON_SITE = {**ABOVE, "README.md": "index.md"}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)#\s]+)((?:#[^)\s]*)?)\)")
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that no file of docs/ holds."""
    added = {**pages(), **{page: (ROOT / above).read_text("utf-8") for above, page in ABOVE.items()}}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        added[f"notebooks/{path.stem}.md"] = notebook_text(path)
    for name, text in added.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links lead to pages of the site; what is a file of the repository alone stays as its name."""
    name = page.file.src_uri
    if name in HIDDEN:
        page.meta["hide"] = HIDDEN[name]
    home = ROOT / next((above for above, on_site in ABOVE.items() if on_site == name), f"docs/{name}")
    if name.startswith("notebooks/"):
        home = ROOT / name
    code = _FENCE.findall(markdown)
    prose = _LINK.sub(lambda link: _led(link, home, name), _FENCE.sub("\0", markdown))
    return re.sub("\0", lambda _: code.pop(0), prose)


def _led(link: re.Match[str], home: Path, page: str) -> str:
    mark, text, target, anchor = link.groups()
    if "://" in target:
        return link.group()
    path = os.path.relpath(os.path.normpath(home.parent / target), ROOT)
    there = _ON_SITE.get(path) or _place(path)
    if there is None:
        return text
    return f"{mark}[{text}]({os.path.relpath(there, os.path.dirname(page) or '.')}{anchor})"


def _place(path: str) -> str | None:
    """Page of the site that a path of the repository is, or None."""
    if path.startswith("notebooks/") and path.endswith(".ipynb"):
        return path.removesuffix("ipynb") + "md"
    inside = path.startswith("docs/") and not path.endswith(".py")
    return path.removeprefix("docs/") if inside else None


def notebook_text(path: Path) -> str:
    """Write a notebook as a page: its text, and its code without results."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    parts = [
        "".join(cell["source"])
        if cell["cell_type"] == "markdown"
        else "```python\n" + "".join(cell["source"]) + "\n```"
        for cell in cells
    ]
    note = f"*This is `notebooks/{path.name}`; open it in Jupyter to run it and see its figures.*"
    return "\n\n".join([parts[0], note, *parts[1:]]) + "\n"
