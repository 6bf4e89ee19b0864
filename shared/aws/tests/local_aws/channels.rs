//! Messages through the real clients, to a local SNS and, by a webhook from a local SSM, to a listener.

use std::sync::Arc;
use std::time::Duration;

use alerting::{Channel, Content, Delivery, IncidentId, SendError, Sent};
use aws::channel::{Secret, SlackWebhook, Sms, SmsOptions, SnsTopic, SsmParameter};
use aws::service::{Call, Service};
use aws::{AwsChannel, Clients, SystemClock};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::local::{ask, block_on, clients, config, endpoint};

/// The one message that the local AWS sent to a phone, once it is there.
async fn received(phone: &str) -> Value {
    let waiting = async {
        loop {
            let messages = messages_to(phone).await;
            match messages.as_slice() {
                [] => tokio::time::sleep(Duration::from_millis(20)).await,
                [message] => return message.clone(),
                more => panic!("{more:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap()
}

async fn messages_to(phone: &str) -> Vec<Value> {
    let host = endpoint().replace("http://", "");
    let escaped = phone.replace('+', "%2B");
    let request = format!(
        "GET /_ministack/sns/sms-messages?phoneNumber={escaped} HTTP/1.1\r\nhost: {host}\r\n\
         connection: close\r\n\r\n"
    );
    let mut stream = TcpStream::connect(&host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let answer: Value = serde_json::from_str(body).unwrap();
    answer["sms_messages"][phone].as_array().cloned().unwrap_or_default()
}

fn phone(clients: Arc<Clients>, number: &str) -> AwsChannel {
    let options =
        SmsOptions { sender_id: Some("Gatewatch".to_owned()), max_price: Some("0.50".to_owned()) };
    AwsChannel::Sms(Sms::new(clients, number.parse().unwrap(), options))
}

fn topic(clients: Arc<Clients>, arn: &str) -> AwsChannel {
    AwsChannel::Email(SnsTopic::new(clients, arn.to_owned()))
}

fn slack(clients: Arc<Clients>, parameter: &str) -> AwsChannel {
    let parameter = SsmParameter::new(clients, parameter.to_owned());
    AwsChannel::Slack(SlackWebhook::new(Secret::new(parameter, SystemClock)))
}

/// Sends one message with a channel.
async fn send(channel: AwsChannel, content: &Content) -> Result<Sent, SendError> {
    let incident: IncidentId = serde_json::from_str("\"0123456789ab\"").unwrap();
    channel.send(Delivery::alone(content, &incident, 1)).await
}

/// Starts to listen; says `ok` to every request, and hands it over.
async fn listen() -> (String, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (heard, requests) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            // Head and body may come in two parts; each of these requests ends with its JSON.
            while !request.ends_with(b"}") && stream.read_buf(&mut request).await.unwrap() > 0 {}
            let ok = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
            stream.write_all(ok).await.unwrap();
            heard.send(String::from_utf8(request).unwrap()).unwrap();
        }
    });
    (address, requests)
}

/// The JSON that a request ends with.
fn json(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// A number that no other test run uses.
fn new_number(first: u8) -> String {
    let started = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() % 1_000_000_000;
    format!("+{first}{started:09}")
}

#[test]
fn a_text_message_goes_out_as_transactional() {
    block_on(async {
        let number = new_number(1);
        let sms = Content::Sms { body: "it fails & it's <b>bad</b>".to_owned() };
        send(phone(clients().await, &number), &sms).await.unwrap();
        let message = received(&number).await;
        assert_eq!(message["Message"], "it fails & it's <b>bad</b>");
        let kind = &message["MessageAttributes"]["AWS.SNS.SMS.SMSType"];
        assert!(kind.to_string().contains("Transactional"), "{message}");
        let attributes = message["MessageAttributes"].to_string();
        for option in ["AWS.SNS.SMS.SenderID", "Gatewatch", "AWS.SNS.SMS.MaxPrice", "0.50"] {
            assert!(attributes.contains(option), "{option} in {attributes}");
        }
    });
}

#[test]
fn the_topic_gets_subject_and_body() {
    block_on(async {
        let (address, mut requests) = listen().await;
        let sns = aws_sdk_sns::Client::new(&config(&endpoint()).await);
        let name = format!("alerts-{}", &new_number(2)[1..]);
        let arn = sns.create_topic().name(name).send().await.unwrap().topic_arn.unwrap();
        sns.subscribe().topic_arn(&arn).protocol("http").endpoint(address).send().await.unwrap();
        let token = json(&requests.recv().await.unwrap())["Token"].as_str().unwrap().to_owned();
        sns.confirm_subscription().topic_arn(&arn).token(token).send().await.unwrap();

        let email = Content::Email {
            subject: "it fails".to_owned(),
            body: "a\nb".to_owned(),
            attributes: [("severity".to_owned(), "critical".to_owned())].into(),
        };
        send(topic(clients().await, &arn), &email).await.unwrap();
        let message = json(&requests.recv().await.unwrap());
        assert_eq!(
            (&message["Subject"], &message["Message"]),
            (&"it fails".into(), &"a\nb".into())
        );

        assert_eq!(message["MessageAttributes"]["severity"]["Value"], "critical", "{message}");

        let gone = topic(clients().await, &format!("{arn}-gone"));
        let reason = send(gone, &email).await.unwrap_err().reason;
        assert!(reason.starts_with("the topic does not exist: NotFound"), "{reason}");
    });
}

#[test]
fn slack_is_reached_by_the_webhook_in_ssm() {
    block_on(async {
        let (address, mut requests) = listen().await;
        let name = format!("/gatewatch/test/{}", &new_number(3)[1..]);
        let value = format!("{address}/s3cret\n");
        let input = serde_json::json!({"Name": name, "Value": value, "Type": "SecureString"});
        ask(&Call::operation(Service::Ssm, "PutParameter", &input)).await;

        let message = Content::Slack { body: serde_json::json!({"text": "it fails"}) };
        send(slack(clients().await, &name), &message).await.unwrap();
        let request = requests.recv().await.unwrap();
        assert!(request.starts_with("POST /s3cret HTTP/1.1"), "{request}");
        assert_eq!(json(&request)["text"], "it fails");

        let missing = slack(clients().await, "/gatewatch/test/missing");
        let reason = send(missing, &message).await.unwrap_err().reason;
        assert!(
            reason.starts_with(
                "the SSM parameter /gatewatch/test/missing cannot be read: ParameterNotFound"
            ),
            "{reason}"
        );
    });
}
