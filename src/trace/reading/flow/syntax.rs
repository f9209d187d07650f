//! What a language looks like to the shared lexer and parser: a table of features, filled in by the language's own folder.

use super::program::Program;

/// Reads a file of a language that is no matter of operators and brackets into a program; returns its number.
pub type Reader = fn(&mut Program, &[u8]) -> u32;

/// How a language writes its programs.
#[derive(Debug)]
pub struct Syntax {
    /// What reads the language where this table cannot say how it is written.
    pub reader: Option<Reader>,
    /// What starts a comment that ends with its line.
    pub comments: &'static [&'static str],
    /// What starts and ends a longer comment.
    pub long_comments: &'static [(&'static str, &'static str)],
    /// What starts and ends a document, at the start of a line: `=pod` and `=cut`. Where the end has a blank behind it, the
    /// word follows that stands behind the start.
    pub documents: Option<(&'static str, &'static str)>,
    /// A line that ends the program.
    pub end_lines: &'static [&'static str],
    /// Where code stands within a page: `<?php`.
    pub pages: bool,
    /// The quotes of texts.
    pub quotes: &'static [Quote],
    /// Letters in front of a quote that make it a text of another kind, whatever their case.
    pub prefixes: &'static [u8],
    /// Texts in brackets behind these words: `%w[…]`, `qw(…)`, `r"(…)"`.
    pub bracketed: &'static [(&'static str, Bracketed)],
    /// What opens a here-document.
    pub here: Option<&'static str>,
    /// Long brackets: `[[…]]`, `[=[…]=]`.
    pub long_brackets: bool,
    /// Raw texts: `r"(…)"`, `r"--[…]--"`.
    pub raw_brackets: bool,
    /// Patterns between slashes.
    pub patterns: bool,
    /// Signs in front of a variable that are no part of its name.
    pub sigils: &'static [u8],
    /// Signs behind a sigil that are no part of the name either: `$*name`, `$!name`. With its signs it may be a word.
    pub twigils: &'static [u8],
    /// Those of them that stand for a property of the object: `$!name`.
    pub own_twigils: &'static [u8],
    /// Signs that a name may start with, which make it everybody's in the file.
    pub field_signs: &'static [u8],
    /// Other bytes that names may hold.
    pub in_names: &'static [u8],
    /// Names may hold a dash or an apostrophe between letters.
    pub dashes: bool,
    /// `:name` is a text.
    pub symbols: bool,
    /// `:name<value>` gives a name its value, and `:name` says that it holds.
    pub pairs: bool,
    /// `<a b>` are words, and tight behind a value they are its key: `%x<key>`.
    pub angle_words: bool,
    /// Conditions and loops need no parentheses, their blocks may name what they take, and commas alone make a list:
    /// `for @list -> $x { … }`.
    pub pointed: bool,
    /// Words behind the head of a function that say what it is like: `is cached`.
    pub traits: &'static [&'static str],
    /// How blocks are written.
    pub blocks: Blocks,
    /// Whether statements end with their line.
    pub lines: bool,
    /// The operators beyond those that most languages share, the longer ones first.
    pub operators: &'static [(&'static str, Op)],
    /// The words with a meaning, beyond those that all languages share.
    pub words: &'static [(&'static str, Word)],
    /// What stands between a condition and its two values: `a if c else b`, or `c ? a : b`.
    pub reversed_condition: bool,
    /// Names of the object that a method belongs to.
    pub selves: &'static [&'static str],
    /// `get name() { … }` and `set name(value) { … }` are properties.
    pub accessors: bool,
    /// Names of methods that make an object.
    pub constructors: &'static [&'static str],
    /// What a function gives without `return` is its last expression.
    pub last_counts: bool,
    /// A name stays in the function that assigns it, unless it is declared elsewhere.
    pub local: bool,
    /// Which calls may go without brackets: `system tool, "x"`.
    pub bare_calls: BareCalls,
    /// Conditions and loops may stand behind a statement: `x = y if z`.
    pub modifiers: bool,
    /// What stands behind a call's colon or a parameter's is its type.
    pub types: bool,
    /// Types stand in front of names: `String name`. Properties need no object there, and classes are everybody's.
    pub types_in_front: bool,
    /// Types may stand in front of variables: `?string $name`.
    pub typed_variables: bool,
    /// Lambdas are an arrow behind their parameters: `x => …`.
    pub arrows: bool,
    /// Braces are an index: `$x{key}`.
    pub brace_index: bool,
    /// Parentheses make lists, and fat commas maps.
    pub parenthesized_lists: bool,
    /// What a file is called with, and the list that `_` is.
    pub arguments: &'static str,
    /// Slashes join paths.
    pub slash_joins: bool,
    /// `%` fills formats.
    pub percent_formats: bool,
    /// Blocks follow calls: `each { |x| … }`, `each do |x| … end`.
    pub block_arguments: bool,
    /// Attributes stand behind declared names: `local x <const>`.
    pub attributes: bool,
    /// What a call's arguments are called is also a property of what it makes: `list(name = "x")`.
    pub named_properties: bool,
    /// A text is a list of one, and loops take the values of lists with names.
    pub vectors: bool,
    /// `@x` and `%x` are lists and maps whose elements take part in the list around them, `@{…}` and `%$x` those of a
    /// reference; prototypes may follow a function's name.
    pub list_sigils: bool,
    /// `<$file>` and `<FILE>` read lines, `<*.x>` lists what a pattern names.
    pub angles: bool,
    /// Words behind `use` whose arguments are modules too.
    pub inherits: &'static [&'static str],
    /// How statements import.
    pub import_form: ImportForm,
    /// The names of functions and classes, and the words, have no case.
    pub folds_names: bool,
    /// Types that stand in brackets in front of a value: `(string) $x`.
    pub casts: &'static [&'static str],
}

