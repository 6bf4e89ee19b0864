//! The GSM 7-bit alphabet of text messages. One character outside of it turns the whole message into
//! UCS-2, and 160 characters into 70.
//! <https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html>

/// Characters that take one septet, beside ASCII letters, digits and the marks below.
const BASIC_MARKS: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";

/// Characters that take two.
const EXTENDED: &str = "^{}\\[~]|€";

/// How many septets a character takes; `None` outside the alphabet.
fn septets_of(character: char) -> Option<usize> {
    if character.is_ascii_alphanumeric() || BASIC_MARKS.contains(character) {
        Some(1)
    } else if EXTENDED.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// How many septets a text takes; `None` where a character is outside the alphabet.
pub fn septets(text: &str) -> Option<usize> {
    text.chars().map(septets_of).sum()
}

/// The text in the alphabet, on one line, at most `max` septets long.
pub(in crate::notify) fn fit(text: &str, max: usize) -> String {
    let mut fitted = String::with_capacity(text.len());
    let mut length = 0;
    for character in
        text.chars().flat_map(|character| spelled(character).chars().collect::<Vec<_>>())
    {
        length += septets_of(character).unwrap_or(max + 1);
        if length > max {
            break;
        }
        fitted.push(character);
    }
    fitted
}

/// What stands for a character outside the alphabet.
fn spelled(character: char) -> String {
    let plain = match character {
        '`' | '‘' | '’' => "'",
        '“' | '”' | '«' | '»' => "\"",
        '–' | '—' | '−' => "-",
        '…' => "...",
        '\n' | '\r' | '\t' | '\u{A0}' => " ",
        'á' | 'â' | 'ã' => "a",
        'ç' => "c",
        'ê' | 'ë' => "e",
        'í' | 'î' | 'ï' => "i",
        'ó' | 'ô' | 'õ' => "o",
        'ú' | 'û' => "u",
        inside if septets_of(inside).is_some() => return inside.to_string(),
        _ => "?",
    };
    plain.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{fit, septets};

    #[test]
    fn septets_are_counted_as_the_standard_does() {
        for (text, count) in [
            ("", Some(0)),
            ("Hello 123", Some(9)),
            ("{id}", Some(6)),
            ("€", Some(2)),
            ("é", Some(1)),
            ("—", None),
            ("😀", None),
            ("`", None),
        ] {
            assert_eq!(septets(text), count, "{text}");
        }
    }

    #[test]
    fn any_text_fits() {
        for text in ["`it’s — “fine”…`", "😀 GET /{id}/😀", "日本", "\u{1b}[31m", &"{".repeat(500)]
        {
            let fitted = fit(text, 160);
            assert!(septets(&fitted).is_some_and(|count| count <= 160), "{fitted}");
        }
        assert_eq!(fit("a—b…", 160), "a-b...");
        assert_eq!(fit("{{{", 5), "{{");
    }
}
