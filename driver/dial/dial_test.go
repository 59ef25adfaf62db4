package dial

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/driver/exchange"
	"authsoak/results"
)

// serve starts a server that tells host and client address of a request.
func serve(t *testing.T) *url.URL {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		fmt.Fprintf(w, "%s from %s", r.Host, host)
	}))
	t.Cleanup(s.Close)
	return parse(t, s.URL)
}

func TestDial(t *testing.T) {
	target := serve(t)
	pin := &url.URL{Scheme: "http", Host: "server.example"}
	for _, tc := range []struct {
		name string
		o    Options
		want string
	}{
		{"literal address", Options{URL: target}, "server.example from 127.0.0.1"},
		{"standard", Options{URL: target, Engine: Standard}, "server.example from 127.0.0.1"},
		{"source", Options{URL: target, Source: netip.MustParseAddr("127.0.0.2")}, "server.example from 127.0.0.2"},
		{"pinned", Options{URL: pin, Resolve: map[string]string{"server.example:80": target.Host}}, "server.example from 127.0.0.1"},
		{"pinned, by address only", Options{URL: &url.URL{Scheme: "http", Host: "server.example:" + target.Port()},
			Resolve: map[string]string{"server.example:" + target.Port(): "127.0.0.1"}}, "server.example from 127.0.0.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := New(tc.o)
			if err != nil {
				t.Fatal(err)
			}
			got, opening := ask(t, d, 0)
			if got != tc.want || opening.Connect <= 0 || opening.DNS != 0 || opening.TLS != 0 {
				t.Errorf("got %q, %+v, want %q", got, opening, tc.want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	http1 := &url.URL{Scheme: "http", Host: "h"}
	for _, tc := range []struct {
		name, words string
		o           Options
	}{
		{"no URL", "a URL with a host", Options{}},
		{"no host", "a URL with a host", Options{URL: &url.URL{Scheme: "http"}}},
		{"scheme", `scheme "ftp"`, Options{URL: &url.URL{Scheme: "ftp", Host: "h"}}},
		{"HTTP/2, fast", "needs the standard engine", Options{URL: &url.URL{Scheme: "https", Host: "h"}, HTTP2: true}},
		{"HTTP/2, plain", "needs https", Options{URL: http1, HTTP2: true, Engine: Standard}},
		{"proxy, fast", "needs the standard engine", Options{URL: http1, Proxy: http1}},
		{"proxy scheme", "must be http://", Options{URL: http1, Engine: Standard, Proxy: &url.URL{Scheme: "socks5", Host: "h"}}},
		{"timeout", "must not be negative", Options{URL: http1, Timeout: -1}},
		{"pin to a name", "must be an IP address", Options{URL: http1, Resolve: map[string]string{"h:80": "other"}}},
		{"pin of no port", "must be HOST:PORT", Options{URL: http1, Resolve: map[string]string{"h": "127.0.0.1"}}},
	} {
		if _, err := New(tc.o); err == nil || !strings.Contains(err.Error(), tc.words) {
			t.Errorf("New() %s: got %v, want %q", tc.name, err, tc.words)
		}
	}
}

func TestConnectErrors(t *testing.T) {
	call := func(name string, errno syscall.Errno) error {
		return &net.OpError{Op: "dial", Err: os.NewSyscallError(name, errno)}
	}
	for _, tc := range []struct {
		name  string
		err   error
		class results.Class
		words string
	}{
		{"refused", call("connect", syscall.ECONNREFUSED), results.Connect, "refused"},
		{"descriptors", call("socket", syscall.EMFILE), results.Exhausted, "ran out"},
		{"descriptors of the machine", call("socket", syscall.ENFILE), results.Exhausted, "ran out"},
		{"ports", call("connect", syscall.EADDRNOTAVAIL), results.Exhausted, "ran out"},
		{"source address of another machine", call("bind", syscall.EADDRNOTAVAIL), results.Connect, "bind"},
		{"kernel's patience", call("connect", syscall.ETIMEDOUT), results.Timeout, "in time"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := Options{URL: &url.URL{Scheme: "http", Host: "h"}, Network: func(context.Context, string, string) (net.Conn, error) { return nil, tc.err }}
			wantError(t, Reachable(t.Context(), o), tc.class, tc.words)
		})
	}
}

func TestUnknownName(t *testing.T) {
	d, err := newDialer(Options{URL: &url.URL{Scheme: "http", Host: "no.such.host"}})
	if err != nil {
		t.Fatal(err)
	}
	d.names.ask = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such host") }
	_, _, err = d.Dial(t.Context(), 0)
	wantError(t, err, results.DNS, "no such host")
}

// TestInMemory: in fake time, over pipes, a name goes to Network as it is.
func TestInMemory(t *testing.T) {
	for _, engine := range []Engine{Fast, Standard} {
		synctest.Test(t, func(t *testing.T) {
			asked := ""
			d, err := New(Options{URL: &url.URL{Scheme: "http", Host: "server.example"}, Engine: engine,
				Network: func(_ context.Context, _, address string) (net.Conn, error) {
					asked = address
					near, far := net.Pipe()
					go func() {
						defer far.Close()
						if _, err := http.ReadRequest(bufio.NewReader(far)); err == nil {
							io.WriteString(far, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
						}
					}()
					return near, nil
				}})
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := ask(t, d, 0); got != "ok" || asked != "server.example:80" {
				t.Errorf("got %q from %s, want ok from server.example:80", got, asked)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	for _, tc := range []struct {
		name, scheme string
		network      func(context.Context, string, string) (net.Conn, error)
	}{
		{"connecting", "http", func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }},
		{"handshake", "https", func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() { io.Copy(io.Discard, far); far.Close() }()
			return near, nil
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				err := Reachable(t.Context(), Options{URL: &url.URL{Scheme: tc.scheme, Host: "h"}, Timeout: 3 * time.Second, Network: tc.network})
				wantError(t, err, results.Timeout, "in time")
				if took := time.Since(start); took != 3*time.Second {
					t.Errorf("took %v, want 3s", took)
				}
			})
		})
	}
}

// proxy is an HTTP proxy that asks for u:p.
func proxy(t *testing.T) *url.URL {
	t.Helper()
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("u:p"))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != want {
			http.Error(w, "who?", http.StatusProxyAuthRequired)
			return
		}
		if r.Method != http.MethodConnect {
			fmt.Fprintf(w, "proxied %s", r.RequestURI)
			return
		}
		out, err := net.Dial("tcp", r.Host)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer out.Close()
		in, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer in.Close()
		io.WriteString(in, "HTTP/1.1 200 Connection established\r\n\r\n")
		done := make(chan struct{})
		go func() { defer close(done); io.Copy(out, in); out.(*net.TCPConn).CloseWrite() }()
		io.Copy(in, out)
		in.Close()
		<-done
	}))
	t.Cleanup(s.Close)
	u := parse(t, s.URL)
	u.User = url.UserPassword("u", "p")
	return u
}

