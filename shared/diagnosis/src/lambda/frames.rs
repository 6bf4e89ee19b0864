//! The frame of a stack trace that is the caller's own code: what a team looks at first.
//!
//! Runtimes put their own frames and those of libraries around it. The order differs too: Python tells
//! the innermost call last, all others tell it first.

use crate::json::Cursor;

/// Parts of frames that no function's own code has.
const NOT_OWN: [&str; 20] = [
    "node_modules/",
    "(node:",
    "at node:",
    "(internal/",
    "at internal/",
    "<anonymous>",
    "native)",
    "/var/runtime/",
    "/var/lang/",
    // layers
    "/opt/",
    "site-packages/",
    "dist-packages/",
    "<frozen ",
    "/gems/",
    "/vendor/bundle/",
    "/usr/local/",
    "/go/pkg/mod/",
    "aws-lambda-go",
    "/rustc/",
    "/.cargo/",
];

/// Beginnings of frames of Java's and .NET's own libraries and of Lambda's runtimes on them.
const NOT_OWN_PACKAGES: [&str; 14] = [
    "at java.",
    "at javax.",
    "at jdk.",
    "at sun.",
    "at com.sun.",
    "at com.amazonaws.",
    "at software.amazon.",
    "at lambdainternal.",
    "at org.springframework.",
    "at org.apache.",
    "at System.",
    "at Microsoft.",
    "at Amazon.",
    "at lambda_method",
];

/// What is written after a file's name.
const SOURCE_FILES: [&str; 13] = [
    ".js:", ".mjs:", ".cjs:", ".ts:", ".py\"", ".rb:", ".go:", ".rs:", ".java:", ".kt:", ".scala:",
    ".cs:", ".fs:",
];

/// The longest frame that is kept.
const MAX_FRAME: usize = 300;

/// So many rows are looked at; a stack is seldom deeper than a hundred.
const MAX_ROWS: usize = 1_000;

/// Looks at frames one after the other and keeps the one that counts.
#[derive(Default)]
pub(super) struct OwnFrame {
    found: Option<String>,
    rows: usize,
}

impl OwnFrame {
    /// Looks at every row of a text.
    pub(super) fn in_text(text: &str) -> Option<String> {
        let mut own = Self::default();
        own.look_at_rows(text);
        own.found
    }

    /// Looks at a JSON array of frames: texts, Go's and old Python's objects.
    pub(super) fn in_list(list: &[u8]) -> Option<String> {
        let mut own = Self::default();
        let mut cursor = Cursor::new(list);
        if !cursor.take(b'[') {
            return None;
        }
        while let Some(byte) = cursor.peek() {
            match byte {
                b'"' => own.look_at_rows(&cursor.string()?.text()),
                b'{' => own.look_at(&object(&mut cursor)?),
                b'[' => own.look_at(&python_list(&mut cursor)?),
                b']' => break,
                _ => {
                    if cursor.bare().is_empty() {
                        break;
                    }
                }
            }
            if !cursor.take(b',') {
                break;
            }
        }
        own.found
    }

    fn look_at_rows(&mut self, text: &str) {
        for row in text.lines() {
            self.look_at(row);
        }
    }

    fn look_at(&mut self, row: &str) {
        self.rows += 1;
        let row = row.trim();
        if row.len() > MAX_FRAME || self.rows > MAX_ROWS {
            return;
        }
        let python = row.starts_with("File \"");
        if (self.found.is_none() || python) && is_own(row) {
            self.found = Some(row.to_owned());
        }
    }
}

fn is_own(row: &str) -> bool {
    let dotnet_or_java = row.starts_with("at ") && row.contains('(');
    let names_source = SOURCE_FILES.iter().find(|file| row.contains(*file));
    if !(names_source.is_some() || row.contains(".cs:line ") || dotnet_or_java) {
        return false;
    }
    // Node's own modules have no directory.
    let script =
        names_source.is_some_and(|file| matches!(*file, ".js:" | ".mjs:" | ".cjs:" | ".ts:"));
    (!script || row.contains('/'))
        && !NOT_OWN.iter().any(|part| row.contains(part))
        && !NOT_OWN_PACKAGES.iter().any(|package| row.starts_with(package))
}

/// Go's `{"path":"main.go","line":12,"label":"handler"}`.
fn object(cursor: &mut Cursor<'_>) -> Option<String> {
    let (mut path, mut line, mut label) = (String::new(), String::new(), String::new());
    cursor.take(b'{');
    while let Some(key) = cursor.string() {
        cursor.take(b':').then_some(())?;
        match (key.bytes, cursor.peek()?) {
            (b"path", b'"') => path = cursor.string()?.text().into_owned(),
            (b"label", b'"') => label = cursor.string()?.text().into_owned(),
            (b"line", b'0'..=b'9') => line = String::from_utf8_lossy(cursor.bare()).into_owned(),
            _ => cursor.skip_value().then_some(())?,
        }
        if !cursor.take(b',') {
            break;
        }
    }
    cursor.take(b'}').then(|| format!("{path}:{line} {label}"))
}

