//! Target `envelope`: what comes out of an envelope goes back in, and comes out as it was.

use cebridge_message::{Document, EnvelopeError, Limits, PlatformReply, unwrap, wrap};

/// Envelopes and answers of the platform.
pub fn envelope(data: &[u8]) {
    let limits = Limits::ENVELOPE;
    let _: Result<PlatformReply, EnvelopeError> = PlatformReply::read(data, &limits);
    if let Ok(envelope) = unwrap(data, &limits) {
        let again = wrap(&envelope).expect("what was in an envelope fits into one");
        let back = unwrap(&again, &limits).expect("our own envelope is readable");
        assert_eq!(envelope, back);
        // What it holds is a message or is refused.
        let _ = Document::parse(&envelope.data, &Limits::MESSAGE);
    }
}
