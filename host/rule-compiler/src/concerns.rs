//! Reads `concerns` of a request, which links it to another document, and resolves the fields it names.

use crate::edition::{Edition, Message, known_message};
use crate::keys;
use crate::near::{did_you_mean, nearest};
use crate::one_of::one_of;
use crate::places::Places;
use crate::syntax::ConcernSource;
use crate::table::Table;
use crate::text::{Sources, Text};
use cebridge_rule_core::pack::{Concern, Effect};
use cebridge_rule_core::tree::Holds;
use std::collections::BTreeMap;

/// Reads `concerns = { message = "CEB621", by = ["invtNo"], effect = "withdraws" }`.
pub(crate) fn read(table: Table<'_>, sources: &Sources<'_>) -> Option<ConcernSource> {
    const WHAT: &str = "`concerns`";
    let table = table.table("concerns")?;
    table.only(WHAT, &keys::CONCERNS);
    let message = table.needed(WHAT, "message", "\"CEB621\"");
    let effect = table.needed(WHAT, "effect", "\"withdraws\"");
    let by = table.texts("by").unwrap_or_default();
    if by.is_empty() && !sources.has_problem_in(table.place("by")) {
        let hint = "add by = [\"invtNo\"], the field that holds the number of the other document";
        sources.error(table.place("by"), "`concerns` needs `by`", hint);
    }
    let effect = effect?;
    one_of("effect", &effect, &Effect::ALL.map(Effect::as_str), sources);
    Some(ConcernSource {
        message: message?,
        by,
        effect: Effect::parse(&effect.value)?,
        at: table.at,
    })
}

/// Returns the concern of a request; reports unknown names.
pub(crate) fn of(
    message: &Message,
    edition: &Edition,
    every: &BTreeMap<&str, Places>,
    sources: &Sources<'_>,
) -> Option<Concern> {
    let concern = message.head.concerns.as_ref()?;
    if !is_request(message) {
        let hint = "say it in the request that the receipt answers";
        sources.error(concern.at, "only a request is about another document", hint);
        return None;
    }
    let other = known_message(edition, &concern.message, sources)?;
    for (code, document) in [(&message.head.code, message), (&concern.message, other)] {
        let places = every.get(code.value.as_str())?;
        let Some(fields) = fields(document, places) else {
            sources.error(
                code.at,
                format!("{} has no element that is one document", code.value),
                "`concerns` joins requests with `document`",
            );
            return None;
        };
        for name in concern.by.iter().filter(|name| !fields.contains(&name.value.as_str())) {
            let hint = did_you_mean(&nearest(&name.value, fields.iter().copied()))
                .unwrap_or_else(|| "name a field that the document has once, outside of its lines".to_owned());
            sources.error(
                name.at,
                format!("no field {} stands in a document of {}", name.value, code.value),
                hint,
            );
        }
    }
    Some(Concern {
        message: concern.message.value.clone(),
        by: concern.by.iter().map(|name| name.value.clone()).collect(),
        effect: concern.effect,
    })
}

fn is_request(message: &Message) -> bool {
    message
        .head
        .kind
        .as_ref()
        .is_some_and(|kind: &Text| kind.value == "request")
}

/// Returns the names of the fields that a document has once: all except those of its lines.
fn fields<'p>(message: &Message, places: &'p Places) -> Option<Vec<&'p str>> {
    let document = places.at(&message.head.document.as_ref()?.value)?;
    let once = |index: usize| {
        let mut above = places
            .ancestry(index)
            .into_iter()
            .take_while(|place| *place != document);
        above.all(|place| places.list().get(place).is_some_and(|place| !place.part.repeated))
    };
    let inside = |index: usize| index != document && places.ancestry(index).contains(&document);
    let all = places.list().iter().enumerate();
    Some(
        all.filter(|(index, place)| {
            place.holds == Holds::Text && !place.part.attribute && inside(*index) && once(*index)
        })
        .map(|(_, place)| place.name.as_str())
        .collect(),
    )
}
