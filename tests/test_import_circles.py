"""The checker of circular imports on small crates, then the crates of the project."""

from pathlib import Path

import pytest

import import_circles


def crate(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def edges(folder: Path, files: dict[str, str]) -> set[str]:
    """Return the edges of a crate of these files, such as `a.rs:1 → Item (b.rs)`."""
    source = crate(folder, files)
    return {
        f"{file.relative_to(source)}:{line} → {item} ({target.relative_to(source)})"
        for file, targets in import_circles.edges(source).items()
        for target, items in targets.items()
        for item, line in items.items()
    }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("use crate::b::Item;", {"a.rs:1 → Item (b.rs)"}),
        ("use super::b::Item;", {"a.rs:1 → Item (b.rs)"}),
        ("\n\nuse crate::b::Item as Other;", {"a.rs:3 → Item (b.rs)"}),
        ("use crate::b::Item as _;", {"a.rs:1 → Item (b.rs)"}),
        (
            "use crate::{b::{self, Item}, rooms::{inner::{Inner, Twin as T}}};\nfn f(x: b::X) {}",
            {
                "a.rs:1 → Item (b.rs)",
                "a.rs:2 → X (b.rs)",
                "a.rs:1 → Inner (rooms/inner.rs)",
                "a.rs:1 → Twin (rooms/inner.rs)",
            },
        ),
        ("use crate::rooms::Inner;", {"a.rs:1 → Inner (rooms/inner.rs)"}),
        ("use crate::rooms::Renamed;", {"a.rs:1 → Renamed (rooms/inner.rs)"}),
        ("use crate::rooms::Own;", {"a.rs:1 → Own (rooms/mod.rs)"}),
        ("use crate::Inner;", {"a.rs:1 → Inner (rooms/inner.rs)"}),
        ("use crate::rooms::of_macro;", {"a.rs:1 → of_macro (rooms/mod.rs)"}),
        ("use crate::b::Kind::{One, Two};", {"a.rs:1 → Kind (b.rs)"}),
        ("use crate::b::Kind::*;", {"a.rs:1 → Kind (b.rs)"}),
        (
            "use crate::b::*;\nfn f(x: Item) { run() }",
            {"a.rs:2 → Item (b.rs)", "a.rs:2 → run (b.rs)"},
        ),
        ("use crate::rooms::*;\nfn f(x: Inner) {}", {"a.rs:2 → Inner (rooms/inner.rs)"}),
        ("fn f() { crate::b::run(); }", {"a.rs:1 → run (b.rs)"}),
        ("fn f(x: super::b::Item) { super::b::Item::new(); }", {"a.rs:1 → Item (b.rs)"}),
        ("use crate::b;\nfn f() -> Vec<b::Item> {}", {"a.rs:2 → Item (b.rs)"}),
        ("use crate::b as other;\nfn f() { other::run() }", {"a.rs:2 → run (b.rs)"}),
        ("fn f() { use crate::b::run; run() }", {"a.rs:1 → run (b.rs)"}),
        ("impl crate::b::Item {}", {"a.rs:1 → Item (b.rs)"}),
        ("pub(in crate::b) struct A;", set()),
        ("fn f() { crate::exported!(); }", {"a.rs:1 → exported (b.rs)"}),
        ("use crate::local;\nfn f() { local!(); }", {"a.rs:1 → local (b.rs)"}),
        ("fn f() { exported! {} }", {"a.rs:1 → exported (b.rs)"}),
        ("macro_rules! m { () => { $crate::b::run() } }", {"a.rs:1 → run (b.rs)"}),
        ('struct A { #[serde(with = "crate::b")] at: u8 }', {"a.rs:1 → with (b.rs)"}),
        ("mod inner { use super::super::b::Item; }", {"a.rs:1 → Item (b.rs)"}),
        ("mod inner { pub struct A; }\nuse inner::A;\nfn f() { self::inner::A; }", set()),
        ("use std::fmt::{self, Display};\nuse b::Item;", set()),
        ("// crate::b::Item\n/* crate::b::Item */\n/// [`crate::b::Item`]\nstruct A;", set()),
        ('fn f() { " \\" crate::b::Item"; r#"crate::b::Item"#; }', set()),
        ("fn f<'a>(x: &'a str) { '\"'; crate::b::run(); '\"'; }", {"a.rs:1 → run (b.rs)"}),
        ("#[cfg(test)]\nmod tests { use crate::b::Item; }", set()),
        ("#[cfg(test)]\nuse crate::b::{Item, run};\nfn f() {}", set()),
        ("#[cfg(test)]\nmod tests;", set()),
        (
            '#[cfg(any(test, feature = "x"))]\nmod part { use crate::b::Item; }',
            {"a.rs:2 → Item (b.rs)"},
        ),
    ],
)
def test_an_edge_leads_to_the_file_that_defines_the_item(
    tmp_path: Path, code: str, expected: set[str]
) -> None:
    files = {
        "lib.rs": "mod a;\nmod b;\nmod rooms;\npub use rooms::Inner;",
        "a.rs": code,
        "a/tests.rs": "use crate::b::Item;",
        "b.rs": """
            pub struct Item;
            closed! { pub enum Kind { One, Two } }
            pub fn run() {}
            #[macro_export]
            macro_rules! exported { () => {} }
            macro_rules! local { () => {} }
            pub(crate) use local;
        """,
        "rooms/mod.rs": """
            mod inner;
            pub(crate) struct Own;
            generated!();
            pub use inner::{Inner, Twin as Renamed};
        """,
        "rooms/inner.rs": "pub struct Inner; pub struct Twin;",
    }
    assert edges(tmp_path, files) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("mod child;\npub use child::Item;", set()),
        ("mod child;\npub(crate) use child::*;", set()),
        ("mod child;\nuse child::Item;", {"room/mod.rs:2 → Item (room/child.rs)"}),
        ("mod child;\nfn f() { child::run() }", {"room/mod.rs:2 → run (room/child.rs)"}),
        (
            "mod child;\npub use child::Item;\nfn f(x: Item) {}",
            {"room/mod.rs:3 → Item (room/child.rs)"},
        ),
        (
            "mod child;\npub use child::Item;\nfn f() -> &'static Item {}",
            {"room/mod.rs:3 → Item (room/child.rs)"},
        ),
        (
            "mod child;\npub use child::run;\nfn f() { run() }",
            {"room/mod.rs:3 → run (room/child.rs)"},
        ),
        (
            "mod child;\npub use child::*;\nfn f(x: Item) {}",
            {"room/mod.rs:3 → Item (room/child.rs)"},
        ),
        ("mod child;\npub use child::run;\nfn f(x: X) { x.run(); X { run: 1 } }", set()),
    ],
)
def test_a_re_export_counts_only_where_code_uses_it(
    tmp_path: Path, code: str, expected: set[str]
) -> None:
    files = {
        "lib.rs": "mod room;",
        "room/mod.rs": code,
        "room/child.rs": "pub struct Item; pub fn run() {}",
    }
    assert edges(tmp_path, files) == expected


