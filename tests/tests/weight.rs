//! The built page keeps within its weight budgets.

use inturn_tests::{
    machine,
    weight::{PARTS, built, totals},
};

#[test]
fn each_part_of_the_page_keeps_within_its_budget() {
    let files = built(&machine::client_dir()).expect("the page is built");
    let totals = totals(&files).unwrap_or_else(|sentence| panic!("{sentence}"));
    for (part, total) in PARTS.iter().zip(totals) {
        println!("{}: {total} of {} bytes", part.name, part.budget_bytes);
        assert!(
            total <= part.budget_bytes,
            "All that is needed until {} weighs {total} bytes over the wire, more than {}: look at what \
             `cargo xtask bench -- weight` says it is made of. {files:#?}",
            part.name,
            part.budget_bytes
        );
    }
}
