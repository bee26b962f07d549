//! A page of prose as a threat model: layers from its headings and tables, threats from its tables and lists, the name and
//! the summary from its beginning.
//!
//! A page whose front matter has the marker becomes one tree: the nodes of the front matter, and after them those of the page,
//! each with its place ([`build`]). [`draft`] reads pages without a marker by the same means.

pub(crate) mod about;
pub(crate) mod answers;
mod build;
pub(crate) mod columns;
mod layers;
mod leads;
mod lines;
mod parts;
mod sections;
#[cfg(test)]
mod tests;
pub(crate) mod threats;

use std::ops::Range;

use crate::aivss::{LayerKind, LayerSet};
use crate::source::{Source, Span};
use crate::syntax::front_matter::FrontMatter;
use crate::syntax::markdown::Prose;
use crate::syntax::outline::{OutlineBlock, OutlineKind, Outliner};
use crate::syntax::tree::{Document, PageFacts, ProblemKind, Tree};
use crate::syntax::{self, markdown};
use about::read_about;
use build::PageModel;
use columns::{Piece, locate};
use layers::{PageLayers, layer_of, read_layers};
use parts::PageLayer;

/// The most agents of a page without a marker.
const MAX_AGENTS: usize = 100;

/// Reads a source into trees and problems. The prose of a page whose front matter has the marker belongs to its root.
pub fn parse(source: &Source) -> Document<'_> {
    syntax::parse_with(source, add_page)
}

/// Adds what a page contains to the root of its front matter.
fn add_page(document: &mut Document<'_>, Prose { root, front, blocks }: Prose) {
    let text = document.tree.text;
    let set = LayerSet::DEFAULT;
    let agents = agents(&blocks, set);
    if let [first, second, ..] = agents.as_slice() {
        let message = "the page describes several agents: each has a section with its own layers";
        let place = blocks[second.start].phrase.span;
        let mut problem = syntax::Problem::new(ProblemKind::Syntax, place, message);
        problem.related = Some((blocks[first.start].phrase.span, "the first one is here".to_owned()));
        problem.help = Some("split the page: one page per agent, each with its own front matter".to_owned());
        document.report(problem);
    }
    let range = agents.first().cloned().unwrap_or(0..blocks.len());
    let mut model = read_model(&blocks, range, text, front.end, set, !agents.is_empty());
    if model.name.is_none() {
        model.name = title_in(&front, text);
    }
    let sections = std::mem::take(&mut model.layers.sections);
    let shown = model.layers.layers.values_mut().filter_map(PageLayer::take_shown).collect();
    build::add(document, &model, root, text.len());
    document.tree.page = Some(Box::new(PageFacts { root, prose: model.prose, sections, shown }));
    let first = Span::new(front.inner.start, front.inner.start);
    document.check_room(first);
}

/// The title in front matter that another tool reads.
fn title_in(front: &FrontMatter, text: &str) -> Option<Piece> {
    let inner = text.get(front.inner.clone())?;
    let line = inner.split(['\n', '\r']).find_map(|line| line.strip_prefix("title"))?;
    let value = line.trim_start().strip_prefix(if front.is_toml { '=' } else { ':' })?;
    let title = value.trim().trim_matches(['"', '\'']);
    let name = about::name_in(title)?;
    Some(locate(&name, Span::new(front.inner.start, front.inner.end), text))
}

fn read_model(
    blocks: &[OutlineBlock],
    range: Range<usize>,
    text: &str,
    prose: usize,
    set: &'static LayerSet,
    is_section: bool,
) -> PageModel {
    let about = read_about(blocks, range.clone(), text, is_section);
    let end = blocks.get(range.end).map_or(text.len(), |next| next.span.start as usize);
    let layers = read_layers(blocks, range, end, text, set);
    let prose = Span::new(prose, prose).start;
    PageModel { name: about.name, summary: about.summary, about: about.read, layers, prose }
}

