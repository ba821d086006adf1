//! SDK for authors of cebridge mappers.
//!
//! A mapper turns the data of one ERP into business documents and turns receipts back into the ERP's own format.
//! It is a pure function: no clock, no files, no network. An author writes three functions and one line:
//!
//! ```
//! use cebridge_plugin_sdk::{Doc, Input, Mapped, Mapper, MapperInfo, Problems, Receipt};
//!
//! struct Lines;
//!
//! impl Mapper for Lines {
//!     fn describe() -> MapperInfo {
//!         MapperInfo {
//!             name: "lines".into(),
//!             version: "0.1.0".into(),
//!             input: "one parcel a line: waybill number, a comma, time of signing".into(),
//!             messages: vec!["CEB513".into()],
//!             settings: vec![("logisticsCode".into(), "customs code of the courier".into())],
//!         }
//!     }
//!
//!     fn map(input: &Input) -> Result<Mapped, String> {
//!         let text = std::str::from_utf8(&input.content).map_err(|e| format!("{}: {e}", input.name))?;
//!         let problems = Problems::new();
//!         let mut documents = Vec::new();
//!         for (index, line) in text.lines().enumerate() {
//!             let (number, time) = line.split_once(',').unwrap_or((line, ""));
//!             let record = problems.record(number, index + 1);
//!             if time.is_empty() {
//!                 record.note("time", "the time of signing is missing; write it after a comma");
//!             }
//!             let doc = Doc::new("CEB513", number, index + 1)
//!                 .set("logisticsNo", number)
//!                 .set("logisticsStatus", "S")
//!                 .set("logisticsTime", time);
//!             if record.is_clean() {
//!                 documents.push(doc.into());
//!             }
//!         }
//!         Ok(Mapped { documents, problems: problems.into_list() })
//!     }
//!
//!     fn render_receipt(receipt: &Receipt) -> Result<Vec<u8>, String> {
//!         Ok(receipt.value("returnStatus").unwrap_or_default().as_bytes().to_vec())
//!     }
//! }
//!
//! cebridge_plugin_sdk::export!(Lines);
//! # let content = b"LP1,20260301101500\nLP2".to_vec();
//! # let input = Input { name: "day.csv".into(), content, settings: vec![], at: "20260302080000".into() };
//! # let mapped = Lines::map(&input).unwrap();
//! # assert_eq!((mapped.documents.len(), mapped.problems[0].row), (1, 2));
//! ```
//!
//! Build with `cargo build --release --target wasm32-unknown-unknown` and `crate-type = ["cdylib"]`.
//! Avoid crates that read the clock, the environment or random numbers: a mapper with imports is not loaded.

pub mod bindings;
mod decimal;
mod document;
#[cfg(feature = "json")]
mod json;
mod problems;
pub mod time;

pub use bindings::cebridge::plugin::mapping::{Document, Input, Mapped, MapperInfo, Problem, Receipt, Value};
pub use decimal::{Decimal, DecimalError};
pub use document::Doc;
#[cfg(feature = "json")]
pub use json::{View, parse_json};
pub use problems::{Problems, Record, unfit_character};

/// Interface of a mapper. `export!` makes a component of it.
pub trait Mapper {
    /// Describes the mapper and the settings it reads.
    fn describe() -> MapperInfo;

    /// Maps one input.
    ///
    /// # Errors
    /// The input as a whole can't be read; the text gives the place and the remedy. A source record that can't be
    /// mapped is not an error but a [`Problem`], and then none of its documents may be in the result.
    fn map(input: &Input) -> Result<Mapped, String>;

    /// Renders a receipt in the ERP's own format.
    ///
    /// # Errors
    /// The receipt lacks something the format requires.
    fn render_receipt(receipt: &Receipt) -> Result<Vec<u8>, String>;
}

impl Input {
    /// Returns the setting with that name from the configuration; `None` if it is missing or empty.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        let found = self.settings.iter().find(|(key, _)| key == name);
        found.map(|(_, text)| text.trim()).filter(|text| !text.is_empty())
    }
}

impl Receipt {
    /// Returns the value of the field with that name in any group; `None` if it is missing or empty.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        let found = self.values.iter().find(|value| value.name == name);
        found.map(|value| value.text.as_str()).filter(|text| !text.is_empty())
    }
}

/// Makes the WebAssembly component of a type that implements [`Mapper`]; does nothing on other targets, so that the
/// same crate can be tested natively.
#[macro_export]
macro_rules! export {
    ($mapper:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Component;

            impl $crate::bindings::Guest for Component {
                fn describe() -> $crate::MapperInfo {
                    <$mapper as $crate::Mapper>::describe()
                }

                fn map(input: $crate::Input) -> ::core::result::Result<$crate::Mapped, ::std::string::String> {
                    <$mapper as $crate::Mapper>::map(&input)
                }

                fn render_receipt(
                    receipt: $crate::Receipt,
                ) -> ::core::result::Result<::std::vec::Vec<u8>, ::std::string::String> {
                    <$mapper as $crate::Mapper>::render_receipt(&receipt)
                }
            }

    $crate::bindings::export_mapper!(Component with_types_in $crate::bindings);
        };
    };
}
