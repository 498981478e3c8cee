//! Compiles what the client needs of `proto/`, with protox, so that no `protoc` has to be installed.

const PACKAGES: [&str; 4] = ["clouddisk.proto", "flavor.proto", "image.proto", "tenant.proto"];

fn main() -> anyhow::Result<()> {
    println!("cargo:rerun-if-changed=../../proto");
    let descriptors = protox::compile(PACKAGES, ["../../proto"])?;
    tonic_prost_build::configure().build_server(false).compile_fds(descriptors)?;
    Ok(())
}
