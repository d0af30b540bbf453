"""What a screen needs late is there before it gives up its privileges."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import nlsniff
from nlsniff.tui import preload

CODE = Path(nlsniff.__file__).parent
# What reads other files than a capture that we write ourselves, and what writes files.
NOT_LIVE = {"backports", "compression", "pyshark", "pyshark.tshark.tshark", "dpkt"}


def late_imports() -> set[str]:
    """The modules, not ours, that functions of ours import."""
    found = set()
    for path in CODE.rglob("*.py"):
        name = ".".join(("nlsniff", *path.relative_to(CODE).with_suffix("").parts))
        if name.startswith(preload.APART):
            continue
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Import):
                        found |= {alias.name for alias in node.names}
                    elif isinstance(node, ast.ImportFrom) and node.module:
                        found.add(node.module)
    return {name for name in found if not name.startswith("nlsniff")} - NOT_LIVE


def test_what_functions_import_is_loaded() -> None:
    code = (
        "import json, sys\n"
        "from nlsniff.tui.preload import load_all\n"
        "from nlsniff.spec.registry import open_registry\n"
        "registry = open_registry()\n"
        "load_all(registry)\n"
        "sys.meta_path.clear()\n"
        "import builtins\n"
        "builtins.open = None\n"
        "assert all(registry.family(name) for name in registry.names)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    wanted = late_imports()
    assert wanted > {"difflib", "orjson"}
    assert wanted <= loaded, wanted - loaded
    # All of ours, but the programs of their own.
    assert {"nlsniff.tui.help_screen", "nlsniff.decode.fields.text", "nlsniff.filter.complete"} <= loaded
