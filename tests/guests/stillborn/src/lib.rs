//! The hostile plugin with a start function that traps: no instance of it ever comes to life.

// For what it exports.
extern crate hostile as _;

/// Run when an instance is made, by the convention of WebAssembly's tools.
#[unsafe(no_mangle)]
pub extern "C" fn _initialize() {
    panic!("told to panic at the start");
}
