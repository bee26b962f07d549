#[test]
#[ignore = "prints"]
#[expect(clippy::disallowed_methods)]
fn print_cases() {
    let mut files: Vec<_> =
        std::fs::read_dir(std::env::var("PAGES").unwrap()).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "md")) {
        let source = crate::source::Source::decode("a.md", std::fs::read(path).unwrap());
        let draft = super::draft(&source);
        println!("=== {} has_layers {} left {:?}", path.display(), draft.has_layers, draft.left);
        for root in draft.document.roots() {
            println!("{}", serde_json::to_string_pretty(&root.to_json()).unwrap());
        }
        assert!(draft.document.is_sound());
    }
}
