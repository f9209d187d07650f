//! The Lua in a configuration of nginx: `*_by_lua_block { … }`, `*_by_lua '…'`, `lua_package_path '…'`
//! (<https://github.com/openresty/lua-nginx-module#directives>). Files that it names are the configuration's own matter.

use super::lexer;

/// A piece of a configuration that is Lua's.
#[derive(Debug)]
enum Piece<'t> {
    /// A chunk.
    Code(&'t [u8]),
    /// Templates of a search path.
    Templates(&'t [u8]),
}

/// Says whether a configuration has any Lua.
pub fn has_lua(text: &[u8]) -> bool {
    !pieces(text).is_empty()
}

/// The chunks of a configuration at their places, with nothing but lines between them.
pub fn code(text: &[u8]) -> Vec<u8> {
    let mut code: Vec<u8> =
        text.iter().map(|&byte| if byte == b'\n' { byte } else { b' ' }).collect();
    for (piece, at, _) in pieces(text) {
        if let Piece::Code(chunk) = piece {
            code[at..at + chunk.len()].copy_from_slice(chunk);
        }
    }
    code
}

/// The templates of the search paths that a configuration sets, with their lines.
pub fn templates(text: &[u8]) -> Vec<(String, u32)> {
    let templates = pieces(text).into_iter().filter_map(|(piece, _, line)| match piece {
        Piece::Code(_) => None,
        Piece::Templates(text) => Some((String::from_utf8_lossy(text).into_owned(), line)),
    });
    templates.collect()
}

/// Says whether a directive's block is a chunk.
pub fn is_block(name: &[u8]) -> bool {
    name.ends_with(b"_by_lua_block")
}

/// Finds the pieces of a text, with where they start and the lines that they start on.
fn pieces(text: &[u8]) -> Vec<(Piece<'_>, usize, u32)> {
    let mut pieces = Vec::new();
    let marks = ["_by_lua_block", "_by_lua", "lua_package_path", "lua_package_cpath"];
    for start in memchr::memmem::find_iter(text, b"lua") {
        let word = word_around(text, start);
        let Some(mark) = marks.iter().find(|mark| word.1.ends_with(mark.as_bytes())) else {
            continue;
        };
        // A word that names `lua` twice is found twice.
        if start != word.0 + word.1.len() - mark.len() + mark.find("lua").unwrap_or_default() {
            continue;
        }
        let rest = text.get(word.0 + word.1.len()..).unwrap_or_default();
        let open = rest.iter().position(|byte| b"{'\"".contains(byte));
        let Some((open, inner)) = open.and_then(|open| Some((rest[open], rest.get(open + 1..)?)))
        else {
            continue;
        };
        let is_chunk = mark.starts_with('_');
        let length = match open {
            b'{' if is_block(word.1) => lexer::block(inner),
            b'{' => continue,
            quote => quoted(inner, quote),
        };
        let before = &text[..text.len() - inner.len()];
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let piece = &inner[..length];
        let piece = if is_chunk { Piece::Code(piece) } else { Piece::Templates(piece) };
        pieces.push((piece, before.len(), u32::try_from(line).unwrap_or(u32::MAX)));
    }
    pieces
}

/// Returns where the word around a place starts, and the word.
fn word_around(text: &[u8], at: usize) -> (usize, &[u8]) {
    let is_part = |byte: &&u8| byte.is_ascii_lowercase() || **byte == b'_';
    let start = at - text[..at].iter().rev().take_while(is_part).count();
    let length = text[start..].iter().take_while(is_part).count();
    (start, &text[start..start + length])
}

/// Returns the length of what stands in quotes.
fn quoted(text: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if byte == quote => return at,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &[u8]) -> Vec<String> {
        let show = |(piece, _, line): (Piece<'_>, usize, u32)| match piece {
            Piece::Code(code) => format!("{line}: {}", String::from_utf8_lossy(code)),
            Piece::Templates(text) => format!("{line}: path {}", String::from_utf8_lossy(text)),
        };
        pieces(text).into_iter().map(show).collect()
    }

    #[test]
    fn finds_chunks_and_templates() {
        let text = b"lua_package_path \"/a/?.lua;;\";\ncontent_by_lua_block {\n f(\"}\", {}) }\nset_by_lua $x 'return 1';\naccess_by_lua_file /x.lua;";
        let expected = ["1: path /a/?.lua;;", "2: \n f(\"}\", {}) ", "4: return 1"];
        assert_eq!(shown(text), expected);
    }

    #[test]
    fn no_text_makes_the_search_panic() {
        let text = b"a_by_lua_block { 'x' } b_by_lua \"c\\\"\"; lua_package_path 'd';";
        for bytes in crate::kit::mutations(text, 2_000) {
            pieces(&bytes);
        }
    }
}
