package http1_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"authsoak/driver/exchange"
	"authsoak/driver/http1"
	"authsoak/driver/standard"
)

func TestMain(m *testing.M) {
	// net/http tells the log of every unasked byte.
	log.SetOutput(io.Discard)
	goleak.VerifyTestMain(m)
}

// stream is what a server sends for one request.
type stream struct {
	name string
	sent string
	want string // of the fast engine, see outcome
	head bool   // the request is HEAD
	hold bool   // the server keeps the connection open afterwards
	// after says that bytes follow the answer, which only a server that sends
	// them at once shows.
	after bool
	// prior is an honest exchange on the same connection before.
	prior bool
}

// outcome is everything the two engines must agree on, as a line: status, body,
// close and fields, or the class and progress of an error.
type outcome struct{ line, fields string }

func (o outcome) String() string { return o.line + o.fields }

// framing are the fields that engines may leave out.
var framing = []string{"connection", "content-length", "transfer-encoding", "trailer"}

func describe(ans *exchange.Answer, err error) outcome {
	var failed *exchange.Error
	if errors.As(err, &failed) {
		line := fmt.Sprintf("%s %s", failed.Class, [...]string{"not-written", "written", "answered"}[failed.Progress])
		if failed.Reused {
			line += " reused"
		}
		return outcome{line: line}
	}
	o := outcome{line: fmt.Sprintf("%d %s", ans.Status, short(ans.Body))}
	if ans.BodyBytes != int64(len(ans.Body)) {
		o.line += fmt.Sprintf(" of %d", ans.BodyBytes)
	}
	if ans.Close {
		o.line += " close"
	}
	fields := slices.Clone(ans.Fields)
	slices.SortStableFunc(fields, func(a, b exchange.Field) int {
		return bytes.Compare(bytes.ToLower(a.Name), bytes.ToLower(b.Name))
	})
	for _, f := range fields {
		if name := strings.ToLower(string(f.Name)); !slices.Contains(framing, name) {
			o.fields += fmt.Sprintf(" %s=%q", name, f.Value)
		}
	}
	return o
}

func short(body []byte) string {
	if len(body) > 40 {
		return fmt.Sprintf("(%d bytes %q)", len(body), body[:2])
	}
	return fmt.Sprintf("%q", body)
}

const honest = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// play serves a stream to an engine in fake time and tells the outcome. With
// split the bytes come one by one.
func play(t *testing.T, engine func(net.Conn) exchange.Conn, s stream, split bool) (got outcome) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go serveStream(far, s, split)
		conn := engine(near)
		defer conn.Close()
		ans, req := new(exchange.Answer), request(s.head)
		if s.prior {
			if err := conn.Do(request(false), ans); err != nil {
				t.Errorf("exchange before: %v", err)
				return
			}
		}
		watchdog := time.AfterFunc(time.Minute, conn.Abort)
		err := conn.Do(req, ans)
		watchdog.Stop()
		// net/http learns of what follows an answer a moment later.
		synctest.Wait()
		if err == nil && s.hold && conn.Stale() {
			ans.Close = true
		}
		got = describe(ans, err)
	})
	return got
}

func request(head bool) *exchange.Request {
	if head {
		return &exchange.Request{Wire: []byte("HEAD / HTTP/1.1\r\nHost: server.example\r\n\r\n"), Head: true}
	}
	return &exchange.Request{Wire: []byte("GET / HTTP/1.1\r\nHost: server.example\r\n\r\n")}
}

func serveStream(conn net.Conn, s stream, split bool) {
	defer conn.Close()
	if s.prior {
		if !awaitRequest(conn) {
			return
		}
		io.WriteString(conn, honest)
	}
	if !awaitRequest(conn) {
		return
	}
	size := max(len(s.sent), 1)
	if split {
		size = 1
	}
	for piece := range slices.Chunk([]byte(s.sent), size) {
		if _, err := conn.Write(piece); err != nil {
			return
		}
	}
	if s.hold {
		io.Copy(io.Discard, conn)
	}
}

func awaitRequest(conn net.Conn) bool {
	var got []byte
	buf := make([]byte, 1024)
	for !bytes.Contains(got, []byte("\r\n\r\n")) {
		n, err := conn.Read(buf)
		if err != nil {
			return false
		}
		got = append(got, buf[:n]...)
	}
	return true
}

func fast(conn net.Conn) exchange.Conn { return http1.New(conn) }

func standardEngine(conn net.Conn) exchange.Conn {
	c, err := standard.New(&url.URL{Scheme: "http", Host: "server.example"}, nil).Conn(context.Background(), conn)
	if err != nil {
		panic(err)
	}
	return c
}

// TestOracle holds the fast engine against net/http: both must tell the same
// outcome of the same bytes, but for the table of differences.
func TestOracle(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range streams() {
		t.Run(s.name, func(t *testing.T) {
			if seen[s.name] {
				t.Fatalf("two streams of this name")
			}
			seen[s.name] = true
			ours, theirs := play(t, fast, s, false), play(t, standardEngine, s, false)
			if ours.line != s.want {
				t.Errorf("fast engine: got %s, want %s", ours, s.want)
			}
			checkDifference(t, s.name, ours, theirs)
			if s.after {
				return
			}
			if slow := play(t, fast, s, true); slow != ours {
				t.Errorf("fast engine, byte by byte: got %s, want %s", slow, ours)
			}
			if slow := play(t, standardEngine, s, true); slow != theirs {
				t.Errorf("standard engine, byte by byte: got %s, want %s", slow, theirs)
			}
		})
	}
	for name := range differences {
		if !seen[name] {
			t.Errorf("difference %q: no such stream", name)
		}
	}
	if n := len(seen); n < 60 {
		t.Errorf("streams: got %d, want at least 60", n)
	}
}

func checkDifference(t *testing.T, name string, ours, theirs outcome) {
	t.Helper()
	d, listed := differences[name]
	switch {
	case !listed && ours != theirs:
		t.Errorf("engines disagree:\n fast     %s\n standard %s", ours, theirs)
	case listed && ours == theirs:
		t.Errorf("difference is listed (%s), but both say %s", d.reason, ours)
	case listed && theirs.String() != d.standard:
		t.Errorf("standard engine: got %s, want %s as listed", theirs, d.standard)
	}
	if listed && d.reason == "" {
		t.Errorf("difference has no reason")
	}
}
