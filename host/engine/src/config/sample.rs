//! A configuration with every key set: the example's values for keys without a default, and the order of keys.

use super::{
    Arrivals, Config, Day, Declare, Delivery, Enterprise, OnBroken, PackSettings, Paths, Pay179, Record, Rules,
    Service, ServiceClient, Signing,
};
use cebridge_keys::{KeyPlace, KeySource, Pkcs11Source, Sm2Input, Sm2Output};
use cebridge_pay179::Method;
use cebridge_rule_compiler::Grade;
use cebridge_ukey::GatewayConfig;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU64;

/// Every key with a plausible value. All values are invented.
pub(super) fn sample() -> Config {
    Config {
        enterprise: Enterprise {
            keys: vec![file(), token(), card()],
            ..enterprise()
        },
        enterprises: vec![Enterprise {
            keys: vec![file()],
            ..enterprise()
        }],
        paths: Paths {
            group: Some("dxp".to_owned()),
            cache: Some("cache".into()),
            ..Paths::default()
        },
        signing: Signing {
            key: Some("keys/enterprise.key.pem".into()),
            certificate: Some("keys/enterprise.cert.pem".into()),
            profile: Some("sm2-sm3".to_owned()),
            trust: Some("keys/trust.pem".into()),
            transition_reading: Some("chinese-text".to_owned()),
            ports: [("5165".to_owned(), "sm2-sm3-w3c-sha1".to_owned())].into(),
        },
        declare: Declare::default(),
        rules: Rules {
            grades: [("CEB311-R05".to_owned(), Grade::Error)].into(),
            effective_from: Day::parse("2018-09-30")
                .map(|day| ("2018-113".to_owned(), day))
                .into_iter()
                .collect(),
            trust: Some("keys/packs.pem".into()),
        },
        packs: PackSettings {
            archive: Some("archive".into()),
            on_broken: OnBroken::LastGood,
            settle: 2,
        },
        record: Record {
            export_key: Some("keys/export.pem".into()),
        },
        delivery: Delivery::default(),
        intake: arrivals(),
        receipts: arrivals(),
        service: Service {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 8443))),
            certificate: Some("keys/service.cert.pem".into()),
            key: Some("keys/service.key.pem".into()),
            client_ca: Some("keys/clients.pem".into()),
            requests: Some(32),
            timeout: Some(30),
            clients: vec![ServiceClient {
                name: "wms".to_owned(),
                token_sha256: "0".repeat(64),
                enterprises: vec!["4403960DM1".to_owned()],
            }],
        },
        pay179: Pay179 {
            listen: Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 80))),
            upload_url: Some("https://customs.chinaport.gov.cn/ceb2grab/grab/realTimeDataUpload".to_owned()),
            upload_trust: Some("keys/upload.pem".into()),
            folder: Pay179::default().folder,
            enterprise: Some("4403960DM1".to_owned()),
            method: Some(Method::Sm2Sm3),
        },
        ukey_gateway: Some(GatewayConfig {
            listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 7443)),
            ca: "keys/agents.pem".into(),
            certificate: "keys/gateway.cert.pem".into(),
            key: "keys/gateway.key.pem".into(),
        }),
        mapper: [(
            "ceb".to_owned(),
            [("leaveOut".to_owned(), "BaseSubscribe ExtendMessage".into())].into(),
        )]
        .into(),
        ..Config::default()
    }
}

fn arrivals() -> Arrivals {
    Arrivals {
        temporary: vec![".inprogress".to_owned()],
        ..Arrivals::default()
    }
}

fn enterprise() -> Enterprise {
    Enterprise {
        id: "seller".to_owned(),
        code: "4403960DM1".to_owned(),
        credit_code: "91440300MA5EX00018".to_owned(),
        name: "示例跨境电商服务有限公司".to_owned(),
        roles: vec!["e-commerce-enterprise".to_owned()],
        messages: vec!["CEB311".to_owned(), "CEB621".to_owned()],
        dxp_id: "DXPENT0000099901".to_owned(),
        ..Enterprise::default()
    }
}

fn file() -> KeySource {
    let certificate = Some("keys/enterprise.cert.pem".into());
    let mut source = KeySource::file("file-1", "keys/enterprise.key.pem".into(), certificate);
    if let KeyPlace::File { password_env, .. } = &mut source.place {
        *password_env = Some("FILE_1_PASSWORD".to_owned());
    }
    source
}

fn token() -> KeySource {
    let mut source = KeySource::file("hsm-1", "".into(), None);
    source.place = KeyPlace::Pkcs11(Pkcs11Source {
        library: "/usr/lib/softhsm/libsofthsm2.so".into(),
        token: Some("customs".to_owned()),
        slot: Some(0),
        key_label: Some("declare".to_owned()),
        key_id: Some("01".to_owned()),
        pin_env: Some("HSM_PIN".to_owned()),
        pin_file: Some("keys/hsm.pin".into()),
        certificate: Some("keys/hsm.cert.pem".into()),
        sm2_mechanism: Some(NonZeroU64::MIN.saturating_add(0x8000_0000)),
        sm2_input: Sm2Input::default(),
        sm2_output: Sm2Output::default(),
    });
    source
}

fn card() -> KeySource {
    let mut source = KeySource::file("card-1", "".into(), None);
    source.place = KeyPlace::Ukey {
        agent: "ukey-1".to_owned(),
        certificate: Some("keys/card.cert.pem".into()),
    };
    source
}