func TestProxy(t *testing.T) {
	a := newAuthority(t)
	secure := serveTLS(t, a, true)
	through := proxy(t)
	stranger := *through
	stranger.User = nil
	nowhere := &url.URL{Scheme: "https", Host: "127.0.0.1:1"}
	for _, tc := range []struct {
		name, want string
		o          Options
	}{
		{"http target", "proxied http://server.example/", Options{URL: &url.URL{Scheme: "http", Host: "server.example"}, Engine: Standard}},
		{"https target", "nobody HTTP/1.1 false", Options{URL: secure, Engine: Standard}},
		{"https target, fast", "nobody HTTP/1.1 false", Options{URL: secure}},
		{"https target, HTTP/2", "nobody HTTP/2.0 false", Options{URL: secure, Engine: Standard, HTTP2: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.o.Proxy, tc.o.RootCAs = through, a.pool
			d, err := New(tc.o)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := ask(t, d, 0); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	wantError(t, Reachable(t.Context(), Options{URL: secure, Proxy: &stranger}), results.Connect, "407")
	wantError(t, Reachable(t.Context(), Options{URL: nowhere, Proxy: through}), results.Connect, "502")
	if strings.Contains(Reachable(t.Context(), Options{URL: nowhere, Proxy: through}).Error(), "u:p@") {
		t.Error("the error shows the proxy's password")
	}
}

// TestSecondAddress: an address that refuses is passed over, and put last until
// the name is looked up again.
func TestSecondAddress(t *testing.T) {
	target := serve(t)
	d, err := newDialer(Options{URL: &url.URL{Scheme: "http", Host: "server.example:" + target.Port()}})
	if err != nil {
		t.Fatal(err)
	}
	good, bad := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.3")
	d.names.ask = func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{bad, good}, nil }
	for range 3 {
		if got, _ := ask(t, d, 0); got != "server.example from 127.0.0.1" {
			t.Errorf("got %q, want an answer", got)
		}
	}
	for range 2 {
		if addrs, _, _ := d.names.known(); addrs[0] != good {
			t.Errorf("addresses got %v, want %s first", addrs, good)
		}
	}
}

// TestNames: one question in 30 s, the addresses in turn; a failure is asked
// again after a second.
func TestNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		var trouble error
		n := newNames(func(ctx context.Context, host string) ([]netip.Addr, error) {
			asked++
			time.Sleep(time.Millisecond)
			return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}, trouble
		})
		firsts := map[netip.Addr]int{}
		for range 100 {
			go func() { n.lookup(t.Context(), "h") }()
		}
		synctest.Wait()
		time.Sleep(time.Second)
		for range 10 {
			addrs, question, err := n.lookup(t.Context(), "h")
			if err != nil || question || len(addrs) != 2 {
				t.Fatalf("lookup() got %v, %v, %v, want two known addresses", addrs, question, err)
			}
			firsts[addrs[0]]++
		}
		if asked != 1 || len(firsts) != 2 {
			t.Errorf("questions got %d, first addresses %v, want 1 and both", asked, firsts)
		}
		time.Sleep(30 * time.Second)
		trouble = errors.New("no answer")
		for range 3 {
			if _, _, err := n.lookup(t.Context(), "h"); err == nil {
				t.Error("lookup() got no error, want one")
			}
		}
		if asked != 2 {
			t.Errorf("questions got %d, want 2", asked)
		}
		time.Sleep(2 * time.Second)
		trouble = nil
		if _, question, err := n.lookup(t.Context(), "h"); err != nil || !question {
			t.Errorf("lookup() got %v, %v, want a new question", question, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		time.Sleep(time.Minute)
		<-n.turn
		if _, _, err := n.lookup(ctx, "h"); !errors.Is(err, context.Canceled) {
			t.Errorf("lookup() while another asks: got %v, want canceled", err)
		}
		n.turn <- struct{}{}
	})
}

