//! Compiles the wire contract in `proto/` with protox, so that no `protoc` has to be installed, and writes for each message
//! what the host asks of all of them (see `message.rs`): a new RPC is named nowhere by hand.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
};

const PACKAGES: [&str; 15] = [
    "audit.proto",
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

/// How the methods are called that change nothing: the standard ones, and the one that tells a key again.
const READS: [&str; 4] = ["Get", "List", "Watch", "RecoverKey"];

/// What a field's name speaks of that the audit trail must not have.
const SECRET: [&str; 4] = ["key", "secret", "password", "token"];

/// How the names of fields end that name a resource which exists.
const RESOURCE: [&str; 5] = ["_id", "_ids", "_ref", "_uuid", "_uid"];

fn main() -> anyhow::Result<()> {
    println!("cargo:rerun-if-changed=../../proto");
    let descriptors = protox::compile(PACKAGES, ["../../proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    std::fs::write(out.join("messages.rs"), messages(&descriptors)?)?;
    // What `patchbay plugin`, `patchbay journal`, `patchbay audit` and `patchbay tenant` print with `--json`.
    let printed = "#[derive(serde::Serialize)]";
    let build = tonic_prost_build::configure()
        .type_attribute(".patchbay.audit.v1", printed)
        .type_attribute(".patchbay.journal.v1", printed)
        .type_attribute(".patchbay.plugin.v1", printed)
        .type_attribute(".patchbay.tenant.v1", printed);
    build.compile_fds(descriptors)?;
    Ok(())
}

/// What `message.rs` includes.
fn messages(descriptors: &FileDescriptorSet) -> anyhow::Result<String> {
    let (mut code, mut rpcs, mut services) = (String::new(), String::new(), String::new());
    for file in &descriptors.file {
        let module = module(file)?;
        for message in &file.message_type {
            responses(&mut code, module, message)?;
        }
        for service in &file.service {
            let name = format!("{}.{}", file.package(), service.name());
            let server = format!("{}Server", service.name().to_upper_camel_case());
            writeln!(services, "$each!({module}::{}_server::{server});", service.name().to_snake_case())?;
            let effects = service
                .method
                .iter()
                .map(|method| effect(file, method))
                .collect::<anyhow::Result<Vec<_>>>()?;
            let makes = effects.contains(&"Creates");
            for method in &service.method {
                let (method_name, effect) = (method.name(), effect(file, method)?);
                writeln!(
                    rpcs,
                    "Rpc {{ service: {name:?}, method: {method_name:?}, path: \"{name}/{method_name}\", effect: Effect::{effect}, changes: {}, makes: {makes} }},",
                    !READS.iter().any(|reads| method_name.starts_with(reads))
                )?;
                let input = method.input_type().rsplit('.').next().unwrap_or_default();
                let message = file.message_type.iter().find(|message| message.name() == input);
                let message = message.with_context(|| format!("{input} is in another file"))?;
                if !method.client_streaming() {
                    request(&mut code, module, message, method_name)?;
                }
            }
        }
    }
    writeln!(code, "/// Every RPC of the contract.\npub static RPCS: &[Rpc] = &[{rpcs}];")?;
    writeln!(
        code,
        "/// `services!(each)` is `each!(PATH)` for each service, with the path of its server in this crate.\n\
         #[macro_export]\nmacro_rules! services {{ ($each:ident) => {{ {services} }}; }}"
    )?;
    Ok(code)
}

/// What an RPC does to its resource. Whatever removes one is called `Delete…` and tells `deleted_time`: the build fails on
/// one that has only the half of that.
fn effect(file: &FileDescriptorProto, method: &MethodDescriptorProto) -> anyhow::Result<&'static str> {
    let output = method.output_type().rsplit('.').next().unwrap_or_default();
    let response = file.message_type.iter().find(|message| message.name() == output);
    let tells_when =
        |message: &DescriptorProto| message.field.iter().any(|field| field.name() == "deleted_time");
    let deletes = method.name().starts_with("Delete");
    ensure!(deletes == response.is_some_and(tells_when), "{}: Delete and deleted_time", method.name());
    Ok(match method.name() {
        _ if deletes => "Deletes",
        name if name.starts_with("Create") => "Creates",
        _ => "Other",
    })
}

/// The module of a package, as `lib.rs` has them.
fn module(file: &FileDescriptorProto) -> anyhow::Result<&str> {
    match file.package() {
        "patchbay.tenant.v1" => Ok("tenant_admin"),
        package => {
            package.trim_start_matches("patchbay.").split('.').next().context("a package without a name")
        }
    }
}

fn responses(code: &mut String, module: &str, message: &DescriptorProto) -> anyhow::Result<()> {
    if ["code", "msg"].iter().all(|name| message.field.iter().any(|field| field.name() == *name)) {
        writeln!(
            code,
            "impl Response for crate::{module}::{} {{ fn with_status(self, code: i32, msg: String) -> Self {{ Self {{ code, msg, ..self }} }} }}",
            message.name()
        )?;
    }
    Ok(())
}

fn request(code: &mut String, module: &str, message: &DescriptorProto, method: &str) -> anyhow::Result<()> {
    let (name, has) = (message.name(), |name: &str| message.field.iter().any(|field| field.name() == name));
    let tenant = if has("tenant_id") { "fn tenant_id(&self) -> &str { &self.tenant_id }" } else { "" };
    let bytes = "fn bytes(&self) -> usize { prost::Message::encoded_len(self) }";
    if !has("apikey") {
        let named = named(message);
        writeln!(code, "impl Request for crate::{module}::{name} {{ {tenant} {bytes} {named} }}")?;
        return Ok(());
    }
    writeln!(code, "impl Request for crate::{module}::{name} {{ {tenant} {bytes} }}")?;
    let named = message.field.iter().filter(|field| is_resource(field, method));
    let mut resources = String::new();
    for field in named {
        if field.label() == Label::Repeated {
            write!(resources, "named.extend(self.{}.iter().map(String::as_str));", field.name())?;
        } else {
            write!(resources, "named.push(self.{}.as_str());", field.name())?;
        }
    }
    writeln!(
        code,
        "impl Keyed for crate::{module}::{name} {{
            fn apikey(&self) -> &str {{ &self.apikey }}
            fn platform_userid(&self) -> &str {{ &self.platform_userid }}
            fn resources(&self) -> Vec<&str> {{
                let mut named: Vec<&str> = Vec::new();
                {resources}
                named.retain(|id| !id.is_empty());
                named
            }}
            fn without_apikey(&self) -> Vec<u8> {{
                prost::Message::encode_to_vec(&Self {{ apikey: String::new(), ..self.clone() }})
            }}
        }}"
    )?;
    Ok(())
}

