//! What stands for the Rego engine in a build without it: rules in Rego are then a fault, never passed over.

use super::answer::{Answer, Fault};

/// No rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rego;

impl Rego {
    /// Refuses every module.
    ///
    /// # Errors
    /// Always.
    pub(super) fn compile(_modules: &[(String, String)], _packages: &[String]) -> Result<Self, Fault> {
        Err(Fault::general("this build of aivss-lint has no Rego engine (Cargo feature `rego`)"))
    }

    /// There is nothing to ask.
    ///
    /// # Errors
    /// Always.
    #[expect(
        clippy::unused_self,
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature is that of the engine"
    )]
    pub(super) fn ask(&self, _input: &str) -> Result<Vec<Answer>, String> {
        Err("this build of aivss-lint has no Rego engine".to_owned())
    }
}
