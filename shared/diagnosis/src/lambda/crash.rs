//! What languages write when a program ends by an error, with no prefix of a runtime before it.
//!
//! The texts are those of the languages themselves, so a program that only reports another one's crash
//! writes the same; whoever writes them at the beginning of a row is nearly always crashing.

use std::borrow::Cow;

use super::exception::exception;
use super::json::ErrorObject;
use super::{FunctionError, LambdaEvent, TellsOf};

/// How crashes begin, the class that stands for them, and who tells of them. What follows is the
/// message.
const CRASHES: [(&str, Option<&str>, TellsOf); 14] = [
    ("fatal error: runtime: out of memory", Some("Runtime.OutOfMemory"), TellsOf::Runtime),
    ("fatal error: all goroutines are asleep", Some("deadlock"), TellsOf::Runtime),
    ("panic: ", Some("panic"), TellsOf::Runtime),
    ("thread 'main' panicked at ", Some("panic"), TellsOf::Runtime),
    ("thread 'main' (", Some("panic"), TellsOf::Runtime),
    ("Unhandled exception. ", None, TellsOf::Runtime),
    ("Unhandled Exception: ", None, TellsOf::Runtime),
    ("FATAL ERROR: ", Some("FATAL ERROR"), TellsOf::Runtime),
    ("Class not found: ", Some("java.lang.ClassNotFoundException"), TellsOf::Runtime),
    ("Error loading class ", Some("Runtime.HandlerNotFound"), TellsOf::Runtime),
    ("Error loading method ", Some("Runtime.HandlerNotFound"), TellsOf::Runtime),
    ("Amazon.Lambda.RuntimeSupport.ExceptionHandling.", None, TellsOf::Runtime),
    ("Unable to load type '", Some("Runtime.HandlerNotFound"), TellsOf::Runtime),
    ("Traceback (most recent call last):", Some("Traceback"), TellsOf::Application),
];

/// What Ruby's runtime writes before the object of an error.
/// <https://docs.aws.amazon.com/lambda/latest/dg/ruby-exceptions.html>
const RUBY: [&str; 3] = [
    "Error raised from handler method",
    "Critical exception from handler",
    "Init error when loading handler",
];

/// Classes that mean a crash even without a stack: memory cannot be had.
const WITHOUT_STACK: [&str; 3] =
    ["java.lang.OutOfMemoryError", "MemoryError", "System.OutOfMemoryException"];

pub(super) fn read(text: &str) -> Option<LambdaEvent<'_>> {
    const LANGUAGES: [fn(&str) -> Option<FunctionError<'_>>; 6] =
        [ruby, crash, java_thread, javascript_heap, node_loader, stack];
    LANGUAGES.iter().find_map(|language| language(text)).map(LambdaEvent::Error)
}

fn ruby(text: &str) -> Option<FunctionError<'_>> {
    RUBY.iter().find(|beginning| text.starts_with(**beginning))?;
    let object = ErrorObject::read(&text[text.find('{')?..])?;
    Some(FunctionError::of_object(object, TellsOf::Runtime))
}

fn crash(text: &str) -> Option<FunctionError<'_>> {
    let &(beginning, class, told_by) =
        CRASHES.iter().find(|(beginning, ..)| text.starts_with(beginning))?;
    let rest = &text[beginning.len()..];
    let by_rust = beginning.starts_with("thread '");
    if by_rust && !text.lines().next()?.contains("panicked at ") {
        return None;
    }
    let (kind, message) = match (class, exception(rest)) {
        (Some("Traceback"), _) => text.lines().rev().find_map(exception)?,
        (Some(class), _) => (class, rest.lines().next().unwrap_or_default()),
        (None, Some(found)) => found,
        (None, None) => (beginning.trim_end(), rest.lines().next().unwrap_or_default()),
    };
    // Rust tells the place first and the message on the next row.
    let message = match message.strip_suffix(':').filter(|_| by_rust) {
        Some(_) => text.lines().nth(1).unwrap_or(message),
        None => message,
    };
    let error = FunctionError::new(Some(Cow::Borrowed(kind)), Cow::Borrowed(message), told_by);
    Some(error.with_frame_in(text))
}

/// `Exception in thread "main" java.lang.…`. Other threads may die without the invocation.
fn java_thread(text: &str) -> Option<FunctionError<'_>> {
    let (thread, rest) = text.strip_prefix("Exception in thread \"")?.split_once("\" ")?;
    let (kind, message) = exception(rest)?;
    let told_by = if thread == "main" { TellsOf::Runtime } else { TellsOf::Application };
    Some(FunctionError::new(Some(kind.into()), message.into(), told_by).with_frame_in(text))
}

/// V8 writes its garbage collector's last steps before `FATAL ERROR`.
fn javascript_heap(text: &str) -> Option<FunctionError<'_>> {
    let row = text.lines().find(|row| row.starts_with("FATAL ERROR: "));
    let row = row.filter(|_| text.starts_with("<--- Last few GCs --->"))?;
    Some(FunctionError::new(None, Cow::Borrowed(row), TellsOf::Runtime))
}

