//! Components as files: those that only tests load, and how one gets into a plugin directory.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// A component of `tests/guests`, as bytes: in `PATCHBAY_TEST_PLUGINS`, or in the target directory.
///
/// # Panics
/// If it is not built.
#[must_use]
pub fn guest(name: &str) -> Vec<u8> {
    read("PATCHBAY_TEST_PLUGINS", "test-plugins", name)
}

/// A component of `plugins`, as bytes: in `PATCHBAY_PLUGINS`, or in the target directory.
///
/// # Panics
/// If it is not built.
#[must_use]
pub fn built(name: &str) -> Vec<u8> {
    read("PATCHBAY_PLUGINS", "plugins", name)
}

/// Where the components of `plugins` are: `PATCHBAY_PLUGINS`, or in the target directory.
///
/// # Panics
/// If the test is in no target directory.
#[must_use]
pub fn plugins() -> PathBuf {
    directory_of("PATCHBAY_PLUGINS", "plugins")
}

fn directory_of(variable: &str, directory: &str) -> PathBuf {
    let beside_the_test = || {
        let test = env::current_exe().expect("a test's path");
        test.ancestors().nth(3).expect("target/debug/deps/TEST").join(directory)
    };
    env::var_os(variable).map_or_else(beside_the_test, PathBuf::from)
}

fn read(variable: &str, directory: &str, name: &str) -> Vec<u8> {
    let directory = directory_of(variable, directory);
    let file = directory.join(name).with_extension("wasm");
    fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}; run `cargo xtask plugins`", file.display()))
}

/// Puts a whole file in its place at once, as a deployment tool does.
///
/// # Panics
/// If the directory cannot be written.
pub fn install(bytes: &[u8], directory: &Path, name: &str) {
    let part = directory.join(name).with_extension("part");
    fs::write(&part, bytes).expect("a new file");
    fs::rename(&part, directory.join(name).with_extension("wasm")).expect("in place");
}

/// The same component under another digest: with a custom section at its end, which changes nothing.
#[must_use]
pub fn stamped(component: &[u8], stamp: &str) -> Vec<u8> {
    let name = u8::try_from(stamp.len()).expect("a short stamp");
    let size = name + 1;
    assert!(size < 0x80, "a size of one byte");
    [component, &[0, size, name], stamp.as_bytes()].concat()
}
