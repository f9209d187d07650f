//! What calls do to the names that they are given: `list.append(x)`, `push @list, $x`, `define("NAME", "x")`.

use super::meaning::{Meaning, Meanings};
use super::options;
use super::program::{Binding, Bound, Call, CallId, Expr, ExprId, Program};

/// Adds to a program what its calls give names, from the call of a number on.
pub fn bind(program: &mut Program, meanings: &Meanings, from: usize) {
    let calls = std::mem::take(&mut program.calls);
    for (number, call) in calls.iter().enumerate().skip(from) {
        let (name, owner) = program.spelled(call.callee);
        let (all, is_method) = meanings.of_callee(&name);
        for &(meaning, counted_from) in all {
            if meaning == Meaning::Attribute {
                attributes(program, call);
                continue;
            }
            let values: Vec<ExprId> =
                call.arguments.iter().map(|argument| argument.value).collect();
            let from = if meaning == Meaning::Assign { counted_from } else { 0 };
            let counted = values.get(usize::from(from)..).unwrap_or_default();
            let (target, rest) = match (is_method, owner) {
                (true, Some(owner)) => (owner, values.as_slice()),
                _ => match counted.split_first() {
                    Some((first, rest)) => (*first, rest),
                    None => continue,
                },
            };
            let target = match meaning {
                Meaning::AppendText => chained(program, &calls, target, call.callee),
                _ => target,
            };
            effect(program, meaning, target, rest, (call, CallId(number as u32)));
        }
    }
    program.calls = calls;
}

/// `attr_accessor :name`: the property is what `@name` holds, and may be set from outside.
fn attributes(program: &mut Program, call: &Call) {
    let Expr::Name(scope, _) = *program.expr(call.callee) else { return };
    for argument in &call.arguments {
        let Expr::Text(text) = program.expr(argument.value).clone() else { continue };
        let (outside, inside) = (program.name(&text), program.name(&[b"@", &text[..]].concat()));
        let file = program.files[call.file as usize];
        let held = program.add(Expr::Name(file, inside));
        let held = Bound::by_call(Binding::Value(held));
        let set: Vec<Bound> =
            program.fields.get(&(call.file, outside)).into_iter().flatten().copied().collect();
        program.bind(scope, outside, held);
        program.bind_field(call.file, outside, held);
        set.into_iter().for_each(|bound| program.bind(file, inside, bound));
    }
}

/// Of `text.append("a").append("b")` the text itself: each call gives it back.
fn chained(program: &Program, calls: &[Call], target: ExprId, callee: ExprId) -> ExprId {
    let Expr::Field(_, method) = program.expr(callee) else { return target };
    let mut owner = target;
    for _ in 0..64 {
        let Expr::Call(inner) = program.expr(owner) else { return owner };
        let inner = calls.get(inner.0 as usize).map(|call| program.expr(call.callee));
        match inner {
            Some(Expr::Field(of, name)) if name == method => owner = *of,
            _ => return owner,
        }
    }
    owner
}

fn effect(
    program: &mut Program,
    meaning: Meaning,
    target: ExprId,
    rest: &[ExprId],
    (call, id): (&Call, CallId),
) {
    match (meaning, rest) {
        (Meaning::Append, values) => {
            for &value in values {
                give(program, target, Binding::Pushed(value), call.file);
            }
        }
        (Meaning::AppendAll, values) => {
            for &value in values {
                give(program, target, Binding::More(value, u32::MAX), call.file);
            }
        }
        (Meaning::Put, [key, value, ..]) => {
            give(program, target, Binding::Put(*key, *value), call.file);
        }
        (Meaning::Quote, _) => {
            let says = |name: &[u8]| name.starts_with(b"character");
            let is_value =
                call.arguments.iter().filter_map(|it| it.name).any(|it| says(program.text(it)));
            if let Expr::Name(_, name) = *program.expr(target)
                && !is_value
            {
                let text = program.text(name).to_vec();
                program.expressions[target.0 as usize] = Expr::Text(text);
            }
        }
        (Meaning::AppendText, [value, ..]) => {
            give(program, target, Binding::More(*value, u32::MAX), call.file);
        }
        (Meaning::Merge, _) => merge(program, target, call),
        (Meaning::Option, _) => options::option(program, call),
        (Meaning::Fields, _) => options::class_of_fields(program, call, id, b"__init__"),
        (Meaning::LoadInto, [path, ..]) => {
            let parsed = program.add(Expr::Parsed(*path));
            give(program, target, Binding::Value(parsed), call.file);
        }
        // `open(my $file, …)` gives its first argument the file.
        (Meaning::PipeOrFile, [_, ..]) => {
            let opened = program.add(Expr::Call(id));
            give(program, target, Binding::Value(opened), call.file);
        }
        (Meaning::Assign, [value, ..]) => {
            give(program, target, Binding::Value(*value), call.file);
            if let Expr::Text(text) = program.expr(target).clone() {
                let name = program.name(&text);
                let scope = program.files[call.file as usize];
                program.bind(scope, name, Bound { binding: Binding::Value(*value), block: 0 });
            }
        }
        _ => {}
    }
}

/// `map.update(other, name="x")`
fn merge(program: &mut Program, target: ExprId, call: &Call) {
    for argument in &call.arguments {
        let binding = match argument.name {
            Some(name) => {
                let text = program.text(name).to_vec();
                Binding::Put(program.add(Expr::Text(text)), argument.value)
            }
            None => Binding::Value(argument.value),
        };
        give(program, target, binding, call.file);
    }
}

fn give(program: &mut Program, target: ExprId, binding: Binding, file: u32) {
    let bound = Bound::by_call(binding);
    match *program.expr(target) {
        Expr::Name(scope, name) => {
            let scope = program.binder(scope, name).unwrap_or(scope);
            program.bind(scope, name, bound);
        }
        Expr::Field(_, name) => program.bind_field(file, name, bound),
        Expr::Spread(list) | Expr::Pairs(list) => give(program, list, binding, file),
        Expr::Index(_, key) => {
            if let Expr::Text(text) = program.expr(key).clone() {
                let name = program.name(&text);
                program.bind_field(file, name, bound);
            }
        }
        _ => {}
    }
}
