//! What makes a fault the same fault from run to run, as a digest.
