// Ingest and drain with the AWS SDK for Go; ../README.md says what all peers do.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

const (
	call  = 10
	calls = 4
)

var queue = aws.String(os.Getenv("QUEUE_URL"))

func plain(v events.DynamoDBAttributeValue) any {
	switch v.DataType() {
	case events.DataTypeString:
		return v.String()
	case events.DataTypeNumber:
		return json.Number(v.Number())
	case events.DataTypeBoolean:
		return v.Boolean()
	case events.DataTypeBinary:
		return v.Binary()
	case events.DataTypeStringSet:
		return v.StringSet()
	case events.DataTypeBinarySet:
		return v.BinarySet()
	case events.DataTypeNumberSet:
		numbers := make([]json.Number, 0, len(v.NumberSet()))
		for _, n := range v.NumberSet() {
			numbers = append(numbers, json.Number(n))
		}
		return numbers
	case events.DataTypeList:
		list := make([]any, 0, len(v.List()))
		for _, each := range v.List() {
			list = append(list, plain(each))
		}
		return list
	case events.DataTypeMap:
		return object(v.Map())
	}
	return nil
}

func object(attributes map[string]events.DynamoDBAttributeValue) map[string]any {
	members := make(map[string]any, len(attributes))
	for name, value := range attributes {
		members[name] = plain(value)
	}
	return members
}

type message struct{ sequence, group, id, body string }

type ingest struct{ sqs *sqs.Client }

// send returns the sequence number of the earliest message that the queue did not accept, or "".
func (in *ingest) send(ctx context.Context, messages []message) (string, error) {
	entries := make([]types.SendMessageBatchRequestEntry, len(messages))
	for n := range messages {
		m := &messages[n]
		entries[n] = types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(n)), MessageBody: &m.body, MessageGroupId: &m.group, MessageDeduplicationId: &m.id,
		}
	}
	answer, err := in.sqs.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: queue, Entries: entries})
	if err != nil || len(answer.Failed) == 0 {
		return "", err
	}
	first := len(messages)
	for _, f := range answer.Failed {
		n, err := strconv.Atoi(*f.Id)
		if err != nil {
			return "", err
		}
		first = min(first, n)
	}
	return messages[first].sequence, nil
}

// round sends the calls in parallel.
func (in *ingest) round(ctx context.Context, heads []message) (string, error) {
	var all sync.WaitGroup
	var failed [calls]string
	var errs [calls]error
	for n := 0; n*call < len(heads); n++ {
		all.Add(1)
		go func() {
			defer all.Done()
			failed[n], errs[n] = in.send(ctx, heads[n*call:min((n+1)*call, len(heads))])
		}()
	}
	all.Wait()
	for n := range calls {
		if failed[n] != "" || errs[n] != nil {
			return failed[n], errs[n]
		}
	}
	return "", nil
}

func groupsOf(event events.DynamoDBEvent) ([][]message, error) {
	var groups [][]message
	known := map[string]int{}
	for _, r := range event.Records {
		if r.EventName != "INSERT" {
			continue
		}
		body, err := json.Marshal(object(r.Change.NewImage))
		if err != nil {
			return nil, err
		}
		group := r.Change.NewImage["group"].String()
		at, ok := known[group]
		if !ok {
			at = len(groups)
			known[group] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], message{r.Change.SequenceNumber, group, r.EventID, string(body)})
	}
	return groups, nil
}

func (in *ingest) handle(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	answer := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}
	groups, err := groupsOf(event)
	for err == nil && len(groups) > 0 {
		var heads []message
		var rest [][]message
		for n, group := range groups {
			if n < call*calls {
				heads = append(heads, group[0])
				group = group[1:]
			}
			if len(group) > 0 {
				rest = append(rest, group)
			}
		}
		groups = rest
		var failed string
		if failed, err = in.round(ctx, heads); failed != "" {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: failed})
			break
		}
	}
	return answer, err
}

