//! Client authentication: bearer tokens, of which only SHA-256 digests are known here.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// A system that may use the service.
#[derive(Clone)]
pub struct Client {
    /// Name in the log.
    pub name: String,
    /// Customs codes of the enterprises it may sign for.
    pub enterprises: Vec<String>,
    digest: [u8; 32],
}

/// Error in a client's configuration.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// The digest is invalid.
    #[error(
        "token-sha256 of client `{0}` is not 64 hexadecimal digits; make a token with `openssl rand -hex 32`, give it to the \
         client, and put here what `printf %s TOKEN | sha256sum` prints"
    )]
    Digest(String),
    /// Two clients share a name or token.
    #[error("client `{0}` shares its name or token with another one; give each its own")]
    Twice(String),
    /// A client without enterprises could do nothing but verify.
    #[error("client `{0}` names no enterprises; list the customs codes it may sign for, or leave the client out")]
    NoEnterprise(String),
}

impl Client {
    /// Creates a client from the hexadecimal SHA-256 of its token.
    ///
    /// # Errors
    /// [`TokenError::Digest`], [`TokenError::NoEnterprise`].
    pub fn new(name: &str, token_sha256: &str, enterprises: Vec<String>) -> Result<Self, TokenError> {
        let mut digest = [0; 32];
        hex::decode_to_slice(token_sha256.trim(), &mut digest).map_err(|_| TokenError::Digest(name.to_owned()))?;
        if enterprises.is_empty() {
            return Err(TokenError::NoEnterprise(name.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            enterprises,
            digest,
        })
    }

    /// Returns `true` if it may sign for an enterprise.
    #[must_use]
    pub fn may_sign_for(&self, enterprise: &str) -> bool {
        self.enterprises.iter().any(|allowed| allowed == enterprise)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.name)
            .field("enterprises", &self.enterprises)
            .finish_non_exhaustive()
    }
}

/// All clients.
#[derive(Debug, Clone, Default)]
pub struct Clients(Vec<Client>);

impl Clients {
    /// Collects clients, each with its own name and token.
    ///
    /// # Errors
    /// [`TokenError::Twice`].
    pub fn new(clients: Vec<Client>) -> Result<Self, TokenError> {
        for (index, client) in clients.iter().enumerate() {
            let same = |other: &Client| other.name == client.name || other.digest == client.digest;
            if clients.iter().take(index).any(same) {
                return Err(TokenError::Twice(client.name.clone()));
            }
        }
        Ok(Self(clients))
    }

    /// Returns `true` if empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the client of an `Authorization` header. Takes as long for a wrong token as for a right one: every
    /// digest is compared, in constant time, and never the tokens.
    pub(crate) fn of(&self, header: Option<&[u8]>) -> Option<&Client> {
        let (scheme, token) = header?.split_at_checked(7)?;
        if !scheme.eq_ignore_ascii_case(b"bearer ") || token.is_empty() {
            return None;
        }
        let digest: [u8; 32] = Sha256::digest(token.trim_ascii()).into();
        let mut found = u32::MAX;
        for (index, client) in (0_u32..).zip(&self.0) {
            let same: Choice = digest.ct_eq(&client.digest);
            found.conditional_assign(&index, same);
        }
        self.0.get(usize::try_from(found).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str, token: &str) -> Client {
        Client::new(name, &hex::encode(Sha256::digest(token)), vec!["4403960DM1".to_owned()]).unwrap()
    }

    #[test]
    fn only_the_whole_token_opens() {
        let clients = Clients::new(vec![client("a", "first"), client("b", "second")]).unwrap();
        let name = |header: &str| clients.of(Some(header.as_bytes())).map(|client| client.name.as_str());
        assert_eq!(name("Bearer first"), Some("a"));
        assert_eq!(name("bearer second"), Some("b"));
        for wrong in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer firs",
            "Bearer firstt",
            "Basic first",
            "first",
        ] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
        assert!(clients.of(None).is_none());
    }

    #[test]
    fn mistakes_are_named_and_digests_are_not_shown() {
        assert!(matches!(
            Client::new("a", "secret", vec!["1".to_owned()]),
            Err(TokenError::Digest(_))
        ));
        let digest = hex::encode(Sha256::digest("t"));
        assert!(matches!(
            Client::new("a", &digest, Vec::new()),
            Err(TokenError::NoEnterprise(_))
        ));
        let twice = Clients::new(vec![client("a", "same"), client("b", "same")]);
        assert_eq!(twice.unwrap_err(), TokenError::Twice("b".to_owned()));
        assert!(!format!("{:?}", client("a", "t")).contains(&digest[..8]));
    }
}
