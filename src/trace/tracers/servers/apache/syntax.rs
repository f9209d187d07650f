//! The syntax of Apache's configuration files: a directive a line, `\` continues it, quotes, sections in angle brackets
//! (<https://httpd.apache.org/docs/2.4/configuring.html>).

/// A directive, or the start or end of a section: `<IfModule mod_ssl.c>` is `<ifmodule` with one word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// The name in small letters.
    pub name: Vec<u8>,
    /// The arguments, quotes taken away, variables as they are written.
    pub words: Vec<Vec<u8>>,
    /// The line on which it starts.
    pub line: u32,
}

/// Reads the directives of a text.
pub fn directives(text: &[u8]) -> Vec<Directive> {
    let mut directives = Vec::new();
    let mut joined: Vec<u8> = Vec::new();
    let mut start = 1;
    for (number, row) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        if joined.is_empty() {
            start = number;
        }
        let row = row.strip_suffix(b"\r").unwrap_or(row);
        if let Some(row) = row.strip_suffix(b"\\") {
            joined.extend_from_slice(row);
            continue;
        }
        joined.extend_from_slice(row);
        directives.extend(directive(joined.trim_ascii(), start));
        joined.clear();
    }
    directives.extend(directive(joined.trim_ascii(), start));
    directives
}

fn directive(row: &[u8], line: u32) -> Option<Directive> {
    if row.is_empty() || row.starts_with(b"#") {
        return None;
    }
    let row = match row.starts_with(b"<") {
        true => row.strip_suffix(b">").unwrap_or(row),
        false => row,
    };
    let mut words = words(row).into_iter();
    let name = words.next()?.to_ascii_lowercase();
    Some(Directive { name, words: words.collect(), line })
}

/// Splits a row at blanks; a quoted word keeps its blanks, and a backslash there the quote behind it.
pub fn words(row: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(&byte) = row.get(at) {
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let mut quote = matches!(byte, b'"' | b'\'').then_some(byte);
        at += usize::from(quote.is_some());
        let mut word: Vec<u8> = Vec::new();
        while let Some(&byte) = row.get(at) {
            match quote {
                Some(quote) if byte == quote => break,
                // `cmd="tr a b"`
                None if byte == b'"' && word.last() == Some(&b'=') => {
                    quote = Some(byte);
                    at += 1;
                    continue;
                }
                Some(quote) if byte == b'\\' && row.get(at + 1) == Some(&quote) => at += 1,
                None if byte.is_ascii_whitespace() => break,
                Some(_) | None => {}
            }
            word.extend(row.get(at));
            at += 1;
        }
        at += 1;
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_directives() {
        let text = b"# no\nX cmd=\"a b\" c\nServerRoot \"/etc/a b\"\n<IfModule !mod_ssl.c>\n LogFormat \"%h \\\"%r\\\"\" x\n\
            </IfModule>\nAlias /a \\\n  /b\r\nInclude 'c d' e";
        let shown: Vec<String> = directives(text)
            .iter()
            .map(|directive| {
                let words: Vec<_> =
                    directive.words.iter().map(|it| String::from_utf8_lossy(it)).collect();
                let name = String::from_utf8_lossy(&directive.name);
                format!("{} {name} [{}]", directive.line, words.join("|"))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "2 x [cmd=a b|c]",
                "3 serverroot [/etc/a b]",
                "4 <ifmodule [!mod_ssl.c]",
                "5 logformat [%h \"%r\"|x]",
                "6 </ifmodule []",
                "7 alias [/a|/b]",
                "9 include [c d|e]",
            ]
        );
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        for bytes in crate::kit::mutations(b"<A \"b\\\"\">\nC 'd' \\\n e\n</A>\n", 2_000) {
            directives(&bytes);
        }
    }
}
