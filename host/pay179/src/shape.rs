//! The members of payment data and what each may hold, by the table of interface contents of Announcement 2018-179.

/// A member of an object.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    /// Official label.
    pub(crate) label: &'static str,
    pub(crate) required: bool,
    pub(crate) holds: Holds,
}

/// Content of a member.
pub(crate) enum Holds {
    Object(&'static [Member]),
    /// A list of at least one object, and the message for an empty list.
    List(&'static [Member], &'static str),
    Text(Form),
    /// N19,5, a number without quotes.
    Amount,
    /// Milliseconds, as number or text.
    Millis,
    /// Part of a signature; not checked.
    Anything,
}

/// The form of a text.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// At most this many characters.
    Limit(usize),
    /// 36 characters, letters in upper case.
    Guid,
    /// A code of an enterprise: 10 characters of customs, or the credit code of 18.
    Company,
    /// A customs code of a currency.
    Currency,
    /// One of these digits.
    Choice(&'static str),
    /// YYYYMMDDhhmmss.
    TradingTime,
    /// Quoted in the signing string, which has no escapes.
    Session,
}

const fn text(name: &'static str, label: &'static str, form: Form) -> Member {
    Member {
        name,
        label,
        required: true,
        holds: Holds::Text(form),
    }
}

const fn optional(member: Member) -> Member {
    Member {
        required: false,
        ..member
    }
}

const HEAD: &[Member] = &[
    text("guid", "系统唯一序号", Form::Guid),
    text("initalRequest", "原始请求", Form::Limit(8000)),
    text("initalResponse", "原始响应", Form::Limit(8000)),
    text("ebpCode", "电商平台代码", Form::Company),
    text("payCode", "支付企业代码", Form::Company),
    text("payTransactionId", "交易流水号", Form::Limit(60)),
    Member {
        name: "totalAmount",
        label: "交易金额",
        required: true,
        holds: Holds::Amount,
    },
    text("currency", "币制", Form::Currency),
    text("verDept", "验核机构", Form::Choice("123")),
    optional(text("payType", "支付类型", Form::Choice("1234"))),
    text("tradingTime", "交易成功时间", Form::TradingTime),
    optional(text("note", "备注", Form::Limit(1000))),
];

const GOOD: &[Member] = &[
    text("gname", "商品名称", Form::Limit(250)),
    text("itemLink", "商品展示链接地址", Form::Limit(3000)),
];

const ORDER: &[Member] = &[
    text("orderNo", "订单编号", Form::Limit(60)),
    Member {
        name: "goodsInfo",
        label: "商品信息",
        required: true,
        holds: Holds::List(GOOD, "must name at least one article"),
    },
    text("recpAccount", "收款账号", Form::Limit(60)),
    optional(text("recpCode", "收款企业代码", Form::Company)),
    text("recpName", "收款企业名称", Form::Limit(100)),
];

const fn head() -> Member {
    Member {
        name: "payExchangeInfoHead",
        label: "支付原始数据表头",
        required: true,
        holds: Holds::Object(HEAD),
    }
}

const fn lists() -> Member {
    Member {
        name: "payExchangeInfoLists",
        label: "支付原始数据表体",
        required: true,
        holds: Holds::List(ORDER, "must name at least the order that customs asked for"),
    }
}

/// Head and lists, as an enterprise prepares them.
pub(crate) const PREPARED: &[Member] = &[head(), lists()];

/// A `payExInfoStr`, signed or not.
pub(crate) const UPLOAD: &[Member] = &[
    text("sessionID", "会话ID", Form::Session),
    head(),
    lists(),
    Member {
        name: "serviceTime",
        label: "系统时间",
        required: true,
        holds: Holds::Millis,
    },
    Member {
        name: "certNo",
        label: "证书编号",
        required: false,
        holds: Holds::Anything,
    },
    Member {
        name: "signValue",
        label: "签名结果值",
        required: false,
        holds: Holds::Anything,
    },
];

/// Returns `true` if a session id can be quoted without escapes, which the signing string does not have.
pub(crate) fn is_session_id(text: &str) -> bool {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && c != '"' && c != '\\';
    (1..=100).contains(&text.chars().count()) && text.chars().all(plain)
}
