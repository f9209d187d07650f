//! Splits JavaScript source into tokens.
//!
//! Tokens are enough to find what a module requests: `import` and `export … from` are reserved forms, and a call of
//! `require` is a name, a bracket and a constant. Unlike a syntax tree they need neither recursion nor memory that
//! grows with the input, whatever the input nests, and TypeScript or a newer syntax does not stop them. What a
//! parser knows and tokens do not is whether a slash divides or opens a regular expression; what stands before it
//! tells, but for a bracket: of each open one the lexer remembers what it opened after.
//!
//! Reference: ECMA-262, section 12 (lexical grammar).

/// Which bytes stand in names: half of all that is read are.
const IN_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        let letter = byte as u8;
        table[byte] =
            letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'$' | b'\\') || byte >= 0x80;
        byte += 1;
    }
    table
};

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A name or a keyword.
    Name,
    /// A string; the token's text is what stands between the quotes, escapes and all.
    Text,
    /// A piece of a template: the text up to its end or its next substitution.
    Template {
        /// Whether it starts the template, or stands behind a substitution.
        side: Side,
        /// Whether a substitution follows.
        open: bool,
    },
    /// A number.
    Number,
    /// A regular expression.
    Pattern,
    /// One character of an operator or a delimiter.
    Mark(u8),
}

/// Which piece of a template it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The first.
    Start,
    /// One behind a substitution.
    Behind,
}

/// A token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: &'a [u8],
    /// The line it starts in, counted from 1.
    pub line: u32,
    /// Whether it stands in the block of a `try`.
    pub guarded: bool,
}

impl Token<'_> {
    /// Says whether this is the name or keyword `word`.
    pub fn is(&self, word: &str) -> bool {
        self.kind == Kind::Name && self.text == word.as_bytes()
    }

    /// Says whether this is the mark `byte`.
    pub fn marks(&self, byte: u8) -> bool {
        self.kind == Kind::Mark(byte)
    }
}

/// What a bracket opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// The condition of an `if`, `while`, `for` or `with`: a statement follows it.
    Condition,
    /// Other parentheses, and square brackets.
    Value,
    /// A block of statements, or a class's body.
    Block,
    /// The block of a `try`.
    Try,
    /// An object.
    Object,
    /// A substitution of a template.
    Substitution,
}

/// Reads the tokens of a file.
pub struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
    line: u32,
    brackets: Vec<Bracket>,
    tries: usize,
    before: Before,
    /// Up to here no slash opens a regular expression: one that could did not close in its line. So no line is
    /// searched twice.
    divides_until: usize,
}

/// What stood before, as far as it tells what a slash is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The end of a value: a slash divides.
    Value,
    /// A keyword or an operator: a value follows.
    Operator,
    /// An operator after which a brace opens a block: `;`, `{`, `}`, `)`, `=>`, or the file's start.
    Statement,
    /// `if`, `while`, `for` or `with`.
    Condition,
    /// `try`.
    Try,
    /// A dot: a name is that of a property.
    Dot,
    /// A colon, after which a brace opens what the brackets around it hold.
    Colon,
    /// `)` of other parentheses: the end of a value, and a block may follow.
    Parenthesis,
    /// `=`, which may become `=>`.
    Equals,
    /// A name: a class's body may follow.
    Name,
}

impl<'a> Lexer<'a> {
    /// Starts at the top of a file.
    pub fn new(source: &'a [u8]) -> Self {
        let at = if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let mut lexer = Lexer {
            source,
            at,
            line: 1,
            brackets: Vec::new(),
            tries: 0,
            before: Before::Statement,
            divides_until: 0,
        };
        if source.get(at..).is_some_and(|rest| rest.starts_with(b"#!")) {
            lexer.skip_line();
        }
        lexer
    }

