//! Import of the threats of neighboring formats: Threat Dragon, Open Threat Model (OTM), and OWASP's Threat Model Library
//! (TM-BOM). Their threats name no layer of MAESTRO, so they are listed under `maestro.cross_layer`.

use std::collections::{HashMap, HashSet};

use crate::convert::data::{Data, Row, number, text, word};
use crate::convert::import::Draft;
use crate::convert::import::keyed::{add_threat, severity, status};
use crate::convert::import::records::not_carried;
use crate::convert::scaffold::{Scaffold, ScoreForm};
use crate::decimal::Decimal;

pub(crate) struct Neighbor {
    pub(crate) name: &'static str,
    pub(crate) is: fn(&Data) -> bool,
    /// The values of the agent.
    agent: &'static [Row],
    /// Takes the threats.
    take: fn(&mut Data) -> Vec<Data>,
}

pub(crate) const NEIGHBORS: [Neighbor; 3] = [
    Neighbor {
        name: "a threat model of Threat Dragon",
        is: |root| root.get("detail/diagrams").is_some() && root.get("summary").is_some(),
        agent: &[
            ("summary/title", "agent/name", text),
            ("summary/description", "agent/summary", text),
            ("summary/owner", "agent/owner", text),
        ],
        take: of_threat_dragon,
    },
    Neighbor {
        name: "an Open Threat Model",
        is: |root| root.get("otmVersion").is_some(),
        agent: &[
            ("project/name", "agent/name", text),
            ("project/description", "agent/summary", text),
            ("project/owner", "agent/owner", text),
        ],
        take: of_otm,
    },
    Neighbor {
        name: "a threat model of OWASP's Threat Model Library",
        is: |root| root.get("scope/title").is_some() && root.get("threats").is_some(),
        agent: &[
            ("scope/title", "agent/name", text),
            ("scope/description", "agent/summary", text),
            ("reviewed_at", "review/date", text),
        ],
        take: of_library,
    },
];

impl Neighbor {
    /// The draft of a document in this format, if it has threats.
    pub(crate) fn import(&self, mut root: Data) -> Result<Draft, String> {
        let threats = (self.take)(&mut root);
        if threats.is_empty() {
            return Err(format!("it is {}, and lists no threats", self.name));
        }
        let mut model = Data::EMPTY;
        root.carry(self.agent, &mut model);
        let count = threats.len();
        for threat in threats {
            add_threat(&[], threat, &mut model);
        }
        let origin = format!("It is {}: its threats name no layer, and are for you to assign.", self.name);
        let mut remarks =
            vec![format!("{count} threats name no layer of MAESTRO: they are under maestro.cross_layer")];
        remarks.extend(not_carried(&root));
        Ok(Draft { scaffolds: vec![Scaffold { origin, model, score: ScoreForm::Offered }], remarks })
    }
}

const DRAGON: [Row; 6] = [
    ("number", "id", word),
    ("title", "title", text),
    ("severity", "severity", severity),
    ("status", "status", status),
    ("mitigation", "mitigation", text),
    ("description", "x-description", text),
];

/// Threats of the cells of each diagram; in version 1 the cells are a level deeper, and their threats a level higher.
fn of_threat_dragon(root: &mut Data) -> Vec<Data> {
    let mut threats = Vec::new();
    for diagram in root.list_mut("detail/diagrams") {
        for cells in ["cells", "diagramJson/cells"] {
            for cell in diagram.list_mut(cells) {
                for path in ["data/threats", "threats"] {
                    take_all(cell.get_mut(path), &DRAGON, &mut threats);
                }
            }
        }
    }
    threats
}

/// Takes the threats of a list that have a title; returns nothing for others, which are reported.
fn take_all(list: Option<&mut Data>, rows: &[Row], threats: &mut Vec<Data>) {
    for item in list.map(Data::items_mut).unwrap_or_default() {
        let mut threat = Data::EMPTY;
        if rows.iter().any(|(from, to, _)| *to == "title" && item.text(from).is_some()) {
            item.carry(rows, &mut threat);
            threats.push(threat);
        }
    }
}

const OTM: [Row; 6] = [
    ("id", "id", word),
    ("name", "title", text),
    ("description", "x-description", text),
    ("risk/likelihood", "likelihood", percent),
    ("risk/impact", "impact", percent),
    ("cwes", "refs", |value| (!value.items().is_empty()).then(|| value.clone())),
];

/// A level from 1 to 5 of a number from 0 to 100.
fn percent(value: &Data) -> Option<Data> {
    let number = value.as_decimal()?;
    let bounds = [20, 40, 60, 80, 100].map(Decimal::from);
    let place = bounds.iter().position(|bound| number <= *bound)?;
    (number >= Decimal::ZERO).then(|| Data::Number((place + 1).to_string()))
}

