//! Texts for people on the page, in error messages and at the sign-in are plain modern English.

/// Phrases that sound translated.
const BANNED: &[&str] = &[
    "stands in",
    "go on",
    "goes on",
    "whoever",
    "just now",
    "has a fault",
    "had a fault",
    "fault of",
    "does not take",
    "did not take",
    "not take that",
    "stays so",
    "went away",
    "was ended",
    "broke off",
    "not among",
    "any more",
    "nobody can",
    "no money",
    "counts from",
    "speech service",
];

/// All files with texts for people.
const SOURCES: &[(&str, &str)] = &[
    (
        "wording.rs",
        include_str!("../../crates/page-core/src/wording.rs"),
    ),
    (
        "view.rs",
        include_str!("../../crates/page-core/src/view.rs"),
    ),
    (
        "sound.rs",
        include_str!("../../crates/page-core/src/view/sound.rs"),
    ),
    (
        "export.rs",
        include_str!("../../crates/page-core/src/export.rs"),
    ),
    (
        "panel.html",
        include_str!("../../crates/web-documents/src/panel.html"),
    ),
    (
        "edits.rs",
        include_str!("../../crates/page-core/src/edits.rs"),
    ),
    (
        "history.rs",
        include_str!("../../crates/stored/src/history.rs"),
    ),
    (
        "search.rs",
        include_str!("../../crates/stored/src/history/search.rs"),
    ),
    (
        "text.rs",
        include_str!("../../crates/stored/src/history/text.rs"),
    ),
    (
        "failure.rs",
        include_str!("../../crates/stored/src/failure.rs"),
    ),
    (
        "history.html",
        include_str!("../../crates/web-documents/src/history.html"),
    ),
    (
        "recovered.html",
        include_str!("../../crates/web-documents/src/recovered.html"),
    ),
    ("keep-audio.js", include_str!("../../public/keep-audio.js")),
    ("documents.js", include_str!("../../public/documents.js")),
    ("find.js", include_str!("../../public/find.js")),
    ("reading.js", include_str!("../../public/reading.js")),
    ("times.js", include_str!("../../public/times.js")),
    ("edit.js", include_str!("../../public/edit.js")),
    ("editor.js", include_str!("../../public/editor.js")),
    ("index.html", include_str!("../../public/index.html")),
    ("crash.js", include_str!("../../public/crash.js")),
    ("press.js", include_str!("../../public/press.js")),
    ("error.rs", include_str!("../../crates/server/src/error.rs")),
    (
        "refusal.rs",
        include_str!("../../crates/server/src/serve/refusal.rs"),
    ),
    (
        "sign_in.rs",
        include_str!("../../crates/server/src/sign_in.rs"),
    ),
    (
        "page.html",
        include_str!("../../crates/server/src/sign_in/page.html"),
    ),
    (
        "form.html",
        include_str!("../../crates/server/src/sign_in/form.html"),
    ),
    (
        "signed_in.html",
        include_str!("../../crates/server/src/sign_in/signed_in.html"),
    ),
];

#[test]
fn no_text_for_people_sounds_translated() {
    let mut found = Vec::new();
    for (file, source) in SOURCES {
        let text = without_comments(source);
        for phrase in BANNED {
            if text.to_lowercase().contains(phrase) {
                found.push(format!("{file}: {phrase:?}"));
            }
        }
        found.extend(advice_after_a_colon(&text).map(|it| format!("{file}: {it:?}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Finds texts like "It failed: try again." Two sentences are easier to read.
fn advice_after_a_colon(text: &str) -> impl Iterator<Item = String> + '_ {
    const ADVICE: &[&str] = &[
        "press",
        "reload",
        "tell",
        "ask",
        "try",
        "wait",
        "check",
        "connect",
        "sign in",
        "whoever",
        "the person",
        "use",
        "allow",
        "open",
        "copy",
    ];
    text.split(": ").skip(1).filter_map(|rest| {
        let begins = ADVICE.iter().any(|word| {
            let after = rest.strip_prefix(word);
            after.is_some_and(|after| after.starts_with([' ', '.', ',']))
        });
        begins.then(|| rest.chars().take(40).collect())
    })
}

/// Returns the source without comments, on one line.
fn without_comments(source: &str) -> String {
    let lines = source
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
        .map(|line| line.strip_suffix('\\').unwrap_or(line).trim_end());
    lines.collect::<Vec<_>>().join(" ")
}
