//! The working of scores: the JSON of `score` by its schema, its numbers by those of `check`.

use crate::program::program;
use serde_json::Value;

/// The output of a run as JSON, and its exit status.
fn run(arguments: &[&str]) -> (Value, i32) {
    let output = program()
        .args(arguments)
        .args(["--format", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program starts");
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code().unwrap())
}

#[test]
fn json_of_scores_fits_its_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/score.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for (arguments, code) in [
        (&["score", "examples/smolagents"][..], 0),
        (&["score", "--all", "examples/owasp-0.5", "examples/owasp-0.8"], 0),
        (&["score", "examples/faults", "examples/nowhere"], 2),
        (&["score", "--all", "--formula", "0.8-floor", "tests/it/cmd/score.in/planner.threat-model.yaml"], 0),
    ] {
        let (printed, exited) = run(arguments);
        let problems: Vec<String> = schema.iter_errors(&printed).map(|problem| problem.to_string()).collect();
        assert!(problems.is_empty(), "{arguments:?}: {problems:?}");
        assert_eq!(exited, code, "{arguments:?}");
    }
}

#[test]
fn scores_equal_those_of_check() {
    let (printed, _) = run(&["score", "examples"]);
    let (checked, _) = run(&["check", "--today", "2026-11-23", "examples"]);
    let files = checked["files"].as_array().unwrap().iter();
    let scores_of = |file: &Value| -> Vec<(Value, Value, Value)> {
        let models = file["models"].as_array().unwrap().iter();
        let scores = models.flat_map(|model| model["scores"].as_array().unwrap());
        let places = scores.map(|score| (&score["position"], &score["computed"]["score"]));
        places.map(|(place, score)| (file["path"].clone(), place.clone(), score.clone())).collect()
    };
    let expected: Vec<(Value, Value, Value)> = files.flat_map(scores_of).collect();
    let scores = printed["scores"].as_array().unwrap().iter();
    let scores: Vec<(Value, Value, Value)> = scores
        .map(|score| (score["path"].clone(), score["position"].clone(), score["score"].clone()))
        .filter(|(_, _, score)| !score.is_null())
        .collect();
    assert!(scores.len() > 30, "{}", scores.len());
    for score in scores {
        assert!(expected.contains(&score), "{score:?}");
    }
}
