package main

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"

	"github.com/valyala/fasthttp"
)

// fast is a connection of fasthttp's client.
type fast struct {
	client *fasthttp.HostClient
	base   string
}

func newFast(address string, secure *tls.Config) (client, error) {
	c := &fasthttp.HostClient{Addr: address, MaxConns: 1, IsTLS: secure != nil, TLSConfig: secure}
	return &fast{client: c, base: scheme(secure != nil) + address}, nil
}

func scheme(secure bool) string {
	if secure {
		return "https://"
	}
	return "http://"
}

func (f *fast) close() error {
	f.client.CloseIdleConnections()
	return nil
}

func (f *fast) do(method, path, cookie string) (string, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.Header.SetMethod(method)
	req.SetRequestURI(f.base + path)
	if cookie != "" {
		req.Header.SetCookie("SID", cookie)
	}
	if err := f.client.Do(req, resp); err != nil {
		return "", err
	}
	if method == http.MethodPost && cookie == "" {
		var c fasthttp.Cookie
		c.SetKey("SID")
		if resp.Header.Cookie(&c) {
			cookie = string(c.Value())
		}
	}
	return cookie, nil
}

// standard is a connection of net/http's client.
type standard struct {
	client *http.Client
	base   string
}

func newStandard(address string, secure *tls.Config) (client, error) {
	t := &http.Transport{MaxConnsPerHost: 1, DialContext: (&net.Dialer{}).DialContext, DisableCompression: true,
		TLSClientConfig: secure}
	return &standard{client: &http.Client{Transport: t}, base: scheme(secure != nil) + address}, nil
}

func (s *standard) close() error {
	s.client.CloseIdleConnections()
	return nil
}

func (s *standard) do(method, path, cookie string) (string, error) {
	req, err := http.NewRequest(method, s.base+path, nil)
	if err != nil {
		return "", err
	}
	if cookie != "" {
		req.AddCookie(&http.Cookie{Name: "SID", Value: cookie})
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return "", err
	}
	for _, c := range resp.Cookies() {
		cookie = c.Value
	}
	return cookie, nil
}
