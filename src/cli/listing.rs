//! Text in columns.

/// The width that text is wrapped at.
pub const WIDTH: usize = 80;

/// Breaks a text into lines of at most [`WIDTH`] columns, all but the first indented.
pub fn wrapped(text: &str, indent: usize) -> String {
    let mut result = String::new();
    let mut column = indent;
    for word in text.split(' ') {
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

#[cfg(test)]
mod tests {
    use super::*;

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
