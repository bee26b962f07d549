//! Invalid policies, which check nothing.

use super::rows::{Case, policy};

/// Files that are not policies, and policies with unknown keys or values.
pub(crate) fn policies() -> Vec<Case> {
    let bomb: String = (1..12)
        .map(|level| format!("x-{level}: &a{level} [{}]\n", format!("*a{}, ", level - 1).repeat(10)))
        .collect();
    let wide: Vec<u8> = "\u{FEFF}aivss_policy: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        policy("nothing", b"", "1:1 empty-file"),
        policy("a byte order mark", b"\xEF\xBB\xBF", "1:1 empty-file"),
        policy("an empty mapping", b"{}", "1:1 policy"),
        policy("text", b"aivss_policy", "1:1 policy"),
        policy("no text", b"aivss_policy: 1 # \xFF", "1:19 encoding"),
        policy("version 2", b"aivss_policy: 2\n", "1:15 schema"),
        policy("no version", b"aivss_policy:\n", "1:1 schema"),
        policy("two of them", b"aivss_policy: 1\n---\naivss_policy: 1\n", "1:1 policy"),
        policy(
            "two of them after a byte order mark",
            b"\xEF\xBB\xBFa: 1\n---\naivss_policy: 1\n",
            "1:1 policy",
        ),
        policy("an unknown key", b"aivss_policy: 1\nlimit: { score: 1 }\n", "2:1 unknown-key"),
        policy("an unknown rule", b"aivss_policy: 1\nrules: { no-such-rule: off }\n", "2:10 unknown-key"),
        policy("a mandatory rule", b"aivss_policy: 1\nrules: { syntax: off }\n", "2:18 policy"),
        policy("an unknown level", b"aivss_policy: 1\nrules: { layer-blank: false }\n", "2:23 schema"),
        policy(
            "a rule twice",
            b"aivss_policy: 1\nrules: { layer-blank: error, \"layer-bl\\u0061nk\": off }\n",
            "2:30 duplicate-key",
        ),
        policy("limits of nothing", b"aivss_policy: 1\nlimits:\n", "2:1 schema"),
        policy("a limit without end", b"aivss_policy: 1\nlimits: { score: .inf }\n", "2:18 non-finite"),
        policy("a limit in quotes", b"aivss_policy: 1\nlimits: { score: '5' }\n", "2:18 schema"),
        policy("an unknown parent", b"aivss_policy: 1\nextends: [strct]\n", "2:11 policy"),
        policy(
            "a parent that is itself",
            b"aivss_policy: 1\nextends: [./aivss-policy.yaml]\n",
            "2:11 policy",
        ),
        policy("an invalid pattern", b"aivss_policy: 1\nfiles: { include: ['a[b'] }\n", "2:20 policy"),
        policy("UTF-16", wide, "1:1 encoding"),
        policy("NUL", b"aivss_policy: 1\n\0", "2:1 syntax"),
        policy("more bytes than are read", " ".repeat(33 * 1024 * 1024), "1:1 file-too-complex"),
        policy(
            "a bomb of aliases",
            format!("aivss_policy: 1\nx-0: &a0 [x]\n{bomb}"),
            "7:26 file-too-complex",
        ),
        policy(
            "brackets without end",
            format!("aivss_policy: {}", "[".repeat(100_000)),
            "1:115 file-too-complex",
        ),
        policy("a merge key", b"aivss_policy: 1\n<<: { limits: { score: 10 } }\n", "2:1 merge-key"),
        policy("a key of another script", "aivss_policy: 1\nl\u{456}mits: { score: 5 }\n", "2:1 unknown-key"),
        policy(
            "a key with a space of no width",
            "aivss_policy: 1\nlimits\u{200B}: { score: 5 }\n",
            "2:1 unknown-key",
        ),
        policy(
            "limits twice",
            b"aivss_policy: 1\nlimits: { score: 5 }\nlimits: { score: 10 }\n",
            "3:1 duplicate-key",
        ),
        policy("a tag on a limit", b"aivss_policy: 1\nlimits: { score: !any 5 }\n", "2:23 syntax"),
        policy(
            "a limit beyond the range of a float",
            b"aivss_policy: 1\nlimits: { score: 1e400 }\n",
            "2:18 file-too-complex",
        ),
        policy("a limit below nothing", b"aivss_policy: 1\nlimits: { score: -0.1 }\n", "2:18 schema"),
        policy("Norway as a limit", b"aivss_policy: 1\nlimits: { score: NO }\n", "2:18 schema"),
        policy("Norway as a level", b"aivss_policy: 1\nrules: { layer-blank: no }\n", "2:23 schema"),
        policy("a tab as indentation", b"aivss_policy: 1\nlimits:\n\tscore: 5\n", "3:1 syntax"),
        policy("a quote that does not end", b"aivss_policy: '1\n", "1:15 syntax"),
        policy(
            "an exception without its reason",
            b"aivss_policy: 1\nexceptions: [{ rule: score-exceeded, path: '**' }]\n",
            "2:16 schema",
        ),
        policy(
            "a pattern out of the repository",
            b"aivss_policy: 1\nfiles: { exclude: ['../**'] }\n",
            "2:20 policy",
        ),
        policy(
            "rules from the network",
            b"aivss_policy: 1\nextends: ['https://example.org/p.yaml']\n",
            "2:11 policy",
        ),
        policy(
            "rules in Rego from elsewhere",
            b"aivss_policy: 1\nrego: ['../../elsewhere.rego']\n",
            "2:8 policy",
        ),
        policy("rules in Rego from anywhere", b"aivss_policy: 1\nrego: [/etc/passwd.rego]\n", "2:8 policy"),
        policy("rules in Rego that are git's", b"aivss_policy: 1\nrego: [.git]\n", "2:8 policy"),
        policy(
            "a parent from anywhere",
            b"aivss_policy: 1\nextends: [/proc/self/environ.yaml]\n",
            "2:11 policy",
        ),
    ]
}
