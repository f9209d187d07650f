//! Reads a method's code once, from its start to its end, and tells what it gives to others.
//!
//! Nothing is repeated: where ways meet, a value is one of those that the ways bring, and what a loop changes is unknown
//! at its start. Lists and builders are followed as if every branch were taken, so that a list has more rather than fewer
//! words. That never says that a value is known when it is not, but for arguments behind the first.
//!
//! Reference: The Java Virtual Machine Specification, sections 2.6 (frames) and 6.5 (the instructions).

use std::collections::BTreeMap;

use super::class::u16_at;
use super::loops::Loops;
use super::method::{ClassFile, Method, arguments, places, result};
use super::pool::{Constant, Member};
use super::value::{Part, Slot, Value};
use super::{code, library};

/// The most variables of a method that are followed, values on its stack, and objects that it makes.
const MAX_LOCALS: usize = 256;
const MAX_STACK: usize = 256;
const MAX_MADE: usize = 2000;

/// The most handlers of exceptions that are followed.
const MAX_HANDLERS: usize = 128;

/// The most places at which ways wait to meet.
const MAX_WAITING: usize = 512;

/// What a method gives to a method or a field.
pub struct Event<'a> {
    /// The line of the source.
    pub line: u32,
    /// What gets it.
    pub member: Member<'a>,
    /// What of it, with the values.
    pub given: Vec<(Part, Value)>,
}

#[derive(Clone, Default)]
struct State {
    stack: Vec<Value>,
    locals: Vec<Value>,
}

/// A method that is read.
pub struct Machine<'c, 'a> {
    class: &'c ClassFile<'a>,
    method: &'c Method<'a>,
    state: State,
    /// What the method made, by the numbers of [`Value::Made`].
    made: Vec<Value>,
    waiting: BTreeMap<usize, State>,
    events: Vec<Event<'a>>,
    at: usize,
}

