//! How a component's code is made: in a process of its own where the host has one to start. What a compiler takes, memory
//! above all, and what it does not survive is then not the host's loss. The two meet in wasmtime's cache, from which the
//! host reads what was compiled. What the code may do is not known here.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use wasmtime::component::Component;
use wasmtime::{Cache, CacheConfig, Config, Engine, OptLevel};

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum Uncompiled {
    /// Not a component, or not a whole one.
    #[error("{0:#}")]
    Component(anyhow::Error),
    /// The process that compiles did not come so far as to say.
    #[error("{0}")]
    Process(String),
}

/// A program that compiles what it reads, as `patchbay compile` does.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
}

impl Compiler {
    /// The running binary, also when another has taken the place of its file: only the same version of wasmtime finds
    /// what was compiled.
    #[must_use]
    pub fn this_binary() -> Self {
        Self { program: PathBuf::from("/proc/self/exe") }
    }

    /// Compiles into the cache. The process ends with this future, and sees nothing of the host's environment.
    ///
    /// # Errors
    /// [`Uncompiled::Component`] with what it said; [`Uncompiled::Process`] when it cannot be started or was killed.
    pub(super) async fn compile(&self, bytes: &[u8], cache_directory: &Path) -> Result<(), Uncompiled> {
        let ended = self.run(bytes, cache_directory).await.map_err(|e| Uncompiled::Process(e.to_string()))?;
        match ended.status.code() {
            Some(0) => Ok(()),
            Some(_) => Err(Uncompiled::Component(anyhow::Error::msg(words(&ended)))),
            None => Err(Uncompiled::Process(format!("{} {}", ended.status, words(&ended)))),
        }
    }

    async fn run(&self, bytes: &[u8], cache_directory: &Path) -> io::Result<Output> {
        let mut process = Command::new(&self.program)
            .args(["compile", "--cache-directory"])
            .arg(std::path::absolute(cache_directory)?)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut input) = process.stdin.take() {
            // One that ended before it had read everything says why.
            let _ = input.write_all(bytes).await;
        }
        process.wait_with_output().await
    }
}

/// What a process said, without its name.
fn words(ended: &Output) -> String {
    let said = String::from_utf8_lossy(&ended.stderr);
    said.trim().trim_start_matches("patchbay: ").to_owned()
}

/// What the process does: compiles the component on its standard input into the cache.
///
/// # Errors
/// It cannot be read, or is no component; the cache cannot be used.
pub fn compile_input(cache_directory: &Path) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let engine = Engine::new(&config(cache_directory)?)?;
    Component::from_binary(&engine, &bytes)?;
    Ok(())
}

/// All that decides what code is made of a component, so that both processes mean the same.
pub(super) fn config(cache_directory: &Path) -> anyhow::Result<Config> {
    let mut cache = CacheConfig::new();
    cache.with_directory(std::path::absolute(cache_directory)?);
    let mut wasm = Config::new();
    wasm.wasm_component_model_async(true)
        .epoch_interruption(true)
        // LLVM has optimised a component before: doing it again takes a quarter more time when one is swapped in, and
        // makes no call cheaper.
        .cranelift_opt_level(OptLevel::None)
        .cache(Some(Cache::new(cache)?));
    Ok(wasm)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn compiled(program: &str) -> Result<(), Uncompiled> {
        let compiler = Compiler { program: program.into() };
        compiler.compile(b"a component", Path::new("compiled")).await
    }

    #[tokio::test]
    async fn what_became_of_the_process_is_told() {
        assert!(compiled("/bin/true").await.is_ok());
        assert!(matches!(compiled("/bin/false").await, Err(Uncompiled::Component(_))));
        let missing = compiled("/no/such/compiler").await;
        assert!(matches!(missing, Err(Uncompiled::Process(_))), "it may be there another time");
    }
}
