//! The flag for a region.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use inturn_service::Region;

/// Parses the name of a region. `--help` lists all of them.
pub fn region() -> impl TypedValueParser<Value = Region> {
    let named = |region: Region| {
        let help = format!("Audio and text stay in {}", region.place());
        PossibleValue::new(region.name()).help(help)
    };
    PossibleValuesParser::new(Region::ALL.map(named)).try_map(|name| name.parse::<Region>())
}
