//! Maps PKCS#11 errors to names and to [`KeyFault`].

use cebridge_signature::KeyFault;
use cryptoki::error::{Error, RvError};

/// The standard's name of a return value (`CKR_PIN_INCORRECT`), or its number if the standard does not name it.
pub(crate) fn name(value: RvError) -> String {
    let number = match value {
        RvError::VendorDefined(number) => return format!("the vendor's code 0x{number:08x}"),
        RvError::UnknownErrorCode(number) => return format!("code 0x{number:08x}"),
        other => format!("{other:?}"),
    };
    let mut text = String::from("CKR");
    for letter in number.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

/// The key's fault for an error.
pub(crate) fn fault(error: &Error) -> KeyFault {
    use RvError as R;
    let Error::Pkcs11(value, function) = error else {
        return KeyFault::Failed(error.to_string());
    };
    let text = format!("C_{function:?} answered {}", name(*value));
    match value {
        R::PinIncorrect | R::PinInvalid | R::PinLenRange | R::PinExpired | R::UserPinNotInitialized => {
            KeyFault::Pin(text)
        }
        R::PinLocked => KeyFault::Locked(text),
        R::DeviceRemoved
        | R::DeviceError
        | R::TokenNotPresent
        | R::TokenNotRecognized
        | R::SlotIdInvalid
        | R::CryptokiNotInitialized
        | R::SessionClosed
        | R::SessionHandleInvalid
        | R::SessionCount
        | R::KeyHandleInvalid
        | R::ObjectHandleInvalid
        | R::UserNotLoggedIn => KeyFault::Unavailable(text),
        _ => KeyFault::Failed(text),
    }
}

/// Returns `true` if session and handles are no longer valid but a new session may work.
pub(crate) fn is_stale(error: &Error) -> bool {
    use RvError as R;
    matches!(
        error,
        Error::Pkcs11(
            R::SessionClosed
                | R::SessionHandleInvalid
                | R::KeyHandleInvalid
                | R::ObjectHandleInvalid
                | R::UserNotLoggedIn
                | R::DeviceRemoved
                | R::TokenNotPresent
                | R::CryptokiNotInitialized,
            _
        )
    )
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    fn judged(value: RvError, function: Function) -> KeyFault {
        fault(&Error::Pkcs11(value, function))
    }

    #[test]
    fn a_refused_pin_and_a_locked_token_are_never_retried() {
        for value in [RvError::PinIncorrect, RvError::PinLenRange, RvError::PinExpired] {
            let found = judged(value, Function::Login);
            assert!(matches!(found, KeyFault::Pin(_)), "{found}");
            assert!(!found.may_retry());
        }
        let found = judged(RvError::PinLocked, Function::Login);
        assert_eq!(found, KeyFault::Locked("C_Login answered CKR_PIN_LOCKED".to_owned()));
    }

    #[test]
    fn a_token_that_is_gone_may_come_back() {
        for value in [RvError::DeviceRemoved, RvError::TokenNotPresent, RvError::SlotIdInvalid] {
            let found = judged(value, Function::Sign);
            assert!(
                matches!(found, KeyFault::Unavailable(_)) && found.may_retry(),
                "{found}"
            );
        }
    }

    #[test]
    fn vendor_codes_are_shown_as_numbers() {
        let found = judged(RvError::VendorDefined(0x8000_0042), Function::SignInit);
        assert_eq!(
            found,
            KeyFault::Failed("C_SignInit answered the vendor's code 0x80000042".to_owned())
        );
    }
}
