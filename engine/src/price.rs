//! What WhatsApp charges for a message: by the country of the number, the category and the month, as a dated table says. The
//! table is data, `engine/prices/whatsapp.csv`, and an operator may add to it; what a message really was is Meta's word
//! ([`Pricing`]), which comes with its statuses.

mod money;
mod pricing;
mod read;
mod table;

pub use money::{Code, Country, Currency, Money, Sums};
pub use pricing::{Charge, PriceCategory, PriceKind, Pricing};
pub use read::BadPrices;
pub use table::{FreeWhen, Price, Prices};
