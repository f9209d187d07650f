//! Which instructions made an image, as its configuration tells: `history` and `rootfs.diff_ids` of the image
//! specification.

use crate::oci::{Config, OWN_STEP};
use crate::tree::{NodeId, Tree};

/// How each layer was made, the lowest first; empty where the history does not tell.
#[derive(Debug, Default)]
pub struct History(Vec<Step>);

/// An instruction that made a layer.
#[derive(Debug)]
struct Step {
    made: Made,
    text: String,
}

/// How a layer was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Made {
    /// It is the lowest, that others build upon.
    Base,
    /// By `COPY` or `ADD`: somebody chose each file. What dehusk wrote is taken for that too, so that it stays as it is.
    Copied,
    /// By `RUN`, or in a manner of its own.
    Ran,
}

impl History {
    /// Reads the history of an image.
    pub fn of(config: &Config) -> Self {
        let steps: Vec<&str> = config.layer_steps();
        let layers = config.diff_ids().map_or(0, |layers| layers.len());
        if steps.len() != layers {
            return History::default();
        }
        let made = |(number, step): (usize, &&str)| match *step {
            OWN_STEP => Made::Copied,
            _ if number == 0 => Made::Base,
            step if is_copy(step) => Made::Copied,
            _ => Made::Ran,
        };
        let step = |one: (usize, &&str)| Step { made: made(one), text: (*one.1).to_owned() };
        History(steps.iter().enumerate().map(step).collect())
    }

    /// Returns how the layer was made that wrote a path last, where the history tells. An instruction that gives a folder
    /// another owner or mode writes all of it again, and somebody chose it all the same: `RUN chown -R a /home/a`.
    pub fn made(&self, tree: &Tree, node: NodeId) -> Option<Made> {
        let step = self.0.get(tree.layer(node))?;
        let is_changed = || step.made == Made::Ran && step.changes_a_folder_of(tree, node);
        Some(if is_changed() { Made::Copied } else { step.made })
    }

    /// Says whether somebody chose the path.
    pub fn is_copied(&self, tree: &Tree, node: NodeId) -> bool {
        self.made(tree, node) == Some(Made::Copied)
    }

    /// Says whether the text of the instruction that wrote a path last names it: `RUN echo a > /etc/b`.
    pub fn is_named(&self, tree: &Tree, node: NodeId) -> bool {
        let name = [b"/", tree.name(node)].concat();
        let step = self.0.get(tree.layer(node));
        step.is_some_and(|step| memchr::memmem::find(step.text.as_bytes(), &name).is_some())
    }
}

impl Step {
    /// Says whether the instruction changes who owns a folder that holds the path, by the folder's name.
    fn changes_a_folder_of(&self, tree: &Tree, node: NodeId) -> bool {
        let text = self.text.as_bytes();
        let has = |word: &[u8]| memchr::memmem::find(text, word).is_some();
        let ends = |rest: &[u8]| {
            let rest = rest.strip_prefix(b"/").unwrap_or(rest);
            rest.first().is_none_or(|byte| b" \t\n;&\"'\\".contains(byte))
        };
        let is_named = |folder: NodeId| {
            let path = tree.path(folder);
            let path = path.as_bytes();
            // All of `/etc` is nobody's choice.
            let is_deep = path.iter().filter(|&&byte| byte == b'/').count() > 1;
            let mut found = memchr::memmem::find_iter(text, path);
            is_deep && found.any(|at| ends(&text[at + path.len()..]))
        };
        (has(b"chown ") || has(b"chmod ") || has(b"chgrp ")) && tree.ancestors(node).any(is_named)
    }
}

/// `COPY a b # buildkit`, `/bin/sh -c #(nop) COPY dir:4a3b… in /app `
fn is_copy(step: &str) -> bool {
    let step = step.split_once("#(nop)").map_or(step, |(_, rest)| rest).trim_start();
    step.starts_with("COPY ") || step.starts_with("ADD ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_how_layers_were_made() {
        let config = |steps: &[&str], layers: usize| {
            let mut history: Vec<_> =
                steps.iter().map(|step| serde_json::json!({"created_by": step})).collect();
            history.insert(1, serde_json::json!({"created_by": "ENV A=b", "empty_layer": true}));
            let ids = vec![format!("sha256:{}", "0".repeat(64)); layers];
            let json = serde_json::json!({"history": history, "rootfs": {"type": "layers", "diff_ids": ids}});
            let history = History::of(&Config::parse(json.to_string().as_bytes()).unwrap());
            history.0.into_iter().map(|step| step.made).collect::<Vec<_>>()
        };
        let steps = [
            "/bin/sh -c #(nop) ADD file:12 in / ",
            "/bin/sh -c apt-get install -y x",
            "/bin/sh -c #(nop) COPY dir:34 in /app ",
            "COPY rootfs / # buildkit",
            "RUN /bin/sh -c echo COPY a b # buildkit",
        ];
        use Made::{Base, Copied, Ran};
        assert_eq!(config(&steps, 5), [Base, Ran, Copied, Copied, Ran]);
        assert_eq!(config(&steps, 4), []);
        assert_eq!(config(&[OWN_STEP], 1), [Copied]);
    }
}
