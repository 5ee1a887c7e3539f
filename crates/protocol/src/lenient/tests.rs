use super::*;

#[derive(Debug, Default, Deserialize, PartialEq)]
struct Outer {
    #[serde(deserialize_with = "or_default")]
    a: String,
    #[serde(deserialize_with = "or_default")]
    b: bool,
    #[serde(deserialize_with = "whole")]
    c: u64,
    #[serde(deserialize_with = "items")]
    list: Vec<Inner>,
    #[serde(deserialize_with = "or_default")]
    inner: Option<Inner>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Inner {
    #[serde(deserialize_with = "index")]
    id: u32,
    #[serde(deserialize_with = "or_default")]
    d: Option<String>,
}

fn outer(text: &str) -> (Outer, Vec<&'static str>) {
    let json = Json::parse(text).expect("the text is JSON");
    let reader = Reader::new(&json);
    let read = reader.read();
    let outer = read.unwrap_or_else(|field| panic!("{field}: {text}"));
    (outer, reader.into_odd_fields())
}

fn inner(text: &str) -> Result<Inner, &'static str> {
    let json = Json::parse(text).expect("the text is JSON");
    Reader::new(&json).read()
}

#[test]
fn the_last_of_two_fields_counts_and_null_is_absent() {
    let (read, odd) = outer(r#"{"c":1,"a":null,"inner":{"id":1,"id":2,"d":null},"c":2}"#);
    assert_eq!((read.c, read.a.as_str()), (2, ""));
    assert_eq!(read.inner, Some(Inner { id: 2, d: None }));
    assert!(odd.is_empty(), "{odd:?}");
}

#[test]
fn an_odd_field_counts_as_absent_and_is_recorded_once() {
    let text =
        r#"{"c":"z","a":"x","b":7,"list":[{"id":1,"d":2},3,{"id":4,"d":[]},null],"inner":[1]}"#;
    let (read, odd) = outer(text);
    assert_eq!((read.a.as_str(), read.b, read.c), ("x", false, 0));
    assert_eq!(
        read.list,
        [1, 4].map(|id| Inner { id, d: None }),
        "an odd item is omitted"
    );
    assert_eq!(read.inner, None, "an array is never an object");
    assert_eq!(odd, ["b", "c", "d", "list", "inner"]);
}

#[test]
fn a_missing_required_field_is_an_error() {
    let (read, odd) = outer(r#"{"list":[{"id":1},{"d":"x"},{"id":-1},{"id":"x"},{"id":2}]}"#);
    let ids: Vec<u32> = read.list.iter().map(|it| it.id).collect();
    assert_eq!((ids, odd), (vec![1, 2], vec!["id"]));
    for text in ["{}", r#"{"id":null}"#, r#"{"id":"x"}"#, r#"{"id":[1]}"#] {
        assert_eq!(inner(text), Err("id"), "{text}");
    }
    for text in ["[]", "null", "7", r#""id""#] {
        assert_eq!(inner(text), Err(""), "{text}");
    }
}

#[test]
fn an_index_is_not_rounded() {
    for (text, index) in [
        ("0", Some(0)),
        ("7.0", Some(7)),
        ("4294967295", Some(u32::MAX)),
        ("4294967296", None),
        ("-1", None),
        ("0.4", None),
        ("1e300", None),
    ] {
        let id = inner(&format!(r#"{{"id":{text}}}"#)).map(|it| it.id);
        assert_eq!(id.ok(), index, "{text}");
    }
}

#[test]
fn other_numbers_are_rounded_into_range() {
    for (text, whole) in [("3.6", 4), ("-1", 0), ("1e300", u64::MAX)] {
        assert_eq!(outer(&format!(r#"{{"c":{text}}}"#)).0.c, whole, "{text}");
    }
}
