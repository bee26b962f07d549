//! `score`: the working of scores, from files or from inputs given one by one. It explains and does not judge.

use std::path::PathBuf;

use clap::Args;

use crate::aivss::Factor;
use crate::aivss::{ALL, Formula, INPUT_DECIMALS};
use crate::cli::gate::{CheckOptions, CliError, Keep, find_policy};
use crate::cli::lint_files::{lint_files as look_at, refuse_stdin};
use crate::cli::{Streams, emit_to_stdout, look};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::Owner;
use crate::did_you_mean::nearest;
use crate::fix::is_unreadable;
use crate::input_error::InputError;
use crate::model::{Assessment, FactorValue, Factors, GivenFactor, Multiplier, Spanned};
use crate::output::{Formulas, begin_line, write_sheet, write_sheets_json};
use crate::report::Verdict;
use crate::score::breakdown::{Sheet, sheets};
use crate::score::score;
use crate::source::Span;
use crate::workspace::discover::Repository;
use crate::workspace::file_tree::FileTree;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint score agents/planner     explain the scores of the threat models below a folder
  aivss-lint score --all a.yaml       what each version of the standard makes of the same inputs
  aivss-lint score --cvss 7.1 --threat attacked --factor autonomy=1,tools=0.5,...
                                      from single inputs, all ten factors among them

It explains and does not judge: a declared number that is wrong is named, and why it is wrong, `aivss-lint` says.

Exit codes: 0 every score could be computed, 2 one could not, or a file could not be read.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Files and folders with threat models; without any, and without inputs, this folder
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// The CVSS v4.0 vector or base score
    #[arg(long, value_name = "VECTOR|BASE", conflicts_with = "paths")]
    cvss: Option<String>,

    /// An agentic factor, of which there are ten; its key here, or that of OWASP's report (several joined by commas)
    #[arg(long = "factor", value_name = "NAME=VALUE", conflicts_with = "paths")]
    #[arg(value_delimiter = ',', value_parser = parse_factor)]
    factors: Vec<(Factor, Decimal)>,

    /// The threat multiplier: attacked, proof-of-concept (the default), unreported, or a number
    #[arg(long, value_name = "NAME|NUMBER", conflicts_with = "paths")]
    threat: Option<String>,

    /// The mitigation factor: none (the default), partial, strong, or a number
    #[arg(long, value_name = "NAME|NUMBER", conflicts_with = "paths")]
    mitigation: Option<String>,

    /// The formula to compute by, whatever a file says; for single inputs it is 0.8 unless you say otherwise
    #[arg(long, value_name = "VERSION", value_parser = parse_formula)]
    formula: Option<&'static Formula>,

    /// Show what every formula makes of the same inputs
    #[arg(long)]
    all: bool,

    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: FormatName,

    #[command(flatten)]
    streams: Streams,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormatName {
    /// For people
    Human,
    /// For programs, see schemas/score.json
    Json,
}

/// A factor by any of its keys, with its value.
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
        format!("there is no factor `{name}`: {help}")
    })?;
    Ok((factor, parse_factor_value(value)?))
}

/// The value of a factor.
pub(crate) fn parse_factor_value(text: &str) -> Result<Decimal, String> {
    let value = Decimal::parse(text.trim()).map_err(|_| format!("`{text}` is no number"))?;
    if !value.within(Decimal::ZERO, Decimal::ONE) {
        return Err("a factor lies between 0.0 and 1.0".to_owned());
    }
    // Several such factors may add up to a sum that hides it.
    if value.needed_decimals() > INPUT_DECIMALS {
        return Err(format!("{value} has more than {INPUT_DECIMALS} decimals"));
    }
    Ok(value)
}

/// A formula by its version.
fn parse_formula(text: &str) -> Result<&'static Formula, String> {
    let known = || ALL.map(|formula| formula.version).join(", ");
    Formula::named(text).ok_or_else(|| format!("there is no such formula: {}", known()))
}

