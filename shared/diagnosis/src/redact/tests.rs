use proptest::prelude::*;

use super::{MAX_INPUT_BYTES, text};

fn goes(table: &[(&str, &str)]) {
    for (raw, wanted) in table {
        assert_eq!(text(raw, 500), *wanted, "of {raw}");
        assert_eq!(text(wanted, 500), *wanted, "once more");
    }
}

#[test]
fn values_of_telling_keys_go() {
    goes(&[
        ("Authorization: Bearer abc.def-ghi, next", "Authorization: [redacted], next"),
        ("authorization: Token abc now", "authorization: [redacted] [redacted] now"),
        ("Proxy-Authorization=Basic YTpi", "Proxy-Authorization=[redacted]"),
        ("Authorization: [redacted]", "Authorization: [redacted]"),
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250312/s3, SignedHeaders=host, Signature=fe5f",
            "Authorization: [redacted], SignedHeaders=host, Signature=[redacted]",
        ),
        ("password='hunter 2' for x", "password=[redacted] for x"),
        ("passwd: hunter2", "passwd: [redacted]"),
        ("db_password_hash=x1 pwd=x2", "db_password_hash=[redacted] pwd=[redacted]"),
        ("Cookie: sid=1; theme=dark; id=2", "Cookie: [redacted]"),
        ("Set-Cookie: sid=1", "Set-Cookie: [redacted]"),
        ("x-api-key: abc", "x-api-key: [redacted]"),
        ("sessionId=abc session: abc", "sessionId=[redacted] session: [redacted]"),
        ("client_secret = abc", "client_secret = [redacted]"),
        ("GET /a?token=abc&b=1", "GET /a?token=[redacted]&b=1"),
        ("to=%2Fa%3Faccess_token%3Dabc now", "to=%2Fa%3Faccess_token%3D[redacted] now"),
        (
            "X-Amz-Signature=0123abcd&X-Amz-Credential=AKIA/2025&X-Amz-Security-Token=Fwo",
            "X-Amz-Signature=[redacted]&X-Amz-Credential=[redacted]&X-Amz-Security-Token=[redacted]",
        ),
    ]);
}

