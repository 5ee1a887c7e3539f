//! Lists as query parameters.

use crate::refusal::Refusal;

/// Returns the service's error for an unknown list item, which names the item by its index.
pub(super) fn not_one_of(
    name: &str,
    index: usize,
    values: impl Iterator<Item = &'static str>,
) -> Refusal {
    let quoted: Vec<String> = values.map(|value| format!("'{value}'")).collect();
    let listed = match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    };
    Refusal::input(
        &format!("{name}.{index}"),
        &format!("Input should be {listed}"),
    )
}

/// Parses a JSON array of strings.
pub(super) fn json_array(name: &str, text: &str) -> Result<Vec<String>, Refusal> {
    serde_json::from_str(text).map_err(|_| Refusal::input(name, "Invalid JSON array"))
}
