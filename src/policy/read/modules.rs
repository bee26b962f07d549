//! The rules in Rego that a policy file names: found, loaded, compiled.

use std::path::Path;
use std::sync::Arc;

use super::{Broken, Load, Reader, beside, fault, items};
use crate::document::Node;
use crate::policy::Policy;
use crate::policy::answer::Fault;
use crate::policy::rego::Rego;
use crate::source::{Source, Span};

/// How many modules a policy may name.
const MOST_MODULES: usize = 500;
/// How many bytes they may have in all.
const MOST_BYTES: usize = 2 * 1024 * 1024;

impl Reader<'_> {
    /// Compiles the rules in Rego that the file names.
    pub(super) fn rego(
        &mut self,
        root: Node<'_>,
        load: Load<'_>,
        policy: &mut Policy,
        broken: &mut Vec<Broken>,
    ) {
        let mut modules = Vec::new();
        let mut packages = vec!["main".to_owned()];
        let mut first = None;
        for item in self.entries(root, "rego") {
            let path = item.as_str().map(|path| (path, item)).or_else(|| {
                let node = item.get("path")?;
                Some((node.as_str()?, node))
            });
            let Some((path, node)) = path else { continue };
            let named = items(item, "packages").filter_map(|package| package.as_str().map(str::to_owned));
            packages.extend(named);
            first.get_or_insert(node.span());
            if let Err(message) = self.modules(path, load, &mut modules) {
                self.faults.push(fault(node.span(), message));
            }
        }
        let Some(span) = first else { return };
        if !self.faults.is_empty() {
            return;
        }
        packages.dedup();
        match compile(&modules, &packages, load) {
            Ok(rego) => {
                policy.rego.push((Arc::new(rego), self.origin(span)));
                policy.modules.extend(modules.into_iter().map(|(name, text)| (name, Arc::from(text))));
            }
            Err(Fault { place: None, message }) => self.faults.push(fault(span, message)),
            Err(Fault { place: Some((module, line, column)), message }) => {
                let Some((name, text)) = modules.into_iter().nth(module) else { return };
                let source = Source::decode(name, text.into_bytes());
                let start = source.offset(line, column);
                let place = source.first_line(Span::new(start, source.text().len()));
                let mut diagnostic = fault(place, message);
                diagnostic.help = Some("see docs/policy.md for what rules in Rego may do".into());
                broken.push(Broken { source: Arc::new(source), diagnostics: vec![diagnostic] });
            }
        }
    }

    /// Adds the modules of a file, or of a folder, of rules in Rego.
    fn modules(&self, path: &str, load: Load<'_>, modules: &mut Vec<(String, String)>) -> Result<(), String> {
        let whole = beside(self.source.name(), path);
        // A change of the policy could name anything, and what is no Rego is quoted.
        let reachable = |name: &str| {
            let may_name = load.may_name(self.source.name(), name);
            may_name.then_some(()).ok_or_else(|| format!("{name} leads out of this policy's repository"))
        };
        reachable(&whole)?;
        let is_file = Path::new(path).extension().is_some_and(|ending| ending == "rego");
        let names = if is_file {
            vec![whole.clone()]
        } else {
            load.rego_below(&whole).map_err(|message| format!("{whole}: {message}"))?
        };
        if names.is_empty() {
            return Err(format!("there is no .rego file below {whole}"));
        }
        for name in names {
            reachable(&name)?;
            let bytes = load.bytes(&name).map_err(|message| format!("{name}: {message}"))?;
            let read: usize = modules.iter().map(|(_, text)| text.len()).sum();
            if modules.len() >= MOST_MODULES || read + bytes.len() > MOST_BYTES {
                return Err(format!(
                    "there are more than {MOST_MODULES} modules, or {MOST_BYTES} bytes of them"
                ));
            }
            let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8"))?;
            modules.push((name, text));
        }
        Ok(())
    }
}

/// Compiles modules. What the engine warns of is an error: it has understood something otherwise than it was meant.
fn compile(modules: &[(String, String)], packages: &[String], load: Load<'_>) -> Result<Rego, Fault> {
    let mut compiled = Err(Fault::general("the Rego engine did not run"));
    let printed = load.muted(&mut || compiled = Rego::compile(modules, packages));
    match printed.lines().find(|line| !line.trim().is_empty()) {
        Some(warning) if compiled.is_ok() => Err(Fault::general(format!("the Rego engine warns: {warning}"))),
        _ => compiled,
    }
}
