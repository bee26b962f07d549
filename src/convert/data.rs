//! Values of a file in transit: taken out of one document by tables of paths, and put into another.
//!
//! Numbers keep the digits of the file. A value that was taken leaves a gap, so that the rest can be listed.

use crate::decimal::Decimal;
use crate::escape::cut;
use crate::syntax::{List, Map, Node, Value, canonical};

/// A value, or the gap of one that was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Data {
    #[default]
    Null,
    Taken,
    Flag(bool),
    /// The digits of a number that [`Decimal::parse`] accepts.
    Number(String),
    Text(String),
    List(Vec<Data>),
    /// Keys with their values, in the order of the file.
    Map(Vec<(String, Data)>),
}

/// A row of a table: a path in the source, a path in the threat model, and the conversion, which is `None` for a value that
/// does not fit. The parts of a path are separated by `/`.
pub(crate) type Row = (&'static str, &'static str, fn(&Data) -> Option<Data>);

impl From<Node<'_>> for Data {
    /// Copies a node, aliases followed. The depth of the tree bounds the recursion.
    fn from(node: Node<'_>) -> Self {
        match node.value() {
            Value::Null | Value::Unreadable => Self::Null,
            Value::Bool(flag) => Self::Flag(flag),
            Value::Number(digits) => Self::Number(canonical(digits).into_owned()),
            Value::String(text) => Self::Text(text.to_owned()),
            Value::List(list) => Self::List(List::iter(list).map(Self::from).collect()),
            Value::Map(map) => {
                let entries = Map::iter(map).map(|entry| (entry.key.to_owned(), Self::from(entry.value)));
                Self::Map(entries.collect())
            }
        }
    }
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Decimal> for Data {
    fn from(number: Decimal) -> Self {
        Self::Number(number.to_string())
    }
}

impl Data {
    pub(crate) const EMPTY: Self = Self::Map(Vec::new());

    pub(crate) fn entries(&self) -> &[(String, Self)] {
        if let Self::Map(entries) = self { entries } else { &[] }
    }

    pub(crate) fn entries_mut(&mut self) -> &mut [(String, Self)] {
        if let Self::Map(entries) = self { entries } else { &mut [] }
    }

    pub(crate) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    pub(crate) fn items_mut(&mut self) -> &mut [Self] {
        if let Self::List(items) = self { items } else { &mut [] }
    }

    pub(crate) fn list_mut(&mut self, path: &str) -> &mut [Self] {
        self.get_mut(path).map(Self::items_mut).unwrap_or_default()
    }

    /// The value at a path. A missing value and `null` are `None`.
    pub(crate) fn get(&self, path: &str) -> Option<&Self> {
        let mut at = self;
        for part in path.split('/') {
            at = &at.entries().iter().find(|(key, _)| key == part)?.1;
        }
        (!matches!(at, Self::Null | Self::Taken)).then_some(at)
    }

    pub(crate) fn get_mut(&mut self, path: &str) -> Option<&mut Self> {
        let mut at = self;
        for part in path.split('/') {
            at = &mut at.entries_mut().iter_mut().find(|(key, _)| key == part)?.1;
        }
        (!matches!(at, Self::Null | Self::Taken)).then_some(at)
    }

