//! The language server: the answers of a check while a file is written, for editors and coding assistants.
//!
//! [`run`] reads messages in order and answers each before the next. A document is checked once for each of its texts; all
//! features read that result. The server writes no file and prints to standard error only. It keeps the scores of the last
//! text that could be read, and nothing else of earlier texts.
//!
//! One file per feature: each is a function of a [`View`] of one document.

mod completion;
mod cursor;
mod diagnostics;
mod documents;
mod exception;
mod fixes;
mod framing;
mod hints;
mod hover;
mod messages;
mod protocol;
mod session;
mod symbols;
mod trusted;
mod what_if;
mod workspace;

pub use documents::{Encoding, edited};
pub use messages::{run, serve};

use std::borrow::Cow;

use crate::policy::{Scope, Settings};
use crate::score::ScoredModel;
use crate::server::documents::{OpenDocument, PositionedText};
use crate::server::session::ClientFeatures;
use crate::server::workspace::{Checked, Project, Workspace};

/// One document with its result, for a feature.
#[derive(Clone, Copy)]
pub(crate) struct View<'v> {
    pub(crate) document: &'v OpenDocument,
    pub(crate) checked: &'v Checked,
    pub(crate) project: &'v Project,
    pub(crate) workspace: &'v Workspace,
    pub(crate) open: &'v documents::OpenDocuments,
    pub(crate) client: ClientFeatures,
}

impl<'v> View<'v> {
    pub(crate) const fn text(&self) -> &'v PositionedText {
        &self.document.text
    }

    /// The settings of the policy for a threat model.
    pub(crate) fn settings(&self, model: &ScoredModel) -> Option<Cow<'v, Settings>> {
        let (policy, _) = self.project.policy.as_ref()?;
        Some(policy.settings_for(Scope::of(&model.model.agent, &self.checked.path)).0)
    }
}
