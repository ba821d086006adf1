//! Determines what a rule can see from the element it applies to.
//!
//! A rule is judged when its trigger ends: the nearest repeated element around the one it applies to. It sees
//! everything inside the trigger, and single elements before it inside one of its ancestors.

use crate::expr::{Found, Read, Refusal};
use crate::places::Places;
use cebridge_rule_core::tree::Holds;

impl Places {
    /// Returns the field that a rule on `on` reads under this name, if it can be read this way.
    pub(crate) fn read(&self, on: usize, name: &str, read: Read) -> Result<Found, Refusal> {
        let index = self.resolve(on, name).ok_or_else(|| Refusal {
            message: format!("there is no `{name}` here"),
            hint: self.suggest(name, on),
        })?;
        self.visible(on, index, name, read)
    }

    /// Returns a place if a rule on `on` can read it this way.
    pub(crate) fn visible(&self, on: usize, index: usize, name: &str, read: Read) -> Result<Found, Refusal> {
        let place = &self.list()[index];
        if place.holds != Holds::Text && matches!(read, Read::Value | Read::Values) {
            return Err(refusal(
                format!("`{name}` is a group and has no value"),
                format!("name a field inside it ({name}/…), or ask present({name}) or count({name})"),
            ));
        }
        let found = Found {
            decl: place.part.decl,
            repeated: false,
        };
        if index == on {
            return Ok(found);
        }
        if self.uses.get(&place.part.decl).is_some_and(|uses| *uses > 1) {
            return Err(refusal(
                format!("`{name}` stands at several places of this message through a shared block"),
                "rules cannot tell them apart",
            ));
        }
        let trigger = self.trigger(on);
        let up = self.ancestry(index);
        match up.iter().position(|ancestor| *ancestor == trigger) {
            Some(inside) => self.visible_inside(trigger, &up[..inside], name, read, found),
            None => self.visible_outside(trigger, &up, name, read, found),
        }
    }

    /// `between` leads from the place up to, but not including, the trigger.
    fn visible_inside(
        &self,
        trigger: usize,
        between: &[usize],
        name: &str,
        read: Read,
        found: Found,
    ) -> Result<Found, Refusal> {
        let Some(repeated) = between.iter().find(|index| self.list()[**index].part.repeated) else {
            if trigger == 0 || read != Read::Values {
                return Ok(found);
            }
            // The author of a sum here expects all of them, not the one in this element.
            let watched = &self.list()[trigger];
            let wider = match self.list()[watched.parent].path.as_str() {
                "" => "(root)",
                path => path,
            };
            return Err(refusal(
                format!(
                    "this rule looks at one {} at a time, and `{name}` stands in it only once",
                    watched.path
                ),
                format!("to look at all of them, write the rule on = \"{wider}\"; to look at this one, name it alone"),
            ));
        };
        let group = &self.list()[*repeated].name;
        match read {
            Read::Values | Read::Occurrences => Ok(found),
            Read::Presence => Ok(Found {
                repeated: true,
                ..found
            }),
            Read::Value => Err(refusal(
                format!("`{name}` has many values here, because {group} stands many times"),
                format!(
                    "use sum, any, unique, sequence or count, or write a rule on = \"{}\"",
                    self.list()[*repeated].path
                ),
            )),
        }
    }

    /// `up` leads from the place to the root; the trigger is not on that path.
    fn visible_outside(
        &self,
        trigger: usize,
        up: &[usize],
        name: &str,
        read: Read,
        found: Found,
    ) -> Result<Found, Refusal> {
        let watched = &self.list()[trigger].path;
        let down = self.ancestry(trigger);
        let Some(meet) = up.iter().position(|ancestor| down.contains(ancestor)) else {
            return Ok(found);
        };
        let common = up[meet];
        if matches!(read, Read::Values | Read::Occurrences) {
            let wider = if common == 0 {
                "(root)"
            } else {
                self.list()[common].path.as_str()
            };
            return Err(refusal(
                format!("this rule looks at one {watched} at a time, and `{name}` stands outside of it"),
                format!(
                    "sum, count, unique, sequence and any see only what stands inside; write the rule on = \"{wider}\""
                ),
            ));
        }
        if let Some(repeated) = up[..meet].iter().find(|index| self.list()[**index].part.repeated) {
            return Err(refusal(
                format!(
                    "`{name}` has many values, because {} stands many times beside {watched}",
                    self.list()[*repeated].name
                ),
                "a rule reads what stands inside its element, or once before it",
            ));
        }
        // If the common ancestor is the place itself, there is no order to check.
        let (Some(branch), Some(ours)) = (
            meet.checked_sub(1).map(|step| up[step]),
            down.iter()
                .position(|ancestor| *ancestor == common)
                .and_then(|step| step.checked_sub(1))
                .map(|step| down[step]),
        ) else {
            return Ok(found);
        };
        if self.list()[branch].part.attribute || (self.list()[common].holds != Holds::Model && branch < ours) {
            return Ok(found);
        }
        let wider = if common == 0 {
            "(root)"
        } else {
            self.list()[common].path.as_str()
        };
        Err(refusal(
            format!("`{name}` stands after {watched} and is not known yet when this rule is judged"),
            format!("a rule reads what stands inside its element or before it; write the rule on = \"{wider}\""),
        ))
    }
}

fn refusal(message: String, hint: impl Into<String>) -> Refusal {
    Refusal {
        message,
        hint: Some(hint.into()),
    }
}
