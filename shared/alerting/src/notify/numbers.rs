//! Numbers as people read them.

/// With a comma between thousands: `12,345`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// With its noun: `1 route`, `4 routes`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// A share in whole per cent. Only all is 100 %, and only nothing is 0 %.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let share = part.min(whole) as f64 * 100.0 / whole.max(1) as f64;
    let shown = match share {
        share if part >= whole => share,
        share if part > 0 => share.round().clamp(1.0, 99.0),
        _ => 0.0,
    };
    format!("{shown:.0} %")
}

/// `25 min`, `3 h 5 min`, `2 d 4 h`.
pub(super) fn duration(millis: i64) -> String {
    let minutes = millis.max(0) / 60_000;
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::{count, duration, percent};

    #[test]
    fn thousands_are_grouped() {
        for (number, shown) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")]
        {
            assert_eq!(count(number), shown);
        }
    }

    #[test]
    fn a_share_is_all_or_nothing_only_where_it_is() {
        for (part, whole, shown) in [
            (0, 10, "0 %"),
            (1, 10_000, "1 %"),
            (96, 100, "96 %"),
            (9_999, 10_000, "99 %"),
            (10, 10, "100 %"),
            (11, 10, "100 %"),
            (0, 0, "0 %"),
        ] {
            assert_eq!(percent(part, whole), shown, "{part} of {whole}");
        }
    }

    #[test]
    fn durations_name_at_most_two_units() {
        for (minutes, shown) in [
            (-1, "0 min"),
            (27, "27 min"),
            (60, "1 h"),
            (245, "4 h 5 min"),
            (1_440, "1 d"),
            (3_000, "2 d 2 h"),
        ] {
            assert_eq!(duration(minutes * 60_000), shown);
        }
    }
}
