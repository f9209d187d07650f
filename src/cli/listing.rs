//! Text in columns.

/// The width that text is wrapped at.
pub const WIDTH: usize = 80;

/// The longest text between backquotes that is not broken, in columns.
const MAX_QUOTED: usize = 60;

/// Breaks a text into lines of at most [`WIDTH`] columns, all but the first indented. What stands between backquotes, such as
/// a flag with its value, stays on one line.
pub fn wrapped(text: &str, indent: usize) -> String {
    let mut result = String::new();
    let mut column = indent;
    for word in words(text) {
        let width = word.chars().count();
        if column > indent && column + 1 + width > WIDTH {
            result.push('\n');
            result.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if column > indent {
            result.push(' ');
            column += 1;
        }
        result.push_str(word);
        column += width;
    }
    result
}

/// Splits a text at its blanks, but for those between backquotes.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(' ') {
        let word = &text[start..at];
        let is_open = word.matches('`').count() % 2 == 1;
        if !is_open || word.len() > MAX_QUOTED {
            words.push(word);
            start = at + 1;
        }
    }
    words.push(&text[start..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_no_line_between_backquotes() {
        let text = format!("{} `--accept /app/run:4` x", "word ".repeat(13));
        let lines: Vec<String> = wrapped(&text, 2).lines().map(str::to_owned).collect();
        assert_eq!(lines[1].trim(), "`--accept /app/run:4` x");
    }

    #[test]
    fn breaks_lines_between_words() {
        let words = ["word"; 20].join(" ");
        let text = wrapped(&words, 4);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].len(), 74);
        assert_eq!(lines[1], format!("    {}", ["word"; 5].join(" ")));
        assert_eq!(wrapped(&"x".repeat(100), 2), "x".repeat(100));
    }
}
