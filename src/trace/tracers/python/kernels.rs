//! The programs that run the cells of notebooks ("Making kernels for Jupyter", "Kernel specs").

use serde::Deserialize;

use super::claims::Claims;
use super::interpreter::NAME;
use super::notebook::Notebook;
use crate::trace::{Claim, Command, FileView, Strength, Target};
use crate::warning::Place;

/// The largest description of a kernel that is read, in bytes.
const MAX_SIZE: u64 = 64 << 10;

#[derive(Deserialize)]
struct Spec {
    argv: Vec<String>,
}

impl Claims<'_> {
    /// Claims what a notebook runs beside Python: the commands in its cells, and the program that runs them all.
    pub fn notebook(&mut self, notebook: &Notebook, file: &FileView<'_>) {
        for (shell, text) in &notebook.commands {
            let words = [shell, "-c", text].map(|word| Some(word.as_bytes().to_vec())).to_vec();
            let place = Place::Line(file.path.clone(), 0);
            let command = Command { words, place, folder: None, optional: true };
            let detail = "a cell".to_owned();
            self.push(Target::Command(command), Claim::Command, Strength::Likely, detail);
        }
        self.kernel(notebook.kernel.as_deref(), file);
    }

    /// Claims the kernel of a notebook with the command line that starts it; all, where it does not say which.
    fn kernel(&mut self, name: Option<&str>, notebook: &FileView<'_>) {
        let view = self.view;
        for node in view.placed(NAME, "kernels") {
            let folder = view.tree.parent(node).map(|folder| view.tree.name(folder));
            let is_meant = name.is_none_or(|name| folder == Some(name.as_bytes()));
            let Some(spec) = Some(view.read(node, MAX_SIZE)).filter(|_| is_meant) else { continue };
            let Ok(Spec { argv }) = serde_json::from_slice(&spec) else { continue };
            let detail = format!("the kernel of `{}`", notebook.path);
            self.push(Target::Node(node), Claim::Import, Strength::Likely, detail.clone());
            let words = argv.into_iter().map(|word| Some(word.into_bytes())).collect();
            let place = Place::Line(view.tree.path(node), 1);
            let command = Command { words, place, folder: None, optional: true };
            self.push(Target::Command(command), Claim::Command, Strength::Likely, detail);
        }
    }
}
