//! Checks dates and times: those of XSD 1.0, and the compact forms of the specification (`YYYYMMDDhhmmss`).

/// Checks an `xs:date`: `-?YYYY-MM-DD` with an optional time zone. The year 0000 is not valid.
#[must_use]
pub fn is_date(text: &[u8]) -> bool {
    date(text).is_some_and(is_zone)
}

/// Checks an `xs:dateTime`: `-?YYYY-MM-DDThh:mm:ss(.s+)?` with an optional time zone; 24:00:00 ends a day.
#[must_use]
pub fn is_date_time(text: &[u8]) -> bool {
    let Some([b'T', rest @ ..]) = date(text) else {
        return false;
    };
    let [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = rest else {
        return false;
    };
    let (Some(hour), Some(minute), Some(second)) = (pair(*h1, *h2), pair(*m1, *m2), pair(*s1, *s2)) else {
        return false;
    };
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            rest.split_at(digits)
        }
        _ => (&[][..], rest),
    };
    let is_end_of_day = hour == 24 && minute == 0 && second == 0 && fraction.iter().all(|digit| *digit == b'0');
    ((hour < 24 && minute < 60 && second < 60) || is_end_of_day) && is_zone(rest)
}

/// Checks for `YYYYMMDD`, a real day.
#[must_use]
pub fn is_compact_date(text: &[u8]) -> bool {
    let [a, b, c, d, m1, m2, d1, d2] = text else {
        return false;
    };
    let (Some(high), Some(low), Some(month), Some(day)) = (pair(*a, *b), pair(*c, *d), pair(*m1, *m2), pair(*d1, *d2))
    else {
        return false;
    };
    let year = i64::from(high) * 100 + i64::from(low);
    year > 0 && is_day(year, month, day)
}

/// Checks for `YYYYMMDDhhmmss`, a real time.
#[must_use]
pub fn is_compact_date_time(text: &[u8]) -> bool {
    let Some((day, time)) = text.split_at_checked(8) else {
        return false;
    };
    let [h1, h2, m1, m2, s1, s2] = time else {
        return false;
    };
    let below = |high: u8, low: u8, limit: u32| pair(high, low).is_some_and(|value| value < limit);
    is_compact_date(day) && below(*h1, *h2, 24) && below(*m1, *m2, 60) && below(*s1, *s2, 60)
}

/// Checks for `YYYYMMDDhhmmssSSS`, a real time.
#[must_use]
pub fn is_compact_timestamp(text: &[u8]) -> bool {
    text.split_at_checked(14).is_some_and(|(time, milliseconds)| {
        milliseconds.len() == 3 && milliseconds.iter().all(u8::is_ascii_digit) && is_compact_date_time(time)
    })
}

/// Reads the date at the start of a text and returns the rest.
fn date(text: &[u8]) -> Option<&[u8]> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // At least four digits, and no leading zero beyond four.
    if digits < 4 || (digits > 4 && text.first() == Some(&b'0')) {
        return None;
    }
    let (year, rest) = text.split_at_checked(digits)?;
    let mut value = 0_i64;
    for digit in year {
        value = value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
    }
    let year = if negative { -value } else { value };
    let [b'-', m1, m2, b'-', d1, d2, rest @ ..] = rest else {
        return None;
    };
    let (month, day) = (pair(*m1, *m2)?, pair(*d1, *d2)?);
    (year != 0 && is_day(year, month, day)).then_some(rest)
}

/// Checks for an empty text, `Z`, or `+hh:mm` / `-hh:mm` up to 14:00.
fn is_zone(text: &[u8]) -> bool {
    match text {
        [] | [b'Z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => match (pair(*h1, *h2), pair(*m1, *m2)) {
            (Some(hours), Some(minutes)) => minutes < 60 && hours * 60 + minutes <= 14 * 60,
            _ => false,
        },
        _ => false,
    }
}

fn is_day(year: i64, month: u32, day: u32) -> bool {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn pair(high: u8, low: u8) -> Option<u32> {
    let (high, low) = (high.wrapping_sub(b'0'), low.wrapping_sub(b'0'));
    (high < 10 && low < 10).then(|| u32::from(high) * 10 + u32::from(low))
}