/// The sections of the agents of a page: those that each hold layers, if there are two and none is named like a part of
/// an analysis. Otherwise the page is about one agent, and there are none.
fn agents(blocks: &[OutlineBlock], set: &'static LayerSet) -> Vec<Range<usize>> {
    let headings: Vec<(usize, u8, Option<LayerKind>)> = blocks
        .iter()
        .enumerate()
        .filter_map(|(at, block)| match block.kind {
            OutlineKind::Heading(level) => Some((at, level, layer_of(&block.phrase, set))),
            _ => None,
        })
        .collect();
    (1..=5)
        .find_map(|wanted| {
            let mut found: Vec<(Range<usize>, Vec<LayerKind>)> = Vec::new();
            let mut is_open = false;
            for (at, level, kind) in &headings {
                if *level <= wanted {
                    if let Some((range, _)) = found.last_mut().filter(|_| is_open) {
                        range.end = *at;
                    }
                    is_open = *level == wanted;
                    if is_open {
                        found.push((*at..blocks.len(), Vec::new()));
                    }
                } else if let (Some(kind), Some((_, kinds)), true) = (kind, found.last_mut(), is_open)
                    && !kinds.contains(kind)
                {
                    kinds.push(*kind);
                }
            }
            found.retain(|(_, kinds)| kinds.len() >= 2);
            let is_repeated =
                found.windows(2).any(|pair| pair[0].1.iter().any(|kind| pair[1].1.contains(kind)));
            let are_named = found.iter().all(|(range, _)| !is_part(&blocks[range.start].phrase.text));
            (is_repeated && are_named).then(|| found.into_iter().map(|(range, _)| range).collect())
        })
        .unwrap_or_default()
}

/// Whether a heading names a part of an analysis, such as "Threats by layer", and not an agent.
fn is_part(heading: &str) -> bool {
    const WORDS: &str = " threat threats mitigation mitigations risk risks analysis maestro layer layers control controls \
        countermeasure countermeasures recommendation recommendations assessment overview by per the of and for in to model \
        models modeling security summary detail details detailed finding findings residual current attack attacks \
        scenario scenarios review table matrix mapping step phase part section appendix identification identified strategy strategies plan planned \
        proposed existing defense defenses vulnerability vulnerabilities remediation measure measures response action actions ";
    let small = heading.to_lowercase();
    let mut words = small.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.all(|word| word.bytes().all(|byte| byte.is_ascii_digit()) || WORDS.contains(&format!(" {word} ")))
}

/// The use of a block of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockUse {
    /// None: it is in no tree.
    Free,
    /// The name, the summary, or other facts about the agent.
    About,
    /// A layer or its threats.
    Layers,
}

/// A section of a page with contents that have no use.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LeftSection {
    /// Empty before the first heading.
    pub title: String,
    /// The number of blocks of which nothing has a use.
    pub blocks: usize,
    /// The cells of tables of which other cells are in use.
    pub cells: usize,
    /// The first of these blocks and cells.
    pub(crate) first: Option<Span>,
}

/// A page without a marker, for `import`.
#[derive(Debug)]
pub struct PageDraft<'t> {
    /// A tree with a root for each agent, as a threat model without a marker: `agent.name`, `agent.summary`,
    /// `maestro.<layer>` with `status`, `reason`, `analysis` and `threats`, and `maestro.cross_layer`.
    pub document: Document<'t>,
    /// Whether the page analyzes layers: two headings name them, or a table does.
    pub has_layers: bool,
    pub(crate) blocks: Vec<OutlineBlock>,
    /// The use of each block.
    pub(crate) uses: Vec<BlockUse>,
    /// The number of a block of layers for each of its cells that is in no layer.
    unread: Vec<usize>,
    /// The blocks of each root.
    pub(crate) ranges: Vec<Range<usize>>,
}

impl PageDraft<'_> {
    /// The sections with contents that have no use, in the order of the page.
    pub fn left(&self) -> Vec<LeftSection> {
        let mut left = vec![LeftSection::default()];
        let mut unread = self.unread.iter().peekable();
        for (at, (block, used)) in self.blocks.iter().zip(&self.uses).enumerate() {
            if let OutlineKind::Heading(_) = block.kind {
                let title = block.phrase.text.trim().to_owned();
                left.push(LeftSection { title, ..LeftSection::default() });
            } else if let Some(section) = left.last_mut() {
                section.blocks += usize::from(*used == BlockUse::Free);
                while unread.next_if(|of| **of <= at).is_some() {
                    section.cells += 1;
                }
                if section.blocks + section.cells > 0 {
                    section.first.get_or_insert(block.phrase.span);
                }
            }
        }
        left.retain(|section| section.blocks + section.cells > 0);
        left
    }
}

