package simulator

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// scripted is a connection whose client sends a fixed text, in pieces.
type scripted struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (s *scripted) Read(b []byte) (int, error)        { return s.in.Read(b) }
func (s *scripted) Write(b []byte) (int, error)       { return s.out.Write(b) }
func (s *scripted) SetReadDeadline(t time.Time) error { return nil }
func (s *scripted) SetDeadline(t time.Time) error     { return nil }

// converse lets a fresh server answer a text as it comes on one connection.
func converse(t *testing.T, in io.Reader, o Options) string {
	t.Helper()
	srv, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	conn := &scripted{in: in}
	srv.converse(conn, nil, 1)
	return conn.out.String()
}

func TestConnectionReadsWhateverThePieces(t *testing.T) {
	body := `{"user":"user7","password":"pw7"}`
	head := "POST /authentication/sign_in HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
	big := strings.Repeat(" ", 20<<10) + body
	long := "X-Long: " + strings.Repeat("a", 9000) + "\r\n"
	tests := map[string]string{
		"length":       head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body),
		"chunked":      head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n5;x=y\r\n%s\r\n%x\r\n%s\r\n0\r\nT: x\r\n\r\n", body[:5], len(body)-5, body[5:]),
		"big":          head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(big), big),
		"long head":    head + long + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body),
		"tight head":   head + "X-Long: " + strings.Repeat("a", 3750) + "\r\n" + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(big), big),
		"tight chunks": head + "X-Long: " + strings.Repeat("a", 3750) + "\r\n" + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(big), big),
		"long chunked": head + long + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(big), big),
		"empty lines":  "\r\n\r\n" + head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body),
		"expect":       head + fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%s", len(body), body),
	}
	for name, text := range tests {
		pieces := map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader,
		}
		for how, piece := range pieces {
			got := converse(t, piece(strings.NewReader(text+text)), Options{})
			if name == "expect" {
				got = strings.ReplaceAll(got, "HTTP/1.1 100 Continue\r\n\r\n", "")
			}
			if n := strings.Count(got, "HTTP/1.1 200 OK\r\n"); n != 2 || strings.Count(got, "HTTP/1.1 ") != 2 {
				t.Errorf("%s in %s: %d answers 200, want 2:\n%.300s", name, how, n, got)
			}
		}
	}
}

func TestConnectionRefuses(t *testing.T) {
	tests := []struct {
		text   string
		status int
	}{
		{"GET / HTTP/1.1\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
		{"GET / HTTP/1.1\nHost: a\n\r\n\r\n", 400},
		{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
		{"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\na", 413},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\na", 501},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", maxHead) + "\r\n\r\n", 431},
		{"GET /" + strings.Repeat("a", maxHead/2) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
	}
	for _, tt := range tests {
		got := converse(t, strings.NewReader(tt.text+"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), Options{})
		if !strings.HasPrefix(got, fmt.Sprintf("HTTP/1.1 %d ", tt.status)) || strings.Count(got, "HTTP/1.1 ") != 1 {
			t.Errorf("%.80q: answered %.60q, want one %d", tt.text, got, tt.status)
		}
	}
}

func TestConnectionEnds(t *testing.T) {
	get := "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	tests := []struct {
		name, text    string
		keep          KeepaliveOptions
		answers, says int
	}{
		{"kept", get + get, KeepaliveOptions{}, 2, 0},
		{"client closes", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get, KeepaliveOptions{}, 1, 1},
		{"1.0", "GET / HTTP/1.0\r\n\r\n" + get, KeepaliveOptions{}, 1, 1},
		{"1.0 kept", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + get, KeepaliveOptions{}, 2, 0},
		{"limit", get + get + get, KeepaliveOptions{MaxRequests: 2}, 2, 1},
		{"abrupt", get + get + get, KeepaliveOptions{MaxRequests: 2, Abrupt: true}, 2, 0},
		{"head", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", KeepaliveOptions{}, 1, 0},
		{"absolute", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", KeepaliveOptions{}, 1, 0},
	}
	for _, tt := range tests {
		got := converse(t, strings.NewReader(tt.text), Options{Keepalive: tt.keep})
		if n := strings.Count(got, "HTTP/1.1 200"); n != tt.answers {
			t.Errorf("%s: %d answers, want %d", tt.name, n, tt.answers)
		}
		if n := strings.Count(got, "Connection: close"); n != tt.says {
			t.Errorf("%s: %d announcements of the end, want %d", tt.name, n, tt.says)
		}
		if tt.name == "head" && !strings.HasSuffix(got, "Content-Length: 19\r\n\r\n") {
			t.Errorf("HEAD answered %q", got)
		}
	}
}

func TestConnectionIdleLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Keepalive: KeepaliveOptions{IdleLimit: time.Minute}})
		defer w.close()
		conn, _ := w.pipe.Dial(context.Background())
		defer conn.Close()
		for range 3 {
			time.Sleep(59 * time.Second)
			w.askOn(conn, "GET /", "").want(t, "within the limit", 200, "")
		}
		began := time.Now()
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF || time.Since(began) != time.Minute {
			t.Errorf("idle connection: %v after %v, want EOF after 1m", err, time.Since(began))
		}
	})
}

func TestExpectContinueOverPipe(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	conn, _ := w.pipe.Dial(context.Background())
	defer conn.Close()
	body := `{"user":"user7","password":"pw7"}`
	fmt.Fprintf(conn, "POST /authentication/sign_in HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body))
	r := bufio.NewReader(conn)
	if resp, err := http.ReadResponse(r, nil); err != nil || resp.StatusCode != 100 {
		t.Fatalf("interim answer = %v, %v", resp, err)
	}
	io.WriteString(conn, body)
	w.read(r, "sign_in", "POST").want(t, "sign_in", 200, "")
}

func FuzzConnection(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	f.Add([]byte("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nGET / HTTP/1.0\r\n\r\n"))
	f.Add([]byte("POST /qcbin/rest/oauth2/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"))
	srv, err := New(Options{Seed: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var answers [2]string
		for i, in := range []io.Reader{bytes.NewReader(text), iotest.OneByteReader(bytes.NewReader(text))} {
			conn := &scripted{in: in}
			srv.converse(conn, nil, 1)
			for line := range strings.SplitSeq(conn.out.String(), "\r\n") {
				if strings.HasPrefix(line, "HTTP/1.1 ") && !strings.HasPrefix(line, "HTTP/1.1 100") {
					answers[i] += line + "\n"
				}
			}
		}
		if answers[0] != answers[1] {
			t.Errorf("%q: in one piece\n%sin bytes\n%s", text, answers[0], answers[1])
		}
		// What net/http also takes has to mean the same.
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		var x exchange
		if end := bytes.Index(text, []byte("\r\n\r\n")); err == nil && end >= 0 {
			if _, f := parseHead(text[:end+4], &x); f == faultNone && x.method != req.Method {
				t.Errorf("%q: method %s, net/http reads %s", text, x.method, req.Method)
			}
		}
	})
}
