//! Placeholders in values: `${NAME}`, `${NAME:-default}`, `$NAME`, `%(name)s`.

/// How deep the value of a placeholder may have others.
const MAX_DEPTH: u32 = 4;

/// How many placeholders count for one value: those of their values count too.
const MAX_COUNT: usize = 64;

/// The longest text that placeholders may make, in bytes.
const MAX_FILLED: usize = 4096;

/// Fills placeholders in; `None` where one is not known, or stands in another manner: `{{ x }}`.
pub fn filled<'v>(
    text: &[u8],
    look_up: &impl Fn(&[u8]) -> Option<std::borrow::Cow<'v, [u8]>>,
) -> Option<Vec<u8>> {
    fill(text, look_up, (MAX_DEPTH, &mut { MAX_COUNT }))
}

fn fill<'v>(
    text: &[u8],
    look_up: &impl Fn(&[u8]) -> Option<std::borrow::Cow<'v, [u8]>>,
    (depth, count): (u32, &mut usize),
) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let Some(Placeholder { name, default, length }) = placeholder(rest) else {
            let is_unread = rest.starts_with(b"{{") || rest.starts_with(b"#{");
            if is_unread || out.len() > MAX_FILLED {
                return None;
            }
            out.push(byte);
            rest = after;
            continue;
        };
        let depth = depth.checked_sub(1)?;
        *count = count.checked_sub(1)?;
        let value = look_up(name);
        let value = value.as_deref().filter(|value| !value.is_empty()).or(default)?;
        out.extend(fill(value, look_up, (depth, count))?);
        rest = &rest[length..];
    }
    (out.len() <= MAX_FILLED).then_some(out)
}

struct Placeholder<'t> {
    name: &'t [u8],
    default: Option<&'t [u8]>,
    /// How long it is as it is written, in bytes.
    length: usize,
}

/// The placeholder that a text starts with.
fn placeholder(text: &[u8]) -> Option<Placeholder<'_>> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    match text {
        [b'$', b'{', rest @ ..] => {
            let inside = &rest[..memchr::memchr(b'}', rest)?];
            let (name, default) = match memchr::memchr(b':', inside) {
                // `env:NAME` is a way to name a variable.
                Some(3) if inside.starts_with(b"env") => (&inside[4..], None),
                Some(cut) => {
                    let default = &inside[cut + 1..];
                    (&inside[..cut], Some(default.strip_prefix(b"-").unwrap_or(default)))
                }
                None => (inside, None),
            };
            let name = name.strip_prefix(b"env.").unwrap_or(name);
            Some(Placeholder { name, default, length: inside.len() + 3 })
        }
        [b'%', b'(', rest @ ..] => {
            let inside = &rest[..memchr::memmem::find(rest, b")s")?];
            let name = inside.strip_prefix(b"ENV_").unwrap_or(inside);
            Some(Placeholder { name, default: None, length: inside.len() + 4 })
        }
        [b'$', rest @ ..] => {
            let length =
                rest.iter().take_while(|byte| is_name(byte) && !b".-".contains(byte)).count();
            let is_variable = rest.first().is_some_and(|byte| !byte.is_ascii_digit()) && length > 0;
            let name = &rest[..length];
            is_variable.then_some(Placeholder { name, default: None, length: length + 1 })
        }
        _ => None,
    }
}
