package simulator

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// world is a server behind a listener in memory, with a client whose cookies
// the test sees.
type world struct {
	t      *testing.T
	srv    *Server
	pipe   *PipeListener
	served chan error
}

func newWorld(t *testing.T, o Options) *world {
	t.Helper()
	if o.Seed == 0 {
		o.Seed = 7
	}
	srv, err := New(o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	w := &world{t: t, srv: srv, pipe: NewPipeListener(), served: make(chan error, 1)}
	go func() { w.served <- srv.Serve(w.pipe) }()
	return w
}

// close ends the server; inside a synctest bubble it has to be called before
// the bubble ends.
func (w *world) close() {
	w.srv.Close()
	if err := <-w.served; err != nil {
		w.t.Errorf("Serve = %v, want nil", err)
	}
}

// answer is what a request brought.
type answer struct {
	status  int
	phrase  string
	header  http.Header
	cookies map[string]string // the last of each name
	body    string
}

// ask sends one request on a connection of its own. The first line of head is
// the request line; further lines are headers.
func (w *world) ask(head string, body string) answer {
	w.t.Helper()
	conn, err := w.pipe.Dial(context.Background())
	if err != nil {
		w.t.Fatalf("Dial: %v", err)
	}
	defer conn.Close()
	return w.askOn(conn, head, body)
}

func (w *world) askOn(conn net.Conn, head, body string) answer {
	w.t.Helper()
	lines := strings.Split(strings.TrimSpace(head), "\n")
	text := lines[0] + " HTTP/1.1\r\nHost: sim.test\r\n"
	for _, line := range lines[1:] {
		if line = strings.TrimSpace(line); line != "" {
			text += line + "\r\n"
		}
	}
	method, _, _ := strings.Cut(lines[0], " ")
	if body != "" || method == "POST" || method == "PUT" {
		text += "Content-Length: " + string(appendInt(nil, int64(len(body)))) + "\r\n"
	}
	if _, err := io.WriteString(conn, text+"\r\n"+body); err != nil {
		w.t.Fatalf("%s: write: %v", lines[0], err)
	}
	return w.read(conn, lines[0], method)
}

func (w *world) read(conn io.Reader, what, method string) answer {
	w.t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		w.t.Fatalf("%s: read: %v", what, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatalf("%s: body: %v", what, err)
	}
	_, phrase, _ := strings.Cut(resp.Status, " ")
	a := answer{resp.StatusCode, phrase, resp.Header, map[string]string{}, string(b)}
	for _, c := range resp.Cookies() {
		a.cookies[c.Name] = c.Value
	}
	return a
}

// want checks a status and, unless empty, a part of the body.
func (a answer) want(t *testing.T, what string, status int, part string) answer {
	t.Helper()
	if a.status != status || !strings.Contains(a.body, part) {
		t.Errorf("%s = %d %q, want %d with %q", what, a.status, a.body, status, part)
	}
	return a
}

// send is the Cookie header that returns these cookies, in the order named,
// or all of them.
func (a answer) send(names ...string) string {
	if len(names) == 0 {
		for name := range a.cookies {
			names = append(names, name)
		}
	}
	var parts []string
	for _, name := range names {
		parts = append(parts, name+"="+a.cookies[name])
	}
	return "\nCookie: " + strings.Join(parts, "; ")
}

func basicAuth(user, password string) string {
	return "\nAuthorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
