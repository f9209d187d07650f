//! What a program is in, as its values ask for it: paths, variables, files, settings.

use super::files::Files;
use crate::trace::reading::flow::{Value, Values, World};
use crate::trace::reading::settings::{self, Tree};
use crate::warning::Place;

/// How large a file of data may be whose contents count as values, in bytes.
const MAX_DATA: u64 = 64 << 10;

impl World for Files<'_> {
    fn path(&self, file: u32) -> Vec<u8> {
        self.all.get(file as usize).map(|(path, _)| path.as_bytes().to_vec()).unwrap_or_default()
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        let name = std::str::from_utf8(name).ok()?;
        let set = self.view.config.variable(name).map(|value| value.as_bytes().to_vec());
        set.or_else(|| self.dotenv().get(name.as_bytes())?.text().map(<[u8]>::to_vec))
    }

    fn read(&self, file: u32, path: &[u8]) -> Option<Vec<u8>> {
        let (own, _) = self.all.get(file as usize)?;
        let place = Place::Line(own.clone(), 0);
        let tree = self.view.tree;
        let found = self.places(path, &place).into_iter().find_map(|path| {
            tree.resolve(&path).map(|found| found.node).filter(|&node| tree.is_file(node))
        })?;
        let is_own = !self.view.packages.is_owned(found) && tree.size(found) <= MAX_DATA;
        is_own.then(|| self.view.read(found, MAX_DATA))
    }

    fn module(&self, file: u32, name: &[u8]) -> Option<u32> {
        let path = self.resolve(file as usize, name)?;
        let number = self.all.iter().position(|(other, _)| *other == path)?;
        u32::try_from(number).ok()
    }

    fn working_folder(&self) -> Vec<u8> {
        self.view.working_dir().as_bytes().to_vec()
    }

    fn steps(&self) -> u32 {
        self.steps
    }

    fn held(&self, file: u32, name: &[u8]) -> Option<Values> {
        let path = self.resolve(file as usize, name)?;
        settings::Format::of(path.name(), b"")?;
        self.parse(path.name(), &World::read(self, file, path.as_bytes())?)
    }

    fn parse(&self, name: &[u8], text: &[u8]) -> Option<Values> {
        let tree = settings::read(name, text).or_else(|| settings::guess(text));
        tree.map(|tree| values(&tree, 0))
    }
}

fn values(tree: &Tree, depth: usize) -> Values {
    match tree {
        _ if depth > 16 => Values::open(),
        Tree::Text(text) => Values::text(text.clone()),
        Tree::List(elements) => {
            Values::list(elements.iter().map(|one| values(one, depth + 1)).collect())
        }
        Tree::Map(entries) => {
            let entries = entries.iter();
            let entries =
                entries.map(|(key, one)| (Values::text(key.clone()), values(one, depth + 1)));
            Values::one(Value::Map(std::rc::Rc::new(entries.collect())))
        }
    }
}
