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
    FileKind {
        name: "threat-dragon",
        what: "an OWASP Threat Dragon model (v1)",
        marks: &[&[Key("summary"), Key("detail"), Key("diagramJson")]],
        next: Next::ImportThreats,
    },
    FileKind {
        name: "threat-dragon",
        what: "an OWASP Threat Dragon model (v2)",
        marks: &[&[Key("summary"), Key("detail"), Key("diagrams")]],
        next: Next::ImportThreats,
    },
    FileKind {
        name: "otm",
        what: "an Open Threat Model (OTM)",
        marks: &[&[Key("otmVersion")]],
        next: Next::ImportThreats,
    },
    FileKind {
        name: "threagile",
        what: "a Threagile model",
        marks: &[
            &[Key("threagile_version")],
            &[Key("technical_assets"), Key("data_assets")],
            &[Key("technical_assets"), Key("trust_boundaries")],
        ],
        next: Next::Init,
    },
    FileKind {
        name: "tm-bom",
        what: "a threat model of the OWASP Threat Model Library (TM-BOM)",
        marks: &[
            &[Text("www-project-threat-model-library"), Key("scope")],
            &[Key("trust_zones"), Key("symbolic_name")],
        ],
        next: Next::ImportThreats,
    },
    FileKind {
        name: "tm-bom",
        what: "a CycloneDX threat model (TM-BOM)",
        marks: &[
            &[Key("specFormat"), Text("CycloneDX"), Key("threats")],
            &[Key("specFormat"), Text("CycloneDX"), Key("blueprints")],
            &[Key("bomFormat"), Text("CycloneDX"), Key("threats")],
        ],
        next: Next::Init,
    },
    FileKind {
        name: "cyclonedx",
        what: "a CycloneDX BOM, which lists components",
        marks: &[&[Key("bomFormat"), Text("CycloneDX")], &[Key("specFormat"), Text("CycloneDX")]],
        next: Next::Init,
    },
    FileKind {
        name: "pytm",
        what: "a pytm model",
        marks: &[
            &[Text("from pytm import")],
            &[Text("import pytm")],
            &[Key("threatsFile")],
            &[Key("mergeResponses"), Key("onDuplicates")],
        ],
        next: Next::Init,
    },
    FileKind {
        name: "ave",
        what: "AVE records",
        marks: &[&[Key("ave_id")], &[Key("aarf")]],
        next: Next::Import,
    },
    FileKind {
        name: "aivss-candidate",
        what: "an AIVSS 1.0 candidate assessment, whose metrics are not those of 0.5 or 0.8",
        marks: &[
            &[Text("AIVSS:1.0/")],
            &[Text("AIVSS:2.0/")],
            &[Text("urn:aivss:")],
            &[Key("agentic_ai_profile")],
            &[Key("agentic_applicability")],
        ],
        next: Next::Init,
    },
    FileKind {
        name: "scan-result",
        what: "a SARIF log",
        marks: &[&[Text("sarif-schema")], &[Text("sarif-2.1.0")], &[Key("runs"), Key("tool"), Key("driver")]],
        next: Next::Init,
    },
    FileKind {
        name: "scan-result",
        what: "the result of a scanner",
        marks: &[
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
        ],
        next: Next::Init,
    },
    FileKind {
        name: "owasp-report",
        what: "an OWASP report, under a name that is not searched",
        marks: &[&[Key("vulnerabilities"), Key("amplification_factors")]],
        next: Next::Check,
    },
    FileKind {
        name: "json-schema",
        what: "a JSON Schema",
        marks: &[&[Text("json-schema.org/"), Key("properties")]],
        next: Next::Nothing,
    },
];

pub(crate) static MISPLACED_REPORT: FileKind = FileKind {
    name: "owasp-report",
    what: "an OWASP report that is not at the top level of the file",
    marks: &[],
    next: Next::Edit("move it there"),
};

pub(crate) static UNMARKED: FileKind = FileKind {
    name: "unmarked",
    what: "it looks like a threat model, but its first key is not `aivss_threat_model: 1`",
    marks: &[],
    next: Next::Edit("add that key"),
};

pub(crate) static MAESTRO_PAGE: FileKind = FileKind {
    name: "maestro-page",
    what: "a MAESTRO analysis without front matter",
    marks: &[],
    next: Next::ImportInPlace,
};

pub(crate) static MAESTRO_PAGES: FileKind = FileKind {
    name: "maestro-page",
    what: "a MAESTRO analysis of several agents",
    marks: &[],
    next: Next::Import,
};

pub(crate) static MODEL_PAGE: FileKind = FileKind {
    name: "threat-model-page",
    what: "a threat model without MAESTRO's layers",
    marks: &[],
    next: Next::Init,
};

pub(crate) static BROKEN: FileKind = FileKind {
    name: "broken",
    what: "it lacks the key `aivss_threat_model` and cannot be read",
    marks: &[],
    next: Next::Edit("correct both if it is meant to be a threat model"),
};

pub(crate) static UNKNOWN: FileKind =
    FileKind { name: "other", what: "it contains no threat model", marks: &[], next: Next::Nothing };

pub(crate) static MENTION: FileKind = FileKind {
    name: "mention",
    what: "it mentions `aivss_threat_model` and contains no threat model",
    marks: &[],
    next: Next::Nothing,
};
