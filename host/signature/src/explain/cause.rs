//! The known causes, with their codes and the changes required of the sender.

use crate::verdict::codes;

codes! {
    /// Explanation for a signature that does not verify.
    Cause {
        /// White space directly beside the `Signature` was added after signing.
        SpaceBesideSignature = "space-beside-signature", "write nothing, no line feed either, before and behind the \
            Signature when it is put into the message";
        /// White space between the elements was added after signing.
        Indented = "indented-after-signing", "indent before signing or not at all; send the bytes that were signed";
        /// The signer digested an indented message and sent it without the white space.
        IndentedBefore = "indented-before-signing", "sign the bytes that are sent: do not indent for signing only";
        /// The signer's line ends were CR LF; the message's are not, or were not normalised.
        LineEnds = "line-ends", "use LF line ends before signing, and never convert a signed file";
        /// A line feed after the canonical form was digested.
        TrailingNewline = "trailing-newline", "end the canonical form with the root's end tag, without line feed";
        /// The XML declaration or a byte order mark was digested.
        Declaration = "xml-declaration", "leave XML declaration and byte order mark out: they are no part of the \
            canonical form";
        /// The digest includes comments.
        Comments = "comments", "use canonical XML without comments, and write no comments";
        /// The digest includes the signature.
        WithSignature = "with-signature", "take the Signature out before the digest (enveloped-signature)";
        /// The raw text was digested, not its canonical form.
        RawText = "raw-text", "digest the canonical form (C14N), not the text of the file";
        /// Digested in an encoding other than UTF-8.
        Encoding = "encoding", "sign and send UTF-8";
        /// Namespace declarations of the root were added or removed after signing.
        RootNamespaces = "root-namespaces", "declare the same namespaces on the root when signing and when sending: \
            xmlns:ceb and xmlns:xsi";
        /// Empty elements were written as `<a/>` for the digest.
        EmptyElements = "empty-elements", "write empty elements as start and end tag in the canonical form";
        /// The digest is written in hexadecimal.
        DigestHex = "digest-hex", "write the bytes of the digest in Base64 into DigestValue, not its \
            hexadecimal text";
        /// The digest was made with a different hash than stated.
        DigestHash = "digest-hash", "make the digest by the hash that the Algorithm of DigestMethod names";
        /// The digest is of different content.
        ContentChanged = "content-changed", "look for what changes the message between signing and sending";
        /// `SignedInfo` was signed outside the context of the message.
        SignedInfoApart = "signed-info-apart", "canonicalise SignedInfo where it stands in the message, with all \
            namespaces it inherits from the root, by inclusive C14N";
        /// `SignedInfo` was signed with fewer namespaces than it inherits.
        SignedInfoMissing = "signed-info-namespace-missing", "declare on the root exactly what was declared when \
            SignedInfo was signed; xmlns:ceb and xmlns:xsi are customary";
        /// `SignedInfo` was signed with more namespaces than it inherits.
        SignedInfoExtra = "signed-info-namespace-extra", "declare on the root exactly what was declared when \
            SignedInfo was signed; xmlns:ceb and xmlns:xsi are customary";
        /// White space inside `SignedInfo` was added after signing.
        SignedInfoIndented = "signed-info-indented", "write SignedInfo into the message as it was signed, without \
            white space between its elements";
        /// `SignedInfo` was signed with CR LF line ends.
        SignedInfoLineEnds = "signed-info-line-ends", "write SignedInfo without line ends";
        /// The text of `SignedInfo` was signed, not its canonical form.
        SignedInfoRaw = "signed-info-raw", "sign the canonical form of SignedInfo, not its text";
        /// Something other than `SignedInfo` was signed.
        OtherBytes = "signed-other-bytes", "sign the canonical form of SignedInfo";
        /// The value was made over a hash of what should be signed.
        HashedTwice = "hashed-twice", "hand SignedInfo to the key, or its digest to an operation that does not hash";
        /// The value was made with a different hash than stated.
        SignatureHash = "signature-hash", "sign by the hash that the Algorithm of SignatureMethod names";
        /// An SM2 value in DER.
        DerValue = "sm2-der", "convert the DER value to r and s, 32 bytes each, big-endian, r first, and write these 64 \
            bytes in Base64 into SignatureValue";
        /// An SM2 value in raw form although the profile requires DER.
        RawValue = "sm2-raw", "convert r and s to a DER SEQUENCE of two INTEGERs, and write it in Base64 into \
            SignatureValue";
        /// The halves of an SM2 value are swapped.
        SwappedValue = "sm2-swapped", "write r first, then s, into SignatureValue";
        /// An SM2 value with a different user id.
        UserId = "sm2-user-id", "sign with the user id 1234567812345678";
        /// The value is written in hexadecimal.
        ValueHex = "value-hex", "write the bytes of the value in Base64 into SignatureValue, not their hexadecimal \
            text";
        /// The algorithms used are not the ones named.
        AlgorithmNames = "algorithm-names", "name the algorithms that were used in the Algorithm of \
            SignatureMethod and of DigestMethod, both of one profile";
        /// The signer's certificate was sent, but not as the first one.
        CertificateOrder = "certificate-order", "let the first X509Certificate of X509Data be the signer's, its \
            issuers behind it";
        /// The certificate does not belong to the signing key, or `SignedInfo` was changed.
        OtherKey = "other-key", "write the certificate of the key that signs into X509Certificate; change nothing in \
            SignedInfo after signing";
        /// No certificate was sent, but a known one verifies.
        KnownCertificate = "known-certificate", "write the DER encoding of this certificate in Base64 into \
            KeyInfo/X509Data/X509Certificate";
        /// The signature would verify in its proper place.
        Moved = "moved", "put the Signature last among the children of the root (import), or directly before \
            ExtendMessage (export)";
        /// The message is too large for a search.
        NotSearched = "not-searched", "repeat the fault with fewer documents in the message";
        /// One of several signatures verifies alone.
        OneOfSeveral = "one-of-several", "remove the other Signature: sign the message without the old one";
        /// None of several signatures verifies alone.
        NoneOfSeveral = "none-of-several", "remove all Signatures and sign again";
    }
}
