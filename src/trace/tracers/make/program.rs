//! Which programs are make, by the word of its profile.

use crate::path::ImagePath;
use crate::trace::View;

/// The name by which profiles activate the tracer, and that of the profile that knows it.
pub const NAME: &str = "make";

/// Says whether a program is make, as the profile has it.
pub fn is_make(view: &View<'_>, program: &[u8]) -> bool {
    let places = view.profiles.get(NAME).map(|profile| profile.place("programs"));
    let path = ImagePath::root().join(program);
    path.is_ok_and(|path| places.unwrap_or_default().iter().any(|glob| glob.bind(&path).is_some()))
}
