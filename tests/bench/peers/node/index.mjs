// Ingest and drain with the AWS SDK for JavaScript, bundled by esbuild; ../README.md says what all peers do. The loop over
// the Runtime API is its own, and does less than Lambda's.
import http from "node:http";
import https from "node:https";
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { unmarshall } from "@aws-sdk/util-dynamodb";

const { env } = process;
const QueueUrl = env.QUEUE_URL;
const CALL = 10, CALLS = 4;
const sqs = new SQSClient({});

function groupsOf(records) {
  const groups = new Map();
  for (const { eventName, eventID, dynamodb } of records) {
    if (eventName !== "INSERT") continue;
    const item = unmarshall(dynamodb.NewImage);
    if (!groups.has(item.group)) groups.set(item.group, []);
    groups.get(item.group).push({
      sequence: dynamodb.SequenceNumber, group: item.group, id: eventID, body: JSON.stringify(item),
    });
  }
  return [...groups.values()].map((messages) => ({ messages, next: 0 }));
}

// The sequence number of the earliest message that the queue did not accept.
async function send(messages) {
  const answer = await sqs.send(new SendMessageBatchCommand({
    QueueUrl,
    Entries: messages.map((m, n) => ({
      Id: String(n), MessageBody: m.body, MessageGroupId: m.group, MessageDeduplicationId: m.id,
    })),
  }));
  const failed = (answer.Failed ?? []).map((f) => Number(f.Id));
  return failed.length ? messages[Math.min(...failed)].sequence : null;
}

async function ingest(event) {
  let groups = groupsOf(event.Records);
  while (groups.length) {
    const heads = groups.slice(0, CALL * CALLS).map((group) => group.messages[group.next++]);
    groups = groups.filter((group) => group.next < group.messages.length);
    const calls = [];
    for (let at = 0; at < heads.length; at += CALL) calls.push(send(heads.slice(at, at + CALL)));
    const failed = (await Promise.all(calls)).find((sequence) => sequence);
    if (failed) return { batchItemFailures: [{ itemIdentifier: failed }] };
  }
  return { batchItemFailures: [] };
}

function makeDrain() {
  const ssm = new SSMClient({}), agent = new https.Agent({ keepAlive: true });
  let token, fetched = -Infinity;

  async function refresh() {
    if (Date.now() - fetched < 300_000) return;
    const answer = await ssm.send(new GetParametersCommand({ Names: [env.PARAMETER], WithDecryption: true }));
    token = answer.Parameters[0].Value;
    fetched = Date.now();
  }

  const post = (message) => new Promise((resolve, reject) => {
    JSON.parse(message.Body);
    const body = Buffer.from(message.Body);
    const headers = {
      Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Content-Length": body.length,
      "Idempotency-Key": message.Attributes.MessageDeduplicationId,
    };
    const request = https.request(env.API_URL, { method: "POST", agent, headers, timeout: 10_000 }, (answer) => {
      answer.resume();
      const good = answer.statusCode >= 200 && answer.statusCode < 300;
      answer.on("end", () => (good ? resolve() : reject(new Error(`status ${answer.statusCode}`))));
    });
    request.on("timeout", () => request.destroy(new Error("timed out")));
    request.on("error", reject);
    request.end(body);
  });

  return async (event) => {
    await refresh();
    let left = event.max_messages, delivered = 0;
    const loop = async () => {
      for (;;) {
        const wanted = Math.min(CALL, left);
        if (wanted === 0) return;
        left -= wanted;
        const { Messages: messages = [] } = await sqs.send(new ReceiveMessageCommand({
          QueueUrl, MaxNumberOfMessages: wanted, VisibilityTimeout: 90, MessageSystemAttributeNames: ["All"],
        }));
        left += wanted - messages.length;
        if (messages.length === 0) return;
        for (const message of messages) {
          await post(message);
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
          delivered++;
        }
      }
    };
    await Promise.all(Array.from({ length: Number(env.PARALLEL) }, loop));
    return { delivered };
  };
}

const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

const runtime = (method, path, body) => new Promise((resolve, reject) => {
  const request = http.request({ host, port, method, path: `/2018-06-01/runtime/invocation/${path}`, agent }, (answer) => {
    const parts = [];
    answer.on("data", (part) => parts.push(part));
    answer.on("end", () => resolve({ headers: answer.headers, text: Buffer.concat(parts).toString() }));
  });
  request.on("error", reject);
  request.end(body);
});

const handle = env._HANDLER === "ingest" ? ingest : makeDrain();
for (;;) {
  const { headers, text } = await runtime("GET", "next");
  const id = headers["lambda-runtime-aws-request-id"];
  try {
    await runtime("POST", `${id}/response`, JSON.stringify(await handle(JSON.parse(text))));
  } catch (error) {
    console.error(error);
    await runtime("POST", `${id}/error`, JSON.stringify({ errorMessage: String(error), errorType: "Error" }));
  }
}
