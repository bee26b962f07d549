//! Checks all claims on the committed inputs without libFuzzer, so that fixed failures stay fixed.

#![expect(clippy::disallowed_methods, reason = "a test reads its inputs")]

use std::fs;
use std::path::Path;

#[test]
fn every_claim_holds_for_every_committed_input() {
    for (name, claim) in claims::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let mut inputs = 0;
        for entry in fs::read_dir(folder).expect("each target has inputs") {
            let path = entry.expect("the folder can be read").path();
            println!("{}", path.display());
            claim(&fs::read(path).expect("the input can be read"));
            inputs += 1;
        }
        assert!(inputs > 0, "{name} has no inputs");
    }
}
