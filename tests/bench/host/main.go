// host: Lambda's Runtime API, an SQS, a Parameter Store and an HTTP API for one function at a time, and its measurements.
//
// host FOLDER: makes the certificates in FOLDER when they are missing, prints the addresses as one line of JSON, then reads
// one command a line and answers each with one line: see command and result. host FOLDER certificates: makes them only.
package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

type command struct {
	Op   string   `json:"op"` // start, ingest, drain, stop
	Argv []string `json:"argv"`
	Env  []string `json:"env"`
	Dir  string   `json:"dir"`
	// The cgroup to put the process in; "": none.
	Cgroup string `json:"cgroup"`
	Count  int    `json:"count"` // records or messages
	Groups int    `json:"groups"`
	Size   int    `json:"size"` // of a message, in bytes, about
	APIms  int    `json:"api_ms"`
}

// Times are in milliseconds.
type result struct {
	Error  string  `json:"error,omitempty"`
	Wall   float64 `json:"ms"`     // start: until the function asks for an event; otherwise until its answer
	CPU    float64 `json:"cpu_ms"` // of the function, until it is idle again
	First  float64 `json:"first_ms"`
	RSS    int     `json:"rss_kib"` // the peak so far
	Faults int     `json:"faults"`
	Calls  int     `json:"calls"` // to SQS
}

var (
	sqs     = &queue{}
	api     = &destination{}
	current *function
)

func listen(handler http.Handler, secure *tls.Config) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	address := l.Addr().String()
	if secure != nil {
		address = fmt.Sprintf("https://localhost:%d", l.Addr().(*net.TCPAddr).Port)
		l = tls.NewListener(l, secure)
	}
	quiet := log.New(io.Discard, "", 0) // a killed function breaks its connections
	go func() { log.Fatal((&http.Server{Handler: handler, ErrorLog: quiet}).Serve(l)) }()
	return address
}

func answer(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header()["Content-Type"] = []string{kind}
	w.Header()["Content-Length"] = []string{fmt.Sprint(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// destination is the HTTP API at the end.
type destination struct {
	arrivals
	delay time.Duration
}

func (d *destination) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(401)
		return
	}
	d.add(r.Header.Get("Idempotency-Key"))
	_, _ = io.Copy(io.Discard, r.Body)
	time.Sleep(d.delay)
	answer(w, 200, "application/json", []byte(`{"ok":true}`))
}

func run(c command) (r result, err error) {
	switch c.Op {
	case "start":
		if current, err = start(c); err == nil {
			r, err = current.idle(current.began, 0)
		}
		return r, err
	case "stop":
		if current != nil {
			current.stop()
		}
		return r, nil
	case "ingest":
		sqs.reset()
		r, err = current.invoke(event(c.Count, c.Groups, c.Size), &sqs.arrivals)
		if err == nil {
			err = sqs.arrivals.check(c.Count)
		}
	case "drain":
		sqs.reset()
		sqs.fill(c.Count, c.Groups, c.Size)
		api.delay = time.Duration(c.APIms) * time.Millisecond
		api.reset()
		r, err = current.invoke(fmt.Appendf(nil, `{"max_messages":%d}`, c.Count), &api.arrivals)
		if err == nil {
			err = api.arrivals.check(c.Count)
		}
		if left := sqs.left(); err == nil && left > 0 {
			err = fmt.Errorf("%d messages are still in the queue", left)
		}
	default:
		err = fmt.Errorf("unknown command %q", c.Op)
	}
	r.Calls = sqs.calls
	return r, err
}

func main() {
	debug.SetGCPercent(400)
	folder := os.Args[1]
	if err := makeCertificates(folder); err != nil {
		log.Fatal(err)
	}
	if len(os.Args) > 2 {
		return
	}
	file := filepath.Join(folder, "server.pem")
	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		log.Fatal(err)
	}
	secure := &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS13}
	out := json.NewEncoder(os.Stdout)
	_ = out.Encode(map[string]string{
		"runtime": listen(http.HandlerFunc(runtimeAPI), nil), "sqs": listen(sqs, secure),
		"ssm": listen(http.HandlerFunc(parameters), secure), "api": listen(api, secure),
	})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c command
		err := json.Unmarshal(lines.Bytes(), &c)
		var r result
		if err == nil {
			r, err = run(c)
		}
		if err != nil {
			r.Error = err.Error()
		}
		_ = out.Encode(r)
	}
	if current != nil {
		current.stop()
	}
}
