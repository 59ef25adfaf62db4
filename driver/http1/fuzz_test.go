package http1_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"authsoak/driver/exchange"
	"authsoak/driver/http1"
)

// FuzzAnswer gives the same bytes to both parsers. The fast one must not read
// past the answer, must not depend on how the bytes were cut in pieces, and
// must agree with net/http wherever both accept.
func FuzzAnswer(f *testing.F) {
	for _, s := range streams() {
		if len(s.sent) < 4096 {
			f.Add([]byte(s.sent), s.head, uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, sent []byte, head bool, size uint8) {
		slow, used := parse(sent, head, 1, false)
		for _, size := range []int{int(size), len(sent)} {
			got, _ := parse(sent, head, size, false)
			// Only bytes that come with the answer's end tell that more follow.
			got.line = strings.TrimSuffix(got.line, " close")
			if want := strings.TrimSuffix(slow.line, " close"); got.line != want || got.fields != slow.fields {
				t.Errorf("in pieces of %d: got %s, want %s", size, got, slow)
			}
		}
		if strings.HasPrefix(slow.line, "read ") || strings.HasPrefix(slow.line, "protocol ") {
			return
		}
		if !strings.HasSuffix(slow.line, " close") {
			// The server waits after the answer's last byte; so must nobody.
			if held, _ := parse(sent[:used], head, used, true); held != slow {
				t.Errorf("held open after %d bytes: got %s, want %s", used, held, slow)
			}
		}
		if theirs, accepts := standardParse(sent, head); accepts && theirs != slow {
			t.Errorf("engines disagree:\n fast     %s\n standard %s", slow, theirs)
		}
	})
}

// pieces is a server's side in memory: it takes everything and gives bytes, at
// most so many at a time.
type pieces struct {
	sent []byte
	size int
	used int
	hold bool
}

var errWouldWait = errors.New("read with nothing left to read")

func (p *pieces) Read(b []byte) (int, error) {
	if p.used == len(p.sent) {
		if p.hold {
			return 0, errWouldWait
		}
		return 0, io.EOF
	}
	n := copy(b, p.sent[p.used:min(len(p.sent), p.used+max(p.size, 1))])
	p.used += n
	return n, nil
}

func (p *pieces) Write(b []byte) (int, error)      { return len(b), nil }
func (p *pieces) Close() error                     { return nil }
func (p *pieces) LocalAddr() net.Addr              { return nil }
func (p *pieces) RemoteAddr() net.Addr             { return nil }
func (p *pieces) SetDeadline(time.Time) error      { return nil }
func (p *pieces) SetReadDeadline(time.Time) error  { return nil }
func (p *pieces) SetWriteDeadline(time.Time) error { return nil }

// parse runs the fast engine over the bytes and tells how many it took.
func parse(sent []byte, head bool, size int, hold bool) (outcome, int) {
	conn := &pieces{sent: sent, size: size, hold: hold}
	ans := new(exchange.Answer)
	err := http1.New(conn).Do(request(head), ans)
	return describe(ans, err), conn.used
}

// standardParse reads the bytes by net/http.
func standardParse(sent []byte, head bool) (outcome, bool) {
	req := &http.Request{Method: http.MethodGet}
	if head {
		req.Method = http.MethodHead
	}
	from := bufio.NewReaderSize(bytes.NewReader(sent), 64<<10)
	for range exchange.InterimLimit + 1 {
		res, err := http.ReadResponse(from, req)
		switch {
		case err != nil || res.StatusCode == 101:
			return outcome{}, false
		case res.StatusCode < 200:
			continue
		}
		// What net/http adds by itself, see differences.
		if res.Header.Get("Pragma") == "no-cache" && !bytes.Contains(bytes.ToLower(sent), []byte("cache-control")) {
			res.Header.Del("Cache-Control")
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return outcome{}, false
		}
		ans := &exchange.Answer{Status: res.StatusCode, Close: res.Close, BodyBytes: int64(len(body))}
		ans.Body = body[:min(len(body), exchange.BodyLimit)]
		for name, values := range res.Header {
			for _, v := range values {
				ans.Fields = append(ans.Fields, exchange.Field{Name: []byte(name), Value: []byte(strings.TrimRight(v, " "))})
			}
		}
		return describe(ans, nil), true
	}
	return outcome{}, false
}

// FuzzLength holds Content-Length against net/http, also in what is refused.
func FuzzLength(f *testing.F) {
	for _, s := range []string{"0", "5", "05", "+5", "-1", "5 ", "1_0", "0x1", "99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsAny(value, "\r\n") {
			return
		}
		sent := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n", value)
		ours, _ := parse(sent, true, len(sent), true)
		theirs, accepts := standardParse(sent, true)
		if accepts != (ours.line == `200 ""`) && len(value) <= 18 {
			t.Errorf("length %q: got %s, net/http %s", value, ours, theirs)
		}
	})
}