/// The quotes of a text.
#[derive(Clone, Copy, Debug)]
pub struct Quote {
    /// What opens and closes it.
    pub mark: &'static str,
    /// Whether a backslash escapes more than the quote and itself.
    pub escapes: bool,
    /// How it is filled in.
    pub fills: Fills,
    /// What the text is.
    pub kind: TextKind,
}

/// How a text is filled in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fills {
    /// Not.
    No,
    /// By what stands behind this and a brace: `#{…}`, `${…}`.
    Braced(u8),
    /// By variables: `$x`, `${x}`, `{$x}`, `@{[…]}`.
    Sigils,
    /// By variables, and by code in braces: `$x`, `{…}`.
    SigilsAndBraces,
    /// Where the prefix says so, by `{…}`.
    Prefixed,
}

/// What a text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextKind {
    /// A text.
    Text,
    /// A command that a shell runs.
    Shell,
    /// A name.
    Name,
    /// The lines of a file, or what a pattern names.
    Lines,
    /// One line of a file.
    Line,
    /// All that a file holds.
    Whole,
}

/// What stands in brackets behind a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bracketed {
    /// A text as it is.
    Plain,
    /// A text that is filled in.
    Filled,
    /// Words.
    Words,
    /// A command that a shell runs.
    Shell,
    /// A pattern; of two parts, or of one.
    Pattern(u8),
}

/// Which calls may go without brackets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BareCalls {
    /// None.
    No,
    /// Those of one text or table.
    Texts,
    /// All.
    All,
}

/// How blocks are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blocks {
    /// By indentation, behind a colon.
    Indented,
    /// In braces.
    Braces,
    /// Up to `end`.
    End,
}

