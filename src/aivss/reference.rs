//! Public lists that threats refer to: the ASI Top 10, OWASP's agentic threats, CWE, MITRE ATLAS and CVE.

use std::fmt::Write;

/// A public list of risks, weaknesses, techniques or vulnerabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ReferenceList {
    Asi,
    AgenticThreats,
    Cwe,
    Atlas,
    Cve,
}

/// The facts about a list.
pub(crate) struct ReferenceListInfo {
    pub(crate) name: &'static str,
    pub(crate) full_name: &'static str,
    pub(crate) organization: &'static str,
    pub(crate) version: Option<&'static str>,
    pub(crate) url: &'static str,
    /// The form of its identifiers, in words.
    pub(crate) form: &'static str,
}

impl ReferenceList {
    pub(crate) const ALL: [Self; 5] = [Self::Asi, Self::AgenticThreats, Self::Cwe, Self::Atlas, Self::Cve];

    pub(crate) const fn info(self) -> ReferenceListInfo {
        match self {
            Self::Asi => ReferenceListInfo {
                name: "OWASP ASI",
                full_name: "OWASP Top 10 for Agentic Applications",
                organization: "OWASP",
                version: Some("2026"),
                url: "https://genai.owasp.org/resource/owasp-top-10-for-agentic-applications-for-2026/",
                form: "ASI01 to ASI10",
            },
            Self::AgenticThreats => ReferenceListInfo {
                name: "OWASP Agentic Threats",
                full_name: "OWASP Agentic AI Threats and Mitigations",
                organization: "OWASP",
                version: Some("1.1"),
                url: "https://genai.owasp.org/resource/agentic-ai-threats-and-mitigations/",
                form: "T1 to T17",
            },
            Self::Cwe => ReferenceListInfo {
                name: "CWE",
                full_name: "Common Weakness Enumeration",
                organization: "MITRE",
                version: None,
                url: "https://cwe.mitre.org/",
                form: "CWE-1 and up",
            },
            Self::Atlas => ReferenceListInfo {
                name: "MITRE ATLAS",
                full_name: "Adversarial Threat Landscape for Artificial-Intelligence Systems",
                organization: "MITRE",
                version: None,
                url: "https://atlas.mitre.org/",
                form: "AML.T and four digits",
            },
            Self::Cve => ReferenceListInfo {
                name: "CVE",
                full_name: "Common Vulnerabilities and Exposures",
                organization: "CVE Program",
                version: None,
                url: "https://www.cve.org/",
                form: "CVE-, a year and at least four digits",
            },
        }
    }

    /// The letters with which its identifiers begin.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Asi => "ASI",
            Self::AgenticThreats => "T",
            Self::Cwe => "CWE",
            Self::Atlas => "AML",
            Self::Cve => "CVE",
        }
    }

    /// The list whose prefix a text has, and the rest of the text.
    fn of(text: &str) -> Option<(Self, &str)> {
        for list in Self::ALL {
            let prefix = list.prefix();
            let Some(start) = text.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix))
            else {
                continue;
            };
            let rest = &text[start.len()..];
            let body = rest.trim_start_matches(SEPARATORS);
            let is_number = body.starts_with(|letter: char| digit(letter).is_some())
                && body.chars().take(3).any(|letter| letter.is_ascii_digit());
            let is_named = match list {
                // `T1059` and longer are techniques of MITRE ATT&CK; `T-shirt` and `To` are words.
                Self::AgenticThreats => {
                    let number = body.bytes().take_while(u8::is_ascii_digit).count();
                    let is_whole = !body[number..].starts_with(char::is_alphanumeric);
                    (1..4).contains(&number) && is_whole
                }
                // AML is an abbreviation of other terms as well.
                Self::Atlas => rest.starts_with('.') || atlas(body).is_some(),
                Self::Asi | Self::Cwe | Self::Cve => is_number,
            };
            if is_named {
                return Some((list, body));
            }
        }
        None
    }
}

/// The titles of ASI01 to ASI10.
const ASI: [&str; 10] = [
    "Agent Goal Hijack",
    "Tool Misuse and Exploitation",
    "Identity and Privilege Abuse",
    "Agentic Supply Chain Vulnerabilities",
    "Unexpected Code Execution",
    "Memory and Context Poisoning",
    "Insecure Inter-Agent Communication",
    "Cascading Failures",
    "Human-Agent Trust Exploitation",
    "Rogue Agents",
];

/// The titles of T1 to T17.
const AGENTIC_THREATS: [&str; 17] = [
    "Memory Poisoning",
    "Tool Misuse",
    "Privilege Compromise",
    "Resource Overload",
    "Cascading Hallucinations",
    "Intent Breaking & Goal Manipulation",
    "Misaligned & Deceptive Behavior",
    "Repudiation & Untraceability",
    "Identity Spoofing",
    "Overwhelming Human-in-the-Loop",
    "Unexpected RCE / Code Attacks",
    "Agent Communication Poisoning",
    "Rogue Agents",
    "Human Attacks on Multi-Agent Systems",
    "Human Trust Manipulation",
    "Insecure Inter-Agent Protocol Abuse",
    "Supply Chain Compromise",
];