/// Reads a page, whatever its front matter.
///
/// `import` takes the values from the roots by their keys, as from a threat model. Without `has_layers` the page is not an
/// analysis; its threats are in `maestro.cross_layer` of the only root all the same.
pub fn draft(source: &Source) -> PageDraft<'_> {
    let text = source.text();
    let mut document = Document { tree: Tree::over(text), ..Document::default() };
    let front = FrontMatter::of(text);
    let mut outliner = Outliner::default();
    let is_read =
        markdown::each_event(&mut document, text, front.end, |_, event, span| outliner.event(&event, span));
    let blocks = if is_read { outliner.blocks } else { Vec::new() };
    let set = LayerSet::DEFAULT;
    let mut agents = agents(&blocks, set);
    let is_several = !agents.is_empty();
    if agents.len() > MAX_AGENTS {
        let place = blocks[agents[MAX_AGENTS].start].phrase.span;
        let message = format!("the page describes more than {MAX_AGENTS} agents");
        document.report(syntax::Problem::new(ProblemKind::InputLimit, place, message));
        agents.truncate(MAX_AGENTS);
    }
    let whole = (!is_several).then_some(0..blocks.len());
    let ranges: Vec<Range<usize>> = agents.into_iter().chain(whole).collect();
    let (mut has_layers, mut uses, mut unread) = (false, vec![BlockUse::Free; blocks.len()], Vec::new());
    let mut shown = Vec::new();
    for range in &ranges {
        let mut model = read_model(&blocks, range.clone(), text, front.end, set, is_several);
        if model.name.is_none() && !is_several {
            model.name = title_in(&front, text);
        }
        for (read, used) in [(&model.layers.read, BlockUse::Layers), (&model.about, BlockUse::About)] {
            for at in read {
                uses[*at] = used;
            }
        }
        unread.append(&mut model.layers.unread);
        shown.extend(model.layers.layers.values_mut().filter_map(PageLayer::take_shown));
        has_layers |= is_analysis(&model.layers, &blocks[range.clone()]);
        let start = blocks.get(range.start).map_or(front.end, |block| block.span.start as usize);
        let root = document.tree.open(start, true);
        document.roots.push(root);
        let end = blocks.get(range.end).map_or(text.len(), |block| block.span.start as usize);
        build::add(&mut document, &model, root, end);
    }
    // No root is one to edit.
    document.tree.page = Some(Box::new(PageFacts { root: u32::MAX, prose: 0, sections: Vec::new(), shown }));
    PageDraft { document, has_layers, blocks, uses, unread, ranges }
}

/// Whether layers are an analysis, and not only named or defined. Lines that open with their names are one below a heading
/// about threats.
fn is_analysis(layers: &PageLayers, blocks: &[OutlineBlock]) -> bool {
    const SUBJECTS: [&str; 4] = ["threat", "risk", "attack", "security review"];
    const LESSONS: [&str; 10] = [
        "what is",
        "introduction",
        "lecture",
        "notes",
        "guide",
        "framework",
        "how ",
        "about",
        "lesson",
        "course",
    ];
    let mut kinds: Vec<_> = layers.sections.iter().map(|section| section.kind).collect();
    kinds.dedup();
    if !layers.has_leads {
        return kinds.len() >= 2 || layers.has_layer_table;
    }
    let has_text = |layer: &&PageLayer| layer.analysis.is_some() || !layer.threats.is_empty();
    let headings = blocks.iter().filter(|block| matches!(block.kind, OutlineKind::Heading(_)));
    let headings: Vec<String> = headings.map(|block| block.phrase.text.to_lowercase()).collect();
    let contains = |words: &[&str]| headings.iter().any(|text| words.iter().any(|word| text.contains(word)));
    layers.layers.values().filter(has_text).count() >= 2 && contains(&SUBJECTS) && !contains(&LESSONS)
}