    /// Reads the next token to the end of `tokens`; says whether there was one.
    ///
    /// It is written where it stays: of one that is handed on, a processor waits for each half written part.
    pub fn read(&mut self, tokens: &mut Vec<Token<'a>>) -> bool {
        self.skip_space();
        let Some(&byte) = self.source.get(self.at) else { return false };
        match byte {
            b'"' | b'\'' => self.string(byte, tokens),
            b'`' => self.template(Side::Start, tokens),
            b'}' if self.brackets.last() == Some(&Bracket::Substitution) => {
                self.brackets.pop();
                self.template(Side::Behind, tokens);
            }
            b'0'..=b'9' => self.number(tokens),
            b'_' | b'$' | b'\\' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => self.name(tokens),
            b'/' if self.is_pattern() => self.pattern(tokens),
            _ => self.mark(byte, tokens),
        }
        true
    }

    fn text(&self, from: usize, to: usize) -> &'a [u8] {
        self.source.get(from..to).unwrap_or_default()
    }

    fn is_guarded(&self) -> bool {
        self.tries > 0
    }

    fn starts_with(&self, text: &[u8]) -> bool {
        self.source.get(self.at..).is_some_and(|rest| rest.starts_with(text))
    }

    fn skip_line(&mut self) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn skip_space(&mut self) {
        while let Some(&byte) = self.source.get(self.at) {
            match byte {
                b'\n' => {
                    self.line = self.line.saturating_add(1);
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'/' if self.starts_with(b"//") => self.skip_line(),
                b'/' if self.starts_with(b"/*") => self.skip_comment(),
                _ => return,
            }
        }
    }

    fn skip_comment(&mut self) {
        let rest = self.source.get(self.at + 2..).unwrap_or_default();
        let end = memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2);
        let lines = rest.get(..end).unwrap_or_default().iter().filter(|&&byte| byte == b'\n');
        self.line = self.line.saturating_add(u32::try_from(lines.count()).unwrap_or(u32::MAX));
        self.at += 2 + end;
    }

    fn string(&mut self, quote: u8, tokens: &mut Vec<Token<'a>>) {
        let (from, line) = (self.at + 1, self.line);
        self.at = from;
        self.before = Before::Value;
        let mut closing = 0;
        while let Some(&byte) = self.source.get(self.at) {
            match byte {
                b'\\' => self.escape(),
                // A string ends with its line: what follows is read again from there.
                b'\n' => break,
                _ if byte == quote => {
                    self.at += 1;
                    closing = 1;
                    break;
                }
                _ => self.at += 1,
            }
        }
        let (text, guarded) = (self.text(from, self.at - closing), self.is_guarded());
        tokens.push(Token { kind: Kind::Text, text, line, guarded });
    }

    fn escape(&mut self) {
        self.at += 1;
        if self.source.get(self.at) == Some(&b'\n') {
            self.line = self.line.saturating_add(1);
        }
        self.at = (self.at + 1).min(self.source.len());
    }

    /// Reads a piece of a template; its first byte is the backquote, or the brace that closes a substitution.
    fn template(&mut self, side: Side, tokens: &mut Vec<Token<'a>>) {
        let (from, line) = (self.at + 1, self.line);
        self.at = from;
        let (mut open, mut closing) = (false, 0);
        self.before = Before::Value;
        while let Some(&byte) = self.source.get(self.at) {
            match byte {
                b'\\' => self.escape(),
                b'\n' => {
                    self.line = self.line.saturating_add(1);
                    self.at += 1;
                }
                b'`' => {
                    self.at += 1;
                    closing = 1;
                    break;
                }
                b'$' if self.starts_with(b"${") => {
                    self.before = Before::Operator;
                    self.brackets.push(Bracket::Substitution);
                    self.at += 2;
                    (open, closing) = (true, 2);
                    break;
                }
                _ => self.at += 1,
            }
        }
        let (text, guarded) = (self.text(from, self.at - closing), self.is_guarded());
        tokens.push(Token { kind: Kind::Template { side, open }, text, line, guarded });
    }

    fn number(&mut self, tokens: &mut Vec<Token<'a>>) {
        let from = self.at;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        self.skip_while(is_part);
        self.before = Before::Value;
        let (text, line, guarded) = (self.text(from, self.at), self.line, self.is_guarded());
        tokens.push(Token { kind: Kind::Number, text, line, guarded });
    }

    fn name(&mut self, tokens: &mut Vec<Token<'a>>) {
        let from = self.at;
        // An escape in a name hides no keyword: keywords may not have any.
        self.skip_while(|&byte| IN_NAME[usize::from(byte)]);
        let (text, line, guarded) = (self.text(from, self.at), self.line, self.is_guarded());
        tokens.push(Token { kind: Kind::Name, text, line, guarded });
        self.before = match text {
            _ if self.before == Before::Dot => Before::Value,
            b"return" | b"typeof" | b"case" | b"in" | b"instanceof" | b"new" | b"void"
            | b"delete" | b"throw" | b"yield" | b"await" | b"of" | b"default" | b"extends" => {
                Before::Operator
            }
            b"do" | b"else" | b"finally" => Before::Statement,
            b"if" | b"while" | b"for" | b"with" => Before::Condition,
            b"try" => Before::Try,
            _ => Before::Name,
        };
    }

    fn skip_while(&mut self, is_part: impl Fn(&u8) -> bool) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
    }

    /// Says whether the slash here opens a regular expression: where a value may start, and it ends in its line.
    fn is_pattern(&mut self) -> bool {
        let divides = matches!(self.before, Before::Value | Before::Parenthesis | Before::Name);
        if divides || self.at < self.divides_until {
            return false;
        }
        let end = self.pattern_end();
        if end.is_none() {
            let rest = self.source.get(self.at..).unwrap_or_default();
            self.divides_until = self.at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        }
        end.is_some()
    }

    fn pattern_end(&self) -> Option<usize> {
        let mut at = self.at + 1;
        let mut in_class = false;
        loop {
            match self.source.get(at)? {
                b'\n' => return None,
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => return Some(at + 1),
                _ => {}
            }
            at += 1;
        }
    }

    fn pattern(&mut self, tokens: &mut Vec<Token<'a>>) {
        let from = self.at;
        self.at = self.pattern_end().unwrap_or(self.at + 1);
        self.skip_while(u8::is_ascii_alphabetic);
        self.before = Before::Value;
        let (text, line, guarded) = (self.text(from, self.at), self.line, self.is_guarded());
        tokens.push(Token { kind: Kind::Pattern, text, line, guarded });
    }

    fn mark(&mut self, byte: u8, tokens: &mut Vec<Token<'a>>) {
        self.at += 1;
        self.before = match byte {
            b'(' | b'[' => {
                let is_condition = byte == b'(' && self.before == Before::Condition;
                self.brackets.push(if is_condition { Bracket::Condition } else { Bracket::Value });
                Before::Operator
            }
            b'{' => {
                let bracket = self.brace();
                self.tries += usize::from(bracket == Bracket::Try);
                self.brackets.push(bracket);
                if bracket == Bracket::Object { Before::Operator } else { Before::Statement }
            }
            b')' | b']' | b'}' => self.close(byte),
            b'.' => Before::Dot,
            b':' => Before::Colon,
            b';' => Before::Statement,
            b'=' => Before::Equals,
            b'>' if self.before == Before::Equals => Before::Statement,
            // `x++ / 2`: what an increment stands behind is a value.
            b'+' | b'-' if self.is_doubled(byte) => Before::Value,
            _ => Before::Operator,
        };
        let (text, line, guarded) = (self.text(self.at - 1, self.at), self.line, self.is_guarded());
        tokens.push(Token { kind: Kind::Mark(byte), text, line, guarded });
    }

    fn is_doubled(&self, byte: u8) -> bool {
        self.at.checked_sub(2).and_then(|before| self.source.get(before)) == Some(&byte)
    }

    fn brace(&self) -> Bracket {
        match self.before {
            Before::Try => Bracket::Try,
            Before::Statement | Before::Condition | Before::Parenthesis | Before::Name => {
                Bracket::Block
            }
            // `case 1: {` in a block, `a: {` in an object.
            Before::Colon => match self.brackets.last() {
                None | Some(Bracket::Block | Bracket::Try) => Bracket::Block,
                Some(_) => Bracket::Object,
            },
            Before::Value | Before::Operator | Before::Dot | Before::Equals => Bracket::Object,
        }
    }

    fn close(&mut self, byte: u8) -> Before {
        match self.brackets.pop() {
            Some(Bracket::Condition) => Before::Statement,
            Some(Bracket::Block) => Before::Statement,
            Some(Bracket::Try) => {
                self.tries = self.tries.saturating_sub(1);
                Before::Statement
            }
            Some(Bracket::Value) if byte == b')' => Before::Parenthesis,
            Some(Bracket::Value | Bracket::Object | Bracket::Substitution) | None => Before::Value,
        }
    }
}

