//! The configuration's reference: its JSON schema, for editors, and docs/configuration.md. Both are made of the structs that
//! read the file. What a key means must not be said here: that is the doc comment of its field.

use std::iter::once;

use patchbay_rollout::LIVE;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;

/// Where more is said of a table.
const MORE: [(&str, &str); 6] = [
    ("[grpc.tls]", "How certificates are put in place is in [operations.md](operations.md#tls)."),
    ("[auth]", "What is in the operators' file is in [operations.md](operations.md#operators)."),
    ("[audit]", "What is written, and how it is read, is in [operations.md](operations.md#who-did-what)."),
    ("[auth.permission]", "How it is asked is in [api.md](api.md#whether-a-user-may)."),
    ("[membership]", "What several hosts have in common is in [operations.md](operations.md#several-hosts)."),
    (
        "[[route]]",
        "Each plugin's upstreams and settings are in [operations.md](operations.md#regions-upstreams-routes).",
    ),
];

/// The units that are parts of names, and what many of each are called.
const MANY: [(&str, u64, &str); 6] = [
    ("ms", 86_400_000, "d"),
    ("ms", 3_600_000, "h"),
    ("ms", 60_000, "min"),
    ("ms", 1_000, "s"),
    ("bytes", 1 << 20, "MiB"),
    ("bytes", 1 << 10, "KiB"),
];

/// A table, or one form of it where it has several.
struct Section {
    heading: String,
    form: String,
    about: String,
    rows: Vec<String>,
}

/// What an editor checks the file with.
#[must_use]
pub fn schema() -> Value {
    made(SchemaSettings::draft07())
}

/// The text of docs/configuration.md.
#[must_use]
pub fn markdown() -> String {
    let live: Vec<_> = LIVE.iter().map(|key| format!("`{key}`")).collect();
    let mut text = include_str!("introduction.md").replace("LIVE", &live.join(", "));
    let (mut sections, root) = (Vec::new(), ordered());
    collect(&mut sections, ("", ""), &described(&root), &root);
    for Section { heading, form, about, rows } in sections {
        let more = MORE.iter().find(|(table, _)| *table == heading).map_or("", |(_, more)| more);
        let heading = if heading == "[]" { "The file".to_owned() } else { format!("`{heading}`") };
        text += &format!("\n## {heading}{form}\n\n{}\n\n", format!("{about} {more}").trim_end());
        text += &format!("| key | type | default | meaning |\n|---|---|---|---|\n{}\n", rows.join("\n"));
    }
    text
}

/// The schema of the file as if it were written: there every key is required, and what is required is listed in the order of
/// the structs, while the properties are sorted.
fn ordered() -> Value {
    made(SchemaSettings::draft07().for_serialize())
}

fn made(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<Config>().to_value()
}

/// The sections of what is at that path of the file, in that form of the table it belongs to.
fn collect(sections: &mut Vec<Section>, (path, form): (&str, &str), about: &str, schema: &Value) {
    if let Some(items) = schema.get("items") {
        return collect(sections, (&format!("[{path}]"), form), about, items);
    }
    if let Some(named) = by_name(schema) {
        return collect(sections, (&format!("{path}.NAME"), form), about, named);
    }
    for one in alternatives(schema) {
        match keys(one).find_map(|(key, value)| Some(format!(", `{key} = {}`", value.get("const")?))) {
            Some(form) => collect(sections, (path, &form), &described(one), one),
            None => collect(sections, (path, form), about, one),
        }
    }
    let own = described(schema);
    let rows: Vec<_> = keys(schema).map(|(key, value)| row(key, value, &own)).collect();
    if !rows.is_empty() {
        let heading = format!("[{path}]");
        add(sections, Section { heading, form: form.to_owned(), about: about.to_owned(), rows });
    }
    for (key, value) in keys(schema) {
        let path = format!("{}.{key}", path.trim_matches(['[', ']']));
        collect(sections, (path.trim_start_matches('.'), form), &described_or(value, &own), value);
    }
}

/// A table that all forms have alike is told once.
fn add(sections: &mut Vec<Section>, new: Section) {
    let mut same = sections.iter_mut().filter(|section| section.heading == new.heading);
    match same.find(|section| section.form == new.form || section.rows == new.rows) {
        Some(section) if section.rows == new.rows => section.form.clear(),
        Some(section) => section.rows.extend(new.rows),
        None => sections.push(new),
    }
}

/// A key's line. The word that tells a form from others, and a form's own table, mean what the form does.
fn row(key: &str, value: &Value, form: &str) -> String {
    let unit = key.split('_').find(|word| MANY.iter().any(|(unit, ..)| unit == word));
    let kind = table(value).map_or_else(|| kind(value), str::to_owned);
    let kind = unit.map_or_else(|| kind.clone(), |unit| format!("{kind}, {unit}"));
    let is_form = value.get("const").is_some() || table(value).is_some();
    let own = if is_form { described_or(value, form) } else { described(value) };
    let meaning: Vec<_> = once(own).chain(alternatives(value).flat_map(words)).collect();
    format!("| `{key}` | {kind} | {} | {} |", default(value, unit), meaning.join(" ").replace('|', "\\|"))
}

