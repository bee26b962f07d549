//! MAESTRO's layers (Cloud Security Alliance) as data. A set has a version: a later set is another table.

#[derive(Debug)]
struct LayerRow {
    key: &'static str,
    /// Another key that is read as this layer.
    alias: Option<&'static str>,
    /// The contents in a few words.
    contents: &'static str,
    /// Names in documents that do not begin like the words of the key, in lower-case letters without spaces.
    names: &'static [&'static str],
}

const fn row(key: &'static str, contents: &'static str) -> LayerRow {
    LayerRow { key, alias: None, contents, names: &[] }
}

/// The maximum number of layers that a shared threat or row is an answer for.
pub(crate) const MAX_SHARED: usize = 3;

/// The most bytes of a layer's name with the remarks after it.
const MAX_LENGTH: usize = 100;

#[derive(Debug)]
pub(crate) struct LayerSet {
    /// The value of `maestro.version`.
    pub(crate) version: &'static str,
    rows: &'static [LayerRow],
}

/// The seven layers of MAESTRO's first version.
static SEVEN: LayerSet = LayerSet {
    version: "1",
    rows: &[
        row("foundation_models", "models, their interfaces and weights"),
        LayerRow {
            names: &["dataops"],
            ..row("data_operations", "training data, retrieval, vector stores, memory inputs")
        },
        row("agent_frameworks", "agent logic, planners, tool orchestration"),
        LayerRow {
            alias: Some("deployment_infrastructure"),
            ..row("deployment_and_infrastructure", "cloud, runtimes, sandboxes")
        },
        row("evaluation_and_observability", "monitoring, logging, evaluation, guardrails"),
        row("security_and_compliance", "identity, policy, compliance"),
        row("agent_ecosystem", "external tools, plugins, MCP servers, other agents"),
    ],
};

impl LayerSet {
    /// All sets, the default one first.
    const ALL: [&'static Self; 1] = [&SEVEN];

    /// The set of a threat model that names no version.
    pub(crate) const DEFAULT: &'static Self = Self::ALL[0];

    pub(crate) fn with_version(version: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|set| set.version == version)
    }

    /// The layers in the set's order.
    pub(crate) fn layers(&'static self) -> impl ExactSizeIterator<Item = LayerKind> {
        (0..self.rows.len()).map(move |at| LayerKind { set: self, at })
    }

    pub(crate) fn with_key(&'static self, key: &str) -> Option<LayerKind> {
        self.layers().find(|kind| kind.keys().any(|own| own == key))
    }

    /// The layer that a name means: `Foundation Models`, `L4 — Deployment & Infra`, `6. security-and-compliance`,
    /// `Agentic Ecosystem (vertical)`. A number and a word such as `Layer` are skipped, and after them a remark, too. One word
    /// of a name is enough after the number of its layer: `L4 Deployment`.
    pub(crate) fn named(&'static self, name: &str) -> Option<LayerKind> {
        const SEPARATORS: [&str; 7] = [": ", " (", " — ", " – ", " - ", " | ", ", "];
        let name = name.trim();
        if name.len() > MAX_LENGTH {
            return None;
        }
        let remark = name.strip_suffix([')', '）']).and_then(|name| name.rsplit_once(['(', '（']));
        let whole = self.named_exactly(name).or_else(|| self.named_exactly(remark?.0));
        if whole.is_some() || !name_words(name).is_numbered {
            return whole;
        }
        let mut cuts = SEPARATORS.into_iter().flat_map(|separator| name.match_indices(separator));
        let cut = cuts.find_map(|(at, _)| self.named_exactly(&name[..at]));
        // After a name in another language.
        cut.or_else(|| self.named_exactly(remark?.1))
    }

    fn named_exactly(&'static self, name: &str) -> Option<LayerKind> {
        let NameWords { words, layer, .. } = name_words(name);
        let own = self.numbered(layer).filter(|own| words.len() > 2 && own.row().is_named(&words[..2]));
        own.or_else(|| self.named_alone(words, layer))
    }

    /// The layer that a line opens with after its number, and the end of the name: `Layer 4: Deployment & Infra is exposed`.
    pub(crate) fn opening(&'static self, line: &str) -> Option<(LayerKind, usize)> {
        let opening = &line[..line.floor_char_boundary(MAX_LENGTH)];
        let whole = (opening.len() == line.len()).then_some(line.len());
        let spaces = opening.rmatch_indices(char::is_whitespace).map(|(at, _)| at);
        whole.into_iter().chain(spaces).find_map(|end| {
            let NameWords { words, layer, .. } = name_words(&line[..end]);
            Some((self.named_alone(words, Some(layer?))?, end))
        })
    }