/// What an operator does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// Joins texts.
    Concat,
    /// Adds numbers or joins texts.
    Plus,
    /// Takes the second where the first is nothing.
    Default,
    /// Gives the second where the first is something.
    And,
    /// Compares, computes: the value is no text.
    Other,
    /// Assigns.
    Assign,
    /// Assigns to the right: `value -> name`.
    AssignRight,
    /// Assigns to the scope outside.
    AssignOuter,
    /// Adds text or elements.
    AssignMore,
    /// Assigns where there is nothing yet.
    AssignDefault,
    /// Assigns what is no text.
    AssignOther,
    /// Takes a property.
    Field,
    /// Gives a key its value: `=>`.
    Maps,
    /// A function follows: `=>` of arrow functions.
    Arrow,
    /// `?` of a condition.
    Question,
    /// `:`
    Colon,
    /// `;`
    Semicolon,
    /// `,`
    Comma,
    /// A bracket that opens.
    Open(u8),
    /// A bracket that closes.
    Close(u8),
    /// In front of an expression, it spreads a list.
    Spread,
    /// In front of an expression, it counts for nothing: `\`, `&`.
    Prefix,
    /// All arguments: `...`.
    Rest,
    /// Hands the left side to the call on the right as its first argument: `|>`.
    Pipe,
    /// Starts a lambda with brackets: `->(x) { }`, `\(x)`.
    Lambda,
    /// Puts an element into a list: `<<`.
    Push,
    /// Parameters of a block: `|x|`.
    Bar,
}

/// What a word means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// A function follows.
    Function,
    /// A lambda follows: `lambda x: …`.
    Lambda,
    /// A class or a module follows.
    Class,
    /// A class follows that starts with the names of its objects: `enum`.
    Enumeration,
    /// `return`, `yield`: what the function gives.
    Return,
    /// A loop over elements: `for`, `foreach`.
    For,
    /// `in`, `of`, `as` of a loop.
    In,
    /// A condition whose blocks may have values.
    If,
    /// Another condition, or what else: `elif`, `elsif`.
    ElseIf,
    /// What else.
    Else,
    /// A choice by a value: `case`, `match`, `switch`.
    Case,
    /// A branch of a choice: `when`, `case`.
    When,
    /// A loop with a condition: it opens a block.
    While,
    /// `do`, `begin`: opens a block.
    Begin,
    /// `then`: separates.
    Then,
    /// `end`: closes a block.
    End,
    /// Declares names in this scope.
    Declare,
    /// Counts for nothing: `public`, `static`, `async`, `export`.
    Modifier,
    /// Names are of the file.
    Global,
    /// In front of an expression it counts for nothing: `not`, `await`, `new`.
    Prefix,
    /// `or`, `and`
    Operator(Op),
    /// No text.
    Nothing,
    /// Imports.
    Import,
    /// Says what the module gives: `export`.
    Export,
    /// Imports from: `from x import y`.
    From,
    /// Gives the next name another one.
    As,
    /// What the file's own path is.
    File,
    /// The file's folder.
    Folder,
    /// A block for what fails or comes after: `except`, `rescue`, `ensure`.
    Catch,
    /// `do` and `require` of a text: a call without brackets.
    Call,
    /// What stands in parentheses behind it is a list or a map: `array("a")`, `list($a)`.
    List,
    /// Takes the next argument of the function.
    Shift,
    /// Names that are given values as of now: `use constant X => "y"`, `define`.
    Constant,
    /// The context of a managed block: `with x as y:`.
    With,
    /// Deletes or skips: the rest of the statement counts as an expression.
    Statement,
    /// A package starts: the rest of the statement is its name.
    Package,
    /// Ends up to which a loop repeats: `until` of `repeat`.
    Until,
}

/// How modules are imported by statements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportForm {
    /// There is no statement.
    None,
    /// `import a.b as c`, `from .a import b as c`.
    Dotted,
    /// `import a, { b as c } from "d"`.
    Quoted,
    /// `use A::B qw(c)`.
    Use,
    /// `use A\B as C`.
    Namespace,
    /// `import a.b.C;`, which gives no new name; the classes beside need none.
    Classes,
}

