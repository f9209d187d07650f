//! Tiny compiled files of languages with a machine of their own, each from one line: classes and jars of Java, modules of
//! Erlang. `~` stands for a space; words are `key=value,value`.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Builds a class file of constants only: `classes=java/lang/System texts=a,b names=loadLibrary`.
pub fn class(description: &str) -> Vec<u8> {
    let mut pool = Vec::new();
    let mut number = 1u16;
    for (tag, key) in [(7, "classes"), (8, "texts"), (0, "names")] {
        for value in values(description, key) {
            pool.push(1);
            pool.extend((value.len() as u16).to_be_bytes());
            pool.extend(value.as_bytes());
            number += 1;
            if tag != 0 {
                pool.push(tag);
                pool.extend((number - 1).to_be_bytes());
                number += 1;
            }
        }
    }
    [&b"\xca\xfe\xba\xbe\0\0\0\x34"[..], &number.to_be_bytes(), &pool].concat()
}

/// Builds a module of Erlang: `imports=lists:map,os:cmd atoms=till texts=df~-k`.
pub fn beam(description: &str) -> Vec<u8> {
    let calls = values(description, "imports");
    let calls: Vec<(&str, &str)> = calls.iter().filter_map(|call| call.split_once(':')).collect();
    let mut atoms: Vec<String> = calls
        .iter()
        .flat_map(|(module, name)| [(*module).to_owned(), (*name).to_owned()])
        .collect();
    atoms.extend(values(description, "atoms"));
    let mut table = (atoms.len() as u32).to_be_bytes().to_vec();
    for atom in &atoms {
        table.push(atom.len() as u8);
        table.extend(atom.as_bytes());
    }
    let mut imports = (calls.len() as u32).to_be_bytes().to_vec();
    for number in 0..calls.len() as u32 {
        imports.extend([2 * number + 1, 2 * number + 2, 0].map(u32::to_be_bytes).concat());
    }
    let mut literals = vec![0; 4];
    for text in values(description, "texts") {
        literals.push(b'k');
        literals.extend((text.len() as u16).to_be_bytes());
        literals.extend(text.as_bytes());
    }
    let mut body = b"BEAM".to_vec();
    for (name, mut chunk) in [("AtU8", table), ("ImpT", imports), ("LitT", literals)] {
        body.extend(name.as_bytes());
        body.extend((chunk.len() as u32).to_be_bytes());
        chunk.resize(chunk.len().next_multiple_of(4), 0);
        body.extend(chunk);
    }
    [&b"FOR1"[..], &(body.len() as u32).to_be_bytes(), &body].concat()
}

/// Builds a jar of lines: ` + NAME KIND DESCRIPTION`; those of a jar in it start with ` ++`.
pub fn jar(lines: &[&str]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let (name, rest) =
            line.trim_start_matches([' ', '+']).split_once(' ').expect("a name and a kind");
        let (kind, description) = rest.split_once(' ').unwrap_or((rest, ""));
        let inner = lines[at + 1..].iter().take_while(|line| line.starts_with(" ++")).count();
        let bytes = match kind {
            "jar" => jar(&lines[at + 1..at + 1 + inner]),
            "class" => class(description),
            "elf" => super::elf::build(description),
            "beam" => beam(description),
            "data" => super::data(description),
            "text" => format!("{}\n", description.replace('~', "\n")).into_bytes(),
            _ => panic!("`{kind}` is no kind of entry"),
        };
        writer.start_file(name, SimpleFileOptions::default()).expect("a name of an entry");
        writer.write_all(&bytes).expect("memory takes all");
        at += 1 + if kind == "jar" { inner } else { 0 };
    }
    writer.finish().expect("memory takes all").into_inner()
}

fn values(description: &str, key: &str) -> Vec<String> {
    let words = description.split(' ').filter_map(|word| word.split_once('='));
    let lists = words.filter(|(name, _)| *name == key).map(|(_, list)| list);
    lists.flat_map(|list| list.split(',')).map(|value| value.replace('~', " ")).collect()
}