/// Threats with the state and the mitigations that components and flows give them.
fn of_otm(root: &mut Data) -> Vec<Data> {
    let mut register = Register::of(root.get_mut("threats"), &OTM);
    let mut names = HashMap::new();
    for one in root.list_mut("mitigations") {
        if let (Some(id), Some(name)) = (one.take_text("id"), one.take_text("name")) {
            names.insert(id, name);
        }
    }
    for part in ["components", "dataflows", "trustZones", "assets"] {
        for given in root.list_mut(part).iter_mut().flat_map(|holder| holder.list_mut("threats")) {
            let Some(place) = given.text("threat").and_then(|id| register.place(id)) else { continue };
            given.take("threat");
            let state = given.take("state").as_ref().and_then(status);
            register.add_state(place, state.unwrap_or(Data::from("open")));
            for named in given.list_mut("mitigations") {
                let Some(id) = named.take_text("mitigation") else { continue };
                let name = names.get(&id).unwrap_or(&id);
                register.add_control(place, name, named.take_text("state").as_deref());
            }
        }
    }
    register.finished()
}

/// Threats, found by their ids, with the controls and states that other parts of a file give them.
struct Register {
    threats: Vec<Data>,
    places: HashMap<String, usize>,
    controls: HashSet<(usize, String)>,
    mitigations: Vec<String>,
}

impl Register {
    fn of(list: Option<&mut Data>, rows: &[Row]) -> Self {
        let mut threats = Vec::new();
        take_all(list, rows, &mut threats);
        let ids =
            threats.iter().enumerate().filter_map(|(at, threat)| Some((threat.text("id")?.to_owned(), at)));
        let (places, mitigations) = (ids.collect(), vec![String::new(); threats.len()]);
        Self { threats, places, controls: HashSet::new(), mitigations }
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// Adds the name of a control with its state, each once.
    fn add_control(&mut self, place: usize, name: &str, state: Option<&str>) {
        let control = state.map_or_else(|| name.to_owned(), |state| format!("{name} ({state})"));
        let text = &mut self.mitigations[place];
        if self.controls.insert((place, control.clone())) {
            text.push_str(if text.is_empty() { "" } else { "; " });
            text.push_str(&control);
        }
    }

    /// Sets the status of a threat, which is open as long as it is open anywhere.
    fn add_state(&mut self, place: usize, state: Data) {
        let threat = &mut self.threats[place];
        if threat.text("status") != Some("open") {
            threat.take("status");
            threat.put("status", state);
        }
    }

    fn finished(mut self) -> Vec<Data> {
        for (threat, mitigation) in self.threats.iter_mut().zip(self.mitigations) {
            if !mitigation.is_empty() {
                threat.put("mitigation", &*mitigation);
            }
        }
        self.threats
    }
}

const LIBRARY: [Row; 4] = [
    ("symbolic_name", "id", text),
    ("title", "title", text),
    ("description", "x-description", text),
    ("weaknesses", "refs", weaknesses),
];

fn weaknesses(value: &Data) -> Option<Data> {
    let ids = value.items().iter().filter_map(|item| item.get("cwe_id").and_then(number));
    let refs: Vec<Data> =
        ids.filter_map(|id| Some(Data::Text(format!("CWE-{}", id.as_decimal()?)))).collect();
    (!refs.is_empty()).then_some(Data::List(refs))
}

/// The words for the likelihood and the impact of a risk, from 1 to 5.
const LEVELS: [&[&str]; 5] = [
    &["rare", "very_unlikely", "minimal", "insignificant", "negligible"],
    &["unlikely", "minor"],
    &["possible", "moderate"],
    &["likely", "major"],
    &["almost_certain", "very_likely", "certain", "severe", "catastrophic"],
];

fn risk_level(value: &Data) -> Option<Data> {
    let word = value.as_text()?;
    let place = LEVELS.iter().position(|words| words.contains(&word))?;
    Some(Data::Number((place + 1).to_string()))
}

/// The values of a risk that each of its threats takes over.
const RISK: [Row; 3] = [
    ("level", "severity", severity),
    ("likelihood", "likelihood", risk_level),
    ("impact", "impact", risk_level),
];

/// Threats with the controls that name them, and the risks of which they are part.
fn of_library(root: &mut Data) -> Vec<Data> {
    let mut register = Register::of(root.get_mut("threats"), &LIBRARY);
    for control in root.list_mut("controls") {
        let Some(title) = control.take_text("title") else { continue };
        let state = control.take_text("status");
        let status = if state.as_deref() == Some("active") { "mitigated" } else { "open" };
        for place in register.named_in(control) {
            register.add_control(place, &title, state.as_deref());
            register.add_state(place, Data::from(status));
        }
    }
    for risk in root.list_mut("risks") {
        let mut values = Data::EMPTY;
        risk.carry(&RISK, &mut values);
        for place in register.named_in(risk) {
            for (key, value) in values.entries() {
                register.threats[place].put(key, value.clone());
            }
        }
    }
    register.finished()
}

impl Register {
    /// The places of the threats that a control or a risk names.
    fn named_in(&self, block: &mut Data) -> Vec<usize> {
        let names = block.take("threats").unwrap_or_default();
        names.items().iter().filter_map(|name| self.place(name.as_text()?)).collect()
    }
}
