//! A threat model as a page shows it: the agent, the working of its scores, what the layers say. Owned data, gathered
//! from a file; [`crate::score::assessed`] is what every report keeps, and this is the rest.
//!
//! A profile describes and does not judge: what is wrong, the rules say.

use crate::aivss::Factor;
use crate::model::{Assessment, DetectedFormat, Layer, LayerKind, Model, Spanned, TextKind, blank, detect};
use crate::score::assessed::word;
use crate::score::breakdown::{Sheet, sheets_of};
use crate::source::{Position, Source};
use crate::syntax;

/// One threat model.
#[derive(Debug)]
pub struct Profile {
    /// Where it begins.
    pub position: Position,
    /// What the agent does.
    pub summary: Option<String>,
    /// Who answers for the model.
    pub owner: Option<String>,
    /// The day of the last review.
    pub reviewed: Option<String>,
    /// Who approved the release.
    pub approved_by: Option<String>,
    /// The agent's own score first, then those of its findings.
    pub scores: Vec<Score>,
    /// The seven layers, in formats that have them.
    pub layers: Vec<Answered>,
}

/// A score with its working and what people wrote beside it.
#[derive(Debug)]
pub struct Score {
    /// The working.
    pub sheet: Sheet,
    /// What the finding is called.
    pub title: Option<String>,
    /// Why factors have their values.
    pub rationales: Vec<(Factor, String)>,
    /// What a mitigation factor rests on.
    pub evidence: Option<String>,
}

/// A layer's answer.
#[derive(Debug)]
pub struct Answered {
    /// Which layer.
    pub kind: LayerKind,
    /// The answer in a word: mapped, uncertain, not-applicable, blank, unreadable.
    pub answer: &'static str,
    /// Its text: the analysis, or the reason why it does not apply.
    pub text: Option<String>,
    /// Its threats.
    pub threats: Vec<Threat>,
}

/// A threat of a layer.
#[derive(Debug)]
pub struct Threat {
    /// Its identifier.
    pub id: Option<String>,
    /// What it is called.
    pub title: Option<String>,
    /// Where it stands, in the file's word.
    pub status: Option<String>,
    /// What is done about it.
    pub mitigation: Option<String>,
    /// Whether it counts as open.
    pub open: bool,
}

/// The threat models of a file, in order. Of a file that cannot be read there are none.
pub fn profiles(source: &Source) -> Vec<Profile> {
    let document = syntax::parse(source);
    let models = document.roots().filter_map(|root| match detect(root) {
        DetectedFormat::Model(format) if format.overfull(root).is_none() => Some(format.read(root)),
        DetectedFormat::Model(_)
        | DetectedFormat::Misspelled(..)
        | DetectedFormat::Unmarked
        | DetectedFormat::Other => None,
    });
    models.map(|model| profile(model, source)).collect()
}

fn profile(model: Model<'_>, source: &Source) -> Profile {
    let said: Vec<_> = model
        .assessments()
        .map(|(finding, assessment)| {
            let title = finding.and_then(|finding| finding.title).map(|title| title.value.to_owned());
            (title, rationales(assessment), owned(assessment.evidence))
        })
        .collect();
    let layers = model.maestro.iter().flat_map(|maestro| &maestro.layers);
    Profile {
        position: source.position(model.key_span.start),
        summary: owned(model.agent.summary.filter(|summary| blank(summary.value, TextKind::Prose).is_none())),
        owner: owned(model.agent.owner),
        reviewed: owned(model.review.date),
        approved_by: owned(model.review.approved_by),
        layers: layers.map(answered).collect(),
        scores: {
            let sheets = sheets_of(model, source, None);
            // A model without a score has a sheet that says so.
            let unscored = sheets.len() - said.len().min(sheets.len());
            let said = std::iter::repeat_with(Default::default).take(unscored).chain(said);
            let score = |(sheet, (title, rationales, evidence))| Score { sheet, title, rationales, evidence };
            sheets.into_iter().zip(said).map(score).collect()
        },
    }
}

fn owned(at: Option<Spanned<&str>>) -> Option<String> {
    at.map(|at| at.value.to_owned())
}

fn rationales(assessment: &Assessment<'_>) -> Vec<(Factor, String)> {
    let given = assessment.factors.given.iter();
    given.filter_map(|given| Some((given.factor, given.rationale?.to_owned()))).collect()
}

fn answered(layer: &Layer<'_>) -> Answered {
    let threats = layer.threats.iter().map(|threat| Threat {
        id: threat.id.map(str::to_owned),
        title: threat.title.map(str::to_owned),
        status: threat.status.map(str::to_owned),
        mitigation: threat.mitigation.map(str::to_owned),
        open: threat.open,
    });
    let analysis = layer.analysis.map(|analysis| analysis.value);
    Answered {
        kind: layer.kind,
        answer: word(layer.answer),
        text: layer.reason.filter(|_| word(layer.answer) == "not-applicable").or(analysis).map(str::to_owned),
        threats: threats.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_holds_what_the_file_says_beside_its_numbers() {
        let text = include_str!("../rules/stock.yaml")
            .replace("dynamic_identity: 0.5", "dynamic_identity: { score: 0.5, rationale: One token. }")
            .replace("agent:\n", "agent:\n  summary: Plans trips.\n");
        let source = Source::decode("threat-model.yaml", text.into_bytes());
        let profiles = profiles(&source);
        let [profile] = profiles.as_slice() else { panic!("{profiles:?}") };
        assert_eq!(profile.summary.as_deref(), Some("Plans trips."));
        let [score] = profile.scores.as_slice() else { panic!("{profile:?}") };
        assert_eq!(score.rationales, [(Factor::DynamicIdentity, "One token.".to_owned())]);
        assert_eq!(profile.layers.len(), 7);
        assert!(profile.layers.iter().all(|layer| layer.text.is_some()), "{:?}", profile.layers);
    }

    #[test]
    fn a_model_without_a_score_has_a_sheet_that_says_so() {
        let text = "aivss_threat_model: 1\nfindings:\n  - { id: F, title: Leak, aivss: {} }\n";
        let profiles = profiles(&Source::decode("a.yaml", text.as_bytes().to_vec()));
        let scores: Vec<_> = profiles[0].scores.iter().map(|score| score.title.as_deref()).collect();
        assert_eq!(scores, [None, Some("Leak")]);
    }
}
