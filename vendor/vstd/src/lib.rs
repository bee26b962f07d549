//! The part of Verus's `vstd` that `regorus` uses, with every proof erased.
//!
//! Outside verification (`cfg(verus_keep_ghost)`), the real macros expand to the code they annotate. These expand to the
//! same, without parsing the proofs.
#![no_std]
#![forbid(unsafe_code)]

/// Erases a block of proof.
#[macro_export]
macro_rules! proof {
    ($($proof:tt)*) => {};
}

/// What `use vstd::prelude::*` brings into scope.
pub mod prelude {
    pub use crate::proof;
    pub use vstd_attributes::{verus_spec, verus_verify};
}
