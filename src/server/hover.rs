//! Hover: the meaning of a key or a value, in Markdown.

use crate::aivss::cvss::Vector;
use crate::aivss::cvss_words::in_words;
use crate::aivss::{Factor, LayerKind, LayerSet, Reference};
use crate::escape::line;
use crate::explain::page;
use crate::page::parse;
use crate::policy::BuiltIn;
use crate::rules;
use crate::schema::Schema;
use crate::score::{Contribution, Scored};
use crate::server::View;
use crate::server::cursor::{Cursor, word_at};
use crate::server::hints::working;
use crate::server::protocol::{Hover, markdown};
use crate::server::what_if::score_at;
use crate::server::workspace::DocumentKind;
use crate::source::Span;

pub(crate) fn hover(view: &View<'_>, offset: usize) -> Option<Hover> {
    let document = parse(&view.text().source);
    let cursor = Cursor::at(&document, offset)?;
    let (place, text) = match view.checked.kind {
        DocumentKind::Other => return None,
        DocumentKind::Model => of_model(view, &cursor, offset)?,
        DocumentKind::Policy => (cursor.place, of_policy(view, &cursor)?),
        DocumentKind::PolicyTests => (cursor.place, described(Schema::PolicyTest, &cursor)?),
    };
    let range = view.text().range(view.text().source.first_line(place));
    Some(Hover { contents: markdown(text).into(), range: Some(range) })
}

/// A text of a file in a line, so that it is shown as it is.
fn code(text: &str) -> String {
    format!("`{}`", line(text).replace('`', "'"))
}

/// The schema's description of an entry.
fn described(schema: Schema, cursor: &Cursor<'_>) -> Option<String> {
    let parts = schema.parts(&cursor.keys());
    let text = parts.into_iter().find_map(|part| part.get("description")?.as_str())?;
    let name = cursor.path.iter().rev().find(|part| part.parse::<usize>().is_err())?;
    Some(format!("**{}**\n\n{text}", code(name)))
}

fn of_model(view: &View<'_>, cursor: &Cursor<'_>, offset: usize) -> Option<(Span, String)> {
    let word = word_at(view.text().text(), offset);
    if !cursor.is_on_key
        && let Some(entry) = Reference::named(view.text().text().get(word.range())?)
    {
        let (info, url) = (entry.list.info(), entry.url());
        return Some((word, format!("**{}**\n\n[{}]({url})", entry.shown(), info.full_name)));
    }
    let scored = score_at(view, cursor.place);
    let keys = cursor.keys();
    let factor = keys.windows(2).find(|pair| ["factors", "amplification_factors"].contains(&pair[0]));
    if let Some(factor) =
        factor.and_then(|pair| Factor::with_key(pair[1]).or(Factor::with_report_key(pair[1])))
    {
        return Some((cursor.place, of_factor(factor, scored)));
    }
    if let ["maestro", key, ..] = keys.as_slice()
        && let Some(layer) = LayerSet::DEFAULT.with_key(key)
        && keys.len() == 2
    {
        return Some((cursor.place, of_layer(view, cursor, layer)));
    }
    let vector = cursor.node.as_str().filter(|text| text.starts_with("CVSS:"));
    if let Some(vector) = vector {
        return Some((cursor.place, of_vector(vector)));
    }
    let key = keys.iter().rev().find(|key| key.parse::<usize>().is_err())?;
    let is_result = matches!(*key, "aivss" | "score" | "aivss_score" | "aars" | "factor_sum" | "severity")
        || matches!(*key, "factors" | "amplification_factors");
    let schema = view.checked.models.first().map_or(Schema::ThreatModel, |model| model.model.format.schema());
    let described = described(schema, cursor);
    match scored.filter(|_| is_result) {
        Some(scored) => {
            let lead = described.map(|text| text + "\n\n").unwrap_or_default();
            Some((cursor.place, lead + &working(scored)))
        }
        None => Some((cursor.place, described?)),
    }
}

