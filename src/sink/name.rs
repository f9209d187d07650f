//! Under which names an image stands in what is written.
//!
//! A name is a docker reference (`app:latest`, `registry.example/team/app:1`), or a bare tag as layouts have it
//! (`latest`). Engines ask for one, layouts for the other, so a [`Label`] holds both where there are both; they are
//! written as `docker save` writes them.

/// The names of one entry of an index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Label {
    /// What `org.opencontainers.image.ref.name` says.
    pub reference: Option<String>,
    /// What an engine calls the image after it loads it, such as `app:latest`.
    pub image: Option<Reference>,
}

/// A checked docker reference with a tag (the grammar of `distribution/reference`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reference {
    repository: String,
    tag: String,
}

/// Says why a text is no name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("cannot name the image `{}`", .0.escape_debug())]
pub struct NameError(pub String);

/// What a bare word stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bare {
    /// A tag: `oci:DIR:TAG`, or a name that a layout gave.
    Tag,
    /// A repository, as `docker tag` reads it.
    Repository,
}

impl Label {
    /// Reads a name.
    pub(super) fn parse(name: &str, bare: Bare) -> Result<Self, NameError> {
        let may_be_image = bare == Bare::Repository || name.contains(['/', ':']);
        if let Some(image) = Reference::parse(name).filter(|_| may_be_image) {
            return Ok(Label { reference: Some(image.tag.clone()), image: Some(image) });
        }
        if bare == Bare::Tag && is_reference_name(name) {
            return Ok(Label { reference: Some(name.into()), image: None });
        }
        Err(NameError(name.into()))
    }
}

impl Reference {
    fn parse(name: &str) -> Option<Self> {
        // The colon of a port stands before a slash.
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            Some(_) | None => (name, "latest"),
        };
        let (domain, path) = split_domain(repository);
        let valid = domain.is_none_or(is_domain)
            && !path.is_empty()
            && path.split('/').all(is_component)
            && is_tag(tag)
            && repository.len() <= 255;
        valid.then(|| Reference { repository: repository.into(), tag: tag.into() })
    }

    /// Returns the name as users write it.
    pub(super) fn short(&self) -> String {
        format!("{}:{}", self.repository, self.tag)
    }

    /// Returns the name with the registry that Docker would ask.
    pub(super) fn full(&self) -> String {
        let start = match split_domain(&self.repository) {
            (Some(_), _) => "",
            (None, path) if path.contains('/') => "docker.io/",
            (None, _) => "docker.io/library/",
        };
        format!("{start}{}", self.short())
    }
}

/// Splits the registry off, as Docker tells it from the first part of a path.
fn split_domain(repository: &str) -> (Option<&str>, &str) {
    match repository.split_once('/') {
        Some((domain, path)) if domain.contains(['.', ':']) || domain == "localhost" => {
            (Some(domain), path)
        }
        Some(_) | None => (None, repository),
    }
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = domain.rsplit_once(':').unwrap_or((domain, "0"));
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.split('.').all(label) && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Letters and digits, with `.`, `_`, `__` or dashes between them.
fn is_component(component: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separators = component.split(|character: char| u8::try_from(character).is_ok_and(word));
    let separator =
        |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
    let ends = [component.bytes().next(), component.bytes().next_back()];
    ends.into_iter().all(|end| end.is_some_and(word)) && separators.into_iter().all(separator)
}

fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

/// The characters that the OCI image specification gives to `org.opencontainers.image.ref.name`.
fn is_reference_name(name: &str) -> bool {
    let odd = |byte: &u8| b"-._:@/+".contains(byte);
    name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || odd(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: &str, bare: Bare) -> String {
        match Label::parse(name, bare) {
            Ok(Label { reference, image }) => {
                let image = image.map(|image| format!("{} = {}", image.short(), image.full()));
                format!("{} {}", reference.unwrap_or_default(), image.unwrap_or_default())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn reads_names() {
        let table = [
            ("latest", "latest "),
            ("app:1", "1 app:1 = docker.io/library/app:1"),
            ("team/app", "latest team/app:latest = docker.io/team/app:latest"),
            ("localhost:5000/a-b/c__d:v1.2", {
                "v1.2 localhost:5000/a-b/c__d:v1.2 = localhost:5000/a-b/c__d:v1.2"
            }),
            ("ghcr.io/x/y:z", "z ghcr.io/x/y:z = ghcr.io/x/y:z"),
            // No docker reference, but a name that layouts allow.
            ("App:1", "App:1 "),
            ("app@sha256:00", "app@sha256:00 "),
            ("", "cannot name the image ``"),
            ("a b", "cannot name the image `a b`"),
            ("-x", "cannot name the image `-x`"),
            ("a\u{1b}[1m", "cannot name the image `a\\u{1b}[1m`"),
        ];
        for (name, expected) in table {
            assert_eq!(label(name, Bare::Tag), expected, "{name}");
        }
        assert_eq!(
            label("app", Bare::Repository),
            "latest app:latest = docker.io/library/app:latest"
        );
        assert_eq!(label("App", Bare::Repository), "cannot name the image `App`");
        assert_eq!(label("a..b", Bare::Repository), "cannot name the image `a..b`");
    }
}
