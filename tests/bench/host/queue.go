package main

// An SQS FIFO queue that is quick, and complete only in what the measured functions need: a receive takes as many messages
// of one group as it can before it continues with the next, and a group with messages in flight gives no others.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const token = "sk_live_0123456789abcdef0123456789abcdef"

type message struct {
	body, group, dedup string
	number             int
	sent               int64
}

type group struct {
	waiting []*message
	flying  int
}

type queue struct {
	arrivals
	mutex  sync.Mutex
	order  []*group // in the order of their first messages
	groups map[string]*group
	flying map[string]*message   // by receipt handle
	tried  map[string][]*message // by ReceiveRequestAttemptId
	number int
	calls  int
}

func (q *queue) reset() {
	q.arrivals.reset()
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.order, q.groups, q.flying, q.calls = nil, map[string]*group{}, map[string]*message{}, 0
	q.tried = map[string][]*message{}
}

func (q *queue) left() (n int) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	for _, g := range q.order {
		n += len(g.waiting) + g.flying
	}
	return n
}

func (q *queue) add(m *message) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	g := q.groups[m.group]
	if g == nil {
		g = &group{}
		q.groups[m.group] = g
		q.order = append(q.order, g)
	}
	q.number++
	m.number, m.sent = q.number, time.Now().UnixMilli()
	g.waiting = append(g.waiting, m)
}

// take also moves the groups that it took from to the end of the order. A repeated attempt, unless it is "", takes the same.
func (q *queue) take(limit int, attempt string) (out []*message) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if again := q.tried[attempt]; attempt != "" && again != nil {
		return again
	}
	var taken, rest []*group
	for _, g := range q.order {
		n := min(limit-len(out), len(g.waiting))
		if g.flying > 0 || n == 0 {
			rest = append(rest, g)
			continue
		}
		for _, m := range g.waiting[:n] {
			q.flying[handle(m)] = m
		}
		out = append(out, g.waiting[:n]...)
		g.waiting, g.flying = g.waiting[n:], n
		taken = append(taken, g)
	}
	q.order = append(rest, taken...)
	if len(out) > 0 {
		q.tried[attempt] = out
	}
	return out
}

func handle(m *message) string { return fmt.Sprintf("AQEB%060d", m.number) }

// land ends a message's flight; back: it is first in its group again.
func (q *queue) land(receipt string, back bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	m := q.flying[receipt]
	if m == nil {
		return
	}
	delete(q.flying, receipt)
	g := q.groups[m.group]
	g.flying--
	if back {
		at := 0
		for at < len(g.waiting) && g.waiting[at].number < m.number {
			at++
		}
		g.waiting = append(g.waiting[:at], append([]*message{m}, g.waiting[at:]...)...)
	}
}

func digest(body string) string { return fmt.Sprintf("%x", md5.Sum([]byte(body))) }

type entry struct {
	Id, MessageBody, MessageGroupId, MessageDeduplicationId, ReceiptHandle string
	VisibilityTimeout                                                      *int
}

type body struct {
	entry
	Entries                 []entry
	MaxNumberOfMessages     int
	WaitTimeSeconds         int
	ReceiveRequestAttemptId string
}

type object = map[string]any

func (q *queue) sendBatch(b *body) any {
	done := []object{}
	for _, e := range b.Entries {
		q.arrivals.add(e.MessageDeduplicationId)
		m := &message{body: e.MessageBody, group: e.MessageGroupId, dedup: e.MessageDeduplicationId}
		q.add(m)
		done = append(done, object{
			"Id": e.Id, "MessageId": fmt.Sprintf("00000000-0000-4000-8000-%012d", m.number),
			"MD5OfMessageBody": digest(m.body), "SequenceNumber": fmt.Sprintf("188%017d", m.number),
		})
	}
	return object{"Successful": done, "Failed": []object{}}
}

func (q *queue) receive(b *body) any {
	limit := max(b.MaxNumberOfMessages, 1)
	found := q.take(limit, b.ReceiveRequestAttemptId)
	for end := time.Now().Add(time.Duration(b.WaitTimeSeconds) * time.Second); len(found) == 0 && time.Now().Before(end); {
		time.Sleep(2 * time.Millisecond)
		found = q.take(limit, b.ReceiveRequestAttemptId)
	}
	if len(found) == 0 {
		return object{}
	}
	out := make([]object, len(found))
	for i, m := range found {
		out[i] = object{
			"MessageId": fmt.Sprintf("00000000-0000-4000-8000-%012d", m.number), "ReceiptHandle": handle(m), "Body": m.body,
			"MD5OfBody": digest(m.body), "Attributes": object{
				"SenderId":                         "AROAEXAMPLEEXAMPLE000:orders-ingest",
				"ApproximateFirstReceiveTimestamp": fmt.Sprint(time.Now().UnixMilli()), "ApproximateReceiveCount": "1",
				"SentTimestamp": fmt.Sprint(m.sent), "SequenceNumber": fmt.Sprintf("188%017d", m.number),
				"MessageDeduplicationId": m.dedup, "MessageGroupId": m.group,
			},
		}
	}
	return object{"Messages": out}
}

func (q *queue) landAll(b *body, deletes bool) any {
	done := []object{}
	for _, e := range append(b.Entries, b.entry) {
		if deletes || e.VisibilityTimeout != nil && *e.VisibilityTimeout == 0 {
			q.land(e.ReceiptHandle, !deletes)
		}
		if e.Id != "" {
			done = append(done, object{"Id": e.Id})
		}
	}
	if b.Entries == nil {
		return object{}
	}
	return object{"Successful": done, "Failed": []object{}}
}

const kind = "application/x-amz-json-1.0"

func (q *queue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	var b body
	if err == nil {
		err = json.Unmarshal(data, &b)
	}
	if err != nil {
		answer(w, 400, kind, fmt.Appendf(nil, `{"__type":"InvalidParameterValue","message":%q}`, err))
		return
	}
	q.mutex.Lock()
	q.calls++
	q.mutex.Unlock()
	var out any
	switch _, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); action {
	case "SendMessageBatch":
		out = q.sendBatch(&b)
	case "ReceiveMessage":
		out = q.receive(&b)
	case "DeleteMessage", "DeleteMessageBatch":
		out = q.landAll(&b, true)
	case "ChangeMessageVisibility", "ChangeMessageVisibilityBatch":
		out = q.landAll(&b, false)
	default:
		answer(w, 400, kind, fmt.Appendf(nil, `{"__type":"com.amazonaws.sqs#UnsupportedOperation","message":%q}`, action))
		return
	}
	text, _ := json.Marshal(out)
	answer(w, 200, kind, text)
}

// parameters answers GetParameters.
func parameters(w http.ResponseWriter, _ *http.Request) {
	answer(w, 200, "application/x-amz-json-1.1", []byte(`{"InvalidParameters":[],"Parameters":[{`+
		`"ARN":"arn:aws:ssm:eu-west-1:123456789012:parameter/bench/key","DataType":"text","LastModifiedDate":1.7e9,`+
		`"Name":"/bench/key","Type":"SecureString","Value":"`+token+`","Version":1}]}`))
}
