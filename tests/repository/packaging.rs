//! Facts that several files state are the same in all of them: the version, and the pins of tools.

use std::fs;
use std::path::Path;

use aivss_lint::page::parse;
use aivss_lint::source::Source;
use aivss_lint::syntax::Node;
use serde_json::Value;

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

pub(crate) fn yaml(name: &str) -> Value {
    let source = Source::decode(name, read(name).into_bytes());
    let document = parse(&source);
    assert!(document.is_sound(), "{name}: {:?}", document.problems);
    document.roots().next().map(Node::to_json).unwrap()
}

#[test]
fn every_version_is_the_crates() {
    for name in ["pyproject.toml", ".github/wheel/pyproject.toml"] {
        let text = read(name);
        let versions: Vec<&str> = text.lines().filter(|line| line.starts_with("version = ")).collect();
        assert_eq!(versions, [format!("version = \"{VERSION}\"")], "{name}");
    }
    let dependency = format!("\ndependencies = [\"aivss-lint=={VERSION}\"]\n");
    assert!(read("pyproject.toml").contains(&dependency));
    assert_eq!(yaml("CITATION.cff")["version"], VERSION);
}

#[test]
fn citation_has_its_format_authors_and_licenses() {
    let citation = yaml("CITATION.cff");
    assert_eq!(citation["cff-version"], "1.2.0");
    assert_eq!((&citation["title"], &citation["type"]), (&"aivss-lint".into(), &"software".into()));
    assert!(citation["authors"].as_array().unwrap().iter().all(|author| author["name"].is_string()));
    let licenses: Vec<&str> =
        citation["license"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(licenses.join(" OR "), env!("CARGO_PKG_LICENSE"));
}

/// `.ci/run` checks the forms by GitHub's schema.
#[test]
fn issue_forms_have_the_required_fields() {
    let forms = [
        ("wrong-score", ["vector", "factors", "expected"].as_slice()),
        ("problem", &["file", "command", "output", "expected"]),
        ("idea", &["situation"]),
    ];
    for (name, needed) in forms {
        let form = yaml(&format!(".github/ISSUE_TEMPLATE/{name}.yml"));
        let fields = form["body"].as_array().unwrap();
        let required: Vec<&str> = fields
            .iter()
            .filter(|field| field["validations"]["required"] == true)
            .filter_map(|field| field["id"].as_str())
            .collect();
        assert!(needed.iter().all(|id| required.contains(id)), "{name}: {required:?}");
    }
    let request = read(".github/pull_request_template.md");
    assert!(request.contains("`.ci/run`") && request.contains("`CHANGELOG.md`"));
}

/// cargo-binstall downloads an archive by the name that the release gives it.
#[test]
fn cargo_binstall_downloads_the_archives_of_a_release() {
    assert!(read("Cargo.toml").contains("/v{ version }/aivss-lint-{ target }.tar.gz\"\npkg-fmt = \"tgz\"\n"));
    assert!(read(".github/release/pack").contains("../aivss-lint-$2.tar.gz"));
}

#[test]
fn wheels_are_built_by_one_version_of_maturin() {
    let tools = read(".ci/tools.txt");
    let version = tools.lines().find_map(|line| line.strip_prefix("maturin==")).unwrap();
    assert!(read(".github/wheel/pyproject.toml").contains(&format!("requires = [\"maturin=={version}\"]")));
    assert!(read(".github/workflows/release.yml").contains(&format!("MATURIN: maturin[zig]=={version}\n")));
}

#[test]
fn description_of_the_wheel_is_the_crates() {
    let description = format!("description = \"{}\"", env!("CARGO_PKG_DESCRIPTION"));
    assert!(read(".github/wheel/pyproject.toml").contains(&description));
}

/// The action downloads the files that the release makes.
#[test]
fn every_archive_that_the_action_downloads_is_released() {
    let install = read(".github/action/install.sh");
    let release = read(".github/workflows/release.yml");
    let targets: Vec<&str> = install
        .lines()
        .filter_map(|line| line.split_once(") target=")?.1.split([' ', ';']).next())
        .filter(|target| *target != "''")
        .collect();
    assert_eq!(targets.len(), 5);
    for target in targets {
        assert!(release.contains(&format!("- {{ target: {target}, runner: ")), "{target}");
    }
}

/// The page of the book is written from the action's own texts.
#[test]
fn every_input_and_output_of_the_action_is_in_the_book() {
    let action = yaml("action.yml");
    let table = |part: &str, columns: &str, row: fn(&str, &Value) -> String| {
        let rows: String =
            action[part].as_object().unwrap().iter().map(|(name, entry)| row(name, entry)).collect();
        format!("{columns}\n{rows}")
    };
    let page = format!(
        "# Action\n\n[GitHub](../ci/github.md) has workflows that use these.\n\n## Inputs\n\n{}\n## Outputs\n\n{}",
        table("inputs", "| input | default | description |\n|---|---|---|", |name, entry| {
            let default = entry["default"].as_str().map_or(String::new(), |default| format!("`{default}`"));
            format!("| `{name}` | {default} | {} |\n", description(entry))
        }),
        table("outputs", "| output | description |\n|---|---|", |name, entry| {
            format!("| `{name}` | {} |\n", description(entry))
        })
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/action.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "UPDATE=1 cargo test --locked --test repository action_is_in_the_book writes it"
    );
}

fn description(entry: &Value) -> &str {
    entry["description"].as_str().unwrap().trim()
}

/// `.ci/book` checks the links of the book.
#[test]
fn every_link_outside_of_the_book_leads_to_a_file() {
    for page in ["README.md", "CONTRIBUTING.md", "SECURITY.md"] {
        let (text, folder) = (read(page), Path::new(page).parent().unwrap());
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for target in targets.filter(|target| !target.is_empty() && !target.contains("://")) {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(target);
            assert!(path.exists(), "{page}: {target}");
        }
    }
}