/// Returns that it passed where every score could be computed.
pub(crate) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, CliError> {
    let is_given = arguments.cvss.is_some() || arguments.threat.is_some() || arguments.mitigation.is_some();
    let (sheets, obstacles) = if is_given || !arguments.factors.is_empty() {
        (vec![of_inputs(arguments)?], Vec::new())
    } else {
        of_files(arguments, repository)?
    };
    let formulas = if arguments.all { Formulas::All } else { Formulas::One };
    emit_to_stdout(|stdout| match arguments.format {
        FormatName::Json => write_sheets_json(&sheets, &obstacles, formulas, stdout),
        FormatName::Human => {
            for (at, sheet) in sheets.iter().enumerate() {
                if at > 0 {
                    writeln!(stdout)?;
                }
                write_sheet(sheet, formulas, look(arguments.streams), stdout)?;
            }
            if !sheets.is_empty() && !obstacles.is_empty() {
                writeln!(stdout)?;
            }
            obstacles.iter().try_for_each(|error| {
                writeln!(stdout, "{}", begin_line(&format!("{}: {error}", error.path())))
            })
        }
    })?;
    let is_whole = obstacles.is_empty() && sheets.iter().all(|sheet| sheet.outcome.is_ok());
    Ok(if is_whole { Verdict::Passed } else { Verdict::CannotJudge })
}

/// The sheet of inputs given as arguments, all of which must be there and in range: nothing is filled in unseen.
fn of_inputs(arguments: &Arguments) -> Result<Sheet, CliError> {
    let span = Span::new(0, 0);
    let formula = arguments.formula.or_else(|| Formula::named("0.8"));
    let cvss = arguments.cvss.as_deref();
    let base = cvss.and_then(|cvss| Decimal::parse(cvss).ok()).map(|base| Spanned::new(base, span));
    let vector = cvss.filter(|_| base.is_none()).map(|vector| Spanned::new(vector, span));
    if let Some(neither) = vector.filter(|vector| !vector.value.contains('/')) {
        let message = format!("--cvss {}: neither a number (8.5) nor a CVSS v4.0 vector", neither.value);
        return Err(CliError::Usage(message));
    }
    let given = arguments.factors.iter().map(|(factor, value)| GivenFactor {
        factor: *factor,
        key: span,
        value: FactorValue::Number(Spanned::new(*value, span)),
        rationale: None,
    });
    let assessment = Assessment {
        owner: Owner::Agent,
        key_span: span,
        version: formula.map(|formula| Spanned::new(formula.version, span)),
        cvss_absent: cvss.is_none(),
        vector_written: vector.is_some(),
        vector,
        base,
        factors: Factors {
            key_span: span,
            readable: true,
            given: given.collect(),
            unknown: Vec::new(),
            keys: Factor::keys(),
        },
        threat: arguments.threat.as_deref().map(|given| Spanned::new(multiplier(given), span)),
        mitigation: arguments.mitigation.as_deref().map(|given| Spanned::new(multiplier(given), span)),
        evidence: None,
        factor_sum: None,
        uplift: None,
        score: None,
        undeclared: None,
        severity: None,
    };
    let sheet = Sheet::of(&score(&assessment));
    match &sheet.outcome {
        Ok(_) => Ok(sheet),
        Err(lacking) => Err(CliError::Usage(lacking.join("; "))),
    }
}

fn multiplier(given: &str) -> Multiplier<'_> {
    Decimal::parse(given).map_or(Multiplier::Named(given), Multiplier::Number)
}

/// The sheets of files, and what kept others from being made.
fn of_files(
    arguments: &Arguments,
    repository: &Repository,
) -> Result<(Vec<Sheet>, Vec<InputError>), CliError> {
    refuse_stdin(&arguments.paths, "explained")?;
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here } else { &*arguments.paths };
    let side = FileTree::WorkTree(repository);
    let ask = CheckOptions { keep: Keep::Texts, ..CheckOptions::of(paths, Date::today()) };
    let (policy, _) = find_policy(ask.policy, side)?.map_err(|(name, _)| {
        CliError::Usage(format!("policy {name}: it is broken, so it does not say which files to read"))
    })?;
    let report = look_at(&ask, side, &policy).report;
    let (mut all, mut obstacles) = (Vec::new(), report.obstacles);
    for file in report.files.iter().filter(|file| !file.is_policy) {
        let own = file.source.as_ref().map_or_else(Vec::new, |source| sheets(source, arguments.formula));
        if own.is_empty() || file.diagnostics.iter().any(is_unreadable) {
            let message = "it cannot be read as it should: run `aivss-lint`";
            obstacles.push(InputError::unreadable(file.name(), message));
        } else {
            all.extend(own);
        }
    }
    for obstacle in &mut obstacles {
        if let InputError::EmptyFolder { path } = obstacle {
            *obstacle =
                InputError::unreadable(&**path, "no threat model here, so there is nothing to explain");
        }
    }
    obstacles.sort();
    Ok((all, obstacles))
}
