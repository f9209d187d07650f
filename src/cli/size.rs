//! Sizes as people write and read them.

/// Reads `120MB`, `1.5GiB` or plain bytes: units of 1000, or with an `i` of 1024.
pub fn parse(text: &str) -> Result<u64, String> {
    let wrong = || "a size such as `120MB`, `1.5GiB` or a number of bytes expected".to_owned();
    let digits = text.find(|character: char| !character.is_ascii_digit() && character != '.');
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    let unit = unit.trim_start().to_ascii_lowercase();
    let (letter, rest) = match unit.chars().next() {
        Some(letter) if letter != 'b' => (Some(letter), &unit[letter.len_utf8()..]),
        Some(_) | None => (None, unit.as_str()),
    };
    let base: u64 = match rest {
        "" | "b" => 1000,
        "i" | "ib" if letter.is_some() => 1024,
        _ => return Err(wrong()),
    };
    let power = match letter {
        None => 0,
        Some('k') => 1,
        Some('m') => 2,
        Some('g') => 3,
        Some('t') => 4,
        Some(_) => return Err(wrong()),
    };
    let factor = base.pow(power);
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor).ok_or_else(wrong);
    }
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let bytes = number * factor as f64;
    // Above 2^53 a fraction no longer counts single bytes, which no budget needs.
    if bytes.is_finite() && bytes < u64::MAX as f64 { Ok(bytes as u64) } else { Err(wrong()) }
}

/// Writes three digits and a unit of 1000: `1.24 GB`, `415 MB`, `96 B`.
pub fn human(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // 999.5 would be printed as 1000.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// Writes a number with a comma before each group of three digits.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes() {
        let table = [
            ("0", Some(0)),
            ("1024", Some(1024)),
            ("96b", Some(96)),
            ("120MB", Some(120_000_000)),
            ("120 mb", Some(120_000_000)),
            ("1.5GiB", Some(3 << 29)),
            ("2k", Some(2000)),
            ("2Ki", Some(2048)),
            ("1T", Some(1_000_000_000_000)),
            ("", None),
            ("MB", None),
            ("-1", None),
            ("1.2.3", None),
            ("1x", None),
            ("1ib", None),
            ("5XB", None),
            ("99999999999999999999", None),
            ("99999999T", None),
            ("1éb", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn writes_sizes() {
        let table = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (9_994, "9.99 kB"),
            (9_996, "10.0 kB"),
            (99_960, "100 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (1_240_000_000, "1.24 GB"),
            (u64::MAX, "18.4 EB"),
        ];
        for (bytes, expected) in table {
            assert_eq!(human(bytes), expected);
        }
        assert_eq!(count(1), "1");
        assert_eq!(count(1000), "1,000");
        assert_eq!(count(12_345_678), "12,345,678");
    }
}
