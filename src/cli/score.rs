//! `score`: the breakdown of scores, from files or from single inputs.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::aivss::{ALL, Factor, Formula, INPUT_DECIMALS};
use crate::cli::common::{CliError, emit_to_stdout, look, refuse_stdin};
use crate::cli::lint_files::lint_files;
use crate::cli::run::{CheckOptions, CheckRun, sound_policy};

use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::Owner;
use crate::fix::is_unreadable;
use crate::input_error::InputError;
use crate::likeness::nearest;
use crate::model::{Assessment, Factors, GivenFactor, Multiplier, Spanned};
use crate::output::{
    Formulas, Tone, begin_line, painted, write_breakdown, write_breakdowns_json, write_score_table,
};
use crate::report::Verdict;
use crate::score::{ScoreBreakdown, score};
use crate::source::Span;
use crate::workspace::FileTree;
use crate::workspace::repository::Repository;

/// The files up to which each score is explained.
const FEW: usize = 3;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint score agents/planner     explain the scores of the threat models below a folder
  aivss-lint score --all a.yaml       show the same inputs by every version of the standard
  aivss-lint score --cvss 7.1 --threat attacked --factor autonomy=1,tools=0.5,...
                                      explain single inputs, including all ten factors

It names declared values that are wrong; `aivss-lint` reports why.

Exit status: 0 every score was computed, 2 one was not, or a file could not be read.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Files and folders with threat models (default: this folder)
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The CVSS v4.0 vector or base score
    #[arg(long, value_name = "VECTOR|BASE", conflicts_with = "paths")]
    cvss: Option<String>,
    /// Agentic factors, by their keys here or in OWASP's report (comma-separated)
    #[arg(long = "factor", value_name = "NAME=VALUE", conflicts_with = "paths")]
    #[arg(value_delimiter = ',', value_parser = parse_factor)]
    factors: Vec<(Factor, Decimal)>,
    /// The threat multiplier: attacked, proof-of-concept (the default), unreported, or a number
    #[arg(long, value_name = "NAME|NUMBER", conflicts_with = "paths")]
    threat: Option<String>,
    /// The mitigation factor: none (the default), partial, strong, or a number
    #[arg(long, value_name = "NAME|NUMBER", conflicts_with = "paths")]
    mitigation: Option<String>,
    /// Compute by this formula instead of the declared one (single inputs: 0.8)
    #[arg(long, value_name = "VERSION", value_parser = parse_formula)]
    formula: Option<&'static Formula>,
    /// Show the same inputs by every formula
    #[arg(long)]
    all: bool,
    /// Explain each score of more than three files, too, instead of a table
    #[arg(long)]
    details: bool,
    /// Write this format
    #[arg(short, long, value_name = "FORMAT", default_value = "human")]
    format: ScoreFormat,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ScoreFormat {
    /// For people
    Human,
    /// For programs, see schemas/score.json
    Json,
}

fn parse_factor(text: &str) -> Result<(Factor, Decimal), String> {
    let (name, value) = text.split_once('=').ok_or("a factor is written NAME=VALUE")?;
    let name = name.trim();
    let factor = Factor::with_key(name).or_else(|| Factor::with_report_key(name)).ok_or_else(|| {
        let keys = Factor::ALL.into_iter().map(Factor::key);
        let keys = keys.chain(Factor::ALL.into_iter().filter_map(Factor::report_key));
        let help = nearest(name, keys).map_or_else(
            || Factor::ALL.map(Factor::key).join(", "),
            |meant| format!("did you mean `{meant}`?"),
        );
        format!("unknown factor `{name}`: {help}")
    })?;
    Ok((factor, parse_factor_value(value)?))
}

pub(crate) fn parse_factor_value(text: &str) -> Result<Decimal, String> {
    let value = Decimal::parse(text.trim()).map_err(|_| format!("`{text}` is not a number"))?;
    if !value.within(Decimal::ZERO, Decimal::ONE) {
        return Err("a factor must be between 0.0 and 1.0".to_owned());
    }
    // Several such factors may add up to a sum that hides it.
    if value.needed_decimals() > INPUT_DECIMALS {
        return Err(format!("{value} has more than {INPUT_DECIMALS} decimals"));
    }
    Ok(value)
}

fn parse_formula(text: &str) -> Result<&'static Formula, String> {
    let known = ALL.map(|formula| formula.version).join(", ");
    Formula::named(text).ok_or_else(|| format!("unknown formula, expected one of {known}"))
}

