//! The one test crate: what the library and the program do with real inputs.

mod formats;
