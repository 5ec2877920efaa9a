"""The house rules that can be checked by a program, over the code of the product.

A failing test names each place and says what to do about it.
"""

import ast
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = (
    "dashboards",
    "deployment",
    "manage.py",
    "marketplace",
    "monitoring",
    "openrisk",
    "risks",
)
MODULES = 12  # of a package, without __init__
FILE_LINES, FUNCTION_LINES = 400, 60
NESTED = {"Meta", "Command"}  # Django wants these names
QUESTION = re.compile(r"(What|Who|Whose|Whom|How|Where|When|Which)\b")
IS_NO = re.compile(
    r"(?<![Tt]here )\b(is|are) no (?!longer|more|such|one|other|need|matter)[a-zA-Z]"
)

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@cache
def read_product() -> dict[str, tuple[str, ast.Module]]:
    """Text and syntax tree by path, without migrations, which stay as they were written."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PRODUCT]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    files = {}
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix == ".py" and "migrations" not in path.parts and path.is_file():
            text = path.read_text()
            files[name] = (text, ast.parse(text))
    return files


def definitions() -> Iterator[tuple[str, Definition]]:
    """Every function and class, with its file."""
    for name, (_, tree) in read_product().items():
        for node in ast.walk(tree):
            if isinstance(node, Definition):
                yield name, node


def test_a_class_name_has_one_meaning() -> None:
    places = defaultdict(list)
    for name, node in definitions():
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            places[node.name].append(f"{name}:{node.lineno}")
    twice = {name: found for name, found in places.items() if len(found) > 1 and name not in NESTED}
    assert twice == {}, "Rename all but one of each: two classes of one name confuse a reader."


def test_a_package_has_few_modules() -> None:
    modules = Counter(
        str(Path(name).parent)
        for name in read_product()
        if not name.endswith("__init__.py") and "management" not in Path(name).parts
    )
    crowded = {folder: count for folder, count in modules.items() if count > MODULES}
    assert crowded == {}, f"Make a package of those that belong together: {MODULES} are the most."


def test_a_docstring_begins_with_a_verb_or_a_noun() -> None:
    modules = ((name, tree) for name, (_, tree) in read_product().items())
    questions = [
        f"{name}:{getattr(node, 'lineno', 1)} {docstring.splitlines()[0]}"
        for name, node in (*modules, *definitions())
        if (docstring := ast.get_docstring(node)) and QUESTION.match(docstring)
    ]
    assert questions == [], "Write the verb, or the thing that is returned: 'Return the owner'."


def test_nothing_is_no_something() -> None:
    places = [
        f"{name}:{number} {line.strip()}"
        for name, (text, _) in read_product().items()
        for number, line in enumerate(text.splitlines(), 1)
        if IS_NO.search(line)
    ]
    assert places == [], "Write 'is not a': 'Not a valid URL', not 'is no URL'."


def test_a_function_is_a_paragraph() -> None:
    long = [
        f"{name}:{node.lineno} {node.name} has {length} lines"
        for name, node in definitions()
        if not isinstance(node, ast.ClassDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    ]
    assert long == [], f"Split it where a new idea begins: {FUNCTION_LINES} lines are the most."


def test_a_file_can_be_read_in_one_go() -> None:
    long = [
        f"{name} has {text.count(chr(10))} lines"
        for name, (text, _) in read_product().items()
        if text.count("\n") > FILE_LINES
    ]
    assert long == [], f"Make two modules of it: {FILE_LINES} lines are the most."
