//! Pages of the documentation, which are Markdown of our own, rendered for a terminal: headings, code in a frame, and the
//! carets of examples in color.

use crate::output::Look;
use crate::output::text::{Tone, line_width, painted, wrapped};

/// Renders a page. Outside of a terminal it stays Markdown.
pub fn render_page(page: &str, look: Look) -> String {
    if !look.unicode {
        return page.to_owned();
    }
    let (mut out, mut fence) = (String::new(), None::<&str>);
    for line in page.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(open) if line == open => fence = None,
            Some(_) => out.push_str(&format!("{} {}\n", painted("  │", Tone::Dim, look), code(line, look))),
            None if ticks >= 3 => fence = Some(&line[..ticks]),
            None => out.push_str(&(prose(line, look) + "\n")),
        }
    }
    out
}

/// A line of an example. Carets mark the place of the problem in the line above.
fn code(line: &str, look: Look) -> String {
    match line.split_once('^') {
        Some((before, rest)) if line.starts_with('#') && before.trim_start_matches('#').trim().is_empty() => {
            let carets = rest.len() - rest.trim_start_matches('^').len();
            let (carets, message) = rest.split_at(carets);
            format!(
                "{before}{}{}",
                painted(&format!("^{carets}"), Tone::Bad, look),
                painted(message, Tone::Bad, look)
            )
        }
        _ if line.trim_start().starts_with('#') => painted(line, Tone::Dim, look),
        _ => line.to_owned(),
    }
}

fn prose(line: &str, look: Look) -> String {
    if let Some(heading) = line.strip_prefix('#') {
        return painted(heading.trim_start_matches('#').trim(), Tone::Strong, look);
    }
    let text = wrapped(line, line_width(look), (0, 0));
    let (head, text) = match text.strip_prefix("**").and_then(|rest| rest.split_once("**")) {
        Some((head, rest)) => (painted(head, Tone::Strong, look), rest.to_owned()),
        None => (String::new(), text),
    };
    // Every second part is a code span.
    let spans = text.split('`').enumerate().map(|(at, part)| match at % 2 {
        1 if look.color => painted(part, Tone::Action, look),
        1 => format!("`{part}`"),
        _ => part.to_owned(),
    });
    head + &spans.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_rendered_on_a_terminal_only() {
        let page = "# a-rule\n\nOne `word`.\n\n**Fix:** Do it.\n\n```yaml\na: 1\n#  ^ a-rule: wrong\n```\n";
        assert_eq!(render_page(page, Look::PLAIN), page);
        let plain = Look { unicode: true, width: 80, ..Look::PLAIN };
        assert_eq!(
            render_page(page, plain),
            "a-rule\n\nOne `word`.\n\nFix: Do it.\n\n  │ a: 1\n  │ #  ^ a-rule: wrong\n"
        );
        let color = render_page(page, Look { color: true, ..plain });
        assert!(color.contains("\u{1b}[1m\u{1b}[31m^\u{1b}[0m"), "{color:?}");
        assert!(color.starts_with("\u{1b}[1ma-rule\u{1b}[0m\n") && !color.contains('`'), "{color:?}");
    }

    #[test]
    fn fence_of_more_ticks_contains_shorter_ones() {
        let look = Look { unicode: true, width: 80, ..Look::PLAIN };
        let page = "````markdown\n```yaml\na: 1\n```\n````\nafter\n";
        assert_eq!(render_page(page, look), "  │ ```yaml\n  │ a: 1\n  │ ```\nafter\n");
    }
}
