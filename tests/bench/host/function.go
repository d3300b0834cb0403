package main

// The process of a function, and Lambda's Runtime API in front of it.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

const patience = 200 * time.Second

type reply struct {
	at   time.Time
	kind string
	body []byte
}

type function struct {
	cmd    *exec.Cmd
	began  time.Time
	polled chan time.Time
	events chan []byte
	answer chan reply
	gone   chan struct{}
	exited chan struct{}
	number int
}

func start(c command) (*function, error) {
	f := &function{
		polled: make(chan time.Time, 1), events: make(chan []byte), answer: make(chan reply, 1), gone: make(chan struct{}),
		exited: make(chan struct{}),
	}
	f.cmd = exec.Command(c.Argv[0], c.Argv[1:]...)
	f.cmd.Env, f.cmd.Dir = c.Env, c.Dir
	output, err := os.Create(filepath.Join(c.Dir, "output"))
	if err != nil {
		return nil, err
	}
	defer output.Close()
	f.cmd.Stdout, f.cmd.Stderr = output, output
	current = f
	f.began = time.Now()
	if err := f.cmd.Start(); err != nil {
		return nil, err
	}
	if c.Cgroup != "" {
		pid := []byte(strconv.Itoa(f.cmd.Process.Pid))
		if err := os.WriteFile(filepath.Join(c.Cgroup, "cgroup.procs"), pid, 0o600); err != nil {
			return nil, err
		}
	}
	go func() {
		_ = f.cmd.Wait()
		close(f.exited)
	}()
	return f, nil
}

func (f *function) stop() {
	close(f.gone)
	_ = f.cmd.Process.Kill()
	<-f.exited
	current = nil
}

// The CPU time of the process so far: clock_getcpuclockid(3) of its id.
func (f *function) cpu() float64 {
	var t syscall.Timespec
	clock := uintptr(^f.cmd.Process.Pid<<3 | 2)
	if _, _, e := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&t)), 0); e != 0 {
		return 0
	}
	return float64(t.Nano()) / 1e6
}

func (f *function) proc(name string) []byte {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", f.cmd.Process.Pid, name))
	return data
}

func (f *function) peak() int {
	_, after, _ := strings.Cut(string(f.proc("status")), "VmHWM:")
	n, _ := strconv.Atoi(strings.Fields(after + " 0")[0])
	return n
}

func (f *function) faults() int {
	stat := f.proc("stat")
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	n, _ := strconv.Atoi(fields[7])
	return n
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// idle waits until the function asks for an event.
func (f *function) idle(since time.Time, cpu float64) (r result, err error) {
	select {
	case at := <-f.polled:
		return result{Wall: milliseconds(at.Sub(since)), CPU: f.cpu() - cpu, RSS: f.peak(), Faults: f.faults()}, nil
	case <-f.exited:
		return r, errors.New("the function exited")
	case <-time.After(patience):
		return r, errors.New("the function does not ask for an event")
	}
}

// invoke is for an idle function, which is idle again afterwards. first: where its first message arrives.
func (f *function) invoke(event []byte, first *arrivals) (r result, err error) {
	before, began := f.cpu(), time.Now()
	f.events <- event
	select {
	case a := <-f.answer:
		if a.kind != "response" {
			return r, fmt.Errorf("%s: %.300s", a.kind, a.body)
		}
		if r, err = f.idle(began, before); err != nil {
			return r, err
		}
		r.Wall, r.First = milliseconds(a.at.Sub(began)), milliseconds(first.first().Sub(began))
		return r, nil
	case <-f.exited:
		return r, errors.New("the function exited")
	case <-time.After(patience):
		return r, errors.New("the function does not answer")
	}
}

func (f *function) next(w http.ResponseWriter) {
	f.polled <- time.Now()
	select {
	case e := <-f.events:
		f.number++
		id := fmt.Sprintf("8476a536-e9f4-11e8-9739-%012d", f.number)
		for name, value := range map[string]string{
			"Lambda-Runtime-Aws-Request-Id":       id,
			"Lambda-Runtime-Invocation-Id":        id,
			"Lambda-Runtime-Deadline-Ms":          fmt.Sprint(time.Now().UnixMilli() + 900_000),
			"Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:bench",
			"Lambda-Runtime-Trace-Id":             "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
		} {
			w.Header().Set(name, value)
		}
		answer(w, 200, "application/json", e)
	case <-f.gone:
	}
}

func runtimeAPI(w http.ResponseWriter, r *http.Request) {
	f, kind := current, r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	body, _ := io.ReadAll(r.Body)
	switch {
	case f == nil:
	case strings.HasSuffix(r.URL.Path, "/invocation/next"):
		f.next(w)
	case strings.Contains(r.URL.Path, "/invocation/"):
		answered := reply{time.Now(), kind, body}
		answer(w, 202, "application/json", []byte(`{"status":"OK"}`))
		f.answer <- answered
	case kind == "register":
		w.Header().Set("Lambda-Extension-Identifier", "8476a536-e9f4-11e8-9739-000000000001")
		answer(w, 200, "application/json", []byte("{}"))
	case strings.HasSuffix(r.URL.Path, "/event/next"):
		<-f.gone
	default:
		answer(w, 202, "application/json", []byte(`{"status":"OK"}`))
		fmt.Fprintf(os.Stderr, "%s %s: %.300s\n", r.Method, r.URL.Path, body)
	}
}