/// The question of a factor with its steps, its share of the score, and the score with one step less.
fn of_factor(factor: Factor, scored: Option<&Scored>) -> String {
    let mut text = format!("**{}**\n\n{}", code(factor.key()), factor.description());
    let Some((scored, now)) = scored.and_then(|scored| Some((scored, scored.working.as_ref()?))) else {
        return text;
    };
    let all = Contribution::of_factors(now, scored.declared.factors.numbers());
    if let Some(one) = all.into_iter().find(|one| one.factor == factor) {
        text += &format!(
            "\n\n- {} adds {} to the score of {}",
            one.value.plain(),
            one.share.round_half_up(2),
            now.score
        );
        if let Some(less) = one.one_less {
            let (score, band) = (less.working.score, less.working.band.name());
            text += &format!("\n- with {} the score is {score} {band}", less.written());
        }
    }
    text
}

/// A layer: its contents, its answer and its threats.
fn of_layer(view: &View<'_>, cursor: &Cursor<'_>, layer: LayerKind) -> String {
    let title = described(Schema::ThreatModel, cursor);
    let mut text = title.unwrap_or_else(|| format!("**{}**\n\n{}", code(layer.key()), layer.contents()));
    let models = view.checked.models.iter().map(|model| &model.model);
    let model = models.into_iter().find(|model| {
        model.layers().iter().any(|own| {
            own.kind == layer && (own.span.contains(cursor.place) || cursor.place.end <= own.span.end)
        })
    });
    let Some(model) = model else { return text };
    if let Some(own) = model.layers().iter().find(|own| own.kind == layer) {
        text += &format!("\n\nThis layer is {}.", own.answer.name());
    }
    for threat in model.threats_of(layer) {
        let titles = threat.references().into_iter().map(|entry| entry.shown());
        let titles = titles.collect::<Vec<_>>().join(", ");
        let titles = if titles.is_empty() { titles } else { format!(" ({titles})") };
        text += &format!(
            "\n- {}: {}{titles}",
            code(threat.short_id().or(threat.short_title()).unwrap_or_default()),
            threat.status.name()
        );
    }
    text
}

fn of_vector(vector: &str) -> String {
    let mut text = match Vector::parse(vector) {
        Ok(vector) => format!("**CVSS v4.0 base score {}**\n", vector.base_score),
        Err(problems) => {
            let problems = problems.iter().map(|problem| format!("- {}\n", code(&problem.message)));
            problems.collect()
        }
    };
    for (part, words) in in_words(vector) {
        text += &format!("\n- `{part}` {words}");
    }
    text
}

fn of_policy(view: &View<'_>, cursor: &Cursor<'_>) -> Option<String> {
    let keys = cursor.keys();
    let rule = match keys.as_slice() {
        ["rules", rule, ..] | ["overrides", _, "rules", rule, ..] => Some(*rule),
        ["exceptions", _, "rule"] if !cursor.is_on_key => cursor.node.as_str(),
        _ => None,
    };
    if let Some(rule) = rule.and_then(rules::resolve) {
        return Some(page(rule));
    }
    if let (["extends", ..], Some(built_in)) =
        (keys.as_slice(), cursor.node.as_str().and_then(BuiltIn::named))
    {
        return Some(format!(
            "Built-in policy `{}`\n\n```yaml\n{}```",
            built_in.name,
            built_in.source().text()
        ));
    }
    let mut text = described(Schema::Policy, cursor)?;
    let (policy, _) = view.project.policy.as_ref()?;
    // The keys of an override are those of the policy, below its number.
    let setting = if let ["overrides", _, rest @ ..] = keys.as_slice() { rest } else { &keys };
    for entry in policy.settings.entries().filter(|entry| entry.path() == setting) {
        let (value, origin) = (&entry.value.value, &entry.value.origin);
        let (place, line) = (code(&origin.to_string()), code(&origin.text));
        text += &format!("\n\nIn force: {value}, set in {place} ({line})");
    }
    for (at, over) in policy.overrides.iter().enumerate() {
        for entry in over.settings.entries().filter(|entry| entry.path() == setting) {
            let (value, place) = (&entry.value.value, code(&entry.value.origin.to_string()));
            text += &format!("\n\nIn override {}: {value}, set in {place}", at + 1);
        }
    }
    Some(text)
}
