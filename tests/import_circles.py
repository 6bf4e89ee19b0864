"""Finds circular imports between the source files of a crate.

usage: import_circles.py [CRATE…]

The compiler accepts two files that use each other's items, but a reader cannot understand one
without the other. Every path in code is an edge from its file to the file that defines the item,
followed through re-exports. `mod` declarations and re-exports are no edges, and test code is
ignored. Prints each circle with its edges and exits with 1 if there is one.

It resolves names, not types: a method call is no edge. An item whose definition is not found, since
a macro generates it, counts as defined by the file of its module.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]

# Stands for the file of an item of another crate.
OTHER_CRATE = Path("another crate")

_NOISE = re.compile(
    r"""
      //[^\n]* | /\*.*?\*/                             # comments
    | b?r(\#*)" .*? "\1 | b?" (?: \\. | [^"\\] )* "    # strings
    | b?' (?: \\. [^'\n]* | [^'\\\n] ) '               # characters, not lifetimes
    """,
    re.VERBOSE | re.DOTALL,
)
# `#[serde(with = "stored")]` uses the module `stored`.
_SERDE_WITH = re.compile(r'\b(?:(?:de)?serialize_)?with\s*=\s*"([\w:]+)"')
_TEST_ONLY = re.compile(r"#\[cfg\((?:all\()?\s*test\b[^\]]*\]")
_MOD = re.compile(r"\bmod\s+(\w+)\s*([;{])")
_USE = re.compile(r"\b(pub\b\s*(?:\([^)]*\))?\s*)?\buse\s+([^;]+);")
_ITEM = re.compile(
    r"(?<!')\b(?:struct|enum|union|trait|type|const(?! fn)|static|fn|macro_rules!)\s+(\w+)"
)
_PATH = re.compile(r"(?<![\w.:])[A-Za-z_]\w*(?:\s*::\s*[A-Za-z_]\w*)+")
# A name on its own: no part of a path, no method, field or definition.
_NAME = re.compile(r"(?<![\w.:'])(?<!\bfn )[A-Za-z_]\w*+(?!\s*:)")
_MACRO_CALL = re.compile(r"(?<![\w:])(\w+)!")


@dataclass(eq=False, repr=False)
class Module:
    """The names of a module, and its code without child modules and `use` declarations."""

    file: Path
    parent: Module | None = None
    code: str = ""
    items: set[str] = field(default_factory=set)
    children: dict[str, Module] = field(default_factory=dict)
    # The path behind each name that a `use` declaration brings in, and the paths of `use path::*`.
    uses: dict[str, list[str]] = field(default_factory=dict)
    globs: list[list[str]] = field(default_factory=list)
    # Offset and path of each private `use` declaration. A re-export counts only if the code uses
    # its name.
    imports: list[tuple[int, list[str]]] = field(default_factory=list)
    reexports: set[str] = field(default_factory=set)
    # Only in the root: the file of every `macro_rules!`, since a macro is visible without a path.
    macros: dict[str, Path] = field(default_factory=dict)
    # Results of `lookup`.
    found: dict[tuple[str, bool], Module | Path | None] = field(default_factory=dict)

    def root(self) -> Module:
        """Return the root of the crate."""
        return self.parent.root() if self.parent else self

    def walk(self) -> Iterator[Module]:
        """Yield this module and all modules below it."""
        yield self
        for child in self.children.values():
            yield from child.walk()

    def lookup(self, name: str, *, last: bool) -> Module | Path | None:
        """Return the module of this name, or the file that defines the item; `None` if unknown."""
        if (name, last) not in self.found:
            self.found[name, last] = None  # ends a search that globs lead back here
            self.found[name, last] = self.search(name, last=last)
        return self.found[name, last]

    def search(self, name: str, *, last: bool) -> Module | Path | None:
        """Do the work of `lookup`. Only the end of a path prefers an item to a module."""
        if name in self.children and not last:
            return self.children[name]
        if name in self.items:
            return self.file
        if name in self.uses:
            return self.resolve(self.uses[name])
        for source in self.glob_sources():
            if found := source.lookup(name, last=last):
                return found
        return self.children.get(name) or self.macros.get(name)

    def resolve(self, path: list[str]) -> Module | Path:
        """Return the module, or the file that defines the item, that a path leads to."""
        at: Module | Path = self
        for place, name in enumerate(path):
            if name == "crate":
                at = self.root()
            elif name == "super":
                at = at.parent
            elif name != "self":
                unknown = at.file if place else OTHER_CRATE
                at = at.lookup(name, last=place == len(path) - 1) or unknown
            if isinstance(at, Path):
                break
        return at

    def glob_sources(self) -> list[Module]:
        """Return the modules whose names `use path::*` brings in."""
        sources = map(self.resolve, self.globs)
        return [source for source in sources if isinstance(source, Module)]

    def paths(self) -> Iterator[tuple[int, list[str]]]:
        """Yield every path that the code uses, with its offset in the file."""
        yield from self.imports
        for path in _PATH.finditer(self.code):
            yield path.start(), re.split(r"\s*::\s*", path[0])
        of_globs = (source.items | source.uses.keys() for source in self.glob_sources())
        bare = self.reexports.union(*of_globs)
        for name in _NAME.finditer(self.code):
            if name[0] in bare:
                yield name.start(), [name[0]]
        for call in _MACRO_CALL.finditer(self.code):
            if call[1] in self.root().macros and call[1] not in self.uses:
                yield call.start(), ["crate", call[1]]


def spaces(text: str) -> str:
    """Return as many spaces, with the line breaks where they are in the text."""
    return re.sub(r"[^\n]", " ", text)


def blank(code: str, start: int, end: int) -> str:
    """Return the code with a part replaced by spaces: lines and offsets stay."""
    return code[:start] + spaces(code[start:end]) + code[end:]


def item_end(code: str, start: int) -> int:
    """Return the offset after the item's semicolon or closing brace."""
    depth = 0
    for at, char in enumerate(code[start:], start):
        depth += (char in "([{") - (char in ")]}")
        if depth < 0 or (depth == 0 and char in ";}"):
            return at + 1
    return len(code)


def production_code(text: str) -> str:
    """Return the text without comments, strings and items that only tests compile."""
    code = _SERDE_WITH.sub(r"with = \1::with", text)
    code = _NOISE.sub(lambda noise: spaces(noise[0]), code).replace("$crate", " crate")
    while attribute := _TEST_ONLY.search(code):
        code = blank(code, attribute.start(), item_end(code, attribute.end()))
    return code


def top_level(code: str) -> str:
    """Return the code outside braces and inside those of a macro call, which may define items."""
    innermost = re.compile(r"(\w!\s*)?\{([^{}]*)\}")
    while innermost.search(code):
        code = innermost.sub(lambda braces: f" {braces[2]} " if braces[1] else " ", code)
    return code


def use_paths(tree: str) -> Iterator[tuple[list[str], str]]:
    """Yield each path of a use tree, and the name that it brings in."""
    groups: list[list[str]] = []
    path: list[str] = []
    for token in re.findall(r"\w+|[*{},]", tree + ","):
        if token == "{":
            groups.append(path)
            path = []
        elif token not in ",}":
            path.append(token)
        else:
            if path:
                whole = [name for group in groups for name in group] + path
                whole, name = (whole[:-2], whole[-1]) if "as" in path else (whole, whole[-1])
                yield whole, whole[-2] if name == "self" and len(whole) > 1 else name
            path = []
            if token == "}":
                groups.pop()


def read(module: Module, code: str, folder: Path) -> Module:
    """Fill a module from its code, and add its children; `folder` holds their files."""
    while declared := _MOD.search(code):
        name, is_file = declared[1], declared[2] == ";"
        end = declared.end() if is_file else item_end(code, declared.end() - 1)
        child = Module(module.file, module)
        if is_file:
            files = [folder / f"{name}.rs", folder / name / "mod.rs"]
            child.file = next(file for file in files if file.exists())
            read(child, production_code(child.file.read_text()), folder / name)
        else:
            inside = blank(code, 0, declared.end())
            read(child, blank(inside, end - 1, len(code)), folder / name)
        module.children[name] = child
        code = blank(code, declared.start(), end)
    for use in _USE.finditer(code):
        for path, name in use_paths(use[2]):
            if name == "*":
                module.globs.append(path[:-1])
            else:
                module.uses.setdefault(name, path)
            if not use[1]:
                module.imports.append((use.start(2), path[:-1] if name == "*" else path))
            elif name != "*":
                module.reexports.add(name)
        code = blank(code, use.start(), use.end())
    module.code = code
    module.items = set(_ITEM.findall(top_level(code)))
    macros = re.findall(r"\bmacro_rules!\s*(\w+)", code)
    module.root().macros.update(dict.fromkeys(macros, module.file))
    return module


Edges = dict[Path, dict[Path, dict[str, int]]]


def edges(source: Path) -> Edges:
    """Return by file, and by file it uses, the items it uses and in which line first."""
    found: Edges = {}
    for root in (source / name for name in ("lib.rs", "main.rs") if (source / name).exists()):
        for module in read(Module(root), production_code(root.read_text()), source).walk():
            for start, path in module.paths():
                target = module.resolve(path)
                if isinstance(target, Path) and target not in (OTHER_CRATE, module.file):
                    line = module.code.count("\n", 0, start) + 1
                    items = found.setdefault(module.file, {}).setdefault(target, {})
                    # `Item::new` is a use of `Item`.
                    item = next((name for name in path if name[0].isupper()), path[-1])
                    items.setdefault(item, line)
    return found


def circles(graph: Edges) -> list[set[Path]]:
    """Return the sets of files that all reach each other."""
    reached: dict[Path, set[Path]] = {}
    for start in graph:
        ahead = list(graph[start])
        reached[start] = set()
        while ahead:
            file = ahead.pop()
            if file not in reached[start]:
                reached[start].add(file)
                ahead += graph.get(file, ())
    found = {frozenset(b for b in reached[a] if a in reached.get(b, ())) for a in graph}
    return sorted((set(circle) for circle in found if circle), key=min)


def report(source: Path) -> str:
    """Return the circles below a source folder with the edges that make them; empty if none."""
    graph = edges(source)
    lines = []
    for circle in circles(graph):
        lines.append(f"{len(circle)} files in a circle:")
        for file in sorted(circle):
            for target in sorted(circle & graph[file].keys()):
                items = graph[file][target]
                more = f" and {len(items) - 3} more" if len(items) > 3 else ""
                lines.append(
                    f"  {file.relative_to(source)}:{min(items.values())}"
                    f" → {', '.join(list(items)[:3])}{more} ({target.relative_to(source)})"
                )
    return "\n".join(lines)


def crates() -> dict[str, Path]:
    """Return the source folder of every crate by its name, that of the fuzz targets included."""
    members = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
    return {Path(member).name: ROOT / member / "src" for member in [*members, "fuzz"]}


def packages() -> dict[str, str]:
    """Return the name of every crate's folder by the name of its package, such as `gatewatch`."""
    manifests = {name: source.parent / "Cargo.toml" for name, source in crates().items()}
    return {
        tomllib.loads(manifest.read_text())["package"]["name"]: name
        for name, manifest in manifests.items()
    }


def main() -> None:
    """Print the circles of the named crates, or of all."""
    known = crates()
    of_packages = packages()
    named = [of_packages.get(name, name) for name in sys.argv[1:]]
    if unknown := set(named) - known.keys():
        sys.exit(f"unknown crate {min(unknown)}\n{__doc__}")
    reports = {crate: report(known[crate]) for crate in named or known}
    found = [f"{crate}: {text}" for crate, text in reports.items() if text]
    print("\n".join(found) or "no circular imports")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
