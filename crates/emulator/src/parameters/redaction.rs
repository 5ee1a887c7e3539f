//! `redact_pii_policies`: the kinds of personal data that are redacted.

use super::list::{json_array, not_one_of};
use crate::refusal::Refusal;

/// Parses a JSON array or a comma-separated list, and checks each name.
pub(super) fn parse(text: &str) -> Result<Vec<String>, Refusal> {
    let names = if text.trim_start().starts_with('[') {
        json_array(NAME, text)?
    } else {
        text.split(',').map(|name| name.trim().to_owned()).collect()
    };
    match names
        .iter()
        .position(|name| !POLICIES.contains(&name.as_str()))
    {
        Some(index) => Err(not_one_of(NAME, index, POLICIES.into_iter())),
        None => Ok(names),
    }
}

const NAME: &str = "redact_pii_policies";
/// The 65 names of the vendor's JavaScript SDK 4.41.5. The Python SDK 1.8.2 has 47 of them.
const POLICIES: [&str; 65] = [
    "account_number",
    "banking_information",
    "blood_type",
    "corporate_action",
    "credit_card_cvv",
    "credit_card_expiration",
    "credit_card_number",
    "date",
    "date_interval",
    "date_of_birth",
    "day",
    "drivers_license",
    "drug",
    "duration",
    "effect",
    "email_address",
    "event",
    "filename",
    "financial_metric",
    "gender",
    "gender_sexuality",
    "healthcare_number",
    "injury",
    "ip_address",
    "language",
    "location",
    "location_address",
    "location_address_street",
    "location_city",
    "location_coordinate",
    "location_country",
    "location_state",
    "location_zip",
    "marital_status",
    "medical_code",
    "medical_condition",
    "medical_process",
    "money_amount",
    "month",
    "nationality",
    "number_sequence",
    "occupation",
    "organization",
    "organization_id",
    "organization_medical_facility",
    "passport_number",
    "password",
    "person_age",
    "person_name",
    "phone_number",
    "physical_attribute",
    "political_affiliation",
    "product",
    "project",
    "religion",
    "sexuality",
    "statistics",
    "time",
    "trend",
    "url",
    "us_social_security_number",
    "username",
    "vehicle_id",
    "year",
    "zodiac_sign",
];
