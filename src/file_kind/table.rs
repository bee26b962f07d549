//! The table of kinds: the marks of each, its name in sentences, and its next step.

/// A kind of file that is not checked.
#[derive(Debug, PartialEq, Eq)]
pub struct FileKind {
    /// Its identifier, for programs.
    pub name: &'static str,
    /// Its name in sentences.
    pub(crate) what: &'static str,
    /// The alternatives by which it is recognized. Of each, all marks must be in the text.
    pub(crate) marks: &'static [&'static [FormatMark]],
    pub(crate) next: Next,
}

const fn kind(name: &'static str, what: &'static str, next: Next) -> FileKind {
    FileKind { name, what, marks: &[], next }
}

impl FileKind {
    const fn marked(self, marks: &'static [&'static [FormatMark]]) -> Self {
        Self { marks, ..self }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormatMark {
    /// A key at the top level of YAML, or in quotes anywhere.
    Key(&'static str),
    /// A text.
    Text(&'static str),
}

/// The next step for the owner of a file. None of them puts the marker on a format of another tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Put front matter on the page.
    ImportInPlace,
    /// Make a threat model of it.
    Import,
    /// Make a threat model of the threats of a page.
    ImportPage,
    /// Make a threat model of it, if it lists threats; else write one next to it.
    ImportThreats,
    /// Write a threat model next to it.
    Init,
    /// Check it by its name.
    Check,
    /// A change of the file, in words.
    Edit(&'static str),
    Nothing,
}

use FormatMark::{Key, Text};

/// The formats of other tools, and of OWASP. The first one that matches counts.
pub(crate) static DATA: [FileKind; 14] = [
    kind("threat-dragon", "an OWASP Threat Dragon model (v1)", Next::ImportThreats).marked(&[&[
        Key("summary"),
        Key("detail"),
        Key("diagramJson"),
    ]]),
    kind("threat-dragon", "an OWASP Threat Dragon model (v2)", Next::ImportThreats).marked(&[&[
        Key("summary"),
        Key("detail"),
        Key("diagrams"),
    ]]),
    kind("otm", "an Open Threat Model (OTM)", Next::ImportThreats).marked(&[&[Key("otmVersion")]]),
    kind("threagile", "a Threagile model", Next::Init).marked(&[
        &[Key("threagile_version")],
        &[Key("technical_assets"), Key("data_assets")],
        &[Key("technical_assets"), Key("trust_boundaries")],
    ]),
    kind("tm-bom", "a threat model of the OWASP Threat Model Library (TM-BOM)", Next::ImportThreats).marked(
        &[
            &[Text("www-project-threat-model-library"), Key("scope")],
            &[Key("trust_zones"), Key("symbolic_name")],
        ],
    ),
    kind("tm-bom", "a CycloneDX threat model (TM-BOM)", Next::Init).marked(&[
        &[Key("specFormat"), Text("CycloneDX"), Key("threats")],
        &[Key("specFormat"), Text("CycloneDX"), Key("blueprints")],
        &[Key("bomFormat"), Text("CycloneDX"), Key("threats")],
    ]),
    kind("cyclonedx", "a CycloneDX BOM, which lists components", Next::Init)
        .marked(&[&[Key("bomFormat"), Text("CycloneDX")], &[Key("specFormat"), Text("CycloneDX")]]),
    kind("pytm", "a pytm model", Next::Init).marked(&[
        &[Text("from pytm import")],
        &[Text("import pytm")],
        &[Key("threatsFile")],
        &[Key("mergeResponses"), Key("onDuplicates")],
    ]),
    kind("ave", "AVE records", Next::Import).marked(&[&[Key("ave_id")], &[Key("aarf")]]),
    kind(
        "aivss-candidate",
        "an AIVSS 1.0 candidate assessment, whose metrics are not those of 0.5 or 0.8",
        Next::Init,
    )
    .marked(&[
        &[Text("AIVSS:1.0/")],
        &[Text("AIVSS:2.0/")],
        &[Text("urn:aivss:")],
        &[Key("agentic_ai_profile")],
        &[Key("agentic_applicability")],
    ]),
    kind("scan-result", "a SARIF log", Next::Init).marked(&[
        &[Text("sarif-schema")],
        &[Text("sarif-2.1.0")],
        &[Key("runs"), Key("tool"), Key("driver")],
    ]),
    kind("scan-result", "the result of a scanner", Next::Init).marked(&[
        &[Key("aivss_score"), Key("findings")],
        &[Key("ArtifactName"), Key("Results")],
        &[Key("auditReportVersion")],
        &[Key("check_id"), Key("results")],
        &[Key("check_type"), Key("results")],
        &[Key("issue_severity"), Key("test_id")],
        &[Key("matched-at"), Key("template-id")],
        &[Key("matches"), Key("artifact"), Key("vulnerability")],
        &[Key("packageManager"), Key("vulnerabilities")],
        &[Key("probe_classname")],
        &[Key("RuleID"), Key("Fingerprint")],
        &[Key("scan"), Key("scanner"), Key("vulnerabilities")],
        &[Key("@programName"), Key("site")],
    ]),
    kind("owasp-report", "an OWASP report, under a name that is not searched", Next::Check)
        .marked(&[&[Key("vulnerabilities"), Key("amplification_factors")]]),
    kind("json-schema", "a JSON Schema", Next::Nothing)
        .marked(&[&[Text("json-schema.org/"), Key("properties")]]),
];

pub(crate) static MISPLACED_REPORT: FileKind = kind(
    "owasp-report",
    "an OWASP report that is not at the top level of the file",
    Next::Edit("move it there"),
);

pub(crate) static UNMARKED: FileKind = kind(
    "unmarked",
    "it looks like a threat model, but its first key is not `aivss_threat_model: 1`",
    Next::Edit("add that key"),
);

pub(crate) static MAESTRO_PAGE: FileKind =
    kind("maestro-page", "a MAESTRO analysis without front matter", Next::ImportInPlace);

pub(crate) static MAESTRO_PAGES: FileKind =
    kind("maestro-page", "a MAESTRO analysis of several agents", Next::Import);

pub(crate) static MODEL_PAGE: FileKind =
    kind("threat-model-page", "a threat model without MAESTRO's layers", Next::Init);

pub(crate) static BROKEN: FileKind = kind(
    "broken",
    "it lacks the key `aivss_threat_model` and cannot be read",
    Next::Edit("correct both if it is meant to be a threat model"),
);

pub(crate) static UNKNOWN: FileKind = kind("other", "it contains no threat model", Next::Nothing);

pub(crate) static MENTION: FileKind =
    kind("mention", "it mentions `aivss_threat_model` and contains no threat model", Next::Nothing);
