package dial

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"authsoak/driver/exchange"
)

// passProxy makes a connection to the proxy one to the target: by TLS to an
// https proxy, and by CONNECT to an https target. Requests to an http target
// name it in full, which is the engine's part. It closes the connection on an
// error.
func (d *dialer) passProxy(ctx context.Context, conn net.Conn) (net.Conn, error) {
	through := conn
	if d.opts.Proxy.Scheme == "https" {
		t := tls.Client(conn, d.proxyTLS)
		if err := t.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, fmt.Errorf("proxy %s: %w", d.opts.Proxy.Redacted(), advise(err))
		}
		through = t
	}
	if d.opts.URL.Scheme != "https" {
		return through, nil
	}
	if err := d.tunnel(ctx, through); err != nil {
		conn.Close()
		return nil, fmt.Errorf("proxy %s: %w", d.opts.Proxy.Redacted(), err)
	}
	return through, nil
}

// tunnel asks the proxy for a way to the target.
func (d *dialer) tunnel(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	target := d.target
	if pin, ok := d.opts.Resolve[target]; ok {
		_, port, err := net.SplitHostPort(target)
		if err != nil {
			return err
		}
		target = pinned(pin, port)
	}
	var ask bytes.Buffer
	fmt.Fprintf(&ask, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", target, target)
	if u := d.opts.Proxy.User; u != nil {
		password, _ := u.Password()
		secret := base64.StdEncoding.EncodeToString([]byte(u.Username() + ":" + password))
		fmt.Fprintf(&ask, "Proxy-Authorization: Basic %s\r\n", secret)
	}
	ask.WriteString("\r\n")
	if _, err := conn.Write(ask.Bytes()); err != nil {
		return err
	}
	// What the reader takes beyond the answer is nothing: a TLS server waits
	// for the client to begin.
	answer, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, exchange.HeadLimit)), &http.Request{Method: http.MethodConnect})
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("CONNECT %s: %s", target, answer.Status)
	}
	return nil
}
