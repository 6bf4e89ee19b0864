//! A local AWS for tests, with a table of their own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use alerting::Clock;
use aws::service::{Call, Service};
use aws::{Clients, DynamoLedger};
use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use reqwest::Method;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

/// All tests of a file share it, and with it the SDK's connections.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

static TABLE: OnceCell<String> = OnceCell::const_new();

/// Runs a future to its end.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// Where the local AWS listens.
pub(crate) fn endpoint() -> String {
    std::env::var("GATEWATCH_LOCAL_AWS").unwrap_or_else(|_| {
        panic!(
            "these tests need a local AWS: run `make test`, or start one with \
             `GATEWAY_PORT=4566 ministack` and set GATEWATCH_LOCAL_AWS=http://127.0.0.1:4566"
        )
    })
}

/// A ledger on this test run's table.
pub(crate) async fn ledger<K: Clock>(clock: K) -> DynamoLedger<K> {
    ledger_at(&endpoint(), clock).await
}

/// The same ledger, spoken to at another address.
pub(crate) async fn ledger_at<K: Clock>(endpoint: &str, clock: K) -> DynamoLedger<K> {
    let table = TABLE.get_or_init(new_table).await;
    DynamoLedger::new(Arc::new(Clients::with(config(endpoint).await)), table.clone(), clock)
}

/// A ledger on a table of [`new_table`].
pub(crate) async fn ledger_in<K: Clock>(table: &str, clock: K) -> DynamoLedger<K> {
    DynamoLedger::new(clients().await, table.to_owned(), clock)
}

/// DynamoDB itself, for what the ledger does not do.
pub(crate) async fn dynamodb() -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&config(&endpoint()).await)
}

/// Clients of the local AWS.
pub(crate) async fn clients() -> Arc<Clients> {
    Arc::new(Clients::with(config(&endpoint()).await))
}

/// What a service of the local AWS answers; nothing where it answers nothing.
pub(crate) async fn ask(call: &Call) -> Value {
    let answer = clients().await.call(call).await.unwrap();
    answer.json().unwrap_or_default()
}

/// What it answers to what is put or posted at a path.
pub(crate) async fn send(service: Service, method: Method, path: &[&str], body: &Value) -> Value {
    ask(&Call::to_path(service, method, path, body.to_string().into_bytes())).await
}

/// What clients of an AWS at this address are built with.
pub(crate) async fn config(endpoint: &str) -> aws_config::SdkConfig {
    Clients::config_loader()
        .endpoint_url(endpoint)
        .region(Region::from_static("eu-west-1"))
        // Nobody is overloaded here.
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(5)))
        .credentials_provider(Credentials::new("111122223333", "local", None, None, "test"))
        .load()
        .await
}

/// Creates an empty table and returns its name.
pub(crate) async fn new_table() -> String {
    static TABLES: AtomicU64 = AtomicU64::new(0);
    // Two runs against one local AWS do not meet.
    let started = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let number = TABLES.fetch_add(1, Ordering::Relaxed);
    let name = format!("gatewatch-{}-{started}-{number}", std::process::id());
    let key = |name: &str, kind| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
    };
    let text = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    dynamodb()
        .await
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(text("pk"))
        .attribute_definitions(text("sk"))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .send()
        .await
        .unwrap();
    name
}