/// Old Python's `["/var/task/app.py", 12, "handler", "oid = event['orderId']"]`.
fn python_list(cursor: &mut Cursor<'_>) -> Option<String> {
    cursor.take(b'[');
    let path = cursor.string().map(|raw| raw.text().into_owned()).unwrap_or_default();
    let line = if cursor.take(b',') {
        cursor.peek();
        String::from_utf8_lossy(cursor.bare()).into_owned()
    } else {
        String::new()
    };
    while cursor.take(b',') {
        cursor.skip_value().then_some(())?;
    }
    cursor.take(b']').then(|| format!("File \"{path}\", line {line}"))
}

#[cfg(test)]
mod tests {
    use super::OwnFrame;

    #[test]
    fn the_own_frame_of_every_language() {
        for (text, wanted) in [
            (
                "TypeError: x\n    at JSON.parse (<anonymous>)\n    at f (/var/task/node_modules/a/b.js:1:2)\n    at Runtime.handler (/var/task/index.js:9:33)\n    at Runtime.handleOnce (/var/runtime/Runtime.js:66:25)",
                Some("at Runtime.handler (/var/task/index.js:9:33)"),
            ),
            (
                "Traceback (most recent call last):\n  File \"/var/task/app.py\", line 12, in handler\n    pay()\n  File \"/var/task/pay.py\", line 3, in pay\n    client.get()\n  File \"/var/task/site-packages/x.py\", line 9, in get",
                Some("File \"/var/task/pay.py\", line 3, in pay"),
            ),
            (
                "java.lang.IllegalStateException: x\n\tat java.base/java.util.ArrayList.get(ArrayList.java:1)\n\tat shop.Orders.handleRequest(Orders.java:21)\n\tat lambdainternal.EventHandlerLoader.x(E.java:1)",
                Some("at shop.Orders.handleRequest(Orders.java:21)"),
            ),
            (
                "panic: x\n\ngoroutine 1 [running]:\nruntime.panic()\n\t/usr/local/go/src/runtime/panic.go:1 +0x1\nmain.handler()\n\t/build/main.go:12 +0x1d",
                Some("/build/main.go:12 +0x1d"),
            ),
            (
                "/var/runtime/gems/x.rb:1:in `y'\n/var/task/function.rb:3:in `handler'",
                Some("/var/task/function.rb:3:in `handler'"),
            ),
            (
                "System.Exception: x\n   at System.Text.Json.Parse(String s)\n   at Shop.Function.Handle(Request r) in /src/Function.cs:line 9",
                Some("at Shop.Function.Handle(Request r) in /src/Function.cs:line 9"),
            ),
            (
                "thread 'main' panicked at src/main.rs:8:5:\nindex out of bounds",
                Some("thread 'main' panicked at src/main.rs:8:5:"),
            ),
            ("at Module.require (module.js:353:17)\nno frame", None),
            ("", None),
        ] {
            assert_eq!(OwnFrame::in_text(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn lists_of_frames() {
        for (list, wanted) in [
            (
                r#"["TypeError: x","    at f (/var/task/i.js:1:2)"]"#,
                Some("at f (/var/task/i.js:1:2)"),
            ),
            (
                r#"["  File \"/var/task/a.py\", line 1, in f\n    g()\n","  File \"/var/task/b.py\", line 2, in g\n    1/0\n"]"#,
                Some("File \"/var/task/b.py\", line 2, in g"),
            ),
            (
                r#"[{"path":"github.com/aws/aws-lambda-go/lambda/errors.go","line":39,"label":"x"},{"path":"main.go","line":12,"label":"handler"}]"#,
                Some("main.go:12 handler"),
            ),
            (r#"[["/var/task/a.py", 5, "f", "1/0"]]"#, Some("File \"/var/task/a.py\", line 5")),
            (
                r#"["/var/task/function.rb:2:in `handler'"]"#,
                Some("/var/task/function.rb:2:in `handler'"),
            ),
            (r#"["at f (/var/task/i.js:1:2)" broken"#, Some("at f (/var/task/i.js:1:2)")),
            ("[{}]", None),
            ("[[]]", None),
            ("[,]", None),
            ("[", None),
            ("", None),
        ] {
            assert_eq!(OwnFrame::in_list(list.as_bytes()).as_deref(), wanted, "{list}");
        }
    }
}