#[cfg(test)]
impl<'a> Lexer<'a> {
    /// Reads all tokens of a text.
    pub fn all(source: &'a [u8]) -> Vec<Token<'a>> {
        let (mut lexer, mut tokens) = (Lexer::new(source), Vec::new());
        while lexer.read(&mut tokens) {}
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(source: &str) -> String {
        let show = |token: Token<'_>| {
            let text = String::from_utf8_lossy(token.text).into_owned();
            let guarded = if token.guarded { "?" } else { "" };
            match token.kind {
                Kind::Text => format!("{guarded}'{text}'"),
                Kind::Template { open: false, .. } => format!("`{text}`"),
                Kind::Template { open: true, .. } => format!("`{text}${{"),
                Kind::Pattern => format!("re{text}"),
                Kind::Name | Kind::Number | Kind::Mark(_) => text,
            }
        };
        Lexer::all(source.as_bytes()).into_iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tells_division_from_regular_expressions() {
        let table = [
            ("a / b / c", "a / b / c"),
            ("x = /'/g; 'y'", "x = re/'/g ; 'y'"),
            ("f(/[/']/, 'y')", "f ( re/[/']/ , 'y' )"),
            ("return /`/", "return re/`/"),
            ("a.return / 2 / 'x'", "a . return / 2 / 'x'"),
            ("if (a) /'/.test(b)", "if ( a ) re/'/ . test ( b )"),
            ("(a) / 2 / 'x'", "( a ) / 2 / 'x'"),
            ("{} /'/.x", "{ } re/'/ . x"),
            ("x = {} / 2 / 'x'", "x = { } / 2 / 'x'"),
            ("a[0] / 2 / 'x'", "a [ 0 ] / 2 / 'x'"),
            ("i++ / 2 / 'x'", "i + + / 2 / 'x'"),
            ("() => /'/", "( ) = > re/'/"),
            ("`${a / 2}` / 'x'", "`${ a / 2 `` / 'x'"),
            ("a = b\n/ c", "a = b / c"),
            ("x = / no end\n'y'", "x = / no end 'y'"),
        ];
        for (source, expected) in table {
            assert_eq!(tokens(source), expected, "{source}");
        }
    }

    #[test]
    fn reads_strings_templates_and_comments() {
        let table = [
            ("'a\\'b' \"c\"", "'a\\'b' 'c'"),
            ("`a${ {b: `c${1}`} }d` e", "`a${ { b : `c${ 1 `` } `d` e"),
            ("/* 'x' */ a // 'y'\nb", "a b"),
            ("#!/usr/bin/env node\na", "a"),
            ("'open\nb", "'open' b"),
            ("`open\nb", "`open\nb`"),
            ("/* open", ""),
            ("try { 'a' } catch { 'b' }", "try { ?'a' } catch { 'b' }"),
            ("\u{feff}a", "a"),
        ];
        for (source, expected) in table {
            assert_eq!(tokens(source), expected, "{source}");
        }
        let tokens = Lexer::all(b"a\n/*\n*/b `\n` c");
        let lines: Vec<u32> = tokens.into_iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 3, 3, 4]);
    }

    #[test]
    fn takes_any_nesting() {
        for text in ["(", "{", "`${", "[", "/", "'", "\\", "try{", "}", "/*", "x=/", "=[/"] {
            tokens(&text.repeat(100_000));
        }
    }
}