#[test]
fn keys_are_known_in_every_notation() {
    goes(&[
        (r#"{"authorization":"Bearer x y","ok":1}"#, r#"{"authorization":[redacted],"ok":1}"#),
        (r#"{"password" : "a\"b", "ok":1}"#, r#"{"password" : [redacted], "ok":1}"#),
        (r#"{\"x-api-key\":\"abc\",\"ok\":1}"#, r#"{\"x-api-key\":[redacted],\"ok\":1}"#),
        (
            r#"{\\\"token\\\":\\\"abc\\\",\\\"ok\\\":1}"#,
            r#"{\\\"token\\\":[redacted],\\\"ok\\\":1}"#,
        ),
        (r#"{"cookie":["a=]","b=c"],"ok":1}"#, r#"{"cookie":[redacted],"ok":1}"#),
        (r#"{"session":{"id":"x"},"ok":1}"#, r#"{"session":[redacted],"ok":1}"#),
        (r#"{"secret":"broken off"#, r#"{"secret":[redacted]"#),
        ("{'token': 'abc', 'ok': 1}", "{'token': [redacted], 'ok': 1}"),
        (r#""token"=>"abc", ok"#, r#""token"=>[redacted], ok"#),
        ("<password>abc</password> now", "<password>[redacted]</password> now"),
        ("token: \"abc, def", "token: [redacted]"),
    ]);
}

#[test]
fn what_looks_like_a_secret_goes() {
    goes(&[
        ("sent Bearer abc123", "sent Bearer [redacted]"),
        (
            "sent Basic \"YWJj=\" Bearer Bearer x",
            "sent Basic \"[redacted]\" Bearer Bearer [redacted]",
        ),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-9 end", "jwt [redacted] end"),
        ("jwt eyJhbGciOiJIUz… cut", "jwt [redacted]… cut"),
        ("key AKIAIOSFODNN7EXAMPLE!", "key [redacted]!"),
        ("4111111111111111ASIAIOSFODNN7EXAMPLE", "[redacted][redacted]"),
        ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "key [redacted]"),
        ("secret key aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd x", "secret key [redacted] x"),
        ("xoxb-123-abc ghp_abcDEF123 sk_live_abc", "[redacted] [redacted] [redacted]"),
        ("xapp-1-A0 github_pat_11A", "[redacted] [redacted]"),
        (
            "https://hooks.slack.com/services/T0/B0/xyz failed",
            "https://hooks.slack.com/[redacted] failed",
        ),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc", "[redacted]"),
        ("a -----BEGIN EC KEY-----\nMI\n-----END EC KEY----- b", "a [redacted] b"),
        ("hash 0123456789abcdef0123456789abcdef", "hash [redacted]"),
        ("blob c2VjcmV0IHZhbHVlIDEyMzQ1Njc4OTAgYWJjZGVm== end", "blob [redacted] end"),
    ]);
}

#[test]
fn people_and_their_addresses_go() {
    goes(&[
        ("mail to ann@shop.example now", "mail to [redacted] now"),
        ("?to=jörg.o%40shop.example&x", "?to=[redacted]&x"),
        ("from 203.0.113.77 now", "from 203.0.113.x now"),
        ("ip_address=203.0.113.77:443", "ip_address=203.0.113.x:443"),
        ("from 2001:db8:1:2::77 now", "from 2001:db8:1:x now"),
        ("from 2001:db8:1:2::77: refused", "from 2001:db8:1:x: refused"),
        ("from [2001:db8::77]:443", "from [2001:db8:0:x]:443"),
        ("from ::ffff:203.0.113.77", "from ::ffff:203.0.113.x"),
        ("call +15550100001 now", "call [redacted] now"),
        ("call +1 (555) 010-0001 now", "call [redacted] now"),
        ("card 4111 1111 1111 1111 declined", "card [redacted] declined"),
        ("card 4111111111111111", "card [redacted]"),
        ("12 4111-1111-1111-1111 12", "12 [redacted] 12"),
        ("378282246310005 and 30569309025904", "[redacted] and [redacted]"),
    ]);
}

#[test]
fn what_explains_a_failure_stays() {
    for plain in [
        "Endpoint request timed out",
        "The security token included in the request is expired",
        "Unexpected token } in JSON at position 4",
        "Task timed out after 10.00 seconds",
        "RequestId: 6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1 Error: Runtime exited",
        "TypeError at /var/task/node_modules/axios/lib/core/createError.js:16:15",
        "arn:aws:lambda:eu-west-1:123456789012:function:my-stack-OrdersFunction-A1B2C3D4E5F6",
        "No module named 'x' in OrdersServiceGetCustomerByIdFunctionHandler",
        "at 12/Mar/2025:09:14:07 +0000, epoch 1741770847",
        "at 1741770847123 ms, row 4111111111111112 of 41111111111111111111111",
        "expected 5 of 1234567 rows, code std::io::Error in fade::add",
        "TokenExpiredError: jwt expired",
        "JsonWebTokenError: invalid signature",
        "InvalidSignatureException: Signature expired: 20250312T091407Z is now earlier",
        "at 09:14:07.123, took 1.2.3, from 00:11:22:33:44:55",
        "arn:aws:iam::123456789012:role/OrdersServiceGetCustomerByIdFunctionRole",
    ] {
        assert_eq!(text(plain, 500), plain);
    }
}

#[test]
fn an_errors_name_hides_no_key_behind_it() {
    goes(&[
        ("TokenError: password=abc", "TokenError: password=[redacted]"),
        ("SecretException: \"token=abc\"", "SecretException: \"token=[redacted]\""),
    ]);
}

#[test]
fn what_cannot_be_seen_goes() {
    assert_eq!(
        text("to\u{AD}ken=ab\0c pass\u{200B}word=x", 50),
        "token=[redacted] password=[redacted]"
    );
    assert_eq!(text("a\u{1b}[31mb\u{202E}c\u{200B}d\ne\0f", 50), "a[31mbcd ef");
}

#[test]
fn the_cut_comes_last_and_counts_characters() {
    assert_eq!(text("ééééé", 3), "éé…");
    assert_eq!(text("abc", 3), "abc");
    assert_eq!(text("token=abcdefghijkl", 12), "token=[reda…");
    assert_eq!(text("abc", 0), "…");
}

#[test]
fn a_word_that_the_first_cut_went_through_is_dropped() {
    let secret = "A1b2C3d4".repeat(8);
    let long = format!("{} {secret}", "x ".repeat((MAX_INPUT_BYTES - 20) / 2));
    assert!(!text(&long, usize::MAX).contains("A1b2"));
    assert_eq!(text(&"A".repeat(MAX_INPUT_BYTES + 1), 100), "");
    let long = format!("{} 4111 1111 1111 1111", "x ".repeat((MAX_INPUT_BYTES - 16) / 2));
    assert!(!text(&long, usize::MAX).contains("4111"));
    let grows = text(&"token=a ".repeat(MAX_INPUT_BYTES / 8), usize::MAX);
    assert!(grows.len() <= MAX_INPUT_BYTES);
    assert_eq!(text(&grows, usize::MAX), grows);
}

fn planted_secret() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        "[A-Za-z0-9]{20,40}".prop_map(|s| ("password=", s)),
        "[A-Za-z0-9]{20,40}".prop_map(|s| ("Authorization: Bearer ", s)),
        "eyJ[A-Za-z0-9_-]{20}\\.eyJ[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{20}".prop_map(|s| ("", s)),
        "AKIA[A-Z0-9]{16}".prop_map(|s| ("", s)),
        "xoxb-[0-9]{10}-[A-Za-z0-9]{24}".prop_map(|s| ("", s)),
        "ghp_[A-Za-z0-9]{36}".prop_map(|s| ("", s)),
        "[0-9a-f]{32,64}".prop_map(|s| ("", s)),
        "[a-z]{3,10}@[a-z]{3,10}\\.example".prop_map(|s| ("", s)),
    ]
}

proptest! {
    #[test]
    fn a_planted_secret_never_comes_out(
        before in "[ -~é]{0,40}", (key, secret) in planted_secret(), after in "[ -~é]{0,40}", cut in 0_usize..200
    ) {
        let shown = text(&format!("{before} {key}{secret} {after}"), cut);
        let head = &secret[..secret.floor_char_boundary(12)];
        prop_assert!(!shown.contains(head), "{shown}");
    }

    #[test]
    fn redacting_twice_changes_nothing(raw in "(\\PC{0,8}|[-:=+@.;,\"'{}\\[\\]\\\\ ]{1,3}|token|cookie|Bearer |AKIAIOSFODNN7EXAMPLE|eyJhbGciOiJI|4111111111111111|203.0.113.7|2001:db8::1){0,12}") {
        let once = text(&raw, usize::MAX);
        prop_assert_eq!(text(&once, usize::MAX), once.clone());
    }

    #[test]
    fn any_text_is_cut_on_a_character(raw in any::<String>(), cut in 0_usize..100) {
        prop_assert!(text(&raw, cut).chars().count() <= cut.max(1));
    }
}
