//! The Rego engine of a build without it: it refuses all rules, so that none is skipped.

use crate::policy::Program;
use crate::rego::answer::{Answers, Definition, RegoProblem, Test};

const MISSING: &str = "this build of aivss-lint has no Rego engine (Cargo feature `rego`)";

/// Compiled rules, of which there are none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rego {}

/// Definitions to prepare alone, of which there are none.
pub(crate) enum Alone {}

impl Alone {
    pub(crate) const fn each(_program: &Program) -> Vec<Self> {
        Vec::new()
    }

    pub(crate) const fn prepare(&self) {
        match *self {}
    }

    pub(crate) const fn problem(&self, _printed: &str) -> RegoProblem {
        match *self {}
    }
}

pub(crate) fn run_tests(_program: &Program) -> Result<Vec<Test>, RegoProblem> {
    Err(RegoProblem::general(MISSING))
}

impl Rego {
    pub(crate) fn compile(_program: &Program) -> Result<Self, RegoProblem> {
        Err(RegoProblem::general(MISSING))
    }

    pub(crate) const fn ask(&self, _input: &str) -> Result<Answers, String> {
        match *self {}
    }

    pub(crate) const fn definitions(&self) -> &[Definition] {
        match *self {}
    }
}
