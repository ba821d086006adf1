//! Messages of the built-in rules, with limits, values found and values expected.

use super::measure::{collapsed_length, collapsed_utf16, digits, elsewhere, hint, octets};
use super::place;
use super::subject::Subject;
use cebridge_rule_core::pack::DeclText;
use cebridge_rule_core::program::{Base, Content, DeclId, Program, Simple, Type};
use cebridge_rule_core::schema_rules::SchemaRule;

/// Maximum number of expected names listed.
const LISTED: usize = 4;

/// Returns the messages of a schema finding, English and Chinese.
pub(super) fn texts(rule: SchemaRule, subject: &Subject<'_>) -> (String, String) {
    let (en, zh) = subject.labels();
    let told = match rule {
        SchemaRule::Root => Some(subject.wrong_root()),
        SchemaRule::ElementUnknown => Some(subject.unknown_element()),
        SchemaRule::ElementOrder => Some(subject.wrong_order()),
        SchemaRule::ElementMissing => Some(subject.missing_element()),
        SchemaRule::Occurs => subject.too_often(),
        SchemaRule::Text => Some((
            format!("{en} holds text, but may only hold elements"),
            format!("{zh}只能包含子元素,不能包含文本"),
        )),
        SchemaRule::Children => Some((
            format!("{en} holds elements, but may only hold text"),
            format!("{zh}只能包含文本,不能包含子元素"),
        )),
        SchemaRule::AttributeMissing => Some((format!("attribute {en} is missing"), format!("缺少必填属性{zh}"))),
        SchemaRule::AttributeUnknown => Some(subject.unknown_attribute()),
        SchemaRule::Type => subject.wrong_type(),
        SchemaRule::Length => subject.wrong_length(),
        SchemaRule::Digits => subject.too_many_digits(),
        SchemaRule::Fixed => subject.not_fixed(),
        SchemaRule::Utf16 => subject.long_in_utf16(),
        SchemaRule::Id | SchemaRule::Xsi => None,
    };
    told.unwrap_or_else(|| (format!("{en}: {}", rule.en()), format!("{zh}: {}", rule.zh())))
}

