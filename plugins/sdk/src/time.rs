//! Converts times of ERPs and customs. Customs uses China Standard Time (UTC+8, no DST) as `YYYYMMDDhhmmss`.

/// Returns a time in the format of customs (`YYYYMMDDhhmmss`, China Standard Time); `None` if it is not a real time.
///
/// Reads `2026-03-01T09:30:00+08:00`, `2026-03-01T01:30:00Z`, `2026-03-01 09:30:00`, `2026-03-01 09:30` and
/// `20260301093000`. A time without an offset is China Standard Time; fractions of a second are dropped.
#[must_use]
pub fn customs_time(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit()) {
        let date = civil(number(text, 0, 4)?, number(text, 4, 2)?, number(text, 6, 2)?)?;
        let seconds = clock(number(text, 8, 2)?, number(text, 10, 2)?, number(text, 12, 2)?)?;
        return Some(written(date * 86_400 + seconds));
    }
    let date = civil_of(text.get(..10)?)?;
    let rest = text.get(10..)?.strip_prefix(['T', 't', ' '])?;
    let (time, offset) = split_offset(rest)?;
    let seconds = clock_of(time)?;
    Some(written(date * 86_400 + seconds - offset * 60 + 8 * 3_600))
}

/// Returns a date in the format of customs (`YYYYMMDD`); reads `2026-03-01` and `20260301`. `None` if it is not a date.
#[must_use]
pub fn customs_date(text: &str) -> Option<String> {
    let text = text.trim();
    let days = if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        civil(number(text, 0, 4)?, number(text, 4, 2)?, number(text, 6, 2)?)?
    } else {
        civil_of(text)?
    };
    written(days * 86_400).get(..8).map(str::to_owned)
}

/// Converts a customs time for an ERP: `20260301093000` or `20260301093000123` becomes `2026-03-01T09:30:00+08:00`.
#[must_use]
pub fn iso_time(text: &str) -> Option<String> {
    let t = customs_time(text.get(..14)?)?;
    let fraction = text.get(14..)?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| t.get(from..to);
    Some(format!(
        "{}-{}-{}T{}:{}:{}+08:00",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    ))
}

/// Converts `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fff` to seconds.
fn clock_of(text: &str) -> Option<i64> {
    let (text, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let shape = matches!(text.len(), 5 | 8) && text.get(2..3)? == ":";
    if !shape || fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = match text.len() {
        8 if text.get(5..6)? == ":" => number(text, 6, 2)?,
        8 => return None,
        _ => 0,
    };
    clock(number(text, 0, 2)?, number(text, 3, 2)?, seconds)
}

/// Splits a time from its offset from UTC in minutes.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(at) = text.find(['+', '-']) else {
        return Some((text, 8 * 60));
    };
    let (time, offset) = text.split_at(at);
    let (hours, minutes) = match offset.len() {
        6 if offset.get(3..4)? == ":" => (number(offset, 1, 2)?, number(offset, 4, 2)?),
        5 => (number(offset, 1, 2)?, number(offset, 3, 2)?),
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    Some((time, sign * (hours * 60 + minutes)))
}

/// Converts `YYYY-MM-DD` to days.
fn civil_of(text: &str) -> Option<i64> {
    if text.len() != 10 || text.get(4..5)? != "-" || text.get(7..8)? != "-" {
        return None;
    }
    civil(number(text, 0, 4)?, number(text, 5, 2)?, number(text, 8, 2)?)
}

fn number(text: &str, from: usize, length: usize) -> Option<i64> {
    let part = text.get(from..from + length)?;
    let digits = part.bytes().all(|b| b.is_ascii_digit());
    if digits { part.parse().ok() } else { None }
}

fn clock(hour: i64, minute: i64, second: i64) -> Option<i64> {
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3_600 + minute * 60 + second)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns days since 1970-01-01; years 1900 to 9998, so that an offset can't lead out of four-digit years.
fn civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let real =
        (1900..=9998).contains(&year) && (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
    if !real {
        return None;
    }
    // March-based months put the leap day at the end of the year.
    let y = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719_468)
}

/// Formats seconds since 1970-01-01 as `YYYYMMDDhhmmss`.
fn written(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let clock = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_becomes_china_standard_time() {
        for (text, expected) in [
            ("2026-03-01T09:30:00+08:00", "20260301093000"),
            ("2026-03-01T01:30:00Z", "20260301093000"),
            ("2026-02-28T20:30:00.999-05:00", "20260301093000"),
            ("2024-02-28T23:00:00Z", "20240229070000"),
            ("2025-12-31T16:00:00+0000", "20260101000000"),
            ("2026-03-01 09:30:00", "20260301093000"),
            ("2026-03-01 09:30", "20260301093000"),
            ("20260301093000", "20260301093000"),
            ("2000-03-01T07:59:59+23:59", "20000229160059"),
        ] {
            assert_eq!(customs_time(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_real_time_is_refused() {
        for text in [
            "",
            "2026-02-29 10:00:00",
            "2026-13-01 10:00:00",
            "2026-03-01",
            "2026-03-01 24:00:00",
            "2026-03-01 10:60",
            "2026/03/01 10:00:00",
            "20260301",
            "2026-03-01 10:00:00+24:00",
            "2026-03-01 10:00:00.",
            "2026-03-01T10:00:00 +08:00",
            "20260301 93000",
            "今天",
            "2026-03-01T1:00:00",
            "-026-03-01 10:00:00",
        ] {
            assert_eq!(customs_time(text), None, "{text}");
        }
    }

    #[test]
    fn dates_and_times_go_both_ways() {
        assert_eq!(customs_date("2024-02-29").as_deref(), Some("20240229"));
        assert_eq!(customs_date("20240229").as_deref(), Some("20240229"));
        assert_eq!(customs_date("2023-02-29"), None);
        assert_eq!(
            iso_time("20260301093000123").as_deref(),
            Some("2026-03-01T09:30:00+08:00")
        );
        assert_eq!(iso_time("2026030109300"), None);
    }
}
