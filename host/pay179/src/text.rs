//! The signing string, in the usual form and in the mistaken ones that [`crate::verify`] explains.

/// Joins the four parts in the form that customs verifies.
pub(crate) fn usual(session_id: &str, head: &str, lists: &str, service_time: &str) -> String {
    Shape::default().write(session_id, head, lists, service_time)
}

/// Quotes around names and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Quotes {
    /// `"…"`.
    #[default]
    Straight,
    /// `”…”`, as printed in the announcement's example.
    Closing,
    /// `“…”`.
    Paired,
}

/// Quoting of the JSON of head and lists, and of `serviceTime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Values {
    /// All in quotes.
    #[default]
    Quoted,
    /// Head, lists and time without quotes, as in the announcement's example.
    Bare,
    /// Head and lists without quotes, time with.
    BareJson,
}

/// Layout of the string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Shape {
    pub(crate) quotes: Quotes,
    pub(crate) values: Values,
    /// `payExchangeInfoList` instead of `payExchangeInfoLists`.
    pub(crate) short_name: bool,
}

impl Shape {
    pub(crate) fn write(self, session_id: &str, head: &str, lists: &str, service_time: &str) -> String {
        let (open, close) = match self.quotes {
            Quotes::Straight => ("\"", "\""),
            Quotes::Closing => ("”", "”"),
            Quotes::Paired => ("“", "”"),
        };
        let quoted = |text: &str| format!("{open}{text}{close}");
        let json = |text: &str| match self.values {
            Values::Quoted => quoted(text),
            Values::Bare | Values::BareJson => text.to_owned(),
        };
        let time = match self.values {
            Values::Bare => service_time.to_owned(),
            Values::Quoted | Values::BareJson => quoted(service_time),
        };
        let third = if self.short_name {
            "payExchangeInfoList"
        } else {
            "payExchangeInfoLists"
        };
        format!(
            "{}:{}||{}:{}||{}:{}||{}:{time}",
            quoted("sessionID"),
            quoted(session_id),
            quoted("payExchangeInfoHead"),
            json(head),
            quoted(third),
            json(lists),
            quoted("serviceTime"),
        )
    }
}
