//! The files of a crate, and which of them need each other. A file may use what the file of its own module's parents
//! defines; what those hand on from another file counts as that file's.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::graph::Graph;
use super::imports::{self, Imports};

/// A module's path within its crate.
type Module = Vec<String>;

/// The circles of the crate whose sources are there.
pub(super) fn circles(source: &Path) -> Result<Vec<String>> {
    let mut files = BTreeMap::new();
    collect(source, &mut Vec::new(), &mut files)?;
    let mut graph = Graph::default();
    for (module, imports) in &files {
        for path in &imports.all {
            let Some((target, name)) = resolve(&files, module, path) else { continue };
            if !module.starts_with(&target) {
                graph.takes(&shown(module), &shown(&target), &name);
            }
        }
    }
    Ok(graph.circles())
}

fn collect(directory: &Path, module: &mut Module, files: &mut BTreeMap<Module, Imports>) -> Result<()> {
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            module.push(name);
            collect(&path, module, files)?;
            module.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let is_parent = ["lib", "main", "mod"].contains(&name.as_str());
            let own = module.iter().cloned().chain((!is_parent).then_some(name)).collect();
            files.insert(own, imports::read(&fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

/// The file in which a path ends, and the name that is taken from it.
fn resolve(files: &BTreeMap<Module, Imports>, module: &Module, path: &[String]) -> Option<(Module, String)> {
    let (mut at, mut rest) = (module.clone(), path);
    while let [first, more @ ..] = rest {
        match first.as_str() {
            "crate" => at.clear(),
            "super" => drop(at.pop()?),
            "self" => {}
            _ => break,
        }
        rest = more;
    }
    while let [first, more @ ..] = rest {
        let deeper: Module = at.iter().cloned().chain([first.clone()]).collect();
        if !files.contains_key(&deeper) {
            break;
        }
        (at, rest) = (deeper, more);
    }
    let name = rest.first().cloned().unwrap_or_else(|| "*".to_owned());
    let handed_on = files.get(&at)?.public.iter().find(|public| public.last() == Some(&name));
    match handed_on {
        Some(public) if module != &at || public.as_slice() != path => resolve(files, &at, public),
        _ => Some((at, name)),
    }
}

fn shown(module: &Module) -> String {
    if module.is_empty() { "the crate's root".to_owned() } else { module.join("/") }
}
