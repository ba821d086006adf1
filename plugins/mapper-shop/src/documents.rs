//! The documents of one order.

use cebridge_plugin_sdk::{Doc, Document};

use crate::order::{Line, Order};
use crate::shop::Shop;

/// Yuan, the only currency of retail imports.
const YUAN: &str = "142";
/// The specification's value for goods without a bar code.
const NO_BARCODE: &str = "无";
/// Longest main goods information of a waybill, in characters.
const LONGEST_GOODS_INFO: usize = 200;

/// Order, payment, waybill, inventory and, when the parcel has been signed for, the status of the waybill.
pub(crate) fn documents(shop: &Shop, order: &Order, at: &str, row: usize) -> Vec<Document> {
    let sheet = Sheet { shop, order, at, row };
    let mut documents = vec![sheet.order(), sheet.payment(), sheet.waybill(), sheet.inventory()];
    documents.extend(sheet.signed());
    documents.into_iter().map(Document::from).collect()
}

struct Sheet<'a> {
    shop: &'a Shop,
    order: &'a Order,
    at: &'a str,
    row: usize,
}

impl Sheet<'_> {
    /// Begins a document with its head: a new declaration.
    fn begin(&self, message: &str, head: &str) -> Doc {
        Doc::new(message, &self.order.id, self.row)
            .head(head)
            .set("appType", "1")
            .set("appTime", self.at)
            .set("appStatus", "2")
    }

    /// Adds fields that the shop gives under their official names.
    fn with_shop(&self, doc: Doc, names: &[&str]) -> Doc {
        names.iter().fold(doc, |doc, name| doc.set(name, self.shop.get(name)))
    }

    fn order(&self) -> Doc {
        let order = self.order;
        let mut doc = self
            .with_shop(
                self.begin("CEB311", "OrderHead"),
                &["ebpCode", "ebpName", "ebcCode", "ebcName", "payCode", "payName"],
            )
            .set("orderType", "I")
            .set("orderNo", &order.id)
            .set("goodsValue", order.goods.money())
            .set("freight", order.freight.money())
            .set("discount", order.discount.money())
            .set("taxTotal", order.tax.money())
            .set("acturalPaid", order.paid.money())
            .set("currency", YUAN)
            .set("buyerRegNo", &order.buyer_account)
            .set("buyerName", &order.buyer.name)
            .set("buyerTelephone", &order.buyer.phone)
            .set("buyerIdType", "1")
            .set("buyerIdNumber", &order.buyer.id_number)
            .set("payTransactionId", &order.payment.transaction)
            .set("consignee", &order.recipient.name)
            .set("consigneeTelephone", &order.recipient.phone)
            .set("consigneeAddress", &order.recipient.address)
            .set_some("consigneeDistrict", order.district.as_ref())
            .set_some("note", order.remarks.as_ref());
        for (index, line) in order.lines.iter().enumerate() {
            doc = priced(doc.line("OrderList"), index, line)
                .set("itemName", &line.name)
                .set_some("itemDescribe", line.description.as_ref())
                .set_some("barCode", line.barcode.as_ref())
                .set_some("note", line.note.as_ref());
        }
        doc
    }

    fn payment(&self) -> Doc {
        let payment = &self.order.payment;
        self.with_shop(
            self.begin("CEB411", "PaymentHead"),
            &["payCode", "payName", "ebpCode", "ebpName"],
        )
        .set("payTransactionId", &payment.transaction)
        .set("orderNo", &self.order.id)
        .set("payerIdType", "1")
        .set("payerIdNumber", &payment.payer.id_number)
        .set("payerName", &payment.payer.name)
        .set("telephone", &payment.payer.phone)
        .set("amountPaid", payment.amount.money())
        .set("currency", YUAN)
        .set("payTime", &payment.paid_at)
    }

    fn waybill(&self) -> Doc {
        let parcel = &self.order.parcel;
        self.with_shop(
            self.begin("CEB511", "LogisticsHead"),
            &["logisticsCode", "logisticsName"],
        )
        .set("logisticsNo", &parcel.waybill)
        .set_some(
            "billNo",
            self.transport().and_then(|transport| transport.bill_no.as_ref()),
        )
        .set("orderNo", &self.order.id)
        .set("freight", self.order.freight.money())
        .set("insuredFee", parcel.insured_fee.money())
        .set("currency", YUAN)
        .set("weight", parcel.weight)
        .set("packNo", parcel.packages)
        .set("goodsInfo", goods_info(&self.order.lines))
        .set("consignee", &parcel.recipient.name)
        .set("consigneeAddress", &parcel.recipient.address)
        .set("consigneeTelephone", &parcel.recipient.phone)
    }

    fn signed(&self) -> Option<Doc> {
        let time = self.order.parcel.signed_at.as_ref()?;
        let doc = self
            .with_shop(self.begin("CEB513", ""), &["logisticsCode", "logisticsName"])
            .set("logisticsNo", &self.order.parcel.waybill)
            .set("logisticsStatus", "S")
            .set("logisticsTime", time);
        Some(doc)
    }

    fn inventory(&self) -> Doc {
        let (order, parcel) = (self.order, &self.order.parcel);
        let enterprises = [
            "ebpCode",
            "ebpName",
            "ebcCode",
            "ebcName",
            "logisticsCode",
            "logisticsName",
            "agentCode",
            "agentName",
            "assureCode",
        ];
        let customs = [
            "customsCode",
            "portCode",
            "tradeMode",
            "trafMode",
            "loctNo",
            "country",
            "wrapType",
        ];
        let mut doc = self.begin("CEB621", "InventoryHead");
        doc = self.with_shop(self.with_shop(doc, &enterprises), &customs);
        if self.shop.bonded {
            doc = self.with_shop(doc, &["areaCode", "areaName", "emsNo"]);
        }
        if let Some(transport) = self.transport() {
            doc = doc
                .set_some("trafNo", transport.traf_no.as_ref())
                .set_some("voyageNo", transport.voyage_no.as_ref())
                .set_some("billNo", transport.bill_no.as_ref())
                .set_some("ieDate", transport.entry_date.as_ref());
        }
        doc = doc
            .set("orderNo", &order.id)
            .set("logisticsNo", &parcel.waybill)
            .set("copNo", &order.cop_no)
            .set("ieFlag", "I")
            .set("declTime", self.at.get(..8).unwrap_or_default())
            .set("buyerIdType", "1")
            .set("buyerIdNumber", &order.buyer.id_number)
            .set("buyerName", &order.buyer.name)
            .set("buyerTelephone", &order.buyer.phone)
            .set("consigneeAddress", &order.recipient.address)
            .set("freight", order.freight.money())
            .set("insuredFee", parcel.insured_fee.money())
            .set("currency", YUAN)
            .set("packNo", parcel.packages)
            .set("grossWeight", parcel.weight)
            .set("netWeight", parcel.net_weight);
        for (index, line) in order.lines.iter().enumerate() {
            doc = priced(doc.line("InventoryList"), index, line)
                .set_some("itemRecordNo", line.record_no.as_ref().filter(|_| self.shop.bonded))
                .set("itemName", &line.name)
                .set("gcode", &line.hs_code)
                .set("gname", &line.name)
                .set("barCode", line.barcode.as_deref().unwrap_or(NO_BARCODE))
                .set("tradeCountry", self.shop.get("tradeCountry"))
                .set("qty1", line.qty1)
                .set("unit1", &line.unit1)
                .set_some("qty2", line.second.as_ref().map(|(_, qty)| qty))
                .set_some("unit2", line.second.as_ref().map(|(unit, _)| unit))
                .set_some("note", line.note.as_ref());
        }
        doc
    }

    /// For direct purchase only: in bonded mode the border-crossing fields stay empty.
    fn transport(&self) -> Option<&crate::order::Transport> {
        let own = self.order.transport.as_ref().unwrap_or(&self.shop.transport);
        (!self.shop.bonded).then_some(own)
    }
}

/// Sets the fields common to order and inventory lines.
fn priced(doc: Doc, index: usize, line: &Line) -> Doc {
    doc.set("gnum", index + 1)
        .set_some("itemNo", line.sku.as_ref())
        .set("gmodel", &line.model)
        .set("unit", &line.unit)
        .set("qty", line.qty)
        .set("price", line.price.money())
        .set("totalPrice", line.total.money())
        .set("currency", YUAN)
        .set("country", &line.origin)
}

/// The names and quantities of the goods, as many as fit.
fn goods_info(lines: &[Line]) -> String {
    let mut info = String::new();
    for line in lines {
        let entry = format!("{}×{}", line.name, line.qty);
        let separator = if info.is_empty() { "" } else { "; " };
        if info.chars().count() + separator.len() + entry.chars().count() > LONGEST_GOODS_INFO {
            break;
        }
        info.push_str(separator);
        info.push_str(&entry);
    }
    info
}