/// Weaknesses that threats of agents often refer to. The list of CWE has a thousand.
#[cfg(feature = "server")]
pub(crate) const WEAKNESSES: [(&str, &str); 17] = [
    ("CWE-20", "Improper Input Validation"),
    ("CWE-77", "Command Injection"),
    ("CWE-94", "Code Injection"),
    ("CWE-200", "Exposure of Sensitive Information to an Unauthorized Actor"),
    ("CWE-250", "Execution with Unnecessary Privileges"),
    ("CWE-269", "Improper Privilege Management"),
    ("CWE-284", "Improper Access Control"),
    ("CWE-287", "Improper Authentication"),
    ("CWE-400", "Uncontrolled Resource Consumption"),
    ("CWE-441", "Unintended Proxy or Intermediary (Confused Deputy)"),
    ("CWE-494", "Download of Code Without Integrity Check"),
    ("CWE-522", "Insufficiently Protected Credentials"),
    ("CWE-778", "Insufficient Logging"),
    ("CWE-829", "Inclusion of Functionality from Untrusted Control Sphere"),
    ("CWE-862", "Missing Authorization"),
    ("CWE-918", "Server-Side Request Forgery"),
    ("CWE-1427", "Improper Neutralization of Input Used for LLM Prompting"),
];

/// An entry of a public list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Reference {
    pub(crate) list: ReferenceList,
    /// The identifier in its official form: `ASI02`, `CWE-799`.
    pub(crate) id: String,
    /// The title, for lists whose titles are known here.
    pub(crate) title: Option<&'static str>,
}

/// A text of a file that refers to something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadReference {
    /// An entry of a list, in its official form.
    Exact(Reference),
    /// An entry of a list in another form.
    Other(Reference),
    /// The prefix of a list without an entry of it.
    Unknown(ReferenceList),
    /// Anything else, such as an address.
    Free,
}

const SEPARATORS: [char; 5] = ['-', '_', '.', ' ', '#'];
/// The maximum length of an identifier, in bytes.
const MAX_LENGTH: usize = 40;

/// A digit, or a letter that is mistaken for one.
fn digit(letter: char) -> Option<char> {
    match letter {
        '0'..='9' => Some(letter),
        'O' | 'o' => Some('0'),
        'l' | 'I' => Some('1'),
        _ => None,
    }
}

fn digits(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.chars().map(digit).collect()).flatten()
}

impl Reference {
    /// The entry that a text begins with: `ASI02`, `ASI02:2026`, `CWE-79 Cross-site scripting`.
    pub(crate) fn read(text: &str) -> ReadReference {
        let text = text.trim();
        let first = text
            .split(|letter: char| letter.is_whitespace() || ":,;()[]–—".contains(letter))
            .next()
            .unwrap_or_default();
        let first = first.trim_end_matches('.');
        for name in [first, text].into_iter().filter(|name| name.len() <= MAX_LENGTH) {
            let entry = ReferenceList::of(name).and_then(|(list, body)| Self::entry(list, body));
            if let Some(entry) = entry {
                let is_exact = entry.id == first;
                return if is_exact { ReadReference::Exact(entry) } else { ReadReference::Other(entry) };
            }
        }
        ReferenceList::of(text).map_or(ReadReference::Free, |(list, _)| ReadReference::Unknown(list))
    }

    /// The entry that a text begins with, in any form.
    pub(crate) fn named(text: &str) -> Option<Self> {
        match Self::read(text) {
            ReadReference::Exact(entry) | ReadReference::Other(entry) => Some(entry),
            ReadReference::Unknown(_) | ReadReference::Free => None,
        }
    }

    fn entry(list: ReferenceList, body: &str) -> Option<Self> {
        let (id, title) = match list {
            ReferenceList::Asi => {
                let number = digits(body)?.parse::<usize>().ok()?;
                (format!("ASI{number:02}"), Some(*ASI.get(number.checked_sub(1)?)?))
            }
            ReferenceList::AgenticThreats => {
                let number = body.parse::<usize>().ok()?;
                (format!("T{number}"), Some(*AGENTIC_THREATS.get(number.checked_sub(1)?)?))
            }
            ReferenceList::Cwe => {
                let number =
                    digits(body)?.parse::<u32>().ok().filter(|number| (1..100_000).contains(number))?;
                (format!("CWE-{number}"), None)
            }
            ReferenceList::Atlas => (atlas(body)?, None),
            ReferenceList::Cve => {
                let (year, number) = body.split_once(SEPARATORS)?;
                let (year, number) = (digits(year)?, digits(number)?);
                ((year.len() == 4 && number.len() >= 4).then(|| format!("CVE-{year}-{number}"))?, None)
            }
        };
        Some(Self { list, id, title })
    }

    /// The identifier with the title, if there is one.
    pub(crate) fn shown(&self) -> String {
        match self.title {
            Some(title) => format!("{} {title}", self.id),
            None => self.id.clone(),
        }
    }

