//! What the methods of the class library make of texts and lists, as far as commands are put together with them.
//!
//! Reference: the documentation of the packages `java.lang`, `java.util`, `java.io` and `java.nio.file`.

use super::method::arguments;
use super::pool::Member;
use super::value::Value;

/// A call of a method.
pub struct Call<'c, 'a> {
    /// The method.
    pub member: Member<'a>,
    /// The object on which it is called; what a method made is the number by which it is known.
    pub object: Option<&'c Value>,
    /// The arguments as they are now.
    pub values: &'c [Value],
}

impl Call<'_, '_> {
    /// Returns what a call gives, and changes what is changed by it; `None` where it is not known.
    pub fn result(&self, made: &mut [Value]) -> Option<Value> {
        let Member { class, name, .. } = self.member;
        let is_text = matches!(class, b"java/lang/StringBuilder" | b"java/lang/StringBuffer");
        let is_path =
            matches!(class, b"java/io/File" | b"java/nio/file/Path" | b"java/nio/file/Paths");
        match class {
            _ if is_text => self.builder(made),
            b"java/lang/String" => self.text(),
            _ if is_path => self.path(made),
            b"java/lang/System" => self.system(),
            b"java/util/Objects" | b"java/util/Optional" => self.optional(made),
            b"java/lang/ProcessBuilder" if name != b"<init>" => Some(self.object?.clone()),
            _ if name == b"<init>" || self.object.is_some() => self.list(made),
            _ => self.maker(),
        }
    }

    fn first(&self) -> Option<Value> {
        self.values.first().cloned()
    }

    /// The object as it is now.
    fn own(&self, made: &[Value]) -> Value {
        match self.object {
            Some(Value::Made(number)) => made.get(*number).cloned().unwrap_or_default(),
            Some(value) => value.clone(),
            None => Value::Unknown,
        }
    }

    fn set(&self, made: &mut [Value], value: Value) -> Option<()> {
        let Some(Value::Made(number)) = self.object else { return None };
        *made.get_mut(*number)? = value.bounded();
        Some(())
    }

    /// An argument as a text: of a number its digits, or the character that it is.
    fn shown(&self, at: usize) -> Value {
        let kind = arguments(self.member.descriptor).get(at).copied().unwrap_or(0);
        match (self.values.get(at), kind) {
            (Some(Value::Number(number)), b'C') => match u8::try_from(*number) {
                Ok(byte) if byte.is_ascii() => Value::Text(vec![byte]),
                Ok(_) | Err(_) => Value::Unknown,
            },
            (Some(Value::Number(number)), b'I') => Value::Text(number.to_string().into_bytes()),
            (Some(value), b'L') => value.clone(),
            _ => Value::Unknown,
        }
    }

    fn builder(&self, made: &mut [Value]) -> Option<Value> {
        let is_of_text = self.member.descriptor.starts_with(b"(Ljava/lang/");
        match self.member.name {
            b"<init>" => {
                let start = if is_of_text { self.first()? } else { Value::Text(Vec::new()) };
                self.set(made, start)?;
            }
            b"append" => {
                let more = if self.values.len() == 1 { self.shown(0) } else { Value::Unknown };
                let joined = self.own(made).join(more);
                self.set(made, joined)?;
            }
            b"toString" => return Some(self.own(made)),
            b"length" | b"charAt" | b"indexOf" | b"ensureCapacity" => return None,
            _ => self.set(made, Value::Unknown)?,
        }
        Some(self.object?.clone())
    }