func TestAddresses(t *testing.T) {
	for host, want := range map[string]string{"127.0.0.1": "127.0.0.1", "::1": "::1", "::ffff:10.0.0.1": "10.0.0.1"} {
		got, err := Addresses(t.Context(), host)
		if err != nil || len(got) != 1 || got[0].String() != want {
			t.Errorf("Addresses(%s) got %v, %v, want %s", host, got, err, want)
		}
	}
}

var _ exchange.Dialer = (*dialer)(nil)

// An address that nobody allowed is never connected to, whatever the name said
// before.
func TestPermit(t *testing.T) {
	refused := errors.New("not allowed")
	for _, target := range []string{"http://127.0.0.1:1", "http://localhost:1"} {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		d, err := New(Options{URL: u, Permit: func(netip.Addr) error { return refused }})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Dial(t.Context(), 0); !errors.Is(err, refused) {
			t.Errorf("dial %s: %v, want %v", target, err, refused)
		}
	}
}

// What is put on connections doesn't change how they are opened: the pin, the
// source and the permission hold.
func TestWrap(t *testing.T) {
	type key struct{}
	target := serve(t)
	var wrapped []string
	wrap := func(ctx context.Context, conn net.Conn) net.Conn {
		wrapped = append(wrapped, fmt.Sprint(ctx.Value(key{}), " ", conn.LocalAddr().(*net.TCPAddr).IP))
		return conn
	}
	o := Options{URL: &url.URL{Scheme: "http", Host: "server.example"}, Resolve: map[string]string{"server.example:80": target.Host},
		Source: netip.MustParseAddr("127.0.0.3"), Wrap: wrap}
	for _, allowed := range []bool{true, false} {
		o.Permit = func(a netip.Addr) error {
			if allowed {
				return nil
			}
			return fmt.Errorf("%s: not today", a)
		}
		d, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		conn, _, err := d.Dial(context.WithValue(t.Context(), key{}, "mine"), 0)
		if (err == nil) != allowed {
			t.Errorf("allowed %t: %v", allowed, err)
		}
		if err == nil {
			conn.Close()
		}
	}
	if got := strings.Join(wrapped, ", "); got != "mine 127.0.0.3" {
		t.Errorf("wrapped %q, want %q", got, "mine 127.0.0.3")
	}
}
