//! What a filter of ONTAP's asks for, held against what a record shows: an array that does not know a filter answers with
//! all that it has.

use serde_json::Value;

/// Whether the record shows, in each of the fields, one of the values that the filter gives: `a|b*` is "a", or what begins
/// with "b".
pub(crate) fn fits(record: &Value, filters: &[(&str, &str)]) -> bool {
    filters.iter().all(|(name, wanted)| match at(record, name) {
        Some(Value::String(text)) => is_one(text, wanted),
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).any(|text| is_one(text, wanted)),
        _ => false,
    })
}

/// The field of a dotted name, as "svm.name".
fn at<'a>(record: &'a Value, name: &str) -> Option<&'a Value> {
    name.split('.').try_fold(record, |value, part| value.get(part))
}

fn is_one(text: &str, wanted: &str) -> bool {
    wanted.split('|').any(|one| match one.strip_suffix('*') {
        Some(head) => text.starts_with(head),
        None => text == one,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_has_to_show_what_was_asked_for() {
        let filters = [("svm.name", "svm1"), ("state", "queued|running"), ("description", "POST /v*")];
        let record = |svm: &str, state: &str, description: &str| json!({"svm": {"name": svm}, "state": state, "description": description});
        assert!(fits(&record("svm1", "running", "POST /volumes/1"), &filters));
        for other in [
            record("svm2", "running", "POST /volumes/1"),
            record("svm1", "success", "POST /volumes/1"),
            record("svm1", "queued", "DELETE /volumes/1"),
            json!({"svm": {"name": "svm1"}, "state": "queued"}),
        ] {
            assert!(!fits(&other, &filters), "{other}");
        }
        let interface = json!({"services": ["data_core", "data_nfs"]});
        assert!(fits(&interface, &[("services", "data_nfs")]) && !fits(&interface, &[("services", "data")]));
    }
}