    /// The text of a value, unless it is blank.
    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(&**text).filter(|text| !text.trim().is_empty()) } else { None }
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_text()
    }

    pub(crate) fn as_decimal(&self) -> Option<Decimal> {
        if let Self::Number(digits) = self { Decimal::parse(digits).ok() } else { None }
    }

    pub(crate) fn decimal(&self, path: &str) -> Option<Decimal> {
        self.get(path)?.as_decimal()
    }

    /// Takes the value at a path, which leaves a gap.
    pub(crate) fn take(&mut self, path: &str) -> Option<Self> {
        Some(std::mem::replace(self.get_mut(path)?, Self::Taken))
    }

    /// Takes the text at a path, unless it is blank.
    pub(crate) fn take_text(&mut self, path: &str) -> Option<String> {
        let text = self.text(path)?.to_owned();
        self.take(path);
        Some(text)
    }

    /// Puts a value at a path, unless there is one.
    pub(crate) fn put(&mut self, path: &str, value: impl Into<Self>) {
        let mut at = self;
        for part in path.split('/') {
            if !matches!(at, Self::Map(_)) {
                *at = Self::EMPTY;
            }
            let Self::Map(entries) = at else { return };
            let place = entries.iter().position(|(key, _)| key == part).unwrap_or_else(|| {
                entries.push((part.to_owned(), Self::Null));
                entries.len() - 1
            });
            at = &mut entries[place].1;
        }
        if matches!(at, Self::Null | Self::Taken) {
            *at = value.into();
        }
    }

    /// Adds a value to the list at a path.
    pub(crate) fn push(&mut self, path: &str, value: Self) {
        self.put(path, Self::List(Vec::new()));
        if let Some(Self::List(items)) = self.get_mut(path) {
            items.push(value);
        }
    }

    /// Takes the values of a table out of this one. The first of two for the same path counts.
    pub(crate) fn carry(&mut self, rows: &[Row], to: &mut Self) {
        for (from, path, convert) in rows {
            if to.get(path).is_none()
                && let Some(value) = self.get(from).and_then(convert)
            {
                self.take(from);
                to.put(path, value);
            }
        }
    }

    /// Whether nothing of a value was taken, nor of a value in it.
    fn is_whole(&self) -> bool {
        match self {
            Self::Taken => false,
            Self::List(items) => items.iter().all(Self::is_whole),
            Self::Map(entries) => entries.iter().all(|(_, value)| value.is_whole()),
            Self::Null | Self::Flag(_) | Self::Number(_) | Self::Text(_) => true,
        }
    }

    /// The largest values of which nothing was taken, with their paths. Values in several items of a list are one line.
    pub(crate) fn rest(&self) -> Vec<String> {
        let mut rest = Rest::default();
        self.add_rest(&mut rest);
        let lines = rest.lines.into_iter().map(|line| match line.count {
            1 => line.first,
            count => format!("{}: {count} values", line.path),
        });
        lines.chain(rest.is_cut.then(|| "and more values".to_owned())).collect()
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Taken | Self::Null => true,
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            Self::Text(text) => text.trim().is_empty(),
            Self::Flag(_) | Self::Number(_) => false,
        }
    }

    fn add_rest(&self, rest: &mut Rest) {
        if self.is_empty() {
            return;
        }
        if self.is_whole() {
            return rest.add(self);
        }
        let lengths = (rest.path.len(), rest.exact.len());
        for (key, value) in self.entries() {
            let dot = if lengths.0 == 0 { "" } else { "." };
            let step = format!("{dot}{}", cut(key, MAX_LENGTH));
            rest.path.push_str(&step);
            rest.exact.push_str(&step);
            value.add_rest(rest);
            rest.path.truncate(lengths.0);
            rest.exact.truncate(lengths.1);
        }
        for (at, item) in self.items().iter().enumerate() {
            rest.path.push_str("[]");
            rest.exact.push_str(&format!("[{at}]"));
            item.add_rest(rest);
            rest.path.truncate(lengths.0);
            rest.exact.truncate(lengths.1);
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Text(text) => cut(text, MAX_LENGTH).into_owned(),
            Self::Number(digits) => cut(digits, MAX_LENGTH).into_owned(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a mapping".to_owned(),
            Self::Null | Self::Taken => "empty".to_owned(),
        }
    }
}

/// The most lines about values that were not taken.
const MAX: usize = 100;
/// The most characters of a value that are shown.
const MAX_LENGTH: usize = 60;

/// The values that were not taken.
#[derive(Default)]
struct Rest {
    /// The path of the present value, without the indices of lists.
    path: String,
    /// The same with the indices.
    exact: String,
    lines: Vec<RestLine>,
    /// Whether there are more lines than are kept.
    is_cut: bool,
}

/// The values at paths that differ by indices alone.
struct RestLine {
    path: String,
    /// The first of them.
    first: String,
    count: usize,
}

impl Rest {
    fn add(&mut self, value: &Data) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.path == self.path) {
            line.count += 1;
        } else if self.lines.len() < MAX {
            let first = format!("{}: {}", self.exact, value.shown());
            self.lines.push(RestLine { path: self.path.clone(), first, count: 1 });
        } else {
            self.is_cut = true;
        }
    }
}

/// Takes any text that is not blank.
pub(crate) fn text(value: &Data) -> Option<Data> {
    value.as_text().map(Data::from)
}

pub(crate) fn number(value: &Data) -> Option<Data> {
    value.as_decimal().map(|_| value.clone())
}

/// Takes a text, or a number as a text.
pub(crate) fn word(value: &Data) -> Option<Data> {
    if let Data::Number(digits) = value { Some(Data::Text(digits.clone())) } else { text(value) }
}
