//! Looks for programs of others that tests use: a Python with gRPC, and OpenSSL's. Where one is not there, its tests are
//! ignored, and the report says so.

use std::path::Path;
use std::process::Command;

/// In this order: Debian's packages are for Debian's own alone.
const PYTHONS: [&str; 2] = ["python3", "/usr/bin/python3"];
/// Prints the interpreter, and where its compiler of proto files is.
const PROBE: &str =
    "import sys, grpc, grpc_tools.protoc as protoc; print(sys.executable); print(protoc.__file__)";
/// Changes whenever Debian installs something.
const INSTALLED: &str = "/var/lib/dpkg/status";

fn main() {
    // Not when PATH changes: cargo has another one below rustup than alone, and each change would build all tests anew.
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(no_python_grpc, no_openssl)");
    if !Command::new("openssl").arg("version").output().is_ok_and(|told| told.status.success()) {
        println!("cargo::rustc-cfg=no_openssl");
    }
    let (python, changes) = if let Some((python, protoc)) = PYTHONS.iter().find_map(|python| probe(python)) {
        (python, protoc)
    } else {
        println!("cargo::rustc-cfg=no_python_grpc");
        ("python3".to_owned(), INSTALLED.to_owned())
    };
    println!("cargo::rustc-env=PYTHON_WITH_GRPC={python}");
    // A file that is not there would count as changed each time.
    if Path::new(&changes).exists() {
        println!("cargo::rerun-if-changed={changes}");
    }
}

fn probe(python: &str) -> Option<(String, String)> {
    let probed = Command::new(python).args(["-c", PROBE]).output().ok()?;
    let told = probed.status.success().then(|| String::from_utf8(probed.stdout).ok())??;
    let (python, protoc) = told.trim().split_once('\n')?;
    Some((python.to_owned(), protoc.to_owned()))
}