def test_a_circle_is_reported_with_its_edges(tmp_path: Path) -> None:
    source = crate(
        tmp_path,
        {
            "main.rs": "mod a;\nmod b;\nmod c;\nuse a::A;",
            "a.rs": "use crate::b::B;\npub struct A;",
            "b.rs": "use crate::c::{C, D};\npub struct B;",
            "c.rs": "\npub struct C; pub struct D;\nimpl C { fn a() -> crate::a::A {} }",
        },
    )
    assert import_circles.report(source).splitlines() == [
        "3 files in a circle:",
        "  a.rs:1 → B (b.rs)",
        "  b.rs:1 → C, D (c.rs)",
        "  c.rs:3 → A (a.rs)",
    ]


def test_a_parent_that_defines_what_its_child_uses_makes_a_circle(tmp_path: Path) -> None:
    child = "use super::Answer;\npub fn read() -> Answer {}"
    defines = {"lib.rs": "mod room;", "room/mod.rs": "mod child;\npub struct Answer;"}
    assert import_circles.report(crate(tmp_path, defines | {"room/child.rs": child})) == ""
    uses = {"room/mod.rs": "mod child;\npub struct Answer;\nfn f() { child::read() }"}
    assert "2 files in a circle" in import_circles.report(crate(tmp_path, uses))
    moved = {
        "room/mod.rs": "mod answer;\nmod child;\npub use answer::Answer;\nfn f() { child::read() }",
        "room/answer.rs": "pub struct Answer;",
    }
    assert import_circles.report(crate(tmp_path, moved)) == ""


@pytest.mark.parametrize("name", import_circles.crates())
def test_a_crate_has_no_circular_imports(name: str) -> None:
    if circles := import_circles.report(import_circles.crates()[name]):
        pytest.fail(circles, pytrace=False)


@pytest.mark.parametrize(("package", "crate"), [("gatewatch", "cli"), ("alerting", "alerting")])
def test_a_crate_can_be_named_by_its_package(package: str, crate: str) -> None:
    assert import_circles.packages()[package] == crate
