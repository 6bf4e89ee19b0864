//! A format that is a JSON object: its keys, whatever they are called, and the variables under them.

use super::variable::{self, Variable};
use crate::Field;
use crate::access::json::Keys;
use crate::json::Cursor;

/// Formats nest no deeper than lines are read.
const MAX_DEPTH: usize = 4;

/// The variables by their keys, outermost first. A value that is more than a variable is not in it.
#[derive(Debug, Clone, Default)]
pub(super) struct ObjectKeys {
    fields: Vec<(Vec<Vec<u8>>, Field)>,
}

impl ObjectKeys {
    /// `None`: the format is no JSON object.
    pub(super) fn of(format: &str) -> Option<Self> {
        let mut keys = Self::default();
        let mut cursor = Cursor::new(format.as_bytes());
        keys.object(&mut cursor, &mut Vec::new()).then_some(keys)
    }

    /// Reads the object that comes next. `false`: it is none.
    fn object(&mut self, cursor: &mut Cursor<'_>, parents: &mut Vec<Vec<u8>>) -> bool {
        if !cursor.take(b'{') || parents.len() > MAX_DEPTH {
            return false;
        }
        if cursor.take(b'}') {
            return true;
        }
        loop {
            let Some(key) = cursor.string() else { return false };
            parents.push(key.bytes.to_vec());
            let read = cursor.take(b':') && self.value(cursor, parents);
            parents.pop();
            if !read {
                return false;
            }
            if !cursor.take(b',') {
                return cursor.take(b'}');
            }
        }
    }

    fn value(&mut self, cursor: &mut Cursor<'_>, path: &mut Vec<Vec<u8>>) -> bool {
        let text = match cursor.peek() {
            Some(b'{') => return self.object(cursor, path),
            Some(b'[') => return cursor.skip_value(),
            Some(b'"') => cursor.string().map(|raw| raw.bytes),
            _ => Some(cursor.bare()),
        };
        let Some(text) = text.and_then(|text| std::str::from_utf8(text).ok()) else { return false };
        if let Some(("", name, "")) = variable::find(text)
            && let Some(field) = Variable::named(name).field
        {
            self.fields.push((path.clone(), field));
        }
        true
    }
}

impl Keys for ObjectKeys {
    fn field(&self, parents: &[&[u8]], key: &[u8]) -> Option<Field> {
        let wanted = || parents.iter().copied().chain([key]);
        let (_, field) =
            self.fields.iter().find(|(path, _)| path.iter().map(Vec::as_slice).eq(wanted()))?;
        Some(*field)
    }
}