impl<'c, 'a> Machine<'c, 'a> {
    /// Reads a method's code.
    pub fn read(class: &'c ClassFile<'a>, method: &'c Method<'a>) -> Vec<Event<'a>> {
        let mut machine = Machine {
            class,
            method,
            state: State::default(),
            made: Vec::new(),
            waiting: BTreeMap::new(),
            events: Vec::new(),
            at: 0,
        };
        machine.enter();
        machine.run();
        machine.events
    }

    fn own(&self, part: Part) -> Value {
        Value::Given(Slot {
            class: self.class.name.to_vec(),
            name: self.method.name.to_vec(),
            descriptor: self.method.descriptor.to_vec(),
            part,
        })
    }

    fn enter(&mut self) {
        if !self.method.is_static {
            self.state.locals.push(Value::Unknown);
        }
        for (number, kind) in arguments(self.method.descriptor).into_iter().enumerate() {
            let value = match kind {
                b'L' | b'[' => self.own(Part::Argument(number)),
                _ => Value::Unknown,
            };
            self.state.locals.push(value);
            self.state.locals.resize(self.state.locals.len() + places(kind) - 1, Value::Unknown);
        }
        self.state.locals.truncate(MAX_LOCALS);
    }

    fn run(&mut self) {
        let code = self.method.code;
        let loops = Loops::of(code);
        let mut falls = true;
        while let Some(length) = code::length(code, self.at) {
            let at = self.at;
            self.meet(falls);
            loops.forget(at, &mut self.state.locals);
            for &[start, end, handler] in self.method.handlers.iter().take(MAX_HANDLERS) {
                if usize::from(start) == at {
                    let mut state = self.state.clone();
                    loops.forget_range(at, usize::from(end), &mut state.locals);
                    state.stack = vec![Value::Unknown];
                    self.wait(usize::from(handler), state);
                }
            }
            self.step();
            for target in code::targets(code, at) {
                if target > at {
                    self.wait(target, self.state.clone());
                }
            }
            falls = !code::is_end(code[at]);
            self.at += length;
        }
    }

    /// Brings the ways together that lead to an instruction.
    fn meet(&mut self, falls: bool) {
        match (self.waiting.remove(&self.at), falls) {
            (Some(other), true) => merge(&mut self.state, other),
            (Some(other), false) => self.state = other,
            (None, true) => {}
            // Only what comes later leads here.
            (None, false) => self.state = State::default(),
        }
    }

    fn wait(&mut self, target: usize, state: State) {
        if let Some(other) = self.waiting.get_mut(&target) {
            merge(other, state);
        } else if self.waiting.len() < MAX_WAITING {
            self.waiting.insert(target, state);
        }
    }

    fn pop(&mut self) -> Value {
        self.state.stack.pop().unwrap_or_default()
    }

    fn push(&mut self, value: Value) {
        if self.state.stack.len() < MAX_STACK {
            self.state.stack.push(value.bounded());
        }
    }

    fn load(&mut self, local: usize) {
        let value = self.state.locals.get(local).cloned().unwrap_or_default();
        self.push(value);
    }

    fn store(&mut self, local: usize, value: Value) {
        if local >= MAX_LOCALS {
            return;
        }
        if local >= self.state.locals.len() {
            self.state.locals.resize(local + 1, Value::Unknown);
        }
        self.state.locals[local] = value;
    }

    /// What the method makes, so that others see how it changes.
    fn make(&mut self, value: Value) -> Value {
        if self.made.len() >= MAX_MADE {
            return Value::Unknown;
        }
        self.made.push(value);
        Value::Made(self.made.len() - 1)
    }

    /// A value as it is now.
    fn now(&self, value: &Value) -> Value {
        settled(value, &self.made, &mut 400, 0).bounded()
    }

    fn step(&mut self) {
        let code = self.method.code;
        let at = self.at;
        let byte = |offset: usize| code.get(at + offset).copied().unwrap_or(0);
        let index = u16_at(code, at + 1).unwrap_or(0);
        let number = byte(0);
        match number {
            1 => self.push(Value::Null),
            2..=8 => self.push(Value::Number(i32::from(number) - 3)),
            16 => self.push(Value::Number(i32::from(byte(1) as i8))),
            17 => self.push(Value::Number(i32::from(index as i16))),
            18 => self.constant(u16::from(byte(1))),
            19 => self.constant(index),
            25 => self.load(usize::from(byte(1))),
            42..=45 => self.load(usize::from(number - 42)),
            50 => self.element(),
            54..=58 => self.store_top(usize::from(byte(1)), number - 54),
            59..=78 => self.store_top(usize::from((number - 59) % 4), (number - 59) / 4),
            83 => self.set_element(),
            89..=95 => self.shuffle(number),
            132 => self.store(usize::from(byte(1)), Value::Unknown),
            176 => self.give_back(),
            178 | 180 => self.get(index, number == 180),
            179 | 181 => self.put(index),
            182..=185 => self.call(index, number != 184),
            186 => self.dynamic(index),
            187 => {
                let made = self.make(Value::Unknown);
                self.push(made);
            }
            188 | 189 => self.array(),
            196 => self.wide(),
            197 => {
                (0..byte(3)).for_each(|_| drop(self.pop()));
                self.push(Value::Unknown);
            }
            _ => {
                let (takes, leaves) = code::effect(number).unwrap_or((0, 0));
                (0..takes).for_each(|_| drop(self.pop()));
                (0..leaves).for_each(|_| self.push(Value::Unknown));
            }
        }
    }

    fn constant(&mut self, index: u16) {
        let value = match self.class.pool.constant(index) {
            Constant::Text(text) => Value::Text(text.to_vec()),
            Constant::Integer(number) => Value::Number(number),
            Constant::Other => Value::Unknown,
        };
        self.push(value);
    }

    fn store_top(&mut self, local: usize, kind: u8) {
        let value = self.pop();
        self.store(local, value);
        // Numbers of eight bytes take two places, of the stack and of the variables.
        if matches!(kind, 1 | 3) {
            self.pop();
            self.store(local, Value::Unknown);
            self.store(local + 1, Value::Unknown);
        }
    }

    fn wide(&mut self) {
        let code = self.method.code;
        let local = usize::from(u16_at(code, self.at + 2).unwrap_or(0));
        match code.get(self.at + 1).copied().unwrap_or(0) {
            25 => self.load(local),
            number @ 54..=58 => self.store_top(local, number - 54),
            132 => self.store(local, Value::Unknown),
            number @ 21..=24 => {
                let leaves = if matches!(number, 22 | 24) { 2 } else { 1 };
                (0..leaves).for_each(|_| self.push(Value::Unknown));
            }
            _ => {}
        }
    }

    fn shuffle(&mut self, number: u8) {
        // How many values are doubled, and how many they are put below.
        let (doubled, below) = match number {
            89 => (1, 0),
            90 => (1, 1),
            91 => (1, 2),
            92 => (2, 0),
            93 => (2, 1),
            94 => (2, 2),
            _ => {
                let (top, next) = (self.pop(), self.pop());
                self.push(top);
                return self.push(next);
            }
        };
        let mut top: Vec<Value> = (0..doubled + below).map(|_| self.pop()).collect();
        top.reverse();
        let copies: Vec<Value> = top[below..].to_vec();
        copies.into_iter().chain(top).for_each(|value| self.push(value));
    }

    fn array(&mut self) {
        let length = self.pop();
        let elements = match length {
            Value::Number(length @ 0..=64) => vec![Value::Null; length as usize],
            _ => return self.push(Value::Unknown),
        };
        let made = self.make(Value::List(elements));
        self.push(made);
    }

    fn element(&mut self) {
        let (index, array) = (self.pop(), self.pop());
        let value = library::element(&self.now(&array), &index);
        self.push(value);
    }

    fn set_element(&mut self) {
        let (value, index, array) = (self.pop(), self.pop(), self.pop());
        let Value::Made(array) = array else { return };
        let Some(Value::List(list)) = self.made.get_mut(array) else { return };
        match index {
            Value::Number(at) => {
                let place = usize::try_from(at).ok().and_then(|at| list.get_mut(at));
                place.into_iter().for_each(|place| *place = value.clone());
            }
            _ => list.iter_mut().for_each(|place| *place = Value::Unknown),
        }
    }

    fn tell(&mut self, member: Member<'a>, given: Vec<(Part, Value)>) {
        let line = self.method.line(self.at);
        self.events.push(Event { line, member, given });
    }

    fn give_back(&mut self) {
        let value = self.pop();
        let (name, descriptor) = (self.method.name, self.method.descriptor);
        let member = Member { class: self.class.name, name, descriptor };
        let value = self.now(&value);
        self.tell(member, vec![(Part::Result, value)]);
    }

    fn get(&mut self, index: u16, has_object: bool) {
        if has_object {
            self.pop();
        }
        let Some(member) = self.class.pool.member(index) else { return self.push(Value::Unknown) };
        let kind = result(member.descriptor);
        let value = match kind {
            b'L' | b'[' => library::field(&member).unwrap_or_else(|| given(&member, Part::Field)),
            _ => Value::Unknown,
        };
        self.push(value);
        (1..places(kind)).for_each(|_| self.push(Value::Unknown));
    }

    fn put(&mut self, index: u16) {
        let Some(member) = self.class.pool.member(index) else { return };
        let value = self.pop();
        (1..places(result(member.descriptor))).for_each(|_| drop(self.pop()));
        if self.method.code.get(self.at) == Some(&181) {
            self.pop();
        }
        let value = self.now(&value);
        self.tell(member, vec![(Part::Field, value)]);
    }

    fn take_arguments(&mut self, descriptor: &[u8]) -> Vec<Value> {
        let mut values = Vec::new();
        for kind in arguments(descriptor).into_iter().rev() {
            let taken = (0..places(kind)).map(|_| self.pop()).last().unwrap_or_default();
            values.push(taken);
        }
        values.reverse();
        values
    }

    fn call(&mut self, index: u16, has_object: bool) {
        let Some(member) = self.class.pool.member(index) else { return };
        let values = self.take_arguments(member.descriptor);
        let object = has_object.then(|| self.pop());
        let settled: Vec<Value> = values.iter().map(|value| self.now(value)).collect();
        let call = library::Call { member, object: object.as_ref(), values: &settled };
        let known = call.result(&mut self.made);
        if known.is_none() {
            // Others may fill what they are given.
            for value in &values {
                if let Value::Made(number) = value
                    && let Some(made) = self.made.get_mut(*number)
                    && matches!(made, Value::List(list) if list.is_empty())
                    && !member.class.starts_with(b"java/lang/Process")
                {
                    *made = Value::Unknown;
                }
            }
        }
        let given_values =
            settled.into_iter().enumerate().map(|(at, value)| (Part::Argument(at), value));
        self.tell(member, given_values.collect());
        let kind = result(member.descriptor);
        match known {
            Some(value) if kind != b'V' => self.push(value),
            _ if matches!(kind, b'L' | b'[') => {
                let is_foreign = member.class.starts_with(b"java/");
                let value = if is_foreign { Value::Unknown } else { given(&member, Part::Result) };
                self.push(value);
            }
            _ => (0..places(kind)).for_each(|_| self.push(Value::Unknown)),
        }
    }

    /// A call that is linked when it runs: a text that is put together, or a function that keeps what it is made with.
    fn dynamic(&mut self, index: u16) {
        let Some((bootstrap, name, descriptor)) = self.class.pool.dynamic(index) else { return };
        let values = self.take_arguments(descriptor);
        let values: Vec<Value> = values.iter().map(|value| self.now(value)).collect();
        let linker = self.class.bootstraps.get(usize::from(bootstrap));
        let constants = linker.map(|(_, constants)| constants.as_slice()).unwrap_or_default();
        let pool = &self.class.pool;
        let value = match name {
            b"makeConcatWithConstants" => {
                let recipe = constants.first().map(|&index| pool.constant(index));
                let Some(Constant::Text(recipe)) = recipe else { return self.push(Value::Unknown) };
                library::concatenated(recipe, &values)
            }
            b"makeConcat" => values.into_iter().fold(Value::Text(Vec::new()), Value::join),
            _ => {
                let function = constants.get(1).and_then(|&index| pool.member(index));
                if let Some(function) = function {
                    let own = |(at, value)| (Part::Argument(at), value);
                    self.tell(function, values.into_iter().enumerate().map(own).collect());
                }
                Value::Unknown
            }
        };
        self.push(value);
    }
}