impl Syntax {
    /// A language without any feature, to start from.
    pub const PLAIN: Syntax = Syntax {
        reader: None,
        comments: &[],
        long_comments: &[],
        documents: None,
        end_lines: &[],
        pages: false,
        quotes: &[],
        prefixes: b"",
        bracketed: &[],
        here: None,
        long_brackets: false,
        raw_brackets: false,
        patterns: false,
        sigils: b"",
        twigils: b"",
        own_twigils: b"",
        field_signs: b"",
        in_names: b"",
        dashes: false,
        symbols: false,
        pairs: false,
        angle_words: false,
        pointed: false,
        traits: &[],
        blocks: Blocks::Braces,
        lines: false,
        operators: &[],
        words: &[],
        reversed_condition: false,
        selves: &[],
        accessors: false,
        constructors: &[],
        last_counts: false,
        local: true,
        bare_calls: BareCalls::No,
        modifiers: false,
        types: false,
        types_in_front: false,
        typed_variables: false,
        arrows: false,
        brace_index: false,
        parenthesized_lists: false,
        arguments: "",
        slash_joins: false,
        percent_formats: false,
        block_arguments: false,
        attributes: false,
        named_properties: false,
        vectors: false,
        list_sigils: false,
        angles: false,
        inherits: &[],
        import_form: ImportForm::None,
        folds_names: false,
        casts: &[],
    };

    /// The longest operator that a text starts with: the language's own, or one that most share.
    pub fn operator(&self, text: &[u8]) -> Option<(&'static str, Op)> {
        // Of most operators the first letter is another already, and that needs no call of a comparison.
        let starts = |(operator, _): &&(&str, Op)| {
            operator.as_bytes().first() == text.first() && text.starts_with(operator.as_bytes())
        };
        let own = self.operators.iter().find(starts).copied();
        let shared = SHARED.iter().find(starts).copied();
        match (own, shared) {
            (Some(own), Some(shared)) if shared.0.len() > own.0.len() => Some(shared),
            (own, shared) => own.or(shared),
        }
    }

    /// What a word means.
    pub fn word(&self, text: &[u8]) -> Option<Word> {
        let is = |word: &str| match self.folds_names {
            true => word.as_bytes().eq_ignore_ascii_case(text),
            false => word.as_bytes() == text,
        };
        self.words.iter().chain(SHARED_WORDS).find(|(word, _)| is(word)).map(|&(_, word)| word)
    }
}

/// Operators that most languages share, the longer ones first.
const SHARED: &[(&str, Op)] = &[
    ("==", Op::Other),
    ("!=", Op::Other),
    ("<=", Op::Other),
    ("+=", Op::AssignMore),
    ("-=", Op::AssignOther),
    ("*=", Op::AssignOther),
    ("/=", Op::AssignOther),
    ("%=", Op::AssignOther),
    ("=", Op::Assign),
    ("+", Op::Plus),
    ("-", Op::Other),
    ("*", Op::Other),
    ("/", Op::Other),
    ("%", Op::Other),
    ("<", Op::Other),
    (">", Op::Other),
    ("!", Op::Other),
    ("&", Op::Other),
    ("|", Op::Other),
    ("^", Op::Other),
    ("~", Op::Other),
    ("?", Op::Question),
    (",", Op::Comma),
    (":", Op::Colon),
    (";", Op::Semicolon),
    ("(", Op::Open(b'(')),
    (")", Op::Close(b')')),
    ("[", Op::Open(b'[')),
    ("]", Op::Close(b']')),
    ("{", Op::Open(b'{')),
    ("}", Op::Close(b'}')),
];

/// Words that mean the same in all languages with a table.
const SHARED_WORDS: &[(&str, Word)] = &[
    ("return", Word::Return),
    ("for", Word::For),
    ("if", Word::If),
    ("else", Word::Else),
    ("while", Word::While),
];
