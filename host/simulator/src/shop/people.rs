//! Invented people: names from small lists, identity numbers that are well-formed but not assigned.

use super::random::Random;

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "欧阳", "司徒",
];
const GIVEN: &[&str] = &[
    "样", "例", "测", "小样", "晓例", "雨测", "子样", "思例", "若测", "明样", "佳例", "文测", "海样", "云例", "安测",
];
const STREETS: &[(&str, &str)] = &[
    ("上海市浦东新区样例路", "310115"),
    ("浙江省杭州市西湖区测试大道", "330106"),
    ("广东省广州市天河区示范街", "440106"),
    ("四川省成都市武侯区样板巷", "510107"),
    ("江苏省苏州市虎丘区试验路", "320505"),
    ("北京市朝阳区例子胡同", "110105"),
];
/// Codes of whole provinces: no card is issued under them.
const REGIONS: &[&str] = &["110000", "310000", "330000", "440000", "510000"];

#[derive(Clone)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) id_number: String,
    pub(super) phone: String,
}

#[derive(Clone)]
pub(super) struct Recipient {
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) address: String,
    pub(super) district: &'static str,
}

impl Person {
    pub(super) fn invent(random: &mut Random) -> Self {
        Self {
            name: name(random),
            id_number: id_number(random),
            phone: phone(random),
        }
    }
}

impl Recipient {
    /// Mostly the buyer, else another person.
    pub(super) fn invent(buyer: &Person, random: &mut Random) -> Self {
        let (name, phone) = if random.chance(80) {
            (buyer.name.clone(), buyer.phone.clone())
        } else {
            (name(random), phone(random))
        };
        let &(street, district) = random.pick(STREETS);
        let (number, room) = (random.below(400) + 1, random.below(30) * 100 + random.below(8) + 101);
        Self {
            name,
            phone,
            address: format!("{street}{number}号{room}室"),
            district,
        }
    }
}

pub(super) fn name(random: &mut Random) -> String {
    format!("{}{}", random.pick(SURNAMES), random.pick(GIVEN))
}

fn phone(random: &mut Random) -> String {
    format!("1390000{:04}", random.below(10_000))
}

/// Returns a number of the form of GB 11643: region, day of birth from 1960 to 2005, sequence, check digit.
pub(super) fn id_number(random: &mut Random) -> String {
    let region = random.pick(REGIONS);
    let (year, month, day) = (1960 + random.below(46), 1 + random.below(12), 1 + random.below(28));
    let body = format!("{region}{year}{month:02}{day:02}{:03}", random.below(1000));
    let check = check_digit(&body);
    format!("{body}{check}")
}

/// Returns the check digit of the first 17 digits (ISO 7064, MOD 11-2).
fn check_digit(body: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECK: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let digits = body.chars().filter_map(|c| c.to_digit(10));
    let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    CHECK[(sum % 11) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_follow_the_published_algorithm() {
        // The worked example of the standard.
        assert_eq!(check_digit("11010519491231002"), 'X');
        assert_eq!(check_digit("44052418800101001"), '4');
    }
}
