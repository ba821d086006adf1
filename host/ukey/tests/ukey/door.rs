//! Admission of agents: only the authority's certificates, one live connection per name, nothing malformed.

use std::sync::Arc;

use cebridge_ukey::{Agent, AgentConfig, AgentError, AgentTimes, CardConfig, TlsError, TlsFiles};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zeroize::Zeroizing;

use crate::support::{Authority, SIGNED_INFO, World, identity, sign_fault, sign_ok, until};

/// A TLS client without an agent.
async fn connect(
    world: &World,
    files: Option<&TlsFiles>,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(world.authority.path("ca.pem")).unwrap() {
        roots.add(root.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let config = match files {
        None => builder.with_no_client_auth(),
        Some(files) => {
            let certificate = CertificateDer::from_pem_file(&files.certificate).unwrap();
            let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    let stream = TcpStream::connect(world.gateway_config.listen).await?;
    let host = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(host, stream).await
}

async fn say(stream: &mut TlsStream<TcpStream>, json: &str) {
    let length = u32::try_from(json.len()).unwrap().to_be_bytes();
    stream.write_all(&length).await.unwrap();
    stream.write_all(json.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
}

async fn hear(stream: &mut TlsStream<TcpStream>) -> String {
    let length = stream.read_u32().await.unwrap();
    let mut body = vec![0; length as usize];
    stream.read_exact(&mut body).await.unwrap();
    String::from_utf8(body).unwrap()
}

const HELLO: &str = r#"{"type":"hello","version":1,"software":"test","card":{}}"#;
const TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

#[test]
fn an_agent_of_another_authority_is_refused() {
    let world = World::new();
    // The foreign authority even has the same name.
    let stranger = Authority::new();
    let files = TlsFiles {
        ca: world.authority.path("ca.pem"),
        ..stranger.issue("ukey-1")
    };
    let agent = world.spawn(world.new_agent(files, "88888888"));
    world.gateway_log.wait_for("refused: no TLS");
    world.agent_log.wait_for("not connected");
    agent.abort();
    let told = world.gateway_log.text();
    assert!(told.contains("invalid peer certificate"), "{told}");
    // The right one is still served.
    sign_ok(&world, &world.key(), SIGNED_INFO);
}

#[test]
fn a_client_without_certificate_is_refused() {
    let world = World::new();
    world.block_on(async {
        // In TLS 1.3 the client learns of it when it reads.
        let refused = match connect(&world, None, TLS13).await {
            Err(_) => true,
            Ok(mut stream) => stream.read_u8().await.is_err(),
        };
        assert!(refused);
    });
    world.gateway_log.wait_for("refused: no TLS: peer sent no certificates");
}

#[test]
fn tls_before_1_3_is_refused() {
    let world = World::new();
    let files = world.authority.issue("ukey-2");
    let result = world.block_on(connect(&world, Some(&files), &[&rustls::version::TLS12]));
    assert!(result.is_err());
}

#[test]
fn an_agent_does_not_talk_to_a_gateway_of_another_authority() {
    let world = World::new();
    let stranger = Authority::new();
    let files = TlsFiles {
        ca: stranger.path("ca.pem"),
        ..world.authority.issue("ukey-2")
    };
    let agent = world.spawn(world.new_agent(files, "88888888"));
    world.agent_log.wait_for("no TLS with");
    agent.abort();
    let told = world.agent_log.text();
    assert!(told.contains("invalid peer certificate"), "{told}");
}

#[test]
fn a_name_in_use_is_refused_while_its_owner_lives() {
    let world = World::new();
    let key = world.key();
    let files = world.authority.issue("ukey-1");
    let second = world.spawn(world.new_agent(files, "88888888"));
    world.agent_log.wait_for("an agent named ukey-1 is connected");
    second.abort();
    assert_eq!(world.gateway.as_ref().unwrap().agents().len(), 1);
    sign_ok(&world, &key, SIGNED_INFO);
}

#[test]
fn a_connection_that_is_dead_makes_way() {
    let mut world = World::new();
    let key = world.key();
    world.stop_agent();
    let agents = || world.gateway.as_ref().unwrap().agents();
    until("departure", || agents().is_empty(), || world.told());
    // It says hello and then goes silent, like a machine whose network is gone.
    let files = world.authority.issue("ukey-1");
    let dead = world.block_on(async {
        let mut stream = connect(&world, Some(&files), TLS13).await.unwrap();
        say(&mut stream, HELLO).await;
        assert!(hear(&mut stream).await.contains("welcome"));
        stream
    });
    until("silent agent", || agents().len() == 1, || world.told());
    world.start_agent("88888888");
    until("card", || world.ready(), || world.told());
    sign_ok(&world, &key, SIGNED_INFO);
    world.gateway_log.wait_for("another connection took its place");
    drop(dead);
}

#[test]
fn the_word_of_an_agent_is_not_enough() {
    let mut world = World::new();
    let key = world.key();
    world.stop_agent();
    let agents = || world.gateway.as_ref().unwrap().agents();
    until("departure", || agents().is_empty(), || world.told());
    // It has the right certificate and the card's, and answers with a value that no card made: first under another
    // request's id, then under the right one.
    let files = world.authority.issue("ukey-1");
    let mut stream = world.block_on(connect(&world, Some(&files), TLS13)).unwrap();
    let card = serde_json::json!({
        "card_id": "1", "cert_no": "1", "certificate": identity().certificate.to_pem(),
    });
    let hello = HELLO.replace(r#""card":{}"#, &format!(r#""card":{{"card":{card}}}"#));
    let rogue = async move {
        say(&mut stream, &hello).await;
        loop {
            let frame: serde_json::Value = serde_json::from_str(&hear(&mut stream).await).unwrap();
            match frame["type"].as_str().unwrap() {
                "ping" => say(&mut stream, r#"{"type":"pong"}"#).await,
                "sign" => {
                    let id = frame["id"].as_u64().unwrap();
                    for (id, value) in [(id + 1, "AAAA".to_owned()), (id, "A".repeat(171) + "=")] {
                        let signed = serde_json::json!({"type": "signed", "id": id, "value": value});
                        say(&mut stream, &signed.to_string()).await;
                    }
                }
                _ => {}
            }
        }
    };
    let rogue = world.spawn_any(rogue);
    until("card", || world.ready(), || world.told());
    let fault = sign_fault(&world, &key, SIGNED_INFO);
    assert!(fault.to_string().contains("does not verify"), "{fault}");
    rogue.abort();
}

#[test]
fn the_name_comes_from_the_certificate() {
    let world = World::new();
    world.key();
    let files = world.authority.issue("ukey-7");
    world.block_on(async {
        let mut stream = connect(&world, Some(&files), TLS13).await.unwrap();
        // A frame cannot carry its own name.
        say(&mut stream, &HELLO.replace("\"test\"", "\"test\",\"name\":\"ukey-1\"")).await;
        assert!(stream.read_u8().await.is_err());
        let mut stream = connect(&world, Some(&files), TLS13).await.unwrap();
        say(&mut stream, HELLO).await;
        assert!(hear(&mut stream).await.contains(r#""name":"ukey-7""#));
    });
    let unnamed = world.authority.issue("not a name");
    world.block_on(async {
        let mut stream = connect(&world, Some(&unnamed), TLS13).await.unwrap();
        assert!(stream.read_u8().await.is_err());
    });
    world.gateway_log.wait_for("its certificate names no agent");
}

#[test]
fn what_is_malformed_ends_its_own_connection_only() {
    let world = World::new();
    let files = world.authority.issue("ukey-9");
    world.block_on(async {
        for bytes in [
            &b"\xff\xff\xff\xff"[..],
            b"\x00\x00\x00\x02{]",
            b"GET / HTTP/1.1\r\n\r\n",
        ] {
            let mut stream = connect(&world, Some(&files), TLS13).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            assert!(stream.read_u8().await.is_err());
        }
        let mut stream = connect(&world, Some(&files), TLS13).await.unwrap();
        say(&mut stream, &HELLO.replace(":1,", ":2,")).await;
        let answer = hear(&mut stream).await;
        assert!(answer.contains("refused") && answer.contains("version 2"), "{answer}");
    });
    sign_ok(&world, &world.key(), SIGNED_INFO);
}

#[test]
fn files_and_addresses_of_no_use_are_refused_at_the_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let authority = Authority::new();
    let files = authority.issue("ukey-1");
    let agent = |tls: &TlsFiles, gateway: &str, pin: &str| {
        let config = AgentConfig {
            gateway: gateway.to_owned(),
            tls: tls.clone(),
            card: CardConfig::default(),
            times: AgentTimes::default(),
        };
        Agent::new(config, Zeroizing::new(pin.to_owned()), Arc::new(|_: &_| {}))
    };
    let good = "gateway.example.com:7443";
    assert!(agent(&files, good, "1").is_ok());
    assert!(matches!(agent(&files, good, ""), Err(AgentError::NoPin)));
    for address in ["gateway.example.com", "host:port", ":7443"] {
        assert!(
            matches!(agent(&files, address, "1"), Err(AgentError::Gateway(_))),
            "{address}"
        );
    }
    let swapped = TlsFiles {
        key: authority.issue("other").key,
        ..files.clone()
    };
    assert!(matches!(
        agent(&swapped, good, "1"),
        Err(AgentError::Tls(TlsError::Setup { .. }))
    ));
    std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = agent(&files, good, "1").unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");
    let missing = TlsFiles {
        ca: authority.path("none.pem"),
        ..files
    };
    let error = agent(&missing, good, "1").unwrap_err();
    assert!(error.to_string().contains("none.pem"), "{error}");
}
