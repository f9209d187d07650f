//! What a program declares of its own options, and classes that are made by the names of their fields.

use super::program::{Binding, Bound, Call, CallId, Expr, ExprId, Parameter, Program, Scope};

/// The name that an option is known by: of `-n`, `--kit-name <x>` it is `kit_name`.
pub fn parameter_name(text: &[u8]) -> Option<Vec<u8>> {
    let start = match memchr::memmem::find(text, b"--") {
        Some(at) => at + 2,
        None => text.iter().take_while(|byte| **byte == b'-').count(),
    };
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_".contains(*byte);
    let name: Vec<u8> = text.get(start..)?.iter().take_while(is_part).copied().collect();
    let name: Vec<u8> =
        name.into_iter().map(|byte| if byte == b'-' { b'_' } else { byte }).collect();
    (!name.is_empty()).then_some(name)
}

/// `kit_name` as `kitName`.
fn in_humps(name: &[u8]) -> Vec<u8> {
    let mut humps = Vec::new();
    let mut is_next = false;
    for &byte in name {
        match byte {
            b'_' => is_next = true,
            byte => {
                humps.push(if is_next { byte.to_ascii_uppercase() } else { byte });
                is_next = false;
            }
        }
    }
    humps
}

/// An option's default is what the property of its name holds: `add_argument("--name", default="x")`,
/// `option("-n, --name <x>", "what it is", "x")`, `option("name", { default: "x" })`.
pub fn option(program: &mut Program, call: &Call) {
    let by_name = |wanted: &[u8]| {
        let is_it = |it: &&super::program::Argument| {
            it.name.is_some_and(|name| program.text(name) == wanted)
        };
        call.arguments.iter().find(is_it).map(|it| it.value)
    };
    let placed: Vec<ExprId> =
        call.arguments.iter().filter(|it| it.name.is_none()).map(|it| it.value).collect();
    let text = |id: &ExprId| match program.expr(*id) {
        Expr::Text(text) => Some(text.clone()),
        _ => None,
    };
    let in_map = placed.iter().find_map(|id| match program.expr(*id) {
        Expr::Map(entries) => {
            let default = |(key, _): &&(ExprId, ExprId)| text(key).as_deref() == Some(b"default");
            entries.iter().find(default).map(|(_, value)| *value)
        }
        _ => None,
    });
    let third =
        placed.get(2).filter(|id| matches!(program.expr(**id), Expr::Text(_) | Expr::Name(..)));
    let default = by_name(b"default").or(in_map).or(third.copied());
    let Some(default) = default else { return };
    let spelled: Vec<Vec<u8>> = match by_name(b"dest").as_ref().and_then(text) {
        Some(name) => vec![name],
        None => placed.iter().map_while(text).collect(),
    };
    for name in spelled.iter().filter_map(|text| parameter_name(text)) {
        for name in [in_humps(&name), name] {
            let name = program.name(&name);
            program.bind_field(call.file, name, Bound::by_call(Binding::Value(default)));
        }
    }
}

/// `namedtuple("Kit", "title name")`, `namedtuple("Kit", ["title", "name"])`: the call becomes a class that takes its fields.
pub fn class_of_fields(program: &mut Program, call: &Call, id: CallId, constructor: &[u8]) {
    let Some(names) = call.arguments.get(1) else { return };
    let names: Vec<Vec<u8>> = match program.expr(names.value) {
        Expr::Text(text) => text
            .split(|byte| byte.is_ascii_whitespace() || *byte == b',')
            .filter(|name| !name.is_empty())
            .map(<[u8]>::to_vec)
            .collect(),
        Expr::List(parts) => {
            let text = |id: &ExprId| match program.expr(*id) {
                Expr::Text(text) => Some(text.clone()),
                // `("name", str)`
                Expr::List(inner) => match inner.first().map(|id| program.expr(*id)) {
                    Some(Expr::Text(text)) => Some(text.clone()),
                    _ => None,
                },
                _ => None,
            };
            parts.iter().map_while(text).collect()
        }
        _ => return,
    };
    let Some(at) = program.expressions.iter().position(|expr| *expr == Expr::Call(id)) else {
        return;
    };
    let file = program.files[call.file as usize];
    let scope = Scope { parent: Some(file), function: None, is_class: true, file: call.file };
    let class = program.add_scope(scope);
    program.expressions[at] = Expr::Class(class);
    let maker = program.name(constructor);
    let made = program.add_function(Some(maker), class);
    let value = program.add(Expr::Function(made));
    program.bind(class, maker, Bound::by_call(Binding::Value(value)));
    let own = program.name(b"self");
    let mut parameters = vec![Parameter { name: own, default: None, is_rest: false }];
    for (number, name) in (1..).zip(names) {
        let name = program.name(&name);
        parameters.push(Parameter { name, default: None, is_rest: false });
        let given = program.add(Expr::Argument(made, number));
        program.bind(class, name, Bound::by_call(Binding::Value(given)));
        program.bind_field(call.file, name, Bound::by_call(Binding::Value(given)));
    }
    program.functions[made.0 as usize].parameters = parameters;
}
