//! Ingest and drain with the AWS SDK for Rust; ../../README.md says what all peers do.
use aws_lambda_events::event::dynamodb::Event;
use aws_sdk_sqs::types::{MessageSystemAttributeName as Attribute, SendMessageBatchRequestEntry as Entry};
use futures::future::join_all;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const CALL: usize = 10;
const CALLS: usize = 4;

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

struct Message {
    position: usize,
    sequence: String,
    group: String,
    id: String,
    body: String,
}

struct Ingest {
    sqs: aws_sdk_sqs::Client,
    queue: String,
}

impl Ingest {
    /// The earliest message that the queue did not accept.
    async fn send(&self, call: &[Message]) -> Result<Option<usize>, Error> {
        let mut request = self.sqs.send_message_batch().queue_url(&self.queue);
        for (n, message) in call.iter().enumerate() {
            request = request.entries(
                Entry::builder()
                    .id(n.to_string())
                    .message_body(&message.body)
                    .message_group_id(&message.group)
                    .message_deduplication_id(&message.id)
                    .build()?,
            );
        }
        let failed = request.send().await?.failed;
        Ok(failed.iter().map(|f| f.id().parse().unwrap_or(0)).min())
    }

    async fn handle(&self, event: LambdaEvent<Event>) -> Result<Value, Error> {
        let mut groups = groups_of(event.payload)?;
        while !groups.is_empty() {
            let mut heads: Vec<Message> = groups.iter_mut().take(CALL * CALLS).filter_map(VecDeque::pop_front).collect();
            groups.retain(|group| !group.is_empty());
            heads.sort_unstable_by_key(|message| message.position);
            let calls: Vec<&[Message]> = heads.chunks(CALL).collect();
            let answers = join_all(calls.iter().map(|call| self.send(call))).await;
            for (call, answer) in calls.iter().zip(answers) {
                if let Some(at) = answer? {
                    return Ok(json!({"batchItemFailures": [{"itemIdentifier": call[at].sequence}]}));
                }
            }
        }
        Ok(json!({"batchItemFailures": []}))
    }
}

fn groups_of(event: Event) -> Result<Vec<VecDeque<Message>>, Error> {
    let mut groups: Vec<VecDeque<Message>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (position, record) in event.records.into_iter().enumerate() {
        if record.event_name != "INSERT" {
            continue;
        }
        let item: Value = serde_dynamo::from_item(record.change.new_image)?;
        let group = item["group"].as_str().ok_or("expected a group")?.to_string();
        let at = *known.entry(group.clone()).or_insert_with(|| {
            groups.push(VecDeque::new());
            groups.len() - 1
        });
        let sequence = record.change.sequence_number.unwrap_or_default();
        let body = serde_json::to_string(&item)?;
        groups[at].push_back(Message { position, sequence, group, id: record.event_id, body });
    }
    Ok(groups)
}

struct Drain {
    sqs: aws_sdk_sqs::Client,
    ssm: aws_sdk_ssm::Client,
    http: reqwest::Client,
    queue: String,
    parameter: String,
    url: String,
    parallel: usize,
    token: Mutex<Option<(Instant, String)>>,
}

impl Drain {
    async fn token(&self) -> Result<String, Error> {
        if let Some((fetched, token)) = &*self.token.lock().unwrap() {
            if fetched.elapsed() < Duration::from_secs(300) {
                return Ok(token.clone());
            }
        }
        let answer = self.ssm.get_parameters().names(&self.parameter).with_decryption(true).send().await?;
        let token = answer.parameters().first().and_then(|p| p.value()).ok_or("expected a parameter")?.to_string();
        *self.token.lock().unwrap() = Some((Instant::now(), token.clone()));
        Ok(token)
    }

    async fn deliver(&self, message: &aws_sdk_sqs::types::Message, token: &str) -> Result<(), Error> {
        let body = message.body().unwrap_or_default().to_string();
        serde_json::from_str::<serde::de::IgnoredAny>(&body)?;
        let id = message.attributes().and_then(|all| all.get(&Attribute::MessageDeduplicationId));
        let request = self.http.post(&self.url).bearer_auth(token).header("Content-Type", "application/json");
        let request = request.header("Idempotency-Key", id.map_or("", String::as_str)).body(body);
        request.send().await?.error_for_status()?.bytes().await?;
        let handle = message.receipt_handle().unwrap_or_default();
        self.sqs.delete_message().queue_url(&self.queue).receipt_handle(handle).send().await?;
        Ok(())
    }

    async fn one_loop(&self, left: &Mutex<usize>, token: &str) -> Result<usize, Error> {
        let mut delivered = 0;
        loop {
            let wanted = CALL.min(*left.lock().unwrap());
            if wanted == 0 {
                return Ok(delivered);
            }
            *left.lock().unwrap() -= wanted;
            let request = self.sqs.receive_message().queue_url(&self.queue).max_number_of_messages(wanted as i32);
            let request = request.visibility_timeout(90).message_system_attribute_names(Attribute::All);
            let messages = request.send().await?.messages.unwrap_or_default();
            *left.lock().unwrap() += wanted - messages.len();
            if messages.is_empty() {
                return Ok(delivered);
            }
            for message in &messages {
                self.deliver(message, token).await?;
                delivered += 1;
            }
        }
    }

    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, Error> {
        let token = self.token().await?;
        let left = Mutex::new(event.payload["max_messages"].as_u64().unwrap_or(10) as usize);
        let mut delivered = 0;
        for result in join_all((0..self.parallel).map(|_| self.one_loop(&left, &token))).await {
            delivered += result?;
        }
        Ok(json!({"delivered": delivered}))
    }
}

#[tokio::main(flavor = "current_thread")] // such a function has one vCPU or less
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let sqs = aws_sdk_sqs::Client::new(&config);
    let queue = setting("QUEUE_URL");
    if setting("_HANDLER") == "ingest" {
        let ingest = &Ingest { sqs, queue };
        return run(service_fn(async move |event| ingest.handle(event).await)).await;
    }
    let drain = &Drain {
        sqs,
        ssm: aws_sdk_ssm::Client::new(&config),
        http: reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?,
        queue,
        parameter: setting("PARAMETER"),
        url: setting("API_URL"),
        parallel: setting("PARALLEL").parse()?,
        token: Mutex::new(None),
    };
    run(service_fn(async move |event| drain.handle(event).await)).await
}