/// Node.js does not find a file while it loads the function.
fn node_loader(text: &str) -> Option<FunctionError<'_>> {
    let (kind, message) = exception(text).unwrap_or(("Error", text.lines().next()?));
    let by_loader = message.starts_with("Cannot find module '")
        && text.contains("\nRequire stack:")
        || kind == "Error [ERR_MODULE_NOT_FOUND]";
    by_loader.then(|| {
        FunctionError::new(
            Some("Runtime.ImportModuleError".into()),
            message.into(),
            TellsOf::Runtime,
        )
    })
}

/// An exception's class and message, a stack below: Java's runtime writes it for errors that nobody
/// caught, and so does everybody else.
fn stack(text: &str) -> Option<FunctionError<'_>> {
    if let Some((kind, message)) = exception(text) {
        let dies = WITHOUT_STACK.contains(&kind);
        let told_by = if dies { TellsOf::Runtime } else { TellsOf::Shape };
        let has_stack =
            text.contains("\n\tat ") || text.contains("\n   at ") || text.contains("\n    at ");
        return (dies || has_stack).then(|| {
            FunctionError::new(Some(kind.into()), message.into(), told_by).with_frame_in(text)
        });
    }
    // Java's runtime itself: `/ by zero: java.lang.ArithmeticException\njava.lang.ArithmeticException: …`.
    let (first, rest) = text.split_once('\n')?;
    let (message, class) = first.rsplit_once(": ")?;
    let (kind, _) = exception(rest)?;
    (kind == class).then(|| {
        FunctionError::new(Some(kind.into()), message.into(), TellsOf::Runtime).with_frame_in(text)
    })
}

#[cfg(test)]
mod tests {
    use super::{LambdaEvent, TellsOf, read};

    fn told(text: &str) -> Option<(String, TellsOf)> {
        match read(text)? {
            LambdaEvent::Error(error) => Some((error.shown.into_owned(), error.told_by)),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn crashes_of_every_language() {
        for (text, shown) in [
            (
                "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:",
                "panic: runtime error: index out of range [3] with length 3",
            ),
            (
                "thread 'main' panicked at src/main.rs:8:5:\nindex out of bounds",
                "panic: index out of bounds",
            ),
            (
                "thread 'main' panicked at 'index out of bounds', src/main.rs:8:5",
                "panic: 'index out of bounds', src/main.rs:8:5",
            ),
            (
                "/ by zero: java.lang.ArithmeticException\njava.lang.ArithmeticException: / by zero\n\tat shop.Orders.handle(Orders.java:3)",
                "java.lang.ArithmeticException: / by zero",
            ),
            (
                "Exception in thread \"main\" java.lang.IllegalStateException: x\n\tat a.B.c(B.java:1)",
                "java.lang.IllegalStateException: x",
            ),
            (
                "java.lang.OutOfMemoryError: Java heap space",
                "java.lang.OutOfMemoryError: Java heap space",
            ),
            ("MemoryError", "MemoryError"),
            (
                "Error raised from handler method\n{\n  \"errorMessage\": \"no\",\n  \"errorType\": \"Function<TypeError>\"\n}",
                "Function<TypeError>: no",
            ),
            (
                "Unhandled exception. System.NullReferenceException: Object\n   at Shop.F.H()",
                "System.NullReferenceException: Object",
            ),
            (
                "Error: Cannot find module 'x'\nRequire stack:\n- /var/task/index.js",
                "Runtime.ImportModuleError: Cannot find module 'x'",
            ),
            (
                "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
                "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
            ),
            (
                "<--- Last few GCs --->\n\n[8:0x1] 1 ms\nFATAL ERROR: JavaScript heap out of memory",
                "FATAL ERROR: JavaScript heap out of memory",
            ),
        ] {
            assert_eq!(told(text), Some((shown.to_owned(), TellsOf::Runtime)), "{text}");
        }
    }

    #[test]
    fn what_others_write_too() {
        for (text, shown, told_by) in [
            (
                "java.lang.IllegalStateException: x\n\tat a.B.c(B.java:1)",
                "java.lang.IllegalStateException: x",
                TellsOf::Shape,
            ),
            (
                "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: bad",
                "ValueError: bad",
                TellsOf::Application,
            ),
            (
                "Exception in thread \"pool-1\" java.lang.IllegalStateException: x",
                "java.lang.IllegalStateException: x",
                TellsOf::Application,
            ),
        ] {
            assert_eq!(told(text), Some((shown.to_owned(), told_by)), "{text}");
        }
    }

    #[test]
    fn look_alikes() {
        for text in [
            "",
            "don't panic: it works",
            "thread 'main' is fine",
            "Error: Cannot find module 'x'",
            "ValueError: bad",
            "Error raised from handler method",
            "we ran out of memory: java.lang.OutOfMemoryError",
            "x: y\nz",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
