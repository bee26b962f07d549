//! Pages in the manners of teams, each with what is read from it.
