//! The built page stays within its budgets for transferred bytes.

#![expect(clippy::print_stdout, reason = "prints what it measured")]

use inturn_tests::{
    machine,
    weight::{PARTS, built, totals},
};

#[test]
fn each_part_of_the_page_is_within_its_budget() {
    let files = built(&machine::client_dir()).expect("the page is built");
    let totals = totals(&files).unwrap_or_else(|sentence| panic!("{sentence}"));
    for (part, total) in PARTS.iter().zip(totals) {
        println!("{}: {total} of {} bytes", part.name, part.budget_bytes);
        assert!(
            total <= part.budget_bytes,
            "All files until {} transfer {total} bytes, more than the budget of {}. \
             `cargo xtask bench -- weight` shows what they consist of. {files:#?}",
            part.name,
            part.budget_bytes
        );
    }
}