fn default(value: &Value, unit: Option<&str>) -> String {
    if let Some(default) = value.get("default").filter(|default| !default.is_null()) {
        let number = default.as_u64().unwrap_or_default();
        let mut units = MANY.iter().filter(|(of, ..)| Some(*of) == unit);
        let many = units.find(|(_, many, _)| number >= *many && number % many == 0);
        let many = many.map(|(_, many, name)| format!(" ({} {name})", number / many));
        return format!("`{default}`{}", many.unwrap_or_default());
    }
    let null = |one: &Value| types(one).any(|word| word == "null");
    match null(value) || value["anyOf"].as_array().into_iter().flatten().any(null) {
        true => "none".to_owned(),
        false => table(value).map_or("*needed*", |_| "below").to_owned(),
    }
}

/// What a value is.
fn kind(value: &Value) -> String {
    let several: Vec<_> = alternatives(value).map(kind).collect();
    let names: Vec<_> = keys(value).map(|(key, _)| key).collect();
    match (value["title"].as_str(), value.get("const"), by_name(value)) {
        (Some(title), ..) => title.to_owned(),
        (_, Some(word), _) => format!("`{word}`"),
        (.., Some(named)) => format!("table of {}s", kind(named)),
        _ if !several.is_empty() => several.join(" or "),
        _ if !names.is_empty() => format!("`{{ {} }}`", names.join(", ")),
        _ => types(value).find(|word| *word != "null").unwrap_or_default().to_owned(),
    }
}

/// What kind of table has sections of its own.
fn table(value: &Value) -> Option<&'static str> {
    let named = by_name(value).is_some_and(|named| named["type"] != "string");
    let array = value.get("items").map(|_| "array of tables");
    array.or(named.then_some("tables by name")).or(keys(value).next().map(|_| "table"))
}

/// The words that may be a value, and what each of them means.
fn words(value: &Value) -> Vec<String> {
    match value.get("const") {
        Some(word) => vec![format!("`{word}`: {}", described(value))],
        None => alternatives(value).flat_map(words).collect(),
    }
}

fn described(value: &Value) -> String {
    value["description"].as_str().unwrap_or_default().replace('\n', " ")
}

fn described_or(value: &Value, other: &str) -> String {
    Some(described(value)).filter(|own| !own.is_empty()).unwrap_or_else(|| other.to_owned())
}

fn types(value: &Value) -> impl Iterator<Item = &str> {
    value["type"].as_array().into_iter().flatten().chain(value.get("type")).filter_map(Value::as_str)
}

/// What is in a table whose names are the operator's.
fn by_name(value: &Value) -> Option<&Value> {
    value.get("additionalProperties").filter(|named| named.is_object())
}

/// The forms that a value may have. What has a title is called by that, whatever its forms are.
fn alternatives(value: &Value) -> impl Iterator<Item = &Value> {
    let forms = ["oneOf", "anyOf"].into_iter().filter_map(|key| value[key].as_array()).flatten();
    forms.filter(|one| value.get("title").is_none() && types(one).all(|word| word != "null"))
}

/// The keys of a table in the order of the struct.
fn keys(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let order = value["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    order.filter_map(|key| Some((key, value["properties"].get(key)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables in it, with the path of each.
    fn tables(path: &str, value: &Value, found: &mut Vec<(String, usize, usize)>) {
        let Some(object) = value.as_object() else {
            value.as_array().into_iter().flatten().for_each(|one| tables(path, one, found));
            return;
        };
        if let Some(properties) = value["properties"].as_object() {
            found.push((path.to_owned(), properties.len(), keys(value).count()));
        }
        object.iter().for_each(|(key, inner)| tables(&format!("{path}/{key}"), inner, found));
    }

    #[test]
    fn the_file_is_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let file = std::fs::read_to_string(path).unwrap_or_default();
        let differs = file.lines().zip(markdown().lines().map(str::to_owned)).find(|(old, new)| old != new);
        assert!(
            file == markdown(),
            "docs/configuration.md is not what the code says, first at {differs:#?}\n\
             Write it anew: cargo run -p patchbay -- config-reference > docs/configuration.md"
        );
    }

    #[test]
    fn every_key_has_a_meaning() {
        let text = markdown();
        let bare: Vec<_> = text.lines().filter(|line| line.ends_with("|  |")).collect();
        assert!(bare.is_empty(), "these keys need a doc comment on their fields: {bare:#?}");
        assert!(!text.contains("[`"), "a link that only rustdoc understands is in a key's doc comment");
    }

    #[test]
    fn no_key_is_left_out() {
        let mut found = Vec::new();
        tables("", &ordered(), &mut found);
        assert!(found.len() > 20, "{found:?}");
        for (path, properties, told) in found {
            assert_eq!(properties, told, "{path}");
        }
    }
}