/// What an operator's request is about: each field that is set, but for secrets. Of a `oneof` nothing is told.
fn named(message: &DescriptorProto) -> String {
    let is_told = |field: &&FieldDescriptorProto| {
        let alone = field.oneof_index.is_none() || field.proto3_optional();
        alone && !SECRET.iter().any(|word| field.name().contains(word))
    };
    let tell = |field: &FieldDescriptorProto| {
        let name = field.name();
        if field.proto3_optional() {
            return format!(
                "if let Some(value) = &self.{name} {{ named.push(format!(\"{name}={{value:?}}\")); }}\n"
            );
        }
        let plain = field.r#type() == Type::String && field.label() != Label::Repeated;
        let form = if plain { "{}" } else { "{:?}" };
        format!("if is_set(&self.{name}) {{ named.push(format!(\"{name}={form}\", self.{name})); }}\n")
    };
    let told: String = message.field.iter().filter(is_told).map(tell).collect();
    if told.is_empty() {
        return String::new();
    }
    format!("fn named(&self) -> Vec<String> {{ let mut named = Vec::new(); {told} named }}")
}

/// Whether a field names something that exists already: all ids but the tenant's, and buckets but the one to be made.
fn is_resource(field: &FieldDescriptorProto, method: &str) -> bool {
    let name = field.name();
    let is_bucket = name == "bucket_name" && method != "CreateUserAndBucket";
    let is_id = RESOURCE.iter().any(|end| name.ends_with(end));
    field.r#type() == Type::String && name != "tenant_id" && (is_id || is_bucket)
}