/// Explains the scores; passes if all of them can be computed, or may be missing.
pub(crate) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, CliError> {
    let is_given = arguments.cvss.is_some() || arguments.threat.is_some() || arguments.mitigation.is_some();
    let (breakdowns, errors) = if is_given || !arguments.factors.is_empty() {
        (vec![of_inputs(arguments)?], Vec::new())
    } else {
        of_files(arguments, repository)?
    };
    let files = breakdowns.iter().filter_map(|one| one.path.as_deref()).collect::<BTreeSet<_>>().len();
    let formulas = if arguments.all { Formulas::All } else { Formulas::One };
    emit_to_stdout(|stdout| match arguments.format {
        ScoreFormat::Json => write_breakdowns_json(&breakdowns, &errors, formulas, stdout),
        ScoreFormat::Human if !arguments.details && !arguments.all && files > FEW => {
            let look = look();
            write_score_table(&breakdowns, look, stdout)?;
            let hint = "aivss-lint score FILE explains one score, --details explains all";
            writeln!(stdout, "\n{}", painted(hint, Tone::Dim, look))?;
            write_errors(&errors, stdout)
        }
        ScoreFormat::Human => {
            for (at, breakdown) in breakdowns.iter().enumerate() {
                if at > 0 {
                    writeln!(stdout)?;
                }
                write_breakdown(breakdown, formulas, look(), stdout)?;
            }
            if !breakdowns.is_empty() && !errors.is_empty() {
                writeln!(stdout)?;
            }
            write_errors(&errors, stdout)
        }
    })?;
    let is_whole = errors.is_empty() && breakdowns.iter().all(ScoreBreakdown::is_sound);
    Ok(if is_whole { Verdict::Passed } else { Verdict::CannotCheck })
}

fn write_errors(errors: &[InputError], out: &mut dyn Write) -> io::Result<()> {
    for error in errors {
        writeln!(out, "{}", begin_line(&format!("{}: {error}", error.path())))?;
    }
    Ok(())
}

/// The breakdown of inputs given as arguments, all of which are required: there is no hidden default.
fn of_inputs(arguments: &Arguments) -> Result<ScoreBreakdown, CliError> {
    let span = Span::new(0, 0);
    let formula = arguments.formula.or_else(|| Formula::named("0.8"));
    let cvss = arguments.cvss.as_deref();
    let base = cvss.and_then(|cvss| Decimal::parse(cvss).ok()).map(|base| Spanned::new(base, span));
    let vector = cvss.filter(|_| base.is_none());
    if let Some(neither) = vector.filter(|vector| !vector.contains('/')) {
        return Err(format!("--cvss {neither}: neither a number (8.5) nor a CVSS v4.0 vector").into());
    }
    let given = arguments.factors.iter().map(|(factor, value)| {
        let number = Some(Spanned::new(*value, span));
        GivenFactor { factor: *factor, key: span, number, empty: None, rationale: None }
    });
    let given = given.collect();
    let factors = Factors { readable: true, given, keys: Factor::keys(), ..Factors::default() };
    let assessment = Assessment {
        owner: Owner::Agent,
        version: formula.map(|formula| Spanned::new(formula.version.into(), span)),
        cvss_absent: cvss.is_none(),
        vector_written: vector.is_some(),
        vector: vector.map(|vector| Spanned::new(vector.into(), span)),
        base,
        factors,
        threat: arguments.threat.as_deref().map(|given| Spanned::new(multiplier(given), span)),
        mitigation: arguments.mitigation.as_deref().map(|given| Spanned::new(multiplier(given), span)),
        ..Assessment::default()
    };
    let breakdown = ScoreBreakdown::of_inputs(score(&Arc::new(assessment)));
    let missing = breakdown.missing_inputs();
    if missing.is_empty() { Ok(breakdown) } else { Err(CliError::from(missing.join("; "))) }
}

fn multiplier(given: &str) -> Multiplier {
    Decimal::parse(given).map_or_else(|_| Multiplier::Named(given.into()), Multiplier::Number)
}

/// The breakdowns of files, and the errors that prevented others.
fn of_files(
    arguments: &Arguments,
    repository: &Repository,
) -> Result<(Vec<ScoreBreakdown>, Vec<InputError>), CliError> {
    refuse_stdin(&arguments.paths, "explained")?;
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here } else { &*arguments.paths };
    let head = FileTree::WorkTree(repository);
    let options = CheckOptions::new(paths, Date::today());
    let policy = sound_policy(None, head)?;
    let report = lint_files(CheckRun { options: &options, head, policy: &policy, rows: None }).report;
    let (mut all, mut errors) = (Vec::new(), report.input_errors);
    for file in report.files.iter().filter(|file| !file.is_policy()) {
        let own: Vec<ScoreBreakdown> = (file.models.iter())
            .flat_map(|model| ScoreBreakdown::of_model(file.name(), model, arguments.formula))
            .collect();
        if own.is_empty() || file.diagnostics.iter().any(is_unreadable) {
            errors.push(InputError::unreadable(
                file.name(),
                "it cannot be read as it should: run `aivss-lint`",
            ));
        } else {
            all.extend(own);
        }
    }
    for error in &mut errors {
        if let InputError::EmptyFolder { path, found: None } = error {
            *error = InputError::unreadable(&**path, "no threat model here, so there is nothing to explain");
        }
    }
    errors.sort();
    Ok((all, errors))
}