    fn text(&self) -> Option<Value> {
        match self.member.name {
            b"concat" => Some(self.object?.clone().join(self.first()?)),
            b"trim" | b"strip" | b"intern" | b"toString" => Some(self.object?.clone()),
            b"valueOf" | b"copyValueOf" if self.values.len() == 1 => Some(self.shown(0)),
            b"split" => Some(Value::Words(Box::new(self.object?.clone()))),
            b"format" => match self.values {
                [Value::Text(format), Value::List(values)] => Some(formatted(format, values)),
                _ => None,
            },
            b"formatted" => match (self.object?, self.values) {
                (Value::Text(format), [Value::List(values)]) => Some(formatted(format, values)),
                _ => None,
            },
            b"join" => match self.values {
                [Value::Text(between), Value::List(parts)] => {
                    let join = |text: Value, part: &Value| {
                        let text = if text == Value::Null {
                            Value::Text(Vec::new())
                        } else {
                            text.join(Value::Text(between.clone()))
                        };
                        text.join(part.clone())
                    };
                    Some(parts.iter().fold(Value::Null, join))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn path(&self, made: &mut [Value]) -> Option<Value> {
        let slash = || Value::Text(b"/".to_vec());
        match self.member.name {
            b"<init>" | b"of" | b"get" => {
                let mut path = self.first()?;
                if let Some(more) = self.values.get(1) {
                    let Value::List(parts) = more else {
                        let path = path.join(slash()).join(more.clone());
                        return self.set(made, path).map(|()| Value::Unknown);
                    };
                    path =
                        parts.iter().fold(path, |path, part| path.join(slash()).join(part.clone()));
                }
                if self.object.is_some() {
                    self.set(made, path)?;
                    return Some(Value::Unknown);
                }
                Some(path)
            }
            b"resolve" => Some(self.own(made).join(slash()).join(self.first()?)),
            b"toString" | b"getPath" | b"getAbsolutePath" | b"toAbsolutePath" | b"normalize"
            | b"getAbsoluteFile" | b"toFile" | b"toPath" | b"getCanonicalPath" => {
                Some(self.own(made))
            }
            _ => None,
        }
    }

    fn system(&self) -> Option<Value> {
        let Some(name) = self.values.first() else {
            return (self.member.name == b"getenv").then_some(Value::Environment);
        };
        let Value::Text(name) = name else { return None };
        match self.member.name {
            b"getenv" => Some(Value::Variable(name.clone())),
            b"getProperty" => {
                let property = Value::Property(name.clone());
                Some(self.values.get(1).cloned().unwrap_or(Value::Null).or(property))
            }
            _ => None,
        }
    }

    fn optional(&self, made: &[Value]) -> Option<Value> {
        match (self.member.name, self.object) {
            (b"requireNonNull" | b"of" | b"ofNullable", None) => self.first(),
            (b"requireNonNullElse", None) => Some(self.first()?.or(self.values.get(1)?.clone())),
            (b"orElse", Some(_)) => Some(self.own(made).or(self.first()?)),
            (b"get" | b"orElseThrow", Some(_)) => Some(self.own(made)),
            _ => None,
        }
    }

    /// Lists, and what goes over them.
    fn list(&self, made: &mut [Value]) -> Option<Value> {
        let own = self.own(made);
        if let (Value::Environment, [Value::Text(name), rest @ ..]) = (&own, self.values) {
            let value = Value::Variable(name.clone());
            return Some(rest.first().cloned().unwrap_or(Value::Null).or(value));
        }
        let is_list = self.member.class.starts_with(b"java/util/");
        match (self.member.name, self.values) {
            (b"<init>", []) if is_list => self.set(made, Value::List(Vec::new()))?,
            (b"<init>", [Value::Number(_)]) if is_list => {
                self.set(made, Value::List(Vec::new()))?
            }
            (b"<init>", [value]) if is_list => self.set(made, value.clone())?,
            _ => return self.changed_list(own, made),
        }
        Some(Value::Unknown)
    }

    fn changed_list(&self, own: Value, made: &mut [Value]) -> Option<Value> {
        let is_over = matches!(self.member.name, b"iterator" | b"next" | b"stream" | b"toArray");
        let Value::List(mut list) = own else {
            // What stands in front of unknown words is known all the same.
            return (is_over && matches!(own, Value::Words(_))).then(|| self.object.cloned())?;
        };
        match (self.member.name, self.values) {
            (b"add" | b"addLast", [value]) => list.push(value.clone()),
            (b"add", [Value::Number(at), value]) => {
                let at = usize::try_from(*at).ok().filter(|&at| at <= list.len())?;
                list.insert(at, value.clone());
            }
            (b"addFirst", [value]) => list.insert(0, value.clone()),
            (b"addAll", [Value::List(more)]) => list.extend(more.iter().cloned()),
            (b"addAll", [_]) => list.push(Value::Unknown),
            (b"get", [index]) => return Some(element(&Value::List(list), index)),
            (b"next" | b"getFirst", []) => {
                let index =
                    if self.member.name == b"next" { Value::Unknown } else { Value::Number(0) };
                return Some(element(&Value::List(list), &index));
            }
            _ if is_over => return self.object.cloned(),
            (b"size" | b"isEmpty" | b"hasNext" | b"contains" | b"forEach", _) => return None,
            _ => {
                self.set(made, Value::Unknown)?;
                return None;
            }
        }
        self.set(made, Value::List(list))?;
        Some(Value::Unknown)
    }

    /// Functions that make lists, of whatever class: `List.of`, `Arrays.asList`, Kotlin's `listOf`.
    fn maker(&self) -> Option<Value> {
        const OF: [&[u8]; 8] = [
            b"of",
            b"asList",
            b"singletonList",
            b"listOf",
            b"mutableListOf",
            b"arrayListOf",
            b"newArrayList",
            b"copyOf",
        ];
        match (self.member.name, self.values) {
            (b"unmodifiableList", [list]) => Some(list.clone()),
            (b"valueOf", _) => None,
            (name, values) if OF.contains(&name) => match values {
                [one @ (Value::List(_) | Value::Words(_) | Value::Given(_))] => Some(one.clone()),
                values => Some(Value::List(values.to_vec())),
            },
            (b"stringPlus", [one, other]) => Some(one.clone().join(other.clone())),
            _ => None,
        }
    }
}

/// An element of a list: any of them where its number is not known.
pub fn element(list: &Value, index: &Value) -> Value {
    match (list, index) {
        (Value::List(list), Value::Number(at)) => {
            usize::try_from(*at).ok().and_then(|at| list.get(at)).cloned().unwrap_or_default()
        }
        (Value::List(list), _) => list.iter().cloned().reduce(Value::or).unwrap_or_default(),
        _ => Value::Unknown,
    }
}

/// The value of a field that the class library sets.
pub fn field(member: &Member<'_>) -> Option<Value> {
    let text = |text: &[u8]| Some(Value::Text(text.to_vec()));
    match (member.class, member.name) {
        (b"java/io/File", b"separator") => text(b"/"),
        (b"java/io/File", b"pathSeparator") => text(b":"),
        _ if member.class.starts_with(b"java/") => Some(Value::Unknown),
        _ => None,
    }
}

/// A text that is put together by a recipe, whose control characters stand for the values.
pub fn concatenated(recipe: &[u8], values: &[Value]) -> Value {
    let mut values = values.iter();
    let mut whole = Value::Text(Vec::new());
    for part in recipe.chunk_by(|one, other| *one > 2 && *other > 2) {
        let piece = match part {
            [1] => values.next().cloned().unwrap_or_default(),
            [2] => Value::Unknown,
            text => Value::Text(text.to_vec()),
        };
        whole = whole.join(piece);
    }
    whole
}

/// A text of a format: places that are more than `%s` are unknown.
fn formatted(format: &[u8], values: &[Value]) -> Value {
    let mut values = values.iter();
    let mut parts = format.split(|&byte| byte == b'%');
    let mut whole = Value::Text(parts.next().unwrap_or_default().to_vec());
    while let Some(part) = parts.next() {
        let end = part.iter().position(u8::is_ascii_alphabetic);
        whole = match (part, end) {
            (b"", _) => {
                let rest = parts.next().unwrap_or_default();
                whole.join(Value::Text([b"%", rest].concat()))
            }
            (_, Some(end)) => {
                let value = values.next().filter(|_| part.starts_with(b"s"));
                let rest = part.get(end + 1..).unwrap_or_default();
                whole.join(value.cloned().unwrap_or_default()).join(Value::Text(rest.to_vec()))
            }
            (_, None) => whole.join(Value::Unknown),
        };
    }
    whole
}
