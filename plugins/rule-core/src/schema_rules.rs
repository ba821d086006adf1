//! The rules at the start of every pack: those of the schema layer, and one business rule that needs no rule source.

use crate::pack::{Layer, Severity};

/// A rule with a fixed number, its position in [`Program::rules`](crate::program::Program::rules); has no rule code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SchemaRule {
    /// The root element is not a message of this edition.
    Root = 0,
    /// An element unknown to its parent.
    ElementUnknown = 1,
    /// A known element in the wrong place.
    ElementOrder = 2,
    /// A required element is absent; node: the parent, declaration: the absent element.
    ElementMissing = 3,
    /// An element occurs more often than allowed; reported once, at the first that is too many.
    Occurs = 4,
    /// Text where only elements are allowed.
    Text = 5,
    /// Elements inside a text-only field.
    Children = 6,
    /// A required attribute is absent; node: the element, declaration: the absent attribute.
    AttributeMissing = 7,
    /// An attribute unknown to its element.
    AttributeUnknown = 8,
    /// A text that is not a valid value of its type.
    Type = 9,
    /// A text that is too short or too long.
    Length = 10,
    /// A number with too many digits.
    Digits = 11,
    /// A value other than the fixed one.
    Fixed = 12,
    /// An identifier (`xs:ID`) that another element already has.
    Id = 13,
    /// `xsi:type` or `xsi:nil` on an element.
    Xsi = 14,
    /// A text short enough in characters, as the schema counts, but not in UTF-16 units, as some receivers count. The
    /// only rule here that is not from the schema: a warning of the business layer.
    Utf16 = 15,
}

impl SchemaRule {
    /// Number of these rules; rules with code start at this position.
    pub const COUNT: usize = 16;

    /// All of them, in order of position.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Root,
        Self::ElementUnknown,
        Self::ElementOrder,
        Self::ElementMissing,
        Self::Occurs,
        Self::Text,
        Self::Children,
        Self::AttributeMissing,
        Self::AttributeUnknown,
        Self::Type,
        Self::Length,
        Self::Digits,
        Self::Fixed,
        Self::Id,
        Self::Xsi,
        Self::Utf16,
    ];

    /// Returns the position in the rules of every program and pack.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns the rule at a position; `None` for a rule with code.
    #[must_use]
    pub fn from_index(index: usize) -> Option<Self> {
        Self::ALL.get(index).copied()
    }

    /// Returns the stable id, for example `XSD-length`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Root => "XSD-root",
            Self::ElementUnknown => "XSD-element-unknown",
            Self::ElementOrder => "XSD-element-order",
            Self::ElementMissing => "XSD-element-missing",
            Self::Occurs => "XSD-occurs",
            Self::Text => "XSD-text",
            Self::Children => "XSD-children",
            Self::AttributeMissing => "XSD-attribute-missing",
            Self::AttributeUnknown => "XSD-attribute-unknown",
            Self::Type => "XSD-type",
            Self::Length => "XSD-length",
            Self::Digits => "XSD-digits",
            Self::Fixed => "XSD-fixed",
            Self::Id => "XSD-id",
            Self::Xsi => "XSD-xsi",
            Self::Utf16 => "TEXT-utf16",
        }
    }

    /// Returns the layer; all but one belong to the schema.
    #[must_use]
    pub const fn layer(self) -> Layer {
        match self {
            Self::Utf16 => Layer::Business,
            _ => Layer::Schema,
        }
    }

    /// Returns the severity before configuration.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Utf16 => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// Returns `xsd`, or `inferred` if no document states the rule.
    #[must_use]
    pub const fn basis(self) -> &'static str {
        match self {
            Self::Utf16 => "inferred",
            _ => "xsd",
        }
    }

    /// Returns the check in words, for people who look up the rule.
    #[must_use]
    pub const fn check(self) -> &'static str {
        match self {
            Self::Utf16 => "UTF-16 units of the text <= maximum length of the field",
            _ => "",
        }
    }

    /// Returns the reason for the rule; empty if its message says it all.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::Utf16 => {
                "The schema counts characters. Receivers that count UTF-16 units (Java, .NET and many databases) take a \
                 rare character such as 𠮷 or an emoji for two, and then refuse the text or cut it off."
            }
            _ => "",
        }
    }

    /// Returns the English message.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Root => "The root element is no message of this edition",
            Self::ElementUnknown => "The element is not known here",
            Self::ElementOrder => "The element stands at the wrong place",
            Self::ElementMissing => "A required element is missing",
            Self::Occurs => "The element stands more often than allowed",
            Self::Text => "Text stands where only elements may stand",
            Self::Children => "The field takes text only, but holds elements",
            Self::AttributeMissing => "A required attribute is missing",
            Self::AttributeUnknown => "The attribute is not known here",
            Self::Type => "The value does not have the required type",
            Self::Length => "The value is too short or too long",
            Self::Digits => "The number has too many digits",
            Self::Fixed => "The value is not the fixed one",
            Self::Id => "The identifier is already used in this message",
            Self::Xsi => "xsi:type and xsi:nil are not allowed",
            Self::Utf16 => "The text fits by characters, but is too long for receivers that count UTF-16 units",
        }
    }

    /// Returns the Chinese message.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Root => "根元素不是本版本的报文",
            Self::ElementUnknown => "此处不允许出现该元素",
            Self::ElementOrder => "元素顺序不正确",
            Self::ElementMissing => "缺少必填元素",
            Self::Occurs => "元素出现次数超过上限",
            Self::Text => "此处只能包含子元素,不能包含文本",
            Self::Children => "该字段只能包含文本,不能包含子元素",
            Self::AttributeMissing => "缺少必填属性",
            Self::AttributeUnknown => "此处不允许出现该属性",
            Self::Type => "数据类型不正确",
            Self::Length => "长度不符合要求",
            Self::Digits => "数字位数超过上限",
            Self::Fixed => "值与规定的固定值不符",
            Self::Id => "标识在报文中重复",
            Self::Xsi => "不允许使用 xsi:type 或 xsi:nil",
            Self::Utf16 => "按字符计未超长,但按UTF-16编码单元计超过最大长度",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SchemaRule;
    use crate::pack::Layer;

    #[test]
    fn positions_are_those_of_the_list() {
        for (position, rule) in SchemaRule::ALL.iter().enumerate() {
            assert_eq!(rule.index(), position);
            assert_eq!(SchemaRule::from_index(position), Some(*rule));
        }
        assert_eq!(SchemaRule::from_index(SchemaRule::COUNT), None);
    }

    #[test]
    fn every_rule_has_its_own_id_and_texts_in_both_languages() {
        let mut ids: Vec<_> = SchemaRule::ALL.iter().map(|rule| rule.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), SchemaRule::COUNT);
        for rule in SchemaRule::ALL {
            assert_eq!(rule.id().starts_with("XSD-"), rule.layer() == Layer::Schema);
            assert!(rule.en().is_ascii() && !rule.zh().is_ascii());
        }
    }
}
