//! Compiles the wire contract in `proto/` with protox, so that no `protoc` has to be installed.

use std::path::PathBuf;

use prost::Message as _;

const PACKAGES: [&str; 14] = [
    "clouddisk.proto",
    "flavor.proto",
    "image.proto",
    "instance.proto",
    "journal.proto",
    "nasdisk.proto",
    "operation.proto",
    "oss.proto",
    "plugin.proto",
    "route.proto",
    "securitygroup.proto",
    "tenant.proto",
    "tenantadmin.proto",
    "vpc.proto",
];

fn main() -> anyhow::Result<()> {
    println!("cargo:rerun-if-changed=../../proto");
    let descriptors = protox::compile(PACKAGES, ["../../proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    // What `patchbay plugin`, `patchbay journal` and `patchbay tenant` print with `--json`.
    let printed = "#[derive(serde::Serialize)]";
    let build = tonic_prost_build::configure()
        .type_attribute(".patchbay.journal.v1", printed)
        .type_attribute(".patchbay.plugin.v1", printed)
        .type_attribute(".patchbay.tenant.v1", printed);
    build.compile_fds(descriptors)?;
    Ok(())
}
