package main

// Orders as stream records and as messages, and the check that they arrive completely and in order.

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

const filler = `Leave it with the neighbour at number 7, \"the blue door\"; if nobody answers, ring twice. Größe M, Farbe grün – no plastic, please. `

var made int // so that no deduplication id comes twice

// The deduplication id of the n-th message of a run, and what check reads from it.
func identify(group, n int) string {
	made++
	return fmt.Sprintf("%08x%04x%08x%012x", made, group, n, 0)
}

// item returns an order as the stream has it (typed) and as plain JSON of about size bytes.
func item(n, groups, size int) (typed, plain string) {
	var t, p strings.Builder
	id, name := fmt.Sprintf("order-%06d", n), fmt.Sprintf("customer-%04d", n%groups)
	fmt.Fprintf(&t, `"id":{"S":"%s"},"group":{"S":"%s"},"n":{"N":"%d"},"total":{"N":"%d.50"},"paid":{"BOOL":true},"coupon":{"NULL":true},`+
		`"address":{"M":{"street":{"S":"12 Example Street"},"city":{"S":"Exampleton"},"zip":{"S":"12345"}}},"lines":{"L":[`, id, name, n, 100+n%900)
	fmt.Fprintf(&p, `{"id":"%s","group":"%s","n":%d,"total":%d.50,"paid":true,"coupon":null,`+
		`"address":{"street":"12 Example Street","city":"Exampleton","zip":"12345"},"lines":[`, id, name, n, 100+n%900)
	for i := range 4 {
		comma := strings.Repeat(",", min(i, 1))
		fmt.Fprintf(&t, `%s{"M":{"sku":{"S":"SKU-%04d"},"count":{"N":"%d"},"price":{"N":"%d.25"}}}`, comma, i, i+1, 10+i)
		fmt.Fprintf(&p, `%s{"sku":"SKU-%04d","count":%d,"price":%d.25}`, comma, i, i+1, 10+i)
	}
	text := strings.Repeat(filler, max(0, size-p.Len())/len(filler)+1)
	fmt.Fprintf(&t, `]},"text":{"S":"%s"}`, text)
	fmt.Fprintf(&p, `],"text":"%s"}`, text)
	return t.String(), p.String()
}

func event(records, groups, size int) []byte {
	var b strings.Builder
	b.WriteString(`{"Records":[`)
	for n := range records {
		typed, _ := item(n, groups, size)
		fmt.Fprintf(&b, `%s{"eventID":"%s","eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-west-1",`+
			`"dynamodb":{"ApproximateCreationDateTime":1764500000,"Keys":{"id":{"S":"order-%06d"}},"NewImage":{%s},"SequenceNumber":"%024d",`+
			`"SizeBytes":%d,"StreamViewType":"NEW_IMAGE"},"eventSourceARN":"arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"}`,
			strings.Repeat(",", min(n, 1)), identify(n%groups, n), n, typed, 100000000+n, size)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

// fill puts the messages into the queue that ingest would have sent.
func (q *queue) fill(messages, groups, size int) {
	for n := range messages {
		_, plain := item(n, groups, size)
		q.add(&message{body: plain, group: fmt.Sprintf("customer-%04d", n%groups), dedup: identify(n%groups, n)})
	}
}

// arrivals are the ids of what has arrived, in order.
type arrivals struct {
	guard sync.Mutex
	ids   []string
	at    time.Time // of the first one
}

func (a *arrivals) reset() {
	a.guard.Lock()
	defer a.guard.Unlock()
	a.ids = nil
}

func (a *arrivals) add(id string) {
	a.guard.Lock()
	defer a.guard.Unlock()
	if a.ids == nil {
		a.at = time.Now()
	}
	a.ids = append(a.ids, id)
}

func (a *arrivals) first() time.Time {
	a.guard.Lock()
	defer a.guard.Unlock()
	return a.at
}

// check finds what is missing, comes twice, or overtook another of its group.
func (a *arrivals) check(want int) error {
	a.guard.Lock()
	defer a.guard.Unlock()
	last := map[int]int{}
	for _, id := range a.ids {
		var g, n int
		if _, err := fmt.Sscanf(id[8:20], "%04x%08x", &g, &n); err != nil {
			return fmt.Errorf("unknown id %q", id)
		}
		if before, ok := last[g]; ok && n <= before {
			return fmt.Errorf("%d arrived after %d in group %d", n, before, g)
		}
		last[g] = n
	}
	if len(a.ids) != want {
		return fmt.Errorf("%d messages arrived of %d", len(a.ids), want)
	}
	return nil
}