    fn numbered(&'static self, number: Option<usize>) -> Option<LayerKind> {
        number.and_then(|number| self.layers().nth(number.checked_sub(1)?))
    }

    /// The layer that words name, with at most remarks after the name.
    fn named_alone(&'static self, mut words: Vec<&str>, number: Option<usize>) -> Option<LayerKind> {
        const REMARKS: &str = "layer vertical security threat threats risk risks analysis mitigation mitigations severity \
            low medium high critical n a na not applicable";
        let own = self.numbered(number);
        loop {
            let found = self.layers().find(|kind| kind.row().is_named(&words));
            let found = found.or_else(|| own.filter(|own| own.row().has_all(&words)));
            let last = words.pop()?;
            let is_remark = REMARKS.split(' ').any(|remark| remark.eq_ignore_ascii_case(last));
            if found.is_some() || !(is_remark || is_number(last)) {
                return found;
            }
        }
    }
}

impl LayerRow {
    fn words(&self) -> impl Iterator<Item = &'static str> {
        self.key.split('_').filter(|word| *word != "and")
    }

    /// Whether words are the name of this layer, in full or shortened: `eval obs`.
    fn is_named(&self, words: &[&str]) -> bool {
        let first = words.first().and_then(|word| word.bytes().next());
        if !first.is_some_and(|first| self.key.as_bytes()[0].eq_ignore_ascii_case(&first)) {
            return false;
        }
        let is_each = words.len() == self.words().count()
            && self.words().zip(words).all(|(own, word)| is_form(own, word));
        if is_each {
            return true;
        }
        let joined = words.concat().to_ascii_lowercase();
        let mut rest = Some(joined.as_str());
        for own in self.words() {
            rest = rest.and_then(|rest| rest.strip_prefix("and").unwrap_or(rest).strip_prefix(own));
        }
        matches!(rest, Some("" | "s")) || self.names.contains(&&*joined)
    }

    /// Whether there are words, and each is one of the layer's name.
    fn has_all(&self, words: &[&str]) -> bool {
        !words.is_empty() && words.iter().all(|word| self.words().any(|own| is_form(own, word)))
    }
}

/// Whether a word is another one, shortened or with another ending: `infra`, `model`, `agentic`, `foundational`.
fn is_form(own: &str, word: &str) -> bool {
    const SHORTEST: usize = 3;
    const ENDING: usize = 2;
    let common = own.len().min(word.len());
    let is_short = common == word.len() && word.len() >= SHORTEST;
    (is_short || common == own.len() && word.len() - common <= ENDING)
        && own.as_bytes()[..common].eq_ignore_ascii_case(&word.as_bytes()[..common])
}

fn is_one_of(word: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|digit| digit.is_ascii_digit())
}

/// The number that a word is: `4`, `iv`, `four`, `④`.
pub(crate) fn number_of(word: &str) -> Option<usize> {
    const NUMBERS: [[&str; 3]; 7] = [
        ["i", "one", "①"],
        ["ii", "two", "②"],
        ["iii", "three", "③"],
        ["iv", "four", "④"],
        ["v", "five", "⑤"],
        ["vi", "six", "⑥"],
        ["vii", "seven", "⑦"],
    ];
    if word.starts_with(|first: char| first.is_ascii_digit()) {
        return word.parse().ok();
    }
    NUMBERS.iter().position(|words| is_one_of(word, words)).map(|at| at + 1)
}

/// The words of a layer's name.
struct NameWords<'n> {
    /// Without `and` and without the numbers before the name and their words (`MAESTRO Layer 1`, `L1`, `3.1`).
    words: Vec<&'n str>,
    /// Whether there were any such numbers or words.
    is_numbered: bool,
    /// The number after `Layer` or `L`.
    layer: Option<usize>,
}

fn name_words(name: &str) -> NameWords<'_> {
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    let mut words: Vec<&str> =
        words.filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("and")).collect();
    let is_numbered = |word: &str| {
        number_of(word).is_some() || !word.is_ascii() && word.contains(|letter: char| letter.is_ascii_digit())
    };
    let (mut start, mut layer) = (0, None);
    while let Some(word) = words.get(start) {
        let next = words.get(start + 1).copied().unwrap_or_default();
        let short: Option<usize> = word.strip_prefix(['l', 'L']).and_then(|number| number.parse().ok());
        let is_layer = word.eq_ignore_ascii_case("layer");
        let number = if is_layer { number_of(next) } else { short };
        layer = number.or(layer);
        start += match number {
            Some(_) if is_layer => 2,
            Some(_) => 1,
            None if is_layer || word.eq_ignore_ascii_case("maestro") || is_numbered(word) => 1,
            // The word for a layer in another language.
            None if start == 0 && !next.is_empty() && is_number(next) => 2,
            None => break,
        };
    }
    let start = start.min(words.len());
    NameWords { words: words.split_off(start), is_numbered: start > 0, layer }
}