impl Subject<'_> {
    fn program(&self) -> &Program {
        &self.pack.program
    }

    /// Returns the declaration of a node below an element with the declaration `above`.
    fn declared(&self, above: DeclId, node: u32) -> Option<DeclId> {
        place::declared(self.program(), self.names, self.document, above, node)
    }

    /// Returns name and label of the subject of the finding.
    fn labels(&self) -> (String, String) {
        self.labels_of(self.decl, &self.field())
    }

    fn labels_of(&self, decl: Option<DeclId>, name: &str) -> (String, String) {
        let nothing = DeclText::default();
        let text = decl
            .and_then(|decl| self.pack.decls.get(usize::from(decl)))
            .unwrap_or(&nothing);
        let en = if text.en.is_empty() {
            name.to_owned()
        } else {
            format!("{name} ({})", text.en)
        };
        let zh = if text.zh.is_empty() {
            name.to_owned()
        } else {
            format!("{}({name})", text.zh)
        };
        (en, zh)
    }

    fn simple(&self) -> Option<&Simple> {
        self.program().simple_of(self.decl?)
    }

    fn wrong_root(&self) -> (String, String) {
        let name = self.document.root_name();
        let edition = &self.pack.manifest.edition;
        let program = self.program();
        let known = program
            .messages
            .iter()
            .find(|message| program.local_name(message.root) == Some(&name.local));
        if let Some(uri) = known.and_then(|message| self.namespace_of(message.root)) {
            return elsewhere(&name.local, &name.namespace, uri);
        }
        let catalogue = self.pack.catalogue();
        let roots = catalogue.filter_map(|(_, message, _)| program.local_name(message.root));
        let (en, zh) = hint(&name.local, roots);
        (
            format!("the root element {} is no message of edition {edition}{en}", name.local),
            format!("根元素{}不是{edition}版的报文{zh}", name.local),
        )
    }

    fn unknown_element(&self) -> (String, String) {
        let name = self.document.local(self.node);
        let Some((above, Some(parent))) = self.place.parent() else {
            return (format!("{name} is not known here"), format!("此处不允许出现元素{name}"));
        };
        let program = self.program();
        let children = program.children_of(parent);
        let same = children.iter().find(|child| program.local_name(**child) == Some(name));
        if let Some(uri) = same.and_then(|child| self.namespace_of(*child)) {
            let found = self
                .document
                .name(self.node)
                .map(|name| name.namespace.as_str())
                .unwrap_or_default();
            if found != uri {
                return elsewhere(name, found, uri);
            }
        }
        let (mut en, mut zh) = hint(name, children.iter().filter_map(|child| program.local_name(*child)));
        if en.is_empty() {
            (en, zh) = self.expected(above, parent);
        }
        let inside = self.document.local(above);
        (
            format!("{name} is not known inside {inside}{en}"),
            format!("{inside}中不允许出现元素{name}{zh}"),
        )
    }

    fn unknown_attribute(&self) -> (String, String) {
        let name = self.document.local(self.node);
        let parent = self.place.parent();
        let inside = parent.map(|(node, _)| self.document.local(node)).unwrap_or_default();
        let program = self.program();
        let known = parent
            .and_then(|(_, decl)| decl)
            .map(|decl| program.attributes_of(decl))
            .unwrap_or_default();
        let (en, zh) = hint(name, known.iter().filter_map(|decl| program.local_name(*decl)));
        (
            format!("attribute {name} is not known on {inside}{en}"),
            format!("{inside}不允许有属性{name}{zh}"),
        )
    }

    fn wrong_order(&self) -> (String, String) {
        let (en, zh) = self.labels();
        let Some((above, Some(parent))) = self.place.parent() else {
            return (format!("{en} is in the wrong place"), format!("{zh}顺序不正确"));
        };
        let order = self.program().children_of(parent);
        let at = |decl: Option<DeclId>| order.iter().position(|known| Some(*known) == decl);
        let own = at(self.decl);
        let mut earlier = self.document.children(above).take_while(|child| *child != self.node);
        let later = earlier.find(|child| own.is_some() && at(self.declared(parent, *child)) > own);
        if let Some(later) = later.map(|child| self.document.local(child)) {
            return (
                format!("{en} must come before {later}"),
                format!("{zh}必须位于{later}之前"),
            );
        }
        let (expected, expected_zh) = self.expected(above, parent);
        (
            format!("{en} is in the wrong place{expected}"),
            format!("{zh}顺序不正确{expected_zh}"),
        )
    }

    fn missing_element(&self) -> (String, String) {
        let (en, zh) = self.labels();
        let inside = self.document.local(self.node);
        let order = self
            .place
            .decl()
            .map(|parent| self.program().children_of(parent))
            .unwrap_or_default();
        let before = order
            .iter()
            .position(|decl| Some(*decl) == self.decl)
            .and_then(|at| order.get(at.checked_sub(1)?));
        match before.and_then(|decl| self.program().local_name(*decl)) {
            Some(before) => (
                format!("{en} is missing in {inside}; its place is after {before}"),
                format!("{inside}中缺少{zh},应位于{before}之后"),
            ),
            None => (format!("{en} is missing in {inside}"), format!("{inside}中缺少{zh}")),
        }
    }

    /// Lists what may appear at the node's position: everything up to the next required element.
    fn expected(&self, above: u32, parent: DeclId) -> (String, String) {
        let program = self.program();
        let Some(Type::Complex(complex)) = program
            .decl(parent)
            .and_then(|decl| program.types.get(usize::from(decl.ty)))
        else {
            return Default::default();
        };
        let Content::Sequence(slots) = &complex.content else {
            return Default::default();
        };
        let earlier = self.document.children(above).take_while(|child| *child != self.node);
        let reached = earlier.filter_map(|child| self.declared(parent, child)).last();
        let next = reached
            .and_then(|decl| slots.iter().position(|slot| slot.decl == decl))
            .map_or(0, |at| at + 1);
        let mut names = Vec::new();
        for slot in slots.iter().skip(next) {
            names.extend(program.local_name(slot.decl));
            if slot.min > 0 || names.len() == LISTED {
                break;
            }
        }
        if names.is_empty() {
            return (
                "; no further element is expected here".to_owned(),
                ";此处不应再有元素".to_owned(),
            );
        }
        (
            format!("; expected here: {}", names.join(", ")),
            format!(";此处应为:{}", names.join("、")),
        )
    }

    fn too_often(&self) -> Option<(String, String)> {
        let (en, zh) = self.labels();
        let program = self.program();
        let parent = self.place.parent()?.1?;
        let Type::Complex(complex) = program.types.get(usize::from(program.decl(parent)?.ty))? else {
            return None;
        };
        let Content::Sequence(slots) = &complex.content else {
            return None;
        };
        let max = slots.iter().find(|slot| Some(slot.decl) == self.decl)?.max?;
        Some((
            format!(
                "{en} occurs more often than {max} {}",
                if max == 1 { "time" } else { "times" }
            ),
            format!("{zh}最多出现{max}次"),
        ))
    }

    fn wrong_type(&self) -> Option<(String, String)> {
        let (en, zh) = self.labels();
        let (wanted, wanted_zh) = match self.simple()?.base {
            Base::String => return None,
            Base::Decimal => ("a decimal number", "十进制数"),
            Base::Integer => ("a whole number", "整数"),
            Base::Int => ("a whole number of at most 32 bits", "32位整数"),
            Base::Date => ("a date (YYYY-MM-DD)", "日期(YYYY-MM-DD)"),
            Base::DateTime => ("a time (YYYY-MM-DDThh:mm:ss)", "日期时间(YYYY-MM-DDThh:mm:ss)"),
            Base::Base64 => ("Base64", "Base64编码"),
            Base::AnyUri => ("a URI", "URI"),
            Base::Id => ("an XML name", "XML名称"),
        };
        let value = self.value();
        if value.trim().is_empty() {
            return Some((
                format!("{en} is empty, but must be {wanted}"),
                format!("{zh}为空,应为{wanted_zh}"),
            ));
        }
        Some((
            format!("{en}: '{value}' is not {wanted}"),
            format!("{zh}:'{value}'不是{wanted_zh}"),
        ))
    }

    fn wrong_length(&self) -> Option<(String, String)> {
        let (en, zh) = self.labels();
        let simple = self.simple()?;
        let value = self.document.value(self.node);
        let (found, unit, unit_zh) = match simple.base {
            Base::Base64 => (octets(value), "bytes", "字节"),
            Base::String if !simple.collapse => (value.chars().count(), "characters", "个字符"),
            _ => (collapsed_length(value), "characters", "个字符"),
        };
        let (min, max) = (simple.min_length, simple.max_length);
        let (limit, limit_zh) = match max {
            Some(max) if max == min => (format!("exactly {max} are required"), format!("应为{max}{unit_zh}")),
            Some(max) if found > max as usize => (format!("at most {max} are allowed"), format!("最多{max}{unit_zh}")),
            _ => (format!("at least {min} are required"), format!("至少{min}{unit_zh}")),
        };
        let unit = if found == 1 { unit.trim_end_matches('s') } else { unit };
        Some((
            format!("{en} has {found} {unit}; {limit}"),
            format!("{zh}长度为{found}{unit_zh},{limit_zh}"),
        ))
    }

    fn long_in_utf16(&self) -> Option<(String, String)> {
        let (en, zh) = self.labels();
        let simple = self.simple()?;
        let value = self.document.value(self.node);
        let (characters, units) = if simple.collapse {
            (collapsed_length(value), collapsed_utf16(value))
        } else {
            (value.chars().count(), value.encode_utf16().count())
        };
        let max = simple.max_length?;
        Some((
            format!(
                "{en} has {characters} characters, which is allowed, but {units} UTF-16 units; receivers that count \
                 those take at most {max}: shorten it, or replace rare characters and emoji"
            ),
            format!(
                "{zh}为{characters}个字符,未超长,但为{units}个UTF-16编码单元;按编码单元计数的接收方最多接受{max}个,\
                 请缩短或替换生僻字和表情符号"
            ),
        ))
    }

    fn too_many_digits(&self) -> Option<(String, String)> {
        let (en, zh) = self.labels();
        let simple = self.simple()?;
        let (total, fraction) = digits(self.document.value(self.node));
        if let Some(max) = simple.fraction_digits.filter(|max| fraction > usize::from(*max)) {
            return Some((
                format!("{en} has {fraction} decimal places; at most {max} are allowed"),
                format!("{zh}有{fraction}位小数,最多{max}位"),
            ));
        }
        let max = simple.total_digits?;
        Some((
            format!("{en} has {total} digits; at most {max} are allowed"),
            format!("{zh}有{total}位数字,最多{max}位"),
        ))
    }

    fn not_fixed(&self) -> Option<(String, String)> {
        let (en, zh) = self.labels();
        let fixed = self.program().decl(self.decl?)?.fixed.as_ref()?;
        let value = self.value();
        Some((
            format!("{en} must be '{fixed}', not '{value}'"),
            format!("{zh}必须为'{fixed}',而不是'{value}'"),
        ))
    }

    fn namespace_of(&self, decl: DeclId) -> Option<&str> {
        let program = self.program();
        let name = program.names.get(usize::from(program.decl(decl)?.name))?;
        program.namespaces.get(usize::from(name.namespace)).map(String::as_str)
    }
}
