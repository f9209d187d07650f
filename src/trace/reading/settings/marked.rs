//! XML, by the events of its reader: an element is a map of its attributes, children and text.
//!
//! An element with nothing but text is that text; other text stands under the key `value`, so that
//! `<property name="tool">x</property>` reads as `<property name="tool" value="x"/>` does. Entities other than those of XML
//! itself stay as they are spelled: none is expanded.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::tree::{Budget, MAX_DEPTH, Tree};

/// Reads XML.
pub(super) fn read(text: &[u8]) -> Option<Tree> {
    let mut reader = Reader::from_str(str::from_utf8(text).ok()?);
    let mut budget = Budget::new();
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                open.push(Element::of(&start, &mut budget)?);
                if open.len() > MAX_DEPTH {
                    return None;
                }
            }
            Event::Empty(start) => {
                let element = Element::of(&start, &mut budget)?;
                open.last_mut()?.add(element);
            }
            Event::End(_) => {
                let element = open.pop()?;
                open.last_mut()?.add(element);
            }
            Event::Text(text) => open.last_mut()?.text.extend_from_slice(text.as_bytes()),
            Event::CData(text) => open.last_mut()?.text.extend_from_slice(text.as_bytes()),
            Event::GeneralRef(name) => open.last_mut()?.text.extend(entity(name.as_bytes())),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
    }
    let root = open.pop().filter(|_| open.is_empty())?;
    (!root.pairs.is_empty()).then_some(Tree::Map(root.pairs))
}

/// An element whose end was not met yet.
#[derive(Default)]
struct Element {
    name: Vec<u8>,
    pairs: Vec<(Vec<u8>, Tree)>,
    text: Vec<u8>,
}

impl Element {
    fn of(start: &BytesStart<'_>, budget: &mut Budget) -> Option<Element> {
        // A map and its text.
        budget.take(2)?;
        let mut pairs = Vec::new();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.ok()?;
            budget.take(1)?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
            let key = attribute.key.as_ref().as_bytes().to_vec();
            pairs.push((key, Tree::Text(value.as_bytes().to_vec())));
        }
        Some(Element { name: start.name().as_ref().as_bytes().to_vec(), pairs, text: Vec::new() })
    }

    fn add(&mut self, child: Element) {
        let text = child.text.trim_ascii().to_vec();
        let mut pairs = child.pairs;
        let tree = match (pairs.is_empty(), text.is_empty()) {
            (true, _) => Tree::Text(text),
            (false, true) => Tree::Map(pairs),
            (false, false) => {
                pairs.push((b"value".to_vec(), Tree::Text(text)));
                Tree::Map(pairs)
            }
        };
        self.pairs.push((child.name, tree));
    }
}

fn entity(name: &[u8]) -> Vec<u8> {
    match name {
        b"lt" => b"<".to_vec(),
        b"gt" => b">".to_vec(),
        b"amp" => b"&".to_vec(),
        b"quot" => b"\"".to_vec(),
        b"apos" => b"'".to_vec(),
        _ => [b"&", name, b";"].concat(),
    }
}
