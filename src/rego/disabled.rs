//! What stands for the Rego engine in a build without it: rules in Rego are then a fault, never passed over.

use crate::rego::answer::{Answers, Definition, Fault, Program, Test};

/// No rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rego;

const MISSING: &str = "this build of aivss-lint has no Rego engine (Cargo feature `rego`)";

/// No definition.
pub(crate) struct Alone;

#[expect(clippy::unused_self, reason = "the signatures are those of the engine")]
impl Alone {
    /// There are no definitions.
    pub(crate) fn each(_program: Program<'_>) -> Vec<Self> {
        Vec::new()
    }

    /// Does nothing.
    pub(crate) fn prepare(&self) {}

    /// The reason that nothing is compiled.
    pub(crate) fn problem(&self, _printed: &str) -> Fault {
        Fault::general(MISSING)
    }
}

/// Refuses every test.
///
/// # Errors
/// Always.
pub(crate) fn run_tests(_program: Program<'_>) -> Result<Vec<Test>, Fault> {
    Err(Fault::general(MISSING))
}

#[expect(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "the signatures are those of the engine"
)]
impl Rego {
    /// Refuses every module.
    ///
    /// # Errors
    /// Always.
    pub(crate) fn compile(_program: Program<'_>) -> Result<Self, Fault> {
        Err(Fault::general(MISSING))
    }

    /// There is nothing to ask.
    ///
    /// # Errors
    /// Always.
    pub(crate) fn ask(&self, _input: &str) -> Result<Answers, String> {
        Err(MISSING.to_owned())
    }

    /// There are no rules.
    pub(crate) const fn definitions(&self) -> &[Definition] {
        &[]
    }
}