/// A layer of a set, such as Foundation Models. Layers are in the order of their set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerKind {
    set: &'static LayerSet,
    at: usize,
}

impl LayerKind {
    fn row(self) -> &'static LayerRow {
        &self.set.rows[self.at]
    }

    pub(crate) fn key(self) -> &'static str {
        self.row().key
    }

    /// The layer's key, and then its alias.
    pub(crate) fn keys(self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.key()).chain(self.row().alias)
    }

    /// The layer's contents in a few words.
    pub(crate) fn contents(self) -> &'static str {
        self.row().contents
    }
}

impl PartialEq for LayerKind {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for LayerKind {}

impl PartialOrd for LayerKind {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LayerKind {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.set.version, self.at).cmp(&(other.set.version, other.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layer_is_found_by_its_names() {
        for (name, key) in [
            ("Foundation Models", "foundation_models"),
            ("Layer 1: Foundational Models", "foundation_models"),
            ("2. Data Ops", "data_operations"),
            ("Agent Framework (Layer 3)", "agent_frameworks"),
            ("Layer 4: Deployment & Infrastructure", "deployment_and_infrastructure"),
            ("deployment_infrastructure", "deployment_and_infrastructure"),
            ("Evaluations and Observability", "evaluation_and_observability"),
            ("Security and Compliance (vertical)", "security_and_compliance"),
            ("Agentic Ecosystem", "agent_ecosystem"),
            ("🧠 L1 — Foundation Model", "foundation_models"),
            ("MAESTRO Layer II: Data Operations Security", "data_operations"),
            ("4.3. Agent Frameworks", "agent_frameworks"),
            ("Layer 1 (Foundation Models)", "foundation_models"),
            ("L5 - Evaluation/Observability Threats", "evaluation_and_observability"),
            ("Schicht 6: Security & Compliance", "security_and_compliance"),
            ("第7層：Agent Ecosystem", "agent_ecosystem"),
            ("Layer 3: Agent Frameworks — the planner", "agent_frameworks"),
            ("security-and-compliance", "security_and_compliance"),
            ("SecurityCompliance", "security_and_compliance"),
            ("L4 Deployment", "deployment_and_infrastructure"),
            ("4. Deployment & Infra", "deployment_and_infrastructure"),
            ("L5 Eval & Obs", "evaluation_and_observability"),
            ("Layer 5: Observability and Evaluation", "evaluation_and_observability"),
            ("L6 - Sec/Compliance", "security_and_compliance"),
            ("Layer 2: Data", "data_operations"),
            ("Layer Seven: Ecosystem", "agent_ecosystem"),
            ("IV. Deployment and Infrastructure", "deployment_and_infrastructure"),
            ("④ Deployment and Infrastructure", "deployment_and_infrastructure"),
            ("3️⃣ Agent Frameworks", "agent_frameworks"),
            ("Layer 3: Agent Frameworks and orchestration", "agent_frameworks"),
            ("レイヤー1：基盤モデル（Foundation Models）", "foundation_models"),
        ] {
            assert_eq!(LayerSet::DEFAULT.named(name).map(LayerKind::key), Some(key), "{name}");
        }
        for name in [
            "Data",
            "Layer 4",
            "Agent Frameworks: LangGraph",
            "Security",
            "Security and Compliance roadmap",
            "Layer 7: Application",
            "Layer 2: Data Link",
            "L2 Data cache",
            "Layer 4: Data",
            "4. Deployment",
            "Layer 4: Mode of Operation",
            "Dataset operations",
        ] {
            assert!(LayerSet::DEFAULT.named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn keys_of_a_set_are_those_of_the_schema() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../schemas/threat-model.json")).unwrap();
        let maestro = &schema["properties"]["maestro"]["properties"];
        for kind in LayerSet::DEFAULT.layers() {
            for key in kind.keys() {
                assert!(maestro.get(key).is_some(), "{key}");
            }
        }
        let versions = maestro["version"]["enum"].as_array().unwrap();
        for set in LayerSet::ALL {
            assert!(versions.iter().any(|version| version == set.version), "{}", set.version);
            assert!(LayerSet::with_version(set.version).is_some());
        }
    }
}