fn given(member: &Member<'_>, part: Part) -> Value {
    Value::Given(Slot {
        class: member.class.to_vec(),
        name: member.name.to_vec(),
        descriptor: member.descriptor.to_vec(),
        part,
    })
}

/// A value in which what a method made stands as it is by now.
fn settled(value: &Value, made: &[Value], left: &mut usize, depth: usize) -> Value {
    if *left == 0 || depth > 8 {
        return Value::Unknown;
    }
    *left -= 1;
    let mut all = |parts: &[Value]| {
        parts.iter().map(|part| settled(part, made, left, depth + 1)).collect::<Vec<_>>()
    };
    match value {
        Value::Made(number) => match made.get(*number) {
            Some(value) => settled(value, made, left, depth + 1),
            None => Value::Unknown,
        },
        Value::List(parts) => Value::List(all(parts)),
        Value::Joined(parts) => all(parts).into_iter().fold(Value::Text(Vec::new()), Value::join),
        Value::OneOf(parts) => all(parts).into_iter().fold(Value::Null, Value::or),
        Value::Words(text) => Value::Words(Box::new(settled(text, made, left, depth + 1))),
        other => other.clone(),
    }
}

fn merge(state: &mut State, other: State) {
    for (values, others) in [(&mut state.stack, other.stack), (&mut state.locals, other.locals)] {
        values.truncate(others.len());
        for (value, other) in values.iter_mut().zip(others) {
            *value = std::mem::take(value).or(other);
        }
    }
}
