"""The template sets the variables that the functions read: all of them, and no others.

The list is the table in docs/environment.md, which Rust tests compare with what the functions read.
"""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from local_aws import ROOT
from test_filter_pattern import template

TEMPLATE = template()
FUNCTIONS = ("ingest", "sweep", "respond", "subscribe")
READER = ROOT / "shared/aws/src/environment/mod.rs"
DOCS_TEST = ROOT / "shared/aws/src/generated_docs.rs"

# Other code that reads the environment by itself, and which variables.
OTHER_READERS = {ROOT / "cli/src/account/mod.rs": {"XDG_CACHE_HOME", "HOME"}}


@dataclass(frozen=True)
class Variable:
    """A row of the table of functions."""

    read_by: tuple[str, ...]
    set_by: str


def _rows(part: str) -> list[list[str]]:
    page = (ROOT / "docs/environment.md").read_text()
    table = page.split(f": {part} -->")[1].split(f"<!-- end of {part} -->")[0]
    _head, _line, *rows = (line for line in table.splitlines() if line.startswith("|"))
    return [row.strip("| ").split(" | ") for row in rows]


def documented() -> dict[str, Variable]:
    """Read the table of the functions' variables."""
    rows = _rows("variables of functions")
    return {row[0].strip("`"): Variable(tuple(row[1].split(", ")), row[-1]) for row in rows}


VARIABLES = documented()


def _environment(function: dict[str, Any]) -> dict[str, Any]:
    return function.get("Environment", {}).get("Variables", {})


GLOBAL = _environment(TEMPLATE["Globals"]["Function"])
OWN = {
    name: _environment(TEMPLATE["Resources"][f"{name.title()}Function"]["Properties"])
    for name in FUNCTIONS
}


def test_the_table_and_all_functions_are_found() -> None:
    assert len(VARIABLES) > 20
    functions = [
        name
        for name, resource in TEMPLATE["Resources"].items()
        if isinstance(resource, dict) and resource["Type"] == "AWS::Serverless::Function"
    ]
    assert sorted(functions) == sorted(f"{name.title()}Function" for name in FUNCTIONS)


def test_the_template_sets_exactly_what_the_functions_read() -> None:
    read = {name for name in VARIABLES if name.startswith("GATEWATCH_")}
    assert GLOBAL.keys() | {name for own in OWN.values() for name in own} == read


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_each_variable_that_it_reads(function: str) -> None:
    read = {name for name, variable in VARIABLES.items() if function in variable.read_by}
    ours = {name for name in read if name.startswith("GATEWATCH_")}
    assert ours <= GLOBAL.keys() | OWN[function].keys()
    assert OWN[function].keys() <= ours, "set for this function alone, and not read by it"


@pytest.mark.parametrize("name", [name for name in VARIABLES if name.startswith("GATEWATCH_")])
def test_a_variable_comes_from_the_parameter_that_is_listed(name: str) -> None:
    values = [part[name] for part in (GLOBAL, *OWN.values()) if name in part]
    used = {parameter for value in values for parameter in _parameters(value)}
    listed = re.findall(r"^parameter `(\w+)`$", VARIABLES[name].set_by)
    assert used == set(listed)
    assert listed or VARIABLES[name].set_by.startswith("template: ")


def _parameters(value: object) -> set[str]:
    """Find the stack parameters in a value, also behind a condition."""
    if isinstance(value, str):
        return set(re.findall(r"\$\{(\w+)\}", value)) & TEMPLATE["Parameters"].keys()
    if isinstance(value, list):
        return set().union(*map(_parameters, value))
    if not isinstance(value, dict):
        return set()
    if "Ref" in value:
        return {value["Ref"]} & TEMPLATE["Parameters"].keys()
    if "If" in value:
        condition = TEMPLATE["Conditions"][value["If"][0]]
        return _parameters(condition) | _parameters(value["If"][1:])
    return _parameters(list(value.values()))


def test_no_other_code_reads_the_environment() -> None:
    """Clippy could forbid it only if no build script and no test needed a variable."""
    readers = {
        path
        for folder in ("shared", "functions", "cli")
        for path in (ROOT / folder).glob("**/src/**/*.rs")
        if re.search(r"env::vars?(_os)?\(", path.read_text())
    }
    assert readers == {READER, DOCS_TEST, *OTHER_READERS}


def test_what_other_code_reads_is_listed() -> None:
    listed = {row[0].strip("`") for row in _rows("variables of gatewatch")}
    for path, names in OTHER_READERS.items():
        text = path.read_text()
        assert all(f'"{name}"' in text for name in names)
        assert text.count("env::var") == 1
        assert names <= listed
