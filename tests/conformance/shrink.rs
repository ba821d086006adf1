//! Makes a message that shows a difference smaller.

/// Attempts after which what is there must do.
const ATTEMPTS: usize = 600;

/// Leaves out pieces of the text, from one `<` to the next, as long as `differs` holds.
pub(crate) fn shrink(text: &str, differs: &dyn Fn(&str) -> bool) -> String {
    let mut pieces: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.get(1..).and_then(|rest| rest.find('<')) {
        let (piece, after) = rest.split_at(end + 1);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    let mut attempts = 0;
    let mut size = pieces.len() / 2;
    while size > 0 {
        let mut at = 0;
        let mut smaller = false;
        while at < pieces.len() {
            attempts += 1;
            if attempts > ATTEMPTS {
                return pieces.concat();
            }
            let end = (at + size).min(pieces.len());
            let without = [&pieces[..at], &pieces[end..]].concat();
            if !without.is_empty() && differs(&without.concat()) {
                pieces = without;
                smaller = true;
            } else {
                at += 1;
            }
        }
        if !smaller {
            size /= 2;
        }
    }
    pieces.concat()
}

#[test]
fn what_does_not_matter_is_left_out() {
    let text = "<a><b>1</b><c><d/>2</c><e/></a>";
    let differs = |text: &str| text.contains("<d/>") && text.contains("</a>");
    assert_eq!(shrink(text, &differs), "<d/>2</a>");
}