type drain struct {
	sqs      *sqs.Client
	ssm      *ssm.Client
	http     *http.Client
	parallel int
	token    string
	fetched  time.Time
}

func (d *drain) refresh(ctx context.Context) error {
	if time.Since(d.fetched) < 5*time.Minute {
		return nil
	}
	names := []string{os.Getenv("PARAMETER")}
	answer, err := d.ssm.GetParameters(ctx, &ssm.GetParametersInput{Names: names, WithDecryption: aws.Bool(true)})
	if err != nil {
		return err
	}
	if len(answer.Parameters) != 1 {
		return fmt.Errorf("expected one parameter, got %d", len(answer.Parameters))
	}
	d.token, d.fetched = *answer.Parameters[0].Value, time.Now()
	return nil
}

func (d *drain) deliver(ctx context.Context, m types.Message) error {
	if !json.Valid([]byte(*m.Body)) {
		return fmt.Errorf("message %s is not JSON", *m.MessageId)
	}
	request, err := http.NewRequestWithContext(ctx, "POST", os.Getenv("API_URL"), strings.NewReader(*m.Body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+d.token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", m.Attributes["MessageDeduplicationId"])
	answer, err := d.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	_, err = d.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: queue, ReceiptHandle: m.ReceiptHandle})
	return err
}

type budget struct {
	sync.Mutex
	left, attempts int
	started        int64
}

func (b *budget) take() int {
	b.Lock()
	defer b.Unlock()
	n := min(call, b.left)
	b.left -= n
	return n
}

// attempt is for the SDK's own retries, without which a lost answer keeps its group locked.
func (b *budget) attempt() *string {
	b.Lock()
	defer b.Unlock()
	b.attempts++
	return aws.String(fmt.Sprintf("%d-%d-%d", os.Getpid(), b.started, b.attempts))
}

func (b *budget) giveBack(n int) {
	b.Lock()
	defer b.Unlock()
	b.left += n
}

func (d *drain) oneLoop(ctx context.Context, b *budget) (delivered int, err error) {
	for wanted := b.take(); wanted > 0; wanted = b.take() {
		answer, err := d.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: queue, MaxNumberOfMessages: int32(wanted), VisibilityTimeout: 90, ReceiveRequestAttemptId: b.attempt(),
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		if err != nil {
			return delivered, err
		}
		b.giveBack(wanted - len(answer.Messages))
		if len(answer.Messages) == 0 {
			break
		}
		for _, m := range answer.Messages {
			if err := d.deliver(ctx, m); err != nil {
				return delivered, err
			}
			delivered++
		}
	}
	return delivered, nil
}

type counts struct {
	Delivered int `json:"delivered"`
}

func (d *drain) handle(ctx context.Context, event struct {
	Max int `json:"max_messages"`
}) (counts, error) {
	if err := d.refresh(ctx); err != nil {
		return counts{}, err
	}
	b := &budget{left: event.Max, started: time.Now().UnixNano()}
	var all sync.WaitGroup
	delivered, errs := make([]int, d.parallel), make([]error, d.parallel)
	for n := range d.parallel {
		all.Add(1)
		go func() {
			defer all.Done()
			delivered[n], errs[n] = d.oneLoop(ctx, b)
		}()
	}
	all.Wait()
	var sum counts
	for n := range d.parallel {
		if errs[n] != nil {
			return sum, errs[n]
		}
		sum.Delivered += delivered[n]
	}
	return sum, nil
}

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	client := sqs.NewFromConfig(settings)
	if os.Getenv("_HANDLER") == "ingest" {
		lambda.Start((&ingest{client}).handle)
		return
	}
	parallel, err := strconv.Atoi(os.Getenv("PARALLEL"))
	if err != nil {
		log.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	d := &drain{sqs: client, ssm: ssm.NewFromConfig(settings), parallel: parallel}
	d.http = &http.Client{Timeout: 10 * time.Second, Transport: transport}
	lambda.Start(d.handle)
}
