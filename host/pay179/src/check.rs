//! The limits of Announcement 2018-179 (table of interface contents), checked before anything is signed.

use std::fmt;

use crate::payload::{Good, Head, Order, Prepared};

/// Something in payment data that customs would refuse. Values are not repeated: they are payment data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path of the field, for example `payExchangeInfoLists[0].orderNo`.
    pub field: String,
    /// Official label.
    pub label: &'static str,
    /// The rule and the way out.
    pub rule: String,
    /// Whether it stands in the way of signing. A stated rule that the official example itself breaks is a warning.
    pub is_error: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.field, self.label, self.rule)
    }
}

/// What stands in the way of signing; empty when the data may be signed.
#[must_use]
pub fn errors(prepared: &Prepared) -> Vec<Problem> {
    let mut found = check(prepared);
    found.retain(|problem| problem.is_error);
    found
}

/// Everything that departs from the announcement, warnings too.
#[must_use]
pub fn check(prepared: &Prepared) -> Vec<Problem> {
    let mut found = Found::default();
    found.head(&prepared.pay_exchange_info_head);
    let orders = &prepared.pay_exchange_info_lists;
    if orders.is_empty() {
        let rule = "must name at least the order that customs asked for";
        found.add("payExchangeInfoLists".to_owned(), "支付原始数据表体", rule);
    }
    for (index, order) in orders.iter().enumerate() {
        found.order(&format!("payExchangeInfoLists[{index}]"), order);
    }
    found.problems
}

#[derive(Default)]
struct Found {
    problems: Vec<Problem>,
}

impl Found {
    fn add(&mut self, field: String, label: &'static str, rule: impl Into<String>) {
        self.problems.push(Problem {
            field,
            label,
            rule: rule.into(),
            is_error: true,
        });
    }

    fn text(&mut self, field: String, label: &'static str, value: &str, limit: usize) {
        let length = value.chars().count();
        if value.trim().is_empty() {
            self.add(field, label, "is required and must not be empty");
        } else if length > limit {
            let rule = format!("has {length} characters, at most {limit} are allowed; shorten it");
            self.add(field, label, rule);
        }
    }

    fn optional(&mut self, field: String, label: &'static str, value: Option<&str>, limit: usize) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.text(field, label, value, limit);
        }
    }

    fn choice(&mut self, field: String, label: &'static str, value: &str, choices: &str) {
        let mut letters = value.chars();
        let one = letters.next().filter(|_| letters.next().is_none());
        if !one.is_some_and(|letter| choices.contains(letter)) {
            self.add(field, label, format!("must be one of the digits {choices}"));
        }
    }

    fn head(&mut self, head: &Head) {
        let at = |name: &str| format!("payExchangeInfoHead.{name}");
        self.text(at("guid"), "系统唯一序号", &head.guid, 36);
        if head.guid.chars().any(|c| c.is_ascii_lowercase()) {
            self.problems.push(Problem {
                field: at("guid"),
                label: "系统唯一序号",
                rule: "should have its letters in upper case".to_owned(),
                is_error: false,
            });
        }
        self.text(at("initalRequest"), "原始请求", &head.inital_request, 8000);
        self.text(at("initalResponse"), "原始响应", &head.inital_response, 8000);
        self.text(at("ebpCode"), "电商平台代码", &head.ebp_code, 18);
        self.text(at("payCode"), "支付企业代码", &head.pay_code, 18);
        self.text(at("payTransactionId"), "交易流水号", &head.pay_transaction_id, 60);
        if !head.total_amount.fits() {
            let rule = "must be N19,5: at most 14 digits before and 5 after the point, no sign, no exponent";
            self.add(at("totalAmount"), "交易金额", rule);
        }
        self.text(at("currency"), "币制", &head.currency, 4);
        self.choice(at("verDept"), "验核机构", &head.ver_dept, "123");
        if let Some(pay_type) = head.pay_type.as_deref().filter(|value| !value.is_empty()) {
            self.choice(at("payType"), "支付类型", pay_type, "1234");
        }
        self.text(at("tradingTime"), "交易成功时间", &head.trading_time, 14);
        self.optional(at("note"), "备注", head.note.as_deref(), 1000);
    }

    fn order(&mut self, path: &str, order: &Order) {
        let at = |name: &str| format!("{path}.{name}");
        self.text(at("orderNo"), "订单编号", &order.order_no, 60);
        if order.goods_info.is_empty() {
            self.add(at("goodsInfo"), "商品信息", "must name at least one article");
        }
        for (index, good) in order.goods_info.iter().enumerate() {
            self.good(&format!("{path}.goodsInfo[{index}]"), good);
        }
        self.text(at("recpAccount"), "收款账号", &order.recp_account, 60);
        self.optional(at("recpCode"), "收款企业代码", order.recp_code.as_deref(), 18);
        self.text(at("recpName"), "收款企业名称", &order.recp_name, 100);
    }

    fn good(&mut self, path: &str, good: &Good) {
        self.text(format!("{path}.gname"), "商品名称", &good.gname, 250);
        self.text(format!("{path}.itemLink"), "商品展示链接地址", &good.item_link, 3000);
    }
}
