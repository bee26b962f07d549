//! What the web page shows besides the results of the run.

/// The settings of the web page.
#[derive(Clone, Debug, Default)]
pub struct PageSettings {
    /// The title; without one it is made of the repository's name.
    pub title: Option<String>,
    /// The agents to show in full; without it the number of agents decides.
    pub detail: Option<Detail>,
}

/// The agents that the web page shows in full. Its table has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All, also when printed.
    All,
    /// Those with a problem that fails the gate.
    Failing,
    /// None.
    None,
}
