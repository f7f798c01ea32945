//! The ends of a name: what follows a separator in it.

/// After any of these, the rest of a name is an end of it.
pub(crate) const SEPARATORS: [char; 7] = ['.', '/', ':', '#', '>', ' ', '\\'];

/// The ends of a name after a separator, the longest first.
pub(crate) fn ends(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices(SEPARATORS).map(|(at, separator)| &name[at + separator.len()..])
}