    /// The page of the entry, or that of its list.
    pub(crate) fn url(&self) -> String {
        let list = self.list.info().url;
        match self.list {
            ReferenceList::Asi | ReferenceList::AgenticThreats => list.to_owned(),
            ReferenceList::Cwe => {
                format!("{list}data/definitions/{}.html", self.id.trim_start_matches("CWE-"))
            }
            ReferenceList::Atlas => {
                let kind = ATLAS_KINDS.iter().find(|(letters, _)| self.id[4..].starts_with(letters));
                format!("{list}{}/{}", kind.map_or("techniques", |(_, folder)| folder), self.id)
            }
            ReferenceList::Cve => format!("{list}CVERecord?id={}", self.id),
        }
    }
}

/// The letters of the kinds of entries of ATLAS, the longer first, with the folder of their pages.
const ATLAS_KINDS: [(&str, &str); 4] =
    [("TA", "tactics"), ("CS", "studies"), ("T", "techniques"), ("M", "mitigations")];

/// `T0051`, `T51` or `T0051.001` as an identifier of ATLAS.
fn atlas(body: &str) -> Option<String> {
    let body = body.to_ascii_uppercase();
    let (letters, _) = ATLAS_KINDS.iter().find(|(letters, _)| body.starts_with(letters))?;
    let mut parts = body[letters.len()..].split('.');
    let mut id = format!("AML.{letters}");
    for (part, width) in [(parts.next()?, 4), (parts.next().unwrap_or("."), 3)] {
        if part == "." {
            break;
        }
        let number = digits(part).filter(|number| number.len() <= width)?;
        let separator = if width == 3 { "." } else { "" };
        write!(id, "{separator}{number:0>width$}").ok()?;
    }
    parts.next().is_none().then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn official_forms_are_exact() {
        for (text, id) in [
            ("ASI01", "ASI01"),
            ("ASI10:2026", "ASI10"),
            (" T17 ", "T17"),
            ("CWE-799", "CWE-799"),
            ("CWE-79: Cross-site scripting", "CWE-79"),
            ("AML.T0053", "AML.T0053"),
            ("AML.T0051.001", "AML.T0051.001"),
            ("AML.TA0002", "AML.TA0002"),
            ("CVE-2026-0001", "CVE-2026-0001"),
            ("CVE-2021-4422812", "CVE-2021-4422812"),
            ("T2 (Tool Misuse)", "T2"),
        ] {
            let read = Reference::read(text);
            assert!(matches!(&read, ReadReference::Exact(entry) if entry.id == id), "{text}: {read:?}");
        }
    }

    #[test]
    fn other_forms_are_recognized() {
        for (text, id) in [
            ("asi01", "ASI01"),
            ("ASI-3", "ASI03"),
            ("ASI 4", "ASI04"),
            ("ASIO2", "ASI02"),
            ("T02", "T2"),
            ("t-15", "T15"),
            ("CWE 79", "CWE-79"),
            ("CWE79", "CWE-79"),
            ("cve-2026-12345", "CVE-2026-12345"),
            ("CVE 2026-12345", "CVE-2026-12345"),
            ("AML-T0051", "AML.T0051"),
            ("aml.t51", "AML.T0051"),
        ] {
            let read = Reference::read(text);
            assert!(matches!(&read, ReadReference::Other(entry) if entry.id == id), "{text}: {read:?}");
        }
    }

    #[test]
    fn entries_that_do_not_exist_are_unknown() {
        for text in [
            "ASI11",
            "ASI00",
            "ASI0",
            "T0",
            "T18",
            "T47",
            "CWE-0",
            "CWE-79a",
            "CVE-2026-1",
            "AML.X1",
            "AML.T00511",
        ] {
            assert!(matches!(Reference::read(text), ReadReference::Unknown(_)), "{text}");
        }
    }

    #[test]
    fn other_texts_are_free() {
        let long = "T1".repeat(10_000);
        for text in [
            "",
            "T",
            "Two",
            "T1059",
            "T1059.001",
            "T2a",
            "T-shirt",
            "Asia",
            "ASI",
            "CWE",
            "LLM01:2025",
            "API1:2023",
            "STRIDE",
            "https://example.org/CWE-79",
            "SEC-12",
            "amlodipine",
            "AML-CFT",
            "ASI-based",
            "CWE-top",
            "CVEs",
            "TÜV",
            "Ť1",
            "🦀",
            "ticket 7",
            &long,
        ] {
            assert_eq!(Reference::read(text), ReadReference::Free, "{text}");
        }
    }

    #[test]
    fn urls_lead_to_the_entry() {
        let url = |text| Reference::named(text).unwrap().url();
        assert_eq!(url("CWE-799"), "https://cwe.mitre.org/data/definitions/799.html");
        assert_eq!(url("CVE-2026-0001"), "https://www.cve.org/CVERecord?id=CVE-2026-0001");
        assert_eq!(url("AML.T0053"), "https://atlas.mitre.org/techniques/AML.T0053");
        assert_eq!(url("AML.TA0002"), "https://atlas.mitre.org/tactics/AML.TA0002");
        assert!(url("ASI02").contains("agentic-applications"));
        assert_eq!(Reference::named("t2").unwrap().shown(), "T2 Tool Misuse");
    }
}
