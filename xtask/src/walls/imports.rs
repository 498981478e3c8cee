//! What a file of Rust imports from its own crate, as text: `use` with its braces spelled out, and paths in the code. Where
//! a name comes to is `files`.

/// What a file names of its crate, each as the parts of a path that begins with `crate`, `self` or `super`.
pub(super) struct Imports {
    /// Those that others may import from it in turn.
    pub(super) public: Vec<Vec<String>>,
    /// All of them.
    pub(super) all: Vec<Vec<String>>,
}

/// Reads a file. What its unit tests import does not count.
pub(super) fn read(text: &str) -> Imports {
    let code =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut imports = Imports { public: Vec::new(), all: Vec::new() };
    let mut rest = String::new();
    for statement in code.split_inclusive([';', '{', '}']) {
        rest.push_str(statement);
        let begin = rest.rfind("use ").filter(|at| is_use(&rest[..*at]));
        let Some(begin) = begin else {
            if !statement.ends_with('{') || !rest.trim_start().starts_with("use ") {
                paths(&rest, &mut imports.all);
                rest.clear();
            }
            continue;
        };
        if !rest.ends_with(';') {
            continue;
        }
        let is_public = rest[..begin].trim_end().ends_with("pub") || rest[..begin].trim_end().ends_with(')');
        let tree =
            rest[begin + "use ".len()..rest.len() - 1].split_whitespace().collect::<Vec<_>>().join(" ");
        for path in spelled_out(&tree).into_iter().filter(|path| is_own(path)) {
            if is_public {
                imports.public.push(path.clone());
            }
            imports.all.push(path);
        }
        rest.clear();
    }
    imports
}

/// Whether what stands before `use` lets it be a statement.
fn is_use(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default().trim();
    line.is_empty() || line == "pub" || line.starts_with("pub(") && line.ends_with(')')
}

fn is_own(path: &[String]) -> bool {
    path.first().is_some_and(|first| ["crate", "self", "super"].contains(&first.as_str()))
}

/// `a::{b, c::d as e}` as `a::b` and `a::c::e`: the name under which it is known.
fn spelled_out(tree: &str) -> Vec<Vec<String>> {
    let Some((before, inner)) = tree.split_once('{') else {
        let name = |part: &str| part.trim().split(" as ").next().unwrap_or_default().to_owned();
        return vec![tree.split("::").map(name).collect()];
    };
    let before: Vec<_> =
        before.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let ends = split(inner).into_iter().flat_map(spelled_out);
    ends.map(|end| before.iter().cloned().chain(end).collect()).collect()
}

/// At the commas that are in no braces.
fn split(inner: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[begin..]);
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

/// `super::a::b` wherever it stands in the code.
fn paths(code: &str, into: &mut Vec<Vec<String>>) {
    let words = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let paths = words.filter(|word| word.contains("::"));
    let paths = paths.map(|word| word.split("::").map(str::to_owned).collect::<Vec<_>>());
    into.extend(paths.filter(|path| is_own(path)));
}

#[cfg(test)]
mod tests {
    use super::read;

    fn all(text: &str) -> Vec<String> {
        read(text).all.iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn each_form_of_an_import_is_read() {
        let text = "use std::fmt;\nuse super::{a, b::{C, D as E}};\n// use super::not;\npub(crate) use self::f::G;\n\
                    fn x() -> crate::h::I { let y = super::j(); y }\n#[cfg(test)]\nmod tests { use super::k; }";
        assert_eq!(
            all(text),
            ["super::a", "super::b::C", "super::b::D", "self::f::G", "crate::h::I", "super::j"]
        );
        assert_eq!(read(text).public, [["self", "f", "G"]]);
    }
}
